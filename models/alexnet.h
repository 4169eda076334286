/** AlexNet (Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural networks",
 *  2012), in two forms, both with PyTorch's default initialisation. As modules: x (N,3,H,W) -> logits (N,
 *  classes). */
#ifndef DT_MODELS_ALEXNET_H
#define DT_MODELS_ALEXNET_H

#include "core/layers.h"

/** The widths of the paper on one device: convolutions of 96, 256, 384, 384, 256 channels, two layers of
 *  4096, dropout behind each of these. One nn.Sequential `net`: net.0 (the first convolution) to net.20 (the
 *  last layer), with dropout as net.16 and net.19. The flattened features are 256 x 5 x 5: sides of 193 to
 *  224 pixels. */
dt_module *dt_alexnet_new(dt_ctx *ctx, dt_module *parent, const char *name, int classes);
enum { DT_ALEXNET_MIN = 193, DT_ALEXNET_MAX = 224 };

/** torchvision.models.alexnet (Krizhevsky, "One weird trick for parallelizing convolutional neural networks",
 *  2014): 64, 192, 384, 256, 256 channels, averaged to 6 x 6, dropout before each layer of 4096. Children
 *  features, avgpool, classifier. Sides from 63 pixels on. */
dt_module *dt_alexnet_tv_new(dt_ctx *ctx, dt_module *parent, const char *name, int classes);
enum { DT_ALEXNET_TV_MIN = 63 };

#endif
