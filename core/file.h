/** Files and paths. Paths are byte strings as the system gives them (UTF-8 by convention, never re-encoded). */
#ifndef DT_CORE_FILE_H
#define DT_CORE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/** Reads a whole regular file of at most max_bytes (more is an error). *data is NUL-terminated beyond *size
 *  and is freed with dt_free. */
dt_status dt_file_read(const char *path, size_t max_bytes, char **data, size_t *size, dt_error *err);

/** Writes a file so that its path holds either the old or the whole new content, whatever happens: temporary
 *  file in the same folder, fsync, rename, fsync of the folder. On failure the old content stays and the
 *  temporary is removed. */
dt_status dt_file_write_atomic(const char *path, const void *data, size_t size, dt_error *err);

/** The same in pieces: open, write through `write`, then commit (or abort, which leaves the old file). */
typedef struct dt_atomic_file {
    char *path, *tmp_path;
    int fd;
    int durable; /* fsync before the rename */
} dt_atomic_file;
dt_status dt_atomic_open(dt_atomic_file *file, const char *path, int durable, dt_error *err);
dt_status dt_atomic_write(dt_atomic_file *file, const void *data, size_t size, dt_error *err);
dt_status dt_atomic_commit(dt_atomic_file *file, dt_error *err);
void dt_atomic_abort(dt_atomic_file *file);

/** mkdir -p. */
dt_status dt_mkdirs(const char *path, dt_error *err);

int dt_is_file(const char *path);

/** A number for what a file holds, from its size and its last 4 KiB: cheap, and another one for nearly every
 *  other picture, but no proof. 0: it cannot be read. */
uint64_t dt_file_mark(const char *path);

int dt_is_dir(const char *path);

/** Path pieces. The pointers point into `path`; the others are new strings (dt_free), NULL when out of
 * memory. */
const char *dt_path_base(const char *path);      /* "a/b.jpg" -> "b.jpg" */
const char *dt_path_extension(const char *path); /* "a/b.tar.gz" -> ".gz"; "" if none; ".hidden" has none */
char *dt_path_stem(const char *path);            /* "a/b.jpg" -> "b" */
char *dt_path_dir(const char *path);             /* "a/b.jpg" -> "a"; "b.jpg" -> "."; "/b" -> "/" */
char *dt_path_join(const char *dir, const char *name); /* an absolute name stays as it is */

/** Names in a folder ("." and ".." left out) in byte order. Free with dt_names_free. */
typedef struct dt_names {
    char **items;
    size_t count, capacity;
} dt_names;
dt_status dt_dir_list(const char *path, dt_names *names, dt_error *err);
dt_status dt_names_add(dt_names *names, const char *name, dt_error *err);
void dt_names_free(dt_names *names);

/** Seconds of a monotonic clock. Never part of a result. */
double dt_seconds(void);

#endif
