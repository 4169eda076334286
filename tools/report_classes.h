/** What `dettool eval` tells of a classifier. */
#ifndef DT_TOOLS_REPORT_CLASSES_H
#define DT_TOOLS_REPORT_CLASSES_H

#include <stdio.h>

#include "core/str.h"
#include "datasets/image/image.h"
#include "tools/class_scores.h"

/** Top-1, top-5, mean recall, loss; per_class: a row a class and, up to 20 classes, the confusion matrix
 *  (rows: what the pictures show, columns: what they were called). */
void dt_report_classes_text(const dt_class_scores *scores, const char *const *names, int per_class,
                            FILE *out);

/** {"images", "top1", "top5", "mean_recall", "loss", "per_class": [{"class", "name", "images", "precision",
 *  "recall", "f1"}], "confusion": [[...], ...]}, rows and columns as above; null where a figure has no
 *  meaning. */
void dt_report_classes_json(const dt_class_scores *scores, const char *const *names, dt_str *out);

/** The confusion matrix as a picture: a cell darker the larger its share of its row. */
dt_status dt_report_classes_image(const dt_class_scores *scores, const char *const *names, dt_image *out,
                                  dt_error *err);

#endif
