#include "core/ops/binary.h"

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    (void)ctx;
    g->gin[0] = g->gout[0];
    g->gin[1] = g->gout[0];
    return DT_OK;
}

DT_BINARY_REF(add_ref, a + b)

const dt_op dt_op_add = {
    DT_OP_NAMED(add),
    .n_in = {2, 2},
    .n_out = 1,
    .flags = DT_OP_STRIDED | DT_OP_ELEMENTWISE,
    .infer = dt_infer_broadcast,
    .backward = backward,
    .ref = {add_ref, DT_M_ALL},
};

dt_tensor *dt_add(dt_ctx *ctx, dt_tensor *a, dt_tensor *b)
{
    dt_tensor *const in[] = {a, b};
    return dt_op_apply1(ctx, &dt_op_add, in, 2, NULL);
}
