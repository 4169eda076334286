/** Option values to and from JSON: what `train` keeps in args.json and `--resume` takes up again. */
#ifndef DT_TOOLS_OPTIONS_JSON_H
#define DT_TOOLS_OPTIONS_JSON_H

#include "core/json.h"
#include "tools/cli.h"

/** One member an option: name -> value (numbers, texts, null, lists of texts), in the order of the table. */
void dt_options_write(const dt_opt *opts, dt_json *json);

/** Sets every option that was not typed from the object in `text` (args.json). Options that were typed but
 *  are not in `free_names` ("workers|threads") are DT_ERR_ARG naming the option: they cannot change in
 *  mid-run. A value of the wrong kind or outside the option's limits is DT_ERR_FORMAT; null stands for a text
 *  whose default is NULL. Members that the table does not know are passed over. Texts point into *keep (a
 *  cJSON document), which the caller frees with dt_options_free. */
dt_status dt_options_read(const dt_opt *opts, const char *text, const char *file, const char *free_names,
                          void **keep, dt_error *err);
void dt_options_free(void *keep);

#endif
