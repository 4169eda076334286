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

/* Zeros of the operand's shape with the gradient copied into the same slice. */
static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const slice_args *args = g->args;
    const dt_meta *m = &g->in_meta[0];
    int axis = dt_axis(args->axis, m->shape.rank);
    int64_t n = m->shape.dim[axis], begin = args->begin < 0 ? args->begin + n : args->begin;
    int64_t count = dt_dim(g->gout[0], axis);
    dt_tensor *parts[3];
    int used = 0;
    dt_shape gap = m->shape;
    if (args->step != 1) {
        /* Rows of length `step` along the axis, of which the first is the gradient: (.., count, step, ..). */
        dt_shape wide = {.rank = m->shape.rank + 1}, filler;
        if (wide.rank > DT_MAX_RANK)
            return dt_ctx_fail(ctx, DT_ERR_UNSUPPORTED, "slice: gradient with a step at rank %d",
                               m->shape.rank);
        for (int i = 0; i < wide.rank; i++)
            wide.dim[i] = i <= axis       ? g->gout[0]->shape.dim[i]
                          : i == axis + 1 ? 1
                                          : g->gout[0]->shape.dim[i - 1];
        filler = wide;
        filler.dim[axis + 1] = args->step - 1;
        dt_tensor *pair[2] = {dt_reshape(ctx, g->gout[0], wide), NULL};
        if (!pair[0]) return dt_ctx_status(ctx);
        pair[1] = dt_zeros_like(ctx, dt_expand(ctx, pair[0], wide));
        pair[1] = dt_expand(ctx, dt_slice(ctx, pair[1], axis + 1, 0, 1, 1), filler);
        dt_tensor *spread = dt_concat(ctx, pair, 2, axis + 1);
        dt_shape flat = g->gout[0]->shape;
        flat.dim[axis] = count * args->step;
        spread = dt_reshape(ctx, spread, flat);
        int64_t room = n - begin < flat.dim[axis] ? n - begin : flat.dim[axis];
        spread = dt_slice(ctx, spread, axis, 0, room, 1);
        if (!spread) return dt_ctx_status(ctx);
        count = room;
        parts[1] = spread;
    } else {
        parts[1] = g->gout[0];
    }
    dt_device *before = dt_ctx_device(ctx);
    dt_ctx_set_device(ctx, g->gout[0]->device);
    dt_tensor *list[3];
    gap.dim[axis] = begin;
    if (begin > 0) list[used++] = dt_zeros(ctx, m->dtype, gap);
    list[used++] = parts[1];
    gap.dim[axis] = n - begin - count;
    if (gap.dim[axis] > 0) list[used++] = dt_zeros(ctx, m->dtype, gap);
    dt_ctx_set_device(ctx, before);
    g->gin[0] = used == 1 ? list[0] : dt_concat(ctx, list, used, axis);
    return DT_OK;
}

const dt_op dt_op_slice = {
    DT_OP_NAMED(slice),  .n_in = {1, 1}, .n_out = 1,           .args_size = sizeof(slice_args),
    .flags = DT_OP_VIEW, .infer = infer, .backward = backward,
};

dt_tensor *dt_slice(dt_ctx *ctx, dt_tensor *t, int axis, int64_t begin, int64_t end, int64_t step)
{
    return dt_op_apply1(ctx, &dt_op_slice, &t, 1, &(slice_args){axis, begin, end, step});
}
