/* Sets without a settings file, and class lists. */
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "datasets/image/image.h"
#include "datasets/yolo/yolo_config.h"

enum { MAX_NAMES_BYTES = 16 << 20 };

static dt_status add_name(const char *path, int64_t line, char *from, char *to, size_t *empty,
                          dt_names *names, dt_error *err)
{
    if (memchr(from, '\0', (size_t)(to - from)))
        return dt_fail(err, DT_ERR_FORMAT, "%s:%lld: a NUL byte: is it a text file in UTF-8?", path,
                       (long long)line);
    while (from < to && strchr(" \t\r", *from))
        from++;
    while (to > from && strchr(" \t\r", to[-1]))
        to--;
    *to = '\0';
    if (from == to) {
        ++*empty;
        return DT_OK;
    }
    if (*empty)
        return dt_fail(err, DT_ERR_FORMAT,
                       "%s:%lld: an empty line among the names would move the numbers behind it", path,
                       (long long)line - 1);
    if (names->count >= DT_YOLO_MAX_CLASSES)
        return dt_fail(err, DT_ERR_FORMAT, "%s:%lld: more than %d classes", path, (long long)line,
                       DT_YOLO_MAX_CLASSES);
    return dt_names_add(names, from, err);
}

dt_status dt_yolo_read_names(const char *path, dt_names *names, dt_error *err)
{
    char *text;
    size_t size, empty = 0;
    *names = (dt_names){0};
    DT_TRY(dt_file_read(path, MAX_NAMES_BYTES, &text, &size, err));
    char *at = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text, *end = text + size;
    dt_status st = DT_OK;
    for (int64_t line = 1; at < end && st == DT_OK; line++) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        st = add_name(path, line, at, stop, &empty, names, err);
        at = stop + 1;
    }
    if (st == DT_OK && !names->count)
        st = dt_fail(err, DT_ERR_FORMAT, "%s: there is no class name in it", path);
    dt_free(text);
    if (st != DT_OK) dt_names_free(names);
    return st;
}

dt_status dt_yolo_find_classes(const char *root, char **path, dt_error *err)
{
    static const char *const places[] = {"classes.txt", "labels/classes.txt", "labels/train/classes.txt",
                                         "labels/val/classes.txt", "train/labels/classes.txt"};
    *path = NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places && !*path; i++) {
        char *full = dt_path_join(root, places[i]);
        if (!full) return dt_fail_memory(err, strlen(root), "a path");
        if (dt_is_file(full))
            *path = full;
        else
            dt_free(full);
    }
    return DT_OK;
}

/* 1 if base/name is a folder; it becomes an entry of the split. */
static dt_status add_split(dt_yolo_config *c, int split, const char *name, int *any, dt_error *err)
{
    char *path = dt_path_join(c->root, name);
    if (!path) return dt_fail_memory(err, strlen(name), "a path");
    int found = dt_is_dir(path) && !c->entries[split].count;
    dt_free(path);
    *any |= found;
    return found ? dt_names_add(&c->entries[split], name, err) : DT_OK;
}

dt_status dt_yolo_read_folder_config(const char *path, dt_yolo_config *config, dt_error *err)
{
    static const struct {
        int split;
        const char *names[3];
    } places[] = {
        {DT_YOLO_TRAIN, {"images/train", "images/train2017", "train/images"}},
        {DT_YOLO_VAL, {"images/val", "images/val2017", "val/images"}},
        {DT_YOLO_VAL, {"images/valid", "valid/images", "images/validation"}},
        {DT_YOLO_TEST, {"images/test", "images/test2017", "test/images"}},
    };
    char *classes;
    int any = 0;
    if (!(config->root = dt_strdup(path)) || dt_names_add(&config->bases, path, err) != DT_OK)
        return dt_fail_memory(err, strlen(path), "a path");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (size_t k = 0; k < sizeof places[i].names / sizeof *places[i].names; k++)
            DT_TRY(add_split(config, places[i].split, places[i].names[k], &any, err));
    if (!any) DT_TRY(add_split(config, DT_YOLO_TRAIN, "images", &any, err));
    if (!any) DT_TRY(dt_names_add(&config->entries[DT_YOLO_TRAIN], ".", err));
    DT_TRY(dt_yolo_find_classes(path, &classes, err));
    if (!classes)
        return dt_fail(
            err, DT_ERR_NOT_FOUND,
            "%s: neither data.yaml, obj.data nor classes.txt is there: the class names are missing", path);
    dt_status st = dt_yolo_read_names(classes, &config->names, err);
    if (st == DT_OK)
        st = dt_findings_add(
            &config->notes,
            &(dt_finding){.severity = DT_NOTE, .rule = "config-missing", .file = classes, .object = -1}, err,
            "no data.yaml: the class names are those of this file, the splits those of the folders");
    dt_free(classes);
    return st;
}

static int has_ending(const char *name, const char *ending)
{
    return strcasecmp(dt_path_extension(name), ending) == 0;
}

static int begins_with_key(const char *line, const char *key)
{
    size_t n = strlen(key);
    if (strncmp(line, key, n) != 0) return 0;
    line += n;
    line += strspn(line, " \t\"'");
    return *line == ':' || *line == '=';
}

/* 1 if a line of the file begins with the key of a split or of the names: other programs have yaml files,
 * too. What cannot be read is taken, so that the reader says why. */
static int has_keys(const char *folder, const char *name)
{
    static const char *const keys[] = {"train", "val", "valid", "test", "names"};
    enum { MAX_BYTES = 8 << 20 };
    char *path = dt_path_join(folder, name), *text = NULL;
    size_t size;
    dt_error ignored = {0};
    int found = !path || dt_file_read(path, MAX_BYTES, &text, &size, &ignored) != DT_OK;
    for (const char *line = text; line && !found; line = strchr(line, '\n')) {
        line += strspn(line, " \t\r\n\"'\xEF\xBB\xBF");
        for (size_t i = 0; i < sizeof keys / sizeof *keys && !found; i++)
            found = begins_with_key(line, keys[i]);
    }
    dt_free(text);
    dt_free(path);
    return found;
}

/* Of the files with these endings the one by its usual name, or the only one that may be a set's. */
static const char *choose(const char *folder, const dt_names *names, const char *const endings[2],
                          const char *usual)
{
    const char *only = NULL;
    size_t count = 0;
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], usual) == 0) return usual;
    for (size_t i = 0; i < names->count && count < 2; i++) {
        const char *name = names->items[i];
        if ((!has_ending(name, endings[0]) && !has_ending(name, endings[1])) || !has_keys(folder, name))
            continue;
        only = name;
        count++;
    }
    return count == 1 ? only : NULL;
}

/* 1 if a picture of the folder has its label beside it; the first few are looked at. */
static int has_pairs(const char *path, const dt_names *names)
{
    enum { LOOKS = 64 };
    int looks = 0, found = 0;
    for (size_t i = 0; i < names->count && looks < LOOKS && !found; i++) {
        const char *name = names->items[i];
        if (!dt_image_has_extension(name)) continue;
        char *label = dt_format("%s/%.*s.txt", path, (int)(dt_path_extension(name) - name), name);
        found = label && dt_is_file(label);
        looks++;
        dt_free(label);
    }
    return found;
}

/* 1 if the folder looks as labelImg leaves it: a class list, and images/ with labels/ or pictures with
 * labels. */
static dt_status is_bare_set(const char *path, const dt_names *names, int *is, dt_error *err)
{
    static const char *const labels[] = {"labels", "train/labels"};
    char *classes;
    *is = 0;
    DT_TRY(dt_yolo_find_classes(path, &classes, err));
    if (!classes) return DT_OK;
    dt_free(classes);
    for (size_t i = 0; i < sizeof labels / sizeof *labels && !*is; i++) {
        char *folder = dt_path_join(path, labels[i]);
        if (!folder) return dt_fail_memory(err, strlen(path), "a path");
        *is = dt_is_dir(folder);
        dt_free(folder);
    }
    *is |= has_pairs(path, names);
    return DT_OK;
}

dt_status dt_yolo_find(const char *path, char **source, dt_error *err)
{
    static const char *const yaml[2] = {".yaml", ".yml"}, *const data[2] = {".data", ".data"};
    dt_names names;
    *source = NULL;
    if (dt_is_file(path)) {
        if (!has_ending(path, ".yaml") && !has_ending(path, ".yml") && !has_ending(path, ".data"))
            return DT_OK;
        *source = dt_strdup(path);
        return *source ? DT_OK : dt_fail_memory(err, strlen(path), "a path");
    }
    if (!dt_is_dir(path)) return DT_OK;
    DT_TRY(dt_dir_list(path, &names, err));
    const char *file = choose(path, &names, yaml, "data.yaml");
    int bare = 0;
    dt_status st = DT_OK;
    if (!file) file = choose(path, &names, data, "obj.data");
    if (!file) st = is_bare_set(path, &names, &bare, err);
    if (st == DT_OK && (file || bare)) {
        *source = file ? dt_path_join(path, file) : dt_strdup(path);
        if (!*source) st = dt_fail_memory(err, strlen(path), "a path");
    }
    dt_names_free(&names);
    return st;
}
