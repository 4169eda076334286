#include <math.h>

#include "core/ops.h"

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    for (int i = 1; i < call->n_in; i++)
        if (call->in[i]->dtype != call->in[0]->dtype ||
            !dt_shape_equal(&call->in[i]->shape, &call->in[0]->shape))
            return dt_op_fail(ctx, call, DT_ERR_SHAPE, "operand %d is %s %s, operand 0 is %s %s", i,
                              dt_dtype_name(call->in[i]->dtype), dt_shape_text(&call->in[i]->shape, a),
                              dt_dtype_name(call->in[0]->dtype), dt_shape_text(&call->in[0]->shape, b));
    return dt_infer_float(ctx, call, out);
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    if (g->needs[1])
        return dt_ctx_fail(ctx, DT_ERR_UNSUPPORTED,
                           "bce_with_logits: there is no gradient for the target; detach it");
    dt_tensor *const in[] = {g->gout[0], g->in[0], g->in[1]};
    g->gin[0] = dt_op_apply1(ctx, &dt_op_bce_with_logits_grad, in, 3, NULL);
    return dt_ctx_status(ctx);
}

static dt_status bce_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    int64_t n = dt_numel(call->out[0]);
    for (int64_t i = 0; i < n; i++) {
        double x = dt_get(call->in[0], i), t = dt_get(call->in[1], i);
        dt_set(call->out[0], i, (x < 0 ? 0 : x) - x * t + log1p(exp(-fabs(x))));
    }
    return DT_OK;
}

/* (g, x, target): g (sigmoid(x) - target). */
static dt_status bce_grad_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    int64_t n = dt_numel(call->out[0]);
    for (int64_t i = 0; i < n; i++) {
        double x = dt_get(call->in[1], i), e = exp(-fabs(x)), s = (x < 0 ? e : 1) / (1 + e);
        dt_set(call->out[0], i, dt_get(call->in[0], i) * (s - dt_get(call->in[2], i)));
    }
    return DT_OK;
}

const dt_op dt_op_bce_with_logits = {
    DT_OP_NAMED(bce_with_logits), .n_in = {2, 2}, .n_out = 1,           .save_in = DT_BIT(0) | DT_BIT(1),
    .flags = DT_OP_ELEMENTWISE,   .infer = infer, .backward = backward, .ref = {bce_ref, DT_M_FLOAT},
};

const dt_op dt_op_bce_with_logits_grad = {
    DT_OP_NAMED(bce_with_logits_grad),          .n_in = {3, 3}, .n_out = 1,
    .flags = DT_OP_ELEMENTWISE | DT_OP_NO_GRAD, .infer = infer, .ref = {bce_grad_ref, DT_M_FLOAT},
};

dt_tensor *dt_bce_with_logits(dt_ctx *ctx, dt_tensor *x, dt_tensor *target)
{
    dt_tensor *const in[] = {x, target};
    return dt_op_apply1(ctx, &dt_op_bce_with_logits, in, 2, NULL);
}
