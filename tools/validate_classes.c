#include "tools/validate_classes.h"

#include <pthread.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "tools/cli.h"

/* The split's pictures; those that do not decode are marked and empty, so that the others keep their places. */
typedef struct tolerant {
    dt_source from;
    uint8_t *bad;
    pthread_mutex_t lock;
    int64_t first; /* the first of them, */
    dt_error why;  /* and what is wrong with it */
} tolerant;

static dt_status load_or_mark(void *self, int64_t index, dt_sample *out, dt_error *err)
{
    tolerant *t = self;
    dt_status st = t->from.load(t->from.self, index, out, err);
    if (st == DT_OK || st == DT_ERR_MEMORY || st == DT_ERR_INTERRUPTED) return st;
    t->bad[index] = 1;
    pthread_mutex_lock(&t->lock);
    if (t->why.status == DT_OK || index < t->first) {
        t->first = index;
        t->why = *err;
    }
    pthread_mutex_unlock(&t->lock);
    *err = (dt_error){0};
    dt_image_free(&out->image);
    DT_TRY(dt_image_create(&out->image, 1, 1, 3, err));
    memset(out->image.data, 0, 3);
    return DT_OK;
}

static const char *name(void *self, int64_t index, char *out, size_t size)
{
    const tolerant *t = self;
    return t->from.name(t->from.self, index, out, size);
}

static dt_status run_batch(dt_ctx *ctx, dt_classifier *c, const uint8_t *bad, const dt_batch *batch,
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
        if (bad[batch->indices[i]])
            v->bad++;
        else
            dt_class_scores_add(&v->scores, map ? map[cls] : cls, log_p + (int64_t)i * v->scores.classes);
    }
    dt_scope_close(ctx, scope);
    return st;
}

static dt_status run_batches(dt_ctx *ctx, dt_classifier *c, const tolerant *pictures, dt_loader *loader,
                             const dt_class_validate_opts *o, dt_class_validation *v)
{
    dt_error *err = dt_ctx_error(ctx);
    size_t values = (size_t)o->batch * (size_t)v->scores.classes;
    float *log_p = dt_malloc(values * sizeof *log_p);
    if (!log_p) return dt_ctx_fail_memory(ctx, values * sizeof *log_p, "class scores");
    dt_progress progress;
    if (o->show_progress) dt_progress_begin(&progress, "evaluating", pictures->from.count);
    dt_status st = dt_loader_start(loader, 0, 0, err);
    int64_t done = 0;
    while (st == DT_OK) {
        const dt_batch *batch;
        st = dt_loader_next(loader, &batch, err);
        if (st != DT_OK || !batch) break;
        st = run_batch(ctx, c, pictures->bad, batch, o->map, log_p, v);
        done += batch->count;
        if (o->show_progress) dt_progress_step(&progress, done, "%s", "");
    }
    if (o->show_progress) dt_progress_end(&progress);
    dt_free(log_p);
    return st;
}

dt_status dt_validate_classes(dt_ctx *ctx, dt_classifier *c, const dt_class_split *split,
                              const dt_class_validate_opts *o, dt_class_validation *v)
{
    *v = (dt_class_validation){0};
    dt_error *err = dt_ctx_error(ctx);
    dt_loader_opts lo = dt_loader_defaults();
    lo.batch = o->batch;
    lo.workers = o->workers;
    dt_classifier_loading(c, dt_classifier_steps(c), &lo);
    tolerant pictures = {.from = dt_class_split_source(split),
                         .bad = dt_calloc((size_t)split->count + 1, 1),
                         .lock = PTHREAD_MUTEX_INITIALIZER};
    if (!pictures.bad) return dt_fail_memory(err, (size_t)split->count, "marks of pictures");
    dt_source source = {.count = split->count, .load = load_or_mark, .self = &pictures, .name = name};
    dt_loader *loader = NULL;
    dt_status st = dt_loader_create(o->strict ? &pictures.from : &source, &lo, &loader, err);
    if (st == DT_OK) st = dt_class_scores_make(dt_classifier_info(c)->class_count, &v->scores, err);
    if (st == DT_OK) st = run_batches(ctx, c, &pictures, loader, o, v);
    if (st == DT_OK && v->bad) v->why = pictures.why;
    if (st == DT_OK && v->bad == split->count)
        st = dt_fail(err, DT_ERR_FORMAT, "none of the %lld pictures of the split '%s' decodes: %s",
                     (long long)split->count, split->name, pictures.why.text);
    if (st == DT_OK && v->scores.not_finite)
        st = dt_fail(err, DT_ERR_STATE,
                     "the network gives no numbers (NaN) for %lld of the %lld pictures of '%s'; a lower "
                     "--lr0 may help in "
                     "training",
                     (long long)v->scores.not_finite, (long long)split->count, split->name);
    dt_loader_destroy(loader);
    dt_free(pictures.bad);
    if (split->count > 0) v->ms_per_image /= (double)split->count;
    if (st != DT_OK) dt_class_scores_free(&v->scores);
    return st;
}
