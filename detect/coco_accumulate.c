#include <float.h>

#include "detect/coco_internal.h"

const int dt_coco_max_dets[DT_COCO_M] = {1, 10, DT_COCO_MAX_DET};

/* Counts, for one area range and one number of detections, the false positives in front of every true
 * positive. Precision and recall rise at true positives only, so nothing else of the curve is needed. Most
 * detections are wrong at every threshold: they go into one common counter. */
static void count_outcomes(const coco_outcome *sorted, size_t n, int a, int m, coco_scratch *s,
                           size_t found[DT_COCO_T])
{
    uint32_t wrong_everywhere = 0, wrong[DT_COCO_T] = {0};
    const uint32_t all = (1u << DT_COCO_T) - 1, limit = (uint32_t)dt_coco_max_dets[m];
    for (int t = 0; t < DT_COCO_T; t++)
        found[t] = 0;
    for (size_t i = 0; i < n; i++) {
        if (sorted[i].rank >= limit) continue;
        uint32_t right = (uint32_t)(sorted[i].right >> (a * DT_COCO_T)) & all;
        uint32_t ignored = (uint32_t)(sorted[i].ignored >> (a * DT_COCO_T)) & all;
        if (!right && (!ignored || ignored == all)) {
            wrong_everywhere += !ignored;
            continue;
        }
        for (int t = 0; t < DT_COCO_T; t++) {
            if (right >> t & 1) {
                size_t at = (size_t)t * s->target_capacity + found[t]++;
                s->wrong_before[at] = wrong_everywhere + wrong[t];
                s->position[at] = (uint32_t)i;
            } else if (!(ignored >> t & 1)) {
                wrong[t]++;
            }
        }
    }
}

/* Samples the envelope of one curve at the 101 recalls: at each the best precision from the first point on
 * that reaches the recall. Recall 0 is reached by the very first detection, whose envelope is that of the
 * first true positive. */
static void sample_curve(const coco_scratch *s, int t, size_t found, size_t counting,
                         const coco_outcome *sorted, double *precision, double *scores)
{
    const uint32_t *wrong = s->wrong_before + (size_t)t * s->target_capacity;
    const uint32_t *position = s->position + (size_t)t * s->target_capacity;
    double *at = s->precision;
    for (size_t j = 0; j < found; j++) {
        double right = (double)(j + 1);
        at[j] = right / ((double)wrong[j] + right + DBL_EPSILON);
    }
    for (size_t j = found; j-- > 1;)
        if (at[j] > at[j - 1]) at[j - 1] = at[j];
    size_t j = 0;
    for (int r = 0; r < DT_COCO_R; r++) {
        while (j < found && (double)(j + 1) / (double)counting < dt_coco_recall_threshold(r))
            j++;
        precision[r] = j < found ? at[j] : 0;
        if (scores) scores[r] = j < found && r > 0 ? sorted[position[j]].score : 0;
    }
}

void coco_accumulate_class(dt_coco_result *result, int k, size_t target_count, size_t n, coco_scratch *s)
{
    for (size_t i = 0; i < n; i++)
        s->keys[i] = (dt_score_key){s->outcomes[i].score, (uint32_t)i};
    dt_score_sort(s->keys, s->spare, n);
    for (size_t i = 0; i < n; i++)
        s->sorted[i] = s->outcomes[s->keys[i].item];

    for (int a = 0; a < DT_COCO_A; a++) {
        size_t counting = 0;
        for (size_t i = 0; i < target_count; i++)
            counting += !(s->targets[i].ignored >> a & 1);
        for (int m = 0; m < DT_COCO_M; m++) {
            size_t found[DT_COCO_T];
            if (counting > 0) count_outcomes(s->sorted, n, a, m, s, found);
            for (int t = 0; t < DT_COCO_T; t++) {
                size_t at = dt_coco_index(t, k, a, m);
                double *precision = result->precision + at * DT_COCO_R;
                double *scores = result->scores ? result->scores + at * DT_COCO_R : NULL;
                if (counting == 0) {
                    result->recall[at] = -1;
                    for (int r = 0; r < DT_COCO_R; r++)
                        precision[r] = -1;
                    for (int r = 0; scores && r < DT_COCO_R; r++)
                        scores[r] = -1;
                    continue;
                }
                result->recall[at] = (double)found[t] / (double)counting;
                sample_curve(s, t, found[t], counting, s->sorted, precision, scores);
                if (scores && n > 0) scores[0] = s->sorted[0].score;
            }
        }
    }
}
