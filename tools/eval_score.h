/** One scoring by a named rule, whatever the boxes came from. */
#ifndef DT_TOOLS_EVAL_SCORE_H
#define DT_TOOLS_EVAL_SCORE_H

#include "core/pool.h"
#include "tools/report_eval.h"

/** rule: "coco", "voc07" or "voc10". difficult: one entry a ground truth, 1: left out by the VOC rules; NULL:
 *  the crowd flags. Fills stats (NaN: the rule has no such number) and the AP and count columns of
 *  rows[class_count]. */
dt_status dt_eval_score(const dt_coco_input *input, const uint8_t *difficult, const char *rule, dt_pool *pool,
                        double stats[DT_COCO_STATS], dt_eval_row *rows, dt_error *err);

#endif
