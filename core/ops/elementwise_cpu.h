/** Runs a float32 loop over contiguous elements in fixed chunks on the context's pool. */
#ifndef DT_CORE_OPS_ELEMENTWISE_CPU_H
#define DT_CORE_OPS_ELEMENTWISE_CPU_H

#include "core/cpu.h"
#include "core/op.h"

/** y[0..n) from up to three operands of the same length (unused ones NULL); p, q: parameters. y may be an
 * operand. */
typedef void (*dt_elementwise_fn)(const float *a, const float *b, const float *c, float *y, int64_t n,
                                  float p, float q);

dt_status dt_elementwise_run(dt_ctx *ctx, const dt_call *call, dt_elementwise_fn fn, double p, double q);

/** A kernel `name` of y[i] = expr, which may read a_[i], b_[i], c_[i] as a, b, c, and p, q. The parameters
 *  are the op's dt_unary_args, if it has some. "ivdep": y is an operand exactly or not at all. */
#define DT_ELEMENTWISE_CPU(name, operands, expr)                                                             \
    DT_CLONES static void name##_loop(const float *a_, const float *b_, const float *c_, float *y,           \
                                      int64_t n, float p, float q)                                           \
    {                                                                                                        \
        (void)b_;                                                                                            \
        (void)c_;                                                                                            \
        (void)p;                                                                                             \
        (void)q;                                                                                             \
        _Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++)                                                 \
        {                                                                                                    \
            operands;                                                                                        \
            y[i] = expr;                                                                                     \
        }                                                                                                    \
    }                                                                                                        \
    dt_status name(dt_ctx *ctx, const dt_call *call)                                                         \
    {                                                                                                        \
        const double *args = call->op->args_size ? ((const dt_unary_args *)call->args)->p : NULL;            \
        return dt_elementwise_run(ctx, call, name##_loop, args ? args[0] : 0, args ? args[1] : 0);           \
    }

#endif
