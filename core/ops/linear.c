#include "core/ops/nn.h"

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_tensor *x = call->in[0], *w = call->in[1], *b = call->n_in > 2 ? call->in[2] : NULL;
    char tx[DT_SHAPE_TEXT], tw[DT_SHAPE_TEXT];
    if (!dt_dtype_is_float(x->dtype) || w->dtype != x->dtype || (b && b->dtype != x->dtype))
        return dt_op_fail(ctx, call, DT_ERR_DTYPE, "x is %s, w %s, b %s", dt_dtype_name(x->dtype),
                          dt_dtype_name(w->dtype), b ? dt_dtype_name(b->dtype) : "absent");
    int last = x->shape.rank - 1;
    if (last < 0 || w->shape.rank != 2 || w->shape.dim[1] != x->shape.dim[last])
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "x is %s, w is %s; (..., in) and (out, in) are wanted",
                          dt_shape_text(&x->shape, tx), dt_shape_text(&w->shape, tw));
    if (b && (b->shape.rank != 1 || b->shape.dim[0] != w->shape.dim[0]))
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "b is %s, w gives %lld features", dt_shape_text(&b->shape, tx),
                          (long long)w->shape.dim[0]);
    out[0].dtype = x->dtype;
    out[0].shape = x->shape;
    out[0].shape.dim[last] = w->shape.dim[0];
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const dt_shape *x = &g->in_meta[0].shape, *w = &g->in_meta[1].shape;
    if (g->needs[0]) {
        dt_tensor *dx = dt_matmul(ctx, dt_reshape(ctx, g->gout[0], DT_SHAPE(-1, w->dim[0])), g->in[1], 0, 0);
        g->gin[0] = dt_reshape(ctx, dx, *x);
    }
    if (g->needs[1]) {
        dt_tensor *rows = dt_reshape(ctx, g->in[0], DT_SHAPE(-1, w->dim[1]));
        g->gin[1] = dt_matmul(ctx, dt_reshape(ctx, g->gout[0], DT_SHAPE(-1, w->dim[0])), rows, 1, 0);
    }
    if (g->n_in > 2 && g->needs[2]) {
        dt_tensor *rows = dt_reshape(ctx, g->gout[0], DT_SHAPE(-1, w->dim[0]));
        g->gin[2] = dt_sum(ctx, rows, DT_BIT(0), 0);
    }
    return dt_ctx_status(ctx);
}

static dt_status linear_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *x = call->in[0], *w = call->in[1], *b = call->n_in > 2 ? call->in[2] : NULL, *y = call->out[0];
    int64_t out = w->shape.dim[0], in = w->shape.dim[1], rows = out > 0 ? dt_numel(y) / out : 0;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < out; j++) {
            double total = b ? dt_get(b, j) : 0;
            for (int64_t k = 0; k < in; k++)
                total += dt_get(x, r * in + k) * dt_get(w, j * in + k);
            dt_set(y, r * out + j, total);
        }
    return DT_OK;
}

const dt_op dt_op_linear = {
    DT_OP_NAMED(linear),
    .n_in = {2, 3},
    .n_out = 1,
    .args_size = 0,
    .save_in = DT_BIT(0) | DT_BIT(1),
    .infer = infer,
    .backward = backward,
    .ref = {linear_ref, DT_M_FLOAT},
    .cpu = {dt_linear_cpu, DT_M_F32},
};

dt_tensor *dt_linear(dt_ctx *ctx, dt_tensor *x, dt_tensor *w, dt_tensor *b)
{
    dt_tensor *const in[] = {x, w, b};
    return dt_op_apply1(ctx, &dt_op_linear, in, b ? 3 : 2, NULL);
}
