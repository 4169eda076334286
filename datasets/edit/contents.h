/** Which files of several sets hold the same bytes. */
#ifndef DT_DATASETS_EDIT_CONTENTS_H
#define DT_DATASETS_EDIT_CONTENTS_H

#include <stdint.h>

#include "core/pool.h"
#include "core/status.h"

/** Numbers what `count` files hold: content[i] is the same for two files of the same bytes, links included.
 *  -1: there is no such file (paths[i] may be NULL), or none of another source (sources[i]) has its size.
 *  Files are compared by SHA-256; only those that share their size with a file of another source are read. */
dt_status dt_contents_number(const char *const *paths, const int32_t *sources, size_t count, dt_pool *pool,
                             int64_t *content, dt_error *err);

#endif
