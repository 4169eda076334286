/* Gradient clipping as torch.nn.utils.clip_grad_norm_, with the norm summed in double and in fixed order. */
#include <math.h>
#include <string.h>

#include "core/cpu.h"
#include "core/mem.h"
#include "core/optim_impl.h"

enum { LANES = 16 };

/* Sixteen running sums: one order of additions for every instruction set. */
DT_CLONES static double sum_squares(const float *g, int64_t n)
{
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += (double)g[i + k] * (double)g[i + k];
    for (; i < n; i++)
        sum += (double)g[i] * (double)g[i];
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

DT_CLONES static void scale(float *g, int64_t n, float factor)
{
    for (int64_t i = 0; i < n; i++)
        g[i] *= factor;
}

typedef struct job {
    float *g;
    double *partial; /* one a chunk */
    float factor;
} job;

static void sum_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    job *j = arg;
    (void)worker;
    j->partial[begin / DT_OPTIM_GRAIN] = sum_squares(j->g + begin, end - begin);
}

static void scale_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    job *j = arg;
    (void)worker;
    scale(j->g + begin, end - begin, j->factor);
}

static dt_status largest_gradient(dt_ctx *ctx, const dt_optim *o, int64_t *largest)
{
    *largest = 0;
    for (size_t i = 0; i < o->count; i++) {
        if (!dt_optim_grad(&o->params[i])) continue;
        DT_TRY(dt_optim_check(ctx, o, &o->params[i]));
        int64_t n = dt_numel(o->params[i].tensor);
        if (n > *largest) *largest = n;
    }
    return DT_OK;
}

dt_status dt_optim_clip_norm(dt_ctx *ctx, dt_optim *o, double max_norm, double *norm)
{
    int64_t largest;
    *norm = 0;
    if (!o || dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    DT_TRY(largest_gradient(ctx, o, &largest));
    size_t chunks = (size_t)(largest / DT_OPTIM_GRAIN) + 1;
    double *partial = dt_malloc(chunks * sizeof *partial), total = 0;
    if (!partial) return dt_ctx_fail_memory(ctx, chunks * sizeof *partial, "clipping");
    const char *culprit = NULL;
    for (size_t i = 0; i < o->count; i++) {
        const dt_tensor *g = dt_optim_grad(&o->params[i]);
        if (!g) continue;
        int64_t n = dt_numel(g);
        double sum = 0;
        dt_parallel(dt_ctx_pool(ctx), n, DT_OPTIM_GRAIN, sum_chunk,
                    &(job){.g = dt_f32(g), .partial = partial});
        for (int64_t c = 0; c * DT_OPTIM_GRAIN < n; c++)
            sum += partial[c];
        /* squares of floats do not overflow a double: only NaN or infinity in the gradient does this */
        if (!isfinite(sum) && !culprit) culprit = o->params[i].name;
        total += sum;
    }
    dt_free(partial);
    *norm = sqrt(total);
    if (culprit) return dt_ctx_fail(ctx, DT_ERR_STATE, "the gradient of \"%s\" is not finite", culprit);
    double factor = max_norm / (*norm + 1e-6);
    if (factor >= 1) return DT_OK;
    for (size_t i = 0; i < o->count; i++) {
        dt_tensor *g = dt_optim_grad(&o->params[i]);
        if (!g) continue;
        dt_parallel(dt_ctx_pool(ctx), dt_numel(g), DT_OPTIM_GRAIN, scale_chunk,
                    &(job){.g = dt_f32(g), .factor = (float)factor});
        g->storage->version++;
    }
    return DT_OK;
}
