/** Fast float32 kernels of core/ops/math.c. */
#ifndef DT_CORE_OPS_MATH_CPU_H
#define DT_CORE_OPS_MATH_CPU_H

#include "core/op.h"

dt_status dt_neg_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_affine_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_pow_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_exp_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_log_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_sqrt_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_square_cpu(dt_ctx *ctx, const dt_call *call);

#endif
