/** Inside of dt_ctx, for core/ only. */
#ifndef DT_CORE_CTX_IMPL_H
#define DT_CORE_CTX_IMPL_H

#include "core/cache.h"
#include "core/ctx.h"
#include "core/device.h"

enum { DT_MAX_DEVICES = 17, DT_MAX_PATH_DEPTH = 24, DT_MAX_SCRATCH = 16 };

typedef struct dt_tape dt_tape;

struct dt_ctx {
    dt_error err;
    dt_pool *pool;
    uint64_t seed, step, draws;
    int reference;
    dt_device *devices[DT_MAX_DEVICES]; /* [0] is the CPU */
    void *libraries[DT_MAX_DEVICES];    /* of loaded backends */
    int device_count;
    dt_device *device;
    dt_tensor **scope_items;
    size_t scope_count, scope_capacity;
    char path[512];
    size_t path_len, path_marks[DT_MAX_PATH_DEPTH];
    int path_depth;
    dt_tape *tape;
    dt_op_timer op_timer; /* or NULL */
    void *op_timer_arg;
    struct {
        void *ptr;
        size_t bytes;
    } scratch[DT_MAX_SCRATCH];
    int scratch_count;
};

dt_status dt_tape_create(dt_ctx *ctx, dt_error *err);
void dt_tape_destroy(dt_ctx *ctx);

/** Called by the dispatcher after a kernel ran: records the application if a gradient can flow through it. */
dt_status dt_tape_record(dt_ctx *ctx, const dt_call *call);

/** The CPU backend and its device state. */
extern const dt_backend dt_backend_cpu;

/** A tensor with this meta on `device`: fresh storage (storage NULL) or a view of `storage`. Belongs to
 *  nobody yet: one reference for the caller. */
dt_tensor *dt_tensor_make(dt_ctx *ctx, dt_device *device, const dt_meta *meta, dt_storage *storage);

void dt_strides_contiguous(const dt_shape *shape, int64_t *stride);

#endif
