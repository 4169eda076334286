#include "core/ops/strided_cpu.h"

#include "core/ops/binary.h"

enum { CHUNK = 16384 };

typedef struct plan {
    dt_strided_fn fn;
    const void *args;
    int n_in;
    int rank; /* after merging, at least 1 */
    int64_t dim[DT_MAX_RANK];
    int64_t stride[DT_STRIDED_MAX_IN][DT_MAX_RANK];
    const char *in[DT_STRIDED_MAX_IN];
    int64_t in_size[DT_STRIDED_MAX_IN];
    char *out;
    int64_t out_size;
    int64_t blocks; /* pieces of CHUNK that an innermost row is cut into */
} plan;

/* Drops axes of length 1 and merges an axis into the one inside it where every operand steps through both
 * alike. */
static void merge_axes(plan *p, const dt_shape *shape, int64_t stride[][DT_MAX_RANK])
{
    for (int i = shape->rank - 1; i >= 0; i--) {
        if (shape->dim[i] == 1) continue;
        int last = p->rank - 1, fits = p->rank > 0;
        for (int k = 0; k < p->n_in && fits; k++)
            fits = stride[k][i] == p->stride[k][last] * p->dim[last];
        if (fits) {
            p->dim[last] *= shape->dim[i];
            continue;
        }
        p->dim[p->rank] = shape->dim[i]; /* axis 0 of the plan is the innermost */
        for (int k = 0; k < p->n_in; k++)
            p->stride[k][p->rank] = stride[k][i];
        p->rank++;
    }
    if (p->rank == 0) {
        p->rank = 1;
        p->dim[0] = 1;
    }
}

/* Pieces [begin, end): piece = row * blocks + block within the row. */
static void run_pieces(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const plan *p = arg;
    int64_t step[DT_STRIDED_MAX_IN];
    for (int k = 0; k < p->n_in; k++)
        step[k] = p->stride[k][0];
    for (int64_t piece = begin; piece < end; piece++) {
        int64_t row = piece / p->blocks, first = piece % p->blocks * CHUNK;
        int64_t n = p->dim[0] - first < CHUNK ? p->dim[0] - first : CHUNK;
        const void *in[DT_STRIDED_MAX_IN];
        for (int k = 0; k < p->n_in; k++) {
            int64_t at = first * step[k], rest = row;
            for (int i = 1; i < p->rank; i++) {
                at += rest % p->dim[i] * p->stride[k][i];
                rest /= p->dim[i];
            }
            in[k] = p->in[k] + at * p->in_size[k];
        }
        p->fn(in, step, p->out + (row * p->dim[0] + first) * p->out_size, n, p->args);
    }
}

dt_status dt_strided_run(dt_ctx *ctx, const dt_call *call, dt_strided_fn fn)
{
    const dt_tensor *out = call->out[0];
    int64_t stride[DT_STRIDED_MAX_IN][DT_MAX_RANK], n = dt_numel(out);
    plan p = {.fn = fn, .args = call->args, .n_in = call->n_in, .out = dt_data(out)};
    if (n == 0) return DT_OK;
    p.out_size = (int64_t)dt_dtype_size(out->dtype);
    for (int k = 0; k < call->n_in; k++) {
        dt_broadcast_strides(call->in[k], &out->shape, stride[k]);
        p.in[k] = dt_data(call->in[k]);
        p.in_size[k] = (int64_t)dt_dtype_size(call->in[k]->dtype);
    }
    merge_axes(&p, &out->shape, stride);
    p.blocks = (p.dim[0] + CHUNK - 1) / CHUNK;
    int64_t grain = p.dim[0] >= CHUNK ? 1 : CHUNK / p.dim[0];
    dt_parallel(dt_ctx_pool(ctx), n / p.dim[0] * p.blocks, grain, run_pieces, &p);
    return DT_OK;
}
