/** Fast float32 kernel of core/ops/sum.c. */
#ifndef DT_CORE_OPS_SUM_CPU_H
#define DT_CORE_OPS_SUM_CPU_H

#include "core/op.h"

/** Arguments of sum. */
typedef struct dt_sum_args {
    uint32_t axes; /* normalised: never 0 unless the rank is 0 */
    int keepdim;
} dt_sum_args;

dt_status dt_sum_cpu(dt_ctx *ctx, const dt_call *call);

#endif
