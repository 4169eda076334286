/* Losses against torch and torchvision (tests/golden/make_losses.py), gradients too. */
#include "core/autograd.h"
#include "core/mem.h"
#include "golden_file.h"
#include "losses/iou.h"
#include "losses/loss.h"

static const char file[] = "losses.txt";
static dt_ctx *ctx;

static dt_tensor *golden_tensor(const char *name, dt_shape shape)
{
    int64_t n = 0;
    double *v = golden_read(file, name, &n);
    dt_tensor *t = v && CHECK_INT(n, dt_shape_numel(&shape)) ? dt_from(ctx, DT_F64, shape, v) : NULL;
    free(v);
    return t;
}

static void compare(const char *name, const dt_tensor *t, double tol)
{
    int64_t n = 0;
    double *want = golden_read(file, name, &n);
    if (!want || !CHECK_MSG(t != NULL, "%s: %s", name, dt_ctx_error(ctx)->text) ||
        !CHECK_INT(dt_numel(t), n)) {
        free(want);
        return;
    }
    double *got = malloc((size_t)n * sizeof *got);
    CHECK_OK(dt_read(ctx, t, got, (size_t)n * sizeof *got), dt_ctx_error(ctx));
    for (int64_t i = 0; i < n; i++)
        CHECK_MSG(fabs(got[i] - want[i]) <= tol * (1 + fabs(want[i])), "%s[%lld] = %.17g, expected %.17g",
                  name, (long long)i, got[i], want[i]);
    free(got);
    free(want);
}

/* Value, then gradient of the sum weighted by 0.5 .. 1.5, as in the script. */
static void compare_both(const char *name, dt_tensor *x, dt_tensor *loss, double tol)
{
    char grad[64];
    compare(name, loss, tol);
    if (!loss) return;
    int64_t n = dt_numel(loss);
    dt_tensor *w = dt_empty(ctx, DT_F64, loss->shape);
    for (int64_t i = 0; w && i < n; i++)
        dt_f64(w)[i] = 0.5 + (n > 1 ? (double)i / (double)(n - 1) : 0);
    CHECK_OK(dt_backward(ctx, dt_sum(ctx, dt_mul(ctx, loss, w), 0, 0), NULL), dt_ctx_error(ctx));
    snprintf(grad, sizeof grad, "%s.grad", name);
    compare(grad, x->grad, tol);
    dt_zero_grad(x);
}

static dt_tensor *leaf(const char *name, dt_shape shape)
{
    dt_tensor *t = golden_tensor(name, shape);
    if (t) dt_require_grad(ctx, t, 1);
    return t;
}

static void test_iou(void)
{
    static const struct {
        const char *name;
        dt_iou_kind kind;
    } cases[] = {
        {"iou", DT_IOU}, {"log", DT_IOU_LOG}, {"giou", DT_GIOU}, {"diou", DT_DIOU}, {"ciou", DT_CIOU}};
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *pred = leaf("pred", DT_SHAPE(24, 4)), *target = golden_tensor("target", DT_SHAPE(24, 4));
    for (size_t i = 0; i < sizeof cases / sizeof *cases && pred && target;
         i++) /* eps is placed a little differently */
        compare_both(cases[i].name, pred, dt_iou_loss(ctx, pred, target, cases[i].kind), 2e-8);
    dt_scope_close(ctx, scope);
}

/* Points and lines: finite losses and gradients. */
static void test_iou_degenerate(void)
{
    static const float boxes[] = {5, 5, 5, 5, /**/ 5, 5, 5, 9, /**/ 0, 0, 8, 8, /**/ 3, 3, 3, 3};
    static const float others[] = {5, 5, 5, 5, /**/ 5, 5, 5, 9, /**/ 0, 0, 8, 8, /**/ 0, 0, 8, 8};
    for (int kind = DT_IOU; kind <= DT_CIOU; kind++) {
        dt_scope scope = dt_scope_open(ctx);
        dt_tensor *a = dt_from(ctx, DT_F32, DT_SHAPE(4, 4), boxes),
                  *b = dt_from(ctx, DT_F32, DT_SHAPE(4, 4), others);
        dt_require_grad(ctx, a, 1);
        dt_tensor *loss = dt_iou_loss(ctx, a, b, (dt_iou_kind)kind);
        CHECK_OK(dt_backward(ctx, dt_sum(ctx, loss, 0, 0), NULL), dt_ctx_error(ctx));
        for (int i = 0; i < 16 && a->grad; i++)
            CHECK_MSG(isfinite(dt_f32(a->grad)[i]), "kind %d: gradient %d", kind, i);
        for (int i = 0; i < 4 && loss; i++)
            CHECK_MSG(isfinite(dt_f32(loss)[i]), "kind %d: loss %d", kind, i);
        if (loss) CHECK_NEAR(dt_f32(loss)[2], 0, 1e-6);
        dt_scope_close(ctx, scope);
    }
}

static void test_cross_entropy(void)
{
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *x = leaf("logits", DT_SHAPE(9, 7));
    int64_t n = 0, target[9];
    double *labels = golden_read(file, "labels", &n);
    for (int i = 0; i < 9 && labels; i++)
        target[i] = (int64_t)labels[i];
    free(labels);
    dt_cross_entropy_opts opts = {.reduction = DT_REDUCE_NONE};
    compare_both("ce", x, dt_cross_entropy(ctx, x, target, 9, &opts), 1e-12);
    opts.label_smoothing = 0.1;
    compare_both("ce_smooth", x, dt_cross_entropy(ctx, x, target, 9, &opts), 1e-12);
    opts.reduction = DT_REDUCE_MEAN;
    compare("ce_mean", dt_cross_entropy(ctx, x, target, 9, &opts), 1e-12);
    target[2] = 7;
    CHECK(dt_cross_entropy(ctx, x, target, 9, NULL) == NULL);
    CHECK(strstr(dt_ctx_error(ctx)->text, "target 7 of row 2") != NULL);
    dt_ctx_clear_error(ctx);
    for (int i = 0; i < 9; i++)
        target[i] = -100;
    CHECK_NEAR(dt_item(ctx, dt_cross_entropy(ctx, x, target, 9, NULL)), 0, 0);
    dt_scope_close(ctx, scope);
}

static void test_elementwise(void)
{
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *x = leaf("logits", DT_SHAPE(9, 7)), *soft = golden_tensor("soft", DT_SHAPE(9, 7));
    dt_tensor *hard = golden_tensor("hard", DT_SHAPE(9, 7));
    compare_both("bce", x, dt_bce_loss(ctx, x, soft, DT_REDUCE_NONE), 1e-12);
    compare_both("focal", x, dt_focal_loss(ctx, x, hard, 0.25, 2, DT_REDUCE_NONE), 1e-12);
    compare_both("focal_plain", x, dt_focal_loss(ctx, x, hard, -1, 1.5, DT_REDUCE_NONE), 1e-12);
    compare_both("l1", x, dt_l1_loss(ctx, x, soft, DT_REDUCE_NONE), 1e-12);
    compare_both("l2", x, dt_l2_loss(ctx, x, soft, DT_REDUCE_NONE), 1e-12);
    compare_both("smooth_l1", x, dt_smooth_l1_loss(ctx, x, soft, 0.5, DT_REDUCE_NONE), 1e-12);
    dt_scope_close(ctx, scope);
}

static void test_dfl(void)
{
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *x = leaf("bins", DT_SHAPE(6, 16));
    static const float sides[] = {0, 3.25f, 14.9f, 7.5f, 15, 20}; /* "sides" of the golden file */
    compare_both("dfl", x, dt_dfl_loss(ctx, x, sides, 6), 1e-6);
    dt_scope_close(ctx, scope);
}

static void test_bad_shapes(void)
{
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *a = dt_zeros(ctx, DT_F32, DT_SHAPE(3, 4)), *b = dt_zeros(ctx, DT_F32, DT_SHAPE(2, 4));
    CHECK(dt_iou_loss(ctx, a, b, DT_GIOU) == NULL);
    CHECK_STR(dt_ctx_error(ctx)->text, "iou_loss: boxes (3, 4) and (2, 4); both must be (N, 4)");
    dt_ctx_clear_error(ctx);
    dt_scope_close(ctx, scope);
}

int main(void)
{
    dt_error err = {0};
    if (!CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = 2}, &ctx, &err), &err)) return dt_test_end();
    RUN(test_iou);
    RUN(test_iou_degenerate);
    RUN(test_cross_entropy);
    RUN(test_elementwise);
    RUN(test_dfl);
    RUN(test_bad_shapes);
    dt_ctx_destroy(ctx);
    return dt_test_end();
}
