/* yolo-nano against the same network in torch (tests/golden/make_models.py); structure of both YOLOs. */
#include "core/autograd.h"
#include "core/mem.h"
#include "formula.h"
#include "models/blocks.h"
#include "models/yolo.h"

static dt_ctx *ctx;

static void test_nano_golden(void)
{
    dt_module *m = dt_yolo_nano_new(ctx, NULL, "", 3);
    if (!CHECK_MSG(m != NULL, "%s", dt_ctx_error(ctx)->text)) return;
    formula_fill(m);
    dt_module_train(m, 0);
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *x = formula_tensor(ctx, "input", DT_SHAPE(2, 3, 64, 96)), *box, *cls;
    CHECK_OK(dt_yolo_forward(ctx, m, x, &box, &cls), dt_ctx_error(ctx));
    int64_t n = 0;
    double *want = golden_read("models.txt", "yolo-nano.box", &n);
    if (want) formula_check_digest("box", box, want, 1e-5);
    free(want);
    want = golden_read("models.txt", "yolo-nano.cls", &n);
    if (want) formula_check_digest("cls", cls, want, 1e-5);
    double norm = want ? want[0] : 0;
    free(want);
    want = golden_read("models.txt", "yolo-nano.cls_first", &n);
    for (int64_t i = 0; i < n && want && cls; i++)
        CHECK_NEAR(dt_f32(cls)[i], want[i], 1e-5 * norm);
    free(want);
    want = golden_read("models.txt", "yolo-nano.params", &n);
    if (want) CHECK_INT(dt_module_count_params(m, 0), (int64_t)want[0]);
    free(want);
    if (box) {
        dt_tensor *loss = dt_sum(ctx, dt_mul(ctx, box, formula_tensor(ctx, "loss", box->shape)), 0, 0);
        CHECK_OK(dt_backward(ctx, loss, NULL), dt_ctx_error(ctx));
        formula_check_grads(m, "yolo-nano.grads", 1e-4);
    }
    dt_scope_close(ctx, scope);
    dt_module_destroy(m);
}

/* Shapes and starting values of the head. */
static void check_structure(dt_module *m, int classes)
{
    if (!CHECK_MSG(m != NULL, "%s", dt_ctx_error(ctx)->text)) return;
    dt_scope scope = dt_scope_open(ctx);
    int was = dt_grad_enable(ctx, 0);
    dt_tensor *x = formula_tensor(ctx, "input", DT_SHAPE(1, 3, 96, 64)), *box, *cls;
    CHECK_OK(dt_yolo_forward(ctx, m, x, &box, &cls), dt_ctx_error(ctx));
    int64_t anchors = 12 * 8 + 6 * 4 + 3 * 2;
    if (box && cls) {
        CHECK(dt_dim(box, 1) == 4 * DT_YOLO_BINS && dt_dim(box, 2) == anchors);
        CHECK(dt_dim(cls, 1) == classes && dt_dim(cls, 2) == anchors);
    }
    const dt_param *p = dt_module_find_param(m, "head.p4.cls.2.bias"),
                   *q = dt_module_find_param(m, "head.p5.box.2.bias");
    if (CHECK(p && q)) {
        CHECK_NEAR(dt_f32(p->tensor)[classes - 1], log(5.0 / classes / (40 * 40)), 1e-5);
        CHECK_NEAR(dt_f32(q->tensor)[0], 1, 0);
    }
    CHECK(dt_module_find(m, "backbone") && dt_module_find(m, "neck.top_down4.chain.0.second.bn"));
    dt_grad_enable(ctx, was);
    dt_scope_close(ctx, scope);
    dt_module_destroy(m);
}

static void test_structure(void)
{
    check_structure(dt_yolo_nano_new(ctx, NULL, "", 5), 5);
    check_structure(dt_yolo_resnet18_new(ctx, NULL, "", 2), 2);
    CHECK(dt_yolo_nano_new(ctx, NULL, "", 0) == NULL);
    dt_ctx_clear_error(ctx);
}

/* Folding changes nothing but rounding. */
static void test_fold(void)
{
    dt_module *nets[] = {dt_yolo_nano_new(ctx, NULL, "", 3), dt_yolo_resnet18_new(ctx, NULL, "", 3)};
    for (int i = 0; i < 2; i++) {
        dt_module *m = nets[i];
        if (!CHECK(m != NULL)) continue;
        formula_fill(m);
        dt_module_train(m, 0);
        dt_scope scope = dt_scope_open(ctx);
        int was = dt_grad_enable(ctx, 0);
        dt_tensor *x = formula_tensor(ctx, "input", DT_SHAPE(1, 3, 64, 64)), *box[2], *cls[2];
        CHECK_OK(dt_yolo_forward(ctx, m, x, &box[0], &cls[0]), dt_ctx_error(ctx));
        CHECK_OK(dt_module_fold_norms(ctx, m), dt_ctx_error(ctx));
        CHECK_OK(dt_yolo_forward(ctx, m, x, &box[1], &cls[1]), dt_ctx_error(ctx));
        CHECK(dt_module_find_param(m, "neck.spp.in.bn.weight") == NULL);
        CHECK(dt_module_find_param(m, "neck.spp.in.conv.bias") != NULL);
        double norm = 0, diff = 0;
        for (int64_t k = 0; box[0] && box[1] && k < dt_numel(box[0]); k++) {
            norm = fmax(norm, fabs(dt_f32(box[0])[k]));
            diff = fmax(diff, fabs(dt_f32(box[0])[k] - dt_f32(box[1])[k]));
        }
        CHECK(norm > 0);
        CHECK_MSG(diff <= 1e-5 * norm, "net %d: difference %g at values up to %g", i, diff, norm);
        dt_grad_enable(ctx, was);
        dt_scope_close(ctx, scope);
        dt_module_destroy(m);
    }
}

/* Allocations fail, one at a time: a status, and nothing is left behind. */
static void test_memory(void)
{
    dt_scope scope = dt_scope_open(ctx);
    dt_module_destroy(dt_yolo_nano_new(ctx, NULL, "", 3));
    size_t before = dt_mem_live();
    int failures = 0;
    for (uint64_t nth = 1;; nth += 19) {
        dt_mem_fail_at(nth);
        dt_module *m = dt_yolo_nano_new(ctx, NULL, "", 3);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        dt_module_destroy(m);
        if (!fired) break;
        failures++;
        CHECK(m == NULL);
        CHECK_INT(dt_ctx_status(ctx), DT_ERR_MEMORY);
        dt_ctx_clear_error(ctx);
    }
    CHECK(failures > 20);
    CHECK_MSG(dt_mem_live() <= before + 65536, "%zu bytes live, %zu before", dt_mem_live(), before);
    dt_scope_close(ctx, scope);
}

int main(void)
{
    dt_error err = {0};
    if (!CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = 2, .seed = 1}, &ctx, &err), &err))
        return dt_test_end();
    RUN(test_nano_golden);
    RUN(test_structure);
    RUN(test_fold);
    RUN(test_memory);
    dt_ctx_destroy(ctx);
    return dt_test_end();
}
