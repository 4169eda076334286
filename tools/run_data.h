/** A data set as train and eval use it: read, checked, wrapped as a source of samples. */
#ifndef DT_TOOLS_RUN_DATA_H
#define DT_TOOLS_RUN_DATA_H

#include "datasets/classes/class_set.h"
#include "datasets/dataset.h"
#include "datasets/loader/loader.h"

typedef struct dt_run_data {
    dt_dataset set;
    dt_findings findings;
    int numbers_fixed; /* the files refer to classes by number, not by name (YOLO) */
    const char *file;  /* the path that was asked for; the caller's */
} dt_run_data;

/** Reads a data set of any format (datasets/detect_format.h) and says on stderr what was found wrong: the
 *  first few findings and their number. With strict, any error or warning among them is DT_ERR_FORMAT.
 *
 *  needed: the split that must be there (DT_ERR_NOT_FOUND names those that are); also: one that is taken,
 *  too, where there is one; NULL: none. Other splits are left out.
 *
 *  VOC boxes are read by the exact rule, or as they are where the files count from 0 (dt_voc_find_base),
 *  which is said. Difficult objects and crowds carry `ignore`: they are neither positive nor negative. */
dt_status dt_run_data_read(const char *path, const char *needed, const char *also, int strict, dt_pool *pool,
                           dt_run_data *data, dt_error *err);

/** Gives the classes of a set whose file does not fix their numbers (VOC, COCO) those of the given names, by
 *  name. Names that are not among them stand behind. YOLO's numbers stay as they are. */
dt_status dt_run_data_match_classes(dt_run_data *data, const char *const *names, size_t count, dt_error *err);
void dt_run_data_free(dt_run_data *data);

/** One split as a source. Records without a readable image are not part of it. */
typedef struct dt_split_source {
    const dt_dataset *set;
    size_t *records; /* of the data set, in order */
    int64_t count;
    /* 1: a picture that does not decode is taken as an empty one and marked in bad[], instead of failing. */
    int tolerant;
    uint8_t *bad; /* count entries */
    /* > 0: JPEG files are decoded at 1/2, 1/4 or 1/8 where the longer side stays at least this long. */
    int reduce_to;
} dt_split_source;

dt_status dt_split_source_make(const dt_run_data *data, const char *split, int tolerant,
                               dt_split_source *source, dt_error *err);
void dt_split_source_free(dt_split_source *source);
dt_source dt_split_source_as_source(dt_split_source *source);
const dt_record *dt_split_source_record(const dt_split_source *source, int64_t index);

/** Hash of `before` (of another split; 0: none), the class names, and the images' names, sizes, dt_file_mark
 *  and objects of a split: to see that a resumed run gets the same data. Folders are left out, so that a data
 *  set may move. */
uint64_t dt_split_source_hash(const dt_split_source *source, uint64_t before);

/** Warnings and errors on stderr: the first ones, and how many more there are. */
void dt_run_show_findings(const dt_findings *findings);

/** Opens a class set and shows its findings; strict: an error or warning among them is DT_ERR_FORMAT.
 *  asks_split: the user says how much to hold out, or by which seed, which is DT_ERR_ARG for a set that has
 *  splits. On failure *set is empty. */
dt_status dt_run_open_classes(const char *path, const dt_class_opts *opts, int strict, int asks_split,
                              dt_class_set *set, dt_error *err);

#endif
