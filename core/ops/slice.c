#include <string.h>

#include "core/ops/layout.h"

typedef struct slice_args {
    int axis;
    int64_t begin, end, step;
} slice_args;

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const slice_args *args = call->args;
    const dt_tensor *x = call->in[0];
    int axis = dt_axis(args->axis, x->shape.rank);
    if (axis < 0 || args->step < 1)
        return dt_op_fail(ctx, call, DT_ERR_ARG, "axis %d of rank %d, step %lld", args->axis, x->shape.rank,
                          (long long)args->step);
    int64_t n = x->shape.dim[axis];
    int64_t begin = args->begin < 0 ? args->begin + n : args->begin,
            end = args->end < 0 ? args->end + n : args->end;
    if (end > n) end = n;
    if (begin < 0 || begin > n || end < 0)
        return dt_op_fail(ctx, call, DT_ERR_ARG, "%lld to %lld of axis %d, which has %lld",
                          (long long)args->begin, (long long)args->end, axis, (long long)n);
    out[0].dtype = x->dtype;
    out[0].shape = x->shape;
    out[0].shape.dim[axis] = end > begin ? (end - begin + args->step - 1) / args->step : 0;
    memcpy(out[0].stride, x->stride, sizeof x->stride);
    out[0].stride[axis] *= args->step;
    out[0].offset = x->offset + begin * x->stride[axis];
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const slice_args *args = g->args;
    const dt_meta *m = &g->in_meta[0];
    int axis = dt_axis(args->axis, m->shape.rank);
    int64_t begin = args->begin < 0 ? args->begin + m->shape.dim[axis] : args->begin;
    dt_slice_grad_args whole = {axis, begin, args->step, m->shape};
    g->gin[0] = dt_op_apply1(ctx, &dt_op_slice_grad, g->gout, 1, &whole);
    return dt_ctx_status(ctx);
}

const dt_op dt_op_slice = {
    DT_OP_NAMED(slice),  .n_in = {1, 1}, .n_out = 1,           .args_size = sizeof(slice_args),
    .flags = DT_OP_VIEW, .infer = infer, .backward = backward,
};

dt_tensor *dt_slice(dt_ctx *ctx, dt_tensor *t, int axis, int64_t begin, int64_t end, int64_t step)
{
    return dt_op_apply1(ctx, &dt_op_slice, &t, 1, &(slice_args){axis, begin, end, step});
}

static dt_status infer_grad(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_slice_grad_args *args = call->args;
    const dt_tensor *g = call->in[0];
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    dt_shape same = args->shape;
    int64_t count = 0;
    if (same.rank == g->shape.rank && args->axis >= 0 && args->axis < same.rank && args->begin >= 0 &&
        args->step >= 1) {
        count = g->shape.dim[args->axis];
        same.dim[args->axis] = count;
    }
    if (!dt_shape_equal(&same, &g->shape) ||
        (count > 0 && (count - 1 > (args->shape.dim[args->axis] - 1 - args->begin) / args->step)))
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "%s is not a slice of %s", dt_shape_text(&g->shape, a),
                          dt_shape_text(&args->shape, b));
    out[0].dtype = g->dtype;
    out[0].shape = args->shape;
    return DT_OK;
}

/* Zeros with the operand written at begin, begin + step, ... of the axis. */
static dt_status slice_grad_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_slice_grad_args *args = call->args;
    const dt_tensor *g = call->in[0], *y = call->out[0];
    size_t total = (size_t)dt_numel(y) * dt_dtype_size(y->dtype), inner = dt_dtype_size(y->dtype);
    int64_t outer = 1, n = y->shape.dim[args->axis], count = g->shape.dim[args->axis];
    for (int i = 0; i < args->axis; i++)
        outer *= y->shape.dim[i];
    for (int i = args->axis + 1; i < y->shape.rank; i++)
        inner *= (size_t)y->shape.dim[i];
    if (total == 0) return DT_OK;
    char *dst = dt_data(y);
    const char *src = dt_data(g);
    memset(dst, 0, total);
    for (int64_t o = 0; o < outer && count > 0; o++) {
        char *row = dst + (size_t)(o * n + args->begin) * inner;
        if (args->step == 1) {
            memcpy(row, src, (size_t)count * inner);
            src += (size_t)count * inner;
            continue;
        }
        for (int64_t i = 0; i < count; i++, src += inner)
            memcpy(row + (size_t)(i * args->step) * inner, src, inner);
    }
    return DT_OK;
}

const dt_op dt_op_slice_grad = {
    DT_OP_NAMED(slice_grad),
    .n_in = {1, 1},
    .n_out = 1,
    .args_size = sizeof(dt_slice_grad_args),
    .flags = DT_OP_NO_GRAD,
    .infer = infer_grad,
    .ref = {slice_grad_ref, ~0u},
};
