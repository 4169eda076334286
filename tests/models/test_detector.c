/* dt_detector: files, prediction, and learning two pictures by heart. */
#include <unistd.h>

#include "core/autograd.h"
#include "core/file.h"
#include "core/mem.h"
#include "formula.h"
#include "models/detector.h"

static dt_ctx *ctx;
static char folder[256];
static const char *const names[] = {"disc", "square \"b\""};

static const char *in_folder(const char *name)
{
    static char path[4][512];
    static int next;
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", folder, name);
    return out;
}

static dt_detector *make(const char *model, int imgsz)
{
    dt_detector_opts o = dt_detector_defaults();
    o.model = model;
    o.names = names;
    o.class_count = 2;
    o.class_base = 1;
    o.imgsz = imgsz;
    o.fill = 100;
    o.letterbox = DT_LETTERBOX_TOP_LEFT;
    o.mean[1] = 0.125;
    o.max_det = 50;
    return dt_detector_create(ctx, &o);
}

static dt_letterbox square(int side)
{
    dt_letterbox lb;
    dt_error err = {0};
    CHECK_OK(dt_letterbox_make(DT_LETTERBOX_CENTER, 0, side, side, side, side, &lb, &err), &err);
    return lb;
}

/* --- files --- */

static void test_round_trip(void)
{
    dt_detector *d = make("yolo-nano", 96);
    if (!CHECK_MSG(d != NULL, "%s", dt_ctx_error(ctx)->text)) return;
    formula_fill(dt_detector_net(d));
    const char *path = in_folder("a.safetensors");
    CHECK_OK(dt_detector_save(ctx, d, path), dt_ctx_error(ctx));
    dt_detector *e = dt_detector_load(ctx, path);
    if (CHECK_MSG(e != NULL, "%s", dt_ctx_error(ctx)->text)) {
        const dt_detector_opts *o = dt_detector_info(e);
        CHECK_STR(o->model, "yolo-nano");
        CHECK_INT(o->class_count, 2);
        CHECK_STR(o->names[1], "square \"b\"");
        CHECK(o->class_base == 1 && o->imgsz == 96 && o->fill == 100 &&
              o->letterbox == DT_LETTERBOX_TOP_LEFT);
        CHECK(o->mean[1] == 0.125 && o->std[2] == 1 && o->divisor == 255 && o->max_det == 50);
        CHECK(o->conf == 0.25 && o->iou == 0.7 && o->filter == DT_RESIZE_BILINEAR);

        dt_scope scope = dt_scope_open(ctx);
        dt_tensor *x = formula_tensor(ctx, "input", DT_SHAPE(2, 3, 96, 96));
        dt_letterbox lb[2] = {square(96), square(96)};
        dt_predict_opts opts = dt_detector_eval_defaults(d);
        dt_detections a = {0}, b = {0};
        CHECK_OK(dt_detector_predict(ctx, d, x, lb, &opts, &a), dt_ctx_error(ctx));
        CHECK_OK(dt_detector_predict(ctx, e, x, lb, &opts, &b), dt_ctx_error(ctx));
        CHECK_INT(a.images, 2);
        CHECK(a.count > 0 && a.count == b.count && a.begin[1] <= 50);
        CHECK(a.count == b.count && memcmp(a.items, b.items, (size_t)a.count * sizeof *a.items) == 0);
        CHECK(dt_detector_net(d)->training == 1 && dt_detector_net(e)->training == 0);
        for (int64_t i = 0; i < a.count; i++) {
            const float *box = a.items[i].box;
            CHECK(box[0] >= 0 && box[1] >= 0 && box[2] <= 96 && box[3] <= 96 && box[0] <= box[2] &&
                  box[1] <= box[3]);
            CHECK(a.items[i].score >= 0.001f &&
                  (i == a.begin[1] || i == 0 || a.items[i - 1].score >= a.items[i].score));
        }
        dt_detections_free(&a);
        dt_detections_free(&b);
        dt_scope_close(ctx, scope);
        CHECK_OK(dt_detector_check_classes(ctx, e, path, names, 2, "data.yaml"), dt_ctx_error(ctx));
        static const char *const other[] = {"disc", "ring"};
        CHECK_INT(dt_detector_check_classes(ctx, e, "w.safetensors", other, 2, "data.yaml"), DT_ERR_ARG);
        CHECK_STR(dt_ctx_error(ctx)->text,
                  "class 1 is \"square \"b\"\" in w.safetensors but \"ring\" in data.yaml");
        dt_ctx_clear_error(ctx);
    }
    dt_detector_destroy(e);
    dt_detector_destroy(d);
}

/* Metadata of a good file with one entry changed (value NULL: left out) -> the message. */
static void expect_refusal(const dt_st_file *good, const char *key, const char *value, const char *text)
{
    dt_st_writer w = {0};
    dt_error err = {0};
    dt_st_file bad;
    for (size_t i = 0; i < good->meta_count; i++) {
        const char *v = strcmp(good->meta[i].key, key) == 0 ? value : good->meta[i].value;
        if (v) CHECK_OK(dt_st_add_meta(&w, good->meta[i].key, v, &err), &err);
    }
    for (size_t i = 0; i < good->count; i++) {
        const dt_st_entry *e = &good->entries[i];
        if (strcmp(e->name, key) == 0) continue;
        CHECK_OK(dt_st_add(&w, e->name, e->dtype, &e->shape, e->data, 0, &err), &err);
    }
    CHECK_OK(dt_st_save(&w, in_folder("bad.safetensors"), &err), &err);
    dt_st_writer_free(&w);
    CHECK_OK(dt_st_read(in_folder("bad.safetensors"), &bad, &err), &err);
    CHECK(dt_detector_from_file(ctx, &bad, "bad.safetensors") == NULL);
    CHECK_MSG(strstr(dt_ctx_error(ctx)->text, text) != NULL, "\"%s\" is not in \"%s\"", text,
              dt_ctx_error(ctx)->text);
    CHECK(strstr(dt_ctx_error(ctx)->text, "bad.safetensors") != NULL);
    dt_ctx_clear_error(ctx);
    dt_st_free(&bad);
}

static void test_bad_files(void)
{
    dt_detector *d = make("yolo-nano", 96);
    dt_error err = {0};
    dt_st_file good;
    CHECK_OK(dt_detector_save(ctx, d, in_folder("good.safetensors")), dt_ctx_error(ctx));
    dt_detector_destroy(d);
    if (!CHECK_OK(dt_st_read(in_folder("good.safetensors"), &good, &err), &err)) return;
    expect_refusal(&good, "format", "other", "not a detector of this program");
    expect_refusal(&good, "imgsz", NULL, "metadata has no \"imgsz\"");
    expect_refusal(&good, "imgsz", "97", "input size 97");
    expect_refusal(&good, "imgsz", "1e3", "\"1e3\" is not an integer");
    expect_refusal(&good, "names", "[\"a\", 5]", "\"names\" is not a list");
    expect_refusal(&good, "names", "[\"a\"]", "head.p3.cls.2");
    expect_refusal(&good, "mean", "[0, 0]", "\"mean\"");
    expect_refusal(&good, "letterbox", "diagonal", "diagonal");
    expect_refusal(&good, "model", "yolo-nani", "did you mean \"yolo-nano\"");
    expect_refusal(&good, "head.p4.box.2.bias", NULL, "\"head.p4.box.2.bias\"");
    dt_st_free(&good);
    CHECK(dt_detector_load(ctx, in_folder("nowhere.safetensors")) == NULL);
    CHECK(strstr(dt_ctx_error(ctx)->text, "nowhere.safetensors") != NULL);
    dt_ctx_clear_error(ctx);
}

/* A classifier's weights go into the backbone, a detector's with other classes everywhere but the class
 * branch. */
static void test_start_from(void)
{
    dt_error err = {0};
    dt_st_writer w = {0};
    dt_detector *d = make("yolo-resnet18", 64), *n = make("yolo-nano", 64), *other = NULL;
    if (!CHECK(d && n)) return;
    formula_fill(dt_detector_net(d));
    CHECK_OK(dt_state_dict_save(ctx, dt_module_find(dt_detector_net(d), "backbone"), "", &w),
             dt_ctx_error(ctx));
    static const float fc[2] = {1, 2};
    CHECK_OK(dt_st_add(&w, "fc.bias", DT_F32, &DT_SHAPE(2), fc, 0, &err), &err);
    CHECK_OK(dt_st_save(&w, in_folder("classifier.safetensors"), &err), &err);
    dt_st_writer_free(&w);

    other = make("yolo-resnet18", 64);
    dt_load_report report;
    CHECK_OK(dt_detector_start_from(ctx, other, in_folder("classifier.safetensors"), &report),
             dt_ctx_error(ctx));
    CHECK(report.missing_count == 0 && report.unexpected_count == 0 && report.loaded == 120);
    dt_load_report_free(&report);
    const char *name = "backbone.layer3.1.conv2.weight";
    const dt_tensor *a = dt_module_find_param(dt_detector_net(d), name)->tensor;
    const dt_tensor *b = dt_module_find_param(dt_detector_net(other), name)->tensor;
    CHECK(memcmp(dt_f32(a), dt_f32(b), (size_t)dt_numel(a) * sizeof(float)) == 0);
    CHECK_INT(dt_detector_start_from(ctx, n, in_folder("classifier.safetensors"), NULL), DT_ERR_FORMAT);
    CHECK(strstr(dt_ctx_error(ctx)->text, "fits model \"yolo-nano\"") != NULL);
    dt_ctx_clear_error(ctx);

    CHECK_OK(dt_detector_save(ctx, d, in_folder("two.safetensors")), dt_ctx_error(ctx));
    dt_detector_destroy(other);
    static const char *const three[] = {"a", "b", "c"};
    dt_detector_opts o = dt_detector_defaults();
    o.model = "yolo-resnet18";
    o.names = three;
    o.class_count = 3;
    other = dt_detector_create(ctx, &o);
    CHECK_OK(dt_detector_start_from(ctx, other, in_folder("two.safetensors"), &report), dt_ctx_error(ctx));
    CHECK_INT(report.mismatched_count, 6);
    dt_load_report_free(&report);
    dt_detector_destroy(d);
    dt_detector_destroy(n);
    dt_detector_destroy(other);
}

/* --- prediction --- */

static void test_fuse(void)
{
    dt_detector *d = make("yolo-nano", 64);
    if (!CHECK(d != NULL)) return;
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *x = formula_tensor(ctx, "input", DT_SHAPE(1, 3, 64, 64)), *boxes[2], *scores[2];
    int was = dt_grad_enable(ctx, 0);
    dt_detector_train(d, 0);
    CHECK_OK(dt_detector_forward(ctx, d, x, &boxes[0], &scores[0]), dt_ctx_error(ctx));
    CHECK_OK(dt_detector_fuse(ctx, d), dt_ctx_error(ctx));
    CHECK_OK(dt_detector_forward(ctx, d, x, &boxes[1], &scores[1]), dt_ctx_error(ctx));
    dt_grad_enable(ctx, was);
    CHECK(boxes[0] && dt_dim(boxes[0], 1) == 84 && dt_dim(boxes[0], 2) == 4 && dt_dim(scores[0], 2) == 2);
    for (int64_t i = 0; i < 84 * 4 && boxes[1]; i++)
        CHECK_NEAR(dt_f32(boxes[0])[i], dt_f32(boxes[1])[i], 2e-3); /* pixels */
    for (int64_t i = 0; i < 84 * 2 && scores[1]; i++)
        CHECK_NEAR(dt_f32(scores[0])[i], dt_f32(scores[1])[i], 1e-6);
    CHECK_INT(dt_detector_save(ctx, d, in_folder("fused.safetensors")), DT_ERR_STATE);
    dt_ctx_clear_error(ctx);
    dt_scope_close(ctx, scope);
    dt_detector_destroy(d);
}

static void test_bad_calls(void)
{
    dt_detector_opts o = dt_detector_defaults();
    o.model = "yolo-nano";
    CHECK(dt_detector_create(ctx, &o) == NULL);
    dt_ctx_clear_error(ctx);
    dt_detector *d = make("yolo-nano", 64);
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *x = formula_tensor(ctx, "input", DT_SHAPE(1, 3, 64, 80));
    dt_letterbox lb = square(64);
    dt_predict_opts opts = dt_detector_predict_defaults(d);
    dt_detections out = {0};
    CHECK_INT(dt_detector_predict(ctx, d, x, &lb, &opts, &out), DT_ERR_SHAPE);
    CHECK_STR(dt_ctx_error(ctx)->text, "predict: picture 0 is fitted into 64 x 64, the input is 80 x 64");
    dt_ctx_clear_error(ctx);
    dt_detector_losses losses;
    CHECK(dt_detector_loss(ctx, d, x, &(dt_detector_labels){0}, &losses) == NULL);
    CHECK(strstr(dt_ctx_error(ctx)->text, "must be multiples of") != NULL);
    dt_ctx_clear_error(ctx);
    dt_detections_free(&out);
    dt_scope_close(ctx, scope);
    dt_detector_destroy(d);
}

/* --- learning --- */

enum { SIDE = 96 };
static const float truth[] = {12, 16, 44, 48, /**/ 52, 40, 88, 84, /**/ 30, 34, 70, 74};
static const int32_t truth_cls[] = {0, 1, 1}, truth_image[] = {0, 0, 1};

/* Bright discs and dark squares on gray. */
static dt_tensor *draw(void)
{
    dt_tensor *t = dt_full(ctx, DT_F32, DT_SHAPE(2, 3, SIDE, SIDE), 0.5);
    for (int k = 0; k < 3 && t; k++) {
        const float *b = truth + 4 * k;
        float cx = (b[0] + b[2]) / 2, cy = (b[1] + b[3]) / 2, r = (b[2] - b[0]) / 2;
        for (int y = (int)b[1]; y < (int)b[3]; y++)
            for (int x = (int)b[0]; x < (int)b[2]; x++) {
                float dx = (float)x + 0.5f - cx, dy = (float)y + 0.5f - cy;
                if (truth_cls[k] == 0 && dx * dx + dy * dy > r * r) continue;
                for (int c = 0; c < 3; c++)
                    dt_f32(t)[((truth_image[k] * 3 + c) * SIDE + y) * SIDE + x] =
                        truth_cls[k] == 0 ? 0.9f : 0.1f;
            }
    }
    return t;
}

/* Adam, kept here so that the test needs no optimizer. */
typedef struct adam {
    float **moments;
    size_t count, next, capacity;
    int step;
} adam;

static dt_status adam_step(void *arg, const char *name, dt_module *owner, dt_param *p)
{
    (void)name;
    (void)owner;
    adam *a = arg;
    if (p->is_buffer) return DT_OK;
    int64_t n = dt_numel(p->tensor);
    if (a->next == a->count) {
        if (dt_grow(&a->moments, &a->capacity, a->count + 1, sizeof *a->moments) != 0) return DT_ERR_MEMORY;
        a->moments[a->count++] = dt_calloc((size_t)n * 2, sizeof(float));
    }
    float *m = a->moments[a->next++], *v = m + n, *w = dt_f32(p->tensor);
    if (!p->tensor->grad) return DT_OK;
    double c1 = 1 - pow(0.9, a->step), c2 = 1 - pow(0.99, a->step);
    for (int64_t i = 0; i < n; i++) {
        float g = dt_f32(p->tensor->grad)[i];
        m[i] = 0.9f * m[i] + 0.1f * g;
        v[i] = 0.99f * v[i] + 0.01f * g * g;
        w[i] -= (float)(0.003 * (m[i] / c1) / (sqrt(v[i] / c2) + 1e-8));
    }
    p->tensor->storage->version++;
    dt_zero_grad(p->tensor);
    return DT_OK;
}

static double iou(const float *a, const float *b)
{
    return dt_box_iou((dt_box){a[0], a[1], a[2], a[3]}, (dt_box){b[0], b[1], b[2], b[3]});
}

static void test_overfit(void)
{
    dt_detector *d = make("yolo-nano", SIDE);
    if (!CHECK(d != NULL)) return;
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *x = draw();
    dt_detector_labels labels = {3, truth, truth_cls, NULL, truth_image};
    dt_detector_losses losses = {0};
    adam a = {0};
    double first = 0;
    for (a.step = 1; a.step <= 80 && dt_ctx_status(ctx) == DT_OK; a.step++) {
        dt_scope inner = dt_scope_open(ctx);
        dt_backward(ctx, dt_detector_loss(ctx, d, x, &labels, &losses), NULL);
        a.next = 0;
        if (dt_ctx_status(ctx) == DT_OK) dt_module_each_param(dt_detector_net(d), adam_step, &a);
        if (a.step == 1) first = losses.total;
        dt_scope_close(ctx, inner);
    }
    CHECK_OK(dt_ctx_status(ctx), dt_ctx_error(ctx));
    CHECK_MSG(losses.total < 0.3 * first, "loss %g, at first %g", losses.total, first);

    /* Running statistics lag behind with momentum .03: let them settle. */
    int was = dt_grad_enable(ctx, 0);
    for (int i = 0; i < 150; i++) {
        dt_scope inner = dt_scope_open(ctx);
        dt_tensor *b, *s;
        dt_detector_forward(ctx, d, x, &b, &s);
        dt_scope_close(ctx, inner);
    }
    dt_grad_enable(ctx, was);

    /* The pictures are said to come from a file of twice the size. */
    dt_letterbox lb[2];
    dt_error err = {0};
    for (int i = 0; i < 2; i++)
        CHECK_OK(dt_letterbox_make(DT_LETTERBOX_CENTER, 0, 2 * SIDE, 2 * SIDE, SIDE, SIDE, &lb[i], &err),
                 &err);
    dt_predict_opts opts = dt_detector_predict_defaults(d);
    dt_detections out = {0};
    CHECK_OK(dt_detector_predict(ctx, d, x, lb, &opts, &out), dt_ctx_error(ctx));
    for (int k = 0; k < 3 && out.images == 2; k++) {
        float want[4];
        for (int c = 0; c < 4; c++)
            want[c] = 2 * truth[4 * k + c];
        int found = 0;
        for (int64_t i = out.begin[truth_image[k]]; i < out.begin[truth_image[k] + 1]; i++)
            found |= out.items[i].cls == truth_cls[k] && iou(out.items[i].box, want) > 0.7;
        CHECK_MSG(found, "object %d was not found among %lld detections", k, (long long)out.count);
    }
    CHECK_MSG(out.count <= 6, "%lld detections of 3 objects", (long long)out.count);
    dt_detections_free(&out);
    for (size_t i = 0; i < a.count; i++)
        dt_free(a.moments[i]);
    dt_free(a.moments);
    dt_scope_close(ctx, scope);
    dt_detector_destroy(d);
}

int main(void)
{
    dt_error err = {0};
    snprintf(folder, sizeof folder, "/tmp/dettool-test-detector-%ld", (long)getpid());
    CHECK_OK(dt_mkdirs(folder, &err), &err);
    if (!CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = 2, .seed = 1}, &ctx, &err), &err))
        return dt_test_end();
    RUN(test_round_trip);
    RUN(test_bad_files);
    RUN(test_start_from);
    RUN(test_fuse);
    RUN(test_bad_calls);
    RUN(test_overfit);
    dt_ctx_destroy(ctx);
    CHECK_INT(dt_mem_live(), 0);
    static const char *const files[] = {"a", "good", "bad", "classifier", "two"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.safetensors", files[i]);
        unlink(in_folder(name));
    }
    rmdir(folder);
    return dt_test_end();
}
