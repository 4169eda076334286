#include <math.h>

#include "core/ops/nn.h"

/* (x, weight, bias, running_mean, running_var) -> y, mean (C), invstd (C): the statistics that were used. */
static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    static const char *const names[] = {"x", "weight", "bias", "running_mean", "running_var"};
    const dt_batch_norm_args *args = call->args;
    const dt_tensor *x = call->in[0];
    char text[DT_SHAPE_TEXT];
    DT_TRY(dt_infer_float(ctx, call, out));
    if (x->shape.rank < 2)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "x is %s, not (N,C,...)", dt_shape_text(&x->shape, text));
    int64_t c = x->shape.dim[1];
    for (int i = 1; i < 5; i++) {
        const dt_tensor *t = call->in[i];
        if (t && (t->shape.rank != 1 || t->shape.dim[0] != c || t->dtype != x->dtype || !dt_is_contiguous(t)))
            return dt_op_fail(ctx, call, DT_ERR_SHAPE, "%s is %s %s, x has %lld channels of %s", names[i],
                              dt_dtype_name(t->dtype), dt_shape_text(&t->shape, text), (long long)c,
                              dt_dtype_name(x->dtype));
    }
    if (!args->training && (!call->in[3] || !call->in[4]))
        return dt_op_fail(ctx, call, DT_ERR_ARG, "running statistics are needed outside training");
    if (args->training && c > 0 && dt_numel(x) == c)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "more than one value a channel is needed in training, x is %s",
                          dt_shape_text(&x->shape, text));
    out[1].dtype = out[2].dtype = x->dtype;
    out[1].shape = out[2].shape = DT_SHAPE(c);
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    dt_tensor *const in[] = {g->gout[0], g->in[0], g->out[1], g->out[2], g->in[1]};
    dt_tensor *out[3];
    DT_TRY(dt_op_apply(ctx, &dt_op_batch_norm_dx, in, 5, g->args, out));
    for (int i = 0; i < 3; i++)
        if (g->needs[i]) g->gin[i] = out[i];
    return DT_OK;
}

static dt_status batch_norm_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_batch_norm_args *args = call->args;
    const dt_tensor *x = call->in[0], *weight = call->in[1], *bias = call->in[2];
    const dt_tensor *running_mean = call->in[3], *running_var = call->in[4];
    int64_t n = x->shape.dim[0], c = x->shape.dim[1], total = dt_numel(x);
    int64_t inner = total > 0 ? total / (n * c) : 0, count = n * inner;
    for (int64_t ch = 0; ch < c; ch++) {
        double mean = 0, var = 0;
        if (!args->training) {
            mean = dt_get(running_mean, ch);
            var = dt_get(running_var, ch);
        } else if (count > 0) {
            for (int64_t i = 0; i < count; i++)
                mean += dt_get(x, (i / inner * c + ch) * inner + i % inner);
            mean /= (double)count;
            for (int64_t i = 0; i < count; i++) {
                double d = dt_get(x, (i / inner * c + ch) * inner + i % inner) - mean;
                var += d * d;
            }
            if (running_mean)
                dt_set(running_mean, ch, (1 - args->momentum) * dt_get(running_mean, ch) + args->momentum * mean);
            if (running_var)
                dt_set(running_var, ch,
                       (1 - args->momentum) * dt_get(running_var, ch) + args->momentum * var / (double)(count - 1));
            var /= (double)count;
        }
        double invstd = 1 / sqrt(var + args->eps), w = weight ? dt_get(weight, ch) : 1, b = bias ? dt_get(bias, ch) : 0;
        dt_set(call->out[1], ch, mean);
        dt_set(call->out[2], ch, invstd);
        for (int64_t i = 0; i < count; i++) {
            int64_t at = (i / inner * c + ch) * inner + i % inner;
            dt_set(call->out[0], at, (dt_get(x, at) - mean) * invstd * w + b);
        }
    }
    return DT_OK;
}

const dt_op dt_op_batch_norm = {
    DT_OP_NAMED(batch_norm),
    .n_in = {1, 5},
    .n_out = 3,
    .args_size = sizeof(dt_batch_norm_args),
    .save_in = DT_BIT(0) | DT_BIT(1),
    .save_out = DT_BIT(1) | DT_BIT(2),
    .infer = infer,
    .backward = backward,
    .ref = {batch_norm_ref, DT_M_FLOAT},
    .cpu = {dt_batch_norm_cpu, DT_M_F32},
};

dt_tensor *dt_batch_norm(dt_ctx *ctx, dt_tensor *x, dt_tensor *weight, dt_tensor *bias, dt_tensor *running_mean,
                         dt_tensor *running_var, int training, double momentum, double eps)
{
    dt_tensor *const in[] = {x, weight, bias, running_mean, running_var};
    dt_tensor *y = dt_op_apply1(ctx, &dt_op_batch_norm, in, 5, &(dt_batch_norm_args){training, momentum, eps});
    if (y && training) {
        if (running_mean) running_mean->storage->version++;
        if (running_var) running_var->storage->version++;
    }
    return y;
}
