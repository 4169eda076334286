/** Modules: trees with named parameters, buffers and children. Names equal PyTorch's, so that state dicts, freezing and
 *  parameter groups by pattern, summaries, surgery, device moves and import all come from this one mechanism.
 *
 * A module is a struct that begins with dt_module. Its parent owns it; dt_module_destroy of the root frees the tree.
 * Constructors take (ctx, parent, name, ...), return NULL on failure (reason in ctx) and accept a failed (NULL) parent
 * silently, so that a model's constructor checks once at its end. */
#ifndef DT_CORE_MODULE_H
#define DT_CORE_MODULE_H

#include "core/ctx.h"

typedef struct dt_module dt_module;

typedef struct dt_module_class {
    const char *name; /* PyTorch's: "Conv2d" */
    size_t size;      /* of the struct that begins with dt_module */
    /** One tensor in, one out; NULL for modules that have a function of their own. Runs with the module's name pushed on
     *  the context's path. */
    dt_tensor *(*forward)(dt_ctx *ctx, dt_module *self, dt_tensor *x);
    void (*destroy)(dt_module *self);                                  /* own memory beyond the base; or NULL */
    void (*describe)(const dt_module *self, char *out, size_t size);   /* "3, 64, kernel_size=(7, 7)"; or NULL */
} dt_module_class;

typedef struct dt_param {
    char *name;
    dt_tensor *tensor; /* retained by the module */
    int is_buffer;     /* running statistics and the like: saved, not trained */
    int persistent;    /* in the state dict */
} dt_param;

struct dt_module {
    const dt_module_class *cls;
    char *name; /* within the parent; "" for a root */
    dt_module *parent;
    dt_module **children;
    size_t child_count, child_capacity;
    dt_param *params;
    size_t param_count, param_capacity;
    int training; /* 1 at first */
    int frozen_stats; /* norm layers: use running statistics even while training (set by freezing) */
};

/* --- building --- */

/** Zeroed module of cls->size bytes, attached to parent (NULL: a root). */
void *dt_module_new(dt_ctx *ctx, const dt_module_class *cls, dt_module *parent, const char *name);
void dt_module_destroy(dt_module *m);

/** A new parameter (requires a gradient) or buffer, zero-filled, on the context's device. Returns the tensor, which the
 *  module owns. */
dt_tensor *dt_module_param(dt_ctx *ctx, dt_module *m, const char *name, dt_dtype dtype, dt_shape shape);
dt_tensor *dt_module_buffer(dt_ctx *ctx, dt_module *m, const char *name, dt_dtype dtype, dt_shape shape);

/** Fills with values drawn from (seed, full name of the parameter): independent of the order of construction. */
dt_status dt_init_uniform(dt_ctx *ctx, dt_module *m, dt_tensor *t, double lo, double hi);
dt_status dt_init_normal(dt_ctx *ctx, dt_module *m, dt_tensor *t, double mean, double std);

/** Full name "backbone.layer1.0" (of a parameter: with its own name) into out. */
void dt_module_path(const dt_module *m, char *out, size_t size);

/* --- running --- */
dt_tensor *dt_forward(dt_ctx *ctx, dt_module *m, dt_tensor *x);
void dt_module_train(dt_module *m, int training);

/* --- walking: depth first, registration order; full names as in state_dict() --- */
typedef dt_status (*dt_param_visit)(void *arg, const char *full_name, dt_module *owner, dt_param *param);
dt_status dt_module_each_param(dt_module *m, dt_param_visit visit, void *arg);
typedef dt_status (*dt_module_visit)(void *arg, const char *full_name, dt_module *m);
dt_status dt_module_each(dt_module *m, dt_module_visit visit, void *arg);
dt_param *dt_module_find_param(dt_module *m, const char *full_name);
dt_module *dt_module_find(dt_module *m, const char *full_name);
int64_t dt_module_count_params(dt_module *m, int trainable_only);

/** Freezes (or unfreezes) every parameter whose full name matches the glob pattern ("backbone.*"); norm layers below a
 *  match keep their running statistics. Returns how many parameters matched. */
int64_t dt_module_freeze(dt_module *m, const char *pattern, int frozen);

/* --- surgery --- */
/** Detaches the child and destroys it. */
dt_status dt_module_remove(dt_ctx *ctx, dt_module *m, const char *child);
/** Puts `replacement` (a root) in the place of the child of this name, which is destroyed. */
dt_status dt_module_replace(dt_ctx *ctx, dt_module *m, const char *child, dt_module *replacement);
/** Appends a root as the last child. */
dt_status dt_module_append(dt_ctx *ctx, dt_module *m, const char *name, dt_module *child);

/** Moves all parameters and buffers to a device. */
dt_status dt_module_to(dt_ctx *ctx, dt_module *m, dt_device *device);

#endif
