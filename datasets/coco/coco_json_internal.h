/** What the readers of instances and of results share. */
#ifndef DT_DATASETS_COCO_JSON_INTERNAL_H
#define DT_DATASETS_COCO_JSON_INTERNAL_H

#include "datasets/coco/json_scan.h"

/** [x, y, w, h] */
dt_status coco_read_bbox(dt_scan *s, double box[4]);

/** Fails unless the bits 0 to count - 1 are set in `seen`; names the first that is missing. `what` ended
 * here. */
dt_status coco_need(dt_scan *s, unsigned seen, const char *const *names, int count, const char *what);

/** Room for one more item in a growing array. */
dt_status coco_grow(dt_scan *s, void *items, size_t *capacity, size_t count, size_t bytes);

#endif
