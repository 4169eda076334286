/** Inside of datasets/classes/. */
#ifndef DT_DATASETS_CLASSES_CLASS_PARTS_H
#define DT_DATASETS_CLASSES_CLASS_PARTS_H

#include <limits.h>

#include "datasets/classes/class_set.h"

enum { CLASS_TRAIN, CLASS_VAL, CLASS_TEST };

dt_status dt_class_add(dt_class_split *split, dt_class_record record, dt_error *err);

/** 1 if the folder has a file or folder of this name. */
int dt_class_has(const char *dir, const char *name);

/** 1 and the path of the first of the folders `dir` and dir/<names[i]> that has the file. */
int dt_class_find_folder(const char *dir, const char *const *names, size_t count, const char *file,
                         char found[PATH_MAX]);

/** A whole file of at most a gigabyte, unpacked if it is gzip's; it belongs to the set. */
dt_status dt_class_read(dt_class_set *set, const char *path, const uint8_t **data, size_t *size,
                        dt_error *err);

/** A name a line; blank lines are left out. A name that is there twice, or is not UTF-8, is an error. */
dt_status dt_class_read_names(dt_class_set *set, const char *path, dt_error *err);

/** 1 if pictures lie at least `least` and at most `most` folders below this one. */
int dt_class_holds_pictures(const char *dir, int least, int most);
enum { DT_CLASS_PROBE_DEPTH = 4 };

int dt_class_is_cifar10(const char *dir);
int dt_class_is_cifar100(const char *dir);
int dt_class_is_mnist(const char *dir);

dt_status dt_class_open_cifar10(const char *dir, dt_class_set *set, dt_findings *findings, dt_error *err);
dt_status dt_class_open_cifar100(const char *dir, int coarse, dt_class_set *set, dt_error *err);
dt_status dt_class_open_mnist(const char *dir, int fashion, dt_class_set *set, dt_error *err);
dt_status dt_class_open_folder(const char *dir, const dt_class_opts *opts, dt_class_set *set,
                               dt_findings *findings, dt_error *err);

/** Checks of one file, and its records; `file` belongs to the set. The fuzz target calls them, too. */
typedef struct dt_cifar_row {
    int labels, label; /* bytes before the pixels, and which of them counts */
} dt_cifar_row;
dt_status dt_class_cifar_rows(dt_class_set *set, dt_class_split *split, const char *file, dt_cifar_row row,
                              const uint8_t *data, size_t size, dt_error *err);
dt_status dt_class_idx_pair(dt_class_split *split, const char *image_file, const uint8_t *images,
                            size_t image_size, const char *label_file, const uint8_t *labels,
                            size_t label_size, dt_error *err);

#endif
