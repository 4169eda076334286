#include "core/ops/arithmetic_cpu.h"

#include "core/ops.h"
#include "core/ops/strided_cpu.h"

/* One loop for each way the operands lie: both dense, one of them a single value, anything. */
#define LOOPS(name, type, expr)                                                                              \
    DT_CLONES static void name##_loop(const void *const *in, const int64_t *stride, void *out, int64_t n,    \
                                      const void *args)                                                      \
    {                                                                                                        \
        const float *x = in[0], *y = in[1];                                                                  \
        type *r = out;                                                                                       \
        int64_t sx = stride[0], sy = stride[1];                                                              \
        (void)args;                                                                                          \
        if (sx == 1 && sy == 1) {                                                                            \
            _Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++)                                             \
            {                                                                                                \
                float a = x[i], b = y[i];                                                                    \
                r[i] = expr;                                                                                 \
            }                                                                                                \
        } else if (sx == 1 && sy == 0) {                                                                     \
            float b = y[0];                                                                                  \
            _Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++)                                             \
            {                                                                                                \
                float a = x[i];                                                                              \
                r[i] = expr;                                                                                 \
            }                                                                                                \
        } else if (sx == 0 && sy == 1) {                                                                     \
            float a = x[0];                                                                                  \
            _Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++)                                             \
            {                                                                                                \
                float b = y[i];                                                                              \
                r[i] = expr;                                                                                 \
            }                                                                                                \
        } else {                                                                                             \
            for (int64_t i = 0; i < n; i++) {                                                                \
                float a = x[i * sx], b = y[i * sy];                                                          \
                r[i] = expr;                                                                                 \
            }                                                                                                \
        }                                                                                                    \
    }

#define KERNEL(name, expr)                                                                                   \
    LOOPS(name, float, expr)                                                                                 \
    dt_status dt_##name##_cpu(dt_ctx *ctx, const dt_call *call)                                              \
    {                                                                                                        \
        return dt_strided_run(ctx, call, name##_loop);                                                       \
    }

KERNEL(add, a + b)
KERNEL(sub, a - b)
KERNEL(mul, a *b)
KERNEL(div, a / b)
KERNEL(maximum, ((a > b) | (a != a)) ? a : b)
KERNEL(minimum, ((a < b) | (a != a)) ? a : b)

LOOPS(eq, uint8_t, a == b)
LOOPS(ne, uint8_t, a != b)
LOOPS(lt, uint8_t, a < b)
LOOPS(le, uint8_t, a <= b)
LOOPS(gt, uint8_t, a > b)
LOOPS(ge, uint8_t, a >= b)

dt_status dt_compare_cpu(dt_ctx *ctx, const dt_call *call)
{
    static const dt_strided_fn loops[] = {
        [DT_EQ] = eq_loop, [DT_NE] = ne_loop, [DT_LT] = lt_loop,
        [DT_LE] = le_loop, [DT_GT] = gt_loop, [DT_GE] = ge_loop,
    };
    return dt_strided_run(ctx, call, loops[((const dt_compare_args *)call->args)->kind]);
}

DT_CLONES static void where_loop(const void *const *in, const int64_t *stride, void *out, int64_t n,
                                 const void *args)
{
    const uint8_t *c = in[0];
    const float *x = in[1], *y = in[2];
    float *r = out;
    int64_t sc = stride[0], sx = stride[1], sy = stride[2];
    (void)args;
    if (sc == 1 && sx == 1 && sy == 1) {
        for (int64_t i = 0; i < n; i++)
            r[i] = c[i] ? x[i] : y[i];
        return;
    }
    for (int64_t i = 0; i < n; i++)
        r[i] = c[i * sc] ? x[i * sx] : y[i * sy];
}

dt_status dt_where_cpu(dt_ctx *ctx, const dt_call *call)
{
    return dt_strided_run(ctx, call, where_loop);
}
