/* Rows along the last axis are summed in lanes; along an inner axis a tile of columns goes side by side. */
#include "core/ops/softmax_cpu.h"

#include "core/cpu.h"
#include "core/ops/reduce.h"
#include "core/ops/vmath.h"

enum { LANES = 16, COLUMNS = 256, CHUNK = 16384 };

typedef struct job {
    const float *a, *b; /* operand, or gradient and result */
    float *y;
    dt_axis_view v;
    int64_t tiles; /* of COLUMNS along the inner axes */
    int logarithm;
} job;

/* ---- the last axis ---- */

/* NaN in the row makes the sum NaN and with it the whole row, whatever the maximum. */
DT_CLONES static void softmax_row(const float *x, float *y, int64_t n, int logarithm)
{
    float lane[LANES], top = x[0];
    for (int k = 0; k < LANES; k++)
        lane[k] = x[0];
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] = x[i + k] > lane[k] ? x[i + k] : lane[k];
    for (; i < n; i++)
        top = x[i] > top ? x[i] : top;
    for (int k = 0; k < LANES; k++)
        top = lane[k] > top ? lane[k] : top;
    for (int k = 0; k < LANES; k++)
        lane[k] = 0;
    for (i = 0; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            float e = dt_vexp(x[i + k] - top);
            lane[k] += e;
            y[i + k] = logarithm ? x[i + k] - top : e;
        }
    for (int k = 0; i + k < n; k++) {
        float e = dt_vexp(x[i + k] - top);
        lane[k] += e;
        y[i + k] = logarithm ? x[i + k] - top : e;
    }
    float total = 0;
    for (int k = 0; k < LANES; k++)
        total += lane[k];
    if (logarithm) {
        float shift = dt_vlog(total);
        for (i = 0; i < n; i++)
            y[i] -= shift;
    } else {
        float scale = 1.0f / total;
        for (i = 0; i < n; i++)
            y[i] *= scale;
    }
}

DT_CLONES static void softmax_grad_row(const float *g, const float *y, float *dx, int64_t n, int logarithm)
{
    float lane[LANES] = {0}, total = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += g[i + k] * (logarithm ? 1.0f : y[i + k]);
    for (int k = 0; i + k < n; k++)
        lane[k] += g[i + k] * (logarithm ? 1.0f : y[i + k]);
    for (int k = 0; k < LANES; k++)
        total += lane[k];
    if (logarithm)
        for (i = 0; i < n; i++)
            dx[i] = g[i] - dt_vexp(y[i]) * total;
    else
        for (i = 0; i < n; i++)
            dx[i] = y[i] * (g[i] - total);
}

/* ---- an axis with others inside it: m columns, step apart along the axis ---- */

DT_CLONES static void softmax_columns(const float *x, float *y, int64_t n, int64_t step, int64_t m,
                                      int logarithm)
{
    float top[COLUMNS], total[COLUMNS];
    for (int64_t k = 0; k < m; k++) {
        top[k] = x[k];
        total[k] = 0;
    }
    for (int64_t i = 1; i < n; i++)
        for (int64_t k = 0; k < m; k++)
            top[k] = x[i * step + k] > top[k] ? x[i * step + k] : top[k];
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < m; k++) {
            float shifted = x[i * step + k] - top[k], e = dt_vexp(shifted);
            total[k] += e;
            y[i * step + k] = logarithm ? shifted : e;
        }
    for (int64_t k = 0; k < m; k++)
        total[k] = logarithm ? dt_vlog(total[k]) : 1.0f / total[k];
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < m; k++)
            y[i * step + k] = logarithm ? y[i * step + k] - total[k] : y[i * step + k] * total[k];
}

DT_CLONES static void softmax_grad_columns(const float *g, const float *y, float *dx, int64_t n, int64_t step,
                                           int64_t m, int logarithm)
{
    float total[COLUMNS];
    for (int64_t k = 0; k < m; k++)
        total[k] = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < m; k++)
            total[k] += g[i * step + k] * (logarithm ? 1.0f : y[i * step + k]);
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < m; k++) {
            float gi = g[i * step + k], yi = y[i * step + k];
            dx[i * step + k] = logarithm ? gi - dt_vexp(yi) * total[k] : yi * (gi - total[k]);
        }
}

/* ---- pieces: piece = outer * tiles + tile ---- */

static void run_pieces(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t piece = begin; piece < end; piece++) {
        int64_t column = piece % j->tiles * COLUMNS, at = piece / j->tiles * j->v.n * j->v.inner + column;
        int64_t m = j->v.inner - column < COLUMNS ? j->v.inner - column : COLUMNS;
        if (j->v.inner == 1 && j->b)
            softmax_grad_row(j->a + at, j->b + at, j->y + at, j->v.n, j->logarithm);
        else if (j->v.inner == 1)
            softmax_row(j->a + at, j->y + at, j->v.n, j->logarithm);
        else if (j->b)
            softmax_grad_columns(j->a + at, j->b + at, j->y + at, j->v.n, j->v.inner, m, j->logarithm);
        else
            softmax_columns(j->a + at, j->y + at, j->v.n, j->v.inner, m, j->logarithm);
    }
}

static dt_status run(dt_ctx *ctx, const dt_call *call, int logarithm)
{
    const dt_shape *shape = &call->out[0]->shape;
    job j = {.a = dt_f32(call->in[0]),
             .b = call->n_in > 1 ? dt_f32(call->in[1]) : NULL,
             .y = dt_f32(call->out[0]),
             .v = dt_view_axis(shape, dt_axis(((const dt_softmax_args *)call->args)->axis, shape->rank)),
             .logarithm = logarithm};
    if (dt_numel(call->out[0]) == 0) return DT_OK;
    j.tiles = (j.v.inner + COLUMNS - 1) / COLUMNS;
    int64_t work = j.v.n * (j.v.inner < COLUMNS ? j.v.inner : COLUMNS);
    dt_parallel(dt_ctx_pool(ctx), j.v.outer * j.tiles, 1 + CHUNK / work, run_pieces, &j);
    return DT_OK;
}

dt_status dt_softmax_cpu(dt_ctx *ctx, const dt_call *call)
{
    return run(ctx, call, 0);
}

dt_status dt_softmax_grad_cpu(dt_ctx *ctx, const dt_call *call)
{
    return run(ctx, call, 0);
}

dt_status dt_log_softmax_cpu(dt_ctx *ctx, const dt_call *call)
{
    return run(ctx, call, 1);
}

dt_status dt_log_softmax_grad_cpu(dt_ctx *ctx, const dt_call *call)
{
    return run(ctx, call, 1);
}
