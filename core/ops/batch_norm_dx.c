#include "core/ops/nn.h"

/* (dy, x, mean, invstd, weight or NULL) -> dx, dweight (C), dbias (C). With batch statistics (training) mean
 * and invstd depend on x:  dx = w invstd (dy - mean(dy) - xhat mean(dy xhat)),  xhat = (x - mean) invstd. */
static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_tensor *dy = call->in[0], *x = call->in[1];
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    DT_TRY(dt_infer_float(ctx, call, out));
    if (x->dtype != dy->dtype || !dt_shape_equal(&dy->shape, &x->shape) || x->shape.rank < 2)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "dy is %s, x %s", dt_shape_text(&dy->shape, a),
                          dt_shape_text(&x->shape, b));
    for (int i = 2; i < call->n_in; i++)
        if (call->in[i] && (dt_numel(call->in[i]) != x->shape.dim[1] || call->in[i]->dtype != x->dtype))
            return dt_op_fail(ctx, call, DT_ERR_SHAPE, "operand %d is %s, x has %lld channels", i,
                              dt_shape_text(&call->in[i]->shape, a), (long long)x->shape.dim[1]);
    out[1].dtype = out[2].dtype = x->dtype;
    out[1].shape = out[2].shape = DT_SHAPE(x->shape.dim[1]);
    return DT_OK;
}

static dt_status batch_norm_dx_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_batch_norm_args *args = call->args;
    const dt_tensor *dy = call->in[0], *x = call->in[1], *weight = call->n_in > 4 ? call->in[4] : NULL;
    int64_t n = x->shape.dim[0], c = x->shape.dim[1], total = dt_numel(x);
    int64_t inner = total > 0 ? total / (n * c) : 0, count = n * inner;
    for (int64_t ch = 0; ch < c; ch++) {
        double mean = dt_get(call->in[2], ch), invstd = dt_get(call->in[3], ch),
               w = weight ? dt_get(weight, ch) : 1;
        double sum = 0, dot = 0;
        for (int64_t i = 0; i < count; i++) {
            int64_t at = (i / inner * c + ch) * inner + i % inner;
            sum += dt_get(dy, at);
            dot += dt_get(dy, at) * (dt_get(x, at) - mean) * invstd;
        }
        dt_set(call->out[1], ch, dot);
        dt_set(call->out[2], ch, sum);
        double m0 = args->training && count > 0 ? sum / (double)count : 0;
        double m1 = args->training && count > 0 ? dot / (double)count : 0;
        for (int64_t i = 0; i < count; i++) {
            int64_t at = (i / inner * c + ch) * inner + i % inner;
            dt_set(call->out[0], at,
                   w * invstd * (dt_get(dy, at) - m0 - (dt_get(x, at) - mean) * invstd * m1));
        }
    }
    return DT_OK;
}

const dt_op dt_op_batch_norm_dx = {
    DT_OP_NAMED(batch_norm_dx),
    .n_in = {4, 5},
    .n_out = 3,
    .args_size = sizeof(dt_batch_norm_args),
    .flags = DT_OP_NO_GRAD,
    .infer = infer,
    .ref = {batch_norm_dx_ref, DT_M_FLOAT},
    .cpu = {dt_batch_norm_dx_cpu, DT_M_F32},
};
