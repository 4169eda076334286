#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/safetensors.h"
#include "core/safetensors_checksum.h"

struct dt_st_pending {
    char *name;
    dt_dtype dtype;
    dt_shape shape;
    const void *data;
    size_t bytes;
    void *own; /* freed with the writer */
};
typedef struct dt_st_pending pending;

enum { DATA_ALIGNMENT = 64, HEADER_MAX = 100 * 1000 * 1000 };

static const char *dtype_name(dt_dtype dtype)
{
    switch (dtype) {
#define DT_ST_CASE(code, name, bytes, st)                                                                    \
    case code:                                                                                               \
        return st;
        DT_DTYPE_LIST(DT_ST_CASE)
#undef DT_ST_CASE
    default:
        return "";
    }
}

dt_status dt_st_add(dt_st_writer *w, const char *name, dt_dtype dtype, const dt_shape *shape,
                    const void *data, int own, dt_error *err)
{
    void *owned = own ? (void *)data : NULL;
    size_t bytes = dt_dtype_size(dtype);
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dim[i] >= 0 && !__builtin_mul_overflow(bytes, (size_t)shape->dim[i], &bytes)) continue;
        dt_free(owned);
        return dt_fail(err, DT_ERR_SHAPE, "tensor \"%s\" has an impossible shape", name);
    }
    if (strcmp(name, "__metadata__") == 0) {
        dt_free(owned);
        return dt_fail(err, DT_ERR_ARG, "a tensor cannot be named __metadata__ in a safetensors file");
    }
    char *copy = dt_strdup(name);
    if (!copy || dt_grow(&w->items, &w->capacity, w->count + 1, sizeof *w->items) != 0) {
        dt_free(copy);
        dt_free(owned);
        return dt_fail_memory(err, (w->count + 1) * sizeof *w->items, "the list of tensors to save");
    }
    w->items[w->count++] = (pending){copy, dtype, *shape, data, bytes, owned};
    return DT_OK;
}

dt_status dt_st_add_meta(dt_st_writer *w, const char *key, const char *value, dt_error *err)
{
    char *k = dt_strdup(key), *v = dt_strdup(value);
    if (!k || !v || dt_grow(&w->meta, &w->meta_capacity, w->meta_count + 1, sizeof *w->meta) != 0) {
        dt_free(k);
        dt_free(v);
        return dt_fail_memory(err, strlen(key) + strlen(value) + 2, "metadata to save");
    }
    w->meta[w->meta_count++] = (dt_st_meta){k, v};
    return DT_OK;
}

static int compare_items(const void *a, const void *b)
{
    const pending *x = a, *y = b;
    size_t sx = dt_dtype_size(x->dtype), sy = dt_dtype_size(y->dtype);
    if (sx != sy) return sx > sy ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_meta(const void *a, const void *b)
{
    return strcmp(((const dt_st_meta *)a)->key, ((const dt_st_meta *)b)->key);
}

/* Names must differ whatever their types. */
static dt_status check_names(const dt_st_writer *w, const char *path, dt_error *err)
{
    const char **names = dt_malloc(w->count * sizeof *names);
    if (!names) return dt_fail_memory(err, w->count * sizeof *names, path);
    for (size_t i = 0; i < w->count; i++)
        names[i] = w->items[i].name;
    if (w->count) qsort(names, w->count, sizeof *names, compare_names);
    dt_status st = DT_OK;
    for (size_t i = 1; i < w->count && st == DT_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            st = dt_fail(err, DT_ERR_ARG, "%s: two tensors have the name \"%s\"", path, names[i]);
    for (size_t i = 1; i < w->meta_count && st == DT_OK; i++)
        if (strcmp(w->meta[i - 1].key, w->meta[i].key) == 0)
            st = dt_fail(err, DT_ERR_ARG, "%s: metadata \"%s\" is there twice", path, w->meta[i].key);
    dt_free(names);
    return st;
}

static void write_entry(dt_json *j, const pending *item, size_t begin)
{
    dt_json_key(j, item->name);
    dt_json_object(j);
    dt_json_key(j, "dtype");
    dt_json_str(j, dtype_name(item->dtype));
    dt_json_key(j, "shape");
    dt_json_array(j);
    for (int i = 0; i < item->shape.rank; i++)
        dt_json_int(j, item->shape.dim[i]);
    dt_json_array_end(j);
    dt_json_key(j, "data_offsets");
    dt_json_array(j);
    dt_json_int(j, (int64_t)begin);
    dt_json_int(j, (int64_t)(begin + item->bytes));
    dt_json_array_end(j);
    dt_json_object_end(j);
}

/* 8 bytes length + JSON + blanks up to where the data begins. */
static dt_status make_head(const dt_st_writer *w, const char *path, dt_str *head, dt_error *err)
{
    size_t at = 0;
    dt_str_append_n(head, "\0\0\0\0\0\0\0\0", 8);
    dt_json j = dt_json_begin(head, 0);
    dt_json_object(&j);
    if (w->meta_count) {
        dt_json_key(&j, "__metadata__");
        dt_json_object(&j);
        for (size_t i = 0; i < w->meta_count; i++) {
            dt_json_key(&j, w->meta[i].key);
            dt_json_str(&j, w->meta[i].value);
        }
        dt_json_object_end(&j);
    }
    for (size_t i = 0; i < w->count; i++) {
        write_entry(&j, &w->items[i], at);
        if (__builtin_add_overflow(at, w->items[i].bytes, &at) || at > (size_t)INT64_MAX)
            return dt_fail(err, DT_ERR_ARG, "%s: the tensors are too large for a file", path);
    }
    dt_json_object_end(&j);
    while (head->len % DATA_ALIGNMENT && !head->failed)
        dt_str_char(head, ' ');
    if (head->failed) return dt_fail_memory(err, head->len, path);
    if (head->len - 8 > HEADER_MAX)
        return dt_fail(err, DT_ERR_ARG, "%s: the header has %zu bytes; %d are possible", path, head->len - 8,
                       HEADER_MAX);
    for (int i = 0; i < 8; i++)
        head->data[i] = (char)((uint64_t)(head->len - 8) >> (8 * i));
    return DT_OK;
}

static dt_status write_file(const dt_st_writer *w, const char *path, const dt_str *head, dt_error *err)
{
    dt_atomic_file file;
    DT_TRY(dt_atomic_open(&file, path, 1, err));
    dt_status st = dt_atomic_write(&file, head->data, head->len, err);
    for (size_t i = 0; i < w->count && st == DT_OK; i++)
        st = dt_atomic_write(&file, w->items[i].data, w->items[i].bytes, err);
    if (st == DT_OK) return dt_atomic_commit(&file, err);
    dt_atomic_abort(&file);
    return st;
}

/* The digits in the header, of the file as it will be. */
static void put_checksum(const dt_st_writer *w, dt_str *head)
{
    char *digits = (char *)dt_st_checksum_find(head->data, head->len), text[DT_ST_CHECKSUM_DIGITS + 1];
    if (!digits) return;
    uint32_t crc = dt_st_crc(0, head->data, head->len);
    for (size_t i = 0; i < w->count; i++)
        crc = dt_st_crc(crc, w->items[i].data, w->items[i].bytes);
    dt_st_checksum_text(crc, text);
    memcpy(digits, text, DT_ST_CHECKSUM_DIGITS);
}

dt_status dt_st_save(dt_st_writer *w, const char *path, dt_error *err)
{
    if (w->count) qsort(w->items, w->count, sizeof *w->items, compare_items);
    if (w->checksum) DT_TRY(dt_st_add_meta(w, DT_ST_CHECKSUM_KEY, DT_ST_CHECKSUM_ZERO, err));
    if (w->meta_count) qsort(w->meta, w->meta_count, sizeof *w->meta, compare_meta);
    DT_TRY(check_names(w, path, err));
    dt_str head = {0};
    dt_status st = make_head(w, path, &head, err);
    if (st == DT_OK && w->checksum) put_checksum(w, &head);
    if (st == DT_OK) st = write_file(w, path, &head, err);
    dt_str_free(&head);
    return st;
}

void dt_st_writer_free(dt_st_writer *w)
{
    for (size_t i = 0; i < w->count; i++) {
        dt_free(w->items[i].name);
        dt_free(w->items[i].own);
    }
    for (size_t i = 0; i < w->meta_count; i++) {
        dt_free(w->meta[i].key);
        dt_free(w->meta[i].value);
    }
    dt_free(w->items);
    dt_free(w->meta);
    *w = (dt_st_writer){0};
}
