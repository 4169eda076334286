/** The transforms of a classifier's training and evaluation: what the user gave, or what is usual for the
 * data. */
#ifndef DT_TOOLS_CLASS_STEPS_H
#define DT_TOOLS_CLASS_STEPS_H

#include "datasets/classes/class_set.h"
#include "datasets/transforms/transform.h"

/** given, val_given: texts of --transforms and --val-transforms, NULL where there is none; where only one of
 *  the two is given, the other one gets its normalize step. DT_ERR_ARG if a pipeline gives pictures that are
 *  not imgsz x imgsz (where that can be told without a picture), mixes pictures, or normalizes other than the
 *  other one; a random step in evaluation is a warning. *steps: free with dt_transforms_free; *val_text: with
 *  dt_free; both NULL on failure. */
dt_status dt_class_steps_choose(dt_class_format format, int imgsz, const char *given, const char *val_given,
                                dt_transforms **steps, char **val_text, dt_error *err);

#endif
