#include <stdio.h>

#include "core/layers.h"
#include "core/num.h"

static dt_tensor *forward(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    dt_batch_norm_layer *l = (dt_batch_norm_layer *)self;
    int training = self->training && !self->frozen_stats;
    dt_tensor *y = dt_batch_norm(ctx, x, l->weight, l->bias, l->running_mean, l->running_var, training,
                                 l->momentum, l->eps);
    if (y && training) {
        dt_i64(l->num_batches_tracked)[0]++;
        l->num_batches_tracked->storage->version++;
    }
    return y;
}

static void describe(const dt_module *self, char *out, size_t size)
{
    const dt_batch_norm_layer *l = (const dt_batch_norm_layer *)self;
    char eps[DT_NUM_MAX], momentum[DT_NUM_MAX];
    dt_format_f64(eps, l->eps);
    dt_format_f64(momentum, l->momentum);
    snprintf(out, size, "%lld, eps=%s, momentum=%s, affine=True, track_running_stats=True",
             (long long)dt_numel(l->weight), eps, momentum);
}

static const dt_module_class batch_norm_class = {"BatchNorm2d", sizeof(dt_batch_norm_layer), forward, NULL,
                                                 describe};

dt_module *dt_batch_norm_new(dt_ctx *ctx, dt_module *parent, const char *name, int channels, double momentum,
                             double eps)
{
    dt_batch_norm_layer *l = dt_module_new(ctx, &batch_norm_class, parent, name);
    if (!l) return NULL;
    l->momentum = momentum != 0 ? momentum : 0.1;
    l->eps = eps != 0 ? eps : 1e-5;
    l->weight = dt_module_param(ctx, &l->base, "weight", DT_F32, DT_SHAPE(channels));
    l->bias = dt_module_param(ctx, &l->base, "bias", DT_F32, DT_SHAPE(channels));
    l->running_mean = dt_module_buffer(ctx, &l->base, "running_mean", DT_F32, DT_SHAPE(channels));
    l->running_var = dt_module_buffer(ctx, &l->base, "running_var", DT_F32, DT_SHAPE(channels));
    l->num_batches_tracked = dt_module_counter(ctx, &l->base, "num_batches_tracked");
    dt_fill(ctx, l->weight, 1);
    dt_fill(ctx, l->running_var, 1);
    return dt_module_finish(ctx, &l->base);
}
