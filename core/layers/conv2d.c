#include <math.h>
#include <stdio.h>

#include "core/layers.h"

static dt_tensor *forward(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    dt_conv2d_layer *l = (dt_conv2d_layer *)self;
    return dt_conv2d(ctx, x, l->weight, l->bias, &l->args);
}

static void describe(const dt_module *self, char *out, size_t size)
{
    const dt_conv2d_layer *l = (const dt_conv2d_layer *)self;
    const dt_conv2d_args *a = &l->args;
    char padding[48] = "", dilation[48] = "", groups[32] = "";
    if (a->pad[0] || a->pad[1]) snprintf(padding, sizeof padding, ", padding=(%d, %d)", a->pad[0], a->pad[1]);
    if (a->dilation[0] != 1 || a->dilation[1] != 1)
        snprintf(dilation, sizeof dilation, ", dilation=(%d, %d)", a->dilation[0], a->dilation[1]);
    if (a->groups != 1) snprintf(groups, sizeof groups, ", groups=%d", a->groups);
    snprintf(out, size, "%d, %d, kernel_size=(%d, %d), stride=(%d, %d)%s%s%s%s", l->in, l->out, l->kernel[0],
             l->kernel[1], a->stride[0], a->stride[1], padding, dilation, groups,
             l->bias ? "" : ", bias=False");
}

static const dt_module_class conv2d_class = {"Conv2d", sizeof(dt_conv2d_layer), forward, NULL, describe};

static dt_status check(dt_ctx *ctx, const dt_conv2d_layer *l)
{
    const dt_conv2d_args *a = &l->args;
    if (l->in < 1 || l->out < 1 || a->groups < 1 || l->in % a->groups || l->out % a->groups)
        return dt_module_fail(ctx, &l->base, DT_ERR_ARG, "%d channels in, %d out, %d groups do not fit",
                              l->in, l->out, a->groups);
    if (l->kernel[0] < 1 || l->kernel[1] < 1 || a->stride[0] < 1 || a->dilation[0] < 1 || a->pad[0] < 0)
        return dt_module_fail(ctx, &l->base, DT_ERR_ARG,
                              "kernel (%d, %d), stride %d, padding %d, dilation %d", l->kernel[0],
                              l->kernel[1], a->stride[0], a->pad[0], a->dilation[0]);
    return DT_OK;
}

dt_module *dt_conv2d_new(dt_ctx *ctx, dt_module *parent, const char *name, int in, int out,
                         const dt_conv_opts *opts)
{
    dt_conv2d_layer *l = dt_module_new(ctx, &conv2d_class, parent, name);
    if (!l) return NULL;
    l->in = in;
    l->out = out;
    int dilation = opts->dilation ? opts->dilation : 1;
    l->args.groups = opts->groups ? opts->groups : 1;
    for (int i = 0; i < 2; i++) {
        l->kernel[i] = opts->kernel ? opts->kernel : opts->kernel_hw[i];
        l->args.stride[i] = opts->stride ? opts->stride : 1;
        l->args.dilation[i] = dilation;
        l->args.pad[i] = opts->pad == -1 ? dilation * (l->kernel[i] - 1) / 2 : opts->pad;
    }
    if (check(ctx, l) != DT_OK) return dt_module_finish(ctx, &l->base);
    int in_group = in / l->args.groups;
    /* kaiming_uniform with a = sqrt(5): gain sqrt(2 / (1 + 5)), bound gain * sqrt(3 / fan_in) = 1 /
     * sqrt(fan_in) */
    double bound = 1 / sqrt((double)in_group * l->kernel[0] * l->kernel[1]);
    l->weight =
        dt_module_param(ctx, &l->base, "weight", DT_F32, DT_SHAPE(out, in_group, l->kernel[0], l->kernel[1]));
    dt_init_uniform(ctx, &l->base, l->weight, -bound, bound);
    if (opts->bias) {
        l->bias = dt_module_param(ctx, &l->base, "bias", DT_F32, DT_SHAPE(out));
        dt_init_uniform(ctx, &l->base, l->bias, -bound, bound);
    }
    return dt_module_finish(ctx, &l->base);
}
