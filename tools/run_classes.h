/** Pictures by class as train and eval use them: the counterpart of tools/run_data.h.
 *
 * "cifar10:DIR"  CIFAR-10's binary version: data_batch_1.bin ... data_batch_5.bin are `train`, test_batch.bin is `val` and
 *                `test`; class names from batches.meta.txt, else CIFAR-10's own
 * "mnist:DIR"    {train,t10k}-{images-idx3,labels-idx1}-ubyte (MNIST, Fashion-MNIST): `train`, and `val` and `test`
 * a folder       of class folders: DIR/train/CLASS/..., DIR/val/CLASS/..., DIR/test/...; or DIR/CLASS/... without splits:
 *                then a part of each class is held out as `val`
 *
 * Classes of a folder are the names of its class folders in byte order. */
#ifndef DT_TOOLS_RUN_CLASSES_H
#define DT_TOOLS_RUN_CLASSES_H

#include "core/file.h"
#include "datasets/loader/loader.h"

typedef enum dt_classes_kind { DT_CLASSES_FOLDER, DT_CLASSES_CIFAR10, DT_CLASSES_MNIST } dt_classes_kind;

typedef struct dt_class_record {
    char *path;            /* of the picture; of CIFAR-10 and MNIST: "data_batch_1.bin:17" */
    const uint8_t *pixels; /* in the set's memory; NULL: in a file of its own */
    int32_t cls;
    int width, height, planes; /* of pixels */
} dt_class_record;

typedef struct dt_class_split {
    const char *name; /* "train", "val", "test" */
    dt_class_record *records;
    size_t capacity;
    int64_t count;
    /* 1: a picture that does not decode is taken as an empty one and marked in bad[], instead of failing. */
    int tolerant;
    uint8_t *bad; /* count entries */
} dt_class_split;

typedef struct dt_run_classes {
    dt_classes_kind kind;
    const char *path; /* as it was asked for; the caller's */
    dt_names names;   /* of the classes */
    dt_class_split splits[3];
    char *memory[8]; /* of the pixels */
    int memory_count;
    int without_splits; /* `val` was held out of a folder that has none */
} dt_run_classes;

/** 1 if the path is that of such a set: one of the prefixes, or a folder in which class folders lie (DIR/CLASS/picture or
 *  DIR/train/CLASS/picture) and nothing of a detection set. */
int dt_run_classes_probe(const char *path);

/** Reads names and labels. A folder without splits gives `val` the share val_fraction of each class, rounded down, drawn
 *  from the class's name alone: every training and evaluation holds out the same pictures. Free with dt_run_classes_free, also after a failure. */
dt_status dt_run_classes_read(const char *path, double val_fraction, dt_run_classes *data, dt_error *err);
void dt_run_classes_free(dt_run_classes *data);

/** NULL and DT_ERR_NOT_FOUND naming the splits that hold pictures. */
dt_class_split *dt_run_classes_split(dt_run_classes *data, const char *name, dt_error *err);
dt_source dt_class_split_as_source(dt_class_split *split);

/** Hash of `before` (of another split; 0: none), the class names, and the pictures' names, sizes and classes. Folders are
 *  left out, so that a data set may move. */
uint64_t dt_class_split_hash(const dt_run_classes *data, const dt_class_split *split, uint64_t before);

#endif
