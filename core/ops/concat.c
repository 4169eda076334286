#include <string.h>

#include "core/ops/layout.h"

typedef struct concat_args {
    int axis;
} concat_args;

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const concat_args *args = call->args;
    const dt_tensor *first = call->in[0];
    int axis = dt_axis(args->axis, first->shape.rank);
    if (axis < 0)
        return dt_op_fail(ctx, call, DT_ERR_ARG, "axis %d of a tensor of rank %d", args->axis,
                          first->shape.rank);
    out[0].dtype = first->dtype;
    out[0].shape = first->shape;
    for (int i = 1; i < call->n_in; i++) {
        const dt_tensor *t = call->in[i];
        char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
        dt_shape same = t ? t->shape : first->shape;
        if (same.rank == first->shape.rank) same.dim[axis] = first->shape.dim[axis];
        if (!t || t->dtype != first->dtype || !dt_shape_equal(&same, &first->shape))
            return dt_op_fail(ctx, call, DT_ERR_SHAPE, "tensor %d is %s %s, tensor 0 is %s %s (axis %d)", i,
                              t ? dt_dtype_name(t->dtype) : "missing", t ? dt_shape_text(&t->shape, a) : "",
                              dt_dtype_name(first->dtype), dt_shape_text(&first->shape, b), axis);
        out[0].shape.dim[axis] += t->shape.dim[axis];
    }
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const concat_args *args = g->args;
    int axis = dt_axis(args->axis, g->in_meta[0].shape.rank);
    int64_t at = 0;
    for (int i = 0; i < g->n_in; i++) {
        int64_t n = g->in_meta[i].shape.dim[axis];
        if (g->needs[i]) g->gin[i] = dt_slice(ctx, g->gout[0], axis, at, at + n, 1);
        at += n;
    }
    return DT_OK;
}

static dt_status concat_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const concat_args *args = call->args;
    const dt_tensor *y = call->out[0];
    int axis = dt_axis(args->axis, y->shape.rank);
    int64_t outer = 1, inner = (int64_t)dt_dtype_size(y->dtype);
    for (int i = 0; i < axis; i++)
        outer *= y->shape.dim[i];
    for (int i = axis + 1; i < y->shape.rank; i++)
        inner *= y->shape.dim[i];
    char *dst = dt_data(y);
    for (int64_t o = 0; o < outer; o++) {
        for (int i = 0; i < call->n_in; i++) {
            size_t bytes = (size_t)(call->in[i]->shape.dim[axis] * inner);
            if (bytes) memcpy(dst, (const char *)dt_data(call->in[i]) + (size_t)o * bytes, bytes);
            dst += bytes;
        }
    }
    return DT_OK;
}

const dt_op dt_op_concat = {
    DT_OP_NAMED(concat),
    .n_in = {1, -1},
    .n_out = 1,
    .args_size = sizeof(concat_args),
    .infer = infer,
    .backward = backward,
    .ref = {concat_ref, ~0u},
};

dt_tensor *dt_concat(dt_ctx *ctx, dt_tensor *const *tensors, int n, int axis)
{
    for (int i = 0; i < n; i++)
        if (!tensors[i]) return NULL;
    return dt_op_apply1(ctx, &dt_op_concat, tensors, n, &(concat_args){axis});
}
