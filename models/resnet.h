/** ResNet (He et al., "Deep residual learning", 2016; stride in the 3x3 convolution of bottlenecks) with
 * torchvision's names and initialisation: conv1, bn1, layer1.0.conv1, layer2.0.downsample.0, ..., fc. */
#ifndef DT_MODELS_RESNET_H
#define DT_MODELS_RESNET_H

#include "core/layers.h"

/** depth 18, 34, 50, 101 or 152. classes 0: without the classifier `fc`. As a module: x (N,3,H,W) -> logits
 *  (N, classes). */
dt_module *dt_resnet_new(dt_ctx *ctx, dt_module *parent, const char *name, int depth, int classes);

/** Feature maps C2..C5: of layer1..layer4, strides 4, 8, 16, 32. On failure all are NULL. */
dt_status dt_resnet_features(dt_ctx *ctx, dt_module *resnet, dt_tensor *x, dt_tensor *out[4]);
/** Their channels. */
void dt_resnet_channels(const dt_module *resnet, int out[4]);

#endif
