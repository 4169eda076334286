/* Activations (and abs, clamp): elementwise ops whose gradient is one op of its own, so that training costs
 * one pass in each direction. <name>_grad(g, s): g the gradient of the result, s the saved operand or result. */
#include <math.h>

#include "core/ops/activation_cpu.h"
#include "core/ops/unary.h"

static double sigmoid(double x)
{
    if (x >= 0) return 1 / (1 + exp(-x));
    double e = exp(x);
    return e / (1 + e);
}

/* Never overflows; NaN stays. */
static double softplus(double x)
{
    return (x < 0 ? 0 : x) + log1p(exp(-fabs(x)));
}

static double normal_cdf(double x)
{
    return 0.5 * erfc(-x * 0.70710678118654752440);
}

static double gelu_slope(double x)
{
    double density = 0.39894228040143267794 * exp(-0.5 * x * x);
    return normal_cdf(x) + (density > 0 ? x * density : 0);
}

static double silu_slope(double x)
{
    double s = sigmoid(x);
    return s * (1 + x * (1 - s));
}

static double mish_slope(double x)
{
    double t = tanh(softplus(x));
    if (x > 40) return 1; /* infinity too */
    return t + x * sigmoid(x) * (1 - t * t);
}

static double hardswish(double x)
{
    double gate = x + 3;
    return x * (gate < 0 ? 0 : gate > 6 ? 6 : gate) / 6;
}

enum { SAVE_X = 1, SAVE_Y = 2 };

/* X(name, value of x, gradient from g and the saved x (or result), bytes of arguments, which is saved) */
#define ACTIVATION_OPS(X)                                                                                    \
    X(abs, fabs(x), x > 0 ? g : x < 0 ? -g : g * 0 * x, 0, SAVE_X)                                           \
    X(clamp, x<p[0] ? p[0] : x> p[1] ? p[1] : x, x > p[0] && x < p[1] ? g : 0, sizeof(dt_unary_args),        \
      SAVE_X)                                                                                                \
    X(relu, x < 0 ? 0 : x, x <= 0 ? 0 : g, 0, SAVE_Y)                                                        \
    X(leaky_relu, x > 0 ? x : p[0] * x, x > 0 ? g : p[0] * g, sizeof(dt_unary_args), SAVE_X)                 \
    X(sigmoid, sigmoid(x), g *x *(1 - x), 0, SAVE_Y)                                                         \
    X(tanh, tanh(x), g *(1 - x * x), 0, SAVE_Y)                                                              \
    X(silu, x *sigmoid(x), g *silu_slope(x), 0, SAVE_X)                                                      \
    X(gelu, x *normal_cdf(x), g *gelu_slope(x), 0, SAVE_X)                                                   \
    X(hardswish, hardswish(x), x <= -3 ? 0 : x < 3 ? g * (x / 3 + 0.5) : g, 0, SAVE_X)                       \
    X(mish, x *tanh(softplus(x)), g *mish_slope(x), 0, SAVE_X)                                               \
    X(softplus, softplus(x), g *sigmoid(x), 0, SAVE_X)

#define ACTIVATION_OP(op_name, value, gradient, bytes, saves)                                                \
    DT_UNARY_REF(op_name##_ref, value)                                                                       \
    DT_UNARY_GRAD_REF(op_name##_grad_ref, gradient)                                                          \
    static dt_status op_name##_backward(dt_ctx *ctx, const dt_grad_call *g)                                  \
    {                                                                                                        \
        dt_tensor *const in[] = {g->gout[0], (saves) == SAVE_X ? g->in[0] : g->out[0]};                      \
        g->gin[0] = dt_op_apply1(ctx, &dt_op_##op_name##_grad, in, 2, g->args);                              \
        return dt_ctx_status(ctx);                                                                           \
    }                                                                                                        \
    const dt_op dt_op_##op_name = {                                                                          \
        DT_OP_NAMED(op_name),                                                                                \
        .n_in = {1, 1},                                                                                      \
        .n_out = 1,                                                                                          \
        .args_size = bytes,                                                                                  \
        .save_in = (saves) == SAVE_X,                                                                        \
        .save_out = (saves) == SAVE_Y,                                                                       \
        .flags = DT_OP_ELEMENTWISE,                                                                          \
        .infer = dt_infer_float,                                                                             \
        .backward = op_name##_backward,                                                                      \
        .ref = {op_name##_ref, DT_M_FLOAT},                                                                  \
        .cpu = {dt_##op_name##_cpu, DT_M_F32},                                                               \
    };                                                                                                       \
    const dt_op dt_op_##op_name##_grad = {                                                                   \
        DT_OP_NAMED(op_name##_grad),                                                                         \
        .n_in = {2, 2},                                                                                      \
        .n_out = 1,                                                                                          \
        .args_size = bytes,                                                                                  \
        .flags = DT_OP_ELEMENTWISE | DT_OP_NO_GRAD,                                                          \
        .infer = infer_grad,                                                                                 \
        .ref = {op_name##_grad_ref, DT_M_FLOAT},                                                             \
        .cpu = {dt_##op_name##_grad_cpu, DT_M_F32},                                                          \
    };

static dt_status infer_grad(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    const dt_tensor *g = call->in[0], *x = call->in[1];
    if (g->dtype != x->dtype || !dt_shape_equal(&g->shape, &x->shape))
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "the gradient is %s %s, the operand %s %s",
                          dt_dtype_name(g->dtype), dt_shape_text(&g->shape, a), dt_dtype_name(x->dtype),
                          dt_shape_text(&x->shape, b));
    return dt_infer_float(ctx, call, out);
}

ACTIVATION_OPS(ACTIVATION_OP)

#define PLAIN(op_name)                                                                                       \
    dt_tensor *dt_##op_name(dt_ctx *ctx, dt_tensor *x)                                                       \
    {                                                                                                        \
        return dt_op_apply1(ctx, &dt_op_##op_name, &x, 1, NULL);                                             \
    }
PLAIN(abs)
PLAIN(relu)
PLAIN(sigmoid)
PLAIN(tanh)
PLAIN(silu)
PLAIN(gelu)
PLAIN(hardswish)
PLAIN(mish)
PLAIN(softplus)

dt_tensor *dt_clamp(dt_ctx *ctx, dt_tensor *x, double lo, double hi)
{
    return dt_op_apply1(ctx, &dt_op_clamp, &x, 1, &(dt_unary_args){{lo, hi}});
}

dt_tensor *dt_leaky_relu(dt_ctx *ctx, dt_tensor *x, double slope)
{
    return dt_op_apply1(ctx, &dt_op_leaky_relu, &x, 1, &(dt_unary_args){{slope}});
}
