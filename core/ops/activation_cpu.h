/** Fast float32 kernels of core/ops/activation.c. */
#ifndef DT_CORE_OPS_ACTIVATION_CPU_H
#define DT_CORE_OPS_ACTIVATION_CPU_H

#include "core/op.h"

dt_status dt_abs_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_abs_grad_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_clamp_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_clamp_grad_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_relu_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_relu_grad_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_leaky_relu_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_leaky_relu_grad_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_sigmoid_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_sigmoid_grad_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_tanh_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_tanh_grad_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_silu_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_silu_grad_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_gelu_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_gelu_grad_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_hardswish_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_hardswish_grad_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_mish_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_mish_grad_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_softplus_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_softplus_grad_cpu(dt_ctx *ctx, const dt_call *call);

#endif
