/** Convolution as a product of matrices whose right side is gathered tile by tile, never stored whole.
 *
 * For grid point (gy, gx) of every image, output channel m:
 *   out[m][gy os_y + org_y][gx os_x + org_x] = bias[m] + sum over channels c and taps t of
 *       w[m ms + c cs + tap[t].w] * in[c][gy is_y + tap[t].y][gx is_x + tap[t].x]      (0 outside of the plane)
 * The forward convolution is one such sum; its gradient in x is one for every residue of the stride. */
#ifndef DT_CORE_OPS_CONV_GATHER_H
#define DT_CORE_OPS_CONV_GATHER_H

#include "core/ops/gemm.h"
#include "core/ops/nn.h"

typedef struct dt_conv_tap {
    int64_t y, x, w;
} dt_conv_tap;

typedef struct dt_conv_gather {
    int64_t n, groups, ci, co; /* images; groups; channels of one group */
    const float *in;           /* (n, groups ci, ih, iw) */
    int64_t ih, iw;
    float *out; /* (n, groups co, oh, ow) */
    int64_t oh, ow;
    int64_t gh, gw; /* grid */
    int64_t is[2], os[2], org[2];
    const dt_conv_tap *taps;
    int64_t n_taps;
    const float *w, *bias; /* bias may be NULL */
    int64_t ms, cs, w_group;
} dt_conv_gather;

dt_status dt_conv_gather_run(dt_ctx *ctx, const dt_conv_gather *g);

/** Runs for the grid points [begin, begin + len) (flat over images, rows, columns) and one tap, relative to
 *  channel 0 of the first group. plane: floats of a whole input image. At most len runs. Returns how many. */
int dt_conv_gather_runs(const dt_conv_gather *g, const dt_conv_tap *tap, int64_t begin, int64_t len,
                        dt_run *runs);

#endif
