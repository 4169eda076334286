/** Pictures by class as a data set of boxes: what inspects and checks those does so for these. */
#ifndef DT_DATASETS_CLASSES_CLASS_DATASET_H
#define DT_DATASETS_CLASSES_CLASS_DATASET_H

#include "datasets/classes/class_set.h"
#include "datasets/dataset.h"

/** Each picture has one object of its class, as large as it is (DT_FRAME_FRACTIONS). Pictures of CIFAR and
 *  MNIST have their size and no file. Findings of those: image-twice and split-leak, where two have the same
 *  pixels, object-conflict where their classes are not the same. *set is empty on failure. */
dt_status dt_class_set_to_dataset(const dt_class_set *classes, dt_dataset *set, dt_findings *findings,
                                  dt_error *err);

#endif
