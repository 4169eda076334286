#include "datasets/classes/class_set.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "datasets/classes/class_parts.h"
#include "datasets/detect_format.h"
#include "datasets/image/image.h"

static const char *const split_names[DT_CLASS_SPLITS] = {"train", "val", "test"};

/* ---- formats ---- */

typedef enum kind { CIFAR10, CIFAR100, CIFAR100_COARSE, MNIST, FASHION_MNIST, FOLDER, KINDS } kind;

static const char *const prefixes[KINDS] = {
    "cifar10:", "cifar100:", "cifar100-coarse:", "mnist:", "fashion-mnist:", ""};

/* What the path says that it is; *dir: what follows the prefix. A folder without prefix is FOLDER. */
static kind kind_of_prefix(const char *path, const char **dir)
{
    for (int i = 0; i < FOLDER; i++) {
        size_t n = strlen(prefixes[i]);
        if (strncmp(path, prefixes[i], n) != 0) continue;
        *dir = path + n;
        return (kind)i;
    }
    *dir = path;
    return FOLDER;
}

static kind kind_of_files(const char *dir)
{
    if (dt_class_is_cifar10(dir)) return CIFAR10;
    if (dt_class_is_cifar100(dir)) return CIFAR100;
    if (dt_class_is_mnist(dir)) return MNIST;
    return FOLDER;
}

static int is_detection_set(const char *path)
{
    const dt_set_format *format;
    char *source;
    dt_error none = {0};
    if (dt_set_format_detect(path, NULL, &format, &source, &none) == DT_OK) {
        dt_free(source);
        return 1;
    }
    char labels[PATH_MAX]; /* YOLO's, unless pictures lie in it: then it is a class of that name */
    return dt_class_has(path, "labels") &&
           snprintf(labels, sizeof labels, "%s/labels", path) < (int)sizeof labels &&
           !dt_class_holds_pictures(labels, 0, DT_CLASS_PROBE_DEPTH);
}

size_t dt_class_set_prefix(const char *path)
{
    const char *dir;
    kind_of_prefix(path, &dir);
    return (size_t)(dir - path);
}

int dt_class_set_is(const char *path)
{
    const char *dir;
    if (kind_of_prefix(path, &dir) != FOLDER) return 1;
    if (!dt_is_dir(path)) return 0;
    if (kind_of_files(path) != FOLDER) return 1;
    return dt_class_is_folder(path) && !is_detection_set(path);
}

static dt_status open_kind(kind k, const char *dir, const dt_class_opts *opts, dt_class_set *set,
                           dt_findings *findings, dt_error *err)
{
    if (!*dir) return dt_fail(err, DT_ERR_ARG, "%s needs a folder, as in %sDIR", prefixes[k], prefixes[k]);
    if (!dt_is_dir(dir)) return dt_fail(err, DT_ERR_NOT_FOUND, "%s: no such folder", dir);
    switch (k) {
    case CIFAR10:
        set->format = DT_CLASSES_CIFAR10;
        return dt_class_open_cifar10(dir, set, findings, err);
    case CIFAR100:
    case CIFAR100_COARSE:
        set->format = DT_CLASSES_CIFAR100;
        return dt_class_open_cifar100(dir, k == CIFAR100_COARSE, set, err);
    case MNIST:
    case FASHION_MNIST:
        set->format = DT_CLASSES_MNIST;
        return dt_class_open_mnist(dir, k == FASHION_MNIST, set, err);
    default:
        set->format = DT_CLASSES_FOLDER;
        return dt_class_open_folder(dir, opts, set, findings, err);
    }
}

dt_status dt_class_set_open(const char *path, const dt_class_opts *opts, dt_class_set *set,
                            dt_findings *findings, dt_error *err)
{
    *set = (dt_class_set){0};
    for (int i = 0; i < DT_CLASS_SPLITS; i++)
        set->splits[i].name = split_names[i];
    const char *dir;
    kind k = kind_of_prefix(path, &dir);
    if (k == FOLDER) k = kind_of_files(dir);
    set->one_test_part = set->has_splits = k != FOLDER;
    dt_status st = open_kind(k, dir, opts, set, findings, err);
    int64_t pictures = 0;
    for (int i = 0; i < DT_CLASS_SPLITS; i++)
        pictures += set->splits[i].count;
    if (st == DT_OK && !pictures)
        st = dt_fail(err, DT_ERR_NOT_FOUND,
                     set->format == DT_CLASSES_FOLDER ? "%s: no JPEG or PNG picture lies in a class folder"
                                                      : "%s: its files hold no picture",
                     dir);
    if (st != DT_OK) dt_class_set_free(set);
    return st;
}

void dt_class_set_free(dt_class_set *set)
{
    for (int i = 0; i < DT_CLASS_SPLITS; i++)
        dt_free(set->splits[i].records);
    for (size_t i = 0; i < set->memory_count; i++)
        dt_free(set->memory[i]);
    dt_free(set->memory);
    dt_names_free(&set->names);
    dt_arena_free(&set->texts);
    *set = (dt_class_set){0};
}

/* ---- splits and pictures ---- */

const dt_class_split *dt_class_set_split(const dt_class_set *set, const char *path, const char *name,
                                         dt_error *err)
{
    char have[64] = "";
    for (int i = 0; i < DT_CLASS_SPLITS; i++) {
        const dt_class_split *s = &set->splits[i];
        const char *also = set->one_test_part && i == CLASS_VAL ? "test" : s->name;
        if (s->count > 0 && (strcmp(s->name, name) == 0 || strcmp(also, name) == 0)) return s;
        if (s->count > 0) snprintf(have + strlen(have), sizeof have - strlen(have), " %s", s->name);
    }
    dt_fail(err, DT_ERR_NOT_FOUND, "%s: no picture in the split '%s'; there are:%s", path, name, have);
    return NULL;
}

static dt_status from_planes(const dt_class_record *r, dt_image *image, dt_error *err)
{
    DT_TRY(dt_image_create(image, r->width, r->height, 3, err));
    size_t n = (size_t)r->width * (size_t)r->height;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < 3; c++)
            image->data[3 * i + c] = r->pixels[(r->planes == 3 ? c * n : 0) + i];
    return DT_OK;
}

static dt_status load(void *self, int64_t index, dt_sample *out, dt_error *err)
{
    const dt_class_split *s = self;
    const dt_class_record *r = &s->records[index];
    out->cls = r->cls;
    const dt_image_load_opts opts = {.reduce_to = s->reduce_to, .reduce_shorter = 1};
    return r->pixels ? from_planes(r, &out->image, err)
                     : dt_image_load(r->file, &opts, &out->image, NULL, err);
}

static const char *name(void *self, int64_t index, char *out, size_t size)
{
    const dt_class_split *s = self;
    char full[DT_CLASS_NAME];
    snprintf(out, size, "%s", dt_class_record_name(&s->records[index], full));
    return out;
}

dt_source dt_class_split_source(const dt_class_split *split)
{
    return (dt_source){.count = split->count, .load = load, .self = (void *)split, .name = name};
}

const char *dt_class_record_name(const dt_class_record *r, char out[DT_CLASS_NAME])
{
    if (r->row < 0)
        snprintf(out, DT_CLASS_NAME, "%s", r->file);
    else
        snprintf(out, DT_CLASS_NAME, "%s:%lld", r->file, (long long)r->row);
    return out;
}

uint64_t dt_class_split_hash(const dt_class_set *set, const dt_class_split *split, uint64_t before)
{
    uint64_t hash = before;
    for (size_t i = 0; i < set->names.count; i++) {
        const uint64_t both[] = {hash, dt_hash64(set->names.items[i], strlen(set->names.items[i]))};
        hash = dt_hash64(both, sizeof both);
    }
    for (int64_t i = 0; i < split->count; i++) {
        const dt_class_record *r = &split->records[i];
        const char *name = dt_path_base(r->file);
        size_t pixels = (size_t)r->width * (size_t)r->height * (size_t)r->planes;
        const uint64_t all[] = {hash, (uint64_t)r->cls, (uint64_t)r->row, dt_hash64(name, strlen(name)),
                                r->pixels ? dt_hash64(r->pixels, pixels) : dt_file_mark(r->file)};
        hash = dt_hash64(all, sizeof all);
    }
    return hash;
}
