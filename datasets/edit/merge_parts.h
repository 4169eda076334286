/** Inside of merge*.c. */
#ifndef DT_DATASETS_EDIT_MERGE_PARTS_H
#define DT_DATASETS_EDIT_MERGE_PARTS_H

#include "datasets/edit/edit.h"
#include "datasets/edit/merge.h"

/** Gives the classes of all sets names that match. */
dt_status dt_merge_classes(dt_dataset *sets, size_t count, const dt_merge_opts *opts, dt_findings *findings,
                           dt_error *err);

enum { DT_MERGE_NEW = -1 };

/** For each record of the joined set: the record of an earlier source that shows the same picture (never one
 *  that has such a record itself), or DT_MERGE_NEW. split_of: index of each record's split. */
dt_status dt_merge_find_same(const dt_dataset *set, const int32_t *split_of, const dt_merge_opts *opts,
                             int64_t *same, dt_findings *findings, dt_error *err);

/** content[i] is the same for two records with the same pixels, of those with the same stem and size; -1
 *  where no other source has such a picture. `known`: records that need no partner any more. */
dt_status dt_merge_pixels(const dt_dataset *set, const char *const *stems, const uint8_t *known,
                          dt_pool *pool, int64_t *content, dt_error *err);

/** Moves the objects of records that have a partner to it and takes those records out. `drop` is one an
 * object, zeroed. */
dt_status dt_merge_join(dt_edit *edit, const int64_t *same, int32_t *split_of, const dt_merge_opts *opts,
                        dt_merge_count *counts, uint8_t *drop);

/** Near-duplicates across splits. */
dt_status dt_merge_near(const dt_dataset *set, const dt_merge_opts *opts, dt_findings *findings,
                        dt_error *err);

#endif
