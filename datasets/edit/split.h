/** New splits for a set: by shares or counts, alike in every class, never through what belongs together. */
#ifndef DT_DATASETS_EDIT_SPLIT_H
#define DT_DATASETS_EDIT_SPLIT_H

#include "datasets/edit/split_blocks.h"

/** Exactly one of the three is set. */
typedef struct dt_split_part {
    const char *name;
    double share;  /* of the pictures that are divided, above 0 */
    int64_t count; /* pictures, above 0 */
    int rest;      /* what the others leave; one part at most */
} dt_split_part;

typedef struct dt_split_opts {
    const dt_split_part *parts;
    size_t part_count;
    const char *const *keep; /* splits of the set that stay as they are; the others are divided anew */
    size_t keep_count;
    int random; /* 0: classes are balanced (datasets/edit/stratify.h) */
    uint64_t seed;
    dt_split_block_opts blocks;
} dt_split_opts;

/** The result, kept splits last. */
typedef struct dt_split_table {
    size_t parts, classes;
    double *wanted;                         /* pictures of each part; of a kept one what it has */
    size_t *pictures, *objects;             /* of each part */
    size_t *class_pictures, *class_objects; /* part * classes + class */
    size_t largest;                         /* pictures of the largest block that was divided */
    size_t blocks;                          /* that were divided */
    size_t near;                            /* pictures that stay with others since they look alike */
} dt_split_table;
void dt_split_table_free(dt_split_table *table);

/** Divides. The result depends on the pictures' names, not on their order. Pictures that no part takes
 *  (shares below 1) are left out, and so are those that belong together with a picture of a kept split:
 *  findings left-out. Notes: group-none. Warning: group-large for a block larger than the part it is in was
 *  to be. DT_ERR_ARG for shares that do not fit, a split to keep that is not there, a bad expression;
 *  DT_ERR_STATE for a part without pictures. */
dt_status dt_split_set(dt_dataset *set, const dt_split_opts *opts, dt_split_table *table,
                       dt_findings *findings, dt_error *err);

#endif
