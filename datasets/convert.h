/** Conversion of data sets: read a format into the model, fit the boxes, write a format, certify.
 *
 * A new pair of formats is a reader and a writer in the two tables of convert.c; all in between is shared. */
#ifndef DT_DATASETS_CONVERT_H
#define DT_DATASETS_CONVERT_H

#include "core/file.h"
#include "core/str.h"
#include "datasets/fit.h"
#include "datasets/output.h"
#include "datasets/voc.h"

typedef enum dt_convert_format {
    DT_FORMAT_VOC,
    DT_FORMAT_YOLO,
    DT_FORMAT_COCO,
    DT_FORMATS
} dt_convert_format;
extern const char *const dt_format_names[DT_FORMATS]; /* "voc", "yolo", "coco" */

typedef enum dt_image_mode { DT_IMAGES_LINK, DT_IMAGES_COPY, DT_IMAGES_NONE } dt_image_mode;

/** Ultralytics: data.yaml, images/<split>/, labels/<split>/. Darknet: obj.data, obj.names, <split>.txt,
 *  obj_<split>_data/ with the pictures and, beside them, their labels. */
typedef enum dt_yolo_layout { DT_LAYOUT_ULTRALYTICS, DT_LAYOUT_DARKNET } dt_yolo_layout;

typedef struct dt_convert_opts {
    dt_convert_format from, to;
    const char *source, *target;
    const char *classes_file; /* one name a line; NULL: the reader's order */
    int class_base;           /* YOLO numbers start at 0 or 1 (0 is then the background) */
    dt_yolo_layout layout;    /* of the YOLO set that is written */
    dt_voc_rule voc_rule;     /* of the VOC files that are read or written */
    dt_difficult difficult;
    dt_crowd crowd;
    const char *image_dir; /* COCO: folder of the pictures; NULL: looked for around the JSON file */
    dt_image_mode images;  /* link: symbolic links with absolute targets */
    int keep_invalid;      /* boxes outside, inverted or without area are written as they are */
    int jobs;              /* threads; 0: one a processor */
} dt_convert_opts;

typedef struct dt_convert_report {
    size_t images;      /* written (label files) */
    size_t backgrounds; /* of them without any box */
    size_t skipped;     /* annotations that were not written: malformed, or without picture */
    dt_fit_counts boxes;
    size_t reader_dropped; /* boxes that the reader could not make out */
    dt_voc_evidence evidence;
    size_t splits, classes;
    dt_findings findings;
} dt_convert_report;

/** 1 for two different formats, and for YOLO to YOLO, which has two layouts. */
int dt_convert_is_pair(dt_convert_format from, dt_convert_format to);

/** Converts. The target appears whole or not at all (datasets/stage.h); an earlier output of a conversion in which
 *  nothing was changed since is replaced; any other folder that is not empty is refused. Problems of single files and
 *  objects become findings and the rest goes on; errors are a source without annotations, a target that cannot be
 *  written, no memory. conversion.json in the target lists options, counts, evidence, every object that was not carried
 *  over unchanged, and the SHA-256 (or link target) of every file. */
dt_status dt_convert(const dt_convert_opts *opts, dt_convert_report *report, dt_error *err);
void dt_convert_report_free(dt_convert_report *report);

/** Reads a class list: one name a line, blanks around it and empty lines left out. */
dt_status dt_class_list_read(const char *path, dt_names *names, dt_error *err);

/** A sentence on what the coordinates of a VOC set look like. */
void dt_voc_evidence_text(const dt_voc_evidence *e, char *out, size_t size);

/** Writers: put a set, fitted, under `root`, which is empty. */
dt_status dt_yolo_write(const dt_dataset *set, const dt_convert_opts *opts, const char *root, dt_pool *pool,
                        dt_output_list *files, dt_convert_report *report, dt_error *err);
dt_status dt_voc_write(const dt_dataset *set, const dt_convert_opts *opts, const char *root, dt_pool *pool,
                       dt_output_list *files, dt_convert_report *report, dt_error *err);
dt_status dt_coco_write(const dt_dataset *set, const dt_convert_opts *opts, const char *root, dt_pool *pool,
                        dt_output_list *files, dt_convert_report *report, dt_error *err);

/** conversion.json of an output. New text in *out. */
dt_status dt_certificate_write(const dt_convert_opts *opts, const dt_dataset *set,
                               const dt_convert_report *report, const dt_output_list *files, dt_str *out,
                               dt_error *err);

extern const char dt_certificate_tool[]; /* value of "tool" */

/** Looks at a target: *replace = 0 if it is absent or empty, 1 if it is an earlier output of which no file was changed
 *  and to which none was added. Anything else is DT_ERR_STATE with a message naming the first file in the way. */
dt_status dt_certificate_check(const char *target, int *replace, dt_error *err);

typedef struct dt_undo_report {
    size_t removed; /* files and links; folders and conversion.json are not counted */
    size_t missing; /* listed, but not there any more */
    dt_names kept;  /* relative paths of listed files that were changed since */
} dt_undo_report;

/** Takes a conversion back: removes the files that conversion.json lists and whose content is still the one that was
 *  written, then conversion.json, then those folders of them that are empty. Files that were changed and files that the
 *  list does not have stay. Nothing outside of the target is touched: paths that lead out of it are an error, and
 *  symbolic links on the way are not followed. */
dt_status dt_convert_undo(const char *target, dt_undo_report *report, dt_error *err);
void dt_undo_report_free(dt_undo_report *report);

#endif
