/* Elementwise mathematics and activations with their gradients: the formulas of core/ops/math.c and
 * activation.c. */
#include "core/cuda/elementwise.cuh"

extern "C" {
#include "core/ops/unary.h"
}

template <typename T> static __device__ T sigmoid(T x)
{
    if (x >= 0) return 1 / (1 + exp(-x));
    T e = exp(x);
    return e / (1 + e);
}

template <typename T> static __device__ T softplus(T x)
{
    return (x < 0 ? T(0) : x) + log1p(exp(-fabs(x)));
}

template <typename T> static __device__ T gelu_slope(T x)
{
    T density = T(0.39894228040143267794) * exp(T(-0.5) * x * x);
    return normcdf(x) + (density > 0 ? x * density : T(0));
}

template <typename T> static __device__ T silu_slope(T x)
{
    T s = sigmoid(x);
    return s * (1 + x * (1 - s));
}

template <typename T> static __device__ T mish_slope(T x)
{
    T t = tanh(softplus(x));
    return t + x * sigmoid(x) * (1 - t * t);
}

template <typename T> static __device__ T hardswish(T x)
{
    T gate = x + 3;
    return x * (gate < 0 ? T(0) : gate > 6 ? T(6) : gate) / 6;
}

/* The parameters stay double: a bound or a scale is not rounded before it is used. */
struct params {
    double p[2];
};

static params params_of(const dt_call *call)
{
    params r = {{0, 0}};
    if (call->args) {
        const dt_unary_args *args = static_cast<const dt_unary_args *>(call->args);
        r.p[0] = args->p[0];
        r.p[1] = args->p[1];
    }
    return r;
}

template <typename F> static dt_status run_unary(dt_ctx *ctx, const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_begin(call);
    F f;
    f.at = params_of(call);
    if (call->in[0]->dtype == DT_F32)
        dt_cuda_launch_unary<float>(cuda, call, f);
    else
        dt_cuda_launch_unary<double>(cuda, call, f);
    return dt_cuda_end(ctx, cuda);
}

template <typename F> static dt_status run_grad(dt_ctx *ctx, const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_begin(call);
    F f;
    f.at = params_of(call);
    if (call->in[0]->dtype == DT_F32)
        dt_cuda_launch_binary<float>(cuda, call, f);
    else
        dt_cuda_launch_binary<double>(cuda, call, f);
    return dt_cuda_end(ctx, cuda);
}

/* Value of x. */
#define UNARY(op, expr)                                                                                      \
    struct op##_of {                                                                                         \
        params at;                                                                                           \
        template <typename T> __device__ T operator()(T x) const { return T(expr); }                         \
    };                                                                                                       \
    DT_CUDA_KERNEL(op, run_unary<op##_of>, DT_M_FLOAT)

/* Gradient from g, that of the result, and x, the operand or result that was saved. */
#define GRAD(op, expr)                                                                                       \
    struct op##_of {                                                                                         \
        params at;                                                                                           \
        template <typename T> __device__ T operator()(T g, T x) const { return T(expr); }                    \
    };                                                                                                       \
    DT_CUDA_KERNEL(op, run_grad<op##_of>, DT_M_FLOAT)

UNARY(neg, -x)
UNARY(affine, at.p[0] * double(x) + at.p[1])
UNARY(pow, pow(x, T(at.p[0])))
UNARY(exp, exp(x))
UNARY(log, log(x))
UNARY(sqrt, sqrt(x))
UNARY(square, x *x)
UNARY(sin, sin(x))
UNARY(cos, cos(x))
UNARY(atan, atan(x))

UNARY(abs, fabs(x))
GRAD(abs_grad, x > 0 ? g : x < 0 ? -g : g * 0 * x)
UNARY(clamp, double(x) < at.p[0] ? at.p[0] : double(x) > at.p[1] ? at.p[1] : double(x))
GRAD(clamp_grad, double(x) >= at.p[0] && double(x) <= at.p[1] ? g : T(0))
UNARY(relu, x < 0 ? T(0) : x)
GRAD(relu_grad, x <= 0 ? T(0) : g)
UNARY(leaky_relu, x > 0 ? x : T(at.p[0] * double(x)))
GRAD(leaky_relu_grad, x > 0 ? g : T(at.p[0] * double(g)))
UNARY(sigmoid, sigmoid(x))
GRAD(sigmoid_grad, g *x *(1 - x))
UNARY(tanh, tanh(x))
GRAD(tanh_grad, g *(1 - x * x))
UNARY(silu, x *sigmoid(x))
GRAD(silu_grad, g *silu_slope(x))
UNARY(gelu, x *normcdf(x))
GRAD(gelu_grad, g *gelu_slope(x))
UNARY(hardswish, hardswish(x))
GRAD(hardswish_grad, x <= -3 ? T(0) : x < 3 ? g * (x / 3 + T(0.5)) : g)
UNARY(mish, x *tanh(softplus(x)))
GRAD(mish_grad, g *mish_slope(x))
UNARY(softplus, softplus(x))
GRAD(softplus_grad, g *sigmoid(x))
