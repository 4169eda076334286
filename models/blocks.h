/** Building blocks of the detectors' own networks. Batch norms have eps 1e-3 and momentum 0.03; the
 * convolutions before them have no bias. Blocks find their parts by position among their children, so that a
 * part can be replaced. */
#ifndef DT_MODELS_BLOCKS_H
#define DT_MODELS_BLOCKS_H

#include "core/layers.h"

/** act(bn(conv(x))), "same" padding. Children: conv, bn. */
dt_module *dt_conv_block_new(dt_ctx *ctx, dt_module *parent, const char *name, int in, int out, int kernel,
                             int stride, dt_activation act);

/** Cross stage partial block: out(concat(chain(a(x)), b(x))), a and b 1x1 to `hidden` channels, chain =
 * `depth` times two 3x3 convolutions, with x added to their result where `residual` is set (Wang et al.,
 * "CSPNet", 2020). Children: a, b, chain.0.first, chain.0.second, ..., out. */
dt_module *dt_csp_block_new(dt_ctx *ctx, dt_module *parent, const char *name, int in, int hidden, int out,
                            int depth, int residual, dt_activation act);

/** Spatial pyramid pooling, the fast form: 1x1 to `hidden`, three 5x5 max poolings in a row, all four
 * concatenated, 1x1 (He et al., 2015). Children: in, out. */
dt_module *dt_spp_block_new(dt_ctx *ctx, dt_module *parent, const char *name, int in, int hidden, int out,
                            dt_activation act);

/** Folds each batch norm that stands right behind a convolution, anywhere in the tree, into that convolution
 * (which gets a bias) and replaces it by an identity. For inference: w' = w g / sqrt(var + eps), b' = beta +
 * (b - mean) g / sqrt(var + eps). CPU and float32 only. */
dt_status dt_module_fold_norms(dt_ctx *ctx, dt_module *root);

#endif
