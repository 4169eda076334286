/** Inside of yolo_*.c: where a set's settings come from, and where its relative paths start. */
#ifndef DT_DATASETS_YOLO_CONFIG_H
#define DT_DATASETS_YOLO_CONFIG_H

#include "datasets/yolo/yolo.h"

enum { DT_YOLO_MAX_CLASSES = 100000 };

/** Darknet's obj.data: `key = value` lines. Fills an empty config; the caller frees it, also after a failure. */
dt_status dt_yolo_read_darknet_config(const char *path, dt_yolo_config *config, dt_error *err);

/** A folder without any such file: images/ and labels/, or pictures and labels side by side, with
 * classes.txt. */
dt_status dt_yolo_read_folder_config(const char *path, dt_yolo_config *config, dt_error *err);

/** One class name a line: .names, classes.txt. Blanks around a name and empty lines at the end go; an empty
 *  line in between is an error, since it would move the numbers behind it. */
dt_status dt_yolo_read_names(const char *path, dt_names *names, dt_error *err);

/** The classes.txt that labelImg leaves beside the labels of this set: new string, NULL where there is none. */
dt_status dt_yolo_find_classes(const char *root, char **path, dt_error *err);

/** New string: the first of bases/name that exists; else bases[0]/name without a leading "data/", which CVAT
 *  writes in front of paths in its exports, if that exists; else bases[0]/name. *which is the index of the
 *  base, bases->count where "data/" was left out, and (size_t)-1 where nothing exists. NULL: no memory. */
char *dt_yolo_locate(const dt_names *bases, const char *name, size_t *which);

/** "A, B or C": the places that were looked in. New string, or NULL. */
char *dt_yolo_places(const dt_names *bases);

/** A note on where a relative path was found, unless that is a place where it belongs: the first base, or any
 *  of the two of a list of data.yaml's. */
dt_status dt_yolo_note_base(dt_findings *notes, const dt_yolo_config *config, const dt_names *bases,
                            size_t which, const char *file, const char *what, dt_error *err);

/** Adds the paths of the images of a split. An entry that is not there is an error, unless `tolerant`; what
 *  is wrong below that level becomes findings (may be NULL). */
dt_status dt_yolo_list_images(const dt_yolo_config *config, int split, int tolerant, dt_findings *findings,
                              dt_names *images, dt_error *err);

#endif
