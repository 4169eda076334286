/** Scoring a detections file against a ground truth file. */
#ifndef DT_TOOLS_EVAL_FILES_H
#define DT_TOOLS_EVAL_FILES_H

#include "core/pool.h"
#include "tools/report_eval.h"

typedef struct dt_eval_files {
    dt_eval_report report;
    dt_eval_row *rows;
    void *names; /* what the rows' names live in */
    /* findings that are no errors */
    int64_t
        unknown_class_detections; /* detections of classes that the ground truth does not list: not scored */
    int64_t unknown_image_objects, unknown_class_objects;
    int64_t without_area; /* scored with w * h */
    int id_zero;          /* an annotation has id 0, which pycocotools takes for "unmatched" */
} dt_eval_files;

/** rule: "coco", "voc07" or "voc10". A detection of an unknown image is an error that names it. */
dt_status dt_eval_files_run(const char *gt_path, const char *dt_path, const char *rule, dt_pool *pool,
                            dt_eval_files *out, dt_error *err);
void dt_eval_files_free(dt_eval_files *out);

#endif
