/* CIFAR-10 and CIFAR-100, binary version: rows of label bytes and 3 x 32 x 32 pixels. */
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "datasets/classes/class_parts.h"

enum { SIDE = 32, PIXELS = 3 * SIDE * SIDE };

static const char *const cifar10_folders[] = {"cifar-10-batches-bin"}, *const cifar100_folders[] = {
                                                                           "cifar-100-binary"};

int dt_class_is_cifar10(const char *dir)
{
    char found[PATH_MAX];
    return dt_class_find_folder(dir, cifar10_folders, 1, "data_batch_1.bin", found);
}

/* train.bin alone could be anything's. */
int dt_class_is_cifar100(const char *dir)
{
    char found[PATH_MAX];
    return dt_class_find_folder(dir, cifar100_folders, 1, "fine_label_names.txt", found) &&
           dt_class_has(found, "train.bin");
}

dt_status dt_class_cifar_rows(dt_class_set *set, dt_class_split *split, const char *file, dt_cifar_row row,
                              const uint8_t *data, size_t size, dt_error *err)
{
    const size_t bytes = (size_t)row.labels + PIXELS;
    if (size == 0 || size % bytes != 0)
        return dt_fail(err, DT_ERR_FORMAT,
                       "%s: %zu bytes are not rows of %zu (%d of labels and 3 x 32 x 32 pixels): the file is "
                       "cut off, or "
                       "not the binary version",
                       file, size, bytes, row.labels);
    for (size_t i = 0; i < size / bytes; i++) {
        const uint8_t *at = data + i * bytes;
        if (at[row.label] >= set->names.count)
            return dt_fail(err, DT_ERR_FORMAT,
                           "%s: picture %zu, byte %zu: label %d, but classes are 0 to %zu", file, i,
                           i * bytes + (size_t)row.label, at[row.label], set->names.count - 1);
        DT_TRY(dt_class_add(split,
                            (dt_class_record){.file = file,
                                              .pixels = at + row.labels,
                                              .row = (int64_t)i,
                                              .cls = at[row.label],
                                              .width = SIDE,
                                              .height = SIDE,
                                              .planes = 3},
                            err));
    }
    return DT_OK;
}

static dt_status add_file(dt_class_set *set, dt_class_split *split, const char *dir, const char *name,
                          dt_cifar_row row, dt_error *err)
{
    char *path = dt_path_join(dir, name);
    const char *file = path ? dt_arena_text(&set->texts, path) : NULL;
    dt_free(path);
    if (!file) return dt_fail_memory(err, strlen(dir), "a path");
    const uint8_t *data;
    size_t size;
    DT_TRY(dt_class_read(set, file, &data, &size, err));
    return dt_class_cifar_rows(set, split, file, row, data, size, err);
}

/* The names in dir/file, or these, or numbers. */
static dt_status add_names(dt_class_set *set, const char *dir, const char *file, const char *const *names,
                           size_t count, dt_error *err)
{
    if (dt_class_has(dir, file)) {
        char *path = dt_path_join(dir, file);
        dt_status st =
            path ? dt_class_read_names(set, path, err) : dt_fail_memory(err, strlen(dir), "a path");
        if (st == DT_OK && set->names.count != count)
            st = dt_fail(err, DT_ERR_FORMAT, "%s: %zu class names, not %zu", path, set->names.count, count);
        dt_free(path);
        return st;
    }
    for (size_t i = 0; i < count; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i);
        DT_TRY(dt_names_add(&set->names, names ? names[i] : number, err));
    }
    return DT_OK;
}

static dt_status not_there(const char *dir, const char *file, const char *archive, const char *python,
                           dt_error *err)
{
    int pickled = dt_class_has(dir, python);
    return dt_fail(err, DT_ERR_NOT_FOUND, "%s: no %s%s: the binary version is %s", dir, file,
                   pickled ? " (this is the Python version, whose pickles are not read)" : "", archive);
}

/* A batch that is not there though a later one is. */
static dt_status report_gap(const char *dir, const char *name, const char *later, dt_findings *findings,
                            dt_error *err)
{
    char *path = dt_path_join(dir, name);
    if (!path) return dt_fail_memory(err, strlen(dir), "a path");
    dt_status st = dt_findings_add(
        findings, &(dt_finding){.severity = DT_WARNING, .rule = "image-missing", .file = path, .object = -1},
        err, "the file is not there, although %s is", later);
    dt_free(path);
    return st;
}

static dt_status read_cifar10(const char *dir, dt_class_set *set, dt_findings *findings, dt_error *err)
{
    static const char *const names[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                        "dog",      "frog",       "horse", "ship", "truck"};
    const dt_cifar_row row = {1, 0};
    DT_TRY(add_names(set, dir, "batches.meta.txt", names, 10, err));
    char names_of[5][32];
    int last = 0;
    for (int i = 0; i < 5; i++) {
        snprintf(names_of[i], sizeof names_of[i], "data_batch_%d.bin", i + 1);
        if (dt_class_has(dir, names_of[i])) last = i;
    }
    for (int i = 0; i <= last; i++)
        DT_TRY(i == 0 || dt_class_has(dir, names_of[i])
                   ? add_file(set, &set->splits[CLASS_TRAIN], dir, names_of[i], row, err)
                   : report_gap(dir, names_of[i], names_of[last], findings, err));
    if (!dt_class_has(dir, "test_batch.bin")) return DT_OK;
    return add_file(set, &set->splits[CLASS_VAL], dir, "test_batch.bin", row, err);
}

dt_status dt_class_open_cifar10(const char *dir, dt_class_set *set, dt_findings *findings, dt_error *err)
{
    char found[PATH_MAX];
    if (dt_class_find_folder(dir, cifar10_folders, 1, "data_batch_1.bin", found))
        return read_cifar10(found, set, findings, err);
    const char *python = dt_class_has(dir, "cifar-10-batches-py") ? "cifar-10-batches-py" : "data_batch_1";
    return not_there(dir, "data_batch_1.bin", "cifar-10-binary.tar.gz", python, err);
}

dt_status dt_class_open_cifar100(const char *dir, int coarse, dt_class_set *set, dt_error *err)
{
    const dt_cifar_row row = {2, coarse ? 0 : 1};
    char found[PATH_MAX];
    if (!dt_class_find_folder(dir, cifar100_folders, 1, "train.bin", found)) {
        const char *python = dt_class_has(dir, "cifar-100-python") ? "cifar-100-python" : "train";
        return not_there(dir, "train.bin", "cifar-100-binary.tar.gz", python, err);
    }
    DT_TRY(add_names(set, found, coarse ? "coarse_label_names.txt" : "fine_label_names.txt", NULL,
                     coarse ? 20 : 100, err));
    DT_TRY(add_file(set, &set->splits[CLASS_TRAIN], found, "train.bin", row, err));
    if (!dt_class_has(found, "test.bin")) return DT_OK;
    return add_file(set, &set->splits[CLASS_VAL], found, "test.bin", row, err);
}
