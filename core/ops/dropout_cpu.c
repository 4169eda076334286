#include "core/ops/nn.h"
#include "core/rng.h"

typedef struct job {
    const float *x;
    float *y, scale;
    uint64_t limit; /* a word below it drops its element */
    dt_rng rng;
    int64_t n;
} job;

static void run(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t block = begin; block < end; block++) {
        uint32_t counter[4] = {(uint32_t)block, j->rng.counter[1], j->rng.counter[2], j->rng.counter[3]}, word[4];
        dt_philox4x32(j->rng.key, counter, word);
        for (int64_t i = block * 4; i < block * 4 + 4 && i < j->n; i++)
            j->y[i] = word[i % 4] >= j->limit ? j->x[i] * j->scale : 0.0f;
    }
}

dt_status dt_dropout_cpu(dt_ctx *ctx, const dt_call *call)
{
    const dt_dropout_args *args = call->args;
    double limit = args->p * 0x1p32;
    job j = {
        .x = dt_f32(call->in[0]), .y = dt_f32(call->out[0]), .n = dt_numel(call->in[0]),
        .scale = (float)(args->p < 1 ? 1 / (1 - args->p) : 0),
        .limit = (uint64_t)limit + ((double)(uint64_t)limit < limit),
        .rng = dt_rng_make(args->seed, DT_RNG_DROPOUT, args->step, args->draw),
    };
    dt_parallel(dt_ctx_pool(ctx), (j.n + 3) / 4, 4096, run, &j);
    return DT_OK;
}
