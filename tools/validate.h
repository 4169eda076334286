/** Runs a detector over a split and scores it. Shared by train and eval. */
#ifndef DT_TOOLS_VALIDATE_H
#define DT_TOOLS_VALIDATE_H

#include "detect/coco_eval.h"
#include "models/detector.h"
#include "tools/run_data.h"

typedef struct dt_validate_opts {
    int batch, workers;
    int imgsz; /* side of the network's input; 0: the detector's own */
    dt_predict_opts predict;
    int show_progress;
} dt_validate_opts;

/** Everything that was compared, for scoring by several rules. Boxes in pixels of the upright pictures.
 *  Objects that are neither positive nor negative have crowd = 1. */
typedef struct dt_validation {
    dt_coco_gt *gts;
    dt_coco_dt *dts;
    size_t gt_count, dt_count, gt_capacity, dt_capacity;
    int32_t images, classes;
    int64_t bad;         /* pictures that did not decode: left out */
    double ms_per_image; /* network, decoding and NMS */
} dt_validation;
void dt_validation_free(dt_validation *v);

dt_status dt_validate(dt_ctx *ctx, dt_detector *d, dt_split_source *source, const dt_validate_opts *opts,
                      dt_validation *v);

/** Summary of one scoring: mean over the classes of precision and recall at each class's best F1 (IoU .5). */
typedef struct dt_score_summary {
    double precision, recall, ap50, ap;
} dt_score_summary;
dt_status dt_validation_score(const dt_validation *v, dt_pool *pool, dt_coco_result *result,
                              dt_score_summary *summary, dt_error *err);

#endif
