/* Folding of batch norms into the convolutions before them. */
#include <math.h>
#include <string.h>

#include "models/blocks.h"

static dt_tensor *identity_forward(dt_ctx *ctx, dt_module *m, dt_tensor *x)
{
    (void)ctx;
    (void)m;
    return x;
}

static const dt_module_class identity_class = {"Identity", sizeof(dt_module), identity_forward, NULL, NULL};

static int is_plain(const dt_tensor *t)
{
    return t->dtype == DT_F32 && dt_is_contiguous(t);
}

static dt_status fold(dt_ctx *ctx, dt_conv2d_layer *conv, dt_batch_norm_layer *norm)
{
    if (!is_plain(conv->weight) || !is_plain(norm->weight) || conv->weight->device != dt_ctx_device(ctx))
        return dt_ctx_fail(ctx, DT_ERR_UNSUPPORTED,
                           "folding of a batch norm wants contiguous float32 on the CPU");
    if (!conv->bias) conv->bias = dt_module_param(ctx, &conv->base, "bias", DT_F32, DT_SHAPE(conv->out));
    if (!conv->bias) return dt_ctx_status(ctx);
    int64_t row = dt_numel(conv->weight) / conv->out;
    float *w = dt_f32(conv->weight), *b = dt_f32(conv->bias);
    const float *mean = dt_f32(norm->running_mean), *var = dt_f32(norm->running_var);
    for (int o = 0; o < conv->out; o++) {
        double scale = dt_f32(norm->weight)[o] / sqrt((double)var[o] + norm->eps);
        for (int64_t i = 0; i < row; i++)
            w[o * row + i] = (float)(w[o * row + i] * scale);
        b[o] = (float)(dt_f32(norm->bias)[o] + ((double)b[o] - mean[o]) * scale);
    }
    return DT_OK;
}

static dt_status fold_children(void *arg, const char *full_name, dt_module *m)
{
    (void)full_name;
    dt_ctx *ctx = arg;
    for (size_t i = 0; i + 1 < m->child_count; i++) {
        dt_module *conv = m->children[i], *norm = m->children[i + 1];
        if (strcmp(conv->cls->name, "Conv2d") != 0 || strcmp(norm->cls->name, "BatchNorm2d") != 0) continue;
        DT_TRY(fold(ctx, (dt_conv2d_layer *)conv, (dt_batch_norm_layer *)norm));
        dt_module *identity = dt_module_new(ctx, &identity_class, NULL, "");
        if (!identity) return dt_ctx_status(ctx);
        DT_TRY(dt_module_replace(ctx, m, norm->name, identity));
    }
    return DT_OK;
}

dt_status dt_module_fold_norms(dt_ctx *ctx, dt_module *root)
{
    return dt_module_each(root, fold_children, ctx);
}
