/** Fast float32 kernels of core/ops/extremum.c. */
#ifndef DT_CORE_OPS_EXTREMUM_CPU_H
#define DT_CORE_OPS_EXTREMUM_CPU_H

#include "core/op.h"

/** Arguments of max and min. */
typedef struct dt_extremum_args {
    int axis, keepdim;
} dt_extremum_args;

dt_status dt_max_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_min_cpu(dt_ctx *ctx, const dt_call *call);

#endif
