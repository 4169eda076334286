/* Elementwise mathematics: neg, affine, pow, exp, log, sqrt, square, sin, cos, atan. Gradients are made of
 * other ops. */
#include <math.h>

#include "core/ops/math_cpu.h"
#include "core/ops/unary.h"

enum { SAVE_NONE = 0, SAVE_X = 1, SAVE_Y = 2 };

static dt_tensor *neg_grad(dt_ctx *ctx, const dt_grad_call *g)
{
    return dt_neg(ctx, g->gout[0]);
}

static dt_tensor *affine_grad(dt_ctx *ctx, const dt_grad_call *g)
{
    return dt_affine(ctx, g->gout[0], ((const dt_unary_args *)g->args)->p[0], 0);
}

static dt_tensor *pow_grad(dt_ctx *ctx, const dt_grad_call *g)
{
    double e = ((const dt_unary_args *)g->args)->p[0];
    if (e == 0) return dt_zeros_like(ctx, g->gout[0]);
    return dt_mul(ctx, g->gout[0], dt_affine(ctx, dt_pow(ctx, g->in[0], e - 1), e, 0));
}

static dt_tensor *exp_grad(dt_ctx *ctx, const dt_grad_call *g)
{
    return dt_mul(ctx, g->gout[0], g->out[0]);
}

static dt_tensor *log_grad(dt_ctx *ctx, const dt_grad_call *g)
{
    return dt_div(ctx, g->gout[0], g->in[0]);
}

static dt_tensor *sqrt_grad(dt_ctx *ctx, const dt_grad_call *g)
{
    return dt_div(ctx, g->gout[0], dt_affine(ctx, g->out[0], 2, 0));
}

static dt_tensor *square_grad(dt_ctx *ctx, const dt_grad_call *g)
{
    return dt_mul(ctx, g->gout[0], dt_affine(ctx, g->in[0], 2, 0));
}

static dt_tensor *sin_grad(dt_ctx *ctx, const dt_grad_call *g)
{
    return dt_mul(ctx, g->gout[0], dt_cos(ctx, g->in[0]));
}

static dt_tensor *cos_grad(dt_ctx *ctx, const dt_grad_call *g)
{
    return dt_neg(ctx, dt_mul(ctx, g->gout[0], dt_sin(ctx, g->in[0])));
}

static dt_tensor *atan_grad(dt_ctx *ctx, const dt_grad_call *g)
{
    return dt_div(ctx, g->gout[0], dt_affine(ctx, dt_square(ctx, g->in[0]), 1, 1));
}

/* X(name, value of x with parameters p, bytes of arguments, what the gradient reads, the fast kernel or NULL) */
#define MATH_OPS(X)                                                                                          \
    X(neg, -x, 0, SAVE_NONE, dt_neg_cpu)                                                                     \
    X(affine, p[0] * x + p[1], sizeof(dt_unary_args), SAVE_NONE, dt_affine_cpu)                              \
    X(pow, pow(x, p[0]), sizeof(dt_unary_args), SAVE_X, dt_pow_cpu)                                          \
    X(exp, exp(x), 0, SAVE_Y, dt_exp_cpu)                                                                    \
    X(log, log(x), 0, SAVE_X, dt_log_cpu)                                                                    \
    X(sqrt, sqrt(x), 0, SAVE_Y, dt_sqrt_cpu)                                                                 \
    X(square, x *x, 0, SAVE_X, dt_square_cpu)                                                                \
    X(sin, sin(x), 0, SAVE_X, NULL)                                                                          \
    X(cos, cos(x), 0, SAVE_X, NULL)                                                                          \
    X(atan, atan(x), 0, SAVE_X, NULL)

#define MATH_OP(op_name, expr, bytes, saves, fast)                                                           \
    DT_UNARY_REF(op_name##_ref, expr)                                                                        \
    static dt_status op_name##_backward(dt_ctx *ctx, const dt_grad_call *g)                                  \
    {                                                                                                        \
        g->gin[0] = op_name##_grad(ctx, g);                                                                  \
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
        .cpu = {fast, DT_M_F32},                                                                             \
    };
MATH_OPS(MATH_OP)

#define PLAIN(op_name)                                                                                       \
    dt_tensor *dt_##op_name(dt_ctx *ctx, dt_tensor *x)                                                       \
    {                                                                                                        \
        return dt_op_apply1(ctx, &dt_op_##op_name, &x, 1, NULL);                                             \
    }
PLAIN(neg)
PLAIN(exp)
PLAIN(log)
PLAIN(sqrt)
PLAIN(square)
PLAIN(sin)
PLAIN(cos)
PLAIN(atan)

dt_tensor *dt_affine(dt_ctx *ctx, dt_tensor *x, double scale, double shift)
{
    return dt_op_apply1(ctx, &dt_op_affine, &x, 1, &(dt_unary_args){{scale, shift}});
}

dt_tensor *dt_pow(dt_ctx *ctx, dt_tensor *x, double exponent)
{
    return dt_op_apply1(ctx, &dt_op_pow, &x, 1, &(dt_unary_args){{exponent}});
}
