/** What the segmentation of a VOC set holds, and whether it agrees with the annotations. */
#ifndef DT_DATASETS_MASKS_H
#define DT_DATASETS_MASKS_H

#include "datasets/check/check.h"
#include "datasets/voc/voc_mask.h"

/** A number of the class files. */
typedef struct dt_mask_class {
    int number;       /* 0: background; 255, void, has no entry */
    const char *name; /* belongs to the set; NULL: no class belongs to this number */
    size_t pixels, images;
} dt_mask_class;

/** Zero-initialised means empty. A picture in two splits counts twice. */
typedef struct dt_mask_stats {
    size_t images;              /* records with a class or an object file */
    size_t files[DT_MASKS];     /* of each kind */
    size_t read[DT_MASKS];      /* of them looked at: not with no_decode, and not what cannot be used */
    size_t pixels, void_pixels; /* of the class files */
    size_t instances;           /* objects with pixels of their own in the object files */
    size_t *class_instances;    /* (class_count of the set): the same by class of the annotation */
    size_t class_count;
    dt_mask_class *numbers; /* those that occur, ascending */
    size_t number_count;
    int32_t classes[DT_MASK_NUMBERS]; /* class of the set for each number of the class files; -1: none */
    int by_vote;                      /* the numbers are not VOC's own: see dt_check_masks */
} dt_mask_stats;
void dt_mask_stats_free(dt_mask_stats *stats);

/** Share of a number among all pixels of the class files but void. */
double dt_mask_share(const dt_mask_stats *stats, const dt_mask_class *number);

/** How far a side of a box may lie from the bounding box of its object's pixels: VOC's boxes take in the
 *  border of 5 void pixels that its masks leave out, and were drawn by hand. The larger of the two limits
 *  counts. */
enum { DT_MASK_BOX_PIXELS = 8, DT_MASK_BOX_PERCENT = 10 /* of the pixels' extent in this direction */ };

/** Compares the masks of each record with its picture and its objects: object number k of the file is the
 *  k-th of the annotation. Findings: mask-unreadable, mask-format, mask-palette, mask-size, mask-differs
 *  (class and object file disagree on what is background in over 0.1 % of the picture), mask-class-range,
 *  mask-class (most pixels of an object have another class than its annotation, or over 1 % of them have),
 *  mask-box, mask-unboxed (a number without object), mask-empty (an object without pixels).
 *
 *  Numbers of classes are VOC's where all classes are VOC's and at least half of the objects agree. Else each
 *  number is given the class of most objects that it covers, one number a class, the clearest first.
 *
 *  Does not depend on the number of threads. */
dt_status dt_check_masks(const dt_dataset *set, const dt_check_opts *opts, dt_mask_stats *stats,
                         dt_findings *findings, dt_error *err);

#endif
