/* A set for Darknet: obj.data, obj.names, train.txt, valid.txt, and for each split obj_<split>_data/ with
 * pictures and labels side by side, where Darknet v5 looks for them and every older one, too: it replaces
 * parts of a path such as
 * /JPEGImages/ and images, of which there are none here. Paths are relative to the set's folder. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "datasets/yolo/yolo_output.h"

/* Darknet's key for a split, which is the name of its list, too. */
static const char *key_of(const char *split)
{
    return strcmp(split, "val") == 0 ? "valid" : split;
}

static dt_status put_rows(const dt_output_job *job, dt_output_list *files, size_t record, int ignored,
                          dt_error *err)
{
    char *path =
        dt_format("obj_%s_data/%s%s.txt", job->split, ignored ? "ignore/" : "", job->names[record].stem);
    dt_status st = path ? dt_yolo_put_rows(job, files, record, ignored, path, err)
                        : dt_fail_memory(err, strlen(job->split), "a path");
    dt_free(path);
    return st;
}

static dt_status put_record(const dt_output_job *job, dt_output_list *files, size_t record, dt_error *err)
{
    char *folder = dt_format("obj_%s_data", job->split);
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
    int count = 1 + dt_yolo_has_ignored(job->set, split);
    for (int i = 0; i < count; i++) {
        char *path = dt_format("obj_%s_data%s", job->split, i ? "/ignore" : "");
        dt_status st = path ? dt_output_folder(files, job->root, path, err)
                            : dt_fail_memory(err, strlen(job->split), "a path");
        dt_free(path);
        DT_TRY(st);
    }
    return DT_OK;
}

static dt_status put_list(const dt_output_job *job, const dt_split *split, dt_output_list *files,
                          dt_error *err)
{
    dt_str text = {0};
    for (size_t i = split->first; i < split->first + split->count; i++)
        if (job->names[i].stem)
            dt_str_printf(&text, "obj_%s_data/%s%s\n", job->split, job->names[i].stem,
                          dt_output_extension(job->opts, &job->set->records[i]));
    char *path = dt_format("%s.txt", job->split);
    dt_status st = path && !text.failed
                       ? dt_output_write(files, job->root, path, text.data ? text.data : "", text.len, err)
                       : dt_fail_memory(err, text.len, "a list of images");
    dt_str_free(&text);
    dt_free(path);
    return st;
}

static dt_status put_names(const dt_output_job *job, dt_output_list *files, dt_error *err)
{
    dt_str text = {0};
    dt_status st = DT_OK;
    if (job->opts->class_base) dt_str_append(&text, "background\n");
    for (size_t i = 0; i < job->set->class_count && st == DT_OK; i++) {
        const char *name = job->set->classes[i];
        size_t n = strlen(name);
        if (!n || strpbrk(name, "\r\n") || strchr(" \t", *name) || strchr(" \t", name[n - 1]))
            st = dt_fail(
                err, DT_ERR_UNSUPPORTED,
                "the class name '%s' cannot stand in a line of obj.names: name it anew with --classes", name);
        dt_str_printf(&text, "%s\n", name);
    }
    if (st == DT_OK && text.failed) st = dt_fail_memory(err, text.len, "obj.names");
    if (st == DT_OK)
        st = dt_output_write(files, job->root, "obj.names", text.data ? text.data : "", text.len, err);
    dt_str_free(&text);
    return st;
}

static dt_status put_data(const dt_output_job *job, dt_output_list *files, dt_error *err)
{
    const dt_dataset *set = job->set;
    dt_str text = {0};
    dt_str_printf(&text, "classes = %zu\n", set->class_count + (size_t)job->opts->class_base);
    for (size_t i = 0; i < set->split_count; i++)
        dt_str_printf(&text, "%s = %s.txt\n", key_of(set->splits[i].name), key_of(set->splits[i].name));
    /* Darknet wants both keys; a set of one split is used for both. */
    if (set->split_count && !dt_dataset_split(set, "train"))
        dt_str_printf(&text, "train = %s.txt\n", key_of(set->splits[0].name));
    if (set->split_count && !dt_dataset_split(set, "val"))
        dt_str_printf(&text, "valid = %s.txt\n", key_of(set->splits[0].name));
    dt_str_append(&text, "names = obj.names\nbackup = backup\n");
    if (job->opts->class_base) dt_str_printf(&text, "class_base = %d\n", job->opts->class_base);
    dt_status st = text.failed ? dt_fail_memory(err, text.len, "obj.data")
                               : dt_output_write(files, job->root, "obj.data", text.data, text.len, err);
    dt_str_free(&text);
    return st == DT_OK ? dt_output_folder(files, job->root, "backup", err) : st;
}

dt_status dt_yolo_write_darknet(const dt_dataset *set, const dt_target_opts *opts, const char *root,
                                dt_pool *pool, dt_output_list *files, dt_target_report *report, dt_error *err)
{
    dt_output_names names;
    DT_TRY(dt_output_names_make(set, opts, dt_output_name_flags(opts), &names, report, err));
    char *here = getcwd(NULL, 0);
    dt_output_job job = {
        .set = set, .opts = opts, .names = names.items, .root = root, .here = here ? here : "/"};
    dt_status st = dt_yolo_say_splits(set, &report->findings, err);
    for (size_t s = 0; s < set->split_count && st == DT_OK; s++) {
        job.split = key_of(set->splits[s].name);
        st = make_folders(&job, &set->splits[s], files, err);
        if (st == DT_OK) st = dt_output_each(&job, &set->splits[s], put_record, pool, files, err);
        if (st == DT_OK) st = put_list(&job, &set->splits[s], files, err);
    }
    if (st == DT_OK) st = put_names(&job, files, err);
    if (st == DT_OK) st = put_data(&job, files, err);
    dt_output_names_free(&names);
    free(here);
    return st;
}
