/** Files of an output: written new, never over another, each with the hash that the certificate lists. */
#ifndef DT_DATASETS_OUTPUT_H
#define DT_DATASETS_OUTPUT_H

#include <stddef.h>

#include "core/arena.h"
#include "core/file.h"
#include "core/sha256.h"
#include "core/status.h"
#include "core/str.h"

/** One file of an output. */
typedef struct dt_output_file {
    const char *path; /* relative to the target */
    const char *link; /* target of a symbolic link, or NULL */
    char sha256[65];  /* of a regular file */
} dt_output_file;

typedef struct dt_output_list {
    dt_output_file *items;
    size_t count, capacity;
    dt_names folders; /* made by dt_output_folder; files may lie in none of them */
    dt_arena texts;
} dt_output_list;

/** Adds a file that was written; texts are copied. */
dt_status dt_output_add(dt_output_list *list, const char *path, const char *link, const char *sha256,
                        dt_error *err);
void dt_output_free(dt_output_list *list);

/** Moves the entries of `from` behind those of `list`. */
dt_status dt_output_append(dt_output_list *list, dt_output_list *from, dt_error *err);

/** Writes data to a new file root/path and adds it to the list. */
dt_status dt_output_write(dt_output_list *list, const char *root, const char *path, const void *data,
                          size_t size, dt_error *err);

/** The same in pieces: open, write, and close, which adds the file to the list. After a failed call the
 *  stream is closed; dt_stream_close of a closed stream does nothing. */
typedef struct dt_output_stream {
    char *full, *path;
    int fd; /* -1: closed */
    dt_sha256 hash;
} dt_output_stream;
dt_status dt_stream_open(dt_output_stream *s, const char *root, const char *path, dt_error *err);
dt_status dt_stream_write(dt_output_stream *s, const void *data, size_t size, dt_error *err);
dt_status dt_stream_close(dt_output_stream *s, dt_output_list *list, dt_error *err);
void dt_stream_abort(dt_output_stream *s);

/** Writes the text and empties it, if it is `limit` bytes long at least: for text that is made little by
 *  little. DT_ERR_MEMORY if it has failed. */
enum { DT_STREAM_PIECE = 1 << 20 };
dt_status dt_stream_flush(dt_output_stream *s, dt_str *text, size_t limit, dt_error *err);

/** Puts a picture at root/path: a copy, or a symbolic link to its absolute path (`here`: the current folder). */
dt_status dt_output_copy(dt_output_list *list, const char *root, const char *path, const char *image,
                         dt_error *err);
dt_status dt_output_link(dt_output_list *list, const char *root, const char *path, const char *image,
                         const char *here, dt_error *err);

/** mkdir -p root/path, noted in the list. */
dt_status dt_output_folder(dt_output_list *list, const char *root, const char *path, dt_error *err);

#endif
