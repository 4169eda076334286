#include "detect/coco_eval.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "detect/coco_internal.h"

/* ---- checks ---- */

static dt_status check_place(const char *what, size_t i, int32_t image, int32_t cls, const dt_coco_input *in,
                             dt_error *err)
{
    if (image < 0 || image >= in->image_count)
        return dt_fail(err, DT_ERR_ARG, "%s %zu: image %d is outside 0 to %d", what, i, image,
                       in->image_count - 1);
    if (cls < 0 || cls >= in->class_count)
        return dt_fail(err, DT_ERR_ARG, "%s %zu: class %d is outside 0 to %d", what, i, cls,
                       in->class_count - 1);
    return DT_OK;
}

static dt_status check_input(const dt_coco_input *in, dt_error *err)
{
    if (in->image_count < 0 || in->class_count < 0)
        return dt_fail(err, DT_ERR_ARG, "evaluation: %d images, %d classes", in->image_count,
                       in->class_count);
    if (in->gt_count >= UINT32_MAX || in->dt_count >= UINT32_MAX)
        return dt_fail(err, DT_ERR_ARG,
                       "evaluation: %zu ground truths, %zu detections; 2^32 - 2 are possible", in->gt_count,
                       in->dt_count);
    for (size_t i = 0; i < in->gt_count; i++) {
        const dt_coco_gt *g = &in->gts[i];
        DT_TRY(check_place("ground truth", i, g->image, g->cls, in, err));
        if (!isfinite(g->x) || !isfinite(g->y) || !isfinite(g->w) || !isfinite(g->h) || !isfinite(g->area))
            return dt_fail(err, DT_ERR_ARG, "ground truth %zu (id %lld): box [%g, %g, %g, %g], area %g", i,
                           (long long)g->id, g->x, g->y, g->w, g->h, g->area);
    }
    for (size_t i = 0; i < in->dt_count; i++) {
        const dt_coco_dt *d = &in->dts[i];
        DT_TRY(check_place("detection", i, d->image, d->cls, in, err));
        if (!isfinite(d->x) || !isfinite(d->y) || !isfinite(d->w) || !isfinite(d->h) || isnan(d->score))
            return dt_fail(err, DT_ERR_ARG, "detection %zu: box [%g, %g, %g, %g], score %g", i, d->x, d->y,
                           d->w, d->h, d->score);
    }
    return DT_OK;
}

/* ---- workers ---- */

static void scratch_free(coco_scratch *s)
{
    void *parts[] = {s->targets, s->candidates,   s->keys,     s->spare,    s->outcomes,
                     s->sorted,  s->wrong_before, s->position, s->precision};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        dt_free(parts[i]);
}

static int scratch_create(coco_scratch *s, size_t targets, size_t outcomes)
{
    *s = (coco_scratch){.target_capacity = targets, .outcome_capacity = outcomes};
    s->targets = dt_realloc_array(NULL, targets, sizeof *s->targets);
    s->candidates = dt_realloc_array(NULL, targets, sizeof *s->candidates);
    s->precision = dt_realloc_array(NULL, targets, sizeof *s->precision);
    s->wrong_before = dt_realloc_array(NULL, targets, DT_COCO_T * sizeof *s->wrong_before);
    s->position = dt_realloc_array(NULL, targets, DT_COCO_T * sizeof *s->position);
    s->keys = dt_realloc_array(NULL, outcomes, sizeof *s->keys);
    s->spare = dt_realloc_array(NULL, outcomes, sizeof *s->spare);
    s->outcomes = dt_realloc_array(NULL, outcomes, sizeof *s->outcomes);
    s->sorted = dt_realloc_array(NULL, outcomes, sizeof *s->sorted);
    return s->targets && s->candidates && s->precision && s->wrong_before && s->position && s->keys &&
           s->spare && s->outcomes && s->sorted;
}

typedef struct eval_job {
    const dt_coco_input *input;
    dt_groups gts, dts;
    int fix_id_zero;
    coco_scratch *scratch; /* one a worker */
    int workers;
    dt_coco_result *result;
} eval_job;

static void evaluate_classes(void *arg, int64_t begin, int64_t end, int worker)
{
    eval_job *job = arg;
    for (int64_t k = begin; k < end; k++) {
        coco_scratch *s = &job->scratch[worker];
        size_t targets = job->gts.class_begin[k + 1] - job->gts.class_begin[k];
        size_t outcomes = coco_match_class(job->input, &job->gts, &job->dts, (int)k, job->fix_id_zero, s);
        coco_accumulate_class(job->result, (int)k, targets, outcomes, s);
        dt_coco_class *cls = &job->result->classes[k];
        cls->dt_count = (int64_t)(job->dts.class_begin[k + 1] - job->dts.class_begin[k]);
        for (size_t i = 0; i < targets; i++)
            cls->crowd_count += s->targets[i].crowd;
        cls->gt_count = (int64_t)targets - cls->crowd_count;
    }
}

static dt_status result_create(dt_coco_result *r, const dt_coco_input *in, int keep_scores, dt_error *err)
{
    *r = (dt_coco_result){.class_count = in->class_count};
    size_t cells = (size_t)in->class_count * DT_COCO_A * DT_COCO_M * DT_COCO_T; /* int32 * 120: no overflow */
    size_t bytes = DT_COCO_R * sizeof(double);
    r->classes = dt_calloc((size_t)in->class_count, sizeof *r->classes);
    r->recall = dt_realloc_array(NULL, cells, sizeof *r->recall);
    r->precision = dt_realloc_array(NULL, cells, bytes);
    if (keep_scores) r->scores = dt_realloc_array(NULL, cells, bytes);
    if (r->classes && r->recall && r->precision && (r->scores || !keep_scores)) return DT_OK;
    return dt_fail_memory(err, cells * bytes, "the precision of all classes");
}

static dt_status job_prepare(eval_job *job, dt_error *err)
{
    const dt_coco_input *in = job->input;
    dt_members gts = {in->gts, sizeof *in->gts, in->gt_count, offsetof(dt_coco_gt, cls),
                      offsetof(dt_coco_gt, image)};
    dt_members dts = {in->dts, sizeof *in->dts, in->dt_count, offsetof(dt_coco_dt, cls),
                      offsetof(dt_coco_dt, image)};
    size_t classes = (size_t)in->class_count, images = (size_t)in->image_count;
    DT_TRY(dt_groups_create(&job->gts, &gts, classes, images, err));
    DT_TRY(dt_groups_create(&job->dts, &dts, classes, images, err));
    job->scratch = dt_calloc((size_t)job->workers, sizeof *job->scratch);
    int ok = job->scratch != NULL;
    for (int i = 0; ok && i < job->workers; i++)
        ok = scratch_create(&job->scratch[i], job->gts.largest, job->dts.largest);
    if (ok) return DT_OK;
    return dt_fail_memory(err, job->dts.largest * (2 * sizeof(coco_outcome) + 2 * sizeof(dt_score_key)),
                          "the evaluation of the largest class");
}

dt_status dt_coco_evaluate(const dt_coco_input *input, const dt_coco_opts *opts, dt_coco_result *result,
                           dt_error *err)
{
    *result = (dt_coco_result){0};
    DT_TRY(check_input(input, err));
    eval_job job = {.input = input,
                    .fix_id_zero = opts->fix_id_zero,
                    .workers = dt_pool_threads(opts->pool),
                    .result = result};
    dt_status status = result_create(result, input, opts->keep_scores, err);
    if (status == DT_OK) status = job_prepare(&job, err);
    if (status == DT_OK) {
        dt_parallel(opts->pool, input->class_count, 1, evaluate_classes, &job);
        status = coco_summarize(result, err);
    }
    for (int i = 0; job.scratch && i < job.workers; i++)
        scratch_free(&job.scratch[i]);
    dt_free(job.scratch);
    dt_groups_free(&job.gts);
    dt_groups_free(&job.dts);
    if (status != DT_OK) dt_coco_result_free(result);
    return status;
}

void dt_coco_result_free(dt_coco_result *result)
{
    dt_free(result->classes);
    dt_free(result->precision);
    dt_free(result->recall);
    dt_free(result->scores);
    *result = (dt_coco_result){0};
}
