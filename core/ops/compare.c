#include "core/ops/binary.h"

typedef struct compare_args {
    dt_compare_kind kind;
} compare_args;

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const compare_args *args = call->args;
    if ((unsigned)args->kind > DT_GE)
        return dt_op_fail(ctx, call, DT_ERR_ARG, "kind %d is unknown", (int)args->kind);
    DT_TRY(dt_infer_broadcast(ctx, call, out));
    out[0].dtype = DT_BOOL;
    return DT_OK;
}

static int holds(dt_compare_kind kind, double a, double b)
{
    switch (kind) {
    case DT_EQ:
        return a == b;
    case DT_NE:
        return a != b;
    case DT_LT:
        return a < b;
    case DT_LE:
        return a <= b;
    case DT_GT:
        return a > b;
    case DT_GE:
        return a >= b;
    }
    return 0;
}

DT_BINARY_REF(compare_ref, holds(((const compare_args *)call->args)->kind, a, b))

const dt_op dt_op_compare = {
    DT_OP_NAMED(compare),
    .n_in = {2, 2},
    .n_out = 1,
    .args_size = sizeof(compare_args),
    .flags = DT_OP_STRIDED | DT_OP_NO_GRAD,
    .infer = infer,
    .ref = {compare_ref, DT_M_ALL},
};

dt_tensor *dt_compare(dt_ctx *ctx, dt_tensor *a, dt_tensor *b, dt_compare_kind kind)
{
    dt_tensor *const in[] = {a, b};
    return dt_op_apply1(ctx, &dt_op_compare, in, 2, &(compare_args){kind});
}
