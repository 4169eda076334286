/** Rows of a label file read again, so that values which nobody changed are written as they stand. */
#ifndef DT_DATASETS_YOLO_ROWS_H
#define DT_DATASETS_YOLO_ROWS_H

#include "core/str.h"
#include "datasets/dataset.h"

/** Zero-initialised means none. */
typedef struct dt_yolo_source {
    const char *path;
    char *text;
    const char **lines; /* where each begins */
    size_t count, capacity, size;
} dt_yolo_source;

/** Reads a file; `path` must outlive it. */
dt_status dt_yolo_source_open(dt_yolo_source *source, const char *path, dt_error *err);
void dt_yolo_source_close(dt_yolo_source *source);

/** Row `line` (from 1) without blanks around it; NULL if it is not there any more. */
const char *dt_yolo_source_line(const dt_yolo_source *source, int32_t line, size_t *len);

/** Appends row `line` (from 1) with another class number, everything behind it as it stands. With `clip` the
 *  points of a polygon are cut at the picture's edge first; of a row that is no polygon, or of which nothing
 *  is left, nothing is appended.
 *  *done says whether a row was. */
dt_status dt_yolo_source_row(const dt_yolo_source *source, int32_t line, int64_t number, int clip,
                             dt_str *out, int *done, dt_error *err);

#endif
