#include <string.h>

#include "core/ctx_impl.h"
#include "core/mem.h"

static dt_status cpu_alloc(dt_device *device, size_t bytes, void **ptr, dt_error *err)
{
    (void)device;
    *ptr = dt_malloc_aligned(bytes);
    return *ptr ? DT_OK : dt_fail_memory(err, bytes, "a tensor");
}

static void cpu_free(dt_device *device, void *ptr)
{
    (void)device;
    dt_free(ptr);
}

static dt_status cpu_copy(dt_device *device, void *dst, const void *src, size_t bytes, dt_error *err)
{
    (void)device;
    (void)err;
    if (bytes) memcpy(dst, src, bytes);
    return DT_OK;
}

static dt_status cpu_zero(dt_device *device, void *dst, size_t bytes, dt_error *err)
{
    (void)device;
    (void)err;
    if (bytes) memset(dst, 0, bytes);
    return DT_OK;
}

static dt_status cpu_sync(dt_device *device, dt_error *err)
{
    (void)device;
    (void)err;
    return DT_OK;
}

static dt_kernel_fn cpu_kernel(dt_device *device, const dt_op *op, dt_dtype dtype)
{
    const dt_ctx *ctx = device->state;
    if (!ctx->reference && op->cpu.fn && op->cpu.dtypes & DT_BIT(dtype)) return op->cpu.fn;
    return op->ref.fn && op->ref.dtypes & DT_BIT(dtype) ? op->ref.fn : NULL;
}

const dt_backend dt_backend_cpu = {
    .name = "cpu",
    .alloc = cpu_alloc,
    .free = cpu_free,
    .host_alloc = cpu_alloc,
    .host_free = cpu_free,
    .copy_in = cpu_copy,
    .copy_out = cpu_copy,
    .copy_within = cpu_copy,
    .zero = cpu_zero,
    .sync = cpu_sync,
    .kernel = cpu_kernel,
};
