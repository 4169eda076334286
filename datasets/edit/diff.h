/** Two sets compared: classes, pictures, objects. */
#ifndef DT_DATASETS_EDIT_DIFF_H
#define DT_DATASETS_EDIT_DIFF_H

#include "core/pool.h"
#include "datasets/set_source.h"

typedef enum dt_diff_kind {
    DT_DIFF_CLASS_REMOVED, /* only in the first set; a, b are class numbers */
    DT_DIFF_CLASS_ADDED,
    DT_DIFF_IMAGE_REMOVED, /* a, b are records */
    DT_DIFF_IMAGE_ADDED,
    DT_DIFF_IMAGE_NAME, /* matched by content */
    DT_DIFF_IMAGE_SPLIT,
    DT_DIFF_IMAGE_SIZE,
    DT_DIFF_OBJECT_REMOVED,
    DT_DIFF_OBJECT_ADDED,
    DT_DIFF_OBJECT_CHANGED,
    DT_DIFF_KINDS
} dt_diff_kind;

/** What is other about an object that both sets have. */
enum { DT_DIFF_MOVED = 1, DT_DIFF_RELABELLED = 2, DT_DIFF_ATTRIBUTES = 4 };

typedef struct dt_diff_entry {
    dt_diff_kind kind;
    unsigned what;             /* DT_DIFF_OBJECT_CHANGED: bits above */
    unsigned fields;           /* DT_DIFF_ATTRIBUTES: bits 1 << dt_field (datasets/target/fit.h) */
    size_t a, b;               /* in the first and the second set; SIZE_MAX: in none */
    size_t object_a, object_b; /* index in the set's objects, or SIZE_MAX */
    double iou;                /* DT_DIFF_OBJECT_CHANGED */
} dt_diff_entry;

typedef struct dt_diff_opts {
    dt_convert_format formats[2]; /* of the two sets: what they can hold, how precisely they are written */
    double iou;                   /* objects with an IoU from here on may be the same one; 0: 0.5 */
    double same_iou; /* ... and have not moved with one from here on; 0: only the tolerance says so */
    double
        tolerance; /* pixels by which an edge may differ without having moved; < 0: half a unit of the written numbers */
    int by_content; /* pictures are matched by their bytes first, what is left by name */
    dt_pool *pool;  /* may be NULL */
} dt_diff_opts;

/** Entries: classes, then pictures by name with what is other about them and their objects. */
typedef struct dt_diff {
    dt_diff_entry *items;
    size_t count, capacity;
    size_t kinds[DT_DIFF_KINDS];
    size_t moved, relabelled, attributes; /* objects; one may be in several */
    size_t pairs;                         /* pictures that both have */
    size_t equal;                         /* objects that both have, unchanged */
    size_t lone[2];                       /* objects of pictures that only one has */
    double units[2];                      /* of the written numbers: pixels, or fractions of a side (YOLO) */
} dt_diff;

/** Compares two sets in pixels (datasets/set_source.h), whose pictures' headers were read.
 *
 *  Classes: by name. Those without objects count only if both formats list such.
 *  Pictures: by split and path below their common folder, then by path, split and name, name; extensions do
 *  not count. Objects of a picture, greedily: the same box and class, the same box, then same class before
 *  others, the highest IoU first, then the order in the files. What is left was removed or added.
 *  Same box: in the coordinates of one of the two formats (VOC corners, COCO x y w h, YOLO centre and size)
 *  no value differs by more than half a unit, so that a set equals its conversion. A unit is 1e-6 of a side
 *  in YOLO files; in others 1, 0.1, ... 1e-6 pixels as the decimals of all values ask for. Of two sets of one
 *  format the finer unit counts. Attributes: those that both formats hold; an object that is difficult in VOC
 *  or COCO may be an ignored one in YOLO. The points of YOLO's polygons are not compared, only the box around
 *  them. */
dt_status dt_diff_sets(const dt_dataset *a, const dt_dataset *b, const dt_diff_opts *opts, dt_diff *diff,
                       dt_error *err);
void dt_diff_free(dt_diff *diff);

#endif
