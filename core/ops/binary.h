/** What the two-operand elementwise ops share: operands of any strides that broadcast to the result. */
#ifndef DT_CORE_OPS_BINARY_H
#define DT_CORE_OPS_BINARY_H

#include "core/ops.h"

/** Strides with which operand x is read to give the elements of the result's shape (0 where it broadcasts). */
static inline void dt_broadcast_strides(const dt_tensor *x, const dt_shape *shape, int64_t *stride)
{
    int lead = shape->rank - x->shape.rank;
    for (int i = 0; i < shape->rank; i++)
        stride[i] = i < lead || x->shape.dim[i - lead] != shape->dim[i] ? 0 : x->stride[i - lead];
}

/** Reference kernel: out = expr(a, b), in double precision. */
#define DT_BINARY_REF(name, expr)                                                                            \
    static dt_status name(dt_ctx *ctx, const dt_call *call)                                                  \
    {                                                                                                        \
        (void)ctx;                                                                                           \
        const dt_tensor *out = call->out[0];                                                                 \
        int64_t sa[DT_MAX_RANK], sb[DT_MAX_RANK], n = dt_numel(out);                                         \
        dt_broadcast_strides(call->in[0], &out->shape, sa);                                                  \
        dt_broadcast_strides(call->in[1], &out->shape, sb);                                                  \
        for (int64_t i = 0; i < n; i++) {                                                                    \
            double a = dt_get(call->in[0], dt_strided_index(&out->shape, sa, i));                            \
            double b = dt_get(call->in[1], dt_strided_index(&out->shape, sb, i));                            \
            dt_set(out, i, expr);                                                                            \
        }                                                                                                    \
        return DT_OK;                                                                                        \
    }

#endif
