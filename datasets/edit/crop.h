/** A class-folder set from the boxes of a detection set: each object becomes a picture in the folder of its
 * class. */
#ifndef DT_DATASETS_EDIT_CROP_H
#define DT_DATASETS_EDIT_CROP_H

#include "datasets/target/target.h"

typedef struct dt_crop_opts {
    double margin;    /* added on each side: this part of the box's width and height */
    double margin_px; /* ... and these pixels */
    int square;       /* the shorter side grows to the longer one, over real pixels as far as there are */
    double min_side;  /* objects whose shorter side is below are left out; pixels of the box itself */
    int size;         /* the crop's longer side becomes this, antialiased; 0: as it is */
    size_t limit;     /* at most so many of a class in a split, chosen by seed; 0: all */
    uint64_t seed;
    int keep_difficult, keep_crowd; /* else they are left out; so are objects to be ignored */
    int flat;                       /* DST/<class>/ instead of DST/<split>/<class>/ */
    int png;                        /* else JPEG of `quality` */
    int quality;
} dt_crop_opts;

/** Pixels [x, x + w) x [y, y + h) of the upright picture. */
typedef struct dt_crop_rect {
    int x, y, w, h;
} dt_crop_rect;

/** What is cut out for a box (pixels, continuous) of a width x height picture: the box with its margins, cut
 *  at the edges, rounded outward to whole pixels, so that no pixel of the object is lost; with `square`
 *  widened evenly on both sides and moved inward where an edge is in the way; a side longer than the picture
 *  is the picture's. w = 0 if nothing of the box is in the picture. */
dt_crop_rect dt_crop_of_box(dt_box box, int width, int height, const dt_crop_opts *opts);

/** Takes the objects out that get no crop; each becomes a finding: filtered (crowd, ignored, difficult, too
 *  small, over the limit), box-empty, box-inverted, box-outside, image-missing. The set is in pixels, its
 *  pictures' headers were read. DT_ERR_STATE if none is left. */
dt_status dt_crop_select(dt_dataset *set, const dt_crop_opts *opts, dt_findings *findings, dt_error *err);

/** Writer for dt_target_opts.write with the options as write_arg: <split>/<class>/<stem>_<n>.jpg, n counting
 *  the picture's objects in the set from 0. Every class gets a folder in every split, also if it stays empty.
 *  Each crop is a finding (cropped) with its object, box and path. Class names that are no folder names are
 *  changed (name-changed); a picture that does not decode is left out (image-unreadable). */
dt_status dt_crop_write(const dt_dataset *set, const dt_target_opts *opts, const char *root, dt_pool *pool,
                        dt_output_list *files, dt_target_report *report, dt_error *err);

#endif
