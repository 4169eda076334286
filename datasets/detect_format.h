/** Which format a data set on disk has, and reading it without knowing. */
#ifndef DT_DATASETS_DETECT_FORMAT_H
#define DT_DATASETS_DETECT_FORMAT_H

#include "core/pool.h"
#include "datasets/dataset.h"

/** One format. `find` looks at what lies at the path and gives in *source what `read` takes (a new string:
 *  the folder or the data.yaml), or NULL if it is something else; it opens no labels. */
typedef struct dt_set_format {
    const char *name;  /* "voc", "yolo", "coco" */
    const char *title; /* "PASCAL VOC" */
    dt_status (*find)(const char *path, char **source, dt_error *err);
    dt_status (*read)(const char *source, dt_pool *pool, dt_dataset *set, dt_findings *findings,
                      dt_error *err);
} dt_set_format;

/** The formats in the order in which they are tried. */
const dt_set_format *dt_set_formats(size_t *count);

/** The format of the set at `path`: a data.yaml or obj.data, or a folder that holds one or is laid out
 *  without (datasets/yolo/yolo.h), a COCO JSON file or a folder with
 *  annotations/instances_*.json or train/_annotations.coco.json, a VOC folder or VOCdevkit. `name` forces a
 *  format (NULL or "auto": find it). DT_ERR_NOT_FOUND says what was looked for. The caller frees *source. */
dt_status dt_set_format_detect(const char *path, const char *name, const dt_set_format **format,
                               char **source, dt_error *err);

/** Detects and reads. *format may be NULL. */
dt_status dt_dataset_read(const char *path, const char *name, dt_pool *pool, dt_dataset *set,
                          const dt_set_format **format, dt_findings *findings, dt_error *err);

#endif
