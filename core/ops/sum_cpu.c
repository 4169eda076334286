/* Sums in fixed blocks: float32 lanes within a block, float64 across blocks, always in the same order. */
#include "core/ops/sum_cpu.h"

#include <string.h>

#include "core/cpu.h"
#include "core/device.h"
#include "core/ops.h"

enum { BLOCK = 8192, ROWS = 256, COLUMNS = 2048, LANES = 32 };

/* The operand as (a, b, c) with the middle one kept and the outer two summed, or the other way round. */
typedef struct job {
    const float *x;
    int64_t a, b, c;
    int64_t blocks; /* of a row of c (rows), or of the b rows that are added (columns) */
    double *partial;
} job;

/* Lanes written out, so that every instruction set adds in the same order. */
DT_CLONES static double sum_block(const float *x, int64_t n)
{
    float lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += x[i + k];
    for (int k = 0; i + k < n; k++)
        lane[k] += x[i + k];
    double total = 0;
    for (int k = 0; k < LANES; k++)
        total += (double)lane[k];
    return total;
}

/* partial[row * blocks + block] */
static void sum_pieces(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t piece = begin; piece < end; piece++) {
        int64_t row = piece / j->blocks, first = piece % j->blocks * BLOCK;
        int64_t n = j->c - first < BLOCK ? j->c - first : BLOCK;
        j->partial[piece] = sum_block(j->x + row * j->c + first, n);
    }
}

/* y[b] = sum over a and c. */
static dt_status sum_rows(dt_ctx *ctx, const dt_tensor *x, float *y, int64_t a, int64_t b, int64_t c)
{
    job j = {.x = dt_f32(x), .a = a, .b = b, .c = c, .blocks = (c + BLOCK - 1) / BLOCK};
    int64_t pieces = a * b * j.blocks;
    j.partial = dt_scratch_take(ctx, x->device, (size_t)pieces * sizeof(double));
    if (!j.partial) return dt_ctx_status(ctx);
    dt_parallel(dt_ctx_pool(ctx), pieces, c >= BLOCK ? 2 : 1 + 2 * BLOCK / c, sum_pieces, &j);
    for (int64_t k = 0; k < b; k++) {
        double total = 0;
        for (int64_t i = 0; i < a; i++)
            for (int64_t block = 0; block < j.blocks; block++)
                total += j.partial[(i * b + k) * j.blocks + block];
        y[k] = (float)total;
    }
    dt_scratch_give(ctx, x->device, j.partial);
    return DT_OK;
}

DT_CLONES static void add_rows(const float *x, int64_t rows, int64_t step, int64_t n, float *restrict sum)
{
    for (int64_t k = 0; k < n; k++)
        sum[k] = x[k];
    for (int64_t r = 1; r < rows; r++)
        for (int64_t k = 0; k < n; k++)
            sum[k] += x[r * step + k];
}

/* partial[(outer * blocks + block) * c + column] */
static void sum_columns_pieces(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    int64_t tiles = (j->c + COLUMNS - 1) / COLUMNS;
    float sum[COLUMNS];
    for (int64_t piece = begin; piece < end; piece++) {
        int64_t tile = piece % tiles, block = piece / tiles % j->blocks, outer = piece / tiles / j->blocks;
        int64_t rows = j->b - block * ROWS < ROWS ? j->b - block * ROWS : ROWS;
        int64_t n = j->c - tile * COLUMNS < COLUMNS ? j->c - tile * COLUMNS : COLUMNS;
        add_rows(j->x + (outer * j->b + block * ROWS) * j->c + tile * COLUMNS, rows, j->c, n, sum);
        double *partial = j->partial + (outer * j->blocks + block) * j->c + tile * COLUMNS;
        for (int64_t k = 0; k < n; k++)
            partial[k] = (double)sum[k];
    }
}

/* y[a, c] = sum over b. */
static dt_status sum_columns(dt_ctx *ctx, const dt_tensor *x, float *y, int64_t a, int64_t b, int64_t c)
{
    job j = {.x = dt_f32(x), .a = a, .b = b, .c = c, .blocks = (b + ROWS - 1) / ROWS};
    j.partial = dt_scratch_take(ctx, x->device, (size_t)(a * j.blocks * c) * sizeof(double));
    if (!j.partial) return dt_ctx_status(ctx);
    int64_t tiles = (c + COLUMNS - 1) / COLUMNS, work = (c < COLUMNS ? c : COLUMNS) * (b < ROWS ? b : ROWS);
    dt_parallel(dt_ctx_pool(ctx), a * j.blocks * tiles, 1 + 2 * BLOCK / work, sum_columns_pieces, &j);
    for (int64_t i = 0; i < a; i++) {
        double *total = j.partial + i * j.blocks * c;
        for (int64_t block = 1; block < j.blocks; block++)
            for (int64_t k = 0; k < c; k++)
                total[k] += total[block * c + k];
        for (int64_t k = 0; k < c; k++)
            y[i * c + k] = (float)total[k];
    }
    dt_scratch_give(ctx, x->device, j.partial);
    return DT_OK;
}

/* ---- any strides and axes ---- */

typedef struct general {
    const float *x;
    float *y;
    dt_shape outer, inner;
    int64_t outer_stride[DT_MAX_RANK], inner_stride[DT_MAX_RANK];
} general;

static void sum_general(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const general *g = arg;
    int last = g->inner.rank - 1;
    int64_t rows = dt_shape_numel(&g->inner), n = last >= 0 ? g->inner.dim[last] : 1;
    int64_t step = last >= 0 ? g->inner_stride[last] : 0;
    dt_shape above = g->inner;
    if (last >= 0) above.rank = last;
    if (n > 0) rows /= n;
    for (int64_t i = begin; i < end; i++) {
        const float *base = g->x + dt_strided_index(&g->outer, g->outer_stride, i);
        double total = 0;
        for (int64_t r = 0; r < rows; r++) {
            const float *row = base + dt_strided_index(&above, g->inner_stride, r);
            for (int64_t k = 0; k < n; k++)
                total += (double)row[k * step];
        }
        g->y[i] = (float)total;
    }
}

static dt_status sum_any(dt_ctx *ctx, const dt_tensor *x, const dt_tensor *y, uint32_t axes)
{
    general g = {.x = dt_f32(x), .y = dt_f32(y)};
    for (int i = 0; i < x->shape.rank; i++) {
        int inner = (axes & DT_BIT(i)) != 0;
        dt_shape *s = inner ? &g.inner : &g.outer;
        (inner ? g.inner_stride : g.outer_stride)[s->rank] = x->stride[i];
        s->dim[s->rank++] = x->shape.dim[i];
    }
    int64_t n = dt_numel(y), each = dt_shape_numel(&g.inner);
    dt_parallel(dt_ctx_pool(ctx), n, 1 + BLOCK / (each + 1), sum_general, &g);
    return DT_OK;
}

dt_status dt_sum_cpu(dt_ctx *ctx, const dt_call *call)
{
    const dt_tensor *x = call->in[0], *y = call->out[0];
    uint32_t axes = ((const dt_sum_args *)call->args)->axes;
    int64_t group[DT_MAX_RANK + 1];
    int summed[DT_MAX_RANK + 1], n = 0;
    if (dt_numel(y) == 0) return DT_OK;
    if (dt_numel(x) == 0) {
        memset(dt_data(y), 0, (size_t)dt_numel(y) * sizeof(float));
        return DT_OK;
    }
    for (int i = 0; i < x->shape.rank; i++) {
        int s = (axes & DT_BIT(i)) != 0;
        if (x->shape.dim[i] == 1) continue;
        if (n > 0 && summed[n - 1] == s) {
            group[n - 1] *= x->shape.dim[i];
        } else {
            summed[n] = s;
            group[n++] = x->shape.dim[i];
        }
    }
    if (!dt_is_contiguous(x) || n > 3) return sum_any(ctx, x, y, axes);
    float *to = dt_f32(y);
    if (n == 0 || (n == 1 && !summed[0])) { /* nothing to add */
        memcpy(to, dt_f32(x), (size_t)dt_numel(y) * sizeof(float));
        return DT_OK;
    }
    if (n == 1) return sum_rows(ctx, x, to, 1, 1, group[0]);
    if (n == 2)
        return summed[0] ? sum_columns(ctx, x, to, 1, group[0], group[1])
                         : sum_rows(ctx, x, to, 1, group[0], group[1]);
    return summed[0] ? sum_rows(ctx, x, to, group[0], group[1], group[2])
                     : sum_columns(ctx, x, to, group[0], group[1], group[2]);
}
