#include "core/ctx.h"

#include <stdlib.h>
#include <string.h>

#include "core/ctx_impl.h"
#include "core/mem.h"

static int env_is(const char *name, const char *value)
{
    const char *text = getenv(name);
    return text && strcmp(text, value) == 0;
}

dt_status dt_ctx_create(const dt_ctx_opts *opts, dt_ctx **out, dt_error *err)
{
    *out = NULL;
    dt_ctx *ctx = dt_calloc(1, sizeof *ctx);
    if (!ctx) return dt_fail_memory(err, sizeof *ctx, "the context");
    dt_device *cpu = dt_calloc(1, sizeof *cpu);
    dt_status st = cpu ? DT_OK : dt_fail_memory(err, sizeof *cpu, "the CPU device");
    if (cpu) {
        *cpu = (dt_device){.type = DT_CPU, .name = "cpu", .backend = &dt_backend_cpu, .state = ctx};
        ctx->devices[0] = ctx->device = cpu;
        ctx->device_count = 1;
        st = dt_cache_create(cpu, !env_is("DT_CACHE", "0"), &cpu->cache, err);
    }
    if (st == DT_OK) st = dt_pool_create(opts ? opts->threads : 0, &ctx->pool, err);
    if (st == DT_OK) st = dt_tape_create(ctx, err);
    if (st != DT_OK) {
        dt_ctx_destroy(ctx);
        return st;
    }
    ctx->seed = opts ? opts->seed : 0;
    ctx->reference = (opts && opts->reference) || env_is("DT_KERNELS", "ref");
    *out = ctx;
    return DT_OK;
}

void dt_ctx_destroy(dt_ctx *ctx)
{
    if (!ctx) return;
    if (ctx->tape) dt_tape_destroy(ctx);
    dt_scope_close(ctx, 0);
    dt_free(ctx->scope_items);
    for (int i = ctx->device_count - 1; i >= 0; i--) {
        dt_device *device = ctx->devices[i];
        dt_cache_destroy(device->cache);
        if (device->backend->close) device->backend->close(device);
        dt_free(device);
    }
    dt_pool_destroy(ctx->pool);
    dt_free(ctx);
}

dt_pool *dt_ctx_pool(dt_ctx *ctx)
{
    return ctx->pool;
}

uint64_t dt_ctx_seed(const dt_ctx *ctx)
{
    return ctx->seed;
}

dt_device *dt_ctx_device(dt_ctx *ctx)
{
    return ctx->device;
}

void dt_ctx_set_device(dt_ctx *ctx, dt_device *device)
{
    ctx->device = device;
}

void dt_ctx_set_reference(dt_ctx *ctx, int reference)
{
    ctx->reference = reference;
}

int dt_ctx_is_reference(const dt_ctx *ctx)
{
    return ctx->reference;
}

dt_error *dt_ctx_error(dt_ctx *ctx)
{
    return &ctx->err;
}

dt_status dt_ctx_status(const dt_ctx *ctx)
{
    return ctx->err.status;
}

void dt_ctx_clear_error(dt_ctx *ctx)
{
    dt_error_clear(&ctx->err);
}

dt_status dt_ctx_fail(dt_ctx *ctx, dt_status status, const char *fmt, ...)
{
    if (ctx->err.status != DT_OK) return ctx->err.status;
    va_list args;
    va_start(args, fmt);
    dt_failv(&ctx->err, status, fmt, args);
    va_end(args);
    if (ctx->path_len) dt_error_prefix(&ctx->err, "%s: ", ctx->path);
    return status;
}

dt_status dt_ctx_fail_memory(dt_ctx *ctx, size_t bytes, const char *what)
{
    return dt_ctx_fail(ctx, DT_ERR_MEMORY, "out of memory: %zu bytes for %s", bytes, what);
}

dt_scope dt_scope_open(dt_ctx *ctx)
{
    return ctx->scope_count;
}

void dt_scope_close(dt_ctx *ctx, dt_scope scope)
{
    while (ctx->scope_count > scope)
        dt_tensor_release(ctx->scope_items[--ctx->scope_count]);
}

dt_tensor *dt_scope_return(dt_ctx *ctx, dt_scope scope, dt_tensor *t)
{
    if (t) dt_tensor_retain(t);
    dt_scope_close(ctx, scope);
    return t ? dt_scope_adopt(ctx, t) : NULL;
}

dt_tensor *dt_scope_adopt(dt_ctx *ctx, dt_tensor *t)
{
    if (dt_grow(&ctx->scope_items, &ctx->scope_capacity, ctx->scope_count + 1, sizeof *ctx->scope_items) !=
        0) {
        dt_tensor_release(t);
        dt_ctx_fail_memory(ctx, (ctx->scope_count + 1) * sizeof *ctx->scope_items, "the scope");
        return NULL;
    }
    ctx->scope_items[ctx->scope_count++] = t;
    return t;
}

void dt_path_push(dt_ctx *ctx, const char *name)
{
    if (ctx->path_depth < DT_MAX_PATH_DEPTH) {
        ctx->path_marks[ctx->path_depth] = ctx->path_len;
        size_t len = strlen(name), dot = ctx->path_len > 0;
        if (ctx->path_len + dot + len < sizeof ctx->path) {
            if (dot) ctx->path[ctx->path_len] = '.';
            memcpy(ctx->path + ctx->path_len + dot, name, len + 1);
            ctx->path_len += dot + len;
        }
    }
    ctx->path_depth++; /* deeper levels are counted but not shown */
}

void dt_path_pop(dt_ctx *ctx)
{
    if (ctx->path_depth == 0) return;
    ctx->path_depth--;
    if (ctx->path_depth < DT_MAX_PATH_DEPTH) {
        ctx->path_len = ctx->path_marks[ctx->path_depth];
        ctx->path[ctx->path_len] = '\0';
    }
}

void dt_ctx_set_step(dt_ctx *ctx, uint64_t step)
{
    ctx->step = step;
    ctx->draws = 0;
}

uint64_t dt_ctx_step(const dt_ctx *ctx)
{
    return ctx->step;
}

uint64_t dt_ctx_next_draw(dt_ctx *ctx)
{
    return ctx->draws++;
}
