#include <math.h>

#include "core/ops/gemm.h"
#include "core/ops/nn.h"

/* Both passes of a channel run in one task, so that its planes are still in the cache for the second. */
typedef struct job {
    const dt_simd *simd;
    const dt_batch_norm_args *args;
    int64_t n, c, inner;
    const float *x, *dy, *weight, *bias;
    float *running_mean, *running_var;
    float *y, *mean, *invstd;    /* forward results */
    float *dx, *dweight, *dbias; /* backward results */
} job;

static const float *optional(const dt_tensor *t)
{
    return t ? dt_f32(t) : NULL;
}

static void channel_moments(const job *j, int64_t ch, double *mean, double *m2)
{
    double count = 0, m = 0, q = 0;
    for (int64_t n = 0; n < j->n; n++) {
        double bm, bq;
        j->simd->moments(j->x + (n * j->c + ch) * j->inner, j->inner, &bm, &bq);
        double add = (double)j->inner, joined = count + add, d = bm - m;
        q += bq + d * d * count * add / joined;
        m += d * add / joined;
        count = joined;
    }
    *mean = m;
    *m2 = q;
}

static void forward(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    double count = (double)(j->n * j->inner), momentum = j->args->momentum;
    for (int64_t ch = begin; ch < end; ch++) {
        double mean = 0, var = 0;
        if (!j->args->training) {
            mean = (double)j->running_mean[ch];
            var = (double)j->running_var[ch];
        } else if (count > 0) {
            channel_moments(j, ch, &mean, &var);
            if (j->running_mean)
                j->running_mean[ch] = (float)((1 - momentum) * (double)j->running_mean[ch] + momentum * mean);
            if (j->running_var)
                j->running_var[ch] =
                    (float)((1 - momentum) * (double)j->running_var[ch] + momentum * var / (count - 1));
            var /= count;
        }
        double invstd = 1 / sqrt(var + j->args->eps);
        j->mean[ch] = (float)mean;
        j->invstd[ch] = (float)invstd;
        float scale = (float)(invstd * (j->weight ? (double)j->weight[ch] : 1)), shift = j->bias ? j->bias[ch] : 0.0f;
        for (int64_t n = 0; n < j->n; n++) {
            int64_t at = (n * j->c + ch) * j->inner;
            j->simd->normalise(j->y + at, j->x + at, j->inner, (float)mean, scale, shift);
        }
    }
}

static void backward(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    double count = (double)(j->n * j->inner);
    for (int64_t ch = begin; ch < end; ch++) {
        double sum = 0, dot = 0, invstd = (double)j->invstd[ch];
        for (int64_t n = 0; n < j->n; n++) {
            int64_t at = (n * j->c + ch) * j->inner;
            double s, d;
            j->simd->grad_sums(j->dy + at, j->x + at, j->inner, j->mean[ch], &s, &d);
            sum += s;
            dot += d;
        }
        j->dbias[ch] = (float)sum;
        j->dweight[ch] = (float)(dot * invstd);
        double m0 = 0, m1 = 0, scale = invstd * (j->weight ? (double)j->weight[ch] : 1);
        if (j->args->training && count > 0) {
            m0 = sum / count;
            m1 = dot / count * invstd * invstd;
        }
        for (int64_t n = 0; n < j->n; n++) {
            int64_t at = (n * j->c + ch) * j->inner;
            j->simd->grad_apply(j->dx + at, j->dy + at, j->x + at, j->inner, j->mean[ch], (float)scale, (float)m0,
                                (float)m1);
        }
    }
}

static job job_make(const dt_call *call, const dt_tensor *x)
{
    int64_t n = x->shape.dim[0], c = x->shape.dim[1], total = dt_numel(x);
    return (job){
        .simd = dt_simd_get(), .args = call->args, .n = n, .c = c, .inner = total > 0 ? total / (n * c) : 0,
        .x = dt_f32(x),
    };
}

static int64_t grain(const job *j)
{
    int64_t work = j->n * j->inner;
    return work > 0 && work < 16384 ? 16384 / work : 1;
}

dt_status dt_batch_norm_cpu(dt_ctx *ctx, const dt_call *call)
{
    job j = job_make(call, call->in[0]);
    j.weight = optional(call->in[1]);
    j.bias = optional(call->in[2]);
    j.running_mean = call->in[3] ? dt_f32(call->in[3]) : NULL;
    j.running_var = call->in[4] ? dt_f32(call->in[4]) : NULL;
    j.y = dt_f32(call->out[0]);
    j.mean = dt_f32(call->out[1]);
    j.invstd = dt_f32(call->out[2]);
    dt_parallel(dt_ctx_pool(ctx), j.c, grain(&j), forward, &j);
    return DT_OK;
}

dt_status dt_batch_norm_dx_cpu(dt_ctx *ctx, const dt_call *call)
{
    job j = job_make(call, call->in[1]);
    j.dy = dt_f32(call->in[0]);
    j.mean = dt_f32(call->in[2]);
    j.invstd = dt_f32(call->in[3]);
    j.weight = call->n_in > 4 ? optional(call->in[4]) : NULL;
    j.dx = dt_f32(call->out[0]);
    j.dweight = dt_f32(call->out[1]);
    j.dbias = dt_f32(call->out[2]);
    dt_parallel(dt_ctx_pool(ctx), j.c, grain(&j), backward, &j);
    return DT_OK;
}
