#include "core/ops/nn.h"

dt_status dt_check_images(dt_ctx *ctx, const dt_call *call, const dt_tensor *x, const char *what)
{
    char text[DT_SHAPE_TEXT];
    if (!dt_dtype_is_float(x->dtype))
        return dt_op_fail(ctx, call, DT_ERR_DTYPE, "%s is %s, not floating", what, dt_dtype_name(x->dtype));
    if (x->shape.rank != 4)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "%s is %s, not (N,C,H,W)", what, dt_shape_text(&x->shape, text));
    return DT_OK;
}

dt_status dt_conv2d_shape(dt_ctx *ctx, const dt_call *call, const dt_conv2d_args *a, const dt_shape *x,
                          const dt_shape *w, dt_shape *y)
{
    char tx[DT_SHAPE_TEXT], tw[DT_SHAPE_TEXT];
    for (int i = 0; i < 2; i++)
        if (a->stride[i] < 1 || a->dilation[i] < 1 || a->pad[i] < 0 || a->groups < 1)
            return dt_op_fail(ctx, call, DT_ERR_ARG, "stride %d, dilation %d, pad %d, groups %d", a->stride[i],
                              a->dilation[i], a->pad[i], a->groups);
    if (x->rank != 4 || w->rank != 4)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "x is %s, w %s; (N,C,H,W) and (O,C/groups,kh,kw) are wanted",
                          dt_shape_text(x, tx), dt_shape_text(w, tw));
    if (x->dim[1] % a->groups != 0 || w->dim[0] % a->groups != 0)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "%d groups do not divide the channels of x %s and w %s", a->groups,
                          dt_shape_text(x, tx), dt_shape_text(w, tw));
    if (w->dim[1] != x->dim[1] / a->groups)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "x has %lld channels in %d groups, w expects %lld a group",
                          (long long)x->dim[1], a->groups, (long long)w->dim[1]);
    *y = DT_SHAPE(x->dim[0], w->dim[0], 0, 0);
    for (int i = 0; i < 2; i++) {
        int64_t reach = (int64_t)a->dilation[i] * (w->dim[2 + i] - 1) + 1;
        int64_t room = x->dim[2 + i] + 2 * (int64_t)a->pad[i] - reach;
        if (w->dim[2 + i] < 1 || room < 0)
            return dt_op_fail(ctx, call, DT_ERR_SHAPE, "the kernel of %s does not fit into x %s with padding %d",
                              dt_shape_text(w, tw), dt_shape_text(x, tx), a->pad[i]);
        y->dim[2 + i] = room / a->stride[i] + 1;
    }
    return DT_OK;
}

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_tensor *x = call->in[0], *w = call->in[1], *b = call->n_in > 2 ? call->in[2] : NULL;
    char text[DT_SHAPE_TEXT];
    DT_TRY(dt_check_images(ctx, call, x, "x"));
    if (w->dtype != x->dtype || (b && b->dtype != x->dtype))
        return dt_op_fail(ctx, call, DT_ERR_DTYPE, "x is %s, w %s, b %s", dt_dtype_name(x->dtype),
                          dt_dtype_name(w->dtype), b ? dt_dtype_name(b->dtype) : "absent");
    DT_TRY(dt_conv2d_shape(ctx, call, call->args, &x->shape, &w->shape, &out[0].shape));
    if (b && (b->shape.rank != 1 || b->shape.dim[0] != w->shape.dim[0]))
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "b is %s, w has %lld output channels",
                          dt_shape_text(&b->shape, text), (long long)w->shape.dim[0]);
    out[0].dtype = x->dtype;
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const dt_shape *x = &g->in_meta[0].shape, *w = &g->in_meta[1].shape;
    if (g->needs[0]) g->gin[0] = dt_conv2d_dx(ctx, g->gout[0], g->in[1], g->args, x->dim[2], x->dim[3]);
    if (g->needs[1]) g->gin[1] = dt_conv2d_dw(ctx, g->gout[0], g->in[0], g->args, w->dim[2], w->dim[3]);
    if (g->n_in > 2 && g->needs[2]) g->gin[2] = dt_sum(ctx, g->gout[0], DT_BIT(0) | DT_BIT(2) | DT_BIT(3), 0);
    return dt_ctx_status(ctx);
}

static dt_status conv2d_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *x = call->in[0], *w = call->in[1], *b = call->n_in > 2 ? call->in[2] : NULL, *y = call->out[0];
    dt_conv_geo g = dt_conv_geo_make(&x->shape, &w->shape, &y->shape, call->args);
    int64_t at = 0;
    for (int64_t n = 0; n < g.n; n++)
        for (int64_t o = 0; o < g.o; o++)
            for (int64_t i = 0; i < g.oh; i++)
                for (int64_t j = 0; j < g.ow; j++) {
                    double total = b ? dt_get(b, o) : 0;
                    int64_t c0 = o / g.og * g.cg;
                    for (int64_t c = 0; c < g.cg; c++)
                        for (int64_t ky = 0; ky < g.kh; ky++) {
                            int64_t iy = i * g.sy - g.py + ky * g.dy;
                            if (iy < 0 || iy >= g.h) continue;
                            for (int64_t kx = 0; kx < g.kw; kx++) {
                                int64_t ix = j * g.sx - g.px + kx * g.dx;
                                if (ix < 0 || ix >= g.w) continue;
                                total += dt_get(x, ((n * g.c + c0 + c) * g.h + iy) * g.w + ix) *
                                         dt_get(w, ((o * g.cg + c) * g.kh + ky) * g.kw + kx);
                            }
                        }
                    dt_set(y, at++, total);
                }
    return DT_OK;
}

const dt_op dt_op_conv2d = {
    DT_OP_NAMED(conv2d),
    .n_in = {2, 3},
    .n_out = 1,
    .args_size = sizeof(dt_conv2d_args),
    .save_in = DT_BIT(0) | DT_BIT(1),
    .infer = infer,
    .backward = backward,
    .ref = {conv2d_ref, DT_M_FLOAT},
    .cpu = {dt_conv2d_cpu, DT_M_F32},
};

dt_tensor *dt_conv2d(dt_ctx *ctx, dt_tensor *x, dt_tensor *w, dt_tensor *b, const dt_conv2d_args *args)
{
    dt_tensor *const in[] = {x, w, b};
    return dt_op_apply1(ctx, &dt_op_conv2d, in, b ? 3 : 2, args);
}
