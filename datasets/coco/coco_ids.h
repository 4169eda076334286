/** Ids of a COCO file that is written: those of the source where it is one, else numbers from 1. */
#ifndef DT_DATASETS_COCO_IDS_H
#define DT_DATASETS_COCO_IDS_H

#include "datasets/target/output_split.h"

/** One a class of the set. New array in *ids. A class keeps the id of its category; classes without one, and
 *  all of them with opts->new_ids, get the next free numbers. */
dt_status dt_coco_class_ids(const dt_dataset *set, const dt_target_opts *opts, int64_t **ids, dt_error *err);

/** Of one split: one a record, and one an object (from that of its first record on). An id that two sources
 *  use is given to the first; the other gets a new one (finding id-changed). */
typedef struct dt_coco_ids {
    int64_t *images, *objects;
    size_t first_record, first_object;
} dt_coco_ids;
dt_status dt_coco_ids_make(const dt_output_job *job, const dt_split *split, dt_coco_ids *ids,
                           dt_findings *findings, dt_error *err);
void dt_coco_ids_free(dt_coco_ids *ids);

#endif
