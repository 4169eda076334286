/** Makes the boxes of a data set fit their pictures, and says what that cost. */
#ifndef DT_DATASETS_FIT_H
#define DT_DATASETS_FIT_H

#include "datasets/dataset.h"

typedef enum dt_difficult { DT_DIFFICULT_DROP, DT_DIFFICULT_KEEP, DT_DIFFICULT_IGNORE } dt_difficult;

typedef enum dt_crowd { DT_CROWD_DROP, DT_CROWD_KEEP, DT_CROWD_IGNORE } dt_crowd;

/** What an object may have besides class and box. */
typedef enum dt_field {
    DT_FIELD_POSE,
    DT_FIELD_TRUNCATED,
    DT_FIELD_OCCLUDED,
    DT_FIELD_DIFFICULT,
    DT_FIELD_PARTS,
    DT_FIELD_SEGMENTATION,
    DT_FIELD_AREA, /* one of its own, other than width times height */
    DT_FIELD_CROWD,
    DT_FIELD_IGNORE,
    DT_FIELD_OTHER, /* elements or keys that the model has no field for */
    DT_FIELDS
} dt_field;
extern const char *const dt_field_names[DT_FIELDS];

/** What this object has: bits 1 << field. */
unsigned dt_fit_fields(const dt_object *object);

typedef struct dt_fit_opts {
    dt_difficult difficult; /* IGNORE: kept with `ignore` set */
    dt_crowd crowd;         /* IGNORE: kept with `ignore` set, no longer a crowd */
    unsigned lost;      /* bit 1 << field: what the target cannot hold; every object that has one is named */
    int origin;         /* dt_origin of the target's format: objects of that origin lose nothing */
    int keep_unsized;   /* 1: so are boxes of pictures whose size is not known */
    int keep_invalid;   /* 1: boxes outside, inverted or without area are reported and stay as they are */
    size_t class_count; /* objects of classes from this number on are dropped (class-unknown) */
    int need_images;    /* 1: objects of records without image are dropped */
} dt_fit_opts;

typedef struct dt_fit_counts {
    size_t kept;      /* all that stayed, those below included */
    size_t clipped;   /* cut at the picture's edge */
    size_t ignored;   /* kept as neither positive nor negative */
    size_t left;      /* invalid and kept as they are */
    size_t dropped;   /* because of a problem */
    size_t difficult; /* left out because `difficult` asks for it */
    size_t crowd;     /* left out because `crowd` asks for it */
    size_t lost[DT_FIELDS];
} dt_fit_counts;

/** Works on a set in pixels (DT_FRAME_PIXELS) in place; run dt_dataset_probe first so that real sizes are
 *  known. The picture's real size counts, else the annotated one. A box whose corners coincide in x or y as
 *  written has no area under every coordinate rule. Every object that is not kept unchanged becomes a finding
 *  with its values before and after in the file's own numbers: box-inverted, box-empty, box-outside,
 *  class-unknown, size-missing, image-missing, difficult, crowd, fields-lost. */
dt_status dt_dataset_fit(dt_dataset *set, const dt_fit_opts *opts, dt_fit_counts *counts,
                         dt_findings *findings, dt_error *err);

#endif
