#include "core/device.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/ctx_impl.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/str.h"

dt_device *dt_cpu(dt_ctx *ctx)
{
    return ctx->devices[0];
}

/* The module lies beside the program or in ../lib of it; DT_CUDA_MODULE names another place. */
static char *module_path(void)
{
    const char *named = getenv("DT_CUDA_MODULE");
    if (named) return dt_strdup(named);
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n > 0) {
        exe[n] = '\0';
        char *dir = dt_path_dir(exe);
        static const char *const places[] = {"dettool_cuda.so", "../dettool_cuda.so",
                                             "../lib/dettool/dettool_cuda.so"};
        for (size_t i = 0; dir && i < sizeof places / sizeof *places; i++) {
            char *path = dt_path_join(dir, places[i]);
            if (path && dt_is_file(path)) {
                dt_free(dir);
                return path;
            }
            dt_free(path);
        }
        dt_free(dir);
    }
    return dt_strdup("dettool_cuda.so");
}

static const dt_host host = {
    .ctx_fail = dt_ctx_fail,
    .scratch_take = dt_scratch_take,
    .scratch_give = dt_scratch_give,
    .calloc = dt_calloc,
    .free = dt_free,
};

/* RTLD_NODELETE: the code stays until the process ends, because threads of the CUDA libraries may still be in
 * it. */
static dt_status load_cuda(dt_device *device, void **library, dt_error *err)
{
    char *path = module_path();
    if (!path) return dt_fail_memory(err, 64, "a path");
    *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!*library) {
        const char *why = dlerror();
        dt_fail(err, DT_ERR_DEVICE, "cuda: the backend module cannot be loaded: %s", why ? why : path);
        dt_free(path);
        return DT_ERR_DEVICE;
    }
    const dt_backend_module *module = dlsym(*library, "dt_backend_entry");
    dt_status st;
    if (!module)
        st = dt_fail(err, DT_ERR_DEVICE, "%s: not a dettool backend module", path);
    else if (module->version != DT_BACKEND_VERSION || module->op_count != DT_OP_COUNT)
        st = dt_fail(err, DT_ERR_DEVICE,
                     "%s: made for another version of dettool (%u with %u ops; this is %d with %d)", path,
                     module->version, module->op_count, DT_BACKEND_VERSION, DT_OP_COUNT);
    else
        st = module->open(&host, device, err);
    dt_free(path);
    if (st != DT_OK) {
        dlclose(*library);
        *library = NULL;
    }
    return st;
}

dt_status dt_device_open(dt_ctx *ctx, const char *name, dt_device **out)
{
    *out = NULL;
    int64_t index = 0;
    char full[32];
    if (strcmp(name, "cpu") == 0) {
        *out = ctx->devices[0];
        return DT_OK;
    }
    if (strncmp(name, "cuda", 4) != 0 || (name[4] && name[4] != ':') ||
        (name[4] == ':' && (dt_parse_i64_all(name + 5, &index) != 0 || index < 0 || index > 99)))
        return dt_ctx_fail(ctx, DT_ERR_ARG, "device '%s' is unknown; cpu, cuda and cuda:N are possible",
                           name);
    snprintf(full, sizeof full, "cuda:%d", (int)index);
    for (int i = 0; i < ctx->device_count; i++)
        if (strcmp(ctx->devices[i]->name, full) == 0) {
            *out = ctx->devices[i];
            return DT_OK;
        }
    if (ctx->device_count == DT_MAX_DEVICES)
        return dt_ctx_fail(ctx, DT_ERR_DEVICE, "%s: %d devices are open already", full, DT_MAX_DEVICES);

    dt_error err = {0};
    dt_device *device = dt_calloc(1, sizeof *device);
    if (!device) return dt_ctx_fail_memory(ctx, sizeof *device, "a device");
    device->type = DT_CUDA;
    device->index = (int)index;
    memcpy(device->name, full, sizeof full);
    void *library = NULL;
    dt_status st = load_cuda(device, &library, &err);
    if (st == DT_OK) {
        st = dt_cache_create(device, 1, &device->cache, &err);
        if (st != DT_OK) device->backend->close(device);
    }
    if (st != DT_OK) {
        dt_free(device);
        return dt_ctx_fail(ctx, st, "%s", err.text);
    }
    ctx->libraries[ctx->device_count] = library;
    ctx->devices[ctx->device_count++] = device;
    *out = device;
    return DT_OK;
}

void *dt_device_symbol(dt_ctx *ctx, const dt_device *device, const char *name)
{
    for (int i = 0; i < ctx->device_count; i++)
        if (ctx->devices[i] == device) return ctx->libraries[i] ? dlsym(ctx->libraries[i], name) : NULL;
    return NULL;
}

dt_status dt_device_sync(dt_ctx *ctx, dt_device *device)
{
    dt_error err = {0};
    if (device->backend->sync(device, &err) == DT_OK) return DT_OK;
    return dt_ctx_fail(ctx, err.status, "%s", err.text);
}

/* Sizes of the blocks that kernels hold stand in a small table: a device block has no room for a header. */
void *dt_scratch_take(dt_ctx *ctx, dt_device *device, size_t bytes)
{
    dt_error err = {0};
    void *ptr;
    if (ctx->scratch_count == DT_MAX_SCRATCH) {
        dt_ctx_fail(ctx, DT_ERR_STATE, "more than %d scratch blocks at a time", DT_MAX_SCRATCH);
        return NULL;
    }
    if (dt_cache_alloc(device->cache, bytes, &ptr, &err) != DT_OK) {
        dt_ctx_fail(ctx, err.status, "%s", err.text);
        return NULL;
    }
    ctx->scratch[ctx->scratch_count].ptr = ptr;
    ctx->scratch[ctx->scratch_count++].bytes = bytes;
    return ptr;
}

void dt_scratch_give(dt_ctx *ctx, dt_device *device, void *ptr)
{
    for (int i = ctx->scratch_count - 1; ptr && i >= 0; i--) {
        if (ctx->scratch[i].ptr != ptr) continue;
        dt_cache_free(device->cache, ptr, ctx->scratch[i].bytes);
        ctx->scratch[i] = ctx->scratch[--ctx->scratch_count];
        return;
    }
}
