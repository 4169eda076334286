#include "tools/infer_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/mem.h"
#include "core/str.h"
#include "core/strmap.h"
#include "datasets/image/image.h"

static dt_status add_folder(const char *dir, dt_names *files, dt_error *err)
{
    dt_names names;
    DT_TRY(dt_dir_list(dir, &names, err));
    size_t before = files->count;
    dt_status st = DT_OK;
    for (size_t i = 0; i < names.count && st == DT_OK; i++) {
        if (!dt_image_has_extension(names.items[i])) continue;
        char *path = dt_path_join(dir, names.items[i]);
        if (!path)
            st = dt_fail_memory(err, strlen(dir), "a path");
        else if (dt_is_file(path))
            st = dt_names_add(files, path, err);
        dt_free(path);
    }
    dt_names_free(&names);
    if (st == DT_OK && files->count == before)
        st = dt_fail(err, DT_ERR_NOT_FOUND, "%s: no image in this folder (.jpg, .jpeg, .png)", dir);
    return st;
}

dt_status dt_infer_collect(const char *const *operands, int count, dt_names *files, dt_error *err)
{
    *files = (dt_names){0};
    dt_status st = DT_OK;
    int there = 0;
    for (int i = 0; i < count && st == DT_OK; i++) {
        if (dt_is_dir(operands[i]))
            st = add_folder(operands[i], files, err);
        else
            st = dt_names_add(files, operands[i], err);
        there |= dt_is_dir(operands[i]) || dt_is_file(operands[i]);
    }
    if (st == DT_OK && !there) st = dt_fail(err, DT_ERR_NOT_FOUND, "%s: no such file or folder", operands[0]);
    if (st != DT_OK) dt_names_free(files);
    return st;
}

static char *target_path(const char *dir, const char *file, const char *extension, int number)
{
    char *stem = dt_path_stem(file), *path = NULL;
    const char *ext = extension ? extension : dt_image_has_extension(file) ? dt_path_extension(file) : ".jpg";
    if (stem && number == 1) path = dt_format("%s/%s%s", dir, stem, ext);
    if (stem && number > 1) path = dt_format("%s/%s_%d%s", dir, stem, number, ext);
    dt_free(stem);
    return path;
}

dt_status dt_infer_targets(const dt_names *files, const char *dir, const char *extension, dt_names *targets,
                           dt_error *err)
{
    *targets = (dt_names){0};
    dt_strmap taken = {0}; /* its keys are the texts in targets */
    dt_status st = DT_OK;
    for (size_t i = 0; i < files->count && st == DT_OK; i++) {
        char *path = target_path(dir, files->items[i], extension, 1);
        for (int number = 2; path && dt_strmap_get(&taken, path, 0); number++) {
            dt_free(path);
            path = target_path(dir, files->items[i], extension, number);
        }
        st = path ? dt_names_add(targets, path, err) : dt_fail_memory(err, strlen(dir), "a path");
        dt_free(path);
        if (st == DT_OK && dt_strmap_add(&taken, targets->items[i], 1) < 0)
            st = dt_fail_memory(err, sizeof taken, "the list of names");
    }
    dt_strmap_free(&taken);
    if (st != DT_OK) dt_names_free(targets);
    return st;
}

/* A file that exists, whatever name it goes by. */
typedef struct file_id {
    dev_t dev;
    ino_t ino;
    const char *input; /* the operand on whose behalf it is protected */
} file_id;

static int by_id(const void *a, const void *b)
{
    const file_id *x = a, *y = b;
    if (x->dev != y->dev) return x->dev < y->dev ? -1 : 1;
    return (x->ino > y->ino) - (x->ino < y->ino);
}

static int get_id(const char *path, file_id *id)
{
    struct stat s;
    if (stat(path, &s) != 0) return 0;
    id->dev = s.st_dev;
    id->ino = s.st_ino;
    return 1;
}

/* The input and, in either of the places that YOLO data sets have for them, its label. */
static dt_status add_protected(const char *input, file_id *ids, size_t *count, dt_error *err)
{
    char *dir = dt_path_dir(input), *stem = dt_path_stem(input);
    char *labels[] = {dir && stem ? dt_format("%s/../labels/%s.txt", dir, stem) : NULL,
                      dir && stem ? dt_format("%s/%s.txt", dir, stem) : NULL};
    dt_status st = labels[0] && labels[1] ? DT_OK : dt_fail_memory(err, strlen(input), "a path");
    const char *const paths[] = {input, labels[0], labels[1]};
    for (int i = 0; i < 3 && st == DT_OK; i++) {
        ids[*count].input = input;
        *count += (size_t)get_id(paths[i], &ids[*count]);
    }
    for (int i = 0; i < 2; i++)
        dt_free(labels[i]);
    dt_free(dir);
    dt_free(stem);
    return st;
}

dt_status dt_infer_check_targets(const dt_names *files, const dt_names *targets, dt_error *err)
{
    if (files->count == 0 || targets->count == 0) return DT_OK;
    file_id *ids = dt_calloc(files->count, 3 * sizeof *ids);
    if (!ids) return dt_fail_memory(err, files->count * 3 * sizeof *ids, "the list of inputs");
    size_t count = 0;
    dt_status st = DT_OK;
    for (size_t i = 0; i < files->count && st == DT_OK; i++)
        st = add_protected(files->items[i], ids, &count, err);
    qsort(ids, count, sizeof *ids, by_id);
    for (size_t i = 0; i < targets->count && st == DT_OK; i++) {
        file_id key;
        if (!get_id(targets->items[i], &key)) continue;
        const file_id *hit = bsearch(&key, ids, count, sizeof *ids, by_id);
        if (hit)
            st = dt_fail(err, DT_ERR_ARG,
                         "%s is an input (%s) or its label and would be written over; choose another --out",
                         targets->items[i], hit->input);
    }
    dt_free(ids);
    return st;
}
