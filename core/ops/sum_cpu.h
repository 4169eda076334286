/** Fast float32 kernel of core/ops/sum.c. */
#ifndef DT_CORE_OPS_SUM_CPU_H
#define DT_CORE_OPS_SUM_CPU_H

#include "core/op.h"

dt_status dt_sum_cpu(dt_ctx *ctx, const dt_call *call);

#endif
