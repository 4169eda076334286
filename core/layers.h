/** The layers that models are made of. Default initialisation is PyTorch's (kaiming_uniform with a = sqrt(5))
 * unless the model sets its own. */
#ifndef DT_CORE_LAYERS_H
#define DT_CORE_LAYERS_H

#include "core/module.h"
#include "core/ops.h"

typedef struct dt_conv_opts {
    int kernel; /* square; 0: kernel_hw */
    int kernel_hw[2];
    int stride, pad, dilation,
        groups; /* 0: 1, 0, 1, 1. pad -1: "same" for odd kernels: dilation*(kernel-1)/2 */
    int bias;   /* 1: with bias */
} dt_conv_opts;
typedef struct dt_conv2d_layer {
    dt_module base;
    dt_tensor *weight, *bias; /* bias may be NULL */
    dt_conv2d_args args;
    int in, out, kernel[2];
} dt_conv2d_layer;
dt_module *dt_conv2d_new(dt_ctx *ctx, dt_module *parent, const char *name, int in, int out,
                         const dt_conv_opts *opts);

typedef struct dt_batch_norm_layer {
    dt_module base;
    dt_tensor *weight, *bias, *running_mean, *running_var, *num_batches_tracked;
    double momentum, eps;
} dt_batch_norm_layer;
/** "BatchNorm2d"; momentum 0 means 0.1, eps 0 means 1e-5. While training it uses the batch's statistics,
 * moves the running ones and counts the batch; frozen (dt_module.frozen_stats) it behaves as in evaluation.
 */
dt_module *dt_batch_norm_new(dt_ctx *ctx, dt_module *parent, const char *name, int channels, double momentum,
                             double eps);
/** Over the last axis of `features` elements; eps 0 means 1e-5. */
dt_module *dt_layer_norm_new(dt_ctx *ctx, dt_module *parent, const char *name, int features, double eps);
dt_module *dt_group_norm_new(dt_ctx *ctx, dt_module *parent, const char *name, int groups, int channels,
                             double eps);

dt_module *dt_linear_new(dt_ctx *ctx, dt_module *parent, const char *name, int in, int out, int bias);

/** DT_ACT_NONE is "Identity"; leaky ReLU has PyTorch's slope 0.01. */
typedef enum dt_activation {
    DT_ACT_NONE,
    DT_ACT_RELU,
    DT_ACT_SILU,
    DT_ACT_LEAKY_RELU,
    DT_ACT_GELU,
    DT_ACT_SIGMOID,
    DT_ACT_HARDSWISH,
    DT_ACT_MISH,
} dt_activation;
dt_module *dt_activation_new(dt_ctx *ctx, dt_module *parent, const char *name, dt_activation kind);
dt_tensor *dt_activate(dt_ctx *ctx, dt_tensor *x, dt_activation kind);

/** stride 0: the kernel's. */
dt_module *dt_max_pool_new(dt_ctx *ctx, dt_module *parent, const char *name, int kernel, int stride, int pad);
dt_module *dt_avg_pool_new(dt_ctx *ctx, dt_module *parent, const char *name, int kernel, int stride, int pad);
dt_module *dt_adaptive_avg_pool_new(dt_ctx *ctx, dt_module *parent, const char *name, int out_h, int out_w);
/** Nearest neighbour, both sides times `scale`. */
dt_module *dt_upsample_new(dt_ctx *ctx, dt_module *parent, const char *name, int scale);
/** p in [0, 1). */
dt_module *dt_dropout_new(dt_ctx *ctx, dt_module *parent, const char *name, double p);
/** (N, a, b, ...) to (N, a * b * ...). */
dt_module *dt_flatten_new(dt_ctx *ctx, dt_module *parent, const char *name);

/** Children run in order; names "0", "1", ... unless given. */
dt_module *dt_sequential_new(dt_ctx *ctx, dt_module *parent, const char *name);
/** A list with no forward of its own (torch.nn.ModuleList / ModuleDict). */
dt_module *dt_module_list_new(dt_ctx *ctx, dt_module *parent, const char *name);

#endif
