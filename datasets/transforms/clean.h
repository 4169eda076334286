/** Which boxes stay after a transform: the rules of other programs under their names. */
#ifndef DT_DATASETS_TRANSFORMS_CLEAN_H
#define DT_DATASETS_TRANSFORMS_CLEAN_H

#include "datasets/sample.h"

/** A box, already clipped to the picture, stays if both sides exceed min_side (or reach it: inclusive), its
 * area is at least min_area and more than min_area_ratio of the whole object's, and the longer side is less
 * than max_aspect times the shorter.
 */
typedef struct dt_box_rule {
    double min_side; /* pixels */
    int inclusive;
    double min_area; /* pixels^2 */
    double min_area_ratio, max_aspect;
} dt_box_rule;

/** ultralytics: sides > 2, ratio > .1, aspect < 100. yolox: sides > 1. darknet: sides >= 1. torchvision
 * (SanitizeBoundingBoxes): sides >= 1, area >= 1. An unknown name is DT_ERR_ARG with the list. */
dt_status dt_box_rule_parse(const char *name, dt_box_rule *rule, dt_error *err);

/** "ultralytics|yolox|darknet|torchvision" */
extern const char dt_box_rule_names[];

/** 1: the box stays. whole_area: of the object before clipping, in the same pixels. */
int dt_box_rule_keep(const dt_box_rule *rule, dt_box box, double whole_area);

/** Clips the labels to the image and removes those that the rule does not keep; their number. */
size_t dt_sample_clean(dt_sample *sample, const dt_box_rule *rule);

#endif
