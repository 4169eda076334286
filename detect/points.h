/** Anchor points of an anchor-free detector: the centres of the cells of its feature maps. Level after level,
 * each row by row: point (x, y) of a level of stride s lies at ((x + 0.5) s, (y + 0.5) s) in pixels of the
 * network's input. */
#ifndef DT_DETECT_POINTS_H
#define DT_DETECT_POINTS_H

#include "core/ops.h"

typedef struct dt_points {
    int64_t n;
    float *xy;     /* (n, 2) */
    float *stride; /* (n) */
} dt_points;

/** Strides must divide width and height (DT_ERR_SHAPE). Free with dt_points_free. */
dt_status dt_points_make(int width, int height, const int *strides, int levels, dt_points *points,
                         dt_error *err);
void dt_points_free(dt_points *points);

/** Distances as distributions (Li et al., "Generalized focal loss", 2020) to boxes. logits (N, 4 * bins, A):
 * for the left, top, right and bottom side of each point a distribution over 0 .. bins - 1 strides, whose
 * mean is the distance
 *  -> boxes (N, 4, A), xyxy in pixels of the input. Differentiable. */
dt_tensor *dt_points_decode(dt_ctx *ctx, const dt_points *points, dt_tensor *logits, int bins);

#endif
