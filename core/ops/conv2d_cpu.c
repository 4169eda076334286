#include <string.h>

#include "core/device.h"
#include "core/ops/conv_gather.h"

dt_status dt_conv2d_cpu(dt_ctx *ctx, const dt_call *call)
{
    const dt_tensor *x = call->in[0], *w = call->in[1], *b = call->n_in > 2 ? call->in[2] : NULL, *y = call->out[0];
    dt_conv_geo v = dt_conv_geo_make(&x->shape, &w->shape, &y->shape, call->args);
    dt_conv_tap *taps = dt_scratch_take(ctx, x->device, (size_t)(v.kh * v.kw) * sizeof *taps);
    if (!taps) return dt_ctx_status(ctx);
    int64_t t = 0;
    for (int64_t ky = 0; ky < v.kh; ky++)
        for (int64_t kx = 0; kx < v.kw; kx++, t++)
            taps[t] = (dt_conv_tap){ky * v.dy - v.py, kx * v.dx - v.px, t};
    dt_conv_gather g = {
        .n = v.n, .groups = v.groups, .ci = v.cg, .co = v.og,
        .in = dt_f32(x), .ih = v.h, .iw = v.w,
        .out = dt_f32(y), .oh = v.oh, .ow = v.ow, .gh = v.oh, .gw = v.ow,
        .is = {v.sy, v.sx}, .os = {1, 1},
        .taps = taps, .n_taps = t,
        .w = dt_f32(w), .bias = b ? dt_f32(b) : NULL,
        .ms = v.cg * t, .cs = t, .w_group = v.og * v.cg * t,
    };
    dt_status st = dt_conv_gather_run(ctx, &g);
    dt_scratch_give(ctx, x->device, taps);
    return st;
}
