/** What `dettool eval` prints, whatever the boxes came from. */
#ifndef DT_TOOLS_REPORT_EVAL_H
#define DT_TOOLS_REPORT_EVAL_H

#include <stdint.h>
#include <stdio.h>

#include "core/str.h"
#include "detect/coco_eval.h"

typedef struct dt_eval_row {
    int64_t id; /* category id in the data set */
    const char *name;
    double ap, ap50;  /* -1: no ground truth; ap is NaN under the VOC rules, which have one threshold only */
    int64_t gt_count; /* that count */
    int64_t gt_ignored; /* crowd or difficult */
    int64_t dt_count;
} dt_eval_row;

typedef struct dt_eval_report {
    const char *rule;            /* "coco", "voc07", "voc10" */
    double stats[DT_COCO_STATS]; /* NaN: the rule does not have this number */
    const dt_eval_row *rows;
    size_t row_count;
    int64_t image_count;
} dt_eval_report;

/** The lines that pycocotools prints, then the numbers in full; one row a class if asked for. */
void dt_report_eval_text(const dt_eval_report *report, int per_class, FILE *out);

/** {"rule", "images", "AP", "AP50", ..., "per_class": [{"id", "name", "AP", "AP50", "gt", "gt_ignored",
 * "dt"}]}; numbers in the shortest form that reads back the same, null where the rule has no such number. */
void dt_report_eval_json(const dt_eval_report *report, dt_str *out);

#endif
