/** PASCAL VOC data sets: XML annotations.
 *
 * Layouts read: a folder with Annotations/, JPEGImages/ and ImageSets/Main/ (`annotations`, `images` and any
 * other case accepted); a folder of such folders (VOCdevkit with VOC2007, VOC2012, ...), whose splits of the
 * same name are joined; a folder with XML files and images side by side.
 *
 * Splits come from ImageSets/Main/<name>.txt. Files of class columns (aeroplane_train.txt: "000012 -1") are
 * no splits. `trainval` is the union of train and val: it is skipped where both are there and becomes `train`
 * where one is missing. Without any list, all annotations are the split `train`.
 *
 * Segmentation: SegmentationClass/ and SegmentationObject/ beside Annotations/ belong to the pictures of the
 * same name (dt_record.masks); ImageSets/Segmentation/ lists pictures that have them and makes no splits.
 * Pixels are looked at by datasets/check/check_masks.c. */
#ifndef DT_DATASETS_VOC_H
#define DT_DATASETS_VOC_H

#include "core/pool.h"
#include "datasets/dataset.h"

/** How xmin, ymin, xmax, ymax of the file become a continuous, 0-based, half-open box. VOC's own files count
 *  pixels from 1 and include the last one. */
typedef enum dt_voc_rule {
    DT_VOC_EXACT,     /* (xmin - 1, ymin - 1, xmax, ymax): no pixel lost, a full picture is (0, 0, W, H) */
    DT_VOC_MINUS_ONE, /* (xmin - 1, ymin - 1, xmax - 1, ymax - 1): as Darknet's and YOLOv5's scripts */
    DT_VOC_RAW,       /* as written: for files that are 0-based and half-open already */
} dt_voc_rule;

extern const char *const dt_voc_classes[20]; /* aeroplane ... tvmonitor, in VOC's order */

typedef struct dt_voc_read_opts {
    dt_pool *pool; /* NULL: serially */
    dt_voc_rule rule;
} dt_voc_read_opts;

/** Reads all splits; opens no image. Object values stay as written; the rule is set->min_shift and max_shift.
 *  Classes are in the order of dt_voc_classes if all are among them, else sorted by name. A path without
 *  annotations is an error; everything below that level becomes findings (may be NULL) and the rest is read.
 *  Records whose XML is malformed or missing are left out. */
dt_status dt_voc_read(const char *path, const dt_voc_read_opts *opts, dt_dataset *set, dt_findings *findings,
                      dt_error *err);

/** What one annotation says besides its objects. Texts live in the set's arena; NULL or 0 where absent. */
typedef struct dt_voc_file {
    const char *filename;
    int32_t width, height;
    const char *attributes, *other, *size_other; /* as in dt_record_extra */
    size_t objects; /* <object> elements, those that could not be read included */
} dt_voc_file;

/** Adds the objects of one annotation to the last record. External entities, DTDs and entity definitions are
 *  not looked at; a reference to one is an error. Malformed XML: DT_ERR_FORMAT with file and line, and no
 *  object stays. */
dt_status dt_voc_parse(const char *xml, size_t size, const char *file, dt_dataset *set, dt_voc_file *info,
                       dt_findings *findings, dt_error *err);

/** Where the values touch the picture's edges tells whether a set counts from 0 or 1. */
typedef struct dt_voc_evidence {
    size_t boxes;     /* with known picture size */
    size_t at_zero;   /* xmin or ymin is 0: impossible when counting from 1 */
    size_t at_one;    /* xmin or ymin is 1 */
    size_t at_last;   /* xmax = width - 1 or ymax = height - 1 */
    size_t at_full;   /* xmax = width or ymax = height: the last pixel counted from 1, or a half-open end */
    size_t beyond;    /* over the picture's right or lower edge */
    size_t fractions; /* a value is not whole */
    int base;         /* 0, 1, or -1: nothing decides */
} dt_voc_evidence;
dt_voc_evidence dt_voc_find_base(const dt_dataset *set);

#endif
