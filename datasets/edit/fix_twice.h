/** Inside of datasets/edit/fix.c: objects of a picture that say the same twice. */
#ifndef DT_DATASETS_EDIT_FIX_TWICE_H
#define DT_DATASETS_EDIT_FIX_TWICE_H

#include "datasets/edit/edit.h"

/** Marks in `drop` (one an object of the set; marked ones are not looked at) those that repeat an earlier
 *  object of the record: `exact`: same class, numbers and segmentation; near_iou > 0: same class and an IoU
 *  above it. Crowds stay. */
dt_status dt_fix_twice(dt_edit *edit, const dt_record *record, int exact, double near_iou, uint8_t *drop);

#endif
