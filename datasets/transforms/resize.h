/** Resizing of 8-bit images, bit-exact to the programs that models are trained with. */
#ifndef DT_DATASETS_TRANSFORMS_RESIZE_H
#define DT_DATASETS_TRANSFORMS_RESIZE_H

#include "datasets/image/image.h"

typedef enum dt_resize_filter {
    DT_RESIZE_BILINEAR,    /* OpenCV INTER_LINEAR: 2x2 source pixels, no antialiasing */
    DT_RESIZE_BILINEAR_AA, /* Pillow BILINEAR, torchvision antialias=True: triangle as wide as the scale;
                            * rows first, then columns (Pillow since 13 picks the order by cost: 1 level apart) */
    DT_RESIZE_NEAREST,     /* OpenCV INTER_NEAREST: source pixel floor(x * src / dst) */
} dt_resize_filter;

/** "bilinear", "bilinear-aa", "nearest". Parsing an unknown name is DT_ERR_ARG with the list of names. */
const char *dt_resize_filter_name(dt_resize_filter filter);
dt_status dt_resize_filter_parse(const char *name, dt_resize_filter *filter, dt_error *err);

/** A new image *dst (width x height, channels of src) that the caller frees. src and dst must differ. Pixel
 * centres lie at half-integers: source x = (x + 0.5) * src_width / width - 0.5. DT_ERR_ARG for sides
 * outside 1..DT_IMAGE_MAX_SIDE. */
dt_status dt_image_resize(const dt_image *src, int width, int height, dt_resize_filter filter, dt_image *dst,
                          dt_error *err);

/** The same into rows of memory that exist: row y starts at dst + y * stride bytes. */
dt_status dt_image_resize_into(const dt_image *src, int width, int height, dt_resize_filter filter,
                               uint8_t *dst, size_t stride, dt_error *err);

#endif
