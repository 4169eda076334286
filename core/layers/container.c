/* Sequential, ModuleList, Flatten. */
#include <stdio.h>

#include "core/layers.h"

static dt_tensor *run_in_order(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    for (size_t i = 0; i < self->child_count && x; i++)
        x = dt_forward(ctx, self->children[i], x);
    return x;
}

static dt_tensor *flatten(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    (void)self;
    return dt_flatten(ctx, x, 1, -1);
}

static void describe_flatten(const dt_module *self, char *out, size_t size)
{
    (void)self;
    snprintf(out, size, "start_dim=1, end_dim=-1");
}

static const dt_module_class sequential_class = {"Sequential", sizeof(dt_module), run_in_order, NULL, NULL};
static const dt_module_class list_class = {"ModuleList", sizeof(dt_module), NULL, NULL, NULL};
static const dt_module_class flatten_class = {"Flatten", sizeof(dt_module), flatten, NULL, describe_flatten};

dt_module *dt_sequential_new(dt_ctx *ctx, dt_module *parent, const char *name)
{
    return dt_module_new(ctx, &sequential_class, parent, name);
}

dt_module *dt_module_list_new(dt_ctx *ctx, dt_module *parent, const char *name)
{
    return dt_module_new(ctx, &list_class, parent, name);
}

dt_module *dt_flatten_new(dt_ctx *ctx, dt_module *parent, const char *name)
{
    return dt_module_new(ctx, &flatten_class, parent, name);
}
