/** safetensors files: 8 bytes length, JSON header (name -> dtype, shape, data_offsets; "__metadata__":
 * texts), raw little-endian data. Every number of the header is checked against the file before it is used;
 * as in the original library the data must be covered by the entries without gaps or overlaps. */
#ifndef DT_CORE_SAFETENSORS_H
#define DT_CORE_SAFETENSORS_H

#include "core/types.h"

typedef struct dt_st_entry {
    char *name;
    dt_dtype dtype;
    dt_shape shape;
    const void
        *data; /* in the file's memory or, where that is not aligned to the element size, an own copy */
    size_t bytes;
    void *copy; /* that copy, or NULL */
} dt_st_entry;

typedef struct dt_st_meta {
    char *key, *value;
} dt_st_meta;

/** A file in memory; entries in the order of their data. */
typedef struct dt_st_file {
    char *name; /* path, for messages */
    dt_st_entry *entries;
    size_t count, capacity;
    dt_st_entry **by_name; /* the same, sorted by name */
    dt_st_meta *meta;
    size_t meta_count, meta_capacity;
    void *memory;
    size_t memory_size;
    int has_checksum; /* it has one, and is whole */
} dt_st_file;

/** Messages name the file, and the tensor where there is one. A file that is not that of its checksum, where it has one, is
 * DT_ERR_FORMAT. After a failure *file is empty. */
dt_status dt_st_read(const char *path, dt_st_file *file, dt_error *err);
/** The same from memory (of dt_malloc), which is taken over in any case; `name` is for messages. */
dt_status dt_st_parse(void *memory, size_t size, const char *name, dt_st_file *file, dt_error *err);
void dt_st_free(dt_st_file *file);

/** NULL if there is none. */
const dt_st_entry *dt_st_find(const dt_st_file *file, const char *name);
const char *dt_st_get_meta(const dt_st_file *file, const char *key);

/** Converts an entry's elements by value: from any floating type to f32 or f64 (exact but for f64 to f32,
 * which rounds to nearest), else only to its own type. Returns -1 if that is impossible; `out` has room for
 * all elements. */
int dt_st_convert(const dt_st_entry *entry, dt_dtype dtype, void *out);
int dt_st_can_convert(dt_dtype from, dt_dtype to);

/** Written atomically and durably. Entries sorted by size of their elements, largest first, then by name (all
 * are aligned so, and equal content gives equal bytes); metadata sorted by key; the data begins at a multiple
 * of 64. Start with {0}. */
typedef struct dt_st_writer {
    struct dt_st_pending *items;
    size_t count, capacity;
    dt_st_meta *meta;
    size_t meta_count, meta_capacity;
    int checksum; /* 1: metadata "dettool.checksum" holds the file's CRC-32, which reading compares */
} dt_st_writer;

/** `data` must stay until dt_st_save; `own` 1: the writer frees it with dt_free, also when this call fails.
 */
dt_status dt_st_add(dt_st_writer *w, const char *name, dt_dtype dtype, const dt_shape *shape,
                    const void *data, int own, dt_error *err);
dt_status dt_st_add_meta(dt_st_writer *w, const char *key, const char *value, dt_error *err);
dt_status dt_st_save(dt_st_writer *w, const char *path, dt_error *err);
void dt_st_writer_free(dt_st_writer *w);

#endif
