/** Conversion of data sets: open a source (datasets/set_source.h), write a target (datasets/target/target.h). */
#ifndef DT_DATASETS_CONVERT_H
#define DT_DATASETS_CONVERT_H

#include "datasets/target/target.h"

typedef struct dt_convert_opts {
    dt_convert_format from, to;
    const char *source, *target;
    const char *command;      /* the command line, for the certificate; may be NULL */
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

typedef dt_target_report dt_convert_report;

/** 1 for two different formats, and for YOLO to YOLO, which has two layouts. */
int dt_convert_is_pair(dt_convert_format from, dt_convert_format to);

/** Converts. The target appears whole or not at all (datasets/target/stage.h); an earlier output of a
 *  conversion in which nothing was changed since is replaced; any other folder that is not empty is refused.
 *  Problems of single files and objects become findings and the rest goes on; errors are a source without
 *  annotations, a target that cannot be written, no memory. */
dt_status dt_convert(const dt_convert_opts *opts, dt_convert_report *report, dt_error *err);
void dt_convert_report_free(dt_convert_report *report);

/** Reads a class list: one name a line, blanks around it and empty lines left out. */
dt_status dt_class_list_read(const char *path, dt_names *names, dt_error *err);

#endif
