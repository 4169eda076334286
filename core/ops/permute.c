#include "core/ops/layout.h"

typedef struct permute_args {
    int axes[DT_MAX_RANK];
} permute_args;

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const permute_args *args = call->args;
    const dt_tensor *x = call->in[0];
    uint32_t seen = 0;
    out[0].dtype = x->dtype;
    out[0].shape.rank = x->shape.rank;
    out[0].offset = x->offset;
    for (int i = 0; i < x->shape.rank; i++) {
        int axis = args->axes[i];
        if (axis < 0 || axis >= x->shape.rank || seen & DT_BIT(axis))
            return dt_op_fail(ctx, call, DT_ERR_ARG,
                              "axis %d at place %d is out of range or there twice (rank %d)", axis, i,
                              x->shape.rank);
        seen |= DT_BIT(axis);
        out[0].shape.dim[i] = x->shape.dim[axis];
        out[0].stride[i] = x->stride[axis];
    }
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const permute_args *args = g->args;
    int inverse[DT_MAX_RANK];
    for (int i = 0; i < g->in_meta[0].shape.rank; i++)
        inverse[args->axes[i]] = i;
    g->gin[0] = dt_permute(ctx, g->gout[0], inverse);
    return DT_OK;
}

const dt_op dt_op_permute = {
    DT_OP_NAMED(permute), .n_in = {1, 1}, .n_out = 1,           .args_size = sizeof(permute_args),
    .flags = DT_OP_VIEW,  .infer = infer, .backward = backward,
};

dt_tensor *dt_permute(dt_ctx *ctx, dt_tensor *t, const int *axes)
{
    if (!t) return NULL;
    permute_args args = {{0}};
    for (int i = 0; i < t->shape.rank; i++)
        args.axes[i] = axes[i];
    return dt_op_apply1(ctx, &dt_op_permute, &t, 1, &args);
}

dt_tensor *dt_transpose(dt_ctx *ctx, dt_tensor *t, int a, int b)
{
    if (!t) return NULL;
    int rank = t->shape.rank, i = dt_axis(a, rank), j = dt_axis(b, rank);
    if (i < 0 || j < 0) {
        dt_ctx_fail(ctx, DT_ERR_ARG, "transpose: axes %d and %d of a tensor of rank %d", a, b, rank);
        return NULL;
    }
    int axes[DT_MAX_RANK];
    for (int k = 0; k < rank; k++)
        axes[k] = k == i ? j : k == j ? i : k;
    return dt_permute(ctx, t, axes);
}
