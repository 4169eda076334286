#include "core/ops.h"

typedef struct sum_args {
    uint32_t axes; /* normalised: never 0 unless the rank is 0 */
    int keepdim;
} sum_args;

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const sum_args *args = call->args;
    const dt_tensor *x = call->in[0];
    if (args->axes >> x->shape.rank)
        return dt_op_fail(ctx, call, DT_ERR_ARG, "axes 0x%x of a tensor of rank %d", args->axes,
                          x->shape.rank);
    out[0].dtype = x->dtype;
    for (int i = 0; i < x->shape.rank; i++) {
        int gone = (args->axes & DT_BIT(i)) != 0;
        if (!gone || args->keepdim) out[0].shape.dim[out[0].shape.rank++] = gone ? 1 : x->shape.dim[i];
    }
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const sum_args *args = g->args;
    dt_shape kept = g->in_meta[0].shape;
    for (int i = 0; i < kept.rank; i++)
        if (args->axes & DT_BIT(i)) kept.dim[i] = 1;
    g->gin[0] = dt_expand(ctx, dt_reshape(ctx, g->gout[0], kept), g->in_meta[0].shape);
    return DT_OK;
}

static dt_status sum_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const sum_args *args = call->args;
    const dt_tensor *x = call->in[0], *y = call->out[0];
    dt_shape outer = {0}, inner = {0};
    int64_t outer_stride[DT_MAX_RANK], inner_stride[DT_MAX_RANK];
    for (int i = 0; i < x->shape.rank; i++) {
        dt_shape *s = args->axes & DT_BIT(i) ? &inner : &outer;
        (s == &inner ? inner_stride : outer_stride)[s->rank] = x->stride[i];
        s->dim[s->rank++] = x->shape.dim[i];
    }
    int64_t n = dt_shape_numel(&outer), m = dt_shape_numel(&inner);
    for (int64_t i = 0; i < n; i++) {
        double total = 0;
        int64_t base = dt_strided_index(&outer, outer_stride, i);
        for (int64_t j = 0; j < m; j++)
            total += dt_get(x, base + dt_strided_index(&inner, inner_stride, j));
        dt_set(y, i, total);
    }
    return DT_OK;
}

const dt_op dt_op_sum = {
    DT_OP_NAMED(sum),       .n_in = {1, 1}, .n_out = 1,           .args_size = sizeof(sum_args),
    .flags = DT_OP_STRIDED, .infer = infer, .backward = backward, .ref = {sum_ref, DT_M_ALL},
};

dt_tensor *dt_sum(dt_ctx *ctx, dt_tensor *t, uint32_t axes, int keepdim)
{
    if (!t) return NULL;
    if (axes == 0) axes = DT_BIT(t->shape.rank) - 1;
    return dt_op_apply1(ctx, &dt_op_sum, &t, 1, &(sum_args){axes, keepdim});
}

dt_tensor *dt_mean(dt_ctx *ctx, dt_tensor *t, uint32_t axes, int keepdim)
{
    if (!t) return NULL;
    double n = 1;
    for (int i = 0; i < t->shape.rank; i++)
        if (axes == 0 || axes & DT_BIT(i)) n *= (double)t->shape.dim[i];
    return dt_affine(ctx, dt_sum(ctx, t, axes, keepdim), 1 / n, 0);
}
