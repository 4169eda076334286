/* softmax and log_softmax along an axis; their gradients are ops of their own. */
#include <math.h>

#include "core/ops/reduce.h"

typedef struct softmax_args {
    int axis;
} softmax_args;

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    int rank = call->in[0]->shape.rank, axis = ((const softmax_args *)call->args)->axis;
    if (dt_axis(axis, rank) < 0)
        return dt_op_fail(ctx, call, DT_ERR_ARG, "axis %d of a tensor of rank %d", axis, rank);
    return dt_infer_float(ctx, call, out);
}

/* (g, y): gradient and result of the same shape. */
static dt_status infer_grad(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    const dt_tensor *g = call->in[0], *y = call->in[1];
    if (g->dtype != y->dtype || !dt_shape_equal(&g->shape, &y->shape))
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "the gradient is %s %s, the result %s %s",
                          dt_dtype_name(g->dtype), dt_shape_text(&g->shape, a), dt_dtype_name(y->dtype),
                          dt_shape_text(&y->shape, b));
    return infer(ctx, call, out);
}

static dt_axis_view view_of(const dt_call *call)
{
    const dt_shape *shape = &call->in[0]->shape;
    return dt_view_axis(shape, dt_axis(((const softmax_args *)call->args)->axis, shape->rank));
}

static void normalise(const dt_call *call, int logarithm)
{
    const dt_tensor *x = call->in[0], *y = call->out[0];
    dt_axis_view v = view_of(call);
    for (int64_t i = 0; i < v.outer * v.inner && v.n > 0; i++) {
        int64_t base = i / v.inner * v.n * v.inner + i % v.inner;
        double top = dt_get(x, base), total = 0;
        for (int64_t k = 1; k < v.n; k++) {
            double value = dt_get(x, base + k * v.inner);
            if (value > top || isnan(value)) top = value;
        }
        for (int64_t k = 0; k < v.n; k++)
            total += exp(dt_get(x, base + k * v.inner) - top);
        for (int64_t k = 0; k < v.n; k++) {
            double shifted = dt_get(x, base + k * v.inner) - top;
            dt_set(y, base + k * v.inner, logarithm ? shifted - log(total) : exp(shifted) / total);
        }
    }
}

static dt_status softmax_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    normalise(call, 0);
    return DT_OK;
}

static dt_status log_softmax_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    normalise(call, 1);
    return DT_OK;
}

/* dx = y (g - sum(g y)). */
static dt_status softmax_grad_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *g = call->in[0], *y = call->in[1], *dx = call->out[0];
    dt_axis_view v = view_of(call);
    for (int64_t i = 0; i < v.outer * v.inner; i++) {
        int64_t base = i / v.inner * v.n * v.inner + i % v.inner;
        double dot = 0;
        for (int64_t k = 0; k < v.n; k++)
            dot += dt_get(g, base + k * v.inner) * dt_get(y, base + k * v.inner);
        for (int64_t k = 0; k < v.n; k++)
            dt_set(dx, base + k * v.inner,
                   dt_get(y, base + k * v.inner) * (dt_get(g, base + k * v.inner) - dot));
    }
    return DT_OK;
}

/* dx = g - exp(y) sum(g). */
static dt_status log_softmax_grad_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *g = call->in[0], *y = call->in[1], *dx = call->out[0];
    dt_axis_view v = view_of(call);
    for (int64_t i = 0; i < v.outer * v.inner; i++) {
        int64_t base = i / v.inner * v.n * v.inner + i % v.inner;
        double total = 0;
        for (int64_t k = 0; k < v.n; k++)
            total += dt_get(g, base + k * v.inner);
        for (int64_t k = 0; k < v.n; k++)
            dt_set(dx, base + k * v.inner,
                   dt_get(g, base + k * v.inner) - exp(dt_get(y, base + k * v.inner)) * total);
    }
    return DT_OK;
}

#define SOFTMAX_OP(op_name)                                                                                  \
    static dt_status op_name##_backward(dt_ctx *ctx, const dt_grad_call *g)                                  \
    {                                                                                                        \
        dt_tensor *const in[] = {g->gout[0], g->out[0]};                                                     \
        g->gin[0] = dt_op_apply1(ctx, &dt_op_##op_name##_grad, in, 2, g->args);                              \
        return dt_ctx_status(ctx);                                                                           \
    }                                                                                                        \
    const dt_op dt_op_##op_name = {                                                                          \
        DT_OP_NAMED(op_name),                                                                                \
        .n_in = {1, 1},                                                                                      \
        .n_out = 1,                                                                                          \
        .args_size = sizeof(softmax_args),                                                                   \
        .save_out = DT_BIT(0),                                                                               \
        .infer = infer,                                                                                      \
        .backward = op_name##_backward,                                                                      \
        .ref = {op_name##_ref, DT_M_FLOAT},                                                                  \
    };                                                                                                       \
    const dt_op dt_op_##op_name##_grad = {                                                                   \
        DT_OP_NAMED(op_name##_grad),                                                                         \
        .n_in = {2, 2},                                                                                      \
        .n_out = 1,                                                                                          \
        .args_size = sizeof(softmax_args),                                                                   \
        .flags = DT_OP_NO_GRAD,                                                                              \
        .infer = infer_grad,                                                                                 \
        .ref = {op_name##_grad_ref, DT_M_FLOAT},                                                             \
    };                                                                                                       \
                                                                                                             \
    dt_tensor *dt_##op_name(dt_ctx *ctx, dt_tensor *t, int axis)                                             \
    {                                                                                                        \
        return dt_op_apply1(ctx, &dt_op_##op_name, &t, 1, &(softmax_args){axis});                            \
    }

SOFTMAX_OP(softmax)
SOFTMAX_OP(log_softmax)
