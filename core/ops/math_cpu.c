#include "core/ops/math_cpu.h"

#include <math.h>

#include "core/ops/elementwise_cpu.h"
#include "core/ops/unary.h"
#include "core/ops/vmath.h"

#define X float x = a_[i]

DT_ELEMENTWISE_CPU(dt_neg_cpu, X, -x)
DT_ELEMENTWISE_CPU(dt_affine_cpu, X, p *x + q)
DT_ELEMENTWISE_CPU(dt_exp_cpu, X, dt_vexp(x))
DT_ELEMENTWISE_CPU(dt_log_cpu, X, dt_vlog(x))
DT_ELEMENTWISE_CPU(dt_sqrt_cpu, X, sqrtf(x))
DT_ELEMENTWISE_CPU(dt_square_cpu, X, x *x)
static dt_status cube(dt_ctx *ctx, const dt_call *call);
static dt_status reciprocal(dt_ctx *ctx, const dt_call *call);
static dt_status power(dt_ctx *ctx, const dt_call *call);
DT_ELEMENTWISE_CPU(cube, X, x *x *x)
DT_ELEMENTWISE_CPU(reciprocal, X, 1.0f / x)
DT_ELEMENTWISE_CPU(power, X, (float)pow((double)x, (double)p))

/* The powers that models use have loops of their own; the rest takes the C library's pow. */
dt_status dt_pow_cpu(dt_ctx *ctx, const dt_call *call)
{
    double e = ((const dt_unary_args *)call->args)->p[0];
    if (e == 2) return dt_square_cpu(ctx, call);
    if (e == 3) return cube(ctx, call);
    if (e == -1) return reciprocal(ctx, call);
    return power(ctx, call);
}
