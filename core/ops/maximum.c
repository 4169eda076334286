/* maximum, minimum. NaN wins. */
#include <math.h>

#include "core/device.h"
#include "core/ops/binary.h"

/* The operand that `loses` gets nothing; equal operands get a half each; all else (NaN too) passes. */
static dt_tensor *share(dt_ctx *ctx, const dt_grad_call *g, dt_compare_kind loses)
{
    dt_device *before = dt_ctx_device(ctx);
    dt_ctx_set_device(ctx, g->gout[0]->device);
    dt_tensor *zero = dt_zeros(ctx, g->gout[0]->dtype, DT_SCALAR);
    dt_ctx_set_device(ctx, before);
    dt_tensor *tie = dt_compare(ctx, g->in[0], g->in[1], DT_EQ);
    dt_tensor *part = dt_where(ctx, tie, dt_affine(ctx, g->gout[0], 0.5, 0), g->gout[0]);
    return dt_where(ctx, dt_compare(ctx, g->in[0], g->in[1], loses), zero, part);
}

static dt_status maximum_backward(dt_ctx *ctx, const dt_grad_call *g)
{
    if (g->needs[0]) g->gin[0] = share(ctx, g, DT_LT);
    if (g->needs[1]) g->gin[1] = share(ctx, g, DT_GT);
    return DT_OK;
}

static dt_status minimum_backward(dt_ctx *ctx, const dt_grad_call *g)
{
    if (g->needs[0]) g->gin[0] = share(ctx, g, DT_GT);
    if (g->needs[1]) g->gin[1] = share(ctx, g, DT_LT);
    return DT_OK;
}

DT_BINARY_REF(maximum_ref, a > b || isnan(a) ? a : b)
DT_BINARY_REF(minimum_ref, a < b || isnan(a) ? a : b)

#define EXTREME_OP(op_name)                                                                                  \
    const dt_op dt_op_##op_name = {                                                                          \
        DT_OP_NAMED(op_name),                                                                                \
        .n_in = {2, 2},                                                                                      \
        .n_out = 1,                                                                                          \
        .save_in = DT_BIT(0) | DT_BIT(1),                                                                    \
        .flags = DT_OP_STRIDED | DT_OP_ELEMENTWISE,                                                          \
        .infer = dt_infer_broadcast,                                                                         \
        .backward = op_name##_backward,                                                                      \
        .ref = {op_name##_ref, DT_M_ALL},                                                                    \
    };                                                                                                       \
                                                                                                             \
    dt_tensor *dt_##op_name(dt_ctx *ctx, dt_tensor *a, dt_tensor *b)                                         \
    {                                                                                                        \
        dt_tensor *const in[] = {a, b};                                                                      \
        return dt_op_apply1(ctx, &dt_op_##op_name, in, 2, NULL);                                             \
    }

EXTREME_OP(maximum)
EXTREME_OP(minimum)
