/** How well a classifier names pictures: counts, from which all figures follow. */
#ifndef DT_TOOLS_CLASS_SCORES_H
#define DT_TOOLS_CLASS_SCORES_H

#include <stdint.h>

#include "core/status.h"

enum { DT_CLASS_TOP = 5 };

typedef struct dt_class_scores {
    int classes;
    int64_t *confusion; /* [truth * classes + prediction]: pictures */
    int64_t count, top1,
        top5; /* pictures; those whose class is the best one, is among the best five (or all, if there are
                                  fewer) */
    double loss_sum;    /* of -ln p(class) */
    int64_t not_finite; /* pictures for which the network gave no numbers: not among the others */
} dt_class_scores;

/** Free with dt_class_scores_free, also after a failure. */
dt_status dt_class_scores_make(int classes, dt_class_scores *scores, dt_error *err);
void dt_class_scores_free(dt_class_scores *scores);

/** A picture of class `truth`; log_probabilities: `classes` values. Equal values rank by number. */
void dt_class_scores_add(dt_class_scores *scores, int32_t truth, const float *log_probabilities);

/** Pictures of a class, and those that were called so. */
int64_t dt_class_scores_support(const dt_class_scores *scores, int cls);
int64_t dt_class_scores_called(const dt_class_scores *scores, int cls);
/** Right ones among them; NAN where there are none. F1 is their harmonic mean, NAN where one is. */
double dt_class_scores_recall(const dt_class_scores *scores, int cls);
double dt_class_scores_precision(const dt_class_scores *scores, int cls);
double dt_class_scores_f1(const dt_class_scores *scores, int cls);
/** Mean of the recalls of the classes that have pictures (balanced accuracy); NAN without any. */
double dt_class_scores_mean_recall(const dt_class_scores *scores);

/** Shares of the pictures and mean loss; NAN without pictures. */
double dt_class_scores_top1(const dt_class_scores *scores);
double dt_class_scores_top5(const dt_class_scores *scores);
double dt_class_scores_loss(const dt_class_scores *scores);

#endif
