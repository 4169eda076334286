/** Anchor-free one-stage detectors: backbone (C3, C4, C5), path aggregation neck (FPN, then bottom-up; Liu et
 * al., "PANet", 2018), decoupled head with box distances as distributions (Li et al., 2020) at strides 8,
 * 16, 32.
 *
 *   yolo-resnet18  ResNet-18, neck 128 wide, head 64 wide
 *   yolo-nano      own CSP backbone of 16..192 channels, neck 64 wide, head 32 wide; plain convolutions
 */
#ifndef DT_MODELS_YOLO_H
#define DT_MODELS_YOLO_H

#include "core/layers.h"

enum { DT_YOLO_LEVELS = 3, DT_YOLO_BINS = 16 };
extern const int dt_yolo_strides[DT_YOLO_LEVELS];

dt_module *dt_yolo_resnet18_new(dt_ctx *ctx, dt_module *parent, const char *name, int classes);
dt_module *dt_yolo_nano_new(dt_ctx *ctx, dt_module *parent, const char *name, int classes);

/** x (N,3,H,W), sides multiples of 32 -> raw results of all A points, in the order of detect/points.h:
 *  *box (N, 4 * DT_YOLO_BINS, A), *cls (N, classes, A). */
dt_status dt_yolo_forward(dt_ctx *ctx, dt_module *yolo, dt_tensor *x, dt_tensor **box, dt_tensor **cls);

#endif
