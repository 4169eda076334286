/** Devices and backends.
 *
 * A backend allocates, copies and names kernels; the operands' device decides which one runs an op. The CPU
 * backend is built in; the CUDA backend is a module that is loaded at run time (core/cuda/), so that the
 * program starts on machines without any CUDA library. No other file knows which backends exist. */
#ifndef DT_CORE_DEVICE_H
#define DT_CORE_DEVICE_H

#include "core/op.h"
#include "core/types.h"

typedef enum dt_device_type { DT_CPU, DT_CUDA } dt_device_type;

typedef struct dt_backend {
    const char *name;
    /** Uninitialised memory, at least 64-byte aligned. */
    dt_status (*alloc)(dt_device *device, size_t bytes, void **ptr, dt_error *err);
    void (*free)(dt_device *device, void *ptr);
    /** Memory of the host, 64-byte aligned, that copies to the device are fastest from (CUDA: page-locked).
     * Callable from any thread. */
    dt_status (*host_alloc)(dt_device *device, size_t bytes, void **ptr, dt_error *err);
    void (*host_free)(dt_device *device, void *ptr);
    /** Copies between host and device, ordered after the kernels launched before; copy_out returns when the
     * host may read. copy_within never overlaps. */
    dt_status (*copy_in)(dt_device *device, void *dst, const void *host, size_t bytes, dt_error *err);
    dt_status (*copy_out)(dt_device *device, void *host, const void *src, size_t bytes, dt_error *err);
    dt_status (*copy_within)(dt_device *device, void *dst, const void *src, size_t bytes, dt_error *err);
    dt_status (*zero)(dt_device *device, void *dst, size_t bytes, dt_error *err);
    /** Waits for all work that was launched; reports errors of it. */
    dt_status (*sync)(dt_device *device, dt_error *err);
    /** The kernel for this op and data type; NULL if there is none. */
    dt_kernel_fn (*kernel)(dt_device *device, const dt_op *op, dt_dtype dtype);
    void (*close)(dt_device *device);
} dt_backend;

struct dt_device {
    dt_device_type type;
    int index;
    char name[32]; /* "cpu", "cuda:0" */
    const dt_backend *backend;
    void *state;            /* the backend's own */
    struct dt_cache *cache; /* freed blocks kept for reuse */
};

/** Opens "cpu", "cuda" or "cuda:N"; the context keeps it and gives the same one again. A missing CUDA module,
 * library or GPU is DT_ERR_DEVICE with the reason. */
dt_status dt_device_open(dt_ctx *ctx, const char *name, dt_device **device);
dt_device *dt_cpu(dt_ctx *ctx);

dt_status dt_device_sync(dt_ctx *ctx, dt_device *device);

/** Scratch memory for a kernel, on the operands' device, from the device's cache; give it back before
 * returning. */
void *dt_scratch_take(dt_ctx *ctx, dt_device *device, size_t bytes);
void dt_scratch_give(dt_ctx *ctx, dt_device *device, void *ptr);

/** A function that the device's module exports beside its kernels, for work above the core that is no op (NMS
 * of detect/): NULL if the device has none of this name. The header that documents the name gives its type.
 */
void *dt_device_symbol(dt_ctx *ctx, const dt_device *device, const char *name);

/** What the program lends to a module. A module refers to no symbol of the program, so that it loads into any
 * program, whatever that exports. */
typedef struct dt_host {
    dt_status (*ctx_fail)(dt_ctx *ctx, dt_status status, const char *fmt, ...) DT_PRINTF(3, 4);
    void *(*scratch_take)(dt_ctx *ctx, dt_device *device, size_t bytes);
    void (*scratch_give)(dt_ctx *ctx, dt_device *device, void *ptr);
    void *(*calloc)(size_t count, size_t bytes);
    void (*free)(void *ptr);
} dt_host;

/** What a loadable module exports under the name "dt_backend_entry". version must equal DT_BACKEND_VERSION,
 * which changes with every struct that both sides see. open fills device->backend and device->state; type,
 * index and name are set before. `host` stays valid as long as the program runs. */
enum { DT_BACKEND_VERSION = 3 };
typedef struct dt_backend_module {
    uint32_t version;
    uint32_t op_count; /* DT_OP_COUNT that it was compiled with */
    dt_status (*open)(const dt_host *host, dt_device *device, dt_error *err);
} dt_backend_module;

#endif
