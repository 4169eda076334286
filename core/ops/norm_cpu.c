#include <math.h>
#include <string.h>

#include "core/cpu.h"
#include "core/device.h"
#include "core/ops/gemm.h"
#include "core/ops/nn.h"

/* Gradients of weight and bias are summed per block of ROW_BLOCK rows, then over the blocks in order. */
enum { ROW_BLOCK = 64 };

typedef struct job {
    const dt_simd *simd;
    dt_norm_geo g;
    int64_t params;
    double eps;
    const float *x, *dy, *weight, *bias;
    float *y, *mean, *invstd, *dx;
    float *partial; /* per block: dweight (params), dbias (params) */
} job;

DT_CLONES static void scale_row(float *y, const float *x, const float *w, const float *b, int64_t n, float mean,
                                float invstd)
{
    if (w && b)
        for (int64_t i = 0; i < n; i++)
            y[i] = (x[i] - mean) * invstd * w[i] + b[i];
    else
        for (int64_t i = 0; i < n; i++)
            y[i] = (x[i] - mean) * invstd * (w ? w[i] : 1.0f) + (b ? b[i] : 0.0f);
}

DT_CLONES static void weigh_row(float *dx, float *dw, float *db, const float *dy, const float *x, const float *w,
                                int64_t n, float mean, float invstd)
{
    for (int64_t i = 0; i < n; i++) {
        dw[i] += dy[i] * ((x[i] - mean) * invstd);
        db[i] += dy[i];
        dx[i] = dy[i] * w[i];
    }
}

static void forward(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    int64_t cols = j->g.cols, span = j->g.span;
    for (int64_t r = begin; r < end; r++) {
        const float *x = j->x + r * cols;
        float *y = j->y + r * cols;
        int64_t first = r % j->g.cycle * (cols / span);
        double mean, m2;
        j->simd->moments(x, cols, &mean, &m2);
        double invstd = 1 / sqrt(m2 / (double)cols + j->eps);
        j->mean[r] = (float)mean;
        j->invstd[r] = (float)invstd;
        if (span == 1) {
            scale_row(y, x, j->weight ? j->weight + first : NULL, j->bias ? j->bias + first : NULL, cols, (float)mean,
                      (float)invstd);
            continue;
        }
        for (int64_t p = 0; p * span < cols; p++)
            j->simd->normalise(y + p * span, x + p * span, span, (float)mean,
                               (float)(invstd * (j->weight ? (double)j->weight[first + p] : 1)),
                               j->bias ? j->bias[first + p] : 0.0f);
    }
}

/* One row of which element j has weight w[j]; dx first takes dy w. */
static void backward_row_dense(const job *j, int64_t r, const float *weight, float *dw, float *db)
{
    int64_t cols = j->g.cols;
    const float *x = j->x + r * cols, *dy = j->dy + r * cols;
    float *dx = j->dx + r * cols;
    double sum, dot, invstd = (double)j->invstd[r];
    weigh_row(dx, dw, db, dy, x, weight, cols, j->mean[r], j->invstd[r]);
    j->simd->grad_sums(dx, x, cols, j->mean[r], &sum, &dot);
    j->simd->grad_apply(dx, dx, x, cols, j->mean[r], j->invstd[r], (float)(sum / (double)cols),
                        (float)(dot / (double)cols * invstd * invstd));
}

static void backward_row_spans(const job *j, int64_t r, const float *weight, float *dw, float *db)
{
    int64_t cols = j->g.cols, span = j->g.span;
    const float *x = j->x + r * cols, *dy = j->dy + r * cols;
    float *dx = j->dx + r * cols, mean = j->mean[r], invstd = j->invstd[r];
    double sum = 0, dot = 0;
    for (int64_t p = 0; p * span < cols; p++) {
        double s, d;
        j->simd->grad_sums(dy + p * span, x + p * span, span, mean, &s, &d);
        dw[p] += (float)(d * (double)invstd);
        db[p] += (float)s;
        sum += s * (double)weight[p];
        dot += d * (double)weight[p];
    }
    double m0 = sum / (double)cols, m1 = dot / (double)cols * (double)invstd * (double)invstd;
    for (int64_t p = 0; p * span < cols; p++) {
        /* invstd (w dy - m0 - (x - mean) m1), with w taken out unless it is 0 */
        float w = weight[p];
        if (w == 0.0f) {
            for (int64_t i = p * span; i < (p + 1) * span; i++)
                dx[i] = invstd * (float)(-m0 - (double)(x[i] - mean) * m1);
        } else {
            j->simd->grad_apply(dx + p * span, dy + p * span, x + p * span, span, mean, invstd * w,
                                (float)(m0 / (double)w), (float)(m1 / (double)w));
        }
    }
}

static void backward(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t block = begin; block < end; block++) {
        float *dw = j->partial + block * 2 * j->params, *db = dw + j->params;
        memset(dw, 0, (size_t)(2 * j->params) * sizeof *dw);
        int64_t last = (block + 1) * ROW_BLOCK < j->g.rows ? (block + 1) * ROW_BLOCK : j->g.rows;
        for (int64_t r = block * ROW_BLOCK; r < last; r++) {
            int64_t first = r % j->g.cycle * (j->g.cols / j->g.span);
            (j->g.span == 1 ? backward_row_dense : backward_row_spans)(j, r, j->weight + first, dw + first,
                                                                       db + first);
        }
    }
}

static int64_t row_grain(const dt_norm_geo *g)
{
    return g->cols < 16384 ? 16384 / g->cols : 1;
}

dt_status dt_norm_cpu(dt_ctx *ctx, const dt_call *call, const dt_norm_geo *g, double eps)
{
    if (g->rows == 0 || g->cols == 0) return DT_OK;
    job j = {
        .simd = dt_simd_get(), .g = *g, .eps = eps, .x = dt_f32(call->in[0]),
        .weight = call->n_in > 1 && call->in[1] ? dt_f32(call->in[1]) : NULL,
        .bias = call->n_in > 2 && call->in[2] ? dt_f32(call->in[2]) : NULL,
        .y = dt_f32(call->out[0]), .mean = dt_f32(call->out[1]), .invstd = dt_f32(call->out[2]),
    };
    dt_parallel(dt_ctx_pool(ctx), g->rows, row_grain(g), forward, &j);
    return DT_OK;
}

dt_status dt_norm_dx_cpu(dt_ctx *ctx, const dt_call *call, const dt_norm_geo *g)
{
    float *dweight = dt_f32(call->out[1]), *dbias = dt_f32(call->out[2]);
    int64_t params = dt_numel(call->out[1]), blocks = (g->rows + ROW_BLOCK - 1) / ROW_BLOCK;
    dt_device *device = call->in[0]->device;
    if (g->rows == 0 || g->cols == 0) {
        for (int64_t p = 0; p < params; p++)
            dweight[p] = dbias[p] = 0.0f;
        return DT_OK;
    }
    float *ones = dt_scratch_take(ctx, device, (size_t)params * sizeof *ones);
    float *partial = dt_scratch_take(ctx, device, (size_t)(blocks * 2 * params) * sizeof *partial);
    if (ones && partial) {
        for (int64_t p = 0; p < params; p++)
            ones[p] = 1.0f;
        job j = {
            .simd = dt_simd_get(), .g = *g, .params = params, .dy = dt_f32(call->in[0]), .x = dt_f32(call->in[1]),
            .mean = dt_f32(call->in[2]), .invstd = dt_f32(call->in[3]),
            .weight = call->n_in > 4 && call->in[4] ? dt_f32(call->in[4]) : ones,
            .dx = dt_f32(call->out[0]), .partial = partial,
        };
        dt_parallel(dt_ctx_pool(ctx), blocks, 1, backward, &j);
        memcpy(dweight, partial, (size_t)params * sizeof *dweight);
        memcpy(dbias, partial + params, (size_t)params * sizeof *dbias);
        for (int64_t b = 1; b < blocks; b++) {
            j.simd->axpy(dweight, partial + b * 2 * params, params, 1.0f);
            j.simd->axpy(dbias, partial + (b * 2 + 1) * params, params, 1.0f);
        }
    }
    dt_scratch_give(ctx, device, partial);
    dt_scratch_give(ctx, device, ones);
    return dt_ctx_status(ctx);
}
