/* Files and folders of a COCO data set. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/mem.h"
#include "datasets/coco/coco.h"
#include "datasets/voc/voc_layout.h"

static int has_ending(const char *text, const char *ending)
{
    size_t n = strlen(text), m = strlen(ending);
    return n >= m && strcmp(text + n - m, ending) == 0;
}

static const char ROBOFLOW[] = "_annotations.coco.json";

/* "instances_train2017.json" -> "train2017"; other names -> the text that stands for no split, "". */
static char *raw_split(const char *path, const char *folder)
{
    const char *base = dt_path_base(path), *ext = dt_path_extension(base);
    if (strcmp(base, ROBOFLOW) == 0) return dt_strdup(dt_path_base(folder));
    if (strncmp(base, "instances_", 10) == 0 && ext > base + 10)
        return dt_strndup(base + 10, (size_t)(ext - base - 10));
    return dt_strdup("");
}

/* The year goes; "valid" is val. */
static char *plain_split(const char *raw)
{
    size_t n = strlen(raw), digits = 0;
    while (digits < n && raw[n - 1 - digits] >= '0' && raw[n - 1 - digits] <= '9')
        digits++;
    if (digits == 4) n -= 4;
    if (n == 5 && strncmp(raw, "valid", 5) == 0) n = 3;
    return n && dt_voc_is_safe_name(raw) ? dt_strndup(raw, n) : dt_strdup("train");
}

static dt_status add_source(dt_coco_sources *list, const char *path, dt_error *err)
{
    dt_coco_source s = {.path = dt_strdup(path), .folder = dt_path_dir(path)};
    s.raw = s.folder ? raw_split(path, s.folder) : NULL;
    s.split = s.raw ? plain_split(s.raw) : NULL;
    if (!s.path || !s.split ||
        dt_grow(&list->items, &list->capacity, list->count + 1, sizeof *list->items) != 0) {
        dt_free(s.path);
        dt_free(s.folder);
        dt_free(s.raw);
        dt_free(s.split);
        return dt_fail_memory(err, strlen(path), "a path");
    }
    list->items[list->count++] = s;
    return DT_OK;
}

/* Files of the folder base/name that begin with `prefix`. */
static dt_status add_folder(dt_coco_sources *list, const char *base, const char *name, const char *prefix,
                            dt_error *err)
{
    dt_names names;
    char *folder = *name ? dt_path_join(base, name) : dt_strdup(base);
    if (!folder) return dt_fail_memory(err, strlen(base), "a path");
    dt_status st = DT_OK;
    if (dt_is_dir(folder) && (st = dt_dir_list(folder, &names, err)) == DT_OK) {
        for (size_t i = 0; i < names.count && st == DT_OK; i++) {
            if (strncmp(names.items[i], prefix, strlen(prefix)) != 0 || !has_ending(names.items[i], ".json"))
                continue;
            char *path = dt_path_join(folder, names.items[i]);
            st = path ? add_source(list, path, err) : dt_fail_memory(err, strlen(folder), "a path");
            dt_free(path);
        }
        dt_names_free(&names);
    }
    dt_free(folder);
    return st;
}

static int split_rank(const char *name)
{
    return strcmp(name, "train") == 0 ? 0 : strcmp(name, "val") == 0 ? 1 : strcmp(name, "test") == 0 ? 2 : 3;
}

static int compare_sources(const void *pa, const void *pb)
{
    const dt_coco_source *a = pa, *b = pb;
    int order = split_rank(a->split) - split_rank(b->split);
    if (!order) order = strcmp(a->split, b->split);
    return order ? order : strcmp(a->path, b->path);
}

/* Two files of one split (instances_train2014, instances_train2017) go by their full names. */
static dt_status settle_names(dt_coco_sources *list, dt_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        size_t same = 0;
        for (size_t k = 0; k < list->count; k++)
            same += strcmp(list->items[i].split, list->items[k].split) == 0;
        if (same < 2) continue;
        char *name = dt_strdup(list->items[i].split);
        for (size_t k = 0; k < list->count && name; k++) {
            dt_coco_source *s = &list->items[k];
            if (strcmp(s->split, name) != 0 || !*s->raw || !dt_voc_is_safe_name(s->raw)) continue;
            char *full = dt_strdup(s->raw);
            if (!full) {
                dt_free(name);
                name = NULL;
                break;
            }
            dt_free(s->split);
            s->split = full;
        }
        if (!name) return dt_fail_memory(err, 1, "a split");
        dt_free(name);
    }
    return DT_OK;
}

dt_status dt_coco_find_sources(const char *path, dt_coco_sources *sources, dt_error *err)
{
    static const char *const parts[] = {"train", "valid", "val", "test"};
    *sources = (dt_coco_sources){0};
    dt_status st = DT_OK;
    if (dt_is_file(path)) {
        st = add_source(sources, path, err);
    } else if (!dt_is_dir(path)) {
        st = dt_fail(err, DT_ERR_NOT_FOUND, "%s: no such file or folder", path);
    } else {
        st = add_folder(sources, path, "annotations", "instances_", err);
        if (st == DT_OK && !sources->count) st = add_folder(sources, path, "", "instances_", err);
        for (size_t i = 0; i < sizeof parts / sizeof *parts && st == DT_OK && !has_ending(path, ".json"); i++)
            if (!sources->count || has_ending(sources->items[0].path, ROBOFLOW))
                st = add_folder(sources, path, parts[i], ROBOFLOW, err);
        if (st == DT_OK && !sources->count)
            st = dt_fail(err, DT_ERR_NOT_FOUND,
                         "%s: neither annotations/instances_*.json nor train/%s is there: name the JSON file",
                         path, ROBOFLOW);
    }
    if (st == DT_OK) st = settle_names(sources, err);
    if (st == DT_OK) qsort(sources->items, sources->count, sizeof *sources->items, compare_sources);
    if (st != DT_OK) dt_coco_sources_free(sources);
    return st;
}

void dt_coco_sources_free(dt_coco_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        dt_free(sources->items[i].path);
        dt_free(sources->items[i].folder);
        dt_free(sources->items[i].split);
        dt_free(sources->items[i].raw);
    }
    dt_free(sources->items);
    *sources = (dt_coco_sources){0};
}

/* How many of up to 16 names, spread over the list, are files of this folder; -1: no memory. */
static int count_hits(const char *folder, const char *const *names, size_t count)
{
    enum { SAMPLE = 16 };
    int hits = 0;
    size_t tries = count < SAMPLE ? count : SAMPLE;
    if (!dt_is_dir(folder)) return 0;
    for (size_t i = 0; i < tries; i++) {
        char *path = dt_path_join(folder, names[i * count / tries]);
        if (!path) return -1;
        hits += dt_is_file(path);
        dt_free(path);
    }
    return hits;
}

/* The folder above, without "..", unless the folder is a link to elsewhere. New string. */
static char *folder_above(const char *folder)
{
    struct stat a, b;
    char *up = dt_format("%s/..", folder), *plain = dt_path_dir(folder);
    if (up && plain && stat(up, &a) == 0 && stat(plain, &b) == 0 && a.st_dev == b.st_dev &&
        a.st_ino == b.st_ino) {
        dt_free(up);
        return plain;
    }
    if (!plain) {
        dt_free(up);
        up = NULL;
    }
    dt_free(plain);
    return up;
}

dt_status dt_coco_find_images(const dt_coco_source *source, const char *image_dir, const char *const *names,
                              size_t count, char **base, dt_error *err)
{
    const char *root = image_dir ? image_dir : source->folder;
    char *above = folder_above(root);
    const char *const splits[] = {source->split, source->raw};
    int best = 0;
    *base = NULL;
    for (int up = 0; up < (image_dir ? 1 : 2); up++)
        for (int images = 0; images < 2; images++)
            for (int s = 0; s < 3; s++) {
                if (s > 0 && !*splits[s - 1]) continue;
                char *folder = dt_format("%s%s%s%s", up ? above : root, images ? "/images" : "", s ? "/" : "",
                                         s ? splits[s - 1] : "");
                int hits = above && folder ? count_hits(folder, names, count) : -1;
                if (hits < 0) {
                    dt_free(folder);
                    dt_free(*base);
                    dt_free(above);
                    *base = NULL;
                    return dt_fail_memory(err, strlen(root), "a path");
                }
                if (hits > best) {
                    best = hits;
                    dt_free(*base);
                    *base = folder;
                } else {
                    dt_free(folder);
                }
            }
    dt_free(above);
    return DT_OK;
}
