#include "detect/voc_eval.h"

#include <float.h>
#include <math.h>

#include "core/mem.h"
#include "detect/grouping.h"

/* ---- checks ---- */

static dt_status check_member(const char *what, size_t i, int32_t image, int32_t cls, dt_box b, double score,
                              const dt_voc_input *in, dt_error *err)
{
    if (image < 0 || image >= in->image_count)
        return dt_fail(err, DT_ERR_ARG, "%s %zu: image %d is outside 0 to %d", what, i, image,
                       in->image_count - 1);
    if (cls < 0 || cls >= in->class_count)
        return dt_fail(err, DT_ERR_ARG, "%s %zu: class %d is outside 0 to %d", what, i, cls,
                       in->class_count - 1);
    if (!isfinite(b.x1) || !isfinite(b.y1) || !isfinite(b.x2) || !isfinite(b.y2) || isnan(score))
        return dt_fail(err, DT_ERR_ARG, "%s %zu: box [%g, %g, %g, %g], score %g", what, i, b.x1, b.y1, b.x2,
                       b.y2, score);
    return DT_OK;
}

static dt_status check_input(const dt_voc_input *in, dt_error *err)
{
    if (in->image_count < 0 || in->class_count < 0 || in->gt_count >= UINT32_MAX ||
        in->dt_count >= UINT32_MAX)
        return dt_fail(err, DT_ERR_ARG, "evaluation of %d images, %d classes, %zu objects, %zu detections",
                       in->image_count, in->class_count, in->gt_count, in->dt_count);
    for (size_t i = 0; i < in->gt_count; i++)
        DT_TRY(check_member("ground truth", i, in->gts[i].image, in->gts[i].cls, in->gts[i].box, 0, in, err));
    for (size_t i = 0; i < in->dt_count; i++)
        DT_TRY(check_member("detection", i, in->dts[i].image, in->dts[i].cls, in->dts[i].box,
                            in->dts[i].score, in, err));
    return DT_OK;
}

/* ---- average precision ---- */

/* Best precision at a recall of at least `recall`; `best` is the envelope from the right. */
static double ap_2007(const double *recall, const double *best, size_t n)
{
    double ap = 0;
    for (int step = 0; step <= 10; step++) {
        double at_least = (double)step * 0.1; /* numpy.arange(0, 1.1, .1): .30000000000000004 and so on */
        size_t i = 0;
        while (i < n && !(recall[i] >= at_least))
            i++;
        ap += (i < n ? best[i] : 0) / 11.0;
    }
    return ap;
}

static double ap_2010(const double *recall, const double *best, size_t n)
{
    double ap = 0, before = 0;
    for (size_t i = 0; i < n; i++) {
        if (recall[i] != before) ap += (recall[i] - before) * best[i];
        before = recall[i];
    }
    return ap;
}

double dt_voc_ap(const uint8_t *right, const uint8_t *wrong, size_t n, int64_t gt_count, dt_voc_rule rule,
                 double *scratch)
{
    if (gt_count <= 0) return -1;
    double *recall = scratch, *best = scratch + n;
    double found = 0, missed = 0;
    for (size_t i = 0; i < n; i++) {
        found += right[i];
        missed += wrong[i];
        recall[i] = found / (double)gt_count;
        best[i] = found / (found + missed > DBL_EPSILON ? found + missed : DBL_EPSILON);
    }
    for (size_t i = n; i-- > 1;)
        if (best[i] > best[i - 1]) best[i - 1] = best[i];
    return rule == DT_VOC_2007 ? ap_2007(recall, best, n) : ap_2010(recall, best, n);
}

/* ---- matching ---- */

typedef struct voc_work {
    dt_groups gts, dts;
    dt_score_key *keys, *spare;
    uint8_t *taken, *right, *wrong; /* taken: by position in gts.order */
    double *scratch;
} voc_work;

static void work_free(voc_work *w)
{
    dt_groups_free(&w->gts);
    dt_groups_free(&w->dts);
    void *parts[] = {w->keys, w->spare, w->taken, w->right, w->wrong, w->scratch};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        dt_free(parts[i]);
}

static dt_status work_create(voc_work *w, const dt_voc_input *in, dt_error *err)
{
    *w = (voc_work){0};
    dt_members gts = {in->gts, sizeof *in->gts, in->gt_count, offsetof(dt_voc_gt, cls),
                      offsetof(dt_voc_gt, image)};
    dt_members dts = {in->dts, sizeof *in->dts, in->dt_count, offsetof(dt_voc_dt, cls),
                      offsetof(dt_voc_dt, image)};
    size_t classes = (size_t)in->class_count, images = (size_t)in->image_count;
    DT_TRY(dt_groups_create(&w->gts, &gts, classes, images, err));
    DT_TRY(dt_groups_create(&w->dts, &dts, classes, images, err));
    size_t n = w->dts.largest;
    w->keys = dt_realloc_array(NULL, n, sizeof *w->keys);
    w->spare = dt_realloc_array(NULL, n, sizeof *w->spare);
    w->taken = dt_calloc(in->gt_count, 1);
    w->right = dt_malloc(n);
    w->wrong = dt_malloc(n);
    w->scratch = dt_realloc_array(NULL, n, 2 * sizeof *w->scratch);
    if (w->keys && w->spare && w->taken && w->right && w->wrong && w->scratch) return DT_OK;
    return dt_fail_memory(err, n * (2 * sizeof *w->keys + 2 * sizeof *w->scratch + 2), "the evaluation");
}

/* First of the members order[begin..end) whose image is not below `image`. */
static size_t lower_bound(const dt_voc_input *in, const dt_groups *gts, size_t begin, size_t end,
                          int32_t image)
{
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (in->gts[gts->order[middle]].image < image)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

static void match(voc_work *w, const dt_voc_input *in, const dt_voc_dt *d, size_t begin, size_t end,
                  double threshold, uint8_t *right, uint8_t *wrong)
{
    double best_iou = -1;
    size_t best = end;
    for (size_t i = lower_bound(in, &w->gts, begin, end, d->image); i < end; i++) {
        const dt_voc_gt *g = &in->gts[w->gts.order[i]];
        if (g->image != d->image) break;
        double iou = dt_box_iou(d->box, g->box);
        if (iou > best_iou) {
            best_iou = iou;
            best = i;
        }
    }
    *right = *wrong = 0;
    if (!(best_iou > threshold)) {
        *wrong = 1;
    } else if (!in->gts[w->gts.order[best]].difficult) {
        *right = !w->taken[best];
        *wrong = w->taken[best];
        w->taken[best] = 1;
    }
}

static void evaluate_class(voc_work *w, const dt_voc_input *in, size_t k, dt_voc_rule rule, double threshold,
                           dt_voc_class *out)
{
    size_t g = w->gts.class_begin[k], g_end = w->gts.class_begin[k + 1];
    size_t d = w->dts.class_begin[k], n = w->dts.class_begin[k + 1] - d;
    *out = (dt_voc_class){.dt_count = (int64_t)n};
    for (size_t i = g; i < g_end; i++) {
        int difficult = in->gts[w->gts.order[i]].difficult != 0;
        out->difficult_count += difficult;
        out->gt_count += !difficult;
    }
    for (size_t i = 0; i < n; i++)
        w->keys[i] = (dt_score_key){in->dts[w->dts.order[d + i]].score, w->dts.order[d + i]};
    dt_score_sort(w->keys, w->spare, n);
    for (size_t i = 0; i < n; i++) {
        match(w, in, &in->dts[w->keys[i].item], g, g_end, threshold, &w->right[i], &w->wrong[i]);
        out->right += w->right[i];
        out->wrong += w->wrong[i];
    }
    out->ap = dt_voc_ap(w->right, w->wrong, n, out->gt_count, rule, w->scratch);
}

dt_status dt_voc_evaluate(const dt_voc_input *in, dt_voc_rule rule, double threshold, dt_voc_class *classes,
                          double *mean_ap, dt_error *err)
{
    *mean_ap = -1;
    DT_TRY(check_input(in, err));
    voc_work w;
    dt_status status = work_create(&w, in, err);
    double sum = 0;
    int counting = 0;
    for (int32_t k = 0; k < in->class_count && status == DT_OK; k++) {
        evaluate_class(&w, in, (size_t)k, rule, threshold, &classes[k]);
        if (classes[k].ap < 0) continue;
        sum += classes[k].ap;
        counting++;
    }
    if (counting > 0) *mean_ap = sum / counting;
    work_free(&w);
    return status;
}
