/** `dettool infer` with a classifier: the best classes of each picture. */
#ifndef DT_TOOLS_INFER_CLASSES_H
#define DT_TOOLS_INFER_CLASSES_H

#include "tools/cli.h"

typedef struct dt_infer_classes_opts {
    const char *weights, *device;
    int top, threads, json;
} dt_infer_classes_opts;

/** Prints "a.jpg: 640x480, cat 0.97, dog 0.02, 12.3 ms" or one JSON document: [{"file", "width", "height",
 *  "classes":
 *  [{"class", "name", "prob"}]}], for a file that cannot be done {"file", "error"}. Returns the exit code. */
int dt_infer_classes(const dt_command *command, const dt_infer_classes_opts *opts,
                     const char *const *operands, int count);

#endif
