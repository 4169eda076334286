/** Crops and padding as torchvision has them: a rectangle of the picture, which may reach beyond it. Draw,
 *  then apply: the drawing functions give a dt_window, dt_sample_window_bordered takes it out. */
#ifndef DT_DATASETS_TRANSFORMS_WINDOWS_H
#define DT_DATASETS_TRANSFORMS_WINDOWS_H

#include "datasets/transforms/crops.h"

/** What lies beyond the picture's edge. Of a row a b c: */
typedef enum dt_border_mode {
    DT_BORDER_CONSTANT,  /* fill fill | a b c | fill fill */
    DT_BORDER_EDGE,      /* a a | a b c | c c */
    DT_BORDER_REFLECT,   /* c b | a b c | b a */
    DT_BORDER_SYMMETRIC, /* b a | a b c | c b */
} dt_border_mode;

/** In the order of the enum. */
#define DT_BORDER_MODE_NAMES "constant|edge|reflect|symmetric"

typedef struct dt_border {
    dt_border_mode mode;
    uint8_t fill[4]; /* one a channel, for DT_BORDER_CONSTANT */
} dt_border;

/** The window as a picture. Further out than the picture is large, reflections go on (torchvision refuses).
 *  Boxes follow, are clipped to the window, and go if no area is left; pixels that repeat get no boxes. A
 *  sample without labels is an image alone.
 *  *out (zero-initialised or used before) is not src. */
dt_status dt_sample_window_bordered(const dt_sample *src, dt_window window, const dt_border *border,
                                    dt_sample *out, dt_error *err);

/** Pixels added on each side. */
typedef struct dt_padding {
    int left, top, right, bottom;
} dt_padding;

/** Of 1 value (all sides), 2 (left and right; top and bottom) or 4 (left, top, right, bottom). DT_ERR_ARG
 * else, or below 0. */
dt_status dt_padding_make(const double *values, int count, dt_padding *padding, dt_error *err);

/** Pad: the window of the padded picture. */
dt_window dt_pad_window(dt_padding padding, int width, int height);

/** CenterCrop: a smaller picture lies in its middle, the odd pixel of the border to the right and below;
 *  halves of odd differences are rounded to even. */
dt_window dt_center_window(int crop_width, int crop_height, int width, int height);

/** RandomCrop. */
typedef struct dt_random_crop_opts {
    int width, height;
    dt_padding padding; /* added before */
    int pad_if_needed;  /* 1: a side that is too short gets what it lacks on both ends; 0: that is an error */
} dt_random_crop_opts;
/** Two draws in any case. */
dt_status dt_random_crop_draw(const dt_random_crop_opts *opts, int width, int height, dt_rng *rng,
                              dt_window *window, dt_error *err);

/** RandomResizedCrop: what is resized afterwards. */
typedef struct dt_resized_crop_opts {
    double min_scale, max_scale; /* area of the window in areas of the picture */
    double min_ratio, max_ratio; /* width / height; drawn evenly in its logarithm */
} dt_resized_crop_opts;
dt_resized_crop_opts dt_resized_crop_defaults(void); /* .08 1 3/4 4/3 */
dt_status dt_resized_crop_check(const dt_resized_crop_opts *opts, dt_error *err);
/** Of ten tries the first that fits, else the largest central window of an allowed ratio. The number of draws
 * is fixed. */
dt_window dt_resized_crop_draw(const dt_resized_crop_opts *opts, int width, int height, dt_rng *rng);

#endif
