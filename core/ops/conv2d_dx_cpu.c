#include <string.h>

#include "core/device.h"
#include "core/ops/conv_gather.h"
#include "core/ops/depthwise.h"
#include "core/ops/winograd.h"

/* dx at (i, j) takes dy at ((i + py - ky dy) / sy, ...) for the taps where that division leaves no rest. So
 * the pixels fall into sy x sx classes, each of which is a convolution of dy with stride 1 and some of the
 * taps. */
dt_status dt_conv2d_dx_cpu(dt_ctx *ctx, const dt_call *call)
{
    const dt_conv2d_dx_args *args = call->args;
    const dt_tensor *dy = call->in[0], *w = call->in[1], *dx = call->out[0];
    dt_conv_geo v = dt_conv_geo_make(&dx->shape, &w->shape, &dy->shape, &args->conv);
    if (dt_depthwise_fits(&v)) {
        dt_depthwise_dx(ctx, &v, dt_f32(dy), dt_f32(w), dt_f32(dx));
        return DT_OK;
    }
    if (dt_wino_fits(&v)) {
        dt_wino p = {
            .n = v.n,
            .ci = v.o,
            .co = v.c,
            .in = dt_f32(dy),
            .ih = v.oh,
            .iw = v.ow,
            .out = dt_f32(dx),
            .oh = v.h,
            .ow = v.w,
            .py = 2 - v.py,
            .px = 2 - v.px,
            .w = dt_f32(w),
            .ms = 9,
            .cs = v.c * 9,
            .flip = 1,
        };
        return dt_wino_run(ctx, &p);
    }
    int64_t k2 = v.kh * v.kw;
    dt_conv_tap *taps = dt_scratch_take(ctx, dy->device, (size_t)k2 * sizeof *taps);
    if (!taps) return dt_ctx_status(ctx);
    dt_conv_gather g = {
        .n = v.n,
        .groups = v.groups,
        .ci = v.og,
        .co = v.cg,
        .in = dt_f32(dy),
        .ih = v.oh,
        .iw = v.ow,
        .out = dt_f32(dx),
        .oh = v.h,
        .ow = v.w,
        .is = {1, 1},
        .os = {v.sy, v.sx},
        .taps = taps,
        .w = dt_f32(w),
        .ms = k2,
        .cs = v.cg * k2,
        .w_group = v.og * v.cg * k2,
    };
    /* Classes that no tap reaches (1x1 with stride 2) are zero. */
    int sparse = v.sy > v.kh || v.sx > v.kw || v.dy % v.sy != 1 % v.sy || v.dx % v.sx != 1 % v.sx;
    size_t bytes = (size_t)dt_numel(dx) * sizeof(float);
    if (sparse && bytes) memset(dt_f32(dx), 0, bytes);
    dt_status st = DT_OK;
    for (int64_t ry = 0; ry < v.sy && ry < v.h; ry++)
        for (int64_t rx = 0; rx < v.sx && rx < v.w && st == DT_OK; rx++) {
            g.n_taps = 0;
            for (int64_t ky = 0; ky < v.kh; ky++)
                for (int64_t kx = 0; kx < v.kw; kx++) {
                    int64_t y = ry + v.py - ky * v.dy, x = rx + v.px - kx * v.dx;
                    if (y % v.sy == 0 && x % v.sx == 0)
                        taps[g.n_taps++] = (dt_conv_tap){y / v.sy, x / v.sx, ky * v.kw + kx};
                }
            if (sparse && g.n_taps == 0) continue;
            g.org[0] = ry;
            g.org[1] = rx;
            g.gh = (v.h - ry + v.sy - 1) / v.sy;
            g.gw = (v.w - rx + v.sx - 1) / v.sx;
            st = dt_conv_gather_run(ctx, &g);
        }
    dt_scratch_give(ctx, dy->device, taps);
    return st;
}
