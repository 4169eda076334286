/** Random windows and sizes of detection recipes, as torchvision's reference training has them: draw, then
 * apply.
 *
 * A window is a rectangle of pixels that may reach beyond the picture; what lies outside is filled. Boxes
 * follow, are clipped to the window, and go if no area is left. *out (zero-initialised or used before) is not
 * src; its buffers are reused. */
#ifndef DT_DATASETS_TRANSFORMS_CROPS_H
#define DT_DATASETS_TRANSFORMS_CROPS_H

#include "core/rng.h"
#include "datasets/sample.h"
#include "datasets/transforms/resize.h"

typedef struct dt_window {
    int left, top, width, height; /* pixels of the picture */
} dt_window;

/** fill: one byte a channel. A size that dt_image_create refuses is its error. */
dt_status dt_sample_window(const dt_sample *src, dt_window window, const uint8_t *fill, dt_sample *out,
                           dt_error *err);

/** SSD's crop (RandomIoUCrop): a window that overlaps at least one box by a drawn IoU. */
typedef struct dt_iou_crop_opts {
    double min_scale, max_scale;   /* sides of the window in sides of the picture */
    double min_aspect, max_aspect; /* width / height in pixels */
    const double *options;         /* least IoUs to choose from; 1 and more: leave the picture as it is */
    int option_count, trials;      /* windows tried for an option before another one is drawn */
} dt_iou_crop_opts;

/** .3 1 .5 2; 0 .1 .3 .5 .7 .9 1; 40. */
dt_iou_crop_opts dt_iou_crop_defaults(void);
dt_status dt_iou_crop_check(const dt_iou_crop_opts *opts, dt_error *err);

/** The window; the whole picture if the option is to leave it, without labels, or when 50 options in a row
 * led to nothing (torchvision goes on for ever). */
dt_window dt_iou_crop_draw(const dt_iou_crop_opts *opts, const dt_sample *sample, dt_rng *rng);

/** Boxes whose centre is not strictly inside the window go. */
dt_status dt_iou_crop_apply(const dt_sample *src, dt_window window, dt_sample *out, dt_error *err);

/** SSD's expansion (RandomZoomOut): the picture at a random place of a larger canvas. */
typedef struct dt_zoom_out_opts {
    double p, min_side, max_side; /* sides of the canvas in sides of the picture, >= 1 */
} dt_zoom_out_opts;

/** .5, 1..4. */
dt_zoom_out_opts dt_zoom_out_defaults(void);
dt_status dt_zoom_out_check(const dt_zoom_out_opts *opts, dt_error *err);
/** For dt_sample_window. */
dt_window dt_zoom_out_draw(const dt_zoom_out_opts *opts, int width, int height, dt_rng *rng);

/** RandomShortestSize: the shorter side becomes one of sizes[], unless the longer would exceed max_size (0:
 * no limit). */
void dt_shortest_size_draw(const int *sizes, int count, int max_size, int width, int height, dt_rng *rng,
                           int *new_width, int *new_height);

/** ScaleJitter: fitted into target_width x target_height, then scaled by U(lo, hi). */
void dt_scale_jitter_draw(int target_width, int target_height, double lo, double hi, int width, int height,
                          dt_rng *rng, int *new_width, int *new_height);

/** FixedSizeCrop: a random window of exactly this size; smaller pictures are padded to the right and below.
 * For dt_sample_window. */
dt_window dt_fixed_crop_draw(int crop_width, int crop_height, int width, int height, dt_rng *rng);

/** Picture and boxes to another size. */
dt_status dt_sample_stretch(const dt_sample *src, int width, int height, dt_resize_filter filter,
                            dt_sample *out, dt_error *err);

#endif
