/** What a training learns. The loop (train_loop.c), its state and its logs know nothing of boxes or classes:
 *  they ask a task, which is a table of functions and of the numbers that it logs. */
#ifndef DT_TOOLS_TRAIN_TASK_H
#define DT_TOOLS_TRAIN_TASK_H

#include "core/module.h"
#include "core/state_dict.h"
#include "datasets/image/image.h"
#include "datasets/loader/loader.h"
#include "models/registry.h"

struct dt_train_run;

enum { DT_TRAIN_LOSSES = 4, DT_TRAIN_SCORES = 8, DT_TRAIN_COLUMNS = DT_TRAIN_LOSSES + DT_TRAIN_SCORES };

/** A number of the log. */
typedef struct dt_train_column {
    const char *csv;   /* column of results.csv, tag in TensorBoard */
    const char *name;  /* in the line of an epoch, with so many decimals */
    const char *curve; /* in results.png */
    int decimals;
    const char *result; /* what the end of a run tells of its best epoch by this name; NULL: nothing */
} dt_train_column;

/** Half of results.png: these columns as curves. */
typedef struct dt_train_chart {
    const char *title;
    int columns[DT_TRAIN_COLUMNS], count;
} dt_train_chart;

typedef struct dt_train_task {
    dt_task model_task;
    const char *learns;        /* "detector", for messages */
    const char *default_model; /* for data of this kind */
    const char *options;       /* "a|b": options of train that only this task has */
    /* The columns: first `losses` of them, means over the pictures of an epoch, then `scores` of a
     * validation. */
    int losses, scores;
    const dt_train_column *columns;
    dt_train_chart charts[2];

    /** Reads and checks the data. Sets run->images, has_val and data_hash; what it needs later goes to
     * run->self. */
    dt_status (*read_data)(struct dt_train_run *run);
    /** Sets run->net, a network with fresh weights (--weights comes later). */
    dt_status (*make_model)(struct dt_train_run *run);
    /** Takes over what fits from run->opts.weights. */
    dt_status (*start_from)(struct dt_train_run *run, dt_load_report *report);
    /** A weight for each record of the training split that makes all classes equally likely to be drawn. */
    dt_status (*balance)(struct dt_train_run *run, double *weights);
    /** The source of the training and what its loader does; seed, batch, workers, cache and policy are set
     * already. */
    dt_status (*loader)(struct dt_train_run *run, dt_source *source, dt_loader_opts *opts);
    /** Loss of a batch, to call dt_backward on, in the open scope; parts: the numbers for the log, and
     *  *total, which must be finite to go on. */
    dt_tensor *(*loss)(struct dt_train_run *run, dt_tensor *images, const dt_batch *batch, double *parts,
                       double *total);
    /** Scores of the network as it stands on the validation split. */
    dt_status (*validate)(struct dt_train_run *run, double *scores);
    /** What decides which epoch is best: larger is better, never below 0. */
    double (*fitness)(const double *scores);
    /** Writes a file for eval and infer. */
    dt_status (*save)(struct dt_train_run *run, const char *path);
    /** Path of a record of the training split, for messages; valid until the next call. */
    const char *(*record_name)(const struct dt_train_run *run, int64_t index);
    /** Path of the file with its labels, NULL if there is none, and the name of a class: for dettool replay. */
    const char *(*label_file)(const struct dt_train_run *run, int64_t index);
    const char *(*class_name)(const struct dt_train_run *run, int32_t cls);
    /** Draws the labels of one picture of a batch on a copy that is `scale` times as large as the network's
     * input. */
    dt_status (*draw_labels)(const struct dt_train_run *run, const dt_batch *batch, int picture, double scale,
                             dt_image *image, dt_error *err);
    /** After the last epoch, with best.safetensors in place: further files. NULL: none. */
    dt_status (*finish)(struct dt_train_run *run);
    /** Frees run->self; also after a failure of read_data. */
    void (*close)(struct dt_train_run *run);
} dt_train_task;

extern const dt_train_task dt_train_detect, dt_train_classify;

#endif
