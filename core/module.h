/** Modules: trees with named parameters, buffers and children. Names equal PyTorch's, so that state dicts,
 * freezing and parameter groups by pattern, summaries, surgery, device moves and import all come from this
 * one mechanism.
 *
 * A module is a struct that begins with dt_module. Its parent owns it; dt_module_destroy of the root frees
 * the tree. Constructors take (ctx, parent, name, ...), return NULL on failure (reason in ctx) and do nothing
 * once the context holds an error, so that a model's constructor checks once at its end:
 *
 *     net *n = dt_module_new(ctx, &net_class, parent, name);
 *     if (!n) return NULL;
 *     n->conv = dt_conv2d_new(ctx, &n->base, "conv", 3, 64, &(dt_conv_opts){.kernel = 3, .pad = -1});
 *     n->fc = dt_linear_new(ctx, &n->base, "fc", 64, 10, 1);
 *     return dt_module_finish(ctx, &n->base);
 *
 * A struct may keep pointers to modules of its own tree (fields of the struct itself, not of memory behind
 * it), of type dt_module * and called through dt_forward: surgery finds and updates them. A module that was
 * removed is NULL there. */
#ifndef DT_CORE_MODULE_H
#define DT_CORE_MODULE_H

#include "core/ctx.h"
#include "core/str.h"

typedef struct dt_module dt_module;

typedef struct dt_module_class {
    const char *name; /* PyTorch's: "Conv2d" */
    size_t size;      /* of the struct that begins with dt_module */
    /** One tensor in, one out; NULL for modules that have a function of their own. Runs with the module's
     * name pushed on the context's path. */
    dt_tensor *(*forward)(dt_ctx *ctx, dt_module *self, dt_tensor *x);
    void (*destroy)(dt_module *self); /* own memory beyond the base; or NULL */
    void (*describe)(const dt_module *self, char *out,
                     size_t size); /* "3, 64, kernel_size=(7, 7)"; or NULL */
} dt_module_class;

typedef struct dt_param {
    char *name;
    dt_tensor *tensor; /* retained by the module; the same dt_tensor as long as the module lives */
    int is_buffer;     /* running statistics and the like: saved, not trained */
    int persistent;    /* in the state dict */
    int on_host;       /* stays on the CPU whatever the module's device (counters) */
} dt_param;

struct dt_module {
    const dt_module_class *cls;
    char *name; /* within the parent; "" for a root */
    dt_module *parent;
    dt_module **children;
    size_t child_count, child_capacity;
    dt_param *params;
    size_t param_count, param_capacity;
    int training;     /* 1 at first */
    int frozen_stats; /* norm layers: use running statistics even while training (set by freezing) */
};

/** Limits that keep walking free of allocations: full names with their end, nesting. */
enum { DT_MODULE_PATH_MAX = 512, DT_MODULE_DEPTH_MAX = 64 };

/* --- building --- */

/** Zeroed module of cls->size bytes, attached to parent (NULL: a root). name NULL: the number of the parent's
 * children so far ("0", "1", ...; "" for a root). Names are unique within the parent and have no '.'. NULL
 * without a word when the context holds an error already (a NULL parent may be the constructor that failed).
 */
void *dt_module_new(dt_ctx *ctx, const dt_module_class *cls, dt_module *parent, const char *name);

/** End of a constructor: m, or NULL with m destroyed if the context holds an error. */
dt_module *dt_module_finish(dt_ctx *ctx, dt_module *m);

/** Detaches m from its parent, if it has one, and frees its tree. NULL allowed. */
void dt_module_destroy(dt_module *m);

/** A new parameter (requires a gradient) or buffer, zero-filled, on the context's device. Returns the tensor,
 * which the module owns. */
dt_tensor *dt_module_param(dt_ctx *ctx, dt_module *m, const char *name, dt_dtype dtype, dt_shape shape);
dt_tensor *dt_module_buffer(dt_ctx *ctx, dt_module *m, const char *name, dt_dtype dtype, dt_shape shape);
/** A buffer of one int64 that stays on the host. */
dt_tensor *dt_module_counter(dt_ctx *ctx, dt_module *m, const char *name);
/** A buffer that the state dict leaves out (register_buffer(persistent=False)). */
dt_tensor *dt_module_temporary(dt_ctx *ctx, dt_module *m, const char *name, dt_dtype dtype, dt_shape shape);

/** Fills float32/float64 t, a parameter of m, with values drawn from (seed, full name of the parameter):
 * independent of the order of construction and of the threads. */
dt_status dt_init_uniform(dt_ctx *ctx, dt_module *m, dt_tensor *t, double lo, double hi);
dt_status dt_init_normal(dt_ctx *ctx, dt_module *m, dt_tensor *t, double mean, double std);

/** Full name "backbone.layer1.0" (of a parameter: with its own name) into out. */
void dt_module_path(const dt_module *m, char *out, size_t size);

/** Records "full.name: Class: text" in the context, for constructors. */
dt_status dt_module_fail(dt_ctx *ctx, const dt_module *m, dt_status status, const char *fmt, ...)
    DT_PRINTF(4, 5);

/* --- running --- */

/** The class's forward with the module's name on the context's path. What forward made on its way is freed
 * when it returns; the result belongs to the caller's scope. */
dt_tensor *dt_forward(dt_ctx *ctx, dt_module *m, dt_tensor *x);
void dt_module_train(dt_module *m, int training);

/** The tree as PyTorch's print(model) shows it. */
void dt_module_print(const dt_module *m, dt_str *out);

/* --- walking: depth first, a module before its children, its parameters before its buffers; names and order
 * as in state_dict() --- */

/** Stops at the first visit that does not return DT_OK and returns its status. */
typedef dt_status (*dt_param_visit)(void *arg, const char *full_name, dt_module *owner, dt_param *param);
dt_status dt_module_each_param(dt_module *m, dt_param_visit visit, void *arg);
typedef dt_status (*dt_module_visit)(void *arg, const char *full_name, dt_module *m);
dt_status dt_module_each(dt_module *m, dt_module_visit visit, void *arg);
/** NULL if there is none. The names are those below m; "" finds m itself. */
dt_param *dt_module_find_param(dt_module *m, const char *full_name);
dt_module *dt_module_find(dt_module *m, const char *full_name);
/** Elements of all parameters (not buffers). */
int64_t dt_module_count_params(dt_module *m, int trainable_only);

/** Freezes (or unfreezes) every parameter whose full name matches the glob pattern ("backbone.*"). A module
 * with a match whose parameters are all frozen afterwards keeps its running statistics (frozen_stats).
 * Returns how many parameters matched. */
int64_t dt_module_freeze(dt_module *m, const char *pattern, int frozen);

/* --- surgery --- (children that are named by their position, as in Sequential, are numbered anew) */
/** Detaches the child and destroys it. */
dt_status dt_module_remove(dt_ctx *ctx, dt_module *m, const char *child);
/** Puts `replacement` (a root) in the place of the child of this name, which is destroyed. The replacement is
 * taken over in any case: on failure it is destroyed. */
dt_status dt_module_replace(dt_ctx *ctx, dt_module *m, const char *child, dt_module *replacement);
/** Appends a root as the last child (name NULL: its number). Taken over in any case. */
dt_status dt_module_append(dt_ctx *ctx, dt_module *m, const char *name, dt_module *child);
/** Keeps the children begin..end-1 (end beyond the last: all from begin on) and destroys the others. */
dt_status dt_module_slice(dt_ctx *ctx, dt_module *m, size_t begin, size_t end);

/** Moves all parameters and buffers to a device; gradients are dropped. All or nothing. */
dt_status dt_module_to(dt_ctx *ctx, dt_module *m, dt_device *device);

#endif
