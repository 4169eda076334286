/** What `dettool inspect` and `dettool check` have in common: options, reading, checking. */
#ifndef DT_TOOLS_INSPECT_SET_H
#define DT_TOOLS_INSPECT_SET_H

#include "tools/cli.h"
#include "tools/report_inspect.h"

typedef struct dt_inspect_opts {
    const char *format; /* "auto" or a name */
    int64_t imgsz, stride, jobs, shown;
    int decode, json, strict, quiet;
} dt_inspect_opts;

#define DT_INSPECT_DEFAULTS                                                                                  \
    {                                                                                                        \
        .format = "auto", .imgsz = 640, .stride = 8, .shown = 5, .decode = 1                                 \
    }

/** The options of both commands, for their tables. */
#define DT_INSPECT_OPTIONS(o)                                                                                \
    {"format",           NULL, DT_OPT_CHOICE, &(o).format, 0, 0, "auto|voc|yolo|coco|classes", "NAME",       \
     "format of the set"},                                                                                   \
        {"decode",    NULL, DT_OPT_FLAG,                                                                     \
         &(o).decode, 0,    0,                                                                               \
         NULL,        NULL, "decode all pictures: finds damage and near-duplicates; --no-decode is faster"}, \
        {"imgsz",                                                                                            \
         "img-size|img",                                                                                     \
         DT_OPT_INT,                                                                                         \
         &(o).imgsz,                                                                                         \
         32,                                                                                                 \
         16384,                                                                                              \
         NULL,                                                                                               \
         "N",                                                                                                \
         "training size, for box-small"},                                                                    \
        {"stride",    NULL, DT_OPT_INT,                                                                      \
         &(o).stride, 1,    256,                                                                             \
         NULL,        "N",  "cell of the finest grid, for box-small"},                                       \
        {"shown", NULL, DT_OPT_INT, &(o).shown, 0, 1e9, NULL, "N", "findings shown of each rule; 0: all"},   \
        {"json", NULL, DT_OPT_FLAG, &(o).json, 0, 0, NULL, NULL, "print one JSON document"},                 \
        {"quiet", "q", DT_OPT_FLAG, &(o).quiet, 0, 0, NULL, NULL, "no progress on stderr"},                  \
    {                                                                                                        \
        "jobs", "j", DT_OPT_INT, &(o).jobs, 0, 256, NULL, "N", "threads; 0: one a processor"                 \
    }

/** Reads and checks the set at `path`. *inspection is freed with dt_inspection_free, also after a failure. */
dt_status dt_inspect_set(const char *path, const dt_inspect_opts *opts, dt_pool *pool,
                         dt_inspection *inspection, dt_error *err);
void dt_inspection_free(dt_inspection *inspection);

/** Prints the text or the JSON on stdout. */
dt_status dt_inspect_print(const dt_inspection *inspection, const dt_inspect_opts *opts, int problems_only,
                           dt_error *err);

#endif
