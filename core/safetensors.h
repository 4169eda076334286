/** safetensors files: 8 bytes length, JSON header (name -> dtype, shape, data_offsets; "__metadata__": texts), raw
 *  little-endian data. Every number of the header is checked against the file before it is used. */
#ifndef DT_CORE_SAFETENSORS_H
#define DT_CORE_SAFETENSORS_H

#include "core/types.h"

typedef struct dt_st_entry {
    char *name;
    dt_dtype dtype;
    dt_shape shape;
    const void *data; /* in the file's memory; aligned to the element size */
    size_t bytes;
} dt_st_entry;

typedef struct dt_st_meta {
    char *key, *value;
} dt_st_meta;

/** A file in memory; entries in the order of their data. */
typedef struct dt_st_file {
    dt_st_entry *entries;
    size_t count;
    dt_st_meta *meta;
    size_t meta_count;
    void *memory;
    size_t memory_size;
} dt_st_file;

dt_status dt_st_read(const char *path, dt_st_file *file, dt_error *err);
dt_status dt_st_parse(void *memory, size_t size, const char *name, dt_st_file *file, dt_error *err); /* takes over memory */
void dt_st_free(dt_st_file *file);
const dt_st_entry *dt_st_find(const dt_st_file *file, const char *name);
const char *dt_st_get_meta(const dt_st_file *file, const char *key);

/** Written atomically and durably. Entries sorted by name, so that equal content gives equal bytes; data aligned to 64. */
typedef struct dt_st_writer {
    struct dt_st_pending *items;
    size_t count, capacity;
    dt_st_meta *meta;
    size_t meta_count, meta_capacity;
} dt_st_writer;
/** `data` must stay until dt_st_save; `own` 1: the writer frees it with dt_free. */
dt_status dt_st_add(dt_st_writer *w, const char *name, dt_dtype dtype, const dt_shape *shape, const void *data, int own,
                    dt_error *err);
dt_status dt_st_add_meta(dt_st_writer *w, const char *key, const char *value, dt_error *err);
dt_status dt_st_save(dt_st_writer *w, const char *path, dt_error *err);
void dt_st_writer_free(dt_st_writer *w);

#endif
