/** Inside of check_masks*.c: what is kept of each picture's masks while the next ones are decoded. */
#ifndef DT_DATASETS_MASKS_INTERNAL_H
#define DT_DATASETS_MASKS_INTERNAL_H

#include "datasets/check/masks.h"

/** The pixels of one number of an object file. */
typedef struct dt_mask_instance {
    int number;        /* 1 ... 254 */
    int cls;           /* number of the class file that most of them have; -1: background, or no class file */
    int rest;          /* the number of most others; -1: none */
    size_t pixels;     /* of the object, void left out */
    size_t cls_pixels; /* of them those of cls */
    size_t other;      /* of them those of yet other classes; background and void are none */
    int x1, y1, x2, y2; /* bounding box, half-open */
} dt_mask_instance;

typedef struct dt_mask_count {
    int number;
    size_t pixels;
} dt_mask_count;

/** What was seen of a record's masks. */
typedef struct dt_mask_look {
    int read[DT_MASKS]; /* the file was decoded and has the picture's size */
    dt_mask_instance *instances;
    size_t instance_count;
    dt_mask_count *counts; /* of the class file, numbers that occur, ascending */
    size_t count_count;
    size_t void_pixels;
} dt_mask_look;

/** Decodes the masks of a record and measures them. Its findings are those that need no other picture. */
dt_status dt_mask_look_at(const dt_record *record, dt_mask_look *look, dt_findings *findings, dt_error *err);
void dt_mask_look_free(dt_mask_look *look);

/** Fills `classes` (all -1 before) and `by_vote` of the statistics. looks: (count), of these records of the
 * set. */
dt_status dt_mask_settle_numbers(const dt_dataset *set, const size_t *records, const dt_mask_look *looks,
                                 size_t count, dt_mask_stats *stats, dt_error *err);

/** The object that a number of a record's object file stands for, or NULL. */
const dt_object *dt_mask_object(const dt_dataset *set, const dt_record *record, int number);

#endif
