/* ResNets against torchvision (tests/golden/make_models.py): names, features, logits, gradients. */
#include "core/autograd.h"
#include "core/mem.h"
#include "formula.h"
#include "models/registry.h"
#include "models/resnet.h"

static dt_ctx *ctx;

static void compare(const char *name, int depth, int training, double tol, double grad_tol)
{
    char key[64];
    int64_t n = 0;
    dt_module *m = dt_resnet_new(ctx, NULL, "", depth, 10);
    if (!CHECK_MSG(m != NULL, "%s", dt_ctx_error(ctx)->text)) return;
    formula_fill(m);
    dt_module_train(m, training);
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *x = formula_tensor(ctx, "input", DT_SHAPE(2, 3, 64, 96)), *features[4];

    dt_module *copy = dt_resnet_new(ctx, NULL, "", depth, 0);
    formula_fill(copy);
    dt_module_train(copy, training);
    int was = dt_grad_enable(ctx, 0), channels[4];
    CHECK_OK(dt_resnet_features(ctx, copy, x, features), dt_ctx_error(ctx));
    dt_grad_enable(ctx, was);
    dt_resnet_channels(copy, channels);
    snprintf(key, sizeof key, "%s.features", name);
    double *want = golden_read("models.txt", key, &n);
    for (int i = 0; i < 4 && want; i++) {
        formula_check_digest(key, features[i], want + 2 * i, tol);
        CHECK_INT(dt_dim(features[i], 1), channels[i]);
        CHECK_INT(dt_dim(features[i], 3), 96 >> (i + 2));
    }
    free(want);
    dt_module_destroy(copy);

    dt_tensor *logits = dt_forward(ctx, m, x);
    snprintf(key, sizeof key, "%s.logits", name);
    want = golden_read("models.txt", key, &n);
    double norm = 0;
    for (int i = 0; i < 20 && want; i++)
        norm = fmax(norm, fabs(want[i]));
    for (int i = 0; i < 20 && want && CHECK(logits != NULL); i++)
        CHECK_NEAR(dt_f32(logits)[i], want[i], tol * norm);
    free(want);
    dt_tensor *loss = dt_sum(ctx, dt_mul(ctx, logits, formula_tensor(ctx, "loss", DT_SHAPE(2, 10))), 0, 0);
    CHECK_OK(dt_backward(ctx, loss, NULL), dt_ctx_error(ctx));
    snprintf(key, sizeof key, "%s.grads", name);
    formula_check_grads(m, key, grad_tol);
    dt_scope_close(ctx, scope);
    dt_module_destroy(m);
}

static void test_resnet18_eval(void)
{
    compare("resnet18.eval", 18, 0, 1e-5, 1e-4);
}
/* With batch statistics of two small pictures, some values lie so near to 0 that rounding decides whether a
 * ReLU passes their gradient on: one such flip moves a gradient by a percent. The reference kernels happen to
 * round as PyTorch did and are held to the tight bound; the fast ones, each of which has its own tests, to
 * one that allows for flips. */
static void test_resnet18_train(void)
{
    compare("resnet18.train", 18, 1, 1e-5, 3e-2);
}
static void test_resnet18_train_reference(void)
{
    dt_ctx_set_reference(ctx, 1);
    compare("resnet18.train", 18, 1, 1e-5, 2e-4);
    dt_ctx_set_reference(ctx, 0);
}
static void test_resnet50_eval(void)
{
    compare("resnet50.eval", 50, 0, 1e-5, 1e-4);
}

/* Parameter counts as torchvision's documentation gives them. */
static void test_sizes(void)
{
    static const struct {
        int depth;
        long long params;
    } cases[] = {{18, 11689512}, {34, 21797672}, {50, 25557032}, {101, 44549160}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dt_module *m = dt_resnet_new(ctx, NULL, "", cases[i].depth, 1000);
        if (CHECK_MSG(m != NULL, "%s", dt_ctx_error(ctx)->text))
            CHECK_INT(dt_module_count_params(m, 0), cases[i].params);
        if (m && cases[i].depth == 18) {
            CHECK(dt_module_find_param(m, "layer2.0.downsample.0.weight") != NULL);
            CHECK(dt_module_find_param(m, "layer4.1.bn2.running_var") != NULL);
            CHECK(dt_module_find_param(m, "fc.bias") != NULL);
        }
        dt_module_destroy(m);
    }
}

/* kaiming_normal, fan_out: std sqrt(2 / (64 * 49)) in conv1. */
static void test_init(void)
{
    dt_module *m = dt_resnet_new(ctx, NULL, "", 18, 10);
    if (!CHECK(m != NULL)) return;
    const dt_tensor *w = dt_module_find_param(m, "conv1.weight")->tensor;
    double sum = 0;
    for (int64_t i = 0; i < dt_numel(w); i++)
        sum += (double)dt_f32(w)[i] * dt_f32(w)[i];
    CHECK_NEAR(sqrt(sum / (double)dt_numel(w)), sqrt(2.0 / (64 * 49)), 0.001);
    dt_module_destroy(m);
}

static void test_errors(void)
{
    CHECK(dt_resnet_new(ctx, NULL, "", 20, 10) == NULL);
    CHECK(strstr(dt_ctx_error(ctx)->text, "depth 20") != NULL);
    dt_ctx_clear_error(ctx);
    dt_error err = {0};
    CHECK(dt_model_find("yolo-nan", DT_TASK_DETECT, &err) == NULL);
    CHECK(strstr(err.text, "did you mean \"yolo-nano\"") != NULL);
    CHECK(dt_model_find("resnet18", DT_TASK_DETECT, &err) == NULL);
    CHECK_STR(err.text, "model \"resnet18\" is a classifier; a detector is wanted here");
    CHECK(dt_model_find("resnet50", DT_TASK_CLASSIFY, &err) != NULL);
}

int main(void)
{
    dt_error err = {0};
    if (!CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = 2, .seed = 1}, &ctx, &err), &err))
        return dt_test_end();
    RUN(test_resnet18_eval);
    RUN(test_resnet18_train);
    RUN(test_resnet18_train_reference);
    RUN(test_resnet50_eval);
    RUN(test_sizes);
    RUN(test_init);
    RUN(test_errors);
    dt_ctx_destroy(ctx);
    return dt_test_end();
}
