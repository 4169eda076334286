/* index_select, gather and the gradient of both, scatter_add. */
#include <string.h>

#include "core/device.h"
#include "core/ops/layout.h"

typedef struct gather_args {
    int axis;
    dt_shape shape; /* of the result, scatter_add only */
} gather_args;

/* Values of an index can only be checked where they can be read; other devices check in their kernels. */
static dt_status check_index(dt_ctx *ctx, const dt_call *call, const dt_tensor *index, int64_t dim)
{
    if (index->dtype != DT_I64)
        return dt_op_fail(ctx, call, DT_ERR_DTYPE, "the index is %s; int64 is wanted",
                          dt_dtype_name(index->dtype));
    if (index->device->type != DT_CPU) return DT_OK;
    int64_t n = dt_numel(index);
    const int64_t *values = dt_i64(index);
    int dense = dt_is_contiguous(index);
    for (int64_t i = 0; i < n; i++) {
        int64_t v = values[dense ? i : dt_strided_index(&index->shape, index->stride, i)];
        if (v < 0 || v >= dim)
            return dt_op_fail(ctx, call, DT_ERR_ARG, "index %lld at place %lld; the axis has %lld",
                              (long long)v, (long long)i, (long long)dim);
    }
    return DT_OK;
}

/* ---- index_select ---- */

static dt_status infer_select(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_tensor *x = call->in[0], *index = call->in[1];
    int wanted = ((const gather_args *)call->args)->axis, axis = dt_axis(wanted, x->shape.rank);
    char text[DT_SHAPE_TEXT];
    if (axis < 0)
        return dt_op_fail(ctx, call, DT_ERR_ARG, "axis %d of a tensor of rank %d", wanted, x->shape.rank);
    if (index->shape.rank != 1)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "the index is %s; one axis is wanted",
                          dt_shape_text(&index->shape, text));
    DT_TRY(check_index(ctx, call, index, x->shape.dim[axis]));
    out[0].dtype = x->dtype;
    out[0].shape = x->shape;
    out[0].shape.dim[axis] = index->shape.dim[0];
    return DT_OK;
}

static dt_status select_backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const dt_shape *shape = &g->in_meta[0].shape;
    int axis = dt_axis(((const gather_args *)g->args)->axis, shape->rank);
    dt_shape line = {.rank = shape->rank};
    for (int i = 0; i < line.rank; i++)
        line.dim[i] = i == axis ? g->in[1]->shape.dim[0] : 1;
    dt_tensor *index = dt_expand(ctx, dt_reshape(ctx, g->in[1], line), g->gout[0]->shape);
    g->gin[0] = dt_scatter_add(ctx, *shape, axis, index, g->gout[0]);
    return dt_ctx_status(ctx);
}

static dt_status select_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *x = call->in[0], *y = call->out[0];
    int axis = dt_axis(((const gather_args *)call->args)->axis, x->shape.rank);
    int64_t outer = 1, inner = 1, n = x->shape.dim[axis], m = y->shape.dim[axis];
    for (int i = 0; i < axis; i++)
        outer *= x->shape.dim[i];
    for (int i = axis + 1; i < x->shape.rank; i++)
        inner *= x->shape.dim[i];
    size_t bytes = (size_t)inner * dt_dtype_size(x->dtype);
    if (bytes == 0) return DT_OK;
    for (int64_t o = 0; o < outer; o++)
        for (int64_t i = 0; i < m; i++)
            memcpy((char *)dt_data(y) + (size_t)(o * m + i) * bytes,
                   (const char *)dt_data(x) + (size_t)(o * n + dt_i64(call->in[1])[i]) * bytes, bytes);
    return DT_OK;
}

const dt_op dt_op_index_select = {
    DT_OP_NAMED(index_select),        .n_in = {2, 2},           .n_out = 1,
    .args_size = sizeof(gather_args), .save_in = DT_BIT(1),     .infer = infer_select,
    .backward = select_backward,      .ref = {select_ref, ~0u},
};

dt_tensor *dt_index_select(dt_ctx *ctx, dt_tensor *t, int axis, dt_tensor *index)
{
    dt_tensor *const in[] = {t, index};
    return dt_op_apply1(ctx, &dt_op_index_select, in, 2, &(gather_args){.axis = axis});
}

/* ---- gather ---- */

/* index must lie within `shape` in every axis but `axis`. */
static dt_status check_fit(dt_ctx *ctx, const dt_call *call, const dt_shape *shape, const dt_tensor *index,
                           int axis)
{
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    int fits = index->shape.rank == shape->rank;
    for (int i = 0; i < shape->rank && fits; i++)
        fits = i == axis || index->shape.dim[i] <= shape->dim[i];
    if (fits) return DT_OK;
    return dt_op_fail(ctx, call, DT_ERR_SHAPE, "the index %s does not fit in %s (axis %d)",
                      dt_shape_text(&index->shape, a), dt_shape_text(shape, b), axis);
}

static dt_status infer_gather(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_tensor *x = call->in[0], *index = call->in[1];
    int wanted = ((const gather_args *)call->args)->axis, axis = dt_axis(wanted, x->shape.rank);
    if (axis < 0)
        return dt_op_fail(ctx, call, DT_ERR_ARG, "axis %d of a tensor of rank %d", wanted, x->shape.rank);
    DT_TRY(check_fit(ctx, call, &x->shape, index, axis));
    DT_TRY(check_index(ctx, call, index, x->shape.dim[axis]));
    out[0].dtype = x->dtype;
    out[0].shape = index->shape;
    return DT_OK;
}

static dt_status gather_backward(dt_ctx *ctx, const dt_grad_call *g)
{
    g->gin[0] =
        dt_scatter_add(ctx, g->in_meta[0].shape, ((const gather_args *)g->args)->axis, g->in[1], g->gout[0]);
    return dt_ctx_status(ctx);
}

/* Strides that lead from a place of the index to the element of t, the axis itself left out. */
static int64_t strides_beside(const dt_tensor *t, int axis, int64_t *stride)
{
    for (int i = 0; i < t->shape.rank; i++)
        stride[i] = i == axis ? 0 : t->stride[i];
    return t->stride[axis];
}

static dt_status gather_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *x = call->in[0], *index = call->in[1], *y = call->out[0];
    int axis = dt_axis(((const gather_args *)call->args)->axis, x->shape.rank);
    int64_t stride[DT_MAX_RANK], step = strides_beside(x, axis, stride), n = dt_numel(index);
    size_t size = dt_dtype_size(x->dtype);
    for (int64_t i = 0; i < n; i++) {
        int64_t at = dt_i64(index)[dt_strided_index(&index->shape, index->stride, i)] * step +
                     dt_strided_index(&index->shape, stride, i);
        memcpy((char *)dt_data(y) + (size_t)i * size, (const char *)dt_data(x) + at * (int64_t)size, size);
    }
    return DT_OK;
}

const dt_op dt_op_gather = {
    DT_OP_NAMED(gather),
    .n_in = {2, 2},
    .n_out = 1,
    .args_size = sizeof(gather_args),
    .save_in = DT_BIT(1),
    .flags = DT_OP_STRIDED,
    .infer = infer_gather,
    .backward = gather_backward,
    .ref = {gather_ref, ~0u},
};

dt_tensor *dt_gather(dt_ctx *ctx, dt_tensor *t, int axis, dt_tensor *index)
{
    dt_tensor *const in[] = {t, index};
    return dt_op_apply1(ctx, &dt_op_gather, in, 2, &(gather_args){.axis = axis});
}

/* ---- scatter_add ---- */

static dt_status infer_scatter(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const gather_args *args = call->args;
    const dt_tensor *src = call->in[0], *index = call->in[1];
    int axis = dt_axis(args->axis, args->shape.rank);
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    if (axis < 0)
        return dt_op_fail(ctx, call, DT_ERR_ARG, "axis %d of a tensor of rank %d", args->axis,
                          args->shape.rank);
    if (!dt_shape_equal(&src->shape, &index->shape))
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "the source is %s, the index %s",
                          dt_shape_text(&src->shape, a), dt_shape_text(&index->shape, b));
    DT_TRY(check_fit(ctx, call, &args->shape, index, axis));
    DT_TRY(check_index(ctx, call, index, args->shape.dim[axis]));
    out[0].dtype = src->dtype;
    out[0].shape = args->shape;
    return DT_OK;
}

static dt_status scatter_backward(dt_ctx *ctx, const dt_grad_call *g)
{
    g->gin[0] = dt_gather(ctx, g->gout[0], ((const gather_args *)g->args)->axis, g->in[1]);
    return dt_ctx_status(ctx);
}

static dt_status scatter_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *src = call->in[0], *index = call->in[1], *y = call->out[0];
    int axis = dt_axis(((const gather_args *)call->args)->axis, y->shape.rank);
    int64_t stride[DT_MAX_RANK], step = strides_beside(y, axis, stride), n = dt_numel(index);
    if (dt_numel(y)) memset(dt_data(y), 0, (size_t)dt_numel(y) * dt_dtype_size(y->dtype));
    for (int64_t i = 0; i < n; i++) {
        int64_t at = dt_i64(index)[dt_strided_index(&index->shape, index->stride, i)] * step +
                     dt_strided_index(&index->shape, stride, i);
        dt_set(y, at, dt_get(y, at) + dt_get(src, dt_strided_index(&src->shape, src->stride, i)));
    }
    return DT_OK;
}

const dt_op dt_op_scatter_add = {
    DT_OP_NAMED(scatter_add),
    .n_in = {2, 2},
    .n_out = 1,
    .args_size = sizeof(gather_args),
    .save_in = DT_BIT(1),
    .flags = DT_OP_STRIDED,
    .infer = infer_scatter,
    .backward = scatter_backward,
    .ref = {scatter_ref, DT_M_ALL},
};

dt_tensor *dt_scatter_add(dt_ctx *ctx, dt_shape shape, int axis, dt_tensor *index, dt_tensor *src)
{
    dt_tensor *const in[] = {src, index};
    return dt_op_apply1(ctx, &dt_op_scatter_add, in, 2, &(gather_args){axis, shape});
}
