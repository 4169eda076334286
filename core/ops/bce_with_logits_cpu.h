/** Fast float32 kernels of core/ops/bce_with_logits.c. */
#ifndef DT_CORE_OPS_BCE_WITH_LOGITS_CPU_H
#define DT_CORE_OPS_BCE_WITH_LOGITS_CPU_H

#include "core/op.h"

dt_status dt_bce_with_logits_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_bce_with_logits_grad_cpu(dt_ctx *ctx, const dt_call *call);

#endif
