#include "models/blocks.h"

#include <stdio.h>

enum { CONV, NORM };

typedef struct conv_block {
    dt_module base;
    dt_activation act;
} conv_block;

static dt_tensor *conv_block_forward(dt_ctx *ctx, dt_module *m, dt_tensor *x)
{
    x = dt_forward(ctx, m->children[CONV], x);
    x = dt_forward(ctx, m->children[NORM], x);
    return dt_activate(ctx, x, ((conv_block *)m)->act);
}

static const dt_module_class conv_block_class = {"ConvBlock", sizeof(conv_block), conv_block_forward, NULL,
                                                 NULL};

dt_module *dt_conv_block_new(dt_ctx *ctx, dt_module *parent, const char *name, int in, int out, int kernel,
                             int stride, dt_activation act)
{
    if (!parent) return NULL;
    conv_block *b = dt_module_new(ctx, &conv_block_class, parent, name);
    if (!b) return NULL;
    b->act = act;
    dt_conv2d_new(ctx, &b->base, "conv", in, out,
                  &(dt_conv_opts){.kernel = kernel, .stride = stride, .pad = -1});
    dt_batch_norm_new(ctx, &b->base, "bn", out, 0.03, 1e-3);
    return dt_module_finish(ctx, &b->base);
}

/* --- CSP --- */

typedef struct pair_block {
    dt_module base;
    int residual;
} pair_block;

static dt_tensor *pair_forward(dt_ctx *ctx, dt_module *m, dt_tensor *x)
{
    dt_tensor *y = dt_forward(ctx, m->children[1], dt_forward(ctx, m->children[0], x));
    return ((pair_block *)m)->residual ? dt_add(ctx, x, y) : y;
}

static const dt_module_class pair_class = {"ConvPair", sizeof(pair_block), pair_forward, NULL, NULL};

enum { CSP_A, CSP_B, CSP_CHAIN, CSP_OUT };

static dt_tensor *csp_forward(dt_ctx *ctx, dt_module *m, dt_tensor *x)
{
    dt_tensor *a = dt_forward(ctx, m->children[CSP_CHAIN], dt_forward(ctx, m->children[CSP_A], x));
    dt_tensor *parts[] = {a, dt_forward(ctx, m->children[CSP_B], x)};
    return dt_forward(ctx, m->children[CSP_OUT], dt_concat(ctx, parts, 2, 1));
}

static const dt_module_class csp_class = {"CSPBlock", sizeof(dt_module), csp_forward, NULL, NULL};

dt_module *dt_csp_block_new(dt_ctx *ctx, dt_module *parent, const char *name, int in, int hidden, int out,
                            int depth, int residual, dt_activation act)
{
    if (!parent) return NULL;
    dt_module *m = dt_module_new(ctx, &csp_class, parent, name);
    dt_conv_block_new(ctx, m, "a", in, hidden, 1, 1, act);
    dt_conv_block_new(ctx, m, "b", in, hidden, 1, 1, act);
    dt_module *chain = m ? dt_sequential_new(ctx, m, "chain") : NULL;
    for (int i = 0; i < depth && chain; i++) {
        char index[16];
        snprintf(index, sizeof index, "%d", i);
        pair_block *pair = dt_module_new(ctx, &pair_class, chain, index);
        if (!pair) return NULL;
        pair->residual = residual;
        dt_conv_block_new(ctx, &pair->base, "first", hidden, hidden, 3, 1, act);
        dt_conv_block_new(ctx, &pair->base, "second", hidden, hidden, 3, 1, act);
    }
    dt_conv_block_new(ctx, m, "out", 2 * hidden, out, 1, 1, act);
    return dt_module_finish(ctx, m);
}

/* --- SPP --- */

static dt_tensor *spp_forward(dt_ctx *ctx, dt_module *m, dt_tensor *x)
{
    static const dt_pool2d_args pool = {.kernel = {5, 5}, .stride = {1, 1}, .pad = {2, 2}};
    dt_tensor *parts[4] = {dt_forward(ctx, m->children[0], x)};
    for (int i = 1; i < 4; i++)
        parts[i] = dt_max_pool2d(ctx, parts[i - 1], &pool);
    return dt_forward(ctx, m->children[1], dt_concat(ctx, parts, 4, 1));
}

static const dt_module_class spp_class = {"SPPBlock", sizeof(dt_module), spp_forward, NULL, NULL};

dt_module *dt_spp_block_new(dt_ctx *ctx, dt_module *parent, const char *name, int in, int hidden, int out,
                            dt_activation act)
{
    if (!parent) return NULL;
    dt_module *m = dt_module_new(ctx, &spp_class, parent, name);
    dt_conv_block_new(ctx, m, "in", in, hidden, 1, 1, act);
    dt_conv_block_new(ctx, m, "out", 4 * hidden, out, 1, 1, act);
    return dt_module_finish(ctx, m);
}
