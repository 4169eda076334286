/** Pictures over pictures: blending, rectangles that show another picture, objects that are pasted in. */
#ifndef DT_DATASETS_TRANSFORMS_MIXING_H
#define DT_DATASETS_TRANSFORMS_MIXING_H

#include "core/rng.h"
#include "datasets/sample.h"
#include "datasets/transforms/clean.h"

/** Beta(alpha, alpha), alpha > 0. */
double dt_mix_ratio_draw(double alpha, dt_rng *rng);

/** out = a * ratio + b * (1 - ratio) with the labels of both. Pictures of different sizes lie in the top left
 *  corner of the smallest canvas that holds both, on black (as GluonCV does it). *out (used before: its
 *  memory is reused) is neither. */
dt_status dt_sample_mix(const dt_sample *a, const dt_sample *b, double ratio, dt_sample *out, dt_error *err);

/** A rectangle in sides of the picture: the area is uniform, the centre anywhere (Ultralytics). */
dt_box dt_cut_draw(dt_rng *rng);

/** The first of the rectangles, in whole pixels of the sample, that covers every box by less than a tenth or
 *  more than nine tenths; 0 if there is none. */
int dt_cut_choose(const dt_box *cuts, int count, const dt_sample *sample, dt_box *cut);

/** The patch over the rectangle at (left, top) of its size, within the picture. Boxes that are covered by
 *  half go; those of the patch are added. */
dt_status dt_sample_cover(dt_sample *sample, int left, int top, const dt_sample *patch, dt_error *err);

typedef struct dt_paste_opts {
    double share;         /* of the objects that are pasted */
    uint64_t seed;        /* of the draws of each object */
    double fit;           /* objects are scaled by this times U(.5, 1.5) */
    int flip_lr, flip_ud; /* of the objects */
    dt_box_rule rule;     /* smaller ones are left out */
} dt_paste_opts;

/** Cuts objects out by their boxes and lays them onto the picture. Objects that share more than .3 of their
 *  area with another box, or would at all of ten places, are left out. RGB only. */
dt_status dt_sample_paste_objects(const dt_paste_opts *opts, const dt_sample *from, dt_sample *sample,
                                  dt_error *err);

#endif
