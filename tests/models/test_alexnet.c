/* Both AlexNets against PyTorch (tests/golden/make_models.py): names, logits, gradients. */
#include "models/alexnet.h"

#include "core/autograd.h"
#include "formula.h"
#include "models/registry.h"

static dt_ctx *ctx;

static void check_logits(const char *name, const dt_tensor *logits)
{
    char key[64];
    int64_t n = 0;
    snprintf(key, sizeof key, "%s.logits", name);
    double *want = golden_read("models.txt", key, &n), norm = 0;
    for (int64_t i = 0; i < n && want; i++)
        norm = fmax(norm, fabs(want[i]));
    if (want && CHECK(logits != NULL) && CHECK_INT(dt_numel(logits), n))
        for (int64_t i = 0; i < n; i++)
            CHECK_NEAR(dt_f32(logits)[i], want[i], 1e-5 * norm);
    free(want);
}

static void compare(const char *name, int side)
{
    char key[64];
    int64_t n = 0;
    dt_error err = {0};
    const dt_model_entry *entry = dt_model_find(name, DT_TASK_CLASSIFY, &err);
    dt_module *m = CHECK_MSG(entry, "%s", err.text) ? entry->make(ctx, NULL, "", 10) : NULL;
    if (!CHECK_MSG(m != NULL, "%s", dt_ctx_error(ctx)->text)) return;
    snprintf(key, sizeof key, "%s.params", name);
    double *params = golden_read("models.txt", key, &n);
    if (params) CHECK_INT(dt_module_count_params(m, 0), (int64_t)params[0]);
    free(params);
    formula_fill(m);
    dt_module_train(m, 0);
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *logits = dt_forward(ctx, m, formula_tensor(ctx, "input", DT_SHAPE(2, 3, side, side)));
    check_logits(name, logits);
    dt_tensor *loss = dt_sum(ctx, dt_mul(ctx, logits, formula_tensor(ctx, "loss", DT_SHAPE(2, 10))), 0, 0);
    CHECK_OK(dt_backward(ctx, loss, NULL), dt_ctx_error(ctx));
    snprintf(key, sizeof key, "%s.grads", name);
    formula_check_grads(m, key, 1e-4);
    dt_scope_close(ctx, scope);
    dt_module_destroy(m);
}

static void test_alexnet(void)
{
    compare("alexnet", 224);
}
static void test_alexnet_tv(void)
{
    compare("alexnet-tv", 96);
}

static void test_names(void)
{
    static const char *const own[] = {"net.0.weight", "net.10.bias", "net.14.weight", "net.20.bias"},
                             *const tv[] = {"features.0.weight", "features.10.bias", "classifier.1.weight",
                                            "classifier.6.bias"};
    dt_module *a = dt_alexnet_new(ctx, NULL, "", 3), *b = dt_alexnet_tv_new(ctx, NULL, "", 1000);
    if (CHECK(a && b)) {
        for (int i = 0; i < 4; i++) {
            CHECK_MSG(dt_module_find_param(a, own[i]), "no %s", own[i]);
            CHECK_MSG(dt_module_find_param(b, tv[i]), "no %s", tv[i]);
        }
        CHECK_INT(dt_module_count_params(b, 0), 61100840); /* as torchvision's documentation has it */
        /* PyTorch's default: uniform within 1 / sqrt(fan_in), weights and biases */
        const dt_tensor *w = dt_module_find_param(a, "net.0.weight")->tensor;
        double largest = 0, sum = 0, bound = 1 / sqrt(3 * 11 * 11);
        for (int64_t i = 0; i < dt_numel(w); i++) {
            largest = fmax(largest, fabs(dt_f32(w)[i]));
            sum += (double)dt_f32(w)[i] * dt_f32(w)[i];
        }
        CHECK(largest <= bound && largest > .99 * bound);
        CHECK_NEAR(sqrt(sum / (double)dt_numel(w)), bound / sqrt(3), .01 * bound);
    }
    dt_module_destroy(a);
    dt_module_destroy(b);
}

/* In training half of the hidden values are dropped, others in each step. */
static void test_dropout(void)
{
    dt_module *m = dt_alexnet_tv_new(ctx, NULL, "", 3);
    if (!CHECK(m != NULL)) return;
    float seen[2][3];
    for (int step = 0; step < 2; step++) {
        dt_scope scope = dt_scope_open(ctx);
        dt_ctx_set_step(ctx, (uint64_t)step);
        dt_tensor *y = dt_forward(ctx, m, formula_tensor(ctx, "input", DT_SHAPE(1, 3, 63, 63)));
        if (CHECK_MSG(y != NULL, "%s", dt_ctx_error(ctx)->text))
            memcpy(seen[step], dt_f32(y), sizeof seen[step]);
        dt_scope_close(ctx, scope);
    }
    CHECK(memcmp(seen[0], seen[1], sizeof seen[0]) != 0);
    dt_module_destroy(m);
}

static void test_sides(void)
{
    dt_error err = {0};
    const dt_model_entry *m = dt_model_find("alexnet", DT_TASK_CLASSIFY, &err);
    if (!CHECK(m != NULL)) return;
    CHECK_INT(dt_model_check_side(m, 193, &err), DT_OK);
    CHECK_INT(dt_model_check_side(m, 224, &err), DT_OK);
    CHECK_INT(dt_model_check_side(m, 192, &err), DT_ERR_ARG);
    CHECK_STR(err.text, "pictures of 192 pixels a side: alexnet takes 193 to 224");
    CHECK_INT(dt_model_check_side(m, 225, &err), DT_ERR_ARG);
    m = dt_model_find("yolo-nano", DT_TASK_DETECT, &err);
    CHECK_INT(dt_model_check_side(m, 100, &err), DT_ERR_ARG);
    CHECK_STR(err.text, "pictures of 100 pixels a side: yolo-nano takes a multiple of 32, from 32 to 8192");
    /* The limits are those of the networks themselves. */
    static const int sides[] = {192, 193, 224, 225};
    dt_module *net = dt_alexnet_new(ctx, NULL, "", 2);
    for (int i = 0; i < 4 && net; i++) {
        dt_scope scope = dt_scope_open(ctx);
        dt_tensor *y = dt_forward(ctx, net, formula_tensor(ctx, "input", DT_SHAPE(1, 3, sides[i], sides[i])));
        CHECK_MSG((y != NULL) == (i == 1 || i == 2), "side %d", sides[i]);
        dt_ctx_clear_error(ctx);
        dt_scope_close(ctx, scope);
    }
    dt_module_destroy(net);
}

int main(void)
{
    dt_error err = {0};
    if (!CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = 2, .seed = 1}, &ctx, &err), &err))
        return dt_test_end();
    RUN(test_alexnet);
    RUN(test_alexnet_tv);
    RUN(test_names);
    RUN(test_dropout);
    RUN(test_sides);
    dt_ctx_destroy(ctx);
    return dt_test_end();
}
