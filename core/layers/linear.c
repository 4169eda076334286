#include <math.h>
#include <stdio.h>

#include "core/layers.h"

typedef struct linear_layer {
    dt_module base;
    dt_tensor *weight, *bias;
    int in, out;
} linear_layer;

static dt_tensor *forward(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    linear_layer *l = (linear_layer *)self;
    return dt_linear(ctx, x, l->weight, l->bias);
}

static void describe(const dt_module *self, char *out, size_t size)
{
    const linear_layer *l = (const linear_layer *)self;
    snprintf(out, size, "in_features=%d, out_features=%d, bias=%s", l->in, l->out,
             l->bias ? "True" : "False");
}

static const dt_module_class linear_class = {"Linear", sizeof(linear_layer), forward, NULL, describe};

dt_module *dt_linear_new(dt_ctx *ctx, dt_module *parent, const char *name, int in, int out, int bias)
{
    linear_layer *l = dt_module_new(ctx, &linear_class, parent, name);
    if (!l) return NULL;
    l->in = in;
    l->out = out;
    if (in < 1 || out < 1) {
        dt_module_fail(ctx, &l->base, DT_ERR_ARG, "%d features in, %d out", in, out);
        return dt_module_finish(ctx, &l->base);
    }
    double bound = 1 / sqrt((double)in); /* kaiming_uniform, a = sqrt(5) */
    l->weight = dt_module_param(ctx, &l->base, "weight", DT_F32, DT_SHAPE(out, in));
    dt_init_uniform(ctx, &l->base, l->weight, -bound, bound);
    if (bias) {
        l->bias = dt_module_param(ctx, &l->base, "bias", DT_F32, DT_SHAPE(out));
        dt_init_uniform(ctx, &l->base, l->bias, -bound, bound);
    }
    return dt_module_finish(ctx, &l->base);
}
