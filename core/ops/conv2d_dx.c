#include "core/ops/nn.h"

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_conv2d_dx_args *args = call->args;
    const dt_tensor *dy = call->in[0], *w = call->in[1];
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    dt_shape y;
    DT_TRY(dt_check_images(ctx, call, dy, "dy"));
    DT_TRY(dt_check_images(ctx, call, w, "w"));
    out[0].dtype = dy->dtype;
    out[0].shape = DT_SHAPE(dy->shape.dim[0], w->shape.dim[1] * args->conv.groups, args->h, args->w);
    DT_TRY(dt_conv2d_shape(ctx, call, &args->conv, &out[0].shape, &w->shape, &y));
    if (w->dtype != dy->dtype || !dt_shape_equal(&y, &dy->shape))
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "dy is %s %s, the convolution gives %s %s", dt_dtype_name(dy->dtype),
                          dt_shape_text(&dy->shape, a), dt_dtype_name(w->dtype), dt_shape_text(&y, b));
    return DT_OK;
}

/* The op is the adjoint of conv2d in x: its own gradient in dy is conv2d again. */
static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const dt_conv2d_dx_args *args = g->args;
    const dt_shape *w = &g->in_meta[1].shape;
    if (g->needs[0]) g->gin[0] = dt_conv2d(ctx, g->gout[0], g->in[1], NULL, &args->conv);
    if (g->needs[1]) g->gin[1] = dt_conv2d_dw(ctx, g->in[0], g->gout[0], &args->conv, w->dim[2], w->dim[3]);
    return dt_ctx_status(ctx);
}

static dt_status conv2d_dx_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_conv2d_dx_args *args = call->args;
    const dt_tensor *dy = call->in[0], *w = call->in[1], *dx = call->out[0];
    dt_conv_geo g = dt_conv_geo_make(&dx->shape, &w->shape, &dy->shape, &args->conv);
    int64_t at = 0;
    for (int64_t n = 0; n < g.n; n++)
        for (int64_t c = 0; c < g.c; c++)
            for (int64_t i = 0; i < g.h; i++)
                for (int64_t j = 0; j < g.w; j++) {
                    double total = 0;
                    int64_t o0 = c / g.cg * g.og;
                    for (int64_t o = o0; o < o0 + g.og; o++)
                        for (int64_t ky = 0; ky < g.kh; ky++) {
                            int64_t y = i + g.py - ky * g.dy;
                            if (y < 0 || y % g.sy != 0 || y / g.sy >= g.oh) continue;
                            for (int64_t kx = 0; kx < g.kw; kx++) {
                                int64_t x = j + g.px - kx * g.dx;
                                if (x < 0 || x % g.sx != 0 || x / g.sx >= g.ow) continue;
                                total += dt_get(dy, ((n * g.o + o) * g.oh + y / g.sy) * g.ow + x / g.sx) *
                                         dt_get(w, ((o * g.cg + c % g.cg) * g.kh + ky) * g.kw + kx);
                            }
                        }
                    dt_set(dx, at++, total);
                }
    return DT_OK;
}

const dt_op dt_op_conv2d_dx = {
    DT_OP_NAMED(conv2d_dx),
    .n_in = {2, 2},
    .n_out = 1,
    .args_size = sizeof(dt_conv2d_dx_args),
    .save_in = DT_BIT(0) | DT_BIT(1),
    .infer = infer,
    .backward = backward,
    .ref = {conv2d_dx_ref, DT_M_FLOAT},
    .cpu = {dt_conv2d_dx_cpu, DT_M_F32},
};

dt_tensor *dt_conv2d_dx(dt_ctx *ctx, dt_tensor *dy, dt_tensor *w, const dt_conv2d_args *args, int64_t h, int64_t w_)
{
    dt_tensor *const in[] = {dy, w};
    dt_conv2d_dx_args full = {*args, h, w_};
    return dt_op_apply1(ctx, &dt_op_conv2d_dx, in, 2, &full);
}
