#include "models/resnet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct resnet {
    dt_module base;
    int channels[4];
} resnet;

/* Children by position. */
enum { STEM_CONV, STEM_NORM, LAYER1, CLASSIFIER = LAYER1 + 4 };

static const struct {
    int depth, bottleneck, blocks[4];
} variants[] = {
    {18, 0, {2, 2, 2, 2}},   {34, 0, {3, 4, 6, 3}},   {50, 1, {3, 4, 6, 3}},
    {101, 1, {3, 4, 23, 3}}, {152, 1, {3, 8, 36, 3}},
};

typedef struct residual_block {
    dt_module base;
    int convs;      /* 2, or 3 in a bottleneck; children: conv1, bn1, conv2, ... */
    int downsample; /* one more child: projects x */
} residual_block;

static dt_tensor *block_forward(dt_ctx *ctx, dt_module *m, dt_tensor *x)
{
    const residual_block *b = (const residual_block *)m;
    dt_tensor *y = x;
    for (int i = 0; i < b->convs; i++) {
        y = dt_forward(ctx, m->children[2 * i], y);
        y = dt_forward(ctx, m->children[2 * i + 1], y);
        if (i + 1 < b->convs) y = dt_relu(ctx, y);
    }
    if (b->downsample) x = dt_forward(ctx, m->children[2 * b->convs], x);
    return dt_relu(ctx, dt_add(ctx, y, x));
}

static const dt_module_class basic_class = {"BasicBlock", sizeof(residual_block), block_forward, NULL, NULL};
static const dt_module_class bottleneck_class = {"Bottleneck", sizeof(residual_block), block_forward, NULL,
                                                 NULL};

/* Convolution with kaiming_normal (fan_out, relu), then a batch norm of weight 1 and bias 0. */
static void conv_norm(dt_ctx *ctx, dt_module *parent, const char *conv_name, const char *norm_name, int in,
                      int out, int kernel, int stride)
{
    dt_conv_opts opts = {.kernel = kernel, .stride = stride, .pad = -1};
    dt_conv2d_layer *conv = (dt_conv2d_layer *)dt_conv2d_new(ctx, parent, conv_name, in, out, &opts);
    if (conv) dt_init_normal(ctx, &conv->base, conv->weight, 0, sqrt(2.0 / ((double)out * kernel * kernel)));
    dt_batch_norm_new(ctx, parent, norm_name, out, 0, 0);
}

static void block_new(dt_ctx *ctx, dt_module *layer, int index, int bottleneck, int in, int mid, int stride)
{
    static const char *const conv_names[] = {"conv1", "conv2", "conv3"}, *const norm_names[] = {"bn1", "bn2",
                                                                                                "bn3"};
    char name[16];
    snprintf(name, sizeof name, "%d", index);
    residual_block *b =
        layer ? dt_module_new(ctx, bottleneck ? &bottleneck_class : &basic_class, layer, name) : NULL;
    if (!b) return;
    int out = bottleneck ? 4 * mid : mid;
    b->convs = bottleneck ? 3 : 2;
    for (int i = 0; i < b->convs; i++) {
        int first = i == 0, last = i == b->convs - 1;
        int kernel = bottleneck && i != 1 ? 1 : 3;
        int strided = bottleneck ? i == 1 : first;
        conv_norm(ctx, &b->base, conv_names[i], norm_names[i], first ? in : mid, last ? out : mid, kernel,
                  strided ? stride : 1);
    }
    b->downsample = stride != 1 || in != out;
    if (!b->downsample) return;
    dt_module *down = dt_sequential_new(ctx, &b->base, "downsample");
    if (down) conv_norm(ctx, down, "0", "1", in, out, 1, stride);
}

static dt_status run_features(dt_ctx *ctx, dt_module *m, dt_tensor *x, dt_tensor *out[4])
{
    static const dt_pool2d_args pool = {.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1}};
    x = dt_forward(ctx, m->children[STEM_CONV], x);
    x = dt_relu(ctx, dt_forward(ctx, m->children[STEM_NORM], x));
    x = dt_max_pool2d(ctx, x, &pool);
    for (int i = 0; i < 4; i++)
        out[i] = x = dt_forward(ctx, m->children[LAYER1 + i], x);
    return dt_ctx_status(ctx);
}

dt_status dt_resnet_features(dt_ctx *ctx, dt_module *m, dt_tensor *x, dt_tensor *out[4])
{
    dt_path_push(ctx, m->name);
    dt_status st = run_features(ctx, m, x, out);
    dt_path_pop(ctx);
    if (st != DT_OK) memset(out, 0, 4 * sizeof *out);
    return st;
}

static dt_tensor *resnet_forward(dt_ctx *ctx, dt_module *m, dt_tensor *x)
{
    dt_tensor *features[4];
    if (m->child_count <= CLASSIFIER) {
        dt_ctx_fail(ctx, DT_ERR_STATE, "this ResNet has no classifier");
        return NULL;
    }
    if (run_features(ctx, m, x, features) != DT_OK) return NULL;
    x = dt_flatten(ctx, dt_adaptive_avg_pool2d(ctx, features[3], 1, 1), 1, -1);
    return dt_forward(ctx, m->children[CLASSIFIER], x);
}

static const dt_module_class resnet_class = {"ResNet", sizeof(resnet), resnet_forward, NULL, NULL};

void dt_resnet_channels(const dt_module *m, int out[4])
{
    memcpy(out, ((const resnet *)m)->channels, 4 * sizeof *out);
}

dt_module *dt_resnet_new(dt_ctx *ctx, dt_module *parent, const char *name, int depth, int classes)
{
    size_t v = 0, count = sizeof variants / sizeof *variants;
    while (v < count && variants[v].depth != depth)
        v++;
    if (v == count || classes < 0) {
        dt_ctx_fail(ctx, DT_ERR_ARG, "resnet: depth %d with %d classes; depths are 18, 34, 50, 101, 152",
                    depth, classes);
        return NULL;
    }
    resnet *r = dt_module_new(ctx, &resnet_class, parent, name);
    if (!r) return NULL;
    conv_norm(ctx, &r->base, "conv1", "bn1", 3, 64, 7, 2);
    int in = 64;
    for (int i = 0; i < 4; i++) {
        char layer_name[16];
        snprintf(layer_name, sizeof layer_name, "layer%d", i + 1);
        dt_module *layer = dt_sequential_new(ctx, &r->base, layer_name);
        r->channels[i] = (64 << i) * (variants[v].bottleneck ? 4 : 1);
        for (int k = 0; k < variants[v].blocks[i]; k++) {
            block_new(ctx, layer, k, variants[v].bottleneck, in, 64 << i, i > 0 && k == 0 ? 2 : 1);
            in = r->channels[i];
        }
    }
    if (classes > 0) dt_linear_new(ctx, &r->base, "fc", in, classes, 1);
    return dt_module_finish(ctx, &r->base);
}
