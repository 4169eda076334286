/** PASCAL VOC's detection metric (Everingham et al., "The PASCAL Visual Object Classes (VOC) Challenge", IJCV
 * 2010).
 *
 * Per class, detections in descending order of score (equal scores: order of images, then of input) are
 * compared with all objects of their image, taken or not: the one of largest IoU (the first of equals) is
 * theirs.
 *
 *   IoU > threshold, object not difficult, not taken   right; the object is taken
 *   IoU > threshold, object not difficult, taken       wrong (duplicate)
 *   IoU > threshold, object difficult                  does not count
 *   otherwise                                          wrong
 *
 * Recall is over the objects that are not difficult. The comparison is strict, as in the paper ("must exceed") and in the Python evaluators in use;
 * the Matlab kit accepts equality.
 *
 * Coordinates: VOC's are 1-based and inclusive, so its code adds 1 to every width: xmax - xmin + 1. Our boxes
 * are continuous and half-open; of a VOC box (xmin, ymin, xmax, ymax) they are (xmin - 1, ymin - 1, xmax,
 * ymax), whose width x2 - x1 is the same number. So the plain formula on our boxes is VOC's formula on its
 * own, and nothing is added here. Boxes that were converted by another rule (xmin - 1, xmax - 1) lose a pixel
 * before they come here. */
#ifndef DT_DETECT_VOC_EVAL_H
#define DT_DETECT_VOC_EVAL_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "detect/box.h"

typedef enum dt_voc_rule {
    DT_VOC_2007, /* mean of the best precision at the recalls 0, .1, ... 1 and beyond */
    DT_VOC_2010, /* area under the monotone precision/recall curve */
} dt_voc_rule;

typedef struct dt_voc_gt {
    int32_t image, cls;
    dt_box box; /* pixels of the original image */
    int32_t difficult;
} dt_voc_gt;

typedef struct dt_voc_dt {
    int32_t image, cls;
    dt_box box;
    double score;
} dt_voc_dt;

typedef struct dt_voc_input {
    const dt_voc_gt *gts;
    size_t gt_count;
    const dt_voc_dt *dts;
    size_t dt_count;
    int32_t image_count, class_count;
} dt_voc_input;

typedef struct dt_voc_class {
    double ap; /* -1: no object that counts */
    int64_t gt_count, difficult_count, dt_count;
    int64_t right, wrong;
} dt_voc_class;

/** classes: room for class_count. *mean_ap: over the classes with ap >= 0; -1 if there is none. Fails with
 * DT_ERR_ARG (places out of range, NaN scores, boxes that are not finite) and DT_ERR_MEMORY. */
dt_status dt_voc_evaluate(const dt_voc_input *input, dt_voc_rule rule, double iou_threshold,
                          dt_voc_class *classes, double *mean_ap, dt_error *err);

/** AP of one class from its outcomes in order of score: right[i], wrong[i] are 0 or 1 (both 0: does not
 * count). */
double dt_voc_ap(const uint8_t *right, const uint8_t *wrong, size_t n, int64_t gt_count, dt_voc_rule rule,
                 double *scratch /* 2 * n */);

#endif
