/** Fast float32 kernels of the two- and three-operand elementwise ops. */
#ifndef DT_CORE_OPS_ARITHMETIC_CPU_H
#define DT_CORE_OPS_ARITHMETIC_CPU_H

#include "core/op.h"

dt_status dt_add_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_sub_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_mul_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_div_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_maximum_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_minimum_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_compare_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_where_cpu(dt_ctx *ctx, const dt_call *call);

/** Arguments of compare. */
typedef struct dt_compare_args {
    int kind; /* dt_compare_kind */
} dt_compare_args;

#endif
