/** Projective maps of the plane, in the continuous coordinates of warp.h. */
#ifndef DT_DATASETS_TRANSFORMS_HOMOGRAPHY_H
#define DT_DATASETS_TRANSFORMS_HOMOGRAPHY_H

#include "datasets/sample.h"
#include "datasets/transforms/warp.h"

/** (u, v, w) = M (x, y, 1), row by row; the point is (u / w, v / w). Points with w <= 0 lie behind the
 * viewer. */
typedef struct dt_homography {
    double m[9];
} dt_homography;

dt_homography dt_homography_from_affine(dt_affine a);

/** First b, then a. */
dt_homography dt_homography_mul(dt_homography a, dt_homography b);

/** 0, or -1 if the map is singular (*out is left alone). */
int dt_homography_invert(dt_homography h, dt_homography *out);

/** 1 if the last row is (0, 0, c): *out is the same map. */
int dt_homography_is_affine(dt_homography h, dt_affine *out);

/** The map that takes start[i] to end[i], {x, y} each, as torchvision's perspective does. -1: three of them
 * on a line. */
int dt_homography_from_points(const double start[4][2], const double end[4][2], dt_homography *out);

/** Smallest upright box around the image of a box; of its part before the viewer if it reaches behind. 0:
 * there is such a part. */
int dt_homography_box(dt_homography h, dt_box box, dt_box *out);

/** Factor by which areas grow at a point. */
double dt_homography_area_scale(dt_homography h, double x, double y);

/** How neighbours outside the picture count under bilinear sampling. */
typedef enum dt_warp_border {
    DT_BORDER_FILL, /* as pixels of the fill colour: OpenCV */
    DT_BORDER_MASK, /* the picture fades to black, then is laid over the fill by its coverage: torchvision's affine and
                       perspective */
} dt_warp_border;

/** Every pixel of dst (allocated by the caller, channels of src, at most 4) is written. map: src -> dst.
 * `nearest`: no interpolation. fill: one byte a channel. */
dt_status dt_warp_perspective(const dt_image *src, dt_homography map, int nearest, dt_warp_border border,
                              const uint8_t *fill, dt_image *dst, dt_error *err);

/** dt_warp_part under a projective view. */
dt_status dt_warp_part_projective(const dt_image *src, dt_affine place, dt_homography view, dt_box part,
                                  dt_image *dst, dt_error *err);

/** torchvision's affine about the centre of a width x height picture: angle and shear in degrees (angle
 * clockwise), translate in pixels, scale > 0. */
dt_affine dt_affine_torchvision(double angle, double translate_x, double translate_y, double scale,
                                double shear_x, double shear_y, int width, int height);

#endif
