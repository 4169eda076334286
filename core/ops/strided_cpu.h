/** Elementwise kernels over operands of any strides that broadcast to the result. */
#ifndef DT_CORE_OPS_STRIDED_CPU_H
#define DT_CORE_OPS_STRIDED_CPU_H

#include "core/cpu.h"
#include "core/op.h"

enum { DT_STRIDED_MAX_IN = 3 };

/** n results, dense; operand k is read at in[k] + i * stride[k] (in elements). stride is 0 for one value that
 *  stays, 1 for a dense operand, or any other number. */
typedef void (*dt_strided_fn)(const void *const *in, const int64_t *stride, void *out, int64_t n,
                              const void *args);

/** Merges axes that lie together in all operands, then runs fn on rows of the innermost axis in fixed pieces. */
dt_status dt_strided_run(dt_ctx *ctx, const dt_call *call, dt_strided_fn fn);

#endif
