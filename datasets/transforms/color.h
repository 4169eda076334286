/** Colour changes and the step from bytes to network values. */
#ifndef DT_DATASETS_TRANSFORMS_COLOR_H
#define DT_DATASETS_TRANSFORMS_COLOR_H

#include "datasets/image/image.h"

/** One pixel, OpenCV's 8-bit HSV (hue 0..179, saturation and value 0..255). RGB -> HSV equals COLOR_RGB2HSV
 * bit for bit. HSV -> RGB is rounded to the nearest level; COLOR_HSV2RGB cuts instead in its vector code (and
 * rounds in the pixels left over), so that it comes out darker by one level here and there. */
void dt_rgb_to_hsv(const uint8_t rgb[3], uint8_t hsv[3]);
void dt_hsv_to_rgb(const uint8_t hsv[3], uint8_t rgb[3]);

/** Shifts the hue by `hue` turns, multiplies saturation by 1 + sat and value by 1 + val, through tables on
 * 8-bit HSV as Ultralytics: h' = trunc((h + hue * 180) mod 180), s' = trunc(clip(s * (1 + sat), 0, 255)), v'
 * alike; s = 0 stays 0. In place; three channels. All gains 0: the picture stays as it is. */
dt_status dt_image_hsv_jitter(dt_image *image, double hue, double sat, double val, dt_error *err);

/** dst = a * ratio + b * (1 - ratio), rounded; a and b of one shape, dst may be one of them. */
dt_status dt_image_blend(const dt_image *a, const dt_image *b, double ratio, dt_image *dst, dt_error *err);

#endif
