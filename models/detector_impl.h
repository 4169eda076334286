/** Inside of dt_detector, for models/detector*.c only. */
#ifndef DT_MODELS_DETECTOR_IMPL_H
#define DT_MODELS_DETECTOR_IMPL_H

#include "models/detector.h"

struct dt_detector {
    dt_detector_opts opts; /* texts are owned */
    dt_module *net;
    dt_yolo_loss_opts loss;
    dt_points points; /* of the input size last seen */
    int points_width, points_height;
    int fused;
};

/** Anchor points for this input size. */
dt_status dt_detector_points(dt_ctx *ctx, dt_detector *d, int64_t width, int64_t height);

#endif
