#include "tools/eval_classes.h"

#include <stdio.h>
#include <string.h>

#include "core/device.h"
#include "core/mem.h"
#include "datasets/image/image.h"
#include "tools/report_classes.h"
#include "tools/run_data.h"
#include "tools/validate_classes.h"

typedef struct eval_job {
    const dt_eval_classes_opts *opts;
    dt_ctx *ctx;
    dt_classifier *classifier;
    dt_class_set data;
    dt_class_opts held_out;
    const dt_class_split *split;
    int32_t *map; /* class of the data -> class of the classifier */
} eval_job;

static void job_free(eval_job *job)
{
    dt_free(job->map);
    dt_class_set_free(&job->data);
    dt_classifier_destroy(job->classifier);
    dt_ctx_destroy(job->ctx);
}

/* A picture more or less and the draw holds others out, among them some of training. */
static dt_status check_held_out(const dt_eval_classes_opts *o, const dt_class_set *data,
                                const dt_classifier_opts *trained, dt_error *err)
{
    dt_error none = {0};
    const dt_class_split *val = dt_class_set_split(data, o->data, "val", &none);
    if (val && dt_class_split_hash(data, val, 0) == trained->val_hash) return DT_OK;
    return dt_fail(
        err, DT_ERR_STATE,
        "%s: its pictures have changed since %s was trained, and what is held out of them now may have been "
        "trained on; --val-fraction and --split-seed score it all the same",
        o->data, o->weights);
}

static dt_status load_data(eval_job *job, dt_error *err)
{
    const dt_eval_classes_opts *o = job->opts;
    const dt_classifier_opts *trained = dt_classifier_info(job->classifier);
    job->held_out =
        (dt_class_opts){.val_share = o->val_share >= 0        ? o->val_share
                                     : trained->val_share > 0 ? trained->val_share
                                                              : .2,
                        .seed = o->split_seed >= 0 ? (uint64_t)o->split_seed : trained->split_seed};
    const int asks_split = o->val_share >= 0 || o->split_seed >= 0;
    DT_TRY(dt_run_open_classes(o->data, &job->held_out, o->strict, asks_split, &job->data, err));
    if (!asks_split && job->data.held_out && trained->val_share > 0)
        DT_TRY(check_held_out(o, &job->data, trained, err));
    job->split = dt_class_set_split(&job->data, o->data, o->split, err);
    if (!job->split) return err->status;
    size_t n = job->data.names.count;
    job->map = dt_calloc(n, sizeof *job->map);
    if (!job->map) return dt_fail_memory(err, n * sizeof *job->map, "the classes");
    return dt_classifier_map_classes(job->ctx, job->classifier, o->weights,
                                     (const char *const *)job->data.names.items, (int)n, o->data, job->map);
}

static dt_status prepare(eval_job *job)
{
    const dt_eval_classes_opts *o = job->opts;
    dt_device *device;
    DT_TRY(dt_device_open(job->ctx, o->device, &device));
    dt_ctx_set_device(job->ctx, device);
    job->classifier = dt_classifier_load(job->ctx, o->weights);
    return job->classifier ? load_data(job, dt_ctx_error(job->ctx)) : dt_ctx_status(job->ctx);
}

static dt_status report(const eval_job *job, const dt_class_validation *v, dt_error *err)
{
    const dt_eval_classes_opts *o = job->opts;
    const char *const *names = dt_classifier_info(job->classifier)->names;
    dt_str text = {0};
    dt_status st = DT_OK;
    if (o->json)
        dt_report_classes_json(&v->scores, names, &text);
    else
        dt_report_classes_text(&v->scores, names, o->per_class, stdout);
    if (text.failed) st = dt_fail_memory(err, text.len, "the report");
    if (st == DT_OK && text.len) fwrite(text.data, 1, text.len, stdout);
    dt_str_free(&text);
    if (st != DT_OK || !o->picture) return st;
    dt_image image = {0};
    st = dt_report_classes_image(&v->scores, names, &image, err);
    if (st == DT_OK) st = dt_image_save(o->picture, &image, 0, err);
    dt_image_free(&image);
    return st;
}

static dt_status run(eval_job *job, dt_error *err)
{
    const dt_eval_classes_opts *o = job->opts;
    DT_TRY(dt_ctx_create(&(dt_ctx_opts){.threads = o->threads}, &job->ctx, err));
    dt_class_validate_opts vo = {
        .batch = o->batch, .workers = o->workers, .show_progress = 1, .strict = o->strict};
    dt_class_validation v = {0};
    dt_status st = prepare(job);
    if (st == DT_OK) {
        vo.map = job->map;
        st = dt_validate_classes(job->ctx, job->classifier, job->split, &vo, &v);
    }
    if (st != DT_OK) {
        *err = *dt_ctx_error(job->ctx);
        return st;
    }
    if (v.bad) dt_cli_warn("%lld pictures do not decode and are left out", (long long)v.bad);
    if (job->data.held_out)
        dt_cli_info("%s has no splits: --val-fraction %g of each class is 'val', the rest 'train'", o->data,
                    job->held_out.val_share);
    dt_cli_info("%s on %s of %s: %lld pictures, %.1f ms each", o->weights, o->split, o->data,
                (long long)v.scores.count, v.ms_per_image);
    st = report(job, &v, err);
    dt_class_scores_free(&v.scores);
    return st;
}

int dt_eval_classes(const dt_command *command, const dt_eval_classes_opts *o)
{
    dt_error err = {0};
    eval_job job = {.opts = o};
    dt_status st = run(&job, &err);
    job_free(&job);
    return st == DT_OK ? DT_EXIT_OK : dt_cli_fail(command, &err);
}
