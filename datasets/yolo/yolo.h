/** YOLO data sets: settings, images, label files.
 *
 * data.yaml   `path` (the set's folder, relative to the yaml file; where it is not there, to the working directory, or in
 *             datasets/ or ../datasets/ of both; default: the yaml's own folder); `train`, `val`,
 *             `test`: a folder of images (searched with its sub-folders), a text file that lists images, or a list of
 *             either; `names`: list or map from numbers (absent: classes.txt as labelImg writes it); `nc`, if given,
 *             must agree; `class_base: 1` says that number 0 is the background (written by `convert --class-base 1`).
 *             Other keys are not looked at.
 * obj.data    Darknet's, found by its ending: lines `key = value` with `classes`, `train`, `valid`, `test`, `names` (a
 *             file with a name a line), `class_base` as above; `#` and `;` begin comments. Darknet resolves relative
 *             paths against the folder that it runs in. That is not known here: the folder of obj.data is tried first,
 *             then those above it, then the working directory, then the first without a leading "data/" (exports of
 *             CVAT; lists of a data.yaml, too). A finding says which it was, if not the first.
 * a folder    one of the two in it; without any: images/ or images/<split>/ beside labels/, or pictures and labels side
 *             by side, with classes.txt.
 * list files  one image a line; "./x" is relative to the list's folder, other relative paths to the set's folder (or
 *             as above) or else to the list's.
 * label path  the last "/images/" of the image's path becomes "/labels/", or else the last "/JPEGImages/" (Darknet of
 *             AlexeyAB), and the extension ".txt"; if nothing is there, the .txt beside the image (Darknet v5). No label
 *             file at all: a background image.
 * label rows  `class cx cy w h` in fractions of the upright picture. A row of 7 or more columns with point pairs is a
 *             polygon: its surrounding box is taken, row by row.
 * ignored     objects that are neither positive nor negative (VOC difficult): the same rows in a file found by
 *             "/images/" -> "/ignore/"; for pictures in no such folder in ignore/ beside them. Other YOLO tools never
 *             look there. */
#ifndef DT_DATASETS_YOLO_H
#define DT_DATASETS_YOLO_H

#include "core/file.h"
#include "core/pool.h"
#include "core/str.h"
#include "datasets/dataset.h"

enum { DT_YOLO_TRAIN, DT_YOLO_VAL, DT_YOLO_TEST, DT_YOLO_SPLITS };
extern const char *const dt_yolo_split_names[DT_YOLO_SPLITS]; /* "train", "val", "test" */

/** What data.yaml or obj.data says. Zero-initialised means empty. */
typedef struct dt_yolo_config {
    char *file, *root;
    int darknet; /* it is an obj.data */
    dt_names
        bases; /* folders that relative paths may start from, the first that fits counts; bases[0] is root */
    dt_names names; /* of the classes; with class_base 1 without the background */
    int class_base;
    dt_names entries[DT_YOLO_SPLITS]; /* as written */
    dt_names other_keys;              /* for did-you-mean */
    dt_str other_lines;               /* data.yaml: their lines, as they stand */
    dt_findings notes;                /* where paths and names were found */
} dt_yolo_config;

/** What dt_yolo_config_read takes for the set at `path` (new string): a file *.yaml, *.yml or *.data itself;
 *  of a folder its data.yaml, or the only yaml file with a key such as train, else its obj.data or only such
 *  *.data, else the folder where it is a set without such a file. *source is NULL if it is no YOLO set. */
dt_status dt_yolo_find(const char *path, char **source, dt_error *err);

dt_status dt_yolo_config_read(const char *path, dt_yolo_config *config, dt_error *err);
void dt_yolo_config_free(dt_yolo_config *config);

typedef struct dt_yolo_read_opts {
    unsigned splits; /* bit 1 << DT_YOLO_x for each wanted split; 0: all that the yaml has */
    dt_pool *pool;   /* label files are read in parallel; NULL: serially */
    int no_orphans;  /* 1: do not look for label files without image (saves listing the label folders) */
    int as_is;       /* 1: boxes outside, inverted or without area and repeated rows stay, without findings */
    int numbers_from_1; /* 1: the first name has number 1 in the label files, whatever the settings say */
} dt_yolo_read_opts;

/** Reads classes, splits and labels; opens no image. The set's frame is DT_FRAME_FRACTIONS: use
 * dt_dataset_labels with the size of the decoded picture. A wanted split that the yaml lacks, a missing
 * folder, a malformed yaml are errors; everything below that level becomes findings (may be NULL) and the
 * rest is read. */
dt_status dt_yolo_read(const char *path, const dt_yolo_read_opts *opts, dt_dataset *set,
                       dt_findings *findings, dt_error *err);

/** Adds the rows of one label file to the last record of `set`. `file` is used in findings. */
typedef struct dt_yolo_rows {
    const char *file;
    size_t class_count;
    int class_base, ignore;
    int as_is; /* see dt_yolo_read_opts */
} dt_yolo_rows;
dt_status dt_yolo_parse(const char *text, size_t size, const dt_yolo_rows *rows, dt_dataset *set,
                        dt_findings *findings, dt_error *err);

/** New string: where the label (folder "labels") or the ignored objects (folder "ignore") of an image are
 * looked for; NULL when out of memory. */
char *dt_yolo_label_path(const char *image, const char *folder);

/** Appends the row "number cx cy w h\n" for a box in pixels of a width x height picture; the arithmetic is
 * that of the usual conversion scripts: ((x1 + x2) / 2) / width, (x2 - x1) / width. Each value is the
 * shortest text that reads back as the same double, filled up with zeros to `min_decimals` decimals (0: as
 * Python prints it). */
void dt_yolo_write_row(dt_str *out, int64_t number, dt_box box, double width, double height,
                       int min_decimals);

/** Appends the row "number x y x y ...\n" for a polygon in fractions of the picture's sides. */
void dt_yolo_write_polygon(dt_str *out, int64_t number, const double *points, size_t count);

/** data.yaml of a set laid out as images/<split>, labels/<split> beside it: path, splits, names (with
 * class_base 1 the background as number 0). New text in *out. */
dt_status dt_yolo_write_config(const dt_dataset *set, int class_base, dt_str *out, dt_error *err);

#endif
