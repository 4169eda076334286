/** Training-time augmentation of pictures and their boxes together.
 *
 * Everything random is drawn first into a plain dt_aug_params; applying it is a pure function, so that the
 * same params give the same pixels and a sample can be explained afterwards. Geometry (mosaic, affine, flips)
 * is composed into one transform a picture and rendered once, straight into the output: no intermediate
 * canvas, one interpolation. */
#ifndef DT_DATASETS_TRANSFORMS_AUGMENT_H
#define DT_DATASETS_TRANSFORMS_AUGMENT_H

#include "core/rng.h"
#include "datasets/sample.h"
#include "datasets/transforms/resize.h"
#include "detect/letterbox.h"

/** Names, meaning and defaults as Ultralytics has them. */
typedef struct dt_augment_opts {
    double hsv_h, hsv_s,
        hsv_v;             /* hue is shifted by U(-h, h) turns, saturation and value scaled by 1 + U(-g, g) */
    double degrees;        /* rotation by U(-d, d) about the centre */
    double translate;      /* shift by U(-t, t) of the side */
    double scale;          /* scaled by U(1 - s, 1 + s) */
    double shear;          /* sheared by U(-d, d) degrees along each axis */
    double flipud, fliplr; /* probabilities */
    double mosaic, mixup;  /* probabilities */

    /* A box stays if, clipped to the picture, its sides exceed min_side pixels, it keeps more than
     * min_area_ratio of the whole object's area, and the longer side is less than max_aspect times the
     * shorter one. */
    double min_side, min_area_ratio, max_aspect;

    /* What is not random: the gray level around pictures, and how a single picture lies on its canvas (the pictures of a
     * mosaic keep their aspect whatever the mode). dt_loader sets both from its own options. */
    uint8_t fill;
    dt_letterbox_mode letterbox;
} dt_augment_opts;

/** hsv .015 .7 .4, degrees 0, translate .1, scale .5, shear 0, flipud 0, fliplr .5, mosaic 1, mixup 0; 2, .1,
 * 100. */
dt_augment_opts dt_augment_defaults(void);

/** Everything off (boxes are still cleaned by the same rule). */
dt_augment_opts dt_augment_none(void);

/** DT_ERR_ARG naming the option and its value if one is out of range. */
dt_status dt_augment_check(const dt_augment_opts *opts, dt_error *err);

enum { DT_MOSAIC = 4 };

/** One rendered view: a single picture, or a mosaic of four, under one affine transform. */
typedef struct dt_aug_view {
    int mosaic;
    int64_t index[DT_MOSAIC]; /* records: top-left, top-right, bottom-left, bottom-right; [0] alone without
                                 mosaic */
    double center_x,
        center_y;          /* where the four meet, in sides of the output: U(.5, 1.5) on a canvas of 2 x 2 */
    double degrees, scale; /* about the centre of the canvas */
    double shear_x, shear_y; /* degrees */
    double translate_x,
        translate_y; /* where the canvas's centre goes, in sides of the output: .5 = the middle */
} dt_aug_view;

typedef struct dt_aug_params {
    dt_aug_view view[2]; /* view[1] only with mixup */
    int mixup;
    double mix_ratio; /* share of view[0]: Beta(32, 32) */
    int flip_lr, flip_ud;
    double hue, sat, val; /* as in dt_augment_opts: 0 = unchanged */
} dt_aug_params;

/** Draws the parameters for record `index` of `count`. The draws happen in a fixed order and number for given
 * options. mosaic = 0 turns the mosaic off whatever the options say (for the last epochs). */
dt_aug_params dt_aug_draw(const dt_augment_opts *opts, int mosaic, int64_t index, int64_t count, dt_rng *rng);

/** Shrinks a loaded sample to what dt_aug_apply needs: a longer side above `side` becomes `side`, the other
 * ceil(.) of the same ratio; boxes follow. Smaller pictures stay. Doing it once (and caching the result)
 * changes no pixel of the output. */
dt_status dt_aug_prepare(dt_sample *sample, int side, dt_resize_filter filter, dt_error *err);

/** Renders the picture and its labels. src[k] are prepared RGB samples for view[k / 4].index[k % 4]; entries
 * that the params do not use may be NULL. *out (zero-initialised or used before: its buffers are reused)
 * becomes side x side with labels in its pixels; out->index, original sizes are those of src[0]. *dropped
 * (may be NULL) counts the boxes that the clean-up rule removed. */
dt_status dt_aug_apply(const dt_aug_params *params, const dt_augment_opts *opts,
                       const dt_sample *const src[2 * DT_MOSAIC], int side, dt_sample *out, int *dropped,
                       dt_error *err);

/** Picture and boxes through a letterbox: *out becomes dst_width x dst_height. Boxes are clipped to the
 * picture; those that have no area left are dropped. */
dt_status dt_sample_letterbox(const dt_sample *src, const dt_letterbox *lb, dt_resize_filter filter,
                              uint8_t fill, dt_sample *out, dt_error *err);

/** In place. */
void dt_sample_flip_lr(dt_sample *sample);
void dt_sample_flip_ud(dt_sample *sample);

#endif
