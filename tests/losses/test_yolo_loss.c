/* The YOLO loss and its gradients against a plain program (tests/golden/make_assign.py). */
#include "core/autograd.h"
#include "core/mem.h"
#include "golden_file.h"
#include "losses/yolo_loss.h"

enum { BINS = 16, CLASSES = 3, BATCH = 2, SIDE = 64 };
static const int strides[] = {8, 16, 32};
static const float boxes[] = {4, 6, 40, 44, /**/ 20, 24, 60, 60, /**/ 0, 40, 24, 64, /**/ 8, 8, 30, 28};
static const int32_t classes[] = {1, 2, 0, 0}, ignore[] = {0, 0, 1, 0}, images[] = {0, 0, 0, 1};
static const dt_yolo_labels labels = {4, boxes, classes, ignore, images};
static dt_ctx *ctx;
static dt_points points;

/* The script's wave(): a sin(b (i + 1)) + shift */
static dt_tensor *wave(dt_dtype dtype, dt_shape shape, double a, double b, double shift)
{
    dt_tensor *t = dt_empty(ctx, dtype, shape);
    for (int64_t i = 0; t && i < dt_numel(t); i++)
        dt_set(t, i, a * sin(b * (double)(i + 1)) + shift);
    dt_require_grad(ctx, t, 1);
    return t;
}

static void check_probes(const char *name, const dt_tensor *grad, double tol)
{
    static const double waves[] = {0.31, 1.93, 2.71};
    int64_t n = 0;
    double *want = golden_read("yolo_loss.txt", name, &n), got[4] = {0};
    for (int64_t i = 0; grad && i < dt_numel(grad); i++) {
        double g = dt_get(grad, i);
        got[0] += g * g;
        for (int k = 0; k < 3; k++)
            got[k + 1] += g * sin(waves[k] * (double)(i + 1));
    }
    got[0] = sqrt(got[0]);
    for (int k = 0; k < 4 && want; k++)
        CHECK_NEAR(got[k], want[k], tol * want[0]);
    free(want);
}

static void run(dt_dtype dtype, double tol)
{
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *box = wave(dtype, DT_SHAPE(BATCH, 4 * BINS, points.n), 2, 0.7391, 0);
    dt_tensor *cls = wave(dtype, DT_SHAPE(BATCH, CLASSES, points.n), 2, 1.3717, -1);
    dt_yolo_loss_opts opts = dt_yolo_loss_defaults();
    dt_yolo_losses losses;
    dt_tensor *total = dt_yolo_loss(ctx, box, cls, BINS, &points, &labels, &opts, &losses);
    CHECK_OK(dt_backward(ctx, total, NULL), dt_ctx_error(ctx));
    int64_t n = 0;
    double *want = golden_read("yolo_loss.txt", "losses", &n),
           *count = golden_read("yolo_loss.txt", "positives", &n);
    if (want && count) {
        CHECK_NEAR(losses.box, want[0], tol * want[0]);
        CHECK_NEAR(losses.cls, want[1], tol * want[1]);
        CHECK_NEAR(losses.dfl, want[2], tol * want[2]);
        CHECK_NEAR(dt_item(ctx, total), want[0] + want[1] + want[2], tol * 10);
        CHECK_INT(losses.positives, (int64_t)count[0]);
    }
    free(want);
    free(count);
    check_probes("box_grad", box->grad, tol);
    check_probes("cls_grad", cls->grad, tol);
    dt_scope_close(ctx, scope);
}

/* Predictions reach the assigner as float32, which bounds the agreement. */
static void test_golden_f64(void)
{
    run(DT_F64, 2e-6);
}
static void test_golden_f32(void)
{
    run(DT_F32, 2e-5);
}

static void test_no_objects(void)
{
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *box = wave(DT_F32, DT_SHAPE(1, 4 * BINS, points.n), 1, 1, 0);
    dt_tensor *cls = wave(DT_F32, DT_SHAPE(1, CLASSES, points.n), 1, 1, 0);
    dt_yolo_loss_opts opts = dt_yolo_loss_defaults();
    dt_yolo_losses losses;
    dt_yolo_labels none = {0};
    dt_tensor *total = dt_yolo_loss(ctx, box, cls, BINS, &points, &none, &opts, &losses);
    CHECK_OK(dt_backward(ctx, total, NULL), dt_ctx_error(ctx));
    CHECK(losses.positives == 0 && losses.box == 0 && losses.dfl == 0 && losses.cls > 0);
    CHECK(cls->grad != NULL && box->grad == NULL);
    dt_scope_close(ctx, scope);
}

static void test_bad_labels(void)
{
    static const int32_t wrong_class[] = {1, 3, 0, 0}, wrong_image[] = {0, 1, 0, 1};
    static const float wrong_box[] = {4, 6, 40, 44, 20, 24, 60, NAN, 0, 40, 24, 64, 8, 8, 30, 28};
    const struct {
        dt_yolo_labels labels;
        const char *text;
    } cases[] = {
        {{4, boxes, wrong_class, NULL, images}, "label 1 of image 0: class 3; the network has 3 classes"},
        {{4, boxes, classes, NULL, wrong_image}, "label 2: image 0 after 1 in a batch of 2"},
        {{4, wrong_box, classes, NULL, images}, "label 1 of image 0: box coordinate nan"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dt_scope scope = dt_scope_open(ctx);
        dt_tensor *box = wave(DT_F32, DT_SHAPE(BATCH, 4 * BINS, points.n), 1, 1, 0);
        dt_tensor *cls = wave(DT_F32, DT_SHAPE(BATCH, CLASSES, points.n), 1, 1, 0);
        dt_yolo_loss_opts opts = dt_yolo_loss_defaults();
        dt_yolo_losses losses;
        CHECK(dt_yolo_loss(ctx, box, cls, BINS, &points, &cases[i].labels, &opts, &losses) == NULL);
        CHECK_INT(dt_ctx_status(ctx), DT_ERR_ARG);
        CHECK_STR(dt_ctx_error(ctx)->text, cases[i].text);
        dt_ctx_clear_error(ctx);
        dt_scope_close(ctx, scope);
    }
}

/* The same bits for any number of threads. */
static void test_threads(void)
{
    double first[3] = {0};
    for (int threads = 1; threads <= 3; threads++) {
        dt_ctx *saved = ctx;
        dt_error err = {0};
        if (!CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = threads}, &ctx, &err), &err)) return;
        dt_scope scope = dt_scope_open(ctx);
        dt_tensor *box = wave(DT_F32, DT_SHAPE(BATCH, 4 * BINS, points.n), 2, 0.7391, 0);
        dt_tensor *cls = wave(DT_F32, DT_SHAPE(BATCH, CLASSES, points.n), 2, 1.3717, -1);
        dt_yolo_loss_opts opts = dt_yolo_loss_defaults();
        dt_yolo_losses l = {0};
        CHECK_OK(dt_backward(ctx, dt_yolo_loss(ctx, box, cls, BINS, &points, &labels, &opts, &l), NULL),
                 dt_ctx_error(ctx));
        double sum = 0;
        for (int64_t i = 0; box->grad && i < dt_numel(box); i++)
            sum += dt_get(box->grad, i) * (double)(i % 7);
        double now[3] = {l.total, l.box, sum};
        if (threads == 1) memcpy(first, now, sizeof now);
        CHECK(memcmp(first, now, sizeof now) == 0);
        dt_scope_close(ctx, scope);
        dt_ctx_destroy(ctx);
        ctx = saved;
    }
}

int main(void)
{
    dt_error err = {0};
    if (!CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = 2}, &ctx, &err), &err)) return dt_test_end();
    CHECK_OK(dt_points_make(SIDE, SIDE, strides, 3, &points, &err), &err);
    RUN(test_golden_f64);
    RUN(test_golden_f32);
    RUN(test_no_objects);
    RUN(test_bad_labels);
    RUN(test_threads);
    dt_points_free(&points);
    dt_ctx_destroy(ctx);
    return dt_test_end();
}
