/** Direct kernels of depthwise convolution: groups = C = O. Planes as in dt_conv2d. */
#ifndef DT_CORE_OPS_DEPTHWISE_H
#define DT_CORE_OPS_DEPTHWISE_H

#include "core/ops/nn.h"

int dt_depthwise_fits(const dt_conv_geo *g);
void dt_depthwise_forward(dt_ctx *ctx, const dt_conv_geo *v, const float *x, const float *w,
                          const float *bias, float *y);
void dt_depthwise_dx(dt_ctx *ctx, const dt_conv_geo *v, const float *dy, const float *w, float *dx);
void dt_depthwise_dw(dt_ctx *ctx, const dt_conv_geo *v, const float *dy, const float *x, float *dw);

#endif
