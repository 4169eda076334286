#include <math.h>
#include <string.h>

#include "core/cpu.h"
#include "core/ctx_impl.h"
#include "core/mem.h"
#include "core/optim.h"
#include "core/optim_impl.h"

typedef struct item {
    char *name;
    dt_tensor *live, *average;
    int is_buffer, persistent;
} item;

struct dt_ema {
    item *items;
    size_t count, capacity;
    double decay, tau;
    int64_t updates;
    int swapped;
};

typedef struct collecting {
    dt_ctx *ctx;
    dt_ema *e;
} collecting;

static dt_status collect(void *arg, const char *full_name, dt_module *owner, dt_param *param)
{
    collecting *c = arg;
    dt_ema *e = c->e;
    (void)owner;
    dt_scope scope = dt_scope_open(c->ctx);
    dt_tensor *copy = dt_clone_to(c->ctx, param->tensor, NULL);
    char *name = dt_strdup(full_name);
    if (copy && name && dt_grow(&e->items, &e->capacity, e->count + 1, sizeof *e->items) == 0) {
        e->items[e->count++] = (item){name, dt_tensor_retain(param->tensor), dt_tensor_retain(copy),
                                      param->is_buffer, param->persistent};
    } else {
        dt_free(name);
        dt_ctx_fail_memory(c->ctx, sizeof *e->items, "averages of the weights");
    }
    dt_scope_close(c->ctx, scope);
    return dt_ctx_status(c->ctx);
}

dt_ema *dt_ema_create(dt_ctx *ctx, dt_module *m, double decay, double tau)
{
    if (!m || dt_ctx_status(ctx) != DT_OK) return NULL;
    if (!(decay >= 0 && decay <= 1 && tau >= 0)) {
        dt_ctx_fail(ctx, DT_ERR_ARG, "EMA: decay %g must be in [0, 1], tau %g not negative", decay, tau);
        return NULL;
    }
    dt_ema *e = dt_calloc(1, sizeof *e);
    if (!e) {
        dt_ctx_fail_memory(ctx, sizeof *e, "averages of the weights");
        return NULL;
    }
    e->decay = decay;
    e->tau = tau;
    if (dt_module_each_param(m, collect, &(collecting){ctx, e}) == DT_OK) return e;
    dt_ema_destroy(e);
    return NULL;
}

void dt_ema_destroy(dt_ema *e)
{
    if (!e) return;
    for (size_t i = 0; i < e->count; i++) {
        dt_free(e->items[i].name);
        dt_tensor_release(e->items[i].live);
        dt_tensor_release(e->items[i].average);
    }
    dt_free(e->items);
    dt_free(e);
}

int64_t dt_ema_updates(const dt_ema *e)
{
    return e->updates;
}

typedef struct job {
    float *average;
    const float *live;
    float take;
} job;

DT_CLONES static void move_towards(float *restrict e, const float *restrict m, int64_t n, float take)
{
    for (int64_t i = 0; i < n; i++)
        e[i] += take * (m[i] - e[i]);
}

static void run_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    const job *j = arg;
    (void)worker;
    move_towards(j->average + begin, j->live + begin, end - begin, j->take);
}

static dt_status check_state(dt_ctx *ctx, const dt_ema *e, const char *what)
{
    if (dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    if (e->swapped) return dt_ctx_fail(ctx, DT_ERR_STATE, "EMA: %s while the averages are swapped in", what);
    return DT_OK;
}

static dt_status check_items(dt_ctx *ctx, const dt_ema *e)
{
    for (size_t i = 0; i < e->count; i++) {
        const item *it = &e->items[i];
        if (it->live->device->type != DT_CPU)
            return dt_ctx_fail(ctx, DT_ERR_UNSUPPORTED,
                               "EMA: \"%s\" is on %s; averages are kept on the CPU only", it->name,
                               it->live->device->name);
    }
    return DT_OK;
}

dt_status dt_ema_update(dt_ctx *ctx, dt_ema *e)
{
    DT_TRY(check_state(ctx, e, "an update"));
    DT_TRY(check_items(ctx, e));
    e->updates++;
    double d = e->tau > 0 ? e->decay * (1 - exp(-(double)e->updates / e->tau)) : e->decay;
    for (size_t i = 0; i < e->count; i++) {
        item *it = &e->items[i];
        if (it->live->dtype != DT_F32 || (!it->is_buffer && !it->live->requires_grad)) {
            DT_TRY(dt_copy_into(ctx, it->average, it->live));
            continue;
        }
        job j = {dt_f32(it->average), dt_f32(it->live), (float)(1 - d)};
        dt_parallel(dt_ctx_pool(ctx), dt_numel(it->live), DT_OPTIM_GRAIN, run_chunk, &j);
        it->average->storage->version++;
    }
    return DT_OK;
}

dt_status dt_ema_swap(dt_ctx *ctx, dt_ema *e)
{
    if (dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    for (size_t i = 0; i < e->count; i++) {
        item *it = &e->items[i];
        if (it->live->device != it->average->device)
            return dt_ctx_fail(ctx, DT_ERR_DEVICE, "EMA: \"%s\" is on %s, its average on %s", it->name,
                               it->live->device->name, it->average->device->name);
    }
    /* The tensors stay, their storages change places: nobody's pointer to a parameter breaks. */
    for (size_t i = 0; i < e->count; i++) {
        item *it = &e->items[i];
        dt_storage *storage = it->live->storage;
        it->live->storage = it->average->storage;
        it->average->storage = storage;
        it->live->storage->version++;
        storage->version++;
    }
    e->swapped = !e->swapped;
    return DT_OK;
}

static dt_status save_item(dt_ctx *ctx, const item *it, dt_st_writer *w)
{
    const dt_tensor *t = it->average;
    size_t bytes = (size_t)dt_numel(t) * dt_dtype_size(t->dtype);
    char *name = dt_format("ema.%s", it->name);
    void *host = dt_malloc(bytes);
    dt_error err = {0};
    dt_status st = name && host ? dt_read(ctx, t, host, bytes) : dt_ctx_fail_memory(ctx, bytes, it->name);
    if (st != DT_OK)
        dt_free(host);
    else if (dt_st_add(w, name, t->dtype, &t->shape, host, 1, &err) != DT_OK)
        st = dt_ctx_fail(ctx, err.status, "%s", err.text);
    dt_free(name);
    return st;
}

dt_status dt_ema_save(dt_ctx *ctx, dt_ema *e, dt_st_writer *w)
{
    DT_TRY(check_state(ctx, e, "a save"));
    for (size_t i = 0; i < e->count; i++)
        if (e->items[i].persistent) DT_TRY(save_item(ctx, &e->items[i], w));
    dt_error err = {0};
    int64_t *updates = dt_malloc(sizeof *updates);
    if (!updates) return dt_ctx_fail_memory(ctx, sizeof *updates, "a counter");
    *updates = e->updates;
    if (dt_st_add(w, "ema_updates", DT_I64, &DT_SCALAR, updates, 1, &err) != DT_OK)
        return dt_ctx_fail(ctx, err.status, "%s", err.text);
    return DT_OK;
}

static dt_status find_item(dt_ctx *ctx, const dt_st_file *file, const item *it, const dt_st_entry **out)
{
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT], *name = dt_format("ema.%s", it->name);
    if (!name) return dt_ctx_fail_memory(ctx, strlen(it->name), "a name");
    const dt_st_entry *e = *out = dt_st_find(file, name);
    dt_free(name);
    if (!e) return dt_ctx_fail(ctx, DT_ERR_NOT_FOUND, "%s: no \"ema.%s\"", file->name, it->name);
    if (e->dtype != it->average->dtype || !dt_shape_equal(&e->shape, &it->average->shape))
        return dt_ctx_fail(ctx, DT_ERR_SHAPE, "%s: \"%s\" is %s %s, in the model %s %s", file->name, e->name,
                           dt_dtype_name(e->dtype), dt_shape_text(&e->shape, a),
                           dt_dtype_name(it->average->dtype), dt_shape_text(&it->average->shape, b));
    return DT_OK;
}

dt_status dt_ema_load(dt_ctx *ctx, dt_ema *e, const dt_st_file *file)
{
    DT_TRY(check_state(ctx, e, "a load"));
    const dt_st_entry *updates = dt_st_find(file, "ema_updates");
    if (!updates || updates->dtype != DT_I64 || updates->shape.rank != 0)
        return dt_ctx_fail(ctx, DT_ERR_NOT_FOUND, "%s: no \"ema_updates\"", file->name);
    const dt_st_entry **entries = dt_calloc(e->count, sizeof *entries);
    if (!entries) return dt_ctx_fail_memory(ctx, e->count * sizeof *entries, "loading averages");
    dt_status st = DT_OK;
    for (size_t i = 0; i < e->count && st == DT_OK; i++)
        if (e->items[i].persistent) st = find_item(ctx, file, &e->items[i], &entries[i]);
    for (size_t i = 0; i < e->count && st == DT_OK; i++)
        if (entries[i]) st = dt_write(ctx, e->items[i].average, entries[i]->data, entries[i]->bytes);
    dt_free(entries);
    if (st != DT_OK) return st;
    memcpy(&e->updates, updates->data, sizeof e->updates);
    return DT_OK;
}
