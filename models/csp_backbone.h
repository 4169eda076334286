/** The small backbone of yolo-nano: a stride-2 convolution, then four stages of a stride-2 convolution and a
 * CSP block. Children: stem, stage1.down, stage1.csp, ... */
#ifndef DT_MODELS_CSP_BACKBONE_H
#define DT_MODELS_CSP_BACKBONE_H

#include "core/layers.h"

/** widths: channels of the stem and of the stages (strides 2, 4, 8, 16, 32); depths: of the CSP blocks. */
dt_module *dt_csp_backbone_new(dt_ctx *ctx, dt_module *parent, const char *name, const int widths[5],
                               const int depths[4], dt_activation act);

/** Feature maps C2..C5, strides 4, 8, 16, 32. On failure all are NULL. */
dt_status dt_csp_backbone_features(dt_ctx *ctx, dt_module *backbone, dt_tensor *x, dt_tensor *out[4]);

#endif
