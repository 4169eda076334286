/* Training of a detector. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/image/draw.h"
#include "models/detector.h"
#include "tools/run_data.h"
#include "tools/train.h"
#include "tools/validate.h"

/* The batch's labels as the loss wants them. */
typedef struct label_arrays {
    float *boxes;
    int32_t *cls, *ignore, *image;
    size_t capacity[4];
} label_arrays;

typedef struct detect {
    dt_run_data data;
    dt_split_source train, val;
    dt_detector *detector;
    label_arrays arrays;
    dt_transforms *transforms; /* of --transforms, or NULL */
} detect;

static void label_arrays_free(label_arrays *a)
{
    dt_free(a->boxes);
    dt_free(a->cls);
    dt_free(a->ignore);
    dt_free(a->image);
}

static dt_status fill_labels(dt_ctx *ctx, label_arrays *a, const dt_batch *batch, dt_detector_labels *out)
{
    size_t n = batch->label_begin[batch->count];
    if (dt_grow(&a->boxes, &a->capacity[0], 4 * n, sizeof *a->boxes) != 0 ||
        dt_grow(&a->cls, &a->capacity[1], n, sizeof *a->cls) != 0 ||
        dt_grow(&a->ignore, &a->capacity[2], n, sizeof *a->ignore) != 0 ||
        dt_grow(&a->image, &a->capacity[3], n, sizeof *a->image) != 0)
        return dt_ctx_fail_memory(ctx, n * 28, "the labels of a batch");
    for (int i = 0; i < batch->count; i++) {
        for (size_t k = batch->label_begin[i]; k < batch->label_begin[i + 1]; k++) {
            const dt_label *l = &batch->labels[k];
            a->boxes[4 * k] = (float)l->box.x1;
            a->boxes[4 * k + 1] = (float)l->box.y1;
            a->boxes[4 * k + 2] = (float)l->box.x2;
            a->boxes[4 * k + 3] = (float)l->box.y2;
            a->cls[k] = l->cls;
            a->ignore[k] = l->ignore;
            a->image[k] = i;
        }
    }
    *out = (dt_detector_labels){(int64_t)n, a->boxes, a->cls, a->ignore, a->image};
    return DT_OK;
}

static void close(dt_train_run *run)
{
    detect *d = run->self;
    if (!d) return;
    label_arrays_free(&d->arrays);
    dt_detector_destroy(d->detector);
    dt_transforms_free(d->transforms);
    dt_split_source_free(&d->train);
    dt_split_source_free(&d->val);
    dt_run_data_free(&d->data);
    dt_free(d);
    run->self = NULL;
}

/* Objects that are neither ignored nor without picture. */
static int64_t count_objects(const dt_split_source *source)
{
    int64_t n = 0;
    for (int64_t i = 0; i < source->count; i++) {
        const dt_record *r = dt_split_source_record(source, i);
        for (size_t k = r->first; k < r->first + r->count; k++)
            n += !source->set->objects[k].ignore;
    }
    return n;
}

static dt_status read_data(dt_train_run *run)
{
    detect *d = dt_calloc(1, sizeof *d);
    if (!d) return dt_ctx_fail_memory(run->ctx, sizeof *d, "the data");
    run->self = d;
    dt_error *err = dt_ctx_error(run->ctx);
    DT_TRY(dt_run_data_read(run->opts.data, "train", "val", run->opts.strict, dt_ctx_pool(run->ctx), &d->data,
                            err));
    run->has_val = dt_dataset_split(&d->data.set, "val") != NULL;
    DT_TRY(dt_split_source_make(&d->data, "train", 0, &d->train, err));
    if (count_objects(&d->train) == 0)
        return dt_fail(err, DT_ERR_FORMAT, "%s: no object in the split 'train': there is nothing to learn",
                       run->opts.data);
    run->images = d->train.count;
    run->data_hash = dt_split_source_hash(&d->train, 0);
    if (!run->has_val) {
        dt_cli_warn("%s: no split 'val': best.safetensors will be the last epoch's", run->opts.data);
        return DT_OK;
    }
    DT_TRY(dt_split_source_make(&d->data, "val", 1, &d->val, err));
    run->data_hash = dt_split_source_hash(&d->val, run->data_hash);
    if (count_objects(&d->val) == 0) {
        run->has_val = 0;
        dt_cli_warn("%s: no object in the split 'val': best.safetensors will be the last epoch's",
                    run->opts.data);
    }
    return DT_OK;
}

static dt_status make_model(dt_train_run *run)
{
    detect *d = run->self;
    dt_detector_opts opts = dt_detector_defaults();
    const dt_dataset *set = &d->data.set;
    opts.model = run->opts.model;
    opts.names = set->classes;
    opts.class_count = (int)set->class_count;
    opts.class_base = set->class_base;
    opts.imgsz = (int)run->opts.imgsz;
    d->detector = dt_detector_create(run->ctx, &opts);
    if (!d->detector) return dt_ctx_status(run->ctx);
    run->net = dt_detector_net(d->detector);
    return DT_OK;
}

static dt_status start_from(dt_train_run *run, dt_load_report *report)
{
    detect *d = run->self;
    return dt_detector_start_from(run->ctx, d->detector, run->opts.weights, report);
}

static dt_status balance(dt_train_run *run, double *weights)
{
    const detect *d = run->self;
    const dt_dataset *set = &d->data.set;
    size_t n = (size_t)d->train.count, objects = 0;
    for (size_t i = 0; i < n; i++)
        objects += dt_split_source_record(&d->train, (int64_t)i)->count;
    size_t *begin = dt_calloc(n + 1, sizeof *begin);
    int32_t *classes = dt_calloc(objects + 1, sizeof *classes);
    dt_status st = begin && classes ? DT_OK : dt_ctx_fail_memory(run->ctx, (objects + n) * 8, "classes");
    for (size_t i = 0; i < n && st == DT_OK; i++) {
        const dt_record *r = dt_split_source_record(&d->train, (int64_t)i);
        begin[i + 1] = begin[i] + r->count;
        for (size_t k = 0; k < r->count; k++) {
            const dt_object *o = &set->objects[r->first + k];
            classes[begin[i] + k] = o->ignore ? -1 : o->cls;
        }
    }
    if (st == DT_OK)
        st = dt_inverse_frequency_weights(classes, begin, d->train.count, (int)set->class_count, weights,
                                          dt_ctx_error(run->ctx));
    dt_free(begin);
    dt_free(classes);
    return st;
}

/* Sides from imgsz * (1 - F) to imgsz * (1 + F), rounded to steps. */
static void set_sizes(const dt_train_opts *o, dt_loader_opts *lo)
{
    enum { STEP = 32 };
    if (o->multi_scale == 0) return;
    lo->size_step = STEP;
    lo->size_min = STEP * (int)fmax(rint(lo->imgsz * (1 - o->multi_scale) / STEP), 1);
    lo->size_max = STEP * (int)rint(lo->imgsz * (1 + o->multi_scale) / STEP);
}

/* The pipeline of --transforms. One that may end in any size gets the detector's letterbox at its end. */
static dt_status set_transforms(dt_train_run *run, const dt_detector_opts *info, dt_loader_opts *lo)
{
    detect *d = run->self;
    dt_error *err = dt_ctx_error(run->ctx);
    int width, height;
    float mean[3], std[3];
    if (!run->opts.transforms) return DT_OK;
    DT_TRY(dt_transforms_parse(run->opts.transforms, &d->transforms, err));
    dt_transforms_size(d->transforms, &width, &height);
    if (!width || !height) {
        char *longer =
            dt_format("%s letterbox(%d, mode=%s, fill=%d, filter=%s)", run->opts.transforms, lo->imgsz,
                      dt_letterbox_program(info->letterbox), info->fill, dt_resize_filter_name(info->filter));
        dt_transforms_free(d->transforms);
        d->transforms = NULL;
        dt_status st = longer ? dt_transforms_parse(longer, &d->transforms, err)
                              : dt_fail_memory(err, 64, "the transforms");
        dt_free(longer);
        DT_TRY(st);
    }
    if (dt_transforms_normalize(d->transforms, mean, std))
        return dt_fail(err, DT_ERR_ARG, "--transforms: normalize is the detector's own work: leave it out");
    lo->augment = 0;
    lo->pipeline = d->transforms;
    return DT_OK;
}

static dt_status loader(dt_train_run *run, dt_source *source, dt_loader_opts *lo)
{
    detect *d = run->self;
    const dt_train_opts *o = &run->opts;
    const dt_detector_opts *info = dt_detector_info(d->detector);
    lo->imgsz = info->imgsz;
    set_sizes(o, lo);
    lo->augment = 1;
    lo->aug = o->aug;
    lo->mosaic_epochs = o->epochs > o->close_mosaic ? o->epochs - o->close_mosaic : 0;
    lo->filter = info->filter;
    lo->fill = (uint8_t)info->fill;
    lo->divisor = (float)info->divisor;
    for (int c = 0; c < 3; c++) {
        lo->mean[c] = (float)info->mean[c];
        lo->std[c] = (float)info->std[c];
    }
    DT_TRY(set_transforms(run, info, lo));
    d->train.reduce_to = !o->reduced_decode ? 0 : lo->size_max ? lo->size_max : lo->imgsz;
    *source = dt_split_source_as_source(&d->train);
    return DT_OK;
}

static dt_tensor *loss(dt_train_run *run, dt_tensor *images, const dt_batch *batch, double *parts,
                       double *total)
{
    detect *d = run->self;
    dt_detector_labels labels;
    if (fill_labels(run->ctx, &d->arrays, batch, &labels) != DT_OK) return NULL;
    dt_detector_losses losses = {0};
    dt_tensor *y = dt_detector_loss(run->ctx, d->detector, images, &labels, &losses);
    parts[0] = losses.box;
    parts[1] = losses.cls;
    parts[2] = losses.dfl;
    *total = losses.total;
    return y;
}

static dt_status validate(dt_train_run *run, double *scores)
{
    detect *d = run->self;
    dt_validation v;
    dt_validate_opts opts = {.batch = (int)run->opts.batch,
                             .workers = (int)run->opts.workers,
                             .predict = dt_detector_eval_defaults(d->detector)};
    DT_TRY(dt_validate(run->ctx, d->detector, &d->val, &opts, &v));
    if (v.bad && run->at.epoch == 0)
        dt_cli_warn("%lld pictures of the val split do not decode and are left out", (long long)v.bad);
    dt_coco_result result = {0};
    dt_score_summary score = {0};
    dt_status st = dt_validation_score(&v, dt_ctx_pool(run->ctx), &result, &score, dt_ctx_error(run->ctx));
    dt_coco_result_free(&result);
    dt_validation_free(&v);
    const double values[] = {score.precision, score.recall, score.ap50, score.ap};
    memcpy(scores, values, sizeof values);
    return st;
}

/* Ultralytics' weights of the two. */
static double fitness(const double *scores)
{
    return .1 * scores[2] + .9 * scores[3];
}

static dt_status save(dt_train_run *run, const char *path)
{
    detect *d = run->self;
    return dt_detector_save(run->ctx, d->detector, path);
}

static const char *record_name(const dt_train_run *run, int64_t index)
{
    const detect *d = run->self;
    return dt_split_source_record(&d->train, index)->image;
}

static const char *label_file(const dt_train_run *run, int64_t index)
{
    const detect *d = run->self;
    return dt_split_source_record(&d->train, index)->label;
}

static const char *class_name(const dt_train_run *run, int32_t cls)
{
    const detect *d = run->self;
    return d->data.set.classes[cls];
}

/* Boxes of one picture, ignored ones first and grey, so that they hide nothing. */
static dt_status draw_labels(const dt_train_run *run, const dt_batch *batch, int picture, double scale,
                             dt_image *image, dt_error *err)
{
    const detect *d = run->self;
    const dt_detector_opts *info = dt_detector_info(d->detector);
    size_t first = batch->label_begin[picture], n = batch->label_begin[picture + 1] - first;
    if (n == 0) return DT_OK;
    dt_box *boxes = dt_malloc(n * sizeof *boxes);
    int32_t *classes = dt_malloc(n * sizeof *classes);
    int count = 0;
    dt_status st = boxes && classes ? DT_OK : dt_fail_memory(err, n * sizeof *boxes, "drawing");
    for (size_t i = 0; i < n && st == DT_OK; i++) {
        const dt_label *l = &batch->labels[first + i];
        dt_box box = {l->box.x1 * scale, l->box.y1 * scale, l->box.x2 * scale, l->box.y2 * scale};
        if (l->ignore) {
            dt_draw_rect(image, box, 1, (dt_rgb){128, 128, 128});
        } else {
            boxes[count] = box;
            classes[count++] = l->cls;
        }
    }
    if (st == DT_OK)
        st = dt_draw_detections(image, boxes, classes, NULL, info->names, info->class_count, count, err);
    dt_free(boxes);
    dt_free(classes);
    return st;
}

/* Ultralytics' column names, so that the tools around it read the file. */
static const dt_train_column columns[] = {
    {"train/box_loss", "box", "box", 4, NULL},     {"train/cls_loss", "cls", "cls", 4, NULL},
    {"train/dfl_loss", "dfl", "dfl", 4, NULL},     {"metrics/precision(B)", "P", "precision", 3, NULL},
    {"metrics/recall(B)", "R", "recall", 3, NULL}, {"metrics/mAP50(B)", "AP50", "AP50", 4, "AP50"},
    {"metrics/mAP50-95(B)", "AP", "AP", 4, "AP"},
};

const dt_train_task dt_train_detect = {
    .model_task = DT_TASK_DETECT,
    .learns = "detector",
    .default_model = "yolo-nano",
    .options =
        "transforms|close-mosaic|mosaic|mosaic9|mixup|mixup-style|cutmix|copy-paste|fliplr|flipud|degrees|"
        "translate|scale|"
        "shear|perspective|box-rule|multi-scale|hsv-h|hsv-s|hsv-v|reduced-decode",
    .losses = 3,
    .scores = 4,
    .columns = columns,
    .charts = {{"training loss", {0, 1, 2}, 3}, {"validation", {5, 6, 3, 4}, 4}},
    .read_data = read_data,
    .make_model = make_model,
    .start_from = start_from,
    .balance = balance,
    .loader = loader,
    .loss = loss,
    .validate = validate,
    .fitness = fitness,
    .save = save,
    .record_name = record_name,
    .label_file = label_file,
    .class_name = class_name,
    .draw_labels = draw_labels,
    .close = close,
};
