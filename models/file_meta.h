/** Metadata of weight files: texts in safetensors, numbers and lists as JSON. For models/ only. */
#ifndef DT_MODELS_FILE_META_H
#define DT_MODELS_FILE_META_H

#include <cjson/cJSON.h>

#include "core/ctx.h"
#include "core/module.h"
#include "core/safetensors.h"

/* --- writing --- */
dt_status dt_meta_add(dt_ctx *ctx, dt_st_writer *w, const char *key, const char *text);
dt_status dt_meta_add_int(dt_ctx *ctx, dt_st_writer *w, const char *key, int value);
dt_status dt_meta_add_num(dt_ctx *ctx, dt_st_writer *w, const char *key, double value);
dt_status dt_meta_add_numbers(dt_ctx *ctx, dt_st_writer *w, const char *key, const double *values, int n);
dt_status dt_meta_add_texts(dt_ctx *ctx, dt_st_writer *w, const char *key, const char *const *texts, int n);

/* --- reading: the first thing that does not fit is named in err (DT_ERR_FORMAT), and what comes after it is
 * empty or 0 */
typedef struct dt_meta_reader {
    const dt_st_file *file;
    const char *path; /* for messages */
    dt_error err;
} dt_meta_reader;
const char *dt_meta_text(dt_meta_reader *r, const char *key); /* never NULL */
double dt_meta_num(dt_meta_reader *r, const char *key);
int dt_meta_int(dt_meta_reader *r, const char *key); /* within +-2^30 */
void dt_meta_numbers(dt_meta_reader *r, const char *key, double *values, int n);
/** A list of at least one text. The texts stay within *json, which the caller deletes; the array itself is
 * dt_free'd. */
const char **dt_meta_texts(dt_meta_reader *r, const char *key, cJSON **json, int *count);

/** dt_st_read with its message in the context. */
dt_status dt_meta_read(dt_ctx *ctx, const char *path, dt_st_file *file);

/** DT_ERR_FORMAT: what the file's metadata "format" says it is, which is no `wanted` ("detector"). */
dt_status dt_meta_fail_format(dt_ctx *ctx, const dt_st_file *file, const char *path, const char *wanted);

/* --- weights --- */

/** Loads all entries of net. Only entries of a training ("optim.", "ema.", "train.") may be in the file
 *  beside them; the first that is missing or too many is named. */
dt_status dt_meta_load_net(dt_ctx *ctx, dt_module *net, const dt_st_file *file, const char *path,
                           const char *model);

#endif
