#include "tools/infer_classes.h"

#include <math.h>
#include <stdio.h>

#include "core/device.h"
#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"
#include "datasets/image/image.h"
#include "models/classifier.h"
#include "tools/infer_files.h"

typedef struct class_job {
    const dt_infer_classes_opts *opts;
    dt_ctx *ctx;
    dt_classifier *classifier;
    const dt_classifier_opts *info;
    dt_json *json;
    float *log_p; /* class_count */
    int *best;    /* top */
    int top;
} class_job;

static void write_json(const class_job *job, const char *file, const dt_image *image)
{
    dt_json *j = job->json;
    dt_json_object(j);
    dt_json_key(j, "file"), dt_json_str(j, file);
    dt_json_key(j, "width"), dt_json_int(j, image->width);
    dt_json_key(j, "height"), dt_json_int(j, image->height);
    dt_json_key(j, "classes");
    dt_json_array(j);
    for (int i = 0; i < job->top; i++) {
        dt_json_compact(j);
        dt_json_object(j);
        dt_json_key(j, "class"), dt_json_int(j, job->best[i]);
        dt_json_key(j, "name"), dt_json_str(j, job->info->names[job->best[i]]);
        dt_json_key(j, "prob"), dt_json_f32(j, expf(job->log_p[job->best[i]]));
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
    dt_json_object_end(j);
}

static void print_line(const class_job *job, const char *file, const dt_image *image, double ms)
{
    dt_cli_printf_safe(stdout, "%s: %dx%d", file, image->width, image->height);
    for (int i = 0; i < job->top; i++)
        dt_cli_printf_safe(stdout, ", %s %.3f", job->info->names[job->best[i]],
                           (double)expf(job->log_p[job->best[i]]));
    printf(", %.1f ms\n", ms);
}

static dt_status do_file(class_job *job, const char *file, dt_error *err)
{
    dt_image image = {0};
    int warnings = 0;
    DT_TRY(dt_image_load(file, NULL, &image, &warnings, err));
    if (warnings) dt_cli_warn("%s: the file is damaged; what could be decoded is used", file);
    double before = dt_seconds();
    dt_scope scope = dt_scope_open(job->ctx);
    dt_tensor *input = dt_classifier_input(job->ctx, job->classifier, &image);
    dt_status st =
        input ? dt_classifier_predict(job->ctx, job->classifier, input, job->log_p) : dt_ctx_status(job->ctx);
    dt_scope_close(job->ctx, scope);
    if (st != DT_OK) *err = *dt_ctx_error(job->ctx);
    dt_ctx_clear_error(job->ctx);
    for (int i = 0; i < job->info->class_count && st == DT_OK; i++)
        if (isnan(job->log_p[i]))
            st = dt_fail(err, DT_ERR_STATE, "%s: the network gives no numbers (NaN)", file);
    if (st == DT_OK) {
        dt_top_k(job->log_p, job->info->class_count, job->top, job->best);
        if (job->json)
            write_json(job, file, &image);
        else
            print_line(job, file, &image, (dt_seconds() - before) * 1e3);
    }
    dt_image_free(&image);
    return st;
}

static dt_status prepare(class_job *job, dt_error *err)
{
    const dt_infer_classes_opts *o = job->opts;
    DT_TRY(dt_ctx_create(&(dt_ctx_opts){.threads = o->threads}, &job->ctx, err));
    dt_device *device;
    dt_status st = dt_device_open(job->ctx, o->device, &device);
    if (st == DT_OK) {
        dt_ctx_set_device(job->ctx, device);
        job->classifier = dt_classifier_load(job->ctx, o->weights);
        st = job->classifier ? dt_classifier_fuse(job->ctx, job->classifier) : dt_ctx_status(job->ctx);
    }
    if (st == DT_OK) {
        job->info = dt_classifier_info(job->classifier);
        int classes = job->info->class_count;
        job->top = o->top < classes ? o->top : classes;
        job->log_p = dt_calloc((size_t)classes, sizeof *job->log_p);
        job->best = dt_calloc((size_t)job->top, sizeof *job->best);
        if (!job->log_p || !job->best)
            st = dt_ctx_fail_memory(job->ctx, (size_t)classes * sizeof *job->log_p, "class scores");
    }
    if (st != DT_OK) *err = *dt_ctx_error(job->ctx);
    return st;
}

static int do_files(class_job *job, const dt_command *command, const dt_names *files)
{
    int failed = 0;
    for (size_t i = 0; i < files->count; i++) {
        dt_error err = {0};
        if (do_file(job, files->items[i], &err) == DT_OK) continue;
        dt_cli_fail(command, &err);
        failed++;
        if (!job->json) continue;
        dt_json_object(job->json);
        dt_json_key(job->json, "file"), dt_json_str(job->json, files->items[i]);
        dt_json_key(job->json, "error"), dt_json_str(job->json, err.text);
        dt_json_object_end(job->json);
    }
    return failed;
}

int dt_infer_classes(const dt_command *command, const dt_infer_classes_opts *o, const char *const *operands,
                     int count)
{
    dt_error err = {0};
    dt_str text = {0};
    dt_json json = dt_json_begin(&text, 2);
    dt_names files = {0};
    class_job job = {.opts = o, .json = o->json ? &json : NULL};
    int failed = 0;
    dt_status st = dt_infer_collect(operands, count, &files, &err);
    if (st == DT_OK) st = prepare(&job, &err);
    if (st == DT_OK) {
        if (job.json) dt_json_array(&json);
        failed = do_files(&job, command, &files);
        if (job.json) dt_json_array_end(&json);
        if (job.json && text.failed) st = dt_fail_memory(&err, text.len, "the JSON document");
        if (job.json && st == DT_OK) puts(text.data);
    }
    dt_str_free(&text);
    dt_free(job.log_p);
    dt_free(job.best);
    dt_classifier_destroy(job.classifier);
    dt_ctx_destroy(job.ctx);
    dt_names_free(&files);
    return st != DT_OK ? dt_cli_fail(command, &err) : failed ? DT_EXIT_FAILED : DT_EXIT_OK;
}
