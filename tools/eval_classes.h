/** `dettool eval` with a classifier. */
#ifndef DT_TOOLS_EVAL_CLASSES_H
#define DT_TOOLS_EVAL_CLASSES_H

#include "tools/cli.h"

typedef struct dt_eval_classes_opts {
    const char *weights, *data, *split, *device;
    const char *picture; /* file for the confusion matrix; NULL: none */
    double val_share;    /* of a folder without splits: held out as `val`, */
    int64_t split_seed;  /* chosen by this; -1: as the weights say, else as train does by default */
    int batch, workers, threads, strict, json, per_class;
} dt_eval_classes_opts;

/** Runs the classifier over the split and reports. Returns the exit code. */
int dt_eval_classes(const dt_command *command, const dt_eval_classes_opts *opts);

#endif
