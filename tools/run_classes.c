#include "tools/run_classes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "core/str.h"
#include "datasets/image/image.h"

enum { TRAIN, VAL, TEST, SPLITS };
static const char *const split_names[SPLITS] = {"train", "val", "test"};
static const char cifar_prefix[] = "cifar10:", mnist_prefix[] = "mnist:";

static const char *after(const char *path, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(path, prefix, n) == 0 ? path + n : NULL;
}

/* Takes over `path`. */
static dt_status add_record(dt_class_split *s, dt_class_record record, dt_error *err)
{
    if (!record.path || dt_grow(&s->records, &s->capacity, (size_t)s->count + 1, sizeof record) != 0) {
        dt_free(record.path);
        return dt_fail_memory(err, ((size_t)s->count + 1) * sizeof record, "the list of pictures");
    }
    s->records[s->count++] = record;
    return DT_OK;
}

/* ---- folders ---- */

/* Is there a picture in the folder? */
static int holds_pictures(const char *dir)
{
    dt_names names = {0};
    dt_error err = {0};
    int found = 0;
    if (!dt_is_dir(dir) || dt_dir_list(dir, &names, &err) != DT_OK) return 0;
    for (size_t i = 0; i < names.count && !found; i++)
        found = dt_image_has_extension(names.items[i]);
    dt_names_free(&names);
    return found;
}

/* Does a folder of the folder hold pictures? */
static int holds_classes(const char *dir)
{
    dt_names names = {0};
    dt_error err = {0};
    int found = 0;
    if (!dt_is_dir(dir) || dt_dir_list(dir, &names, &err) != DT_OK) return 0;
    for (size_t i = 0; i < names.count && !found; i++) {
        char *path = dt_path_join(dir, names.items[i]);
        found = path && holds_pictures(path);
        dt_free(path);
    }
    dt_names_free(&names);
    return found;
}

static int has(const char *dir, const char *name)
{
    char *path = dt_path_join(dir, name);
    int found = path && (dt_is_dir(path) || dt_is_file(path));
    dt_free(path);
    return found;
}

static int has_classes(const char *dir, const char *name)
{
    char *path = dt_path_join(dir, name);
    int found = path && holds_classes(path);
    dt_free(path);
    return found;
}

int dt_run_classes_probe(const char *path)
{
    static const char *const detection[] = {"Annotations", "annotations", "data.yaml",
                                            "VOC2007",     "VOC2012",     "labels"};
    if (after(path, cifar_prefix) || after(path, mnist_prefix)) return 1;
    for (size_t i = 0; i < sizeof detection / sizeof *detection; i++)
        if (has(path, detection[i])) return 0;
    return has_classes(path, "train") || holds_classes(path);
}

/* Class folders of `dir`, added to the names. */
static dt_status add_names(dt_run_classes *d, const char *dir, dt_error *err)
{
    dt_names found;
    DT_TRY(dt_dir_list(dir, &found, err));
    dt_status st = DT_OK;
    for (size_t i = 0; i < found.count && st == DT_OK; i++) {
        char *path = dt_path_join(dir, found.items[i]);
        int known = !path || found.items[i][0] == '.' || !holds_pictures(path);
        for (size_t k = 0; k < d->names.count && !known; k++)
            known = strcmp(d->names.items[k], found.items[i]) == 0;
        if (!path) st = dt_fail_memory(err, 64, "a path");
        if (!known) st = dt_names_add(&d->names, found.items[i], err);
        dt_free(path);
    }
    dt_names_free(&found);
    return st;
}

static dt_status add_folder(dt_class_split *s, const char *dir, int32_t cls, dt_error *err)
{
    dt_names found;
    DT_TRY(dt_dir_list(dir, &found, err));
    dt_status st = DT_OK;
    for (size_t i = 0; i < found.count && st == DT_OK; i++)
        if (dt_image_has_extension(found.items[i]))
            st = add_record(s, (dt_class_record){.path = dt_path_join(dir, found.items[i]), .cls = cls}, err);
    dt_names_free(&found);
    return st;
}

static dt_status add_split(dt_run_classes *d, dt_class_split *s, const char *dir, dt_error *err)
{
    dt_status st = DT_OK;
    for (size_t c = 0; c < d->names.count && st == DT_OK; c++) {
        char *path = dt_path_join(dir, d->names.items[c]);
        if (!path)
            st = dt_fail_memory(err, 64, "a path");
        else if (dt_is_dir(path))
            st = add_folder(s, path, (int32_t)c, err);
        dt_free(path);
    }
    return st;
}

/* out[i] = 1 for the share of each class; records of a class stand together. */
static void draw_held_out(const dt_run_classes *d, double fraction, int64_t *order, uint8_t *out)
{
    const dt_class_split *train = &d->splits[TRAIN];
    for (int64_t i = 0, end; i < train->count; i = end) {
        int32_t cls = train->records[i].cls;
        for (end = i; end < train->count && train->records[end].cls == cls; end++)
            order[end - i] = end;
        const char *name = d->names.items[cls];
        dt_rng rng = dt_rng_make(0, DT_RNG_SPLIT, dt_hash64(name, strlen(name)), 0);
        dt_rng_shuffle(&rng, order, (size_t)(end - i));
        for (int64_t k = 0; k < (int64_t)(fraction * (double)(end - i)); k++)
            out[order[k]] = 1;
    }
}

static dt_status hold_out(dt_run_classes *d, double fraction, dt_error *err)
{
    dt_class_split *train = &d->splits[TRAIN], *val = &d->splits[VAL];
    size_t n = (size_t)train->count;
    int64_t *order = dt_calloc(n + 1, sizeof *order), kept = 0;
    uint8_t *out = dt_calloc(n + 1, 1);
    dt_status st = order && out && dt_grow(&val->records, &val->capacity, n + 1, sizeof *val->records) == 0
                       ? DT_OK
                       : dt_fail_memory(err, n * sizeof *val->records, "a split");
    if (st == DT_OK) {
        draw_held_out(d, fraction, order, out);
        for (size_t i = 0; i < n; i++)
            if (out[i])
                val->records[val->count++] = train->records[i];
            else
                train->records[kept++] = train->records[i];
        train->count = kept;
    }
    dt_free(order);
    dt_free(out);
    return st;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static dt_status read_folder(dt_run_classes *d, double fraction, dt_error *err)
{
    int any = 0;
    for (int i = 0; i < SPLITS; i++)
        any |= has_classes(d->path, split_names[i]);
    d->without_splits = !any;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < (any ? SPLITS : 1); i++) {
            char *dir = any ? dt_path_join(d->path, split_names[i]) : dt_strdup(d->path);
            dt_status st = !dir                     ? dt_fail_memory(err, 64, "a path")
                           : any && !dt_is_dir(dir) ? DT_OK
                           : pass == 0              ? add_names(d, dir, err)
                                                    : add_split(d, &d->splits[i], dir, err);
            dt_free(dir);
            if (st != DT_OK) return st;
        }
        if (pass == 0) qsort(d->names.items, d->names.count, sizeof *d->names.items, compare_names);
    }
    return any ? DT_OK : hold_out(d, fraction, err);
}

/* ---- CIFAR-10 and MNIST: whole files in memory, pixels left where they are ---- */

static dt_status read_binary(dt_run_classes *d, const char *dir, const char *name, const uint8_t **data,
                             size_t *size, dt_error *err)
{
    enum { MAX_FILE = 1 << 30 };
    char *path = dt_path_join(dir, name), *bytes = NULL;
    dt_status st = path ? dt_file_read(path, MAX_FILE, &bytes, size, err) : dt_fail_memory(err, 64, "a path");
    dt_free(path);
    if (st == DT_OK) d->memory[d->memory_count++] = bytes;
    *data = (const uint8_t *)bytes;
    return st;
}

static dt_status cifar_names(dt_run_classes *d, const char *dir, dt_error *err)
{
    static const char *const names[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                        "dog",      "frog",       "horse", "ship", "truck"};
    const uint8_t *text = NULL;
    size_t size = 0;
    if (!has(dir, "batches.meta.txt")) {
        for (int i = 0; i < 10; i++)
            DT_TRY(dt_names_add(&d->names, names[i], err));
        return DT_OK;
    }
    DT_TRY(read_binary(d, dir, "batches.meta.txt", &text, &size, err));
    for (const char *p = (const char *)text; *p;) {
        size_t n = strcspn(p, "\r\n");
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)(n < 63 ? n : 63), p);
        if (n > 0) DT_TRY(dt_names_add(&d->names, name, err));
        p += n + strspn(p + n, "\r\n");
    }
    return d->names.count > 0 ? DT_OK
                              : dt_fail(err, DT_ERR_FORMAT, "%s/batches.meta.txt: no class name", dir);
}

static dt_status cifar_file(dt_run_classes *d, dt_class_split *s, const char *dir, const char *name,
                            dt_error *err)
{
    enum { SIDE = 32, ROW = 1 + 3 * SIDE * SIDE };
    const uint8_t *data = NULL;
    size_t size = 0;
    DT_TRY(read_binary(d, dir, name, &data, &size, err));
    if (size == 0 || size % ROW != 0)
        return dt_fail(err, DT_ERR_FORMAT, "%s/%s: %zu bytes are no whole number of rows of %d", dir, name,
                       size, ROW);
    for (size_t i = 0; i < size / ROW; i++) {
        const uint8_t *row = data + i * ROW;
        if (row[0] >= d->names.count)
            return dt_fail(err, DT_ERR_FORMAT, "%s/%s: row %zu: class %d of %zu", dir, name, i, row[0],
                           d->names.count);
        DT_TRY(add_record(s,
                          (dt_class_record){.path = dt_format("%s/%s:%zu", dir, name, i),
                                            .pixels = row + 1,
                                            .cls = row[0],
                                            .width = SIDE,
                                            .height = SIDE,
                                            .planes = 3},
                          err));
    }
    return DT_OK;
}

static dt_status read_cifar(dt_run_classes *d, const char *dir, dt_error *err)
{
    DT_TRY(cifar_names(d, dir, err));
    for (int i = 1; i <= 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "data_batch_%d.bin", i);
        if (i == 1 || has(dir, name)) DT_TRY(cifar_file(d, &d->splits[TRAIN], dir, name, err));
    }
    return has(dir, "test_batch.bin") ? cifar_file(d, &d->splits[VAL], dir, "test_batch.bin", err) : DT_OK;
}

static size_t big_endian(const uint8_t *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

static dt_status mnist_file(dt_run_classes *d, dt_class_split *s, const char *dir, const char *part,
                            dt_error *err)
{
    enum { IMAGES = 0x803, LABELS = 0x801 };
    char image_name[64], label_name[64];
    const uint8_t *images = NULL, *labels = NULL;
    size_t image_size = 0, label_size = 0;
    snprintf(image_name, sizeof image_name, "%s-images-idx3-ubyte", part);
    snprintf(label_name, sizeof label_name, "%s-labels-idx1-ubyte", part);
    DT_TRY(read_binary(d, dir, image_name, &images, &image_size, err));
    DT_TRY(read_binary(d, dir, label_name, &labels, &label_size, err));
    if (image_size < 16 || big_endian(images) != IMAGES)
        return dt_fail(err, DT_ERR_FORMAT, "%s/%s: not an idx3 file of bytes", dir, image_name);
    if (label_size < 8 || big_endian(labels) != LABELS)
        return dt_fail(err, DT_ERR_FORMAT, "%s/%s: not an idx1 file of bytes", dir, label_name);
    size_t n = big_endian(images + 4), h = big_endian(images + 8), w = big_endian(images + 12);
    if (w < 1 || h < 1 || w > 4096 || h > 4096 || (image_size - 16) / (w * h) != n ||
        (image_size - 16) % (w * h) != 0)
        return dt_fail(err, DT_ERR_FORMAT, "%s/%s: %zu pictures of %zux%zu in %zu bytes", dir, image_name, n,
                       w, h, image_size);
    if (big_endian(labels + 4) != n || label_size - 8 != n)
        return dt_fail(err, DT_ERR_FORMAT, "%s/%s: not a label for each of the %zu pictures", dir, label_name,
                       n);
    for (size_t i = 0; i < n; i++) {
        if (labels[8 + i] >= d->names.count)
            return dt_fail(err, DT_ERR_FORMAT, "%s/%s: entry %zu: class %d of %zu", dir, label_name, i,
                           labels[8 + i], d->names.count);
        DT_TRY(add_record(s,
                          (dt_class_record){.path = dt_format("%s/%s:%zu", dir, image_name, i),
                                            .pixels = images + 16 + i * w * h,
                                            .cls = labels[8 + i],
                                            .width = (int)w,
                                            .height = (int)h,
                                            .planes = 1},
                          err));
    }
    return DT_OK;
}

static dt_status read_mnist(dt_run_classes *d, const char *dir, dt_error *err)
{
    for (int i = 0; i < 10; i++) {
        const char digit[] = {(char)('0' + i), '\0'};
        DT_TRY(dt_names_add(&d->names, digit, err));
    }
    DT_TRY(mnist_file(d, &d->splits[TRAIN], dir, "train", err));
    return has(dir, "t10k-images-idx3-ubyte") ? mnist_file(d, &d->splits[VAL], dir, "t10k", err) : DT_OK;
}

/* ---- sets and splits ---- */

dt_status dt_run_classes_read(const char *path, double val_fraction, dt_run_classes *d, dt_error *err)
{
    *d = (dt_run_classes){.path = path};
    for (int i = 0; i < SPLITS; i++)
        d->splits[i].name = split_names[i];
    const char *cifar = after(path, cifar_prefix), *mnist = after(path, mnist_prefix);
    d->kind = cifar ? DT_CLASSES_CIFAR10 : mnist ? DT_CLASSES_MNIST : DT_CLASSES_FOLDER;
    DT_TRY(cifar   ? read_cifar(d, cifar, err)
           : mnist ? read_mnist(d, mnist, err)
                   : read_folder(d, val_fraction, err));
    for (int i = 0; i < SPLITS; i++) {
        dt_class_split *s = &d->splits[i];
        s->bad = dt_calloc((size_t)s->count + 1, 1);
        if (!s->bad) return dt_fail_memory(err, (size_t)s->count + 1, "a split");
    }
    return DT_OK;
}

void dt_run_classes_free(dt_run_classes *d)
{
    for (int i = 0; i < SPLITS; i++) {
        dt_class_split *s = &d->splits[i];
        for (int64_t k = 0; k < s->count; k++)
            dt_free(s->records[k].path);
        dt_free(s->records);
        dt_free(s->bad);
    }
    for (int i = 0; i < d->memory_count; i++)
        dt_free(d->memory[i]);
    dt_names_free(&d->names);
    *d = (dt_run_classes){0};
}

dt_class_split *dt_run_classes_split(dt_run_classes *d, const char *name, dt_error *err)
{
    char have[64] = "";
    for (int i = 0; i < SPLITS; i++) {
        dt_class_split *s = &d->splits[i];
        /* CIFAR-10 and MNIST have one part beside train: it goes by both names */
        const char *also = d->kind != DT_CLASSES_FOLDER && i == VAL ? "test" : s->name;
        if (s->count > 0 && (strcmp(s->name, name) == 0 || strcmp(also, name) == 0)) return s;
        if (s->count > 0) snprintf(have + strlen(have), sizeof have - strlen(have), " %s", s->name);
    }
    dt_fail(err, DT_ERR_NOT_FOUND, "%s: no picture in the split '%s'%s%s", d->path, name,
            *have ? "; there are:" : "", have);
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
    dt_class_split *s = self;
    const dt_class_record *r = &s->records[index];
    dt_status st =
        r->pixels ? from_planes(r, &out->image, err) : dt_image_load(r->path, NULL, &out->image, NULL, err);
    out->cls = r->cls;
    if (st == DT_OK || st == DT_ERR_MEMORY || !s->tolerant) return st;
    s->bad[index] = 1;
    *err = (dt_error){0};
    DT_TRY(dt_image_create(&out->image, 1, 1, 3, err));
    memset(out->image.data, 0, 3);
    return DT_OK;
}

dt_source dt_class_split_as_source(dt_class_split *s)
{
    return (dt_source){.count = s->count, .load = load, .self = s};
}

uint64_t dt_class_split_hash(const dt_run_classes *d, const dt_class_split *s, uint64_t before)
{
    uint64_t hash = before;
    for (size_t i = 0; i < d->names.count; i++) {
        const uint64_t both[] = {hash, dt_hash64(d->names.items[i], strlen(d->names.items[i]))};
        hash = dt_hash64(both, sizeof both);
    }
    for (int64_t i = 0; i < s->count; i++) {
        const dt_class_record *r = &s->records[i];
        const char *name = dt_path_base(r->path);
        size_t pixels = (size_t)r->width * (size_t)r->height * (size_t)r->planes;
        const uint64_t all[] = {hash, (uint64_t)r->cls, dt_hash64(name, strlen(name)),
                                r->pixels ? dt_hash64(r->pixels, pixels) : 0};
        hash = dt_hash64(all, sizeof all);
    }
    return hash;
}
