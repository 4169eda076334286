/** Greedy non-maximum suppression, exact and repeatable.
 *
 * Boxes are visited by (score descending, index ascending). A box is kept unless a box of its class that was
 * kept before overlaps it by IoU > threshold (strictly). Classes are separate for real: no offset is added to
 * coordinates, so boxes of two classes can not touch whatever the size of the image.
 *
 * The arithmetic is fixed, so that another implementation (a GPU kernel) can give the same kept set bit for
 * bit. All in IEEE float, round to nearest, no contraction to FMA, division correctly rounded, subnormals
 * kept:
 *
 *   max(a, b) = a < b ? b : a          min(a, b) = b < a ? b : a
 *   area(p)   = (p.x2 - p.x1) * (p.y2 - p.y1)                       (may be negative; not clamped)
 *   w = min(k.x2, c.x2) - max(k.x1, c.x1);   w = 0 < w ? w : 0;   h likewise in y
 *   inter = w * h;   iou = inter / ((area(k) + area(c)) - inter)
 *
 * with k the box kept before and c the candidate. iou = NaN (0 / 0) does not suppress. The threshold is a
 * double; iou > threshold is decided as iou > f, where f is the largest float not above the threshold, which
 * is the same for every float iou. These are the rules of torchvision's CPU operator, too.
 *
 * Memory: O(n) working space, no n x n mask. Time: O(n log n) + one IoU per pair (candidate, kept box of its
 * class) until the first hit. */
#ifndef DT_DETECT_NMS_H
#define DT_DETECT_NMS_H

#include <stdint.h>

#include "core/status.h"

typedef struct dt_nms_opts {
    double iou;         /* threshold in [0, 1] */
    int64_t max_det;    /* at most so many boxes are kept, the best ones; 0: all */
    int class_agnostic; /* 1: classes are ignored, every box may suppress every other */
} dt_nms_opts;

/** boxes (n,4) xyxy in any one unit; scores (n); classes (n), any values, or NULL for a single class.
 *  keep: room for min(n, max_det) indices; *kept of them are written in the order (score descending, index
 *  ascending) over all classes. Boxes whose score is NaN are dropped: they are never kept and suppress
 * nothing. Infinite scores take part. n must be below 2^31. Fails with DT_ERR_ARG and DT_ERR_MEMORY only. */
dt_status dt_nms(const float *boxes, const float *scores, const int32_t *classes, int64_t n,
                 const dt_nms_opts *opts, int32_t *keep, int64_t *kept, dt_error *err);

#endif
