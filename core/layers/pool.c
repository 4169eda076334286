/* Layers that change the two spatial axes and have no parameters. */
#include <stdio.h>

#include "core/layers.h"

typedef struct pool_layer {
    dt_module base;
    dt_pool2d_args args;
} pool_layer;

typedef struct size_layer {
    dt_module base;
    int h, w; /* adaptive: size of the result; upsample: factor */
} size_layer;

static dt_tensor *max_pool(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    return dt_max_pool2d(ctx, x, &((pool_layer *)self)->args);
}

static dt_tensor *avg_pool(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    return dt_avg_pool2d(ctx, x, &((pool_layer *)self)->args);
}

static dt_tensor *adaptive(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    size_layer *l = (size_layer *)self;
    return dt_adaptive_avg_pool2d(ctx, x, l->h, l->w);
}

static dt_tensor *upsample(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    size_layer *l = (size_layer *)self;
    if (x->shape.rank != 4) {
        dt_ctx_fail(ctx, DT_ERR_SHAPE, "upsample: x has rank %d, not 4 (N, C, H, W)", x->shape.rank);
        return NULL;
    }
    return dt_upsample_nearest(ctx, x, dt_dim(x, 2) * l->h, dt_dim(x, 3) * l->w);
}

static void describe_max_pool(const dt_module *self, char *out, size_t size)
{
    const dt_pool2d_args *a = &((const pool_layer *)self)->args;
    snprintf(out, size, "kernel_size=%d, stride=%d, padding=%d, dilation=1, ceil_mode=False", a->kernel[0],
             a->stride[0], a->pad[0]);
}

static void describe_avg_pool(const dt_module *self, char *out, size_t size)
{
    const dt_pool2d_args *a = &((const pool_layer *)self)->args;
    snprintf(out, size, "kernel_size=%d, stride=%d, padding=%d", a->kernel[0], a->stride[0], a->pad[0]);
}

static void describe_adaptive(const dt_module *self, char *out, size_t size)
{
    const size_layer *l = (const size_layer *)self;
    snprintf(out, size, "output_size=(%d, %d)", l->h, l->w);
}

static void describe_upsample(const dt_module *self, char *out, size_t size)
{
    snprintf(out, size, "scale_factor=%d.0, mode='nearest'", ((const size_layer *)self)->h);
}

static const dt_module_class max_pool_class = {"MaxPool2d", sizeof(pool_layer), max_pool, NULL,
                                               describe_max_pool};
static const dt_module_class avg_pool_class = {"AvgPool2d", sizeof(pool_layer), avg_pool, NULL,
                                               describe_avg_pool};
static const dt_module_class adaptive_class = {"AdaptiveAvgPool2d", sizeof(size_layer), adaptive, NULL,
                                               describe_adaptive};
static const dt_module_class upsample_class = {"Upsample", sizeof(size_layer), upsample, NULL,
                                               describe_upsample};

static dt_module *pool_new(dt_ctx *ctx, const dt_module_class *cls, dt_module *parent, const char *name,
                           int kernel, int stride, int pad)
{
    pool_layer *l = dt_module_new(ctx, cls, parent, name);
    if (!l) return NULL;
    if (stride == 0) stride = kernel;
    l->args = (dt_pool2d_args){{kernel, kernel}, {stride, stride}, {pad, pad}, 0, 1};
    if (kernel < 1 || stride < 1 || pad < 0 || pad > kernel / 2)
        dt_module_fail(ctx, &l->base, DT_ERR_ARG,
                       "kernel %d, stride %d, padding %d (at most half the kernel)", kernel, stride, pad);
    return dt_module_finish(ctx, &l->base);
}

dt_module *dt_max_pool_new(dt_ctx *ctx, dt_module *parent, const char *name, int kernel, int stride, int pad)
{
    return pool_new(ctx, &max_pool_class, parent, name, kernel, stride, pad);
}

dt_module *dt_avg_pool_new(dt_ctx *ctx, dt_module *parent, const char *name, int kernel, int stride, int pad)
{
    return pool_new(ctx, &avg_pool_class, parent, name, kernel, stride, pad);
}

static dt_module *size_new(dt_ctx *ctx, const dt_module_class *cls, dt_module *parent, const char *name,
                           int h, int w)
{
    size_layer *l = dt_module_new(ctx, cls, parent, name);
    if (!l) return NULL;
    l->h = h;
    l->w = w;
    if (h < 1 || w < 1) dt_module_fail(ctx, &l->base, DT_ERR_ARG, "size (%d, %d)", h, w);
    return dt_module_finish(ctx, &l->base);
}

dt_module *dt_adaptive_avg_pool_new(dt_ctx *ctx, dt_module *parent, const char *name, int out_h, int out_w)
{
    return size_new(ctx, &adaptive_class, parent, name, out_h, out_w);
}

dt_module *dt_upsample_new(dt_ctx *ctx, dt_module *parent, const char *name, int scale)
{
    return size_new(ctx, &upsample_class, parent, name, scale, scale);
}
