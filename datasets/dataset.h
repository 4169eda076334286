/** A detection data set in memory: the model that every format is read into and written from.
 *
 * Boxes are kept as the file states them and turned into pixels by dt_dataset_box, so that nothing is lost on
 * the way and no image has to be opened while labels are read. */
#ifndef DT_DATASETS_DATASET_H
#define DT_DATASETS_DATASET_H

#include <stdint.h>

#include "core/arena.h"
#include "core/pool.h"
#include "core/status.h"
#include "core/strmap.h"
#include "datasets/findings.h"
#include "datasets/sample.h"
#include "detect/box.h"

/** The format that a record was read from: a writer of the same format carries over what this model does not
 *  hold, from the texts kept here (VOC) or from the label file itself (YOLO rows, COCO records), as long as
 *  nobody changed it. */
typedef enum dt_origin { DT_ORIGIN_NONE, DT_ORIGIN_VOC, DT_ORIGIN_YOLO, DT_ORIGIN_COCO } dt_origin;

/** Bits of dt_object.edited and dt_record.edited: what no longer is as the file states it. A changed class is
 *  seen without. */
enum {
    DT_EDITED_BOX = 1,      /* object: box, parts */
    DT_EDITED_SIZE = 1,     /* record: the real size is the right one */
    DT_EDITED_FILENAME = 2, /* record: VOC's <filename> */
    DT_EDITED_MASKS = 4,    /* record: the masks are not those of its objects any more */
};

/** VOC's segmentation of a picture: two PNG files of numbers, and what they were made for. */
enum { DT_MASK_CLASS, DT_MASK_OBJECT, DT_MASKS };
typedef struct dt_masks {
    const char *files[DT_MASKS]; /* SegmentationClass, SegmentationObject; NULL: there is none */
    const char *const *names;    /* (count): class of each object as read */
    size_t count;
    size_t stated; /* objects in the annotation, those that could not be read included */
} dt_masks;

/** A labelled part of an object (VOC: head, hand, foot). Same frame as the object's box. */
typedef struct dt_part {
    const char *name;
    dt_box box;
    const char *other; /* VOC: as in dt_object_extra, or NULL */
} dt_part;

/** The label that an object was read from, where that is not its record's: objects of merged sets. */
typedef struct dt_object_home {
    const char *label, *image; /* as those of a record */
    int8_t origin;             /* dt_origin */
} dt_object_home;

/** What few objects have; kept aside so that the others stay small. */
typedef struct dt_object_extra {
    const dt_object_home *home; /* NULL: the record */
    const char *pose;           /* VOC; NULL: absent */
    const char *other;          /* VOC: children that have no field here, as XML; NULL: none */
    const char *attributes;     /* VOC: of <object>, as XML with a blank before each; NULL: none */
    const dt_part *parts;
    uint64_t offset;              /* COCO: the annotation in its label file (dt_object_label) */
    uint64_t segmentation_offset; /* COCO: polygons or RLE; see dt_coco_segmentation_read */
    size_t segmentation_bytes;    /* 0: none */
    int64_t id;                   /* COCO annotation id, where has_id is set */
    uint32_t bytes;               /* COCO: of the annotation; UINT32_MAX: 4 GiB or more */
    uint32_t part_count;
    int8_t has_id, has_other; /* has_other: `other`, or keys of a COCO annotation that have no field here */
} dt_object_extra;

enum { DT_FLAG_UNKNOWN = -1 };

typedef struct dt_object {
    dt_box box;                            /* as in the file: see dt_dataset.frame */
    double area;                           /* COCO's own area in pixels; < 0: not stated */
    const dt_object_extra *extra;          /* or NULL */
    int32_t cls;                           /* 0-based index of the class name */
    int32_t line;                          /* in the label file, from 1 */
    int32_t index;                         /* among the objects of its file as written, from 0 */
    int8_t difficult, truncated, occluded; /* 0, 1 or DT_FLAG_UNKNOWN */
    int8_t crowd, ignore;                  /* 0 or 1; ignore: neither positive nor negative in training */
    int8_t edited;                         /* DT_EDITED_BOX */
    int8_t posed;                          /* VOC: there is a <pose>, if only "Unspecified" */
} dt_object;

/** What a record's label says besides its objects. Texts are NULL where there is nothing. */
typedef struct dt_record_extra {
    int64_t id;             /* COCO image id */
    uint64_t offset;        /* COCO: the image's record in the label file */
    uint32_t bytes;         /* UINT32_MAX: 4 GiB or more */
    const char *filename;   /* VOC: <filename> where it is not the picture's name */
    const char *attributes; /* VOC: of <annotation>, as XML with a blank before each */
    const char *other;      /* VOC: children of <annotation> that have no field here, as XML */
    const char *size_other; /* VOC: the same of <size>: <depth> */
} dt_record_extra;

typedef struct dt_record {
    const char *image;     /* path; NULL: no image belongs to this label */
    const char *label;     /* path of the label file; NULL: none (background) */
    const char *name;      /* COCO's file_name, where one label file serves many pictures; else NULL */
    size_t first, count;   /* its objects in dt_dataset.objects */
    int32_t width, height; /* as annotated; 0: not stated */
    int32_t real_width,
        real_height;    /* of the upright picture; 0: not probed yet (dt_dataset_probe) or unreadable */
    int8_t orientation; /* EXIF tag; 0: not probed */
    int8_t unreadable;  /* the image's header cannot be read */
    int8_t origin;      /* dt_origin */
    int8_t edited;      /* DT_EDITED_SIZE, DT_EDITED_FILENAME, DT_EDITED_MASKS */
    int32_t source;     /* which of several sets it was read from, from 0 */
    const dt_record_extra *extra; /* or NULL */
    const dt_masks *masks;        /* or NULL */
} dt_record;

/** A category of a COCO file, by the name of its class. */
typedef struct dt_category {
    const char *name;
    int64_t id;
    const char *label; /* the file, and where its record lies in it */
    uint64_t offset;
    uint32_t bytes;
} dt_category;

/** A member of a COCO file besides images, annotations and categories: info, licenses, ... */
typedef struct dt_member {
    const char *label, *key;
    uint64_t offset;
    uint32_t bytes;
} dt_member;

/** Records [first, first + count). A split that a file lists twice under two names is two ranges. */
typedef struct dt_split {
    const char *name; /* "train", "val", "test", ... */
    size_t first, count;
} dt_split;

typedef enum dt_frame {
    DT_FRAME_PIXELS,    /* xyxy in pixels, after `min_shift` and `max_shift` were added */
    DT_FRAME_FRACTIONS, /* xyxy in fractions of the upright picture's sides */
} dt_frame;

/** Zero-initialised means empty. All texts live in `texts`. */
typedef struct dt_dataset {
    const char **classes;
    size_t class_count, class_capacity;
    dt_strmap class_index;
    int class_base; /* number of the first class in the files (YOLO: 0, or 1 if 0 is background); ids here
                       start at 0 */
    dt_split *splits;
    size_t split_count, split_capacity;
    dt_record *records;
    size_t record_count, record_capacity;
    dt_object *objects;
    size_t object_count, object_capacity;
    dt_category *categories; /* looked up by name: the order of classes may change */
    size_t category_count, category_capacity;
    dt_member *members;
    size_t member_count, member_capacity;
    const char *settings; /* YOLO: lines of data.yaml whose keys have no field here; NULL: none */
    dt_frame frame;
    double min_shift,
        max_shift; /* VOC: what turns xmin, ymin and xmax, ymax of the file into continuous, 0-based ones */
    dt_arena texts;
} dt_dataset;

void dt_dataset_free(dt_dataset *set);

/** Index of the class of this name (len bytes), added at the end if it is new. */
dt_status dt_dataset_class(dt_dataset *set, const char *name, size_t len, int32_t *cls, dt_error *err);

/** Appends; the texts are copied. */
dt_status dt_dataset_add_category(dt_dataset *set, const dt_category *category, dt_error *err);
dt_status dt_dataset_add_member(dt_dataset *set, const dt_member *member, dt_error *err);

/** The first category of this name, or NULL. */
const dt_category *dt_dataset_category(const dt_dataset *set, const char *name);

/** Replaces the list of classes: class i becomes map[i], an index in `names`; -1 only where no object has it. */
dt_status dt_dataset_map_classes(dt_dataset *set, const int32_t *map, const char *const *names, size_t count,
                                 dt_error *err);

/** Puts the classes in a new order: the `count` given names first (present or not), then the others by name. */
dt_status dt_dataset_order_classes(dt_dataset *set, const char *const *names, size_t count, dt_error *err);

/** Appends; the texts are copied (NULL stays NULL). *record points into the array: valid until the next one.
 */
dt_status dt_dataset_add_split(dt_dataset *set, const char *name, dt_error *err);
dt_status dt_dataset_add_record(dt_dataset *set, const char *image, const char *label, dt_record **record,
                                dt_error *err);

/** Adds an object to the last record (and the last record to the last split, if there is one). */
dt_status dt_dataset_add_object(dt_dataset *set, const dt_object *object, dt_error *err);

/** Moves records and objects of `from`, which has no splits, behind those of `set` and into its last split.
 * Classes are matched by name; if `from` has no class names, its numbers are taken as they are. `from` is
 * empty afterwards. */
dt_status dt_dataset_append(dt_dataset *set, dt_dataset *from, dt_error *err);

/** The split of this name, or NULL. */
const dt_split *dt_dataset_split(const dt_dataset *set, const char *name);

/** Reads the headers of all images with the pool (may be NULL) and fills real sizes and orientations.
 * Findings: image-missing, image-unreadable, size-mismatch, exif-orientation. */
dt_status dt_dataset_probe(dt_dataset *set, dt_pool *pool, dt_findings *findings, dt_error *err);

/** The object's box in pixels (continuous, 0-based, half-open) of a picture of this size; not clipped. */
dt_box dt_dataset_box(const dt_dataset *set, const dt_object *object, double width, double height);

/** Turns a set of DT_FRAME_FRACTIONS into one of DT_FRAME_PIXELS. Records whose size is not known (run
 * dt_dataset_probe first) keep their fractions: dt_dataset_fit drops them as size-missing. */
void dt_dataset_to_pixels(dt_dataset *set);

/** States the values of a set in pixels (objects and parts) anew so that these shifts turn them into
 *  continuous ones: sets can be joined only if theirs are the same. */
dt_status dt_dataset_shift(dt_dataset *set, double min_shift, double max_shift, dt_error *err);

/** Format, label file and picture that an object was read from: its home's, or its record's. */
dt_origin dt_object_origin(const dt_record *record, const dt_object *object);
const char *dt_object_label(const dt_record *record, const dt_object *object);
const char *dt_object_image(const dt_record *record, const dt_object *object);

/** A coordinate without the noise of arithmetic on doubles: the nearest multiple of 1e-6 if it is within
 * 1e-9. */
double dt_pixel_tidy(double v);

/** Labels of a record in pixels of its upright picture, clipped to it; those without area left are left out.
 * `source` is the index of the object within the record. Difficult objects carry `ignore` as the reader set
 * it. */
dt_status dt_dataset_labels(const dt_dataset *set, size_t record, int width, int height, dt_sample *sample,
                            dt_error *err);

#endif
