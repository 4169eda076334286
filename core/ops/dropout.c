#include "core/ops/nn.h"
#include "core/rng.h"

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_dropout_args *args = call->args;
    if (!(args->p >= 0 && args->p <= 1))
        return dt_op_fail(ctx, call, DT_ERR_ARG, "probability %g is not in [0, 1]", args->p);
    return dt_infer_float(ctx, call, out);
}

/* The same mask again: the draw number is in the arguments. */
static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    g->gin[0] = dt_op_apply1(ctx, &dt_op_dropout, &g->gout[0], 1, g->args);
    return dt_ctx_status(ctx);
}

/* Element i takes word i % 4 of block i / 4 of the stream; it stays when the word, as a number in [0, 1), is
 * >= p. */
static dt_status dropout_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_dropout_args *args = call->args;
    const dt_tensor *x = call->in[0], *y = call->out[0];
    dt_rng rng = dt_rng_make(args->seed, DT_RNG_DROPOUT, args->step, args->draw);
    double scale = args->p < 1 ? 1 / (1 - args->p) : 0;
    int64_t n = dt_numel(x);
    for (int64_t i = 0; i < n; i++)
        dt_set(y, i, (double)dt_rng_u32(&rng) * 0x1p-32 >= args->p ? dt_get(x, i) * scale : 0);
    return DT_OK;
}

const dt_op dt_op_dropout = {
    DT_OP_NAMED(dropout),
    .n_in = {1, 1},
    .n_out = 1,
    .args_size = sizeof(dt_dropout_args),
    .flags = DT_OP_ELEMENTWISE,
    .infer = infer,
    .backward = backward,
    .ref = {dropout_ref, DT_M_FLOAT},
    .cpu = {dt_dropout_cpu, DT_M_F32},
};

dt_tensor *dt_dropout(dt_ctx *ctx, dt_tensor *x, double p, int training)
{
    if (!training || !x) return x;
    dt_dropout_args args = {p, dt_ctx_seed(ctx), dt_ctx_step(ctx), dt_ctx_next_draw(ctx)};
    return dt_op_apply1(ctx, &dt_op_dropout, &x, 1, &args);
}
