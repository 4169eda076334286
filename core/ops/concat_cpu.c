#include <string.h>

#include "core/ops/layout.h"
#include "core/ops/layout_cpu.h"

typedef struct job {
    const dt_call *call;
    int axis;
    size_t row_bytes, inner_bytes; /* of one outer index of the result, of one index of the axis */
} job;

/* Rows of the result (outer indices); each takes a run of every operand. */
static void join_rows(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t o = begin; o < end; o++) {
        char *dst = (char *)dt_data(j->call->out[0]) + (size_t)o * j->row_bytes;
        for (int i = 0; i < j->call->n_in; i++) {
            const dt_tensor *x = j->call->in[i];
            size_t bytes = (size_t)x->shape.dim[j->axis] * j->inner_bytes;
            if (bytes) memcpy(dst, (const char *)dt_data(x) + (size_t)o * bytes, bytes);
            dst += bytes;
        }
    }
}

dt_status dt_concat_cpu(dt_ctx *ctx, const dt_call *call)
{
    const dt_tensor *y = call->out[0];
    job j = {.call = call, .axis = dt_axis(((const dt_concat_args *)call->args)->axis, y->shape.rank)};
    int64_t outer = 1;
    j.inner_bytes = dt_dtype_size(y->dtype);
    for (int i = 0; i < j.axis; i++)
        outer *= y->shape.dim[i];
    for (int i = j.axis + 1; i < y->shape.rank; i++)
        j.inner_bytes *= (size_t)y->shape.dim[i];
    j.row_bytes = j.inner_bytes * (size_t)y->shape.dim[j.axis];
    dt_parallel(dt_ctx_pool(ctx), outer, 1 + (int64_t)(65536 / (j.row_bytes + 1)), join_rows, &j);
    return DT_OK;
}
