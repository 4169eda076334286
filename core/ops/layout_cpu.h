/** Fast kernels of copy and concat. */
#ifndef DT_CORE_OPS_LAYOUT_CPU_H
#define DT_CORE_OPS_LAYOUT_CPU_H

#include "core/op.h"

dt_status dt_copy_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_concat_cpu(dt_ctx *ctx, const dt_call *call);

/** Arguments of concat. */
typedef struct dt_concat_args {
    int axis;
} dt_concat_args;

#endif
