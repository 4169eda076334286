/** Pictures by class, without boxes: CIFAR, MNIST and the like, class folders.
 *
 *  cifar10:DIR        CIFAR-10's binary version: data_batch_1.bin ... _5.bin are `train`, test_batch.bin is `val` and `test`
 *  cifar100:DIR       CIFAR-100's: train.bin, test.bin, by fine label; cifar100-coarse:DIR by the 20 superclasses
 *  mnist:DIR          {train,t10k}-{images-idx3,labels-idx1}-ubyte, gzip (.gz) or not: `train`, and `val` and `test`; classes
 *                     are 0 to 9, or as far as the labels go; fashion-mnist:DIR has the names of Fashion-MNIST
 *  a folder           of class folders: DIR/train/CLASS/..., DIR/val/CLASS/..., DIR/test/CLASS/... (valid and validation go as
 *                     val); or DIR/CLASS/... without splits: then a part of each class is held out as `val`. Folders beside two or
 *                     more splits are left out
 *
 *  DIR may be the folder of the files or one in which they were unpacked (cifar-10-batches-bin, MNIST/raw). Without a prefix,
 *  files of these names are recognised, too.
 *
 *  Class folders are taken as torchvision's ImageFolder takes them: classes are the names of the folders in byte order, their
 *  pictures are all in them, folder by folder, by name. Here names that begin with a dot are left out. */
#ifndef DT_DATASETS_CLASSES_CLASS_SET_H
#define DT_DATASETS_CLASSES_CLASS_SET_H

#include "core/arena.h"
#include "core/file.h"
#include "datasets/findings.h"
#include "datasets/loader/loader.h"

typedef enum dt_class_format {
    DT_CLASSES_FOLDER,
    DT_CLASSES_CIFAR10,
    DT_CLASSES_CIFAR100,
    DT_CLASSES_MNIST,
} dt_class_format;

typedef struct dt_class_record {
    const char *file;      /* the picture, or the file that it lies in; belongs to the set */
    const uint8_t *pixels; /* in the set's memory, plane after plane; NULL: `file` is to be decoded */
    int64_t row;           /* which picture of `file`, from 0; -1: it is the only one */
    int32_t cls;
    int32_t width, height, planes; /* of pixels */
} dt_class_record;

typedef struct dt_class_split {
    const char *name; /* "train", "val", "test" */
    /* > 0: its source decodes JPEG files at 1/2, 1/4 or 1/8 where the shorter side stays at least this long. */
    int reduce_to;
    dt_class_record *records;
    size_t capacity;
    int64_t count;
} dt_class_split;

enum { DT_CLASS_SPLITS = 3 };

/** Zero-initialised means empty. */
typedef struct dt_class_set {
    dt_class_format format;
    dt_names names; /* of the classes */
    dt_class_split splits[DT_CLASS_SPLITS];
    int has_splits;    /* the files or folders say what is train and what is not */
    int held_out;      /* they do not, and `val` was held out */
    int one_test_part; /* the part beside `train` goes by the names val and test */
    dt_arena texts;    /* of the records */
    char **memory;     /* of the pixels */
    size_t memory_count, memory_capacity;
} dt_class_set;

typedef struct dt_class_opts {
    double val_share; /* 0..1: held out of each class of a folder without splits, rounded down */
    uint64_t seed;    /* which pictures those are: depends on it and the class's name alone */
} dt_class_opts;

/** 1 if the path has one of the prefixes, or is a folder with such files or class folders and no detection
 * set. */
int dt_class_set_is(const char *path);

/** Length of the prefix ("cifar10:"); 0: none. */
size_t dt_class_set_prefix(const char *path);

/** 1 if class folders with pictures lie in the folder, whatever else does. */
int dt_class_is_folder(const char *dir);

/** Reads names, labels, and the pixels of CIFAR and MNIST. Findings (may be NULL) of class folders:
 *  image-unsupported (a file in them that is no JPEG or PNG picture), label-missing (a picture in no class
 *  folder), class-unused (a class folder without pictures), folder-skipped (a link to a folder that was read
 *  already, one that nests too deeply, one beside the splits); of CIFAR-10: image-missing (a batch that is
 *  not there although a later one is). Errors name the file, what is wrong (size, magic number, label, count,
 *  two classes of one name) and what it should be; on failure *set is empty. */
dt_status dt_class_set_open(const char *path, const dt_class_opts *opts, dt_class_set *set,
                            dt_findings *findings, dt_error *err);
void dt_class_set_free(dt_class_set *set);

/** NULL and DT_ERR_NOT_FOUND naming the splits that hold pictures. */
const dt_class_split *dt_class_set_split(const dt_class_set *set, const char *path, const char *name,
                                         dt_error *err);

/** Pictures as RGB, with their class. */
dt_source dt_class_split_source(const dt_class_split *split);

/** "DIR/cat/1.jpg", "DIR/data_batch_1.bin:17"; cut to DT_CLASS_NAME. Returns `out`. */
enum { DT_CLASS_NAME = 4200 };
const char *dt_class_record_name(const dt_class_record *record, char out[DT_CLASS_NAME]);

/** Hash of `before` (of another split; 0: none), the class names, and the pictures' names, classes and pixels
 *  in memory or dt_file_mark. Folders are left out, so that a data set may move. */
uint64_t dt_class_split_hash(const dt_class_set *set, const dt_class_split *split, uint64_t before);

#endif
