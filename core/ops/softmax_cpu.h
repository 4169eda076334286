/** Fast float32 kernels of core/ops/softmax.c. */
#ifndef DT_CORE_OPS_SOFTMAX_CPU_H
#define DT_CORE_OPS_SOFTMAX_CPU_H

#include "core/op.h"

/** Arguments of softmax, log_softmax and their gradients. */
typedef struct dt_softmax_args {
    int axis;
} dt_softmax_args;

dt_status dt_softmax_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_softmax_grad_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_log_softmax_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_log_softmax_grad_cpu(dt_ctx *ctx, const dt_call *call);

#endif
