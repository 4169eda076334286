/** MS COCO files: instances (ground truth) and results (detections), read in one streaming pass.
 *
 * Kept of an instances file: images, categories, and of each annotation what detection needs plus the place
 * of its segmentation in the file (the polygons themselves are passed over unparsed). Other keys are skipped;
 * where the records lie is kept, so that they can be read again.
 * A key that stands twice in an object counts with its last value, as in Python. Ids may be any 64-bit
 * numbers in any order; one that is used twice in its list is an error naming both places. */
#ifndef DT_DATASETS_COCO_JSON_H
#define DT_DATASETS_COCO_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "core/pool.h"
#include "core/status.h"
#include "datasets/id_map.h"

typedef struct dt_coco_image {
    int64_t id;
    int32_t width, height; /* 0 if the file does not say */
    const char *file_name; /* "" if absent; belongs to the file's data, as the names below */
    uint64_t offset;       /* of the record in the file, bytes */
    uint32_t bytes;        /* of the record; UINT32_MAX: 4 GiB or more */
} dt_coco_image;

typedef struct dt_coco_category {
    int64_t id;
    const char *name, *supercategory; /* "" if absent */
    uint64_t offset;
    uint32_t bytes;
} dt_coco_category;

/** A member of the file besides the three lists: where its value lies. */
typedef struct dt_coco_member {
    const char *key;
    uint64_t offset;
    uint32_t bytes;
} dt_coco_member;

typedef enum dt_coco_segmentation {
    DT_COCO_SEG_NONE,
    DT_COCO_SEG_POLYGONS,
    DT_COCO_SEG_RLE
} dt_coco_segmentation;

typedef struct dt_coco_annotation {
    int64_t id, image_id, category_id;
    double x, y, w, h; /* pixels of the original image, 0-based, as in the file */
    double area;       /* w * h if has_area is 0 */
    uint64_t offset, segmentation_offset;
    uint32_t segmentation_bytes; /* UINT32_MAX: 4 GiB or more */
    uint32_t bytes;              /* of the record */
    uint8_t segmentation;        /* dt_coco_segmentation */
    uint8_t has_area, has_iscrowd, iscrowd;
    uint8_t difficult; /* "difficult" or "ignore", as sets converted from VOC have them */
    uint8_t other;     /* there are keys that have no field here */
} dt_coco_annotation;

typedef struct dt_coco_text_block dt_coco_text_block;

typedef struct dt_coco_file {
    dt_coco_image *images;
    dt_coco_category *categories;
    dt_coco_annotation *annotations;
    dt_coco_member *members;
    size_t member_count, member_capacity;
    size_t image_count, category_count, annotation_count;
    size_t image_capacity, category_capacity, annotation_capacity;
    dt_id_map image_by_id, category_by_id; /* positions in the lists */
    dt_coco_text_block *texts;
} dt_coco_file;

/** Reads an instances file. `images`, `annotations` and `categories` must be there; an annotation needs id,
 * image_id, category_id and a bbox of four numbers. Whether ids refer to known images and categories is left
 * to the caller. Captions and panoptic files are named as such in the error. Errors: DT_ERR_IO, DT_ERR_FORMAT
 * (file, line, byte), DT_ERR_MEMORY; *file is empty then. */
dt_status dt_coco_file_read(const char *path, dt_coco_file *file, dt_error *err);
void dt_coco_file_free(dt_coco_file *file);

typedef struct dt_coco_detection {
    int64_t image_id, category_id;
    double x, y, w, h, score;
} dt_coco_detection;

typedef struct dt_coco_results {
    dt_coco_detection *items;
    size_t count, capacity;
} dt_coco_results;

/** Reads a results file: an array of {image_id, category_id, bbox, score}; other keys are skipped. A large
 * file is read in pieces by the threads of the pool (NULL: one thread); the outcome is the same. */
dt_status dt_coco_results_read(const char *path, dt_pool *pool, dt_coco_results *results, dt_error *err);
void dt_coco_results_free(dt_coco_results *results);

#endif
