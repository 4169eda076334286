/* A set as YOLO folders: images/<split>, labels/<split>, ignore/<split>, data.yaml. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "datasets/yolo/yolo_output.h"
#include "datasets/yolo/yolo_rows.h"

/* The label file that is open, of those that a record's objects come from. */
typedef struct rows_file {
    dt_yolo_source source;
    char *path;
} rows_file;

static void rows_close(rows_file *file)
{
    dt_yolo_source_close(&file->source);
    dt_free(file->path);
    file->path = NULL;
}

static dt_status rows_open(rows_file *file, const dt_record *r, const dt_object *o, dt_error *err)
{
    const char *label = dt_object_label(r, o);
    if (!o->ignore && file->path && strcmp(file->path, label) == 0) return DT_OK;
    char *path = o->ignore ? dt_yolo_label_path(dt_object_image(r, o), "ignore") : dt_strdup(label);
    if (!path) return dt_fail_memory(err, 1, "a path");
    if (file->path && strcmp(file->path, path) == 0) {
        dt_free(path);
        return DT_OK;
    }
    rows_close(file);
    file->path = path;
    return dt_yolo_source_open(&file->source, path, err);
}

/* Rows of a YOLO set are written as they were read, with the number of their class, as long as nobody changed
 * the box. */
static dt_status put_row(const dt_output_job *job, const dt_record *r, const dt_object *o, rows_file *file,
                         dt_str *out, dt_error *err)
{
    double w = r->real_width ? r->real_width : r->width, h = r->real_height ? r->real_height : r->height;
    /* The raw rule writes what the usual script writes, byte for byte; the others at least six decimals. */
    int decimals = job->opts->voc_rule == DT_VOC_RAW ? 0 : 6, done = 0;
    int64_t number = o->cls + job->opts->class_base;
    if (dt_object_origin(r, o) == DT_ORIGIN_YOLO) {
        DT_TRY(rows_open(file, r, o, err));
        DT_TRY(
            dt_yolo_source_row(&file->source, o->line, number, o->edited & DT_EDITED_BOX, out, &done, err));
    }
    if (!done) dt_yolo_write_row(out, number, dt_dataset_box(job->set, o, w, h), w, h, decimals);
    return DT_OK;
}

dt_status dt_yolo_put_rows(const dt_output_job *job, dt_output_list *files, size_t record, int ignored,
                           const char *path, dt_error *err)
{
    const dt_record *r = &job->set->records[record];
    rows_file file = {0};
    dt_str text = {0};
    dt_status st = DT_OK;
    for (size_t i = 0; i < r->count && st == DT_OK; i++) {
        const dt_object *o = &job->set->objects[r->first + i];
        if (o->ignore == ignored) st = put_row(job, r, o, &file, &text, err);
    }
    if (st == DT_OK && text.failed) st = dt_fail_memory(err, text.len, "a label file");
    if (st == DT_OK && (text.len || !ignored))
        st = dt_output_write(files, job->root, path, text.data ? text.data : "", text.len, err);
    rows_close(&file);
    dt_str_free(&text);
    return st;
}

int dt_yolo_has_ignored(const dt_dataset *set, const dt_split *split)
{
    for (size_t i = split->first; i < split->first + split->count; i++) {
        const dt_record *r = &set->records[i];
        for (size_t k = 0; k < r->count; k++)
            if (set->objects[r->first + k].ignore) return 1;
    }
    return 0;
}

dt_status dt_yolo_say_splits(const dt_dataset *set, dt_findings *findings, dt_error *err)
{
    for (size_t s = 0; s < set->split_count; s++) {
        const char *name = set->splits[s].name;
        int known = 0;
        for (int i = 0; i < DT_YOLO_SPLITS; i++)
            known |= strcmp(name, dt_yolo_split_names[i]) == 0;
        if (known || !set->splits[s].count) continue;
        DT_TRY(dt_findings_add(
            findings, &(dt_finding){.severity = DT_WARNING, .rule = "split-skipped", .object = -1}, err,
            "the %zu pictures of the split '%s' are written, but readers of YOLO sets know train, val and "
            "test only",
            set->splits[s].count, name));
    }
    return DT_OK;
}

static dt_status put_rows(const dt_output_job *job, dt_output_list *files, size_t record, int ignored,
                          dt_error *err)
{
    char *path =
        dt_format("%s/%s/%s.txt", ignored ? "ignore" : "labels", job->split, job->names[record].stem);
    dt_status st = path ? dt_yolo_put_rows(job, files, record, ignored, path, err)
                        : dt_fail_memory(err, strlen(job->split), "a path");
    dt_free(path);
    return st;
}

static dt_status put_record(const dt_output_job *job, dt_output_list *files, size_t record, dt_error *err)
{
    char *folder = dt_format("images/%s", job->split);
    dt_status st = folder ? dt_output_picture(job, files, record, folder, err)
                          : dt_fail_memory(err, strlen(job->split), "a path");
    dt_free(folder);
    if (st == DT_OK) st = put_rows(job, files, record, 0, err);
    if (st == DT_OK) st = put_rows(job, files, record, 1, err);
    return st;
}

static dt_status make_folders(const dt_output_job *job, const dt_split *split, dt_output_list *files,
                              dt_error *err)
{
    static const char *const folders[3] = {"images", "labels", "ignore"};
    int count = 2 + dt_yolo_has_ignored(job->set, split);
    for (int i = 0; i < count; i++) {
        char *path = dt_format("%s/%s", folders[i], split->name);
        dt_status st = path ? dt_output_folder(files, job->root, path, err)
                            : dt_fail_memory(err, strlen(split->name), "a path");
        dt_free(path);
        DT_TRY(st);
    }
    return DT_OK;
}

dt_status dt_yolo_write(const dt_dataset *set, const dt_target_opts *opts, const char *root, dt_pool *pool,
                        dt_output_list *files, dt_target_report *report, dt_error *err)
{
    dt_output_names names;
    dt_str yaml = {0};
    if (opts->layout == DT_LAYOUT_DARKNET)
        return dt_yolo_write_darknet(set, opts, root, pool, files, report, err);
    DT_TRY(dt_output_names_make(set, opts, dt_output_name_flags(opts), &names, report, err));
    char *here = getcwd(NULL, 0);
    dt_output_job job = {
        .set = set, .opts = opts, .names = names.items, .root = root, .here = here ? here : "/"};
    dt_status st = dt_yolo_say_splits(set, &report->findings, err);
    for (size_t s = 0; s < set->split_count && st == DT_OK; s++) {
        job.split = set->splits[s].name;
        st = make_folders(&job, &set->splits[s], files, err);
        if (st == DT_OK) st = dt_output_each(&job, &set->splits[s], put_record, pool, files, err);
    }
    if (st == DT_OK) st = dt_yolo_write_config(set, opts->class_base, &yaml, err);
    if (st == DT_OK) st = dt_output_write(files, root, "data.yaml", yaml.data, yaml.len, err);
    dt_str_free(&yaml);
    dt_output_names_free(&names);
    free(here);
    return st;
}
