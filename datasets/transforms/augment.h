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
#include "datasets/transforms/clean.h"
#include "datasets/transforms/resize.h"
#include "detect/letterbox.h"

/** Names, meaning and defaults as Ultralytics has them. */
typedef struct dt_augment_opts {
    /* Hue is shifted by U(-h, h) turns, saturation and value scaled by 1 + U(-g, g). */
    double hsv_h, hsv_s, hsv_v;
    double degrees;        /* rotation by U(-d, d) about the centre */
    double translate;      /* shift by U(-t, t) of the side */
    double scale;          /* scaled by U(1 - s, 1 + s) */
    double shear;          /* sheared by U(-d, d) degrees along each axis */
    double flipud, fliplr; /* probabilities */
    double mosaic, mixup;  /* probabilities */
    double mosaic9;        /* share of the mosaics that are of nine pictures instead of four */
    double perspective;    /* the plane is tilted by U(-p, p) a pixel along each axis; up to .001 */
    double cutmix;         /* probability that a rectangle shows another view */
    double copy_paste;     /* share of the objects of another picture that are pasted in */
    int mixup_single; /* YOLOX's mixup: one whole picture at U(.5, 1.5) instead of a mosaic, half and half */

    dt_box_rule rule; /* which boxes stay; ratio and areas are those of the whole object */

    /* What is not random: the gray level around pictures, and how a single picture lies on its canvas (the
     * pictures of a mosaic keep their aspect whatever the mode). dt_loader sets both from its own options. */
    uint8_t fill;
    dt_letterbox_mode letterbox;
} dt_augment_opts;

/** Upper ends of the ranges of these options; of all others, and of gains, 1. */
#define DT_AUG_MOST_DEGREES     180
#define DT_AUG_MOST_SCALE       .99
#define DT_AUG_MOST_SHEAR       80
#define DT_AUG_MOST_PERSPECTIVE .001

/** hsv .015 .7 .4, translate .1, scale .5, fliplr .5, mosaic 1, all others 0; boxes by the rule
 * "ultralytics". */
dt_augment_opts dt_augment_defaults(void);

/** Everything off (boxes are still cleaned by the same rule). */
dt_augment_opts dt_augment_none(void);

/** DT_ERR_ARG naming the option and its value if one is out of range. */
dt_status dt_augment_check(const dt_augment_opts *opts, dt_error *err);

/** Views of a sample, and the most pictures that one has. */
enum { DT_AUG_MAIN, DT_AUG_MIXUP, DT_AUG_CUTMIX, DT_AUG_PASTE, DT_AUG_VIEWS };
enum { DT_AUG_TILES = 9, DT_AUG_SOURCES = DT_AUG_VIEWS * DT_AUG_TILES, DT_AUG_CUTS = 3 };

/** One rendered view: a single picture, or a mosaic, under one transform. */
typedef struct dt_aug_view {
    int mosaic; /* pictures: 0 (one alone), 4 or 9 */
    /* Records. Four: top-left, top-right, bottom-left, bottom-right. Nine: the centre, then clockwise from
     * the one above it. One: [0]. */
    int64_t index[DT_AUG_TILES];
    /* Four: where they meet, in sides of the output: U(.5, 1.5) on a canvas of 2 x 2; nine: the canvas starts
     * at this less .5 on a field of 3 x 3. */
    double center_x, center_y;
    double degrees, scale;   /* about the centre of the canvas */
    double shear_x, shear_y; /* degrees */
    /* Where the canvas's centre goes, in sides of the output: .5 = the middle. */
    double translate_x, translate_y;
    double perspective_x, perspective_y; /* last row of the matrix, a pixel */
    int mirror;                          /* flipped left to right before all else */
} dt_aug_view;

typedef struct dt_aug_params {
    dt_aug_view view[DT_AUG_VIEWS]; /* those after the first only where the flag of their name is set */
    int mixup;
    double mix_ratio; /* share of the first view: Beta(32, 32) */
    int flip_lr, flip_ud;
    double hue, sat, val; /* as in dt_augment_opts: 0 = unchanged */
    int cutmix;
    dt_box cut[DT_AUG_CUTS]; /* rectangles to try, in sides of the output */
    int paste;
    uint64_t paste_seed; /* of the draws an object */
} dt_aug_params;

/** A picture that a sample needs: record `index` goes to src[slot] of dt_aug_apply. */
typedef struct dt_aug_source {
    int slot; /* view * DT_AUG_TILES + tile */
    int64_t index;
} dt_aug_source;

/** Numbers of other pictures that were drawn become entries of a pool (of as many as `count` was). */
void dt_aug_from_pool(dt_aug_params *params, const int64_t *pool);

/** The pictures that the params ask for; their number. */
int dt_aug_sources(const dt_aug_params *params, dt_aug_source list[DT_AUG_SOURCES]);

/** Draws the parameters for record `index` of `count`. An option that is turned on leaves the draws of all
 * others as they were. mosaic = 0 turns off what needs more than one picture, whatever the options say (for
 * the last epochs). */
dt_aug_params dt_aug_draw(const dt_augment_opts *opts, int mosaic, int64_t index, int64_t count, dt_rng *rng);

/** Shrinks a loaded sample to what dt_aug_apply needs: a longer side above `side` becomes `side`, the other
 * ceil(.) of the same ratio; boxes follow. Smaller pictures stay. Doing it once (and caching the result)
 * changes no pixel of the output. */
dt_status dt_aug_prepare(dt_sample *sample, int side, dt_resize_filter filter, dt_error *err);

/** Renders the picture and its labels: the first view; objects pasted onto it; mixup; cutmix; colours. src[k]
 * are prepared RGB samples as dt_aug_sources lists them, other entries may be NULL. *out (zero-initialised or
 * used before: its buffers are reused) becomes side x side with labels in its pixels; out->index, original
 * sizes are those of src[0].
 *
 * cutmix: the first of the rectangles that covers every box by less than a tenth (the box stays as it is) or
 * more than nine tenths (it goes) is used; if there is none, the picture stays. Pasted objects keep their
 * size on the canvas times U(.5, 1.5); objects that share more than .3 of their area with another box, or
 * would at all of ten places, are left out.
 */
dt_status dt_aug_apply(const dt_aug_params *params, const dt_augment_opts *opts,
                       const dt_sample *const src[DT_AUG_SOURCES], int side, dt_sample *out, dt_error *err);

#endif
