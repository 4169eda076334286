/* Results and gradients of all layers together, against PyTorch (tests/golden/make_module.py). */
#include "test.h"

#include "core/autograd.h"
#include "core/state_dict.h"
#include "net.h"

typedef struct fixture {
    dt_ctx *ctx;
    net *n;
    dt_st_file golden;
} fixture;

static fixture open_fixture(int threads)
{
    fixture f;
    dt_error err = {0};
    CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = threads}, &f.ctx, &err), &err);
    f.n = (net *)net_new(f.ctx);
    CHECK_OK(dt_st_read(dt_test_golden("core/net.safetensors"), &f.golden, &err), &err);
    dt_load_report r;
    dt_state_dict_load(f.ctx, &f.n->base, &f.golden, &(dt_load_opts){.prefix = "state.", .strict = 1}, &r);
    CHECK_OK(dt_ctx_status(f.ctx), dt_ctx_error(f.ctx));
    dt_load_report_free(&r);
    dt_module_replace(f.ctx, f.n->head, "1", dt_dropout_new(f.ctx, NULL, NULL, 0));
    return f;
}

static void close_fixture(fixture *f)
{
    dt_st_free(&f->golden);
    dt_module_destroy(&f->n->base);
    dt_ctx_destroy(f->ctx);
}

static dt_tensor *golden(fixture *f, const char *name)
{
    const dt_st_entry *e = dt_st_find(&f->golden, name);
    return CHECK_MSG(e, "no golden value %s", name) ? dt_from(f->ctx, e->dtype, e->shape, e->data) : NULL;
}

/* Relative to the largest value of the tensor (the gradient of a bias before a norm layer is 0 but for
 * rounding). */
static void compare(fixture *f, const char *name, const dt_tensor *got, double tolerance)
{
    const dt_tensor *want = golden(f, name);
    if (!CHECK_MSG(got && want && dt_shape_equal(&got->shape, &want->shape), "%s: %s", name,
                   dt_ctx_error(f->ctx)->text))
        return;
    double largest = 1e-2;
    for (int64_t i = 0; i < dt_numel(want); i++)
        largest = fmax(largest, fabs(dt_get(want, i)));
    for (int64_t i = 0; i < dt_numel(want); i++)
        if (!CHECK_MSG(fabs(dt_get(got, i) - dt_get(want, i)) <= tolerance * largest,
                       "%s[%lld] = %.9g, expected %.9g", name, (long long)i, dt_get(got, i), dt_get(want, i)))
            return;
}

typedef struct comparing {
    fixture *f;
    const char *prefix;
} comparing;

static dt_status compare_param(void *arg, const char *full_name, dt_module *owner, dt_param *param)
{
    comparing *c = arg;
    char name[256];
    (void)owner;
    int grads = strcmp(c->prefix, "grad.") == 0;
    if (grads == param->is_buffer) return DT_OK;
    snprintf(name, sizeof name, "%s%s", c->prefix, full_name);
    compare(c->f, name, grads ? param->tensor->grad : param->tensor, 2e-5);
    return DT_OK;
}

static void test_evaluation(void)
{
    fixture f = open_fixture(1);
    dt_module_train(&f.n->base, 0);
    dt_grad_enable(f.ctx, 0);
    compare(&f, "y.eval", dt_forward(f.ctx, &f.n->base, golden(&f, "x")), 1e-5);
    CHECK_INT(dt_i64(dt_module_find_param(f.n->stem, "1.num_batches_tracked")->tensor)[0], 0);
    close_fixture(&f);
}

static void test_training(void)
{
    fixture f = open_fixture(2);
    dt_tensor *y = dt_forward(f.ctx, &f.n->base, golden(&f, "x"));
    compare(&f, "y.train", y, 1e-5);
    float seed[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    CHECK_OK(dt_backward(f.ctx, y, dt_from(f.ctx, DT_F32, DT_SHAPE(2, 4), seed)), dt_ctx_error(f.ctx));
    dt_module_each_param(&f.n->base, compare_param, &(comparing){&f, "grad."});
    dt_module_each_param(&f.n->base, compare_param, &(comparing){&f, "after."});
    close_fixture(&f);
}

/* Frozen norm layers keep their statistics and their count while the others move. */
static void test_frozen_statistics(void)
{
    fixture f = open_fixture(1);
    dt_module_freeze(&f.n->base, "stem.*", 1);
    dt_tensor *y = dt_forward(f.ctx, &f.n->base, golden(&f, "x"));
    CHECK_OK(dt_ctx_status(f.ctx), dt_ctx_error(f.ctx));
    compare(&f, "state.stem.1.running_mean", dt_module_find_param(&f.n->base, "stem.1.running_mean")->tensor,
            0);
    compare(&f, "state.stem.1.running_var", dt_module_find_param(&f.n->base, "stem.1.running_var")->tensor,
            0);
    CHECK_INT(dt_i64(dt_module_find_param(&f.n->base, "stem.1.num_batches_tracked")->tensor)[0], 0);
    CHECK_INT(dt_i64(dt_module_find_param(&f.n->base, "blocks.0.bn.num_batches_tracked")->tensor)[0], 1);
    CHECK_OK(dt_backward(f.ctx, dt_sum(f.ctx, dt_square(f.ctx, y), 0, 0), NULL), dt_ctx_error(f.ctx));
    CHECK(dt_module_find_param(&f.n->base, "stem.0.weight")->tensor->grad == NULL);
    CHECK(dt_module_find_param(&f.n->base, "blocks.0.conv.weight")->tensor->grad != NULL);
    close_fixture(&f);
}

static void test_names_the_place(void)
{
    fixture f = open_fixture(1);
    CHECK(!dt_forward(f.ctx, &f.n->base, dt_zeros(f.ctx, DT_F32, DT_SHAPE(1, 4, 33, 33))));
    CHECK_MSG(strncmp(dt_ctx_error(f.ctx)->text, "stem.0: conv2d: ", 16) == 0, "%s",
              dt_ctx_error(f.ctx)->text);
    close_fixture(&f);
}

int main(void)
{
    RUN(test_evaluation);
    RUN(test_training);
    RUN(test_frozen_statistics);
    RUN(test_names_the_place);
    return dt_test_end();
}
