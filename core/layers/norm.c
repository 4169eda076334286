/* LayerNorm and GroupNorm: a weight and a bias, no running statistics. */
#include <stdio.h>

#include "core/layers.h"
#include "core/num.h"

typedef struct norm_layer {
    dt_module base;
    dt_tensor *weight, *bias;
    double eps;
    int groups; /* GroupNorm */
} norm_layer;

static dt_tensor *layer_norm(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    norm_layer *l = (norm_layer *)self;
    return dt_layer_norm(ctx, x, 1, l->weight, l->bias, l->eps);
}

static void describe_layer_norm(const dt_module *self, char *out, size_t size)
{
    const norm_layer *l = (const norm_layer *)self;
    char eps[DT_NUM_MAX];
    dt_format_f64(eps, l->eps);
    snprintf(out, size, "(%lld,), eps=%s, elementwise_affine=True, bias=True", (long long)dt_numel(l->weight),
             eps);
}

static dt_tensor *group_norm(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    norm_layer *l = (norm_layer *)self;
    return dt_group_norm(ctx, x, l->groups, l->weight, l->bias, l->eps);
}

static void describe_group_norm(const dt_module *self, char *out, size_t size)
{
    const norm_layer *l = (const norm_layer *)self;
    char eps[DT_NUM_MAX];
    dt_format_f64(eps, l->eps);
    snprintf(out, size, "%d, %lld, eps=%s, affine=True, bias=True", l->groups, (long long)dt_numel(l->weight),
             eps);
}

static const dt_module_class layer_norm_class = {"LayerNorm", sizeof(norm_layer), layer_norm, NULL,
                                                 describe_layer_norm};
static const dt_module_class group_norm_class = {"GroupNorm", sizeof(norm_layer), group_norm, NULL,
                                                 describe_group_norm};

static dt_module *finish(dt_ctx *ctx, norm_layer *l, int features, double eps)
{
    l->eps = eps != 0 ? eps : 1e-5;
    l->weight = dt_module_param(ctx, &l->base, "weight", DT_F32, DT_SHAPE(features));
    l->bias = dt_module_param(ctx, &l->base, "bias", DT_F32, DT_SHAPE(features));
    dt_fill(ctx, l->weight, 1);
    return dt_module_finish(ctx, &l->base);
}

dt_module *dt_layer_norm_new(dt_ctx *ctx, dt_module *parent, const char *name, int features, double eps)
{
    norm_layer *l = dt_module_new(ctx, &layer_norm_class, parent, name);
    return l ? finish(ctx, l, features, eps) : NULL;
}

dt_module *dt_group_norm_new(dt_ctx *ctx, dt_module *parent, const char *name, int groups, int channels,
                             double eps)
{
    norm_layer *l = dt_module_new(ctx, &group_norm_class, parent, name);
    if (!l) return NULL;
    l->groups = groups;
    if (groups < 1 || channels % groups)
        dt_module_fail(ctx, &l->base, DT_ERR_ARG, "%d channels do not fall into %d groups", channels, groups);
    return finish(ctx, l, channels, eps);
}
