#include <string.h>

#include "core/device.h"
#include "core/ops/layout.h"

typedef struct pad2d_args {
    int left, right, top, bottom;
    dt_pad_mode mode;
    double value;
} pad2d_args;

/* Source index of place i of an axis of length n that was padded by `before`; -1 where the constant stands. */
static int64_t source(dt_pad_mode mode, int64_t i, int64_t before, int64_t n)
{
    i -= before;
    if (i >= 0 && i < n) return i;
    if (mode == DT_PAD_CONSTANT) return -1;
    if (mode == DT_PAD_EDGE) return i < 0 ? 0 : n - 1;
    return i < 0 ? -i : 2 * (n - 1) - i;
}

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const pad2d_args *a = call->args;
    const dt_tensor *x = call->in[0];
    char text[DT_SHAPE_TEXT];
    if (x->shape.rank < 2)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "wants at least two axes, x is %s",
                          dt_shape_text(&x->shape, text));
    if (a->left < 0 || a->right < 0 || a->top < 0 || a->bottom < 0 || (unsigned)a->mode > DT_PAD_REFLECT)
        return dt_op_fail(ctx, call, DT_ERR_ARG, "pads left %d, right %d, top %d, bottom %d, mode %d",
                          a->left, a->right, a->top, a->bottom, (int)a->mode);
    int64_t h = dt_dim(x, -2), w = dt_dim(x, -1);
    int64_t dw = a->left > a->right ? a->left : a->right, dh = a->top > a->bottom ? a->top : a->bottom;
    if ((a->mode == DT_PAD_REFLECT && ((dw && dw >= w) || (dh && dh >= h))) ||
        (a->mode == DT_PAD_EDGE && ((dw && w == 0) || (dh && h == 0))))
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "%s is too small for pads of %lld and %lld",
                          dt_shape_text(&x->shape, text), (long long)dh, (long long)dw);
    out[0].dtype = x->dtype;
    out[0].shape = x->shape;
    out[0].shape.dim[x->shape.rank - 2] = h + a->top + a->bottom;
    out[0].shape.dim[x->shape.rank - 1] = w + a->left + a->right;
    return DT_OK;
}

/* Adds the gradient of one padded axis of length m back to the n places it was taken from. */
static dt_tensor *fold(dt_ctx *ctx, dt_tensor *g, int axis, int64_t before, int64_t n, dt_pad_mode mode)
{
    int64_t m = dt_dim(g, axis);
    if (m == n) return g;
    dt_device *device = dt_ctx_device(ctx);
    dt_ctx_set_device(ctx, dt_cpu(ctx));
    dt_tensor *index = dt_empty(ctx, DT_I64, DT_SHAPE(m));
    dt_ctx_set_device(ctx, device);
    if (!index) return NULL;
    for (int64_t i = 0; i < m; i++)
        dt_i64(index)[i] = source(mode, i, before, n);
    if (g->device != index->device) index = dt_clone_to(ctx, index, g->device);
    dt_shape line = {.rank = g->shape.rank}, shape = g->shape;
    for (int i = 0; i < line.rank; i++)
        line.dim[i] = i == axis ? m : 1;
    shape.dim[axis] = n;
    return dt_scatter_add(ctx, shape, axis, dt_expand(ctx, dt_reshape(ctx, index, line), g->shape), g);
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const pad2d_args *a = g->args;
    const dt_shape *shape = &g->in_meta[0].shape;
    int y = shape->rank - 2, x = shape->rank - 1;
    if (a->mode == DT_PAD_CONSTANT) {
        dt_tensor *rows = dt_slice(ctx, g->gout[0], y, a->top, a->top + shape->dim[y], 1);
        g->gin[0] = dt_slice(ctx, rows, x, a->left, a->left + shape->dim[x], 1);
    } else {
        dt_tensor *rows = fold(ctx, g->gout[0], y, a->top, shape->dim[y], a->mode);
        g->gin[0] = rows ? fold(ctx, rows, x, a->left, shape->dim[x], a->mode) : NULL;
    }
    return dt_ctx_status(ctx);
}

static void fill(const dt_tensor *y, int64_t from, int64_t n, double value)
{
    for (int64_t i = 0; i < n; i++)
        dt_set(y, from + i, value);
}

static dt_status pad2d_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const pad2d_args *a = call->args;
    const dt_tensor *x = call->in[0], *y = call->out[0];
    size_t size = dt_dtype_size(x->dtype);
    int64_t h = dt_dim(x, -2), w = dt_dim(x, -1), oh = dt_dim(y, -2), ow = dt_dim(y, -1);
    if (dt_numel(y) == 0) return DT_OK;
    int64_t planes = dt_numel(y) / (oh * ow);
    const char *src = dt_data(x);
    char *dst = dt_data(y);
    for (int64_t row = 0; row < planes * oh; row++) {
        int64_t sy = source(a->mode, row % oh, a->top, h), to = row * ow;
        if (sy < 0) {
            fill(y, to, ow, a->value);
            continue;
        }
        int64_t from = (row / oh * h + sy) * w;
        if (w) memcpy(dst + (size_t)(to + a->left) * size, src + (size_t)from * size, (size_t)w * size);
        if (a->mode == DT_PAD_CONSTANT) {
            fill(y, to, a->left, a->value);
            fill(y, to + a->left + w, a->right, a->value);
            continue;
        }
        for (int64_t i = 0; i < ow; i++) {
            if (i == a->left) i += w;
            if (i >= ow) break;
            memcpy(dst + (size_t)(to + i) * size,
                   src + (size_t)(from + source(a->mode, i, a->left, w)) * size, size);
        }
    }
    return DT_OK;
}

const dt_op dt_op_pad2d = {
    DT_OP_NAMED(pad2d),
    .n_in = {1, 1},
    .n_out = 1,
    .args_size = sizeof(pad2d_args),
    .infer = infer,
    .backward = backward,
    .ref = {pad2d_ref, DT_M_ALL},
};

dt_tensor *dt_pad2d(dt_ctx *ctx, dt_tensor *x, int left, int right, int top, int bottom, dt_pad_mode mode,
                    double value)
{
    return dt_op_apply1(ctx, &dt_op_pad2d, &x, 1, &(pad2d_args){left, right, top, bottom, mode, value});
}
