/** Inside of yolo_output*.c: what the layouts of a YOLO set share. */
#ifndef DT_DATASETS_YOLO_OUTPUT_H
#define DT_DATASETS_YOLO_OUTPUT_H

#include "datasets/target/output_split.h"
#include "datasets/yolo/yolo.h"

/** Writes the label rows of a record to root/path: the ignored objects, or the others. No ignored ones, no
 * file. */
dt_status dt_yolo_put_rows(const dt_output_job *job, dt_output_list *files, size_t record, int ignored,
                           const char *path, dt_error *err);

int dt_yolo_has_ignored(const dt_dataset *set, const dt_split *split);

/** Warnings (split-skipped) about splits that no reader of YOLO sets looks for. */
dt_status dt_yolo_say_splits(const dt_dataset *set, dt_findings *findings, dt_error *err);

/** dt_yolo_write for DT_LAYOUT_DARKNET. */
dt_status dt_yolo_write_darknet(const dt_dataset *set, const dt_target_opts *opts, const char *root,
                                dt_pool *pool, dt_output_list *files, dt_target_report *report,
                                dt_error *err);

#endif
