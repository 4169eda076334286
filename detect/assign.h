/** Task-aligned assignment of anchor points to objects (Feng et al., "TOOD: Task-aligned one-stage object
 * detection", 2021, in the form that anchor-free YOLOs use).
 *
 * For object g of class c and an anchor whose centre lies strictly inside g:
 *     t = score[c]^alpha * IoU(predicted box, g)^beta
 * Each object takes the topk anchors of largest t > 0. An anchor that several objects took stays with the one
 * that its predicted box overlaps most. The anchor's target score is t scaled so that the object's largest t
 * becomes the largest IoU among its anchors:  t / max t * max IoU. Equal values go to the smaller index
 * (anchor or object), so that a run repeats exactly. */
#ifndef DT_DETECT_ASSIGN_H
#define DT_DETECT_ASSIGN_H

#include <stdint.h>

#include "core/status.h"

typedef struct dt_assign_opts {
    double alpha, beta;
    int topk;
    double ignore_iou; /* an anchor whose box overlaps an ignored object by at least this counts nowhere */
} dt_assign_opts;

/** alpha .5, beta 6, topk 10, ignore_iou .5. */
dt_assign_opts dt_assign_defaults(void);

/** What one picture offers. All boxes in pixels of the network's input. */
typedef struct dt_assign_input {
    int64_t anchors;
    const float *points; /* (anchors, 2) centres */
    int classes;
    const float *boxes;  /* predicted boxes as planes x1, y1, x2, y2: (4, anchors) */
    const float *scores; /* probabilities (classes, anchors) */
    int64_t objects;
    const float *gt_boxes; /* (objects, 4) xyxy; those without area are passed over */
    const int32_t *gt_cls; /* (objects) in [0, classes) */
    const int32_t *ignore; /* (objects) or NULL; objects with 1 take no anchors */
} dt_assign_input;

enum { DT_ASSIGN_NONE = -1, DT_ASSIGN_IGNORE = -2 };

/** owner (anchors): index of the object; DT_ASSIGN_NONE: background; DT_ASSIGN_IGNORE: not an object's, with
 * the centre inside an ignored object or the predicted box overlapping one. target (anchors): target score, 0
 * without an object. Working memory: O(anchors + objects). Fails with DT_ERR_MEMORY and DT_ERR_ARG only. */
dt_status dt_assign(const dt_assign_input *input, const dt_assign_opts *opts, int32_t *owner, float *target,
                    dt_error *err);

#endif
