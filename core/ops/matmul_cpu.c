#include <cblas.h>
#include <string.h>

#include "core/ops/nn.h"

/* OpenBLAS stays on the calling thread; the pool gives it tiles of fixed size, so the sums in a result do not
 * depend on the number of threads. */
enum { TILE_M = 96, TILE_N = 256 };

typedef struct job {
    const float *a, *b, *bias;
    float *y;
    int64_t m, n, k, batch;
    int trans_a, trans_b;
    dt_shape lead;
    int64_t step_a[DT_MAX_RANK], step_b[DT_MAX_RANK];
    int64_t tiles_m, tiles_n;
} job;

static void run_tile(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t task = begin; task < end; task++) {
        int64_t tn = task % j->tiles_n, tm = task / j->tiles_n % j->tiles_m,
                t = task / (j->tiles_n * j->tiles_m);
        int64_t m0 = tm * TILE_M, n0 = tn * TILE_N;
        int64_t mc = j->m - m0 < TILE_M ? j->m - m0 : TILE_M, nc = j->n - n0 < TILE_N ? j->n - n0 : TILE_N;
        const float *a = j->a + dt_strided_index(&j->lead, j->step_a, t) + (j->trans_a ? m0 : m0 * j->k);
        const float *b = j->b + dt_strided_index(&j->lead, j->step_b, t) + (j->trans_b ? n0 * j->k : n0);
        float *y = j->y + (t * j->m + m0) * j->n + n0;
        if (j->bias)
            for (int64_t i = 0; i < mc; i++)
                memcpy(y + i * j->n, j->bias + n0, (size_t)nc * sizeof *y);
        cblas_sgemm(CblasRowMajor, j->trans_a ? CblasTrans : CblasNoTrans,
                    j->trans_b ? CblasTrans : CblasNoTrans, (blasint)mc, (blasint)nc, (blasint)j->k, 1.0f, a,
                    (blasint)(j->trans_a ? j->m : j->k), b, (blasint)(j->trans_b ? j->k : j->n),
                    j->bias ? 1.0f : 0.0f, y, (blasint)j->n);
    }
}

static dt_status run(dt_ctx *ctx, job *j)
{
    if (j->batch * j->m * j->n == 0) return DT_OK;
    if (j->k == 0) {
        for (int64_t i = 0; i < j->batch * j->m * j->n; i++)
            j->y[i] = j->bias ? j->bias[i % j->n] : 0.0f;
        return DT_OK;
    }
    openblas_set_num_threads(1);
    j->tiles_m = (j->m + TILE_M - 1) / TILE_M;
    j->tiles_n = (j->n + TILE_N - 1) / TILE_N;
    dt_parallel(dt_ctx_pool(ctx), j->batch * j->tiles_m * j->tiles_n, 1, run_tile, j);
    return DT_OK;
}

dt_status dt_matmul_cpu(dt_ctx *ctx, const dt_call *call)
{
    const dt_matmul_args *args = call->args;
    const dt_tensor *a = call->in[0], *b = call->in[1], *y = call->out[0];
    int rank = y->shape.rank;
    job j = {
        .a = dt_f32(a), .b = dt_f32(b), .y = dt_f32(y), .trans_a = args->trans_a, .trans_b = args->trans_b};
    j.m = y->shape.dim[rank - 2];
    j.n = y->shape.dim[rank - 1];
    j.k = a->shape.dim[a->shape.rank - 1 - (args->trans_a != 0)];
    j.lead = y->shape;
    j.lead.rank = rank - 2;
    j.batch = dt_shape_numel(&j.lead);
    int64_t b_batch = 1;
    for (int i = 0; i < j.lead.rank; i++) {
        int ia = i - (rank - a->shape.rank), ib = i - (rank - b->shape.rank);
        j.step_a[i] = ia < 0 || a->shape.dim[ia] != j.lead.dim[i] ? 0 : a->stride[ia];
        j.step_b[i] = ib < 0 || b->shape.dim[ib] != j.lead.dim[i] ? 0 : b->stride[ib];
        if (ib >= 0) b_batch *= b->shape.dim[ib];
    }
    if (b_batch == 1 && !j.trans_a && dt_numel(a) == j.batch * j.m * j.k) {
        /* One matrix for the whole batch: the rows of all of them in one product. */
        j.m *= j.batch;
        j.batch = 1;
        j.lead.rank = 0;
    }
    return run(ctx, &j);
}

dt_status dt_linear_cpu(dt_ctx *ctx, const dt_call *call)
{
    const dt_tensor *x = call->in[0], *w = call->in[1], *b = call->n_in > 2 ? call->in[2] : NULL,
                    *y = call->out[0];
    job j = {.a = dt_f32(x),
             .b = dt_f32(w),
             .bias = b ? dt_f32(b) : NULL,
             .y = dt_f32(y),
             .batch = 1,
             .trans_b = 1};
    j.n = w->shape.dim[0];
    j.k = w->shape.dim[1];
    j.m = j.n > 0 ? dt_numel(y) / j.n : 0;
    return run(ctx, &j);
}
