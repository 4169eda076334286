/** Opening a data set of any format so that it can be changed and written anew (datasets/target/target.h):
 *  format found, labels read, pictures' headers read, boxes in pixels, the coordinate base of VOC files
 *  settled. */
#ifndef DT_DATASETS_SET_SOURCE_H
#define DT_DATASETS_SET_SOURCE_H

#include "datasets/dataset.h"
#include "datasets/voc/voc.h"

typedef enum dt_convert_format {
    DT_FORMAT_VOC,
    DT_FORMAT_YOLO,
    DT_FORMAT_COCO,
    DT_FORMATS
} dt_convert_format;
extern const char *const dt_format_names[DT_FORMATS]; /* "voc", "yolo", "coco" */

/** The format of this name, or -1. */
int dt_format_of(const char *name);

/** Ultralytics: data.yaml, images/<split>/, labels/<split>/. Darknet: obj.data, obj.names, <split>.txt,
 *  obj_<split>_data/ with the pictures and, beside them, their labels. */
typedef enum dt_yolo_layout { DT_LAYOUT_ULTRALYTICS, DT_LAYOUT_DARKNET } dt_yolo_layout;

enum { DT_VOC_RULE_AUTO = -1, DT_NUMBERS_AUTO = -1 };
extern const char *const dt_voc_rule_names[3]; /* by dt_voc_rule: "exact", "minus-one", "raw" */

typedef struct dt_set_source_opts {
    const char *path;
    const char *format;    /* name; NULL or "auto": found (datasets/detect_format.h) */
    const char *image_dir; /* COCO: folder of the pictures; NULL: looked for around the JSON file */
    int no_images;         /* 1: COCO pictures that are not found are no error */
    int as_is;             /* 1: YOLO rows are kept as dt_yolo_read_opts.as_is says; others always are */
    int numbers_from_1;    /* 1: YOLO class numbers in the labels start at 1, whatever the settings say */
    int voc_rule;  /* a dt_voc_rule, or DT_VOC_RULE_AUTO: raw where the files count from 0, else exact */
    dt_pool *pool; /* may be NULL */
} dt_set_source_opts;

/** What the certificate says of a set that went in. */
typedef struct dt_set_source {
    const char *path; /* as given; not owned */
    dt_convert_format format;
    dt_voc_rule voc_rule;     /* VOC: by which the values were taken */
    dt_voc_evidence evidence; /* VOC */
    dt_yolo_layout layout;    /* YOLO */
    int class_base;           /* YOLO: of the settings */
    int numbers_from_1;       /* YOLO: the labels were read so */
    size_t records, objects;  /* that were read */
    size_t dropped;           /* objects that the reader could not make out; each is a finding */
    size_t skipped;           /* annotations that could not be read */
} dt_set_source;

/** Reads. The set is in pixels (DT_FRAME_PIXELS), VOC values as their files state them with the shifts of the
 *  rule. YOLO's train and val that name the same entries are read once. On failure *set is empty. Findings:
 *  those of the readers and of dt_dataset_probe, coordinate-base (a warning where a rule that was asked for
 *  does not fit the files), split-same. */
dt_status dt_set_source_open(const dt_set_source_opts *opts, dt_set_source *source, dt_dataset *set,
                             dt_findings *findings, dt_error *err);

/** A sentence on what the coordinates of a VOC set look like. */
void dt_voc_evidence_text(const dt_voc_evidence *e, char *out, size_t size);

#endif
