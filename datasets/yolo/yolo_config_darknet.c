/* obj.data. */
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/num.h"
#include "datasets/yolo/yolo_config.h"

enum { MAX_DATA_BYTES = 1 << 20, MAX_PARENTS = 16 };

typedef enum data_key { CLASSES, TRAIN, VALID, TEST, NAMES, BACKUP, CLASS_BASE, KEYS } data_key;
static const char *const key_names[KEYS] = {"classes", "train",  "valid",     "test",
                                            "names",   "backup", "class_base"};

typedef struct data_reader {
    const char *path;
    dt_yolo_config *config;
    const char *values[KEYS]; /* in the file's text */
    int64_t lines[KEYS];
    dt_error *err;
} data_reader;

static char *trim(char *from, char *to)
{
    while (from < to && strchr(" \t\r", *from))
        from++;
    while (to > from && strchr(" \t\r", to[-1]))
        to--;
    *to = '\0';
    return from;
}

static dt_status read_line(data_reader *r, char *from, char *to, int64_t line)
{
    char *end = memchr(from, '\0', (size_t)(to - from));
    if (end) return dt_fail(r->err, DT_ERR_FORMAT, "%s:%lld: a NUL byte", r->path, (long long)line);
    char *text = trim(from, to), *equal = strchr(text, '=');
    if (!*text || *text == '#' || *text == ';') return DT_OK;
    if (!equal)
        return dt_fail(r->err, DT_ERR_FORMAT, "%s:%lld: '%.100s': key = value is expected", r->path,
                       (long long)line, text);
    char *value = trim(equal + 1, equal + 1 + strlen(equal + 1)), *key = trim(text, equal);
    int k = 0;
    while (k < KEYS && strcmp(key, key_names[k]) != 0)
        k++;
    if (k == KEYS) return dt_names_add(&r->config->other_keys, key, r->err);
    if (r->values[k])
        return dt_fail(r->err, DT_ERR_FORMAT, "%s:%lld: the key '%s' stands in line %lld already", r->path,
                       (long long)line, key, (long long)r->lines[k]);
    r->values[k] = value;
    r->lines[k] = line;
    return DT_OK;
}

static dt_status read_count(const data_reader *r, data_key k, int64_t max, int64_t *out)
{
    if (!r->values[k]) return DT_OK;
    if (dt_parse_i64_all(r->values[k], out) != 0 || *out < 0 || *out > max)
        return dt_fail(r->err, DT_ERR_FORMAT,
                       "%s:%lld: %s = %.100s: a whole number from 0 to %lld is expected", r->path,
                       (long long)r->lines[k], key_names[k], r->values[k], (long long)max);
    return DT_OK;
}

/* The file's folder, those above it, and the working directory. */
static dt_status add_bases(data_reader *r)
{
    dt_names *bases = &r->config->bases;
    char *dir = dt_path_dir(r->path);
    dt_status st = dir ? dt_names_add(bases, dir, r->err) : dt_fail_memory(r->err, 1, "a path");
    for (int i = 0; i < MAX_PARENTS && st == DT_OK; i++) {
        char *up = dt_path_dir(dir);
        int same = up && strcmp(up, dir) == 0;
        dt_free(dir);
        dir = up;
        if (!up) st = dt_fail_memory(r->err, 1, "a path");
        if (!up || same) break;
        st = dt_names_add(bases, dir, r->err);
    }
    if (st == DT_OK && *r->path == '/') st = dt_names_add(bases, ".", r->err);
    dt_free(dir);
    return st;
}

static dt_status read_classes(data_reader *r)
{
    dt_yolo_config *c = r->config;
    int64_t count = -1;
    DT_TRY(read_count(r, CLASSES, DT_YOLO_MAX_CLASSES, &count));
    if (r->values[NAMES] && *r->values[NAMES]) {
        size_t which;
        char *path = dt_yolo_locate(&c->bases, r->values[NAMES], &which);
        dt_status st = path ? DT_OK : dt_fail_memory(r->err, 1, "a path");
        if (st == DT_OK && which == (size_t)-1) {
            char *places = dt_yolo_places(&c->bases);
            st = dt_fail(r->err, DT_ERR_NOT_FOUND, "%s:%lld: names = %s: there is no such file from %s",
                         r->path, (long long)r->lines[NAMES], r->values[NAMES], places ? places : "here");
            dt_free(places);
        }
        if (st == DT_OK) st = dt_yolo_note_base(&c->notes, c, &c->bases, which, r->path, "names", r->err);
        if (st == DT_OK) st = dt_yolo_read_names(path, &c->names, r->err);
        if (st == DT_OK && count >= 0 && (size_t)count != c->names.count)
            st = dt_fail(r->err, DT_ERR_FORMAT, "%s:%lld: classes = %lld, but %s has %zu names", r->path,
                         (long long)r->lines[CLASSES], (long long)count, path, c->names.count);
        dt_free(path);
        return st;
    }
    if (count <= 0)
        return dt_fail(r->err, DT_ERR_FORMAT, "%s: no class names: the key 'names' is missing", r->path);
    for (int64_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "class_%lld", (long long)i);
        DT_TRY(dt_names_add(&c->names, name, r->err));
    }
    return DT_OK;
}

static dt_status read_keys(data_reader *r)
{
    static const data_key splits[DT_YOLO_SPLITS] = {TRAIN, VALID, TEST};
    dt_yolo_config *c = r->config;
    int64_t base = 0;
    DT_TRY(add_bases(r));
    if (!(c->root = dt_strdup(c->bases.items[0]))) return dt_fail_memory(r->err, 1, "a path");
    DT_TRY(read_classes(r));
    DT_TRY(read_count(r, CLASS_BASE, 1, &base));
    for (int i = 0; i < DT_YOLO_SPLITS; i++)
        if (r->values[splits[i]] && *r->values[splits[i]])
            DT_TRY(dt_names_add(&c->entries[i], r->values[splits[i]], r->err));
    c->class_base = (int)base;
    return DT_OK;
}

dt_status dt_yolo_read_darknet_config(const char *path, dt_yolo_config *config, dt_error *err)
{
    data_reader r = {.path = path, .config = config, .err = err};
    char *text;
    size_t size;
    config->darknet = 1;
    DT_TRY(dt_file_read(path, MAX_DATA_BYTES, &text, &size, err));
    char *at = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text, *end = text + size;
    dt_status st = DT_OK;
    for (int64_t line = 1; at < end && st == DT_OK; line++) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        st = read_line(&r, at, stop, line);
        at = stop + 1;
    }
    if (st == DT_OK) st = read_keys(&r);
    dt_free(text);
    return st;
}
