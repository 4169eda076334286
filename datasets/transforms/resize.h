/** Resizing of 8-bit images, bit-exact to the programs that models are trained with. */
#ifndef DT_DATASETS_TRANSFORMS_RESIZE_H
#define DT_DATASETS_TRANSFORMS_RESIZE_H

#include "datasets/image/image.h"

/** Plain filters sample the source as it is; antialiased ones ("-aa") are as wide as the scale where a
 * picture shrinks. */
typedef enum dt_resize_filter {
    /** OpenCV INTER_LINEAR: 2x2 source pixels. */
    DT_RESIZE_BILINEAR,
    /** Pillow BILINEAR, torchvision antialias=True: rows first, then columns (Pillow since 13 picks the order
     *  by cost: 1 level apart). */
    DT_RESIZE_BILINEAR_AA,
    /** OpenCV INTER_NEAREST: source pixel floor(x * src / dst) in double. */
    DT_RESIZE_NEAREST,
    /** Pillow NEAREST, torchvision NEAREST_EXACT: floor((x + 0.5) * src / dst). */
    DT_RESIZE_NEAREST_EXACT,
    /** OpenCV INTER_CUBIC, torchvision antialias=False: 4x4, a = -0.75; within 1 level. */
    DT_RESIZE_BICUBIC,
    /** Pillow BICUBIC, torchvision antialias=True: a = -0.5. */
    DT_RESIZE_BICUBIC_AA,
    /** OpenCV INTER_AREA; within 1 level. */
    DT_RESIZE_AREA,
    /** Pillow BOX. */
    DT_RESIZE_BOX_AA,
    /** Pillow LANCZOS, of 3 lobes. */
    DT_RESIZE_LANCZOS_AA,
    /** torchvision NEAREST: floor(x * src / dst) with the scale rounded to float. Another pixel than
     *  DT_RESIZE_NEAREST in one of 14 pairs of sizes, where edges of pixels coincide. */
    DT_RESIZE_NEAREST_TORCH,
    DT_RESIZE_FILTERS,
} dt_resize_filter;

/** In the order of the enum. */
#define DT_RESIZE_FILTER_NAMES                                                                               \
    "bilinear|bilinear-aa|nearest|nearest-exact|bicubic|bicubic-aa|area|box-aa|lanczos-aa|nearest-torch"

/** Names in DT_RESIZE_FILTER_NAMES. Parsing an unknown one is DT_ERR_ARG with the list. */
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

/** `planes` planes of width x height floats to new_width x new_height, in floating point: torch's
 * interpolate(align_corners=False) within 1e-6 of the values' range; "-aa" as its antialias=True. All filters
 * but the nearest ones. dst is not src. */
dt_status dt_planes_resize(const float *src, int planes, int width, int height, int new_width, int new_height,
                           dt_resize_filter filter, float *dst, dt_error *err);

/** How torchvision's Resize takes sizes. */
typedef struct dt_resize_rule {
    /* Exactly this; width 0: `height` is the shorter side, the other one in proportion, cut to whole pixels;
     * both 0: the longer side becomes max_side. */
    int height, width;
    /* With one side: the longer one is no longer than this, and the shorter one shrinks with it; 0: any. */
    int max_side;
} dt_resize_rule;

/** The new size of a picture; at least 1 pixel. DT_ERR_ARG for a rule that means nothing, or a result that is
 * too large. */
dt_status dt_resize_rule_apply(dt_resize_rule rule, int width, int height, int *new_width, int *new_height,
                               dt_error *err);

#endif
