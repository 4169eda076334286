/** The network of tests/golden/make_module.py. */
#ifndef DT_TESTS_CORE_NET_H
#define DT_TESTS_CORE_NET_H

#include "core/layers.h"

typedef struct block {
    dt_module base;
    dt_module *conv, *bn, *act;
} block;

typedef struct net {
    dt_module base;
    dt_module *stem, *blocks, *norms, *head, *first_conv;
} net;

static dt_tensor *block_forward(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    block *b = (block *)self;
    x = dt_forward(ctx, b->conv, x);
    x = dt_forward(ctx, b->bn, x);
    return dt_forward(ctx, b->act, x);
}

static const dt_module_class block_class = {"Block", sizeof(block), block_forward, NULL, NULL};
static dt_tensor *net_forward(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    net *n = (net *)self;
    x = dt_forward(ctx, n->stem, x);
    for (size_t i = 0; i < n->blocks->child_count && x; i++)
        x = dt_forward(ctx, n->blocks->children[i], x);
    x = dt_forward(ctx, n->norms, x);
    return dt_forward(ctx, n->head, x);
}

static const dt_module_class net_class = {"Net", sizeof(net), net_forward, NULL, NULL};

static void block_new(dt_ctx *ctx, dt_module *parent)
{
    block *b = dt_module_new(ctx, &block_class, parent, NULL);
    if (!b) return;
    b->conv = dt_conv2d_new(ctx, &b->base, "conv", 16, 16,
                            &(dt_conv_opts){.kernel_hw = {3, 5}, .stride = 2, .pad = -1, .groups = 4});
    b->bn = dt_batch_norm_new(ctx, &b->base, "bn", 16, 0.03, 1e-3);
    b->act = dt_activation_new(ctx, &b->base, "act", DT_ACT_SILU);
}

static dt_module *net_new(dt_ctx *ctx)
{
    net *n = dt_module_new(ctx, &net_class, NULL, NULL);
    if (!n) return NULL;
    n->stem = dt_sequential_new(ctx, &n->base, "stem");
    n->first_conv = dt_conv2d_new(ctx, n->stem, NULL, 3, 16,
                                  &(dt_conv_opts){.kernel = 7, .stride = 2, .pad = 3, .bias = 1});
    dt_batch_norm_new(ctx, n->stem, NULL, 16, 0, 0);
    dt_activation_new(ctx, n->stem, NULL, DT_ACT_RELU);
    dt_max_pool_new(ctx, n->stem, NULL, 3, 2, 1);
    n->blocks = dt_module_list_new(ctx, &n->base, "blocks");
    block_new(ctx, n->blocks);
    block_new(ctx, n->blocks);
    n->norms = dt_sequential_new(ctx, &n->base, "norms");
    dt_group_norm_new(ctx, n->norms, NULL, 4, 16, 0);
    dt_conv2d_new(ctx, n->norms, NULL, 16, 8,
                  &(dt_conv_opts){.kernel = 3, .pad = -1, .dilation = 2, .bias = 1});
    dt_activation_new(ctx, n->norms, NULL, DT_ACT_LEAKY_RELU);
    dt_activation_new(ctx, n->norms, NULL, DT_ACT_GELU);
    dt_activation_new(ctx, n->norms, NULL, DT_ACT_NONE);
    dt_upsample_new(ctx, n->norms, NULL, 2);
    dt_avg_pool_new(ctx, n->norms, NULL, 2, 0, 0);
    dt_adaptive_avg_pool_new(ctx, n->norms, NULL, 2, 3);
    dt_activation_new(ctx, n->norms, NULL, DT_ACT_HARDSWISH);
    dt_activation_new(ctx, n->norms, NULL, DT_ACT_MISH);
    dt_activation_new(ctx, n->norms, NULL, DT_ACT_SIGMOID);
    n->head = dt_sequential_new(ctx, &n->base, "head");
    dt_flatten_new(ctx, n->head, NULL);
    dt_dropout_new(ctx, n->head, NULL, 0.5);
    dt_linear_new(ctx, n->head, NULL, 48, 5, 1);
    dt_linear_new(ctx, n->head, NULL, 5, 4, 0);
    dt_layer_norm_new(ctx, n->head, NULL, 4, 1e-6);
    return dt_module_finish(ctx, &n->base);
}

#endif
