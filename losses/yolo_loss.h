/** Loss of anchor-free YOLO heads: binary cross entropy against soft target scores, CIoU and distribution
 * focal loss on the anchors that task-aligned assignment gives to objects (detect/assign.h).
 *
 *   S    = max(1, sum of target scores of the batch)
 *   cls  = cls_gain / S * sum of bce(logit, target)            over all anchors and classes that count
 *   box  = box_gain / S * sum of target * (1 - CIoU)           over the assigned anchors
 *   dfl  = dfl_gain / S * sum of target * mean over 4 sides of the distribution focal loss
 */
#ifndef DT_LOSSES_YOLO_LOSS_H
#define DT_LOSSES_YOLO_LOSS_H

#include "core/ops.h"
#include "detect/assign.h"
#include "detect/points.h"

/** Ground truth of a batch. Host arrays; boxes are xyxy in pixels of the network's input. */
typedef struct dt_yolo_labels {
    int64_t n;
    const float *boxes;    /* (n, 4) */
    const int32_t *cls;    /* (n) in [0, classes) */
    const int32_t *ignore; /* (n) 1: neither positive nor negative; NULL: none */
    const int32_t *image;  /* (n) position of the picture in the batch, ascending */
} dt_yolo_labels;

typedef struct dt_yolo_loss_opts {
    double box_gain, cls_gain, dfl_gain;
    dt_assign_opts assign;
} dt_yolo_loss_opts;
/** 7.5, .5, 1.5. */
dt_yolo_loss_opts dt_yolo_loss_defaults(void);

/** Components with their gains: total = box + cls + dfl. */
typedef struct dt_yolo_losses {
    double total, box, cls, dfl;
    int64_t positives; /* anchors that were assigned to an object */
} dt_yolo_losses;

/** box_logits (N, 4 * bins, A), cls_logits (N, classes, A), float32 or float64, A = points->n. Returns the
 * scalar total; *losses gets the values. DT_ERR_ARG naming the label if a class or an image index does not
 * fit, or a box is not finite. */
dt_tensor *dt_yolo_loss(dt_ctx *ctx, dt_tensor *box_logits, dt_tensor *cls_logits, int bins,
                        const dt_points *points, const dt_yolo_labels *labels, const dt_yolo_loss_opts *opts,
                        dt_yolo_losses *losses);

#endif
