#include "core/ops/elementwise_cpu.h"

#include "core/ops.h"

enum { CHUNK = 16384 }; /* 64 KB an operand: within the second-level cache */

typedef struct job {
    dt_elementwise_fn fn;
    const float *in[3];
    float *y;
    float p, q;
} job;

static void run_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    const float *in[3];
    for (int i = 0; i < 3; i++)
        in[i] = j->in[i] ? j->in[i] + begin : NULL;
    j->fn(in[0], in[1], in[2], j->y + begin, end - begin, j->p, j->q);
}

dt_status dt_elementwise_run(dt_ctx *ctx, const dt_call *call, dt_elementwise_fn fn, double p, double q)
{
    job j = {.fn = fn, .y = dt_f32(call->out[0]), .p = (float)p, .q = (float)q};
    for (int i = 0; i < call->n_in; i++)
        j.in[i] = dt_f32(call->in[i]);
    dt_parallel(dt_ctx_pool(ctx), dt_numel(call->out[0]), CHUNK, run_chunk, &j);
    return DT_OK;
}
