#include "models/alexnet.h"

enum { HIDDEN = 4096 };

static const dt_conv_opts first = {.kernel = 11, .stride = 4, .pad = 1, .bias = 1},
                          first_tv = {.kernel = 11, .stride = 4, .pad = 2, .bias = 1},
                          five = {.kernel = 5, .pad = 2, .bias = 1},
                          three = {.kernel = 3, .pad = 1, .bias = 1};

static void conv_relu(dt_ctx *ctx, dt_module *m, int in, int out, const dt_conv_opts *opts)
{
    dt_conv2d_new(ctx, m, NULL, in, out, opts);
    dt_activation_new(ctx, m, NULL, DT_ACT_RELU);
}

static void conv_layers(dt_ctx *ctx, dt_module *m, const dt_conv_opts *conv1, const int channels[5])
{
    conv_relu(ctx, m, 3, channels[0], conv1);
    dt_max_pool_new(ctx, m, NULL, 3, 2, 0);
    conv_relu(ctx, m, channels[0], channels[1], &five);
    dt_max_pool_new(ctx, m, NULL, 3, 2, 0);
    for (int i = 2; i < 5; i++)
        conv_relu(ctx, m, channels[i - 1], channels[i], &three);
    dt_max_pool_new(ctx, m, NULL, 3, 2, 0);
}

static void linear_relu(dt_ctx *ctx, dt_module *m, int in)
{
    dt_linear_new(ctx, m, NULL, in, HIDDEN, 1);
    dt_activation_new(ctx, m, NULL, DT_ACT_RELU);
}

static dt_tensor *run_net(dt_ctx *ctx, dt_module *m, dt_tensor *x)
{
    return dt_forward(ctx, m->children[0], x);
}

static const dt_module_class alexnet_class = {"Alexnet", sizeof(dt_module), run_net, NULL, NULL};

dt_module *dt_alexnet_new(dt_ctx *ctx, dt_module *parent, const char *name, int classes)
{
    static const int channels[] = {96, 256, 384, 384, 256};
    dt_module *m = dt_module_new(ctx, &alexnet_class, parent, name);
    dt_module *net = m ? dt_sequential_new(ctx, m, "net") : NULL;
    if (net) {
        conv_layers(ctx, net, &first, channels);
        dt_flatten_new(ctx, net, NULL);
        linear_relu(ctx, net, 256 * 5 * 5);
        dt_dropout_new(ctx, net, NULL, .5);
        linear_relu(ctx, net, HIDDEN);
        dt_dropout_new(ctx, net, NULL, .5);
        dt_linear_new(ctx, net, NULL, HIDDEN, classes, 1);
    }
    return m ? dt_module_finish(ctx, m) : NULL;
}

enum { FEATURES, AVGPOOL, CLASSIFIER };

static dt_tensor *run_tv(dt_ctx *ctx, dt_module *m, dt_tensor *x)
{
    x = dt_forward(ctx, m->children[AVGPOOL], dt_forward(ctx, m->children[FEATURES], x));
    return dt_forward(ctx, m->children[CLASSIFIER], dt_flatten(ctx, x, 1, -1));
}

static const dt_module_class alexnet_tv_class = {"AlexNet", sizeof(dt_module), run_tv, NULL, NULL};

dt_module *dt_alexnet_tv_new(dt_ctx *ctx, dt_module *parent, const char *name, int classes)
{
    static const int channels[] = {64, 192, 384, 256, 256};
    dt_module *m = dt_module_new(ctx, &alexnet_tv_class, parent, name);
    if (!m) return NULL;
    dt_module *features = dt_sequential_new(ctx, m, "features");
    if (features) conv_layers(ctx, features, &first_tv, channels);
    dt_adaptive_avg_pool_new(ctx, m, "avgpool", 6, 6);
    dt_module *head = dt_sequential_new(ctx, m, "classifier");
    if (head) {
        dt_dropout_new(ctx, head, NULL, .5);
        linear_relu(ctx, head, 256 * 6 * 6);
        dt_dropout_new(ctx, head, NULL, .5);
        linear_relu(ctx, head, HIDDEN);
        dt_linear_new(ctx, head, NULL, HIDDEN, classes, 1);
    }
    return dt_module_finish(ctx, m);
}
