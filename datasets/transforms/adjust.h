/** Colour operations with the values of torchvision.transforms.v2.functional on uint8 tensors (Pillow's
 *  differ by rounding): float32 arithmetic, results cut, not rounded, to bytes. Images have one or three
 *  channels. In place unless said. DT_ERR_ARG names a factor out of range or a channel count. */
#ifndef DT_DATASETS_TRANSFORMS_ADJUST_H
#define DT_DATASETS_TRANSFORMS_ADJUST_H

#include "core/rng.h"
#include "datasets/image/image.h"

/** clamp(x * factor); factor >= 0. */
dt_status dt_image_adjust_brightness(dt_image *image, double factor, dt_error *err);

/** Blend with the mean of the gray picture: clamp(x * factor + mean * (1 - factor)); factor >= 0. */
dt_status dt_image_adjust_contrast(dt_image *image, double factor, dt_error *err);

/** Blend with the gray picture; factor >= 0. One channel: unchanged. */
dt_status dt_image_adjust_saturation(dt_image *image, double factor, dt_error *err);

/** Turns the hue by `factor` turns, -0.5..0.5. One channel: unchanged. */
dt_status dt_image_adjust_hue(dt_image *image, double factor, dt_error *err);

/** factor 0 smooths, 1 changes nothing, 2 sharpens; the outermost pixels stay. Sides up to 2: unchanged. */
dt_status dt_image_adjust_sharpness(dt_image *image, double factor, dt_error *err);

/** trunc(0.2989 r + 0.587 g + 0.114 b) in `channels` (1 or 3) equal channels. *dst is a new image, not src. */
dt_status dt_image_grayscale(const dt_image *src, int channels, dt_image *dst, dt_error *err);

dt_status dt_image_invert(dt_image *image, dt_error *err);
/** Keeps the upper `bits` (0..8) bits. */
dt_status dt_image_posterize(dt_image *image, int bits, dt_error *err);
/** Inverts values from `threshold` (0..255) on. */
dt_status dt_image_solarize(dt_image *image, double threshold, dt_error *err);
/** Stretches every channel to 0..255. */
dt_status dt_image_autocontrast(dt_image *image, dt_error *err);
/** Equalises the histogram of every channel. */
dt_status dt_image_equalize(dt_image *image, dt_error *err);
/** Channel c of the result is channel order[c]. Three channels. */
dt_status dt_image_permute_channels(dt_image *image, const int order[3], dt_error *err);

/* ---- random colour changes: draw, then apply ---- */

enum { DT_ADJUST_BRIGHTNESS, DT_ADJUST_CONTRAST, DT_ADJUST_SATURATION, DT_ADJUST_HUE, DT_ADJUSTS };

/** Factors are drawn from U(lo, hi). lo = hi = 1 (hue: 0) is off. */
typedef struct dt_factor_range {
    double lo, hi;
} dt_factor_range;

typedef struct dt_color_jitter_opts {
    dt_factor_range range[DT_ADJUSTS];
} dt_color_jitter_opts;

/** As ColorJitter takes single numbers: max(0, 1 - v)..1 + v, and -v..v for the hue. All 0: off. */
dt_color_jitter_opts dt_color_jitter_around(double brightness, double contrast, double saturation,
                                            double hue);

/** Factors below 0, a hue outside -0.5..0.5 or lo > hi are DT_ERR_ARG. */
dt_status dt_color_jitter_check(const dt_color_jitter_opts *opts, dt_error *err);

typedef struct dt_color_jitter_params {
    int order[DT_ADJUSTS];  /* the four in the order in which they are applied */
    int active[DT_ADJUSTS]; /* by adjustment, as factor */
    double factor[DT_ADJUSTS];
} dt_color_jitter_params;

/** As torchvision: first the order, then the factors. The number of draws is fixed. */
dt_color_jitter_params dt_color_jitter_draw(const dt_color_jitter_opts *opts, dt_rng *rng);
dt_status dt_color_jitter_apply(dt_image *image, const dt_color_jitter_params *params, dt_error *err);

/** SSD's distortion (RandomPhotometricDistort). */
typedef struct dt_photometric_opts {
    dt_factor_range range[DT_ADJUSTS];
    double p; /* probability of each adjustment and of the permutation of channels */
} dt_photometric_opts;

/** .875..1.125, .5..1.5, .5..1.5, -.05...05; p .5. */
dt_photometric_opts dt_photometric_defaults(void);

typedef struct dt_photometric_params {
    int active[DT_ADJUSTS];
    double factor[DT_ADJUSTS];
    int contrast_first; /* before saturation and hue, else after them */
    int order[3];       /* of the channels; 0 1 2 = as they are */
} dt_photometric_params;

dt_photometric_params dt_photometric_draw(const dt_photometric_opts *opts, dt_rng *rng);
dt_status dt_photometric_apply(dt_image *image, const dt_photometric_params *params, dt_error *err);

#endif
