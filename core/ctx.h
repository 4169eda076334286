/** The context: what the ops of one thread share. Not thread-safe; use one a thread. */
#ifndef DT_CORE_CTX_H
#define DT_CORE_CTX_H

#include "core/pool.h"
#include "core/tensor.h"

typedef struct dt_ctx_opts {
    int threads;   /* 0: as many as processors */
    uint64_t seed; /* of parameter initialisation and dropout */
    int reference; /* 1: reference kernels only (also by the environment: DT_KERNELS=ref) */
} dt_ctx_opts;

dt_status dt_ctx_create(const dt_ctx_opts *opts, dt_ctx **ctx, dt_error *err);
/** Frees everything that belongs to the context; tensors retained elsewhere must have been released before. */
void dt_ctx_destroy(dt_ctx *ctx);

dt_pool *dt_ctx_pool(dt_ctx *ctx);
uint64_t dt_ctx_seed(const dt_ctx *ctx);

/** Device on which new tensors are made (the CPU at first). */
dt_device *dt_ctx_device(dt_ctx *ctx);
void dt_ctx_set_device(dt_ctx *ctx, dt_device *device);
void dt_ctx_set_reference(dt_ctx *ctx, int reference);
int dt_ctx_is_reference(const dt_ctx *ctx);

/* --- errors: the first one stays until it is cleared --- */
dt_error *dt_ctx_error(dt_ctx *ctx);
dt_status dt_ctx_status(const dt_ctx *ctx);
void dt_ctx_clear_error(dt_ctx *ctx);
/** Records an error ("module.path: text") unless one is there already; returns the status that stands. */
dt_status dt_ctx_fail(dt_ctx *ctx, dt_status status, const char *fmt, ...) DT_PRINTF(3, 4);
dt_status dt_ctx_fail_memory(dt_ctx *ctx, size_t bytes, const char *what);

/* --- scopes: op results live until the scope that was open when they were made is closed --- */
typedef size_t dt_scope;
dt_scope dt_scope_open(dt_ctx *ctx);
/** Closes this scope and any that was opened after it. */
void dt_scope_close(dt_ctx *ctx, dt_scope scope);
/** Closes the scope and hands t (NULL allowed) over to the one around it. */
dt_tensor *dt_scope_return(dt_ctx *ctx, dt_scope scope, dt_tensor *t);
/** Makes t belong to the open scope (takes over one reference). */
dt_tensor *dt_scope_adopt(dt_ctx *ctx, dt_tensor *t);

/* --- where we are, for messages: "backbone.layer2.0.conv1" --- */
void dt_path_push(dt_ctx *ctx, const char *name);
void dt_path_pop(dt_ctx *ctx);

/* --- randomness of the step: dropout draws from (seed, step, call number) --- */
void dt_ctx_set_step(dt_ctx *ctx, uint64_t step);
uint64_t dt_ctx_step(const dt_ctx *ctx);
uint64_t dt_ctx_next_draw(dt_ctx *ctx);

#endif
