/* Training of a classifier. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "models/classifier.h"
#include "tools/class_steps.h"
#include "tools/picture_cell.h"
#include "tools/report_classes.h"
#include "tools/run_data.h"
#include "tools/train.h"
#include "tools/validate_classes.h"

typedef struct classify {
    dt_class_set data;
    const dt_class_split *val; /* NULL if there is none */
    dt_class_split *train;
    dt_classifier *classifier;
    dt_transforms *steps; /* of training */
    char *val_text;
    int said_bad;             /* that pictures of val do not decode */
    char name[DT_CLASS_NAME]; /* of the record that was asked for last */
} classify;

static void close(dt_train_run *run)
{
    classify *c = run->self;
    if (!c) return;
    dt_classifier_destroy(c->classifier);
    dt_transforms_free(c->steps);
    dt_class_set_free(&c->data);
    dt_free(c->val_text);
    dt_free(c);
    run->self = NULL;
}

/* Classes of which training has no picture. */
static dt_status name_untrained(dt_train_run *run, const classify *c)
{
    enum { SHOWN = 5 };
    const size_t n = c->data.names.count;
    size_t missing = 0;
    dt_str text = {0};
    uint8_t *seen = dt_calloc(n + 1, 1);
    if (!seen) return dt_ctx_fail_memory(run->ctx, n, "classes");
    for (int64_t i = 0; i < c->train->count; i++)
        seen[c->train->records[i].cls] = 1;
    for (size_t i = 0; i < n; i++)
        if (!seen[i] && missing++ < SHOWN)
            dt_str_printf(&text, "%s%s", missing > 1 ? ", " : "", c->data.names.items[i]);
    if (missing)
        dt_cli_warn("%s: 'train' has no picture of %zu of the %zu classes: %s%s", run->opts.data, missing, n,
                    text.data ? text.data : "", missing > SHOWN ? ", ..." : "");
    dt_str_free(&text);
    dt_free(seen);
    return DT_OK;
}

/* A run among the class folders would be a class of the next one. */
static dt_status refuse_inside(const char *data, const char *out, dt_error *err)
{
    char *at = dt_strdup(out);
    char root[PATH_MAX], there[PATH_MAX];
    while (at && !realpath(at, there)) { /* the part of the path that exists */
        char *up = dt_path_dir(at);
        dt_free(at);
        at = up;
    }
    if (!at) return dt_fail_memory(err, strlen(out), "a path");
    dt_free(at);
    if (!realpath(data, root)) return DT_OK;
    const size_t n = strlen(root);
    if (strncmp(root, there, n) != 0 || (there[n] != '/' && there[n] != '\0')) return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "--out %s lies in the data set %s, whose folders are its classes", out,
                   data);
}

static dt_status open_data(dt_train_run *run, dt_class_set *data, dt_error *err)
{
    const dt_train_opts *o = &run->opts;
    const dt_class_opts opts = {.val_share = o->val_fraction, .seed = (uint64_t)o->split_seed};
    DT_TRY(dt_run_open_classes(o->data, &opts, o->strict, o->asks_split, data, err));
    return data->format == DT_CLASSES_FOLDER ? refuse_inside(o->data, o->out, err) : DT_OK;
}

/* Crops show a part of a picture. */
enum { REDUCED_SIDES = 2 };

static dt_status read_data(dt_train_run *run)
{
    classify *c = dt_calloc(1, sizeof *c);
    if (!c) return dt_ctx_fail_memory(run->ctx, sizeof *c, "the data");
    run->self = c;
    dt_error *err = dt_ctx_error(run->ctx), none = {0};
    DT_TRY(open_data(run, &c->data, err));
    const dt_class_split *train = dt_class_set_split(&c->data, run->opts.data, "train", err);
    if (!train) return err->status;
    c->train = &c->data.splits[train - c->data.splits];
    if (run->opts.reduced_decode && c->data.format != DT_CLASSES_FOLDER)
        return dt_fail(err, DT_ERR_ARG, "--reduced-decode: %s holds pixels, not JPEG files", run->opts.data);
    if (run->opts.reduced_decode) c->train->reduce_to = (int)run->opts.imgsz * REDUCED_SIDES;
    DT_TRY(name_untrained(run, c));
    if (c->data.names.count == 1)
        dt_cli_warn("%s: one class alone (%s): there is nothing to tell apart", run->opts.data,
                    c->data.names.items[0]);
    c->val = dt_class_set_split(&c->data, run->opts.data, "val", &none);
    run->images = c->train->count;
    run->has_val = c->val != NULL;
    run->data_hash = dt_class_split_hash(&c->data, c->train, 0);
    if (!c->val && c->data.held_out)
        dt_cli_warn("%s: --val-fraction %g of each class, rounded down, is no picture", run->opts.data,
                    run->opts.val_fraction);
    if (!c->val) {
        dt_cli_warn("%s: no split 'val': best.safetensors will be the last epoch's", run->opts.data);
        return DT_OK;
    }
    run->data_hash = dt_class_split_hash(&c->data, c->val, run->data_hash);
    if (c->data.held_out)
        dt_cli_info("%s: %lld pictures held out as 'val' (--val-fraction %g of each class)", run->opts.data,
                    (long long)c->val->count, run->opts.val_fraction);
    return DT_OK;
}

static dt_status make_model(dt_train_run *run)
{
    classify *c = run->self;
    DT_TRY(dt_class_steps_choose(c->data.format, (int)run->opts.imgsz, run->opts.transforms,
                                 run->opts.val_transforms, &c->steps, &c->val_text, dt_ctx_error(run->ctx)));
    dt_classifier_opts opts = {.model = run->opts.model,
                               .imgsz = (int)run->opts.imgsz,
                               .names = (const char *const *)c->data.names.items,
                               .class_count = (int)c->data.names.count,
                               .transforms = c->val_text,
                               .val_share = c->data.held_out ? run->opts.val_fraction : 0,
                               .split_seed = (uint64_t)run->opts.split_seed,
                               .val_hash =
                                   c->data.held_out && c->val ? dt_class_split_hash(&c->data, c->val, 0) : 0};
    DT_TRY(dt_classifier_head_parse(run->opts.head, &opts.head, dt_ctx_error(run->ctx)));
    c->classifier = dt_classifier_create(run->ctx, &opts);
    if (!c->classifier) return dt_ctx_status(run->ctx);
    run->net = dt_classifier_net(c->classifier);
    return DT_OK;
}

static dt_status start_from(dt_train_run *run, dt_load_report *report)
{
    classify *c = run->self;
    return dt_classifier_start_from(run->ctx, c->classifier, run->opts.weights, report);
}

static dt_status balance(dt_train_run *run, double *weights)
{
    const classify *c = run->self;
    size_t n = (size_t)c->train->count;
    size_t *begin = dt_calloc(n + 1, sizeof *begin);
    int32_t *classes = dt_calloc(n + 1, sizeof *classes);
    dt_status st =
        begin && classes ? DT_OK : dt_ctx_fail_memory(run->ctx, (n + 1) * sizeof *begin, "classes");
    for (size_t i = 0; i < n && st == DT_OK; i++) {
        begin[i + 1] = i + 1;
        classes[i] = c->train->records[i].cls;
    }
    if (st == DT_OK)
        st = dt_inverse_frequency_weights(classes, begin, c->train->count, (int)c->data.names.count, weights,
                                          dt_ctx_error(run->ctx));
    dt_free(begin);
    dt_free(classes);
    return st;
}

static dt_status loader(dt_train_run *run, dt_source *source, dt_loader_opts *lo)
{
    classify *c = run->self;
    dt_classifier_loading(c->classifier, c->steps, lo);
    *source = dt_class_split_source(c->train);
    return DT_OK;
}

static dt_tensor *loss(dt_train_run *run, dt_tensor *images, const dt_batch *batch, double *parts,
                       double *total)
{
    classify *c = run->self;
    dt_classifier_losses losses = {0};
    dt_tensor *y = dt_classifier_loss(run->ctx, c->classifier, images, batch->classes, batch->count,
                                      run->opts.label_smoothing, &losses);
    parts[0] = *total = losses.loss;
    parts[1] = losses.correct;
    return y;
}

static dt_status validate(dt_train_run *run, double *scores)
{
    classify *c = run->self;
    dt_class_validation v;
    dt_class_validate_opts opts = {
        .batch = (int)run->opts.batch, .workers = (int)run->opts.workers, .strict = run->opts.strict};
    DT_TRY(dt_validate_classes(run->ctx, c->classifier, c->val, &opts, &v));
    if (v.bad && !c->said_bad)
        dt_cli_warn("%lld pictures of the val split do not decode and are left out: %s%s", (long long)v.bad,
                    v.why.text, v.bad > 1 ? ", ..." : "");
    c->said_bad |= v.bad > 0;
    scores[0] = dt_class_scores_loss(&v.scores);
    scores[1] = dt_class_scores_top1(&v.scores);
    scores[2] = dt_class_scores_top5(&v.scores);
    dt_class_scores_free(&v.scores);
    return DT_OK;
}

static double fitness(const double *scores)
{
    return scores[1];
}

static dt_status save(dt_train_run *run, const char *path)
{
    classify *c = run->self;
    return dt_classifier_save(run->ctx, c->classifier, path);
}

static const char *record_name(const dt_train_run *run, int64_t index)
{
    classify *c = run->self;
    return dt_class_record_name(&c->train->records[index], c->name);
}

static const char *class_name(const dt_train_run *run, int32_t cls)
{
    const classify *c = run->self;
    return c->data.names.items[cls];
}

static dt_status draw_labels(const dt_train_run *run, const dt_batch *batch, int picture, double scale,
                             dt_image *image, dt_error *err)
{
    (void)scale;
    (void)err;
    int32_t cls = batch->classes[picture];
    if (cls >= 0) dt_cell_name(image, cls, class_name(run, cls));
    return DT_OK;
}

/* DIR/confusion_matrix.png of best.safetensors. */
static dt_status finish(dt_train_run *run)
{
    classify *c = run->self;
    if (!c->val) return DT_OK;
    dt_error *err = dt_ctx_error(run->ctx);
    char *weights = dt_train_path(run, "best.safetensors"),
         *path = dt_train_path(run, "confusion_matrix.png");
    dt_classifier *best = weights && path ? dt_classifier_load(run->ctx, weights) : NULL;
    dt_status st = !weights || !path ? dt_ctx_fail_memory(run->ctx, 64, "a path") : dt_ctx_status(run->ctx);
    dt_class_validation v = {0};
    dt_image image = {0};
    dt_class_validate_opts opts = {.batch = (int)run->opts.batch, .workers = (int)run->opts.workers};
    if (st == DT_OK) st = dt_validate_classes(run->ctx, best, c->val, &opts, &v);
    if (st == DT_OK) st = dt_report_classes_image(&v.scores, dt_classifier_info(best)->names, &image, err);
    if (st == DT_OK) st = dt_image_save(path, &image, 0, err);
    dt_image_free(&image);
    dt_class_scores_free(&v.scores);
    dt_classifier_destroy(best);
    dt_free(weights);
    dt_free(path);
    return st;
}

static const dt_train_column columns[] = {
    {"train/loss", "loss", "training", 4, NULL},
    {"train/acc", "acc", "training", 4, NULL},
    {"val/loss", "val loss", "validation", 4, NULL},
    {"metrics/accuracy_top1", "top1", "top-1", 4, "top1"},
    {"metrics/accuracy_top5", "top5", "top-5", 4, "top5"},
};

const dt_train_task dt_train_classify = {
    .model_task = DT_TASK_CLASSIFY,
    .learns = "classifier",
    .default_model = "resnet18",
    .options = "head|label-smoothing|val-fraction|split-seed|transforms|val-transforms|reduced-decode",
    .losses = 2,
    .scores = 3,
    .columns = columns,
    .charts = {{"loss", {0, 2}, 2}, {"accuracy", {1, 3, 4}, 3}},
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
    .class_name = class_name,
    .draw_labels = draw_labels,
    .finish = finish,
    .close = close,
};
