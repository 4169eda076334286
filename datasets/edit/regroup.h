/** New splits for the records of a set. */
#ifndef DT_DATASETS_EDIT_REGROUP_H
#define DT_DATASETS_EDIT_REGROUP_H

#include "datasets/dataset.h"

/** Gives each record a new split: split_of (one a record of the set) is an index of `names`, or -1 to leave
 *  the record out with its objects. The splits are those of `names` (copied), in this order; one that gets no
 *  record stays, empty. Within a split records keep their order; objects follow their records, so that the
 *  set's arrays have no gaps. DT_ERR_ARG for an index out of range; on failure the set is as it was. */
dt_status dt_dataset_regroup(dt_dataset *set, const int32_t *split_of, const char *const *names, size_t count,
                             dt_error *err);

/** The split of each record: index in set->splits, -1 for records that lie in none. New array, dt_free. */
dt_status dt_dataset_split_of(const dt_dataset *set, int32_t **split_of, dt_error *err);

#endif
