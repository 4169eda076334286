/** The usual losses, with PyTorch's names, formulas and reductions. Differentiable with respect to the first
 * operand; NULL on failure with the reason in the context. */
#ifndef DT_LOSSES_LOSS_H
#define DT_LOSSES_LOSS_H

#include "core/ops.h"

typedef enum dt_reduction { DT_REDUCE_MEAN, DT_REDUCE_SUM, DT_REDUCE_NONE } dt_reduction;

typedef struct dt_cross_entropy_opts {
    double label_smoothing; /* in [0, 1): the target becomes (1 - s) one-hot + s / C */
    int64_t ignore_index;   /* rows of this class count nowhere; 0 (the zeroed struct) means -100 */
    dt_reduction reduction; /* mean: over the rows that count; 0 if there is none */
} dt_cross_entropy_opts;

/** logits (N, C); target: n = N class numbers on the host. A target outside [0, C) is DT_ERR_ARG naming the
 * row. opts NULL: no smoothing, mean. */
dt_tensor *dt_cross_entropy(dt_ctx *ctx, dt_tensor *logits, const int64_t *target, int64_t n,
                            const dt_cross_entropy_opts *opts);

/** Elementwise; target of x's shape in [0, 1]. */
dt_tensor *dt_bce_loss(dt_ctx *ctx, dt_tensor *logits, dt_tensor *target, dt_reduction reduction);

/** Lin et al., "Focal loss for dense object detection", 2017; torchvision.ops.sigmoid_focal_loss:
 *  alpha_t (1 - p_t)^gamma bce. alpha < 0: no alpha_t. */
dt_tensor *dt_focal_loss(dt_ctx *ctx, dt_tensor *logits, dt_tensor *target, double alpha, double gamma,
                         dt_reduction reduction);

/** |a - b|, (a - b)^2, and 0.5 d^2 / beta below beta, |d| - 0.5 beta above (beta 0: |d|). */
dt_tensor *dt_l1_loss(dt_ctx *ctx, dt_tensor *a, dt_tensor *b, dt_reduction reduction);
dt_tensor *dt_l2_loss(dt_ctx *ctx, dt_tensor *a, dt_tensor *b, dt_reduction reduction);
dt_tensor *dt_smooth_l1_loss(dt_ctx *ctx, dt_tensor *a, dt_tensor *b, double beta, dt_reduction reduction);

/** Distribution focal loss (Li et al., "Generalized focal loss", 2020). logits (R, bins): a distribution over
 * the values 0 .. bins - 1 a row; target: n = R values on the host, clamped to [0, bins - 1 - 0.01]. Row r:
 *  -(ceil - t) ln p[floor] - (t - floor) ln p[ceil]. -> (R). */
dt_tensor *dt_dfl_loss(dt_ctx *ctx, dt_tensor *logits, const float *target, int64_t n);

/** sum, mean or x itself. */
dt_tensor *dt_reduce(dt_ctx *ctx, dt_tensor *x, dt_reduction reduction);

#endif
