/* A set as YOLO folders: images/<split>, labels/<split>, ignore/<split>, data.yaml. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "datasets/convert.h"
#include "datasets/yolo.h"

enum { GRAIN = 64 };

typedef struct plan {
    const dt_dataset *set;
    const dt_convert_opts *opts;
    const char *root, *split, *here; /* here: the current folder, for links to relative paths */
    size_t first;
    const char **stems;    /* of the split's records; NULL: not written */
    dt_output_list *files; /* one a chunk */
    dt_error *errors;
} plan;

static dt_status put_image(const plan *p, dt_output_list *files, const char *image, const char *path,
                           dt_error *err)
{
    enum { MAX_IMAGE_BYTES = 1 << 30 };
    if (p->opts->images == DT_IMAGES_COPY) {
        char *data;
        size_t size;
        DT_TRY(dt_file_read(image, MAX_IMAGE_BYTES, &data, &size, err));
        dt_status st = dt_output_write(files, p->root, path, data, size, err);
        dt_free(data);
        return st;
    }
    char *full = dt_path_join(p->root, path), *target = dt_path_join(p->here, image);
    dt_status st = !full || !target ? dt_fail_memory(err, strlen(path), "a path")
                   : symlink(target, full) != 0
                       ? dt_fail(err, DT_ERR_IO, "%s: cannot be linked: %s", full, strerror(errno))
                       : dt_output_add(files, path, target, NULL, err);
    dt_free(full);
    dt_free(target);
    return st;
}

static dt_status put_rows(const plan *p, dt_output_list *files, const dt_record *r, int ignored,
                          const char *path, dt_error *err)
{
    double w = r->real_width ? r->real_width : r->width, h = r->real_height ? r->real_height : r->height;
    /* The raw rule writes what the usual script writes, byte for byte; the others at least six decimals. */
    int decimals = p->opts->voc_rule == DT_VOC_RAW ? 0 : 6;
    dt_str text = {0};
    for (size_t i = 0; i < r->count; i++) {
        const dt_object *o = &p->set->objects[r->first + i];
        if (o->ignore == ignored)
            dt_yolo_write_row(&text, o->cls + p->opts->class_base, dt_dataset_box(p->set, o, w, h), w, h,
                              decimals);
    }
    dt_status st = DT_OK;
    if (text.failed)
        st = dt_fail_memory(err, text.len, "a label file");
    else if (text.len || !ignored)
        st = dt_output_write(files, p->root, path, text.data ? text.data : "", text.len, err);
    dt_str_free(&text);
    return st;
}

static dt_status put_record(const plan *p, dt_output_list *files, size_t i, dt_error *err)
{
    const dt_record *r = &p->set->records[p->first + i];
    const char *stem = p->stems[i];
    if (!stem) return DT_OK;
    char *label = dt_format("labels/%s/%s.txt", p->split, stem),
         *ignored = dt_format("ignore/%s/%s.txt", p->split, stem);
    char *image = r->image ? dt_format("images/%s/%s%s", p->split, stem, dt_path_extension(r->image)) : NULL;
    dt_status st =
        label && ignored && (image || !r->image) ? DT_OK : dt_fail_memory(err, strlen(stem), "a path");
    if (st == DT_OK && image && p->opts->images != DT_IMAGES_NONE)
        st = put_image(p, files, r->image, image, err);
    if (st == DT_OK) st = put_rows(p, files, r, 0, label, err);
    if (st == DT_OK) st = put_rows(p, files, r, 1, ignored, err);
    dt_free(label);
    dt_free(ignored);
    dt_free(image);
    return st;
}

static void put_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    plan *p = arg;
    int64_t chunk = begin / GRAIN;
    (void)worker;
    for (int64_t i = begin; i < end && p->errors[chunk].status == DT_OK; i++)
        put_record(p, &p->files[chunk], (size_t)i, &p->errors[chunk]);
}

/* Stems of a split's label files, each once: the second "a" becomes "a_2". */
static dt_status choose_stems(const plan *p, size_t count, dt_arena *texts, dt_convert_report *report,
                              dt_error *err)
{
    dt_strmap taken = {0};
    dt_status st = DT_OK;
    for (size_t i = 0; i < count && st == DT_OK; i++) {
        const dt_record *r = &p->set->records[p->first + i];
        if (p->opts->images != DT_IMAGES_NONE && (!r->image || r->unreadable)) {
            report->skipped++;
            continue;
        }
        char *stem = dt_path_stem(r->label ? r->label : r->image);
        const char *chosen = stem ? dt_arena_text(texts, stem) : NULL;
        for (int turn = 2; chosen && dt_strmap_get(&taken, chosen, -1) >= 0; turn++) {
            char *other = dt_format("%s_%d", stem, turn);
            chosen = other ? dt_arena_text(texts, other) : NULL;
            dt_free(other);
        }
        if (!chosen || dt_strmap_add(&taken, chosen, (int64_t)i) < 0)
            st = dt_fail_memory(err, taken.count, "file names");
        else if (strcmp(chosen, stem) != 0)
            st = dt_findings_add(
                &report->findings,
                &(dt_finding){.severity = DT_NOTE, .rule = "stem-twice", .file = r->label, .object = -1}, err,
                "written as %s: the name is taken in the split '%s'", chosen, p->split);
        p->stems[i] = chosen;
        report->images++;
        report->backgrounds += r->count == 0;
        dt_free(stem);
    }
    dt_strmap_free(&taken);
    return st;
}

static dt_status make_folders(const plan *p, size_t first, size_t count, dt_error *err)
{
    int any_ignored = 0;
    for (size_t i = 0; i < count; i++) {
        const dt_record *r = &p->set->records[first + i];
        for (size_t k = 0; k < r->count; k++)
            any_ignored |= p->set->objects[r->first + k].ignore;
    }
    static const char *const folders[3] = {"images", "labels", "ignore"};
    for (int i = 0; i < 2 + any_ignored; i++) {
        char *path = dt_format("%s/%s/%s", p->root, folders[i], p->split);
        dt_status st = path ? dt_mkdirs(path, err) : dt_fail_memory(err, strlen(p->root), "a path");
        dt_free(path);
        DT_TRY(st);
    }
    return DT_OK;
}

static dt_status put_split(plan *p, size_t count, dt_pool *pool, dt_output_list *files,
                           dt_convert_report *report, dt_error *err)
{
    size_t chunks = (count + GRAIN - 1) / GRAIN;
    dt_arena texts = {0};
    DT_TRY(make_folders(p, p->first, count, err));
    p->stems = dt_calloc(count, sizeof *p->stems);
    p->files = dt_calloc(chunks, sizeof *p->files);
    p->errors = dt_calloc(chunks, sizeof *p->errors);
    dt_status st = p->stems && p->files && p->errors
                       ? choose_stems(p, count, &texts, report, err)
                       : dt_fail_memory(err, count * sizeof *p->stems, "file names");
    if (st == DT_OK) dt_parallel(pool, (int64_t)count, GRAIN, put_chunk, p);
    for (size_t i = 0; i < chunks && p->files && p->errors; i++) {
        dt_output_list *part = &p->files[i];
        if (st == DT_OK && p->errors[i].status != DT_OK)
            st = dt_fail(err, p->errors[i].status, "%s", p->errors[i].text);
        if (st == DT_OK &&
            dt_grow(&files->items, &files->capacity, files->count + part->count, sizeof *part->items) != 0)
            st = dt_fail_memory(err, part->count * sizeof *part->items, "a list of files");
        if (st == DT_OK && part->count) {
            memcpy(files->items + files->count, part->items, part->count * sizeof *part->items);
            files->count += part->count;
            dt_arena_adopt(&files->texts, &part->texts);
        }
        dt_output_free(part);
    }
    dt_free(p->stems);
    dt_free(p->files);
    dt_free(p->errors);
    dt_arena_free(&texts);
    return st;
}

dt_status dt_yolo_write(const dt_dataset *set, const dt_convert_opts *opts, const char *root, dt_pool *pool,
                        dt_output_list *files, dt_convert_report *report, dt_error *err)
{
    dt_str yaml = {0};
    char *here = getcwd(NULL, 0);
    plan p = {.set = set, .opts = opts, .root = root, .here = here ? here : "/"};
    dt_status st = DT_OK;
    for (size_t s = 0; s < set->split_count && st == DT_OK; s++) {
        p.split = set->splits[s].name;
        p.first = set->splits[s].first;
        st = put_split(&p, set->splits[s].count, pool, files, report, err);
    }
    if (st == DT_OK) st = dt_yolo_write_config(set, opts->class_base, &yaml, err);
    if (st == DT_OK) st = dt_output_write(files, root, "data.yaml", yaml.data, yaml.len, err);
    dt_str_free(&yaml);
    free(here);
    return st;
}
