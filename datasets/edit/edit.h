/** What the edits of a set share: findings that name an object with its row before and after, taking objects,
 *  records and classes out. */
#ifndef DT_DATASETS_EDIT_EDIT_H
#define DT_DATASETS_EDIT_EDIT_H

#include "core/str.h"
#include "datasets/dataset.h"
#include "datasets/yolo/yolo_rows.h"

/** An edit in progress. Fill the first three. */
typedef struct dt_edit {
    dt_dataset *set; /* in pixels */
    dt_findings *findings;
    dt_error *err;
    dt_yolo_source rows; /* the label file that was looked at last */
    char *rows_path;
} dt_edit;
void dt_edit_free(dt_edit *edit);

/** Adds a finding about an object. `before` is the object as it was, `after` as it is (NULL: gone). Both are
 *  shown as in their file: the row of a YOLO file (as it stands there, if the box was not changed), else the
 *  class and the file's own numbers. */
dt_status dt_edit_say_object(dt_edit *edit, const dt_record *record, const dt_object *before,
                             const dt_object *after, dt_severity severity, dt_fate fate, const char *rule,
                             const char *fmt, ...) DT_PRINTF(8, 9);

/** Adds the finding (class-mapped) that an object gets this class. */
dt_status dt_edit_say_mapped(dt_edit *edit, const dt_record *record, const dt_object *object,
                             const char *name, int32_t cls);

/** Adds a finding about a picture. */
dt_status dt_edit_say_record(dt_edit *edit, const dt_record *record, dt_severity severity, dt_fate fate,
                             const char *rule, const char *fmt, ...) DT_PRINTF(6, 7);

/** Takes out the objects whose entry in `drop` (one an object of the set) is not 0. */
void dt_edit_drop_objects(dt_dataset *set, const uint8_t *drop);

/** The same for records, with their objects. Splits shrink; those that are empty then stay. */
void dt_edit_drop_records(dt_dataset *set, const uint8_t *drop);

/** Takes out the splits without records; each that had some becomes a finding split-empty. DT_ERR_STATE if
 *  nothing is left. */
dt_status dt_edit_drop_splits(dt_edit *edit);

/** Takes out the classes with drop[i] != 0, of which no object may be left. */
dt_status dt_edit_drop_classes(dt_dataset *set, const uint8_t *drop, dt_error *err);

/** The class of this name; DT_ERR_ARG with a did-you-mean if there is none. */
dt_status dt_edit_find_class(const dt_dataset *set, const char *name, size_t *cls, dt_error *err);

/** Picture's name for messages and patterns: file_name of COCO, else that of the image or label file. */
const char *dt_edit_name(const dt_record *record);

#endif
