#include "core/ops/activation_cpu.h"

#include <math.h>

#include "core/ops/elementwise_cpu.h"
#include "core/ops/unary.h"
#include "core/ops/vmath.h"

/* tanh(log(1 + e^x)) = n / (n + 2) with n = e^x (e^x + 2); beyond 20 it is 1. */
DT_INLINE float mish_gate(float x)
{
    float e = dt_vexp(x > 20.0f ? 20.0f : x);
    float n = e * (e + 2.0f);
    return n / (n + 2.0f);
}

DT_INLINE float mish_slope(float x)
{
    float e = dt_vexp(x > 20.0f ? 20.0f : x);
    float n = e * (e + 2.0f), d = n + 2.0f;
    float slope = n / d + x * (e / (1.0f + e)) * (4.0f * (n + 1.0f) / (d * d));
    return x > 20.0f ? 1.0f : slope;
}

DT_INLINE float silu_slope(float x)
{
    float s = dt_vsigmoid(x);
    return s * (1.0f + x * (1.0f - s));
}

DT_INLINE float gelu(float x)
{
    return x * dt_vnormal_cdf(x, dt_vexp(-0.5f * x * x));
}

DT_INLINE float gelu_slope(float x)
{
    float e = dt_vexp(-0.5f * x * x), tail = x * (0.39894228f * e);
    return dt_vnormal_cdf(x, e) + (e > 0.0f ? tail : 0.0f);
}

DT_INLINE float clamp(float x, float lo, float hi)
{
    x = x < lo ? lo : x;
    return x > hi ? hi : x;
}

#define X  float x = a_[i]
#define GX float g = a_[i], x = b_[i]

DT_ELEMENTWISE_CPU(dt_abs_cpu, X, fabsf(x))
DT_ELEMENTWISE_CPU(dt_abs_grad_cpu, GX, x > 0.0f ? g : x < 0.0f ? -g : g * 0.0f * x)
DT_ELEMENTWISE_CPU(dt_clamp_cpu, X, clamp(x, p, q))
DT_ELEMENTWISE_CPU(dt_clamp_grad_cpu, GX, ((x > p) & (x < q)) ? g : 0.0f)
DT_ELEMENTWISE_CPU(dt_relu_cpu, X, x < 0.0f ? 0.0f : x)
DT_ELEMENTWISE_CPU(dt_relu_grad_cpu, GX, x <= 0.0f ? 0.0f : g)
DT_ELEMENTWISE_CPU(dt_leaky_relu_cpu, X, x > 0.0f ? x : p * x)
DT_ELEMENTWISE_CPU(dt_leaky_relu_grad_cpu, GX, x > 0.0f ? g : p * g)
DT_ELEMENTWISE_CPU(dt_sigmoid_cpu, X, dt_vsigmoid(x))
DT_ELEMENTWISE_CPU(dt_sigmoid_grad_cpu, GX, g *x *(1.0f - x))
DT_ELEMENTWISE_CPU(dt_tanh_cpu, X, dt_vtanh(x))
DT_ELEMENTWISE_CPU(dt_tanh_grad_cpu, GX, g *(1.0f - x * x))
DT_ELEMENTWISE_CPU(dt_silu_cpu, X, x *dt_vsigmoid(x))
DT_ELEMENTWISE_CPU(dt_silu_grad_cpu, GX, g *silu_slope(x))
DT_ELEMENTWISE_CPU(dt_gelu_cpu, X, gelu(x))
DT_ELEMENTWISE_CPU(dt_gelu_grad_cpu, GX, g *gelu_slope(x))
DT_ELEMENTWISE_CPU(dt_hardswish_cpu, X, x *(clamp(x + 3.0f, 0.0f, 6.0f) * (1.0f / 6.0f)))
DT_ELEMENTWISE_CPU(dt_hardswish_grad_cpu, GX,
                   x <= -3.0f ? 0.0f
                   : x < 3.0f ? g * (x * (1.0f / 3.0f) + 0.5f)
                              : g)
DT_ELEMENTWISE_CPU(dt_mish_cpu, X, x *mish_gate(x))
DT_ELEMENTWISE_CPU(dt_mish_grad_cpu, GX, g *mish_slope(x))
DT_ELEMENTWISE_CPU(dt_softplus_cpu, X, dt_vsoftplus(x))
DT_ELEMENTWISE_CPU(dt_softplus_grad_cpu, GX, g *dt_vsigmoid(x))
