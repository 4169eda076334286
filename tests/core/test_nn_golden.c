/* Neural-network ops against PyTorch: the cases of tests/golden/make_nn.py, results and gradients. */
#include "test.h"

#include "core/ops.h"
#include "core/safetensors.h"

static dt_ctx *ctx;
static dt_st_file golden;
static const char *current;

static dt_tensor *get(const char *what)
{
    char name[64];
    snprintf(name, sizeof name, "%s.%s", current, what);
    const dt_st_entry *e = dt_st_find(&golden, name);
    return e ? dt_from(ctx, e->dtype, e->shape, e->data) : NULL;
}

static dt_tensor *leaf(const char *what)
{
    dt_tensor *t = get(what);
    if (t) dt_require_grad(ctx, t, 1);
    return t;
}

/* Every element within 1e-5 of the largest one. */
static void compare(dt_tensor *have, const char *what)
{
    dt_tensor *want = get(what);
    if (!CHECK_MSG(have && want && dt_shape_equal(&have->shape, &want->shape),
                   "%s.%s: missing or misshaped (%s)", current, what, dt_ctx_error(ctx)->text))
        return;
    double top = 0, worst = 0;
    int64_t n = dt_numel(want);
    for (int64_t i = 0; i < n; i++) {
        double w = dt_get(want, i), d = fabs(dt_get(have, i) - w);
        if (fabs(w) > top) top = fabs(w);
        if (!(d <= worst)) worst = d;
    }
    CHECK_MSG(worst <= 1e-5 * top, "%s.%s: off by %g of %g", current, what, worst, top);
}

static dt_tensor *x, *w, *b;

static void begin(const char *name)
{
    current = name;
    x = leaf("x");
    w = leaf("w");
    b = leaf("b");
}

static void end(dt_tensor *y)
{
    compare(y, "y");
    CHECK_MSG(dt_backward(ctx, y, get("dy")) == DT_OK, "%s: %s", current, dt_ctx_error(ctx)->text);
    compare(x->grad, "dx");
    if (w) compare(w->grad, "dw");
    if (b) compare(b->grad, "db");
}

static void convolution(void)
{
    begin("conv");
    end(dt_conv2d(ctx, x, w, b, &(dt_conv2d_args){{1, 1}, {1, 1}, {1, 1}, 1}));
    begin("conv_wino");
    end(dt_conv2d(ctx, x, w, b, &(dt_conv2d_args){{1, 1}, {1, 1}, {1, 1}, 1}));
    begin("conv_odd");
    end(dt_conv2d(ctx, x, w, b, &(dt_conv2d_args){{2, 3}, {2, 1}, {1, 2}, 1}));
    begin("conv_depthwise");
    end(dt_conv2d(ctx, x, w, b, &(dt_conv2d_args){{2, 2}, {1, 1}, {1, 1}, 6}));
}

static void pooling(void)
{
    begin("max_pool");
    end(dt_max_pool2d(ctx, x, &(dt_pool2d_args){{3, 3}, {2, 2}, {1, 1}, 1, 0}));
    begin("avg_pool");
    end(dt_avg_pool2d(ctx, x, &(dt_pool2d_args){{3, 3}, {2, 2}, {1, 1}, 1, 1}));
    begin("avg_pool_cut");
    end(dt_avg_pool2d(ctx, x, &(dt_pool2d_args){{3, 2}, {1, 3}, {1, 0}, 0, 0}));
    begin("adaptive");
    end(dt_adaptive_avg_pool2d(ctx, x, 3, 4));
}

static void norms(void)
{
    begin("layer_norm");
    end(dt_layer_norm(ctx, x, 2, w, b, 1e-5));
    begin("group_norm");
    end(dt_group_norm(ctx, x, 3, w, b, 1e-5));
    begin("batch_norm");
    dt_tensor *mean = get("mean"), *var = get("var");
    end(dt_batch_norm(ctx, x, w, b, mean, var, 1, 0.1, 1e-5));
    compare(mean, "mean_after");
    compare(var, "var_after");
    begin("batch_norm_eval");
    end(dt_batch_norm(ctx, x, w, b, mean, var, 0, 0.1, 1e-5));
}

static void upsampling(void)
{
    begin("nearest");
    end(dt_upsample_nearest(ctx, x, 13, 9));
    begin("bilinear");
    end(dt_upsample_bilinear(ctx, x, 13, 4));
}

static void products(void)
{
    begin("matmul");
    end(dt_matmul(ctx, x, w, 0, 0));
    begin("linear");
    end(dt_linear(ctx, x, w, b));
}

static void run_all(void)
{
    dt_scope scope = dt_scope_open(ctx);
    RUN(convolution);
    RUN(pooling);
    RUN(norms);
    RUN(upsampling);
    RUN(products);
    dt_scope_close(ctx, scope);
}

int main(void)
{
    dt_error err = {0};
    if (!CHECK_OK(dt_st_read(dt_test_golden("core/nn.safetensors"), &golden, &err), &err))
        return dt_test_end();
    if (CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = 2}, &ctx, &err), &err)) {
        run_all();
        dt_ctx_set_reference(ctx, 1);
        run_all();
        dt_ctx_destroy(ctx);
    }
    dt_st_free(&golden);
    return dt_test_end();
}
