#include "core/ops/bce_with_logits_cpu.h"

#include "core/ops/elementwise_cpu.h"
#include "core/ops/unary.h"
#include "core/ops/vmath.h"

static inline float bce(float x, float target)
{
    return (x < 0.0f ? 0.0f : x) - x * target + dt_vlog1p(dt_vexp(-fabsf(x)));
}

#define XT  float x = a_[i], t = b_[i]
#define GXT float g = a_[i], x = b_[i], t = c_[i]

DT_ELEMENTWISE_CPU(dt_bce_with_logits_cpu, XT, bce(x, t))
DT_ELEMENTWISE_CPU(dt_bce_with_logits_grad_cpu, GXT, g *(dt_vsigmoid(x) - t))
