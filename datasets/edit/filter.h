/** A part of a set: by class, size, split, name, number of objects, or at random. */
#ifndef DT_DATASETS_EDIT_FILTER_H
#define DT_DATASETS_EDIT_FILTER_H

#include "datasets/dataset.h"

typedef struct dt_filter_opts {
    const char *const *classes; /* only these; none: all */
    size_t class_count;
    const char *const *exclude; /* not these */
    size_t exclude_count;
    int keep_names; /* classes that are filtered out stay in the list */
    /* Pixels of the box as it stands; 0: no limit. min_side: of the shorter side, max_side: of the longer
     * one. Aspect: width divided by height. */
    double min_side, max_side, min_area, max_area, min_aspect, max_aspect;
    int drop_difficult, drop_crowd;
    const char *const *splits; /* only these; none: all */
    size_t split_count;
    const char *name; /* shell pattern for the pictures' names, or NULL; with a slash in it for their paths */
    int drop_empty;   /* pictures that lose all their objects go */
    int drop_backgrounds;            /* pictures that had none to begin with go */
    size_t min_objects, max_objects; /* of a picture, after the filters above; max 0: no limit */
    size_t sample;                   /* this many pictures at random, in their order; 0: all */
    uint64_t seed;
} dt_filter_opts;

/** Filters in the order above. Every object and picture that goes becomes a finding (filtered, a note); a
 *  split that is left empty goes, too. DT_ERR_ARG with a did-you-mean for a class or split that is not there,
 *  DT_ERR_STATE if no picture is left. */
dt_status dt_filter(dt_dataset *set, const dt_filter_opts *opts, dt_findings *findings, dt_error *err);

#endif
