/** Runs a classifier over a split and counts. Shared by train and eval. */
#ifndef DT_TOOLS_VALIDATE_CLASSES_H
#define DT_TOOLS_VALIDATE_CLASSES_H

#include "datasets/classes/class_set.h"
#include "models/classifier.h"
#include "tools/class_scores.h"

typedef struct dt_class_validation {
    dt_class_scores scores;
    int64_t bad;         /* pictures that did not decode: left out */
    dt_error why;        /* what is wrong with the first of them */
    double ms_per_image; /* network */
} dt_class_validation;

typedef struct dt_class_validate_opts {
    int batch, workers;
    const int32_t *map; /* class of the split -> class of the classifier; NULL: the same */
    int show_progress;
    int strict; /* 1: a picture that does not decode is an error */
} dt_class_validate_opts;

/** Free v->scores with dt_class_scores_free, unless it fails. They do not depend on workers, and on batch
 *  only in the last digits of the loss. */
dt_status dt_validate_classes(dt_ctx *ctx, dt_classifier *c, const dt_class_split *split,
                              const dt_class_validate_opts *opts, dt_class_validation *v);

#endif
