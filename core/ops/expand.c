#include "core/ops.h"

typedef struct expand_args {
    dt_shape shape;
} expand_args;

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const expand_args *args = call->args;
    const dt_tensor *x = call->in[0];
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    dt_shape both;
    if (dt_shape_broadcast(&x->shape, &args->shape, &both) != 0 || !dt_shape_equal(&both, &args->shape))
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "%s does not broadcast to %s", dt_shape_text(&x->shape, a),
                          dt_shape_text(&args->shape, b));
    out[0].dtype = x->dtype;
    out[0].shape = args->shape;
    out[0].offset = x->offset;
    int lead = args->shape.rank - x->shape.rank;
    for (int i = 0; i < args->shape.rank; i++)
        out[0].stride[i] = i < lead || x->shape.dim[i - lead] != args->shape.dim[i] ? 0 : x->stride[i - lead];
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    (void)ctx;
    g->gin[0] = g->gout[0]; /* the engine sums it back */
    return DT_OK;
}

const dt_op dt_op_expand = {
    DT_OP_NAMED(expand), .n_in = {1, 1}, .n_out = 1,           .args_size = sizeof(expand_args),
    .flags = DT_OP_VIEW, .infer = infer, .backward = backward,
};

dt_tensor *dt_expand(dt_ctx *ctx, dt_tensor *t, dt_shape shape)
{
    return dt_op_apply1(ctx, &dt_op_expand, &t, 1, &(expand_args){shape});
}
