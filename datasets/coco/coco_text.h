/** Pieces of COCO files read again, and records written anew with some of their members changed. */
#ifndef DT_DATASETS_COCO_TEXT_H
#define DT_DATASETS_COCO_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "core/json.h"
#include "core/status.h"

/** One open file and one piece of it. Begin with fd = -1. */
typedef struct dt_coco_texts {
    int fd;
    const char *path; /* of the open file: must outlive it */
    char *piece;
    size_t capacity;
} dt_coco_texts;

/** The `bytes` at `offset` of the file, NUL-terminated; valid until the next call. DT_ERR_IO if the file has
 *  become shorter, DT_ERR_UNSUPPORTED over 1 GiB. */
dt_status dt_coco_text(dt_coco_texts *texts, const char *path, uint64_t offset, size_t bytes,
                       const char **text, dt_error *err);
void dt_coco_texts_close(dt_coco_texts *texts);

/** A member to be written with this value (JSON text; NULL: left out). */
typedef struct dt_json_change {
    const char *key;
    const char *value;
} dt_json_change;

enum { DT_JSON_CHANGES = 16 }; /* at most */

/** Writes the members of an object (JSON text) to an object that is open: those in `changes` with their new
 *  values, in their places, the others as they stand, byte for byte; changes to keys that are not there come
 *  last. `name` is for messages. */
dt_status dt_json_patch(dt_json *j, const char *name, const char *text, size_t len,
                        const dt_json_change *changes, size_t count, dt_error *err);

#endif
