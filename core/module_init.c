/* Values of new parameters. Chunks of fixed size have streams of their own, so that threads do not matter. */
#include <string.h>

#include "core/device.h"
#include "core/mem.h"
#include "core/module.h"
#include "core/rng.h"

enum { CHUNK = 1 << 14 };

typedef struct draw {
    uint64_t seed, name;
    double a, b;
    int normal;
    dt_dtype dtype;
    void *out;
} draw;

static void draw_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const draw *d = arg;
    dt_rng rng = dt_rng_make(d->seed, DT_RNG_INIT, d->name, (uint64_t)(begin / CHUNK));
    for (int64_t i = begin; i < end; i++) {
        double v = d->normal ? d->a + d->b * dt_rng_normal(&rng) : dt_rng_uniform(&rng, d->a, d->b);
        if (d->dtype == DT_F32)
            ((float *)d->out)[i] = (float)v;
        else
            ((double *)d->out)[i] = v;
    }
}

static dt_status name_of(dt_ctx *ctx, const dt_module *m, const dt_tensor *t, char out[DT_MODULE_PATH_MAX])
{
    dt_module_path(m, out, DT_MODULE_PATH_MAX);
    size_t len = strlen(out);
    for (size_t i = 0; i < m->param_count; i++) {
        if (m->params[i].tensor != t) continue;
        if (len) out[len++] = '.';
        strcpy(out + len, m->params[i].name); /* fits: checked when the parameter was added */
        return DT_OK;
    }
    return dt_module_fail(ctx, m, DT_ERR_ARG, "the tensor to fill is not a parameter of this module");
}

static dt_status fill(dt_ctx *ctx, dt_module *m, dt_tensor *t, double a, double b, int normal)
{
    if (!m || !t || dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    char name[DT_MODULE_PATH_MAX];
    DT_TRY(name_of(ctx, m, t, name));
    if (t->dtype != DT_F32 && t->dtype != DT_F64)
        return dt_module_fail(ctx, m, DT_ERR_DTYPE, "random values are for float32 and float64, not %s",
                              dt_dtype_name(t->dtype));
    size_t bytes = (size_t)dt_numel(t) * dt_dtype_size(t->dtype);
    int on_host = t->device == dt_cpu(ctx);
    void *values = on_host ? dt_data(t) : dt_malloc(bytes);
    if (!values) return dt_ctx_fail_memory(ctx, bytes, name);
    draw d = {dt_ctx_seed(ctx), dt_hash64(name, strlen(name)), a, b, normal, t->dtype, values};
    dt_parallel(dt_ctx_pool(ctx), dt_numel(t), CHUNK, draw_chunk, &d);
    if (on_host) {
        t->storage->version++;
        return DT_OK;
    }
    dt_status st = dt_write(ctx, t, values, bytes);
    dt_free(values);
    return st;
}

dt_status dt_init_uniform(dt_ctx *ctx, dt_module *m, dt_tensor *t, double lo, double hi)
{
    return fill(ctx, m, t, lo, hi, 0);
}

dt_status dt_init_normal(dt_ctx *ctx, dt_module *m, dt_tensor *t, double mean, double std)
{
    return fill(ctx, m, t, mean, std, 1);
}
