/** Affine maps of the plane, and pictures under them.
 *
 * Coordinates are continuous (a pixel's centre lies at half-integers), so that the same map moves boxes and
 * pixels. A matrix M made for cv2.warpAffine, which counts pixel centres as integers, is translate(.5) * M *
 * translate(-.5) here. */
#ifndef DT_DATASETS_TRANSFORMS_WARP_H
#define DT_DATASETS_TRANSFORMS_WARP_H

#include "datasets/image/image.h"
#include "detect/box.h"

/** x' = m[0] x + m[1] y + m[2]; y' = m[3] x + m[4] y + m[5]. */
typedef struct dt_affine {
    double m[6];
} dt_affine;

dt_affine dt_affine_translate(double x, double y);
dt_affine dt_affine_scale(double x, double y);

/** First b, then a. */
dt_affine dt_affine_mul(dt_affine a, dt_affine b);

/** 0, or -1 if the map is singular (*out is left alone). */
int dt_affine_invert(dt_affine a, dt_affine *out);
double dt_affine_det(dt_affine a);

/** Smallest upright box around the image of a box. */
dt_box dt_affine_box(dt_affine a, dt_box box);

/** cv2.warpAffine with INTER_LINEAR and a constant border: every pixel of dst (allocated by the caller,
 * channels of src, at most 4) is written. `map`: src -> dst. Pixels at the rim blend into `fill`, one byte a
 * channel. DT_ERR_ARG for a singular map. */
dt_status dt_warp_affine(const dt_image *src, dt_affine map, const uint8_t *fill, dt_image *dst,
                         dt_error *err);

/** Draws a picture as part of a collage: src -> collage by `place` (scale and shift only), collage -> dst by
 * `view`. Only the pixels of dst whose centres come from inside `part` (collage coordinates, half-open) are
 * written; neighbouring parts leave no gap and do not overlap. Pixels at the rim repeat the picture's border.
 * Three channels. */
dt_status dt_warp_part(const dt_image *src, dt_affine place, dt_affine view, dt_box part, dt_image *dst,
                       dt_error *err);

#endif
