/** Runs a classifier over a split and counts. Shared by train and eval. */
#ifndef DT_TOOLS_VALIDATE_CLASSES_H
#define DT_TOOLS_VALIDATE_CLASSES_H

#include "models/classifier.h"
#include "tools/class_scores.h"
#include "tools/run_classes.h"

typedef struct dt_class_validation {
    dt_class_scores scores;
    int64_t bad;         /* pictures that did not decode: left out */
    double ms_per_image; /* network */
} dt_class_validation;

typedef struct dt_class_validate_opts {
    int batch, workers;
    const int32_t *map; /* class of the split -> class of the classifier; NULL: the same */
    int show_progress;
} dt_class_validate_opts;

/** Free v->scores with dt_class_scores_free, unless it fails. The results do not depend on batch and workers. */
dt_status dt_validate_classes(dt_ctx *ctx, dt_classifier *c, dt_class_split *split,
                              const dt_class_validate_opts *opts, dt_class_validation *v);

#endif
