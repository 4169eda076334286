#include <string.h>

#include "core/cpu.h"
#include "core/device.h"
#include "core/ops/nn.h"

/* Where every output row and column reads: two sources and the share of the second (nearest: one source). */
typedef struct source {
    int32_t i, j;
    float t;
} source;

typedef struct job {
    const float *from;
    float *to;
    int64_t h, w, oh, ow; /* small side, large side */
    const source *rows, *cols;
} job;

DT_CLONES static void nearest_row(float *y, const float *x, const source *cols, int64_t n)
{
    for (int64_t o = 0; o < n; o++)
        y[o] = x[cols[o].i];
}

static void nearest(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t p = begin; p < end; p++) {
        const float *x = j->from + p * j->h * j->w;
        float *y = j->to + p * j->oh * j->ow;
        for (int64_t o = 0; o < j->oh; o++, y += j->ow) {
            if (o > 0 && j->rows[o].i == j->rows[o - 1].i)
                memcpy(y, y - j->ow, (size_t)j->ow * sizeof *y);
            else
                nearest_row(y, x + j->rows[o].i * j->w, j->cols, j->ow);
        }
    }
}

static void nearest_dx(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t p = begin; p < end; p++) {
        const float *dy = j->from + p * j->oh * j->ow;
        float *dx = j->to + p * j->h * j->w;
        memset(dx, 0, (size_t)(j->h * j->w) * sizeof *dx);
        for (int64_t o = 0; o < j->oh; o++, dy += j->ow) {
            float *row = dx + j->rows[o].i * j->w;
            for (int64_t q = 0; q < j->ow; q++)
                row[j->cols[q].i] += dy[q];
        }
    }
}

DT_CLONES static void bilinear_row(float *y, const float *a, const float *b, float t, const source *cols, int64_t n)
{
    for (int64_t o = 0; o < n; o++) {
        int32_t i = cols[o].i, k = cols[o].j;
        float u = cols[o].t;
        y[o] = (1.0f - t) * ((1.0f - u) * a[i] + u * a[k]) + t * ((1.0f - u) * b[i] + u * b[k]);
    }
}

static void bilinear(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t p = begin; p < end; p++) {
        const float *x = j->from + p * j->h * j->w;
        float *y = j->to + p * j->oh * j->ow;
        for (int64_t o = 0; o < j->oh; o++, y += j->ow)
            bilinear_row(y, x + j->rows[o].i * j->w, x + j->rows[o].j * j->w, j->rows[o].t, j->cols, j->ow);
    }
}

static void bilinear_dx(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t p = begin; p < end; p++) {
        const float *dy = j->from + p * j->oh * j->ow;
        float *dx = j->to + p * j->h * j->w;
        memset(dx, 0, (size_t)(j->h * j->w) * sizeof *dx);
        for (int64_t o = 0; o < j->oh; o++, dy += j->ow) {
            float *a = dx + j->rows[o].i * j->w, *b = dx + j->rows[o].j * j->w, t = j->rows[o].t;
            for (int64_t q = 0; q < j->ow; q++) {
                const source *c = &j->cols[q];
                float upper = (1.0f - t) * dy[q], lower = t * dy[q];
                a[c->i] += (1.0f - c->t) * upper;
                a[c->j] += c->t * upper;
                b[c->i] += (1.0f - c->t) * lower;
                b[c->j] += c->t * lower;
            }
        }
    }
}

static void fill_sources(source *s, int64_t in, int64_t out, int linear)
{
    for (int64_t o = 0; o < out; o++) {
        int64_t i, j;
        if (linear) {
            s[o].t = (float)dt_bilinear_source(in, out, o, &i, &j);
        } else {
            i = j = dt_nearest_source(in, out, o);
            s[o].t = 0;
        }
        s[o].i = (int32_t)i;
        s[o].j = (int32_t)j;
    }
}

/* small: the tensor that is enlarged (or its gradient), large: the other one. */
static dt_status resample(dt_ctx *ctx, const dt_call *call, const dt_tensor *small, const dt_tensor *large, int linear,
                          dt_pool_fn fn)
{
    job j = {.from = dt_f32(call->in[0]), .to = dt_f32(call->out[0]), .h = small->shape.dim[2],
             .w = small->shape.dim[3], .oh = large->shape.dim[2], .ow = large->shape.dim[3]};
    source *rows = dt_scratch_take(ctx, small->device, (size_t)(j.oh + j.ow) * sizeof *rows);
    if (!rows) return dt_ctx_status(ctx);
    fill_sources(rows, j.h, j.oh, linear);
    fill_sources(rows + j.oh, j.w, j.ow, linear);
    j.rows = rows;
    j.cols = rows + j.oh;
    int64_t work = j.h * j.w + j.oh * j.ow;
    dt_parallel(dt_ctx_pool(ctx), small->shape.dim[0] * small->shape.dim[1], work < 8192 ? 8192 / work : 1, fn, &j);
    dt_scratch_give(ctx, small->device, rows);
    return DT_OK;
}

dt_status dt_upsample_nearest_cpu(dt_ctx *ctx, const dt_call *call)
{
    return resample(ctx, call, call->in[0], call->out[0], 0, nearest);
}

dt_status dt_upsample_nearest_dx_cpu(dt_ctx *ctx, const dt_call *call)
{
    return resample(ctx, call, call->out[0], call->in[0], 0, nearest_dx);
}

dt_status dt_upsample_bilinear_cpu(dt_ctx *ctx, const dt_call *call)
{
    return resample(ctx, call, call->in[0], call->out[0], 1, bilinear);
}

dt_status dt_upsample_bilinear_dx_cpu(dt_ctx *ctx, const dt_call *call)
{
    return resample(ctx, call, call->out[0], call->in[0], 1, bilinear_dx);
}
