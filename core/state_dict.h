/** State dicts: a module's parameters and persistent buffers by full name, to and from safetensors. */
#ifndef DT_CORE_STATE_DICT_H
#define DT_CORE_STATE_DICT_H

#include "core/module.h"
#include "core/safetensors.h"

/** Adds all entries of m, each name behind `prefix` ("" or "ema."), as host copies. */
dt_status dt_state_dict_save(dt_ctx *ctx, dt_module *m, const char *prefix, dt_st_writer *w);

/** What a load found, as lists of names (one text a line in the messages). Filled in on failure, too. */
typedef struct dt_load_report {
    int64_t loaded;
    char **missing, **unexpected, **mismatched; /* mismatched: "name: file (5, 512), model (1000, 512)" */
    size_t missing_count, unexpected_count, mismatched_count;
    size_t missing_capacity, unexpected_capacity, mismatched_capacity;
} dt_load_report;
void dt_load_report_free(dt_load_report *r);

typedef struct dt_load_opts {
    const char *prefix; /* only entries behind this prefix; it is cut off; NULL: all entries as they are */
    const char *drop;   /* glob, on names without the prefix, e.g. "fc.*": passed over in the file and in the
                         * model, and   neither unexpected nor missing; NULL: none */
    int strict; /* any missing, unexpected or mismatched entry is an error that names the first of each */
    int skip_mismatched; /* not strict: leave entries of another shape as they are; else they are an error */
} dt_load_opts;

/** Loads by name; floating types are converted by value (dt_st_convert). Counters such as num_batches_tracked
 * may be missing, as in files from before they existed. All or nothing: with an error the module keeps its
 * values. opts NULL: strict; report may be NULL. */
dt_status dt_state_dict_load(dt_ctx *ctx, dt_module *m, const dt_st_file *file, const dt_load_opts *opts,
                             dt_load_report *report);

#endif
