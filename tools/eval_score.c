#include "tools/eval_score.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "detect/voc_eval.h"

static dt_status score_coco(const dt_coco_input *input, dt_pool *pool, double *stats, dt_eval_row *rows,
                            dt_error *err)
{
    dt_coco_result result;
    DT_TRY(dt_coco_evaluate(input, &(dt_coco_opts){.pool = pool}, &result, err));
    memcpy(stats, result.stats, sizeof result.stats);
    for (int k = 0; k < input->class_count; k++) {
        const dt_coco_class *c = &result.classes[k];
        rows[k] = (dt_eval_row){.ap = c->ap,
                                .ap50 = c->ap50,
                                .gt_count = c->gt_count,
                                .gt_ignored = c->crowd_count,
                                .dt_count = c->dt_count};
    }
    dt_coco_result_free(&result);
    return DT_OK;
}

static dt_status score_voc(const dt_coco_input *input, const uint8_t *difficult, dt_voc_rule rule,
                           double *stats, dt_eval_row *rows, dt_error *err)
{
    dt_voc_gt *gts = dt_realloc_array(NULL, input->gt_count, sizeof *gts);
    dt_voc_dt *dts = dt_realloc_array(NULL, input->dt_count, sizeof *dts);
    dt_voc_class *classes = dt_calloc((size_t)input->class_count, sizeof *classes);
    dt_status st =
        gts && dts && classes ? DT_OK : dt_fail_memory(err, input->dt_count * sizeof *dts, "the boxes");
    for (size_t i = 0; i < input->gt_count && st == DT_OK; i++) {
        const dt_coco_gt *g = &input->gts[i];
        gts[i] = (dt_voc_gt){g->image, g->cls, dt_box_from_xywh(g->x, g->y, g->w, g->h),
                             difficult ? difficult[i] : g->crowd};
    }
    for (size_t i = 0; i < input->dt_count && st == DT_OK; i++) {
        const dt_coco_dt *d = &input->dts[i];
        dts[i] = (dt_voc_dt){d->image, d->cls, dt_box_from_xywh(d->x, d->y, d->w, d->h), d->score};
    }
    const dt_voc_input voc = {.gts = gts,
                              .gt_count = input->gt_count,
                              .dts = dts,
                              .dt_count = input->dt_count,
                              .image_count = input->image_count,
                              .class_count = input->class_count};
    double mean = 0;
    if (st == DT_OK) st = dt_voc_evaluate(&voc, rule, 0.5, classes, &mean, err);
    for (int i = 0; i < DT_COCO_STATS; i++)
        stats[i] = i == DT_COCO_AP50 ? mean : NAN;
    for (int k = 0; k < input->class_count && st == DT_OK; k++)
        rows[k] = (dt_eval_row){.ap = NAN,
                                .ap50 = classes[k].ap,
                                .gt_count = classes[k].gt_count,
                                .gt_ignored = classes[k].difficult_count,
                                .dt_count = classes[k].dt_count};
    dt_free(gts);
    dt_free(dts);
    dt_free(classes);
    return st;
}

dt_status dt_eval_score(const dt_coco_input *input, const uint8_t *difficult, const char *rule, dt_pool *pool,
                        double stats[DT_COCO_STATS], dt_eval_row *rows, dt_error *err)
{
    if (strcmp(rule, "coco") == 0) return score_coco(input, pool, stats, rows, err);
    return score_voc(input, difficult, strcmp(rule, "voc07") == 0 ? DT_VOC_2007 : DT_VOC_2010, stats, rows,
                     err);
}
