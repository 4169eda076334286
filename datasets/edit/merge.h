/** Several sets into one. */
#ifndef DT_DATASETS_EDIT_MERGE_H
#define DT_DATASETS_EDIT_MERGE_H

#include "core/pool.h"
#include "datasets/edit/remap.h"

typedef struct dt_merge_opts {
    const char *const *names; /* of the sets, for messages */
    const dt_remap_list
        *rename;      /* applied to every set that has the old name, before classes are matched; or NULL */
    int ignore_case;  /* class names match whatever the case of their ASCII letters */
    const char *into; /* all pictures go to this split; NULL: to the one of the same name */
    int same_name;    /* pictures of one name and size are the same one; else their content decides */
    int near;         /* look for near-duplicates across splits */
    unsigned holds;   /* bits 1 << dt_field: what the target can hold; other fields are no loss */
    dt_pool *pool;    /* may be NULL */
    void (*progress)(void *ctx, int64_t done, int64_t total); /* pictures decoded for `near`; may be NULL */
    void *progress_ctx;
} dt_merge_opts;

/** Objects of the same picture and class from here on are the same one. */
#define DT_MERGE_IOU 0.95

/** What became of one set. */
typedef struct dt_merge_count {
    size_t pictures, objects;
    size_t same;           /* pictures that an earlier set has */
    size_t objects_same;   /* objects that an earlier set has: dropped */
    size_t objects_joined; /* objects that went to a picture of an earlier set */
    size_t conflicts;      /* pictures that lie in another split of an earlier set */
} dt_merge_count;

/** Joins `count` sets in pixels, whose pictures' headers were read, into the first; the others are empty
 * afterwards.
 *
 *  Classes: matched by name, those of the first set first; all are kept. Sets whose names are only numbers
 *  ("3", "class_3") are matched by number if all are so; DT_ERR_ARG if some are and some are not.
 *  Pictures: the same bytes, or the same name and the same pixels, make the same picture. It is kept once, as
 *  the first set has it (note image-joined); where it lies in another split of a later set: warning
 *  split-leak. If a set has a picture twice, that one is taken that has the same name. dt_record.source says
 *  which set a record comes from; different pictures of one name get other names when they are written
 *  (datasets/target/output_split.h). Objects of such a picture: one of the same class with an IoU of at least
 *  DT_MERGE_IOU with an object that is there already is dropped (object-joined: a note, a warning if it holds
 *  something that the other does not), the others are added. Values in findings about objects are those of
 *  the first set's coordinate rule. Near-duplicates in different splits: warning split-leak.
 *  counts (one a set) may be NULL. On failure the sets are to be freed, nothing else. */
dt_status dt_merge(dt_dataset *sets, size_t count, const dt_merge_opts *opts, dt_merge_count *counts,
                   dt_findings *findings, dt_error *err);

#endif
