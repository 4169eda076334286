#include "core/ops/nn.h"

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_conv2d_dw_args *args = call->args;
    const dt_tensor *dy = call->in[0], *x = call->in[1];
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    dt_shape y;
    DT_TRY(dt_check_images(ctx, call, dy, "dy"));
    DT_TRY(dt_check_images(ctx, call, x, "x"));
    if (args->conv.groups < 1 || x->shape.dim[1] % args->conv.groups != 0)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "%d groups do not divide the channels of x %s", args->conv.groups,
                          dt_shape_text(&x->shape, a));
    out[0].dtype = dy->dtype;
    out[0].shape = DT_SHAPE(dy->shape.dim[1], x->shape.dim[1] / args->conv.groups, args->kh, args->kw);
    DT_TRY(dt_conv2d_shape(ctx, call, &args->conv, &x->shape, &out[0].shape, &y));
    if (x->dtype != dy->dtype || !dt_shape_equal(&y, &dy->shape))
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "dy is %s %s, the convolution gives %s %s", dt_dtype_name(dy->dtype),
                          dt_shape_text(&dy->shape, a), dt_dtype_name(x->dtype), dt_shape_text(&y, b));
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const dt_conv2d_dw_args *args = g->args;
    const dt_shape *x = &g->in_meta[1].shape;
    if (g->needs[0]) g->gin[0] = dt_conv2d(ctx, g->in[1], g->gout[0], NULL, &args->conv);
    if (g->needs[1]) g->gin[1] = dt_conv2d_dx(ctx, g->in[0], g->gout[0], &args->conv, x->dim[2], x->dim[3]);
    return dt_ctx_status(ctx);
}

static dt_status conv2d_dw_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_conv2d_dw_args *args = call->args;
    const dt_tensor *dy = call->in[0], *x = call->in[1], *dw = call->out[0];
    dt_conv_geo g = dt_conv_geo_make(&x->shape, &dw->shape, &dy->shape, &args->conv);
    int64_t at = 0;
    for (int64_t o = 0; o < g.o; o++)
        for (int64_t c = 0; c < g.cg; c++)
            for (int64_t ky = 0; ky < g.kh; ky++)
                for (int64_t kx = 0; kx < g.kw; kx++) {
                    double total = 0;
                    for (int64_t n = 0; n < g.n; n++)
                        for (int64_t i = 0; i < g.oh; i++) {
                            int64_t y = i * g.sy - g.py + ky * g.dy;
                            if (y < 0 || y >= g.h) continue;
                            for (int64_t j = 0; j < g.ow; j++) {
                                int64_t xx = j * g.sx - g.px + kx * g.dx;
                                if (xx < 0 || xx >= g.w) continue;
                                total += dt_get(dy, ((n * g.o + o) * g.oh + i) * g.ow + j) *
                                         dt_get(x, ((n * g.c + o / g.og * g.cg + c) * g.h + y) * g.w + xx);
                            }
                        }
                    dt_set(dw, at++, total);
                }
    return DT_OK;
}

const dt_op dt_op_conv2d_dw = {
    DT_OP_NAMED(conv2d_dw),
    .n_in = {2, 2},
    .n_out = 1,
    .args_size = sizeof(dt_conv2d_dw_args),
    .save_in = DT_BIT(0) | DT_BIT(1),
    .infer = infer,
    .backward = backward,
    .ref = {conv2d_dw_ref, DT_M_FLOAT},
    .cpu = {dt_conv2d_dw_cpu, DT_M_F32},
};

dt_tensor *dt_conv2d_dw(dt_ctx *ctx, dt_tensor *dy, dt_tensor *x, const dt_conv2d_args *args, int64_t kh, int64_t kw)
{
    dt_tensor *const in[] = {dy, x};
    dt_conv2d_dw_args full = {*args, kh, kw};
    return dt_op_apply1(ctx, &dt_op_conv2d_dw, in, 2, &full);
}
