/* dt_classifier: heads, loss, prediction, files, transfer. */
#include "models/classifier.h"

#include <unistd.h>

#include "core/autograd.h"
#include "core/ops.h"
#include "formula.h"
#include "models/registry.h"

static dt_ctx *ctx;
static char path[] = "/tmp/dt_test_classifier_XXXXXX";
static const char *const names[] = {"ant", "bee", "cat", "dog", "elk"};

static dt_classifier *make(const char *model, dt_classifier_head head, int classes)
{
    dt_classifier_opts o = {.model = model,
                            .head = head,
                            .names = names,
                            .class_count = classes,
                            .imgsz = 64,
                            .transforms = "resize(73) center-crop(64)"};
    dt_classifier *c = dt_classifier_create(ctx, &o);
    CHECK_MSG(c, "%s", dt_ctx_error(ctx)->text);
    return c;
}

/* nn.Sequential(resnet18(), ReLU(), Dropout(0.5), Linear(1000, 5)) in evaluation: logits and gradients. */
static void test_relu_dropout(void)
{
    dt_classifier *c = make("resnet18", DT_HEAD_RELU_DROPOUT, 5);
    if (!c) return;
    dt_module *net = dt_classifier_net(c);
    int64_t n = 0;
    double *params = golden_read("models.txt", "relu-dropout.params", &n);
    if (params) CHECK_INT(dt_module_count_params(net, 0), (int64_t)params[0]);
    free(params);
    CHECK(dt_module_find_param(net, "0.layer1.0.conv1.weight") && dt_module_find_param(net, "3.bias"));
    formula_fill(net);
    dt_module_train(net, 0);
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *x = formula_tensor(ctx, "input", DT_SHAPE(2, 3, 64, 64)), *y = dt_forward(ctx, net, x);
    double *want = golden_read("models.txt", "relu-dropout.logits", &n), norm = 0;
    for (int i = 0; i < 10 && want; i++)
        norm = fmax(norm, fabs(want[i]));
    for (int i = 0; i < 10 && want && CHECK(y); i++)
        CHECK_NEAR(dt_f32(y)[i], want[i], 1e-5 * norm);
    dt_tensor *loss = dt_sum(ctx, dt_mul(ctx, y, formula_tensor(ctx, "loss", DT_SHAPE(2, 5))), 0, 0);
    CHECK_OK(dt_backward(ctx, loss, NULL), dt_ctx_error(ctx));
    formula_check_grads(net, "relu-dropout.grads", 1e-4);

    /* log-probabilities are the log-softmax of these logits; the tree's mode is what it was */
    float log_p[10];
    dt_module_train(net, 1);
    CHECK_OK(dt_classifier_predict(ctx, c, x, log_p), dt_ctx_error(ctx));
    CHECK_INT(net->children[0]->training, 1);
    for (int r = 0; r < 2 && want; r++) {
        double sum = 0, best = want[5 * r];
        for (int i = 0; i < 5; i++)
            best = fmax(best, want[5 * r + i]);
        for (int i = 0; i < 5; i++)
            sum += exp(want[5 * r + i] - best);
        for (int i = 0; i < 5; i++)
            CHECK_NEAR(log_p[5 * r + i], want[5 * r + i] - best - log(sum), 2e-5 * norm);
    }
    free(want);
    dt_scope_close(ctx, scope);
    dt_classifier_destroy(c);
}

static void test_loss(void)
{
    dt_classifier *c = make("resnet18", DT_HEAD_LINEAR, 3);
    if (!c) return;
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *x = formula_tensor(ctx, "input", DT_SHAPE(4, 3, 32, 32));
    dt_module_train(dt_classifier_net(c), 0);
    float log_p[12];
    CHECK_OK(dt_classifier_predict(ctx, c, x, log_p), dt_ctx_error(ctx));
    int32_t classes[4];
    double want = 0;
    for (int i = 0; i < 4; i++) { /* three are right */
        int top[3];
        dt_top_k(log_p + 3 * i, 3, 3, top);
        classes[i] = top[i == 2];
        want -= log_p[3 * i + classes[i]] / 4;
    }
    dt_classifier_losses losses;
    CHECK(dt_classifier_loss(ctx, c, x, classes, 4, 0, &losses) != NULL);
    CHECK_NEAR(losses.loss, want, 1e-5);
    CHECK_NEAR(losses.correct, .75, 0);
    classes[1] = 3;
    CHECK(dt_classifier_loss(ctx, c, x, classes, 4, 0, &losses) == NULL);
    CHECK(strstr(dt_ctx_error(ctx)->text, "target 3 of row 1"));
    dt_ctx_clear_error(ctx);
    dt_scope_close(ctx, scope);
    dt_classifier_destroy(c);
}

static void test_top_k(void)
{
    static const float values[] = {.1f, .7f, .1f, NAN, .7f, .2f};
    int top[6];
    dt_top_k(values, 6, 6, top);
    static const int want[] = {1, 4, 5, 0, 2, 3};
    for (int i = 0; i < 6; i++)
        CHECK_INT(top[i], want[i]);
    dt_top_k(values, 6, 2, top);
    CHECK_INT(top[0], 1);
    CHECK_INT(top[1], 4);
    dt_top_k(values, 6, 1, top);
    CHECK_INT(top[0], 1);
}

static void test_file(void)
{
    dt_classifier *c = make("resnet18", DT_HEAD_RELU_DROPOUT, 5);
    if (!c) return;
    formula_fill(dt_classifier_net(c));
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *x = formula_tensor(ctx, "input", DT_SHAPE(1, 3, 64, 64));
    float before[5], after[5];
    CHECK_OK(dt_classifier_predict(ctx, c, x, before), dt_ctx_error(ctx));
    CHECK_OK(dt_classifier_save(ctx, c, path), dt_ctx_error(ctx));
    CHECK_INT(dt_classifier_is_file(path), 1);
    CHECK_INT(dt_classifier_is_file("/dev/null"), 0);
    dt_classifier *again = dt_classifier_load(ctx, path);
    if (CHECK_MSG(again, "%s", dt_ctx_error(ctx)->text)) {
        const dt_classifier_opts *o = dt_classifier_info(again);
        CHECK_STR(o->model, "resnet18");
        CHECK_INT(o->head, DT_HEAD_RELU_DROPOUT);
        CHECK_INT(o->imgsz, 64);
        CHECK_STR(o->transforms, "resize(73) center-crop(64)");
        CHECK_INT(o->class_count, 5);
        CHECK_STR(o->names[4], "elk");
        CHECK_INT(dt_classifier_net(again)->training, 0);
        CHECK_OK(dt_classifier_predict(ctx, again, x, after), dt_ctx_error(ctx));
        CHECK(memcmp(before, after, sizeof before) == 0);
        CHECK_OK(dt_classifier_fuse(ctx, again), dt_ctx_error(ctx));
        CHECK_OK(dt_classifier_predict(ctx, again, x, after), dt_ctx_error(ctx));
        for (int i = 0; i < 5; i++)
            CHECK_NEAR(after[i], before[i], 1e-4 * fabs(before[0]) + 1e-4);
        CHECK_INT(dt_classifier_save(ctx, again, path), DT_ERR_STATE);
        dt_ctx_clear_error(ctx);
        int32_t map[2];
        static const char *const some[] = {"dog", "ant"}, *const other[] = {"ant", "fly"};
        CHECK_OK(dt_classifier_map_classes(ctx, again, "w", some, 2, "d", map), dt_ctx_error(ctx));
        CHECK_INT(map[0], 3);
        CHECK_INT(map[1], 0);
        CHECK_INT(dt_classifier_map_classes(ctx, again, "w", other, 2, "d", map), DT_ERR_ARG);
        CHECK_STR(dt_ctx_error(ctx)->text, "class \"fly\" of d is none of the 5 classes of w");
        dt_ctx_clear_error(ctx);
    }
    dt_scope_close(ctx, scope);
    dt_classifier_destroy(again);
    dt_classifier_destroy(c);
}

/* Between heads, class counts and prefixes: what fits is taken over, the rest named. */
static void test_transfer(void)
{
    dt_classifier *from = make("resnet18", DT_HEAD_LINEAR, 5), *to = make("resnet18", DT_HEAD_LINEAR, 3),
                  *deep = make("resnet18", DT_HEAD_RELU_DROPOUT, 3);
    if (!from || !to || !deep) return;
    dt_load_report r = {0};
    CHECK_OK(dt_classifier_save(ctx, from, path), dt_ctx_error(ctx));
    CHECK_OK(dt_classifier_start_from(ctx, to, path, &r), dt_ctx_error(ctx));
    CHECK_INT(r.mismatched_count, 2);
    CHECK_INT(r.missing_count + r.unexpected_count, 0);
    CHECK_INT(r.loaded, 120);
    if (r.mismatched_count) CHECK(strstr(r.mismatched[0], "fc."));
    dt_load_report_free(&r);
    CHECK(dt_f32(dt_module_find_param(dt_classifier_net(to), "conv1.weight")->tensor)[7] ==
          dt_f32(dt_module_find_param(dt_classifier_net(from), "conv1.weight")->tensor)[7]);

    CHECK_OK(dt_classifier_start_from(ctx, deep, path, &r), dt_ctx_error(ctx));
    CHECK_INT(r.loaded, 120);
    dt_load_report_free(&r);
    CHECK(dt_f32(dt_module_find_param(dt_classifier_net(deep), "0.conv1.weight")->tensor)[7] ==
          dt_f32(dt_module_find_param(dt_classifier_net(from), "conv1.weight")->tensor)[7]);

    formula_fill(dt_classifier_net(deep));
    CHECK_OK(dt_classifier_save(ctx, deep, path), dt_ctx_error(ctx));
    CHECK_OK(dt_classifier_start_from(ctx, to, path, &r), dt_ctx_error(ctx));
    CHECK_INT(r.loaded, 120);
    dt_load_report_free(&r);
    CHECK(dt_f32(dt_module_find_param(dt_classifier_net(deep), "0.conv1.weight")->tensor)[7] ==
          dt_f32(dt_module_find_param(dt_classifier_net(to), "conv1.weight")->tensor)[7]);
    dt_classifier_destroy(from);
    dt_classifier_destroy(to);
    dt_classifier_destroy(deep);
}

static void test_errors(void)
{
    static const char text[] = "not safetensors";
    dt_classifier_opts o = {
        .model = "alexnet", .names = names, .class_count = 2, .imgsz = 64, .transforms = ""};
    CHECK(dt_classifier_create(ctx, &o) == NULL);
    CHECK_STR(dt_ctx_error(ctx)->text, "pictures of 64 pixels a side: alexnet takes 193 to 224");
    dt_ctx_clear_error(ctx);
    o.model = "yolo-nano";
    CHECK(dt_classifier_create(ctx, &o) == NULL);
    CHECK(strstr(dt_ctx_error(ctx)->text, "is a detector"));
    dt_ctx_clear_error(ctx);
    CHECK(dt_classifier_load(ctx, "/nowhere.safetensors") == NULL);
    dt_ctx_clear_error(ctx);
    FILE *f = fopen(path, "wb");
    if (CHECK(f)) {
        fwrite(text, 1, sizeof text, f);
        fclose(f);
    }
    CHECK(dt_classifier_load(ctx, path) == NULL);
    CHECK(strstr(dt_ctx_error(ctx)->text, path));
    dt_ctx_clear_error(ctx);
    CHECK_INT(dt_classifier_is_file(path), 0);
}

int main(void)
{
    dt_error err = {0};
    int fd = mkstemp(path);
    if (!CHECK(fd >= 0)) return dt_test_end();
    close(fd);
    if (!CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = 2, .seed = 1}, &ctx, &err), &err))
        return dt_test_end();
    RUN(test_relu_dropout);
    RUN(test_loss);
    RUN(test_top_k);
    RUN(test_file);
    RUN(test_transfer);
    RUN(test_errors);
    dt_ctx_destroy(ctx);
    unlink(path);
    return dt_test_end();
}
