/* Copies of 4-byte elements from any strides. Where another axis than the last is dense in the source, square
 * tiles are transposed, so that both sides are read and written by cache lines. */
#include <string.h>

#include "core/cpu.h"
#include "core/ops/layout.h"
#include "core/ops/layout_cpu.h"

enum { TILE = 16, CHUNK = 16384 };

/* Axes of the result, the innermost first, those that lie together merged. */
typedef struct job {
    const uint32_t *x;
    uint32_t *y;
    int rank;
    int64_t dim[DT_MAX_RANK], from[DT_MAX_RANK], to[DT_MAX_RANK]; /* strides in source and result */
    int dense;          /* axis with stride 1 in the source, if it is not axis 0; else 0 */
    int64_t rows, cols; /* tiles along `dense` and along axis 0 */
} job;

static void merge_axes(job *j, const dt_tensor *x)
{
    int64_t to = 1;
    for (int i = x->shape.rank - 1; i >= 0; i--) {
        int64_t n = x->shape.dim[i];
        if (n == 1) continue;
        int last = j->rank - 1;
        if (j->rank > 0 && x->stride[i] == j->from[last] * j->dim[last]) {
            j->dim[last] *= n;
        } else {
            j->dim[j->rank] = n;
            j->from[j->rank] = x->stride[i];
            j->to[j->rank++] = to;
        }
        to *= n;
    }
    for (int i = 1; i < j->rank; i++)
        if (j->from[i] == 1 && j->from[0] != 1 && j->dense == 0) j->dense = i;
}

/* Offsets of unit `u` over the axes that neither the row nor the tile takes. */
static void locate(const job *j, int64_t u, int64_t *from, int64_t *to)
{
    *from = *to = 0;
    for (int i = 1; i < j->rank; i++) {
        if (i == j->dense && j->dense > 0) continue;
        *from += u % j->dim[i] * j->from[i];
        *to += u % j->dim[i] * j->to[i];
        u /= j->dim[i];
    }
}

static void copy_rows(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    int64_t n = j->dim[0], step = j->from[0];
    for (int64_t u = begin; u < end; u++) {
        int64_t from, to;
        locate(j, u, &from, &to);
        if (step == 1) {
            memcpy(j->y + to, j->x + from, (size_t)n * sizeof *j->y);
            continue;
        }
        for (int64_t i = 0; i < n; i++)
            j->y[to + i] = j->x[from + i * step];
    }
}

/* y[r * to + c] = x[c * from + r], all the tile. */
DT_CLONES static void transpose_full(const uint32_t *restrict x, int64_t from, uint32_t *restrict y,
                                     int64_t to)
{
    uint32_t tile[TILE][TILE];
    for (int c = 0; c < TILE; c++)
        memcpy(tile[c], x + c * from, sizeof tile[c]);
    for (int r = 0; r < TILE; r++)
        for (int c = 0; c < TILE; c++)
            y[r * to + c] = tile[c][r];
}

static void transpose_tiles(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t piece = begin; piece < end; piece++) {
        int64_t c0 = piece % j->cols * TILE, r0 = piece / j->cols % j->rows * TILE, from, to;
        locate(j, piece / j->cols / j->rows, &from, &to);
        const uint32_t *x = j->x + from + r0 + c0 * j->from[0];
        uint32_t *y = j->y + to + c0 + r0 * j->to[j->dense];
        int64_t rows = j->dim[j->dense] - r0, cols = j->dim[0] - c0;
        if (rows >= TILE && cols >= TILE) {
            transpose_full(x, j->from[0], y, j->to[j->dense]);
            continue;
        }
        for (int64_t r = 0; r < rows && r < TILE; r++)
            for (int64_t c = 0; c < cols && c < TILE; c++)
                y[r * j->to[j->dense] + c] = x[c * j->from[0] + r];
    }
}

static void copy_bytes(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    memcpy(j->y + begin, j->x + begin, (size_t)(end - begin) * sizeof *j->y);
}

dt_status dt_copy_cpu(dt_ctx *ctx, const dt_call *call)
{
    const dt_tensor *x = call->in[0];
    job j = {.x = dt_data(x), .y = dt_data(call->out[0])};
    int64_t n = dt_numel(x);
    if (n == 0) return DT_OK;
    merge_axes(&j, x);
    if (j.rank == 0 || (j.rank == 1 && j.from[0] == 1)) {
        dt_parallel(dt_ctx_pool(ctx), n, 4 * CHUNK, copy_bytes, &j);
        return DT_OK;
    }
    if (j.dense == 0) {
        dt_parallel(dt_ctx_pool(ctx), n / j.dim[0], 1 + CHUNK / j.dim[0], copy_rows, &j);
        return DT_OK;
    }
    j.rows = (j.dim[j.dense] + TILE - 1) / TILE;
    j.cols = (j.dim[0] + TILE - 1) / TILE;
    int64_t others = n / j.dim[0] / j.dim[j.dense];
    dt_parallel(dt_ctx_pool(ctx), others * j.rows * j.cols, CHUNK / (TILE * TILE), transpose_tiles, &j);
    return DT_OK;
}
