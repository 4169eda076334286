#include "core/ops/extremum_cpu.h"

#include "core/cpu.h"
#include "core/ops/reduce.h"

enum { COLUMNS = 256, CHUNK = 16384 };

typedef struct job {
    const float *x;
    float *y;
    int64_t *index;
    dt_axis_view v;
    int64_t tiles;
    int smallest;
} job;

/* m columns side by side: a later value takes over if it is larger, or the first NaN. min is max of -x. */
DT_CLONES static void columns(const float *x, int64_t n, int64_t step, int64_t m, float *y, int64_t *index,
                              float sign)
{
    float best[COLUMNS];
    int32_t at[COLUMNS];
    for (int64_t k = 0; k < m; k++) {
        best[k] = x[k] * sign;
        at[k] = 0;
    }
    for (int64_t i = 1; i < n; i++)
        for (int64_t k = 0; k < m; k++) {
            float value = x[i * step + k] * sign;
            int take = (value > best[k]) | ((value != value) & (best[k] == best[k]));
            best[k] = take ? value : best[k];
            at[k] = take ? (int32_t)i : at[k];
        }
    for (int64_t k = 0; k < m; k++) {
        y[k] = best[k] * sign;
        index[k] = at[k];
    }
}

static void row(const float *x, int64_t n, float *y, int64_t *index, float sign)
{
    float best = x[0] * sign;
    int64_t at = 0;
    for (int64_t i = 1; i < n && best == best; i++) {
        float value = x[i] * sign;
        if (value <= best) continue;
        best = value; /* larger, or NaN */
        at = i;
    }
    *y = best * sign;
    *index = at;
}

static void run_pieces(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    float sign = j->smallest ? -1.0f : 1.0f;
    for (int64_t piece = begin; piece < end; piece++) {
        int64_t outer = piece / j->tiles, column = piece % j->tiles * COLUMNS;
        int64_t m = j->v.inner - column < COLUMNS ? j->v.inner - column : COLUMNS,
                to = outer * j->v.inner + column;
        const float *x = j->x + outer * j->v.n * j->v.inner + column;
        if (j->v.inner == 1)
            row(x, j->v.n, j->y + to, j->index + to, sign);
        else
            columns(x, j->v.n, j->v.inner, m, j->y + to, j->index + to, sign);
    }
}

static dt_status run(dt_ctx *ctx, const dt_call *call, int smallest)
{
    const dt_tensor *x = call->in[0];
    job j = {
        .x = dt_f32(x),
        .y = dt_f32(call->out[0]),
        .index = dt_i64(call->out[1]),
        .smallest = smallest,
        .v = dt_view_axis(&x->shape, dt_axis(((const dt_extremum_args *)call->args)->axis, x->shape.rank))};
    if (dt_numel(x) == 0) return DT_OK;
    j.tiles = (j.v.inner + COLUMNS - 1) / COLUMNS;
    int64_t work = j.v.n * (j.v.inner < COLUMNS ? j.v.inner : COLUMNS);
    dt_parallel(dt_ctx_pool(ctx), j.v.outer * j.tiles, 1 + CHUNK / work, run_pieces, &j);
    return DT_OK;
}

dt_status dt_max_cpu(dt_ctx *ctx, const dt_call *call)
{
    return run(ctx, call, 0);
}

dt_status dt_min_cpu(dt_ctx *ctx, const dt_call *call)
{
    return run(ctx, call, 1);
}
