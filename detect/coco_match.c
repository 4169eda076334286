#include "detect/coco_internal.h"

static const double area_range[DT_COCO_A][2] = {{0, 1e10}, {0, 1024}, {1024, 9216}, {9216, 1e10}};

static int outside(double area, int a)
{
    return area < area_range[a][0] || area > area_range[a][1];
}

/* ---- one image ---- */

static coco_target make_target(const dt_coco_gt *gt, int fix_id_zero)
{
    coco_target target = {.x1 = gt->x,
                          .y1 = gt->y,
                          .x2 = gt->w + gt->x,
                          .y2 = gt->h + gt->y,
                          .size = gt->w * gt->h,
                          .crowd = gt->crowd != 0,
                          .counts_as_found = gt->id != 0 || fix_id_zero};
    for (int a = 0; a < DT_COCO_A; a++)
        if (target.crowd || outside(gt->area, a)) target.ignored |= (uint8_t)(1 << a);
    return target;
}

/* Targets with an IoU that some threshold accepts, in the order of the file. `a < b ? ...` as fmin and fmax
 * of finite numbers; a quotient 0 / 0 of underflowed areas is a candidate, because it is not below any
 * threshold. */
static size_t find_candidates(const dt_coco_dt *d, const coco_target *targets, size_t count, double lowest,
                              coco_candidate *out)
{
    double x2 = d->w + d->x, y2 = d->h + d->y, size = d->w * d->h;
    size_t n = 0;
    for (size_t g = 0; g < count; g++) {
        const coco_target *target = &targets[g];
        double w = (x2 < target->x2 ? x2 : target->x2) - (d->x > target->x1 ? d->x : target->x1);
        if (w <= 0) continue;
        double h = (y2 < target->y2 ? y2 : target->y2) - (d->y > target->y1 ? d->y : target->y1);
        if (h <= 0) continue;
        double inter = w * h;
        double all = target->crowd ? size : size + target->size - inter;
        double iou = inter / all;
        if (iou < lowest) continue;
        out[n++] = (coco_candidate){(uint32_t)g, iou};
    }
    return n;
}

/* The free candidate of largest IoU among those whose ignored flag for area a is `ignored`; -1 if none
 * reaches the threshold. */
static int choose(const coco_candidate *candidates, size_t count, const coco_target *targets, int a,
                  int ignored, uint64_t bit, double threshold)
{
    int best = -1;
    double least = threshold;
    for (size_t c = 0; c < count; c++) {
        const coco_target *target = &targets[candidates[c].target];
        if ((target->ignored >> a & 1) != ignored) continue;
        if ((target->taken & bit) && !target->crowd) continue;
        if (candidates[c].iou < least) continue;
        least = candidates[c].iou;
        best = (int)candidates[c].target;
    }
    return best;
}

/* Bits of a detection that found nothing: ignored where its own size is outside the range. */
static uint64_t ignored_by_size(const dt_coco_dt *d)
{
    uint64_t bits = 0, row = ((uint64_t)1 << DT_COCO_T) - 1;
    for (int a = 0; a < DT_COCO_A; a++)
        if (outside(d->w * d->h, a)) bits |= row << (a * DT_COCO_T);
    return bits;
}

static void match_detection(const dt_coco_dt *d, coco_target *targets, size_t target_count,
                            coco_candidate *candidates, const double *thresholds, coco_outcome *out)
{
    uint64_t found = 0, took_ignored = 0, by_size = ignored_by_size(d);
    size_t count = find_candidates(d, targets, target_count, thresholds[0], candidates);
    if (count > 0) {
        for (int a = 0; a < DT_COCO_A; a++) {
            for (int t = 0; t < DT_COCO_T; t++) {
                uint64_t bit = (uint64_t)1 << (a * DT_COCO_T + t);
                int ignored = 0;
                int g = choose(candidates, count, targets, a, 0, bit, thresholds[t]);
                if (g < 0) g = choose(candidates, count, targets, a, ignored = 1, bit, thresholds[t]);
                if (g < 0) continue;
                targets[g].taken |= bit;
                if (targets[g].counts_as_found) found |= bit;
                if (ignored) took_ignored |= bit;
            }
        }
    }
    out->ignored = took_ignored | (by_size & ~found);
    out->right = found & ~out->ignored;
}

static size_t match_image(const dt_coco_dt *dts, const uint32_t *order, size_t n, coco_target *targets,
                          size_t target_count, const double *thresholds, coco_scratch *s, coco_outcome *out)
{
    for (size_t i = 0; i < n; i++)
        s->keys[i] = (dt_score_key){dts[order[i]].score, order[i]};
    dt_score_sort(s->keys, s->spare, n);
    if (n > DT_COCO_MAX_DET) n = DT_COCO_MAX_DET;
    for (size_t i = 0; i < n; i++) {
        out[i].score = s->keys[i].score;
        out[i].rank = (uint32_t)i;
        match_detection(&dts[s->keys[i].item], targets, target_count, s->candidates, thresholds, &out[i]);
    }
    return n;
}

size_t coco_match_class(const dt_coco_input *input, const dt_groups *gts, const dt_groups *dts, int k,
                        int fix_id_zero, coco_scratch *s)
{
    double thresholds[DT_COCO_T];
    for (int t = 0; t < DT_COCO_T; t++) {
        double threshold = dt_coco_iou_threshold(t);
        thresholds[t] = threshold < 1 - 1e-10 ? threshold : 1 - 1e-10;
    }
    size_t g = gts->class_begin[k], g_end = gts->class_begin[k + 1];
    size_t d = dts->class_begin[k], d_end = dts->class_begin[k + 1];
    coco_target *targets = s->targets;
    size_t outcomes = 0;
    for (size_t i = g; i < g_end; i++)
        targets[i - g] = make_target(&input->gts[gts->order[i]], fix_id_zero);
    while (d < d_end) {
        int32_t image = input->dts[dts->order[d]].image;
        size_t n = 1;
        while (d + n < d_end && input->dts[dts->order[d + n]].image == image)
            n++;
        while (g < g_end && input->gts[gts->order[g]].image < image) {
            g++;
            targets++;
        }
        size_t target_count = 0;
        while (g + target_count < g_end && input->gts[gts->order[g + target_count]].image == image)
            target_count++;
        outcomes += match_image(input->dts, dts->order + d, n, targets, target_count, thresholds, s,
                                s->outcomes + outcomes);
        d += n;
    }
    return outcomes;
}
