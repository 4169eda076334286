/* What the formats share: lists of pictures, and files that are found, unpacked, and kept by the set. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "core/mem.h"
#include "core/str.h"
#include "datasets/classes/class_parts.h"

enum { MAX_FILE = 1 << 30, PIECE = 1 << 20 };

dt_status dt_class_add(dt_class_split *split, dt_class_record record, dt_error *err)
{
    size_t need = (size_t)split->count + 1;
    if (dt_grow(&split->records, &split->capacity, need, sizeof record) != 0)
        return dt_fail_memory(err, need * sizeof record, "the list of pictures");
    split->records[split->count++] = record;
    return DT_OK;
}

int dt_class_has(const char *dir, const char *name)
{
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/%s", dir, name) < (int)sizeof path && access(path, F_OK) == 0;
}

int dt_class_find_folder(const char *dir, const char *const *names, size_t count, const char *file,
                         char found[PATH_MAX])
{
    if (snprintf(found, PATH_MAX, "%s", dir) < PATH_MAX && dt_class_has(found, file)) return 1;
    for (size_t i = 0; i < count; i++)
        if (snprintf(found, PATH_MAX, "%s/%s", dir, names[i]) < PATH_MAX && dt_class_has(found, file))
            return 1;
    return 0;
}

/* gzread passes files through that are not gzip's. */
static dt_status unpack(gzFile in, const char *path, char **data, size_t *size, dt_error *err)
{
    size_t capacity = 0;
    for (;;) {
        if (dt_grow(data, &capacity, *size + PIECE, 1) != 0) return dt_fail_memory(err, *size + PIECE, path);
        int got = gzread(in, *data + *size, PIECE), code;
        if (got < 0) {
            const char *why = gzerror(in, &code);
            const size_t n = strlen(path); /* zlib's text may begin with it */
            if (strncmp(why, path, n) == 0 && strncmp(why + n, ": ", 2) == 0) why += n + 2;
            return dt_fail(err, DT_ERR_FORMAT, "%s: %s", path, code == Z_ERRNO ? "reading failed" : why);
        }
        if (got == 0) return DT_OK;
        *size += (size_t)got;
        if (*size > MAX_FILE) return dt_fail(err, DT_ERR_UNSUPPORTED, "%s: unpacked larger than 1 GiB", path);
    }
}

static dt_status keep(dt_class_set *set, char *data, dt_error *err)
{
    if (dt_grow(&set->memory, &set->memory_capacity, set->memory_count + 1, sizeof *set->memory) != 0)
        return dt_fail_memory(err, sizeof *set->memory, "a file");
    set->memory[set->memory_count++] = data;
    return DT_OK;
}

dt_status dt_class_read(dt_class_set *set, const char *path, const uint8_t **data, size_t *size,
                        dt_error *err)
{
    char *bytes = NULL;
    *size = 0;
    if (dt_is_dir(path)) return dt_fail(err, DT_ERR_FORMAT, "%s: a folder, not a file", path);
    if (!dt_is_file(path)) return dt_fail(err, DT_ERR_NOT_FOUND, "%s: no such file", path);
    gzFile in = gzopen(path, "rb");
    if (!in) return dt_fail(err, DT_ERR_IO, "%s: could not be opened", path);
    gzbuffer(in, 1 << 17);
    dt_status st = unpack(in, path, &bytes, size, err);
    int code = gzclose_r(in);
    if (st == DT_OK && code == Z_BUF_ERROR)
        st = dt_fail(err, DT_ERR_FORMAT, "%s: the gzip file is cut off after %zu bytes of content", path,
                     *size);
    if (st == DT_OK) st = keep(set, bytes, err);
    if (st != DT_OK) dt_free(bytes);
    *data = (const uint8_t *)bytes;
    return st;
}

/* A name that is on a line before would be two classes that nobody can tell apart. */
static dt_status add_name(dt_class_set *set, const char *path, size_t line, const char *name, dt_error *err)
{
    if (!dt_utf8_is(name))
        return dt_fail(err, DT_ERR_FORMAT, "%s: line %zu: the class name is not UTF-8", path, line);
    for (size_t i = 0; i < set->names.count; i++)
        if (strcmp(set->names.items[i], name) == 0)
            return dt_fail(err, DT_ERR_FORMAT, "%s: line %zu: a second class \"%s\"", path, line, name);
    return dt_names_add(&set->names, name, err);
}

dt_status dt_class_read_names(dt_class_set *set, const char *path, dt_error *err)
{
    enum { LONGEST = 256 };
    const uint8_t *text;
    size_t size, line = 0;
    DT_TRY(dt_class_read(set, path, &text, &size, err));
    for (size_t i = 0, n; i < size; i += n + 1) {
        line++;
        char name[LONGEST];
        const uint8_t *stop = memchr(text + i, '\n', size - i);
        n = stop ? (size_t)(stop - text) - i : size - i;
        size_t kept = n && text[i + n - 1] == '\r' ? n - 1 : n;
        if (kept >= LONGEST || memchr(text + i, '\0', kept))
            return dt_fail(err, DT_ERR_FORMAT, "%s: line %zu is no class name", path, line);
        memcpy(name, text + i, kept);
        name[kept] = '\0';
        if (kept) DT_TRY(add_name(set, path, line, name, err));
    }
    return set->names.count ? DT_OK : dt_fail(err, DT_ERR_FORMAT, "%s: no class name", path);
}
