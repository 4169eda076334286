/** dettool bench loader: pictures a second of decoding and of the loader, beside libjpeg-turbo alone. */
#ifndef DT_TOOLS_BENCH_LOADER_H
#define DT_TOOLS_BENCH_LOADER_H

#include "datasets/loader/loader.h"

typedef struct dt_bench_files {
    char **data; /* the files in memory */
    const char **names;
    size_t *size;
    int64_t count;
} dt_bench_files;

/** Decodes all files with libjpeg-turbo and nothing else, with the settings of datasets/image/image_jpeg.c,
 *  over and over for `seconds` on `threads` threads; *rate: pictures a second. DT_ERR_FORMAT if one does not
 *  decode. */
dt_status dt_bench_jpeg(const dt_bench_files *files, int threads, double seconds, double *rate,
                        dt_error *err);

/** A job done over and over on several threads: fn(arg, thread, i), i = 0, 1, ... over all threads together. */
typedef dt_status (*dt_bench_job)(void *arg, int thread, int64_t i, dt_error *err);
dt_status dt_bench_rate(dt_bench_job job, void *arg, int threads, double seconds, double *rate,
                        dt_error *err);

/** The subcommand. argv[0] = "loader". */
int dt_bench_loader(int argc, char **argv);

#endif
