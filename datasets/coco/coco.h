/** MS COCO instances as a data set.
 *
 * Layouts read: an instances JSON; a folder with annotations/instances_*.json (or instances_*.json beside
 * each other); a folder with train/, valid/, val/, test/ that hold _annotations.coco.json.
 *
 * Split of a file: instances_train2017.json is `train`, _annotations.coco.json is named after its folder
 * (valid: `val`), any other file is `train`.
 *
 * Pictures are looked for in `image_dir` (itself, or its folder of the split) or else around the JSON file:
 * beside it, in images/, images/<split>/, <split>/, and in the same places one folder up; <split> also as the
 * file name has it (train2017). The place where most of a sample of the pictures lie is taken for the whole
 * file. */
#ifndef DT_DATASETS_COCO_H
#define DT_DATASETS_COCO_H

#include "core/file.h"
#include "core/str.h"
#include "datasets/dataset.h"

typedef struct dt_coco_read_opts {
    const char *image_dir; /* NULL: looked for */
    int no_images;         /* 1: the pictures are not needed; records have none where they are not found */
} dt_coco_read_opts;

/** Reads all files; opens no image. Boxes are xyxy in pixels, 0-based and continuous as COCO's own. Classes
 *  are the categories by ascending id, matched by name over several files. A record is an image, in the
 *  file's order, those without annotations included; its label is the JSON file. `area` is kept where it is
 *  not width times height.
 *
 *  Errors: a malformed file, an id used twice in a list, pictures that are needed and cannot be found.
 *  Annotations of images or categories that the file does not have, boxes that are not finite, names that
 *  lead out of the folder become findings. */
dt_status dt_coco_read(const char *path, const dt_coco_read_opts *opts, dt_dataset *set,
                       dt_findings *findings, dt_error *err);

/** Appends the segmentation of an object of this record, as its file has it: JSON text of polygons or RLE. */
dt_status dt_coco_segmentation_read(const dt_record *record, const dt_object *object, dt_str *out,
                                    dt_error *err);

/** One file of a COCO set. */
typedef struct dt_coco_source {
    char *path, *folder;
    char *split; /* "train" */
    char *raw;   /* "train2017" */
} dt_coco_source;

typedef struct dt_coco_sources {
    dt_coco_source *items;
    size_t count, capacity;
} dt_coco_sources;

dt_status dt_coco_find_sources(const char *path, dt_coco_sources *sources, dt_error *err);
void dt_coco_sources_free(dt_coco_sources *sources);

/** The folder in which most of the pictures lie, of the `count` given names a sample is looked at. New string
 *  in *base; NULL if none of them was found. */
dt_status dt_coco_find_images(const dt_coco_source *source, const char *image_dir, const char *const *names,
                              size_t count, char **base, dt_error *err);

#endif
