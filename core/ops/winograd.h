/** Convolution with 3 x 3 kernels, stride 1, by Winograd's F(4x4, 3x3): 2.25 products a pixel instead of 9. */
#ifndef DT_CORE_OPS_WINOGRAD_H
#define DT_CORE_OPS_WINOGRAD_H

#include "core/ops/nn.h"

/** out[m][y][x] = bias[m] + sum over c, ky, kx of w[m ms + c cs + (3 ky + kx)] in[c][y + ky - py][x + kx -
 *  px]; with flip the kernel is turned by 180 degrees (gradient in x). */
typedef struct dt_wino {
    int64_t n, ci, co;
    const float *in;
    int64_t ih, iw;
    float *out;
    int64_t oh, ow;
    int64_t py, px;
    const float *w, *bias;
    int64_t ms, cs;
    int flip;
} dt_wino;

/** Whether this convolution can be and is worth being done so. */
int dt_wino_fits(const dt_conv_geo *g);

dt_status dt_wino_run(dt_ctx *ctx, const dt_wino *p);

#endif
