/* add, sub, mul, div: operands broadcast. The engine sums a gradient of the broadcast shape back to the
 * operand's. */
#include "core/ops/arithmetic_cpu.h"
#include "core/ops/binary.h"

static dt_status add_backward(dt_ctx *ctx, const dt_grad_call *g)
{
    (void)ctx;
    g->gin[0] = g->gout[0];
    g->gin[1] = g->gout[0];
    return DT_OK;
}

static dt_status sub_backward(dt_ctx *ctx, const dt_grad_call *g)
{
    g->gin[0] = g->gout[0];
    if (g->needs[1]) g->gin[1] = dt_neg(ctx, g->gout[0]);
    return DT_OK;
}

static dt_status mul_backward(dt_ctx *ctx, const dt_grad_call *g)
{
    if (g->needs[0]) g->gin[0] = dt_mul(ctx, g->gout[0], g->in[1]);
    if (g->needs[1]) g->gin[1] = dt_mul(ctx, g->gout[0], g->in[0]);
    return DT_OK;
}

/* y = a / b: da = g / b, db = -g y / b. */
static dt_status div_backward(dt_ctx *ctx, const dt_grad_call *g)
{
    dt_tensor *da = dt_div(ctx, g->gout[0], g->in[1]);
    g->gin[0] = da;
    if (g->needs[1]) g->gin[1] = dt_neg(ctx, dt_mul(ctx, da, g->out[0]));
    return DT_OK;
}

DT_BINARY_REF(add_ref, a + b)
DT_BINARY_REF(sub_ref, a - b)
DT_BINARY_REF(mul_ref, a *b)
DT_BINARY_REF(div_ref, a / b)

#define ARITHMETIC_OP(op_name, saves_in, saves_out)                                                          \
    const dt_op dt_op_##op_name = {                                                                          \
        DT_OP_NAMED(op_name),                                                                                \
        .n_in = {2, 2},                                                                                      \
        .n_out = 1,                                                                                          \
        .save_in = saves_in,                                                                                 \
        .save_out = saves_out,                                                                               \
        .flags = DT_OP_STRIDED | DT_OP_ELEMENTWISE,                                                          \
        .infer = dt_infer_broadcast,                                                                         \
        .backward = op_name##_backward,                                                                      \
        .ref = {op_name##_ref, DT_M_ALL},                                                                    \
        .cpu = {dt_##op_name##_cpu, DT_M_F32},                                                               \
    };                                                                                                       \
                                                                                                             \
    dt_tensor *dt_##op_name(dt_ctx *ctx, dt_tensor *a, dt_tensor *b)                                         \
    {                                                                                                        \
        dt_tensor *const in[] = {a, b};                                                                      \
        return dt_op_apply1(ctx, &dt_op_##op_name, in, 2, NULL);                                             \
    }

ARITHMETIC_OP(add, 0, 0)
ARITHMETIC_OP(sub, 0, 0)
ARITHMETIC_OP(mul, DT_BIT(0) | DT_BIT(1), 0)
ARITHMETIC_OP(div, DT_BIT(1), DT_BIT(0))
