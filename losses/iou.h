/** Losses of box overlap, differentiable, formulas as in torchvision.ops (IoU: 1 - IoU; log: Yu et al.,
 * "UnitBox", 2016; GIoU: Rezatofighi et al., 2019; DIoU and CIoU: Zheng et al., 2020). eps = 1e-7 keeps every
 * quotient finite.
 *
 *   IoU  = I / (U + eps)                          I intersection, U union, C smallest box around both
 *   log  = -ln max(IoU, eps)
 *   GIoU = IoU - (C - U) / (C + eps)
 *   DIoU = IoU - d^2 / (c^2 + eps)                d distance of the centres, c diagonal of C
 *   CIoU = DIoU - a v,  v = 4 / pi^2 (atan(wg / hg) - atan(w / h))^2,  a = v / (1 - IoU + v + eps)
 *
 * a counts as a constant in the gradient, as in the authors' program. */
#ifndef DT_LOSSES_IOU_H
#define DT_LOSSES_IOU_H

#include "core/ops.h"

typedef enum dt_iou_kind { DT_IOU, DT_IOU_LOG, DT_GIOU, DT_DIOU, DT_CIOU } dt_iou_kind;

/** pred, target (N, 4) xyxy in one unit, x1 <= x2, y1 <= y2 -> losses (N): 1 - the overlap (log: as above). N
 * >= 1. Gradients flow into both. */
dt_tensor *dt_iou_loss(dt_ctx *ctx, dt_tensor *pred, dt_tensor *target, dt_iou_kind kind);

#endif
