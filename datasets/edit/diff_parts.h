/** Inside of diff*.c. */
#ifndef DT_DATASETS_EDIT_DIFF_PARTS_H
#define DT_DATASETS_EDIT_DIFF_PARTS_H

#include "datasets/coco/coco_text.h"
#include "datasets/edit/diff.h"

/** Two records of the same picture; SIZE_MAX: the set has none. */
typedef struct dt_diff_pair {
    size_t a, b;
} dt_diff_pair;

/** A comparison in progress. [0] is the first set. */
typedef struct dt_differ {
    const dt_dataset *sets[2];
    const dt_diff_opts *opts;
    int32_t *split_of[2]; /* one a record */
    int32_t *classes; /* of the second set's classes: number in the first, or beyond its last for new ones */
    dt_coco_texts texts[2];
    dt_diff *diff;
    dt_error *err;
} dt_differ;

dt_status dt_diff_add(dt_differ *d, const dt_diff_entry *entry);

/** All pictures of both sets, by name. New array. */
dt_status dt_diff_match_pictures(const dt_differ *d, dt_diff_pair **pairs, size_t *count);

/** Adds what is other about the objects of a pair. */
dt_status dt_diff_objects(dt_differ *d, const dt_diff_pair *pair);

/** Fields (bits 1 << dt_field) that both formats hold and in which the objects differ. */
dt_status dt_diff_fields(dt_differ *d, const dt_diff_pair *pair, const dt_object *a, const dt_object *b,
                         unsigned *fields);

/** Unit of the numbers that the set is written with. */
double dt_diff_unit(const dt_dataset *set, dt_convert_format format);

/** 1 if the boxes (pixels, continuous, of a width x height picture) are the same but for rounding. */
int dt_diff_same_box(const dt_differ *d, dt_box a, dt_box b, double width, double height);

/** Width and height that an object's box refers to. */
double dt_diff_width(const dt_record *record);
double dt_diff_height(const dt_record *record);

#endif
