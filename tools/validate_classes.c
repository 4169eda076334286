#include "tools/validate_classes.h"

#include "core/file.h"
#include "core/mem.h"
#include "tools/cli.h"

static dt_status run_batch(dt_ctx *ctx, dt_classifier *c, const dt_class_split *split, const dt_batch *batch,
                           const int32_t *map, float *log_p, dt_class_validation *v)
{
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *images = dt_from(
        ctx, DT_F32, DT_SHAPE(batch->count, batch->channels, batch->height, batch->width), batch->pixels);
    double before = dt_seconds();
    dt_status st = images ? dt_classifier_predict(ctx, c, images, log_p) : dt_ctx_status(ctx);
    v->ms_per_image += (dt_seconds() - before) * 1e3;
    for (int i = 0; i < batch->count && st == DT_OK; i++) {
        int32_t cls = batch->classes[i];
        if (split->bad[batch->indices[i]])
            v->bad++;
        else
            dt_class_scores_add(&v->scores, map ? map[cls] : cls, log_p + (int64_t)i * v->scores.classes);
    }
    dt_scope_close(ctx, scope);
    return st;
}

static dt_status run_batches(dt_ctx *ctx, dt_classifier *c, dt_class_split *split, dt_loader *loader,
                             const dt_class_validate_opts *o, dt_class_validation *v)
{
    dt_error *err = dt_ctx_error(ctx);
    size_t values = (size_t)o->batch * (size_t)v->scores.classes;
    float *log_p = dt_malloc(values * sizeof *log_p);
    if (!log_p) return dt_ctx_fail_memory(ctx, values * sizeof *log_p, "class scores");
    dt_progress progress;
    if (o->show_progress) dt_progress_begin(&progress, "evaluating", split->count);
    dt_status st = dt_loader_start(loader, 0, 0, err);
    int64_t done = 0;
    while (st == DT_OK) {
        const dt_batch *batch;
        st = dt_loader_next(loader, &batch, err);
        if (st != DT_OK || !batch) break;
        st = run_batch(ctx, c, split, batch, o->map, log_p, v);
        done += batch->count;
        if (o->show_progress) dt_progress_step(&progress, done, "%s", "");
    }
    if (o->show_progress) dt_progress_end(&progress);
    dt_free(log_p);
    return st;
}

dt_status dt_validate_classes(dt_ctx *ctx, dt_classifier *c, dt_class_split *split,
                              const dt_class_validate_opts *o, dt_class_validation *v)
{
    *v = (dt_class_validation){0};
    dt_error *err = dt_ctx_error(ctx);
    dt_loader_opts lo = dt_loader_defaults();
    lo.batch = o->batch;
    lo.workers = o->workers;
    dt_classifier_loading(c, dt_classifier_steps(c), &lo);
    dt_source source = dt_class_split_as_source(split);
    dt_loader *loader;
    DT_TRY(dt_loader_create(&source, &lo, &loader, err));
    dt_status st = dt_class_scores_make(dt_classifier_info(c)->class_count, &v->scores, err);
    if (st == DT_OK) st = run_batches(ctx, c, split, loader, o, v);
    dt_loader_destroy(loader);
    if (split->count > 0) v->ms_per_image /= (double)split->count;
    if (st != DT_OK) dt_class_scores_free(&v->scores);
    return st;
}
