#include <stdio.h>

#include "core/layers.h"
#include "core/num.h"

typedef struct dropout_layer {
    dt_module base;
    double p;
} dropout_layer;

static dt_tensor *forward(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    return dt_dropout(ctx, x, ((dropout_layer *)self)->p, self->training);
}

static void describe(const dt_module *self, char *out, size_t size)
{
    char p[DT_NUM_MAX];
    dt_format_f64(p, ((const dropout_layer *)self)->p);
    snprintf(out, size, "p=%s, inplace=False", p);
}

static const dt_module_class dropout_class = {"Dropout", sizeof(dropout_layer), forward, NULL, describe};

dt_module *dt_dropout_new(dt_ctx *ctx, dt_module *parent, const char *name, double p)
{
    dropout_layer *l = dt_module_new(ctx, &dropout_class, parent, name);
    if (!l) return NULL;
    l->p = p;
    if (!(p >= 0 && p < 1)) dt_module_fail(ctx, &l->base, DT_ERR_ARG, "probability %g is not in [0, 1)", p);
    return dt_module_finish(ctx, &l->base);
}
