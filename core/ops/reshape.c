#include "core/ctx_impl.h"
#include "core/ops/layout.h"

typedef struct reshape_args {
    dt_shape shape;
} reshape_args;

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const reshape_args *args = call->args;
    const dt_tensor *x = call->in[0];
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    dt_shape shape = args->shape;
    int64_t known = 1, n = dt_numel(x);
    int open = -1, bad = shape.rank > DT_MAX_RANK;
    for (int i = 0; i < shape.rank && !bad; i++) {
        if (shape.dim[i] == -1 && open < 0)
            open = i;
        else if (shape.dim[i] < 0)
            bad = 1;
        else
            known *= shape.dim[i];
    }
    if (!bad && open >= 0) {
        if (known == 0 || n % known != 0)
            bad = 1;
        else
            shape.dim[open] = n / known;
        known = n;
    }
    if (bad || known != n)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "%s cannot become %s", dt_shape_text(&x->shape, a),
                          dt_shape_text(&args->shape, b));
    out[0].dtype = x->dtype;
    out[0].shape = shape;
    out[0].offset = x->offset;
    dt_strides_contiguous(&shape, out[0].stride);
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    g->gin[0] = dt_reshape(ctx, g->gout[0], g->in_meta[0].shape);
    return DT_OK;
}

const dt_op dt_op_reshape = {
    DT_OP_NAMED(reshape), .n_in = {1, 1}, .n_out = 1,           .args_size = sizeof(reshape_args),
    .flags = DT_OP_VIEW,  .infer = infer, .backward = backward,
};

dt_tensor *dt_reshape(dt_ctx *ctx, dt_tensor *t, dt_shape shape)
{
    t = dt_contiguous(ctx, t);
    return dt_op_apply1(ctx, &dt_op_reshape, &t, 1, &(reshape_args){shape});
}

dt_tensor *dt_flatten(dt_ctx *ctx, dt_tensor *t, int start, int end)
{
    if (!t) return NULL;
    int rank = t->shape.rank, a = dt_axis(start, rank), b = dt_axis(end, rank);
    if (rank == 0) return dt_reshape(ctx, t, DT_SHAPE(1));
    if (a < 0 || b < a) {
        dt_ctx_fail(ctx, DT_ERR_ARG, "flatten: axes %d to %d of a tensor of rank %d", start, end, rank);
        return NULL;
    }
    dt_shape shape = {.rank = rank - (b - a)};
    for (int i = 0, j = 0; i < rank; i++) {
        if (i > a && i <= b)
            shape.dim[j - 1] *= t->shape.dim[i];
        else
            shape.dim[j++] = t->shape.dim[i];
    }
    return dt_reshape(ctx, t, shape);
}
