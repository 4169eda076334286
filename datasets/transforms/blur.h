/** Blurring and erasing. */
#ifndef DT_DATASETS_TRANSFORMS_BLUR_H
#define DT_DATASETS_TRANSFORMS_BLUR_H

#include "core/rng.h"
#include "datasets/image/image.h"

enum { DT_BLUR_MAX = 127 };

/** torchvision's gaussian_blur: weights of a Gaussian at kernel_width x kernel_height points (odd, up to
 * DT_BLUR_MAX), the picture reflected at its borders without repeating them, so that a kernel must be smaller
 * than twice the side. In place; rounded once. torchvision sums the two axes at once in float32: at exact
 * halves one level of difference. */
dt_status dt_image_gaussian_blur(dt_image *image, int kernel_width, int kernel_height, double sigma_x,
                                 double sigma_y, dt_error *err);

/** RandomErasing: a rectangle is replaced. */
typedef struct dt_erase_opts {
    double p, min_area, max_area, min_aspect,
        max_aspect;   /* area in areas of the picture; aspect height / width */
    int noise;        /* 1: independent uniform bytes, else value */
    uint8_t value[4]; /* a channel */
} dt_erase_opts;

/** .5, .02...33, .3..3.3, black. */
dt_erase_opts dt_erase_defaults(void);
dt_status dt_erase_check(const dt_erase_opts *opts, dt_error *err);

typedef struct dt_erase_params {
    int left, top, width, height; /* width 0: nothing */
    int noise;
    uint64_t noise_seed;
    uint8_t value[4];
} dt_erase_params;

/** As torchvision: up to ten tries for a rectangle smaller than the picture, the logarithm of the aspect
 * uniform. */
dt_erase_params dt_erase_draw(const dt_erase_opts *opts, int width, int height, dt_rng *rng);
dt_status dt_erase_apply(dt_image *image, const dt_erase_params *params, dt_error *err);

#endif
