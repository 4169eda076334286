/* MNIST and what comes in its files: idx, four big-endian bytes a number (yann.lecun.com/exdb/mnist). */
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "datasets/classes/class_parts.h"

enum { IMAGES = 0x803, LABELS = 0x801 }; /* bytes in 3 and in 1 dimensions */

static const char *const folders[] = {"raw", "MNIST/raw", "FashionMNIST/raw", "KMNIST/raw"};
enum { FOLDERS = sizeof folders / sizeof *folders };

/* 1 and the path of dir/PART-KIND in one of the spellings in use. */
static int find_file(const char *dir, const char *part, const char *kind, char found[PATH_MAX])
{
    for (int dotted = 0; dotted < 2; dotted++)
        for (int packed = 0; packed < 2; packed++) {
            char name[32];
            snprintf(name, sizeof name, "%s", kind);
            char *dash = strchr(name, '-');
            if (dotted && dash) *dash = '.'; /* train-images.idx3-ubyte */
            if (snprintf(found, PATH_MAX, "%s/%s-%s-ubyte%s", dir, part, name, packed ? ".gz" : "") <
                    PATH_MAX &&
                dt_is_file(found))
                return 1;
        }
    return 0;
}

/* 1 and the folder with the files of `train`. */
static int find_folder(const char *dir, char found[PATH_MAX])
{
    char file[PATH_MAX];
    for (int i = -1; i < FOLDERS; i++) {
        int n = i < 0 ? snprintf(found, PATH_MAX, "%s", dir)
                      : snprintf(found, PATH_MAX, "%s/%s", dir, folders[i]);
        if (n < PATH_MAX && find_file(found, "train", "images-idx3", file)) return 1;
    }
    return 0;
}

int dt_class_is_mnist(const char *dir)
{
    char found[PATH_MAX];
    return find_folder(dir, found);
}

static size_t big_endian(const uint8_t *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

static dt_status check_head(const char *file, const uint8_t *data, size_t size, size_t magic, size_t head,
                            dt_error *err)
{
    if (size < head)
        return dt_fail(err, DT_ERR_FORMAT, "%s: %zu bytes are too few for the head of an idx file", file,
                       size);
    if (big_endian(data) != magic)
        return dt_fail(err, DT_ERR_FORMAT, "%s: magic number 0x%08zx, but it is 0x%08zx for %s", file,
                       big_endian(data), magic,
                       magic == IMAGES ? "pictures (idx3, bytes)" : "labels (idx1, bytes)");
    return DT_OK;
}

dt_status dt_class_idx_pair(dt_class_split *split, const char *image_file, const uint8_t *images,
                            size_t image_size, const char *label_file, const uint8_t *labels,
                            size_t label_size, dt_error *err)
{
    enum { IMAGE_HEAD = 16, LABEL_HEAD = 8, LARGEST = 4096 };
    DT_TRY(check_head(image_file, images, image_size, IMAGES, IMAGE_HEAD, err));
    DT_TRY(check_head(label_file, labels, label_size, LABELS, LABEL_HEAD, err));
    const size_t n = big_endian(images + 4), h = big_endian(images + 8), w = big_endian(images + 12),
                 stated = big_endian(labels + 4);
    if (w < 1 || h < 1 || w > LARGEST || h > LARGEST)
        return dt_fail(err, DT_ERR_FORMAT, "%s: pictures of %zu x %zu pixels; sides are 1 to %d", image_file,
                       w, h, LARGEST);
    if (n > (SIZE_MAX - IMAGE_HEAD) / (w * h) || image_size != IMAGE_HEAD + n * w * h)
        return dt_fail(err, DT_ERR_FORMAT, "%s: %zu bytes, but %zu pictures of %zu x %zu take %.0f",
                       image_file, image_size, n, w, h, IMAGE_HEAD + (double)n * (double)(w * h));
    if (label_size != LABEL_HEAD + stated)
        return dt_fail(err, DT_ERR_FORMAT, "%s: %zu bytes, but %zu labels take %zu", label_file, label_size,
                       stated, LABEL_HEAD + stated);
    if (stated != n)
        return dt_fail(err, DT_ERR_FORMAT, "%s: %zu labels for the %zu pictures of %s", label_file, stated, n,
                       image_file);
    for (size_t i = 0; i < n; i++)
        DT_TRY(dt_class_add(split,
                            (dt_class_record){.file = image_file,
                                              .pixels = images + IMAGE_HEAD + i * w * h,
                                              .row = (int64_t)i,
                                              .cls = labels[LABEL_HEAD + i],
                                              .width = (int32_t)w,
                                              .height = (int32_t)h,
                                              .planes = 1},
                            err));
    return DT_OK;
}

/* A file that belongs to the set, and its content. */
static dt_status read_part(dt_class_set *set, const char *dir, const char *part, const char *kind,
                           const char **file, const uint8_t **data, size_t *size, dt_error *err)
{
    char path[PATH_MAX];
    if (!find_file(dir, part, kind, path))
        return dt_fail(err, DT_ERR_NOT_FOUND, "%s: no %s-%s-ubyte, with or without .gz", dir, part, kind);
    *file = dt_arena_text(&set->texts, path);
    if (!*file) return dt_fail_memory(err, strlen(dir), "a path");
    return dt_class_read(set, *file, data, size, err);
}

static dt_status read_split(dt_class_set *set, dt_class_split *split, const char *dir, const char *part,
                            dt_error *err)
{
    const char *image_file = NULL, *label_file = NULL;
    const uint8_t *images = NULL, *labels = NULL;
    size_t image_size = 0, label_size = 0;
    DT_TRY(read_part(set, dir, part, "images-idx3", &image_file, &images, &image_size, err));
    DT_TRY(read_part(set, dir, part, "labels-idx1", &label_file, &labels, &label_size, err));
    return dt_class_idx_pair(split, image_file, images, image_size, label_file, labels, label_size, err);
}

/* 0 to 9, and further where labels do. */
static dt_status add_numbers(dt_class_set *set, dt_error *err)
{
    int32_t largest = 9;
    for (int i = 0; i < DT_CLASS_SPLITS; i++)
        for (int64_t k = 0; k < set->splits[i].count; k++)
            if (set->splits[i].records[k].cls > largest) largest = set->splits[i].records[k].cls;
    for (int32_t i = 0; i <= largest; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        DT_TRY(dt_names_add(&set->names, number, err));
    }
    return DT_OK;
}

static dt_status add_fashion(dt_class_set *set, dt_error *err)
{
    static const char *const names[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                        "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
    for (int i = 0; i < 10; i++)
        DT_TRY(dt_names_add(&set->names, names[i], err));
    for (int i = 0; i < DT_CLASS_SPLITS; i++)
        for (int64_t k = 0; k < set->splits[i].count; k++)
            if (set->splits[i].records[k].cls > 9)
                return dt_fail(err, DT_ERR_FORMAT,
                               "%s: picture %lld: label %d, but Fashion-MNIST has classes 0 to 9",
                               set->splits[i].records[k].file, (long long)k, set->splits[i].records[k].cls);
    return DT_OK;
}

static dt_status read_all(const char *dir, int fashion, dt_class_set *set, dt_error *err)
{
    DT_TRY(read_split(set, &set->splits[CLASS_TRAIN], dir, "train", err));
    char test[PATH_MAX];
    if (find_file(dir, "t10k", "images-idx3", test) || find_file(dir, "t10k", "labels-idx1", test))
        DT_TRY(read_split(set, &set->splits[CLASS_VAL], dir, "t10k", err));
    return fashion ? add_fashion(set, err) : add_numbers(set, err);
}

dt_status dt_class_open_mnist(const char *dir, int fashion, dt_class_set *set, dt_error *err)
{
    char found[PATH_MAX];
    if (find_folder(dir, found)) return read_all(found, fashion, set, err);
    return dt_fail(err, DT_ERR_NOT_FOUND,
                   "%s: no train-images-idx3-ubyte, with or without .gz, there or in raw/", dir);
}
