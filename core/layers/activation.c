#include "core/layers.h"

#include <stdio.h>

typedef struct activation_layer {
    dt_module base;
    dt_activation kind;
} activation_layer;

static const double leaky_slope = 0.01;

dt_tensor *dt_activate(dt_ctx *ctx, dt_tensor *x, dt_activation kind)
{
    switch (kind) {
    case DT_ACT_NONE:
        return x;
    case DT_ACT_RELU:
        return dt_relu(ctx, x);
    case DT_ACT_SILU:
        return dt_silu(ctx, x);
    case DT_ACT_LEAKY_RELU:
        return dt_leaky_relu(ctx, x, leaky_slope);
    case DT_ACT_GELU:
        return dt_gelu(ctx, x);
    case DT_ACT_SIGMOID:
        return dt_sigmoid(ctx, x);
    case DT_ACT_HARDSWISH:
        return dt_hardswish(ctx, x);
    case DT_ACT_MISH:
        return dt_mish(ctx, x);
    }
    dt_ctx_fail(ctx, DT_ERR_ARG, "no activation has the number %d", (int)kind);
    return NULL;
}

static dt_tensor *forward(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    return dt_activate(ctx, x, ((activation_layer *)self)->kind);
}

static void describe(const dt_module *self, char *out, size_t size)
{
    dt_activation kind = ((const activation_layer *)self)->kind;
    snprintf(out, size, "%s",
             kind == DT_ACT_LEAKY_RELU ? "negative_slope=0.01"
             : kind == DT_ACT_GELU     ? "approximate='none'"
                                       : "");
}

#define ACTIVATION_CLASS(name)                                                                               \
    {                                                                                                        \
        name, sizeof(activation_layer), forward, NULL, describe                                              \
    }
static const dt_module_class classes[] = {
    [DT_ACT_NONE] = ACTIVATION_CLASS("Identity"),       [DT_ACT_RELU] = ACTIVATION_CLASS("ReLU"),
    [DT_ACT_SILU] = ACTIVATION_CLASS("SiLU"),           [DT_ACT_LEAKY_RELU] = ACTIVATION_CLASS("LeakyReLU"),
    [DT_ACT_GELU] = ACTIVATION_CLASS("GELU"),           [DT_ACT_SIGMOID] = ACTIVATION_CLASS("Sigmoid"),
    [DT_ACT_HARDSWISH] = ACTIVATION_CLASS("Hardswish"), [DT_ACT_MISH] = ACTIVATION_CLASS("Mish"),
};

dt_module *dt_activation_new(dt_ctx *ctx, dt_module *parent, const char *name, dt_activation kind)
{
    if ((unsigned)kind >= sizeof classes / sizeof *classes) {
        dt_ctx_fail(ctx, DT_ERR_ARG, "no activation has the number %d", (int)kind);
        return NULL;
    }
    activation_layer *l = dt_module_new(ctx, &classes[kind], parent, name);
    if (!l) return NULL;
    l->kind = kind;
    return &l->base;
}
