/** What the elementwise ops of one operand share: parameters, the reference kernel, the description. */
#ifndef DT_CORE_OPS_UNARY_H
#define DT_CORE_OPS_UNARY_H

#include "core/ops.h"

/** Parameters of an elementwise op (slope, bounds, ...), in the op's own order. */
typedef struct dt_unary_args {
    double p[2];
} dt_unary_args;

/** Reference kernel: out = expr(x, p), in double precision. */
#define DT_UNARY_REF(name, expr)                                                                             \
    static dt_status name(dt_ctx *ctx, const dt_call *call)                                                  \
    {                                                                                                        \
        (void)ctx;                                                                                           \
        const double *p = call->args ? ((const dt_unary_args *)call->args)->p : NULL;                        \
        int64_t n = dt_numel(call->out[0]);                                                                  \
        (void)p;                                                                                             \
        for (int64_t i = 0; i < n; i++) {                                                                    \
            double x = dt_get(call->in[0], i);                                                               \
            dt_set(call->out[0], i, expr);                                                                   \
        }                                                                                                    \
        return DT_OK;                                                                                        \
    }

/** Reference kernel of a gradient: out = expr(g, x, p), where x is the operand or the result of the op, as
 * saved. */
#define DT_UNARY_GRAD_REF(name, expr)                                                                        \
    static dt_status name(dt_ctx *ctx, const dt_call *call)                                                  \
    {                                                                                                        \
        (void)ctx;                                                                                           \
        const double *p = call->args ? ((const dt_unary_args *)call->args)->p : NULL;                        \
        int64_t n = dt_numel(call->out[0]);                                                                  \
        (void)p;                                                                                             \
        for (int64_t i = 0; i < n; i++) {                                                                    \
            double g = dt_get(call->in[0], i), x = dt_get(call->in[1], i);                                   \
            dt_set(call->out[0], i, expr);                                                                   \
        }                                                                                                    \
        return DT_OK;                                                                                        \
    }

#endif
