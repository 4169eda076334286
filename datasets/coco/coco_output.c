/* A set as a COCO folder: annotations/instances_<split>.json, images/<split>/. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "datasets/coco/coco_ids.h"
#include "datasets/coco/coco_record.h"

/* One JSON file in the making: text goes to the file a megabyte at a time. */
typedef struct coco_writer {
    const dt_output_job *job;
    const dt_split *split;
    const int64_t *classes; /* category ids */
    dt_coco_ids ids;
    dt_findings *findings;
    dt_str text;
    dt_json json;
    dt_coco_record record;
    dt_output_stream stream;
    dt_error *err;
} coco_writer;

static dt_status put_images(coco_writer *w)
{
    dt_json *j = w->record.json;
    dt_json_key(j, "images");
    dt_json_array(j);
    for (size_t i = w->split->first; i < w->split->first + w->split->count; i++) {
        const dt_record *r = &w->job->set->records[i];
        if (!w->job->names[i].stem) continue;
        char *name = dt_format("%s%s", w->job->names[i].stem, dt_output_extension(w->job->opts, r));
        if (!name) return dt_fail_memory(w->err, 1, "a name");
        dt_status st = dt_coco_put_image(&w->record, r, w->ids.images[i - w->ids.first_record], name);
        dt_free(name);
        DT_TRY(st);
        DT_TRY(dt_stream_flush(&w->stream, &w->text, DT_STREAM_PIECE, w->err));
    }
    dt_json_array_end(j);
    return DT_OK;
}

static dt_status put_annotations(coco_writer *w)
{
    const dt_dataset *set = w->job->set;
    dt_json_key(w->record.json, "annotations");
    dt_json_array(w->record.json);
    for (size_t i = w->split->first; i < w->split->first + w->split->count; i++) {
        const dt_record *r = &set->records[i];
        if (!w->job->names[i].stem) continue;
        for (size_t k = r->first; k < r->first + r->count; k++) {
            const dt_object *o = &set->objects[k];
            DT_TRY(dt_coco_put_annotation(&w->record, r, o, w->ids.objects[k - w->ids.first_object],
                                          w->ids.images[i - w->ids.first_record], w->classes[o->cls]));
            DT_TRY(dt_stream_flush(&w->stream, &w->text, DT_STREAM_PIECE, w->err));
        }
    }
    dt_json_array_end(w->record.json);
    return DT_OK;
}

static dt_status put_categories(coco_writer *w)
{
    const dt_dataset *set = w->job->set;
    dt_json_key(w->record.json, "categories");
    dt_json_array(w->record.json);
    for (size_t i = 0; i < set->class_count; i++)
        DT_TRY(dt_coco_put_category(&w->record, set->classes[i], w->classes[i]));
    dt_json_array_end(w->record.json);
    return DT_OK;
}

/* 1 if the split has a record of this file. */
static int has_source(const coco_writer *w, const char *label)
{
    const char *other = NULL; /* records of one file follow each other and share its path */
    for (size_t i = w->split->first; i < w->split->first + w->split->count; i++) {
        const dt_record *r = &w->job->set->records[i];
        if (r->origin != DT_ORIGIN_COCO || r->label == other) continue;
        if (strcmp(r->label, label) == 0) return 1;
        other = r->label;
    }
    return 0;
}

static dt_status say_lost(coco_writer *w, const dt_member *m)
{
    return dt_findings_add(
        w->findings,
        &(dt_finding){.severity = DT_NOTE, .rule = "fields-lost", .file = m->label, .object = -1}, w->err,
        "\"%s\" of another file of the split %s is written", m->key, w->split->name);
}

/* The licences of all sources of the split, where more than one has them: one list, and other numbers for the
 * pictures. */
static dt_status join_licenses(coco_writer *w)
{
    const dt_dataset *set = w->job->set;
    size_t lists = 0;
    for (size_t i = 0; i < set->member_count; i++)
        lists += strcmp(set->members[i].key, "licenses") == 0 && has_source(w, set->members[i].label);
    for (size_t i = 0; i < set->member_count && lists > 1; i++) {
        const dt_member *m = &set->members[i];
        int joined;
        if (strcmp(m->key, "licenses") != 0 || !has_source(w, m->label)) continue;
        DT_TRY(dt_coco_licenses_add(&w->record.licenses, m, &w->record.texts, &joined, w->findings, w->err));
        if (!joined) DT_TRY(say_lost(w, m));
    }
    return DT_OK;
}

/* info, licenses and whatever else the sources of this split have; of two members of one name the first. */
static dt_status put_sources_members(coco_writer *w, dt_strmap *done)
{
    const dt_dataset *set = w->job->set;
    for (size_t i = 0; i < set->member_count; i++) {
        const dt_member *m = &set->members[i];
        if (!has_source(w, m->label)) continue;
        int fresh = dt_strmap_add(done, m->key, 1);
        int licenses = w->record.licenses.list && strcmp(m->key, "licenses") == 0;
        if (fresh < 0) return dt_fail_memory(w->err, done->count, "members of a COCO file");
        if (fresh)
            DT_TRY(licenses ? dt_coco_put_licenses(&w->record) : dt_coco_put_member(&w->record, m));
        else if (!licenses)
            DT_TRY(say_lost(w, m));
    }
    return DT_OK;
}

static dt_status put_own_info(coco_writer *w)
{
    dt_json *j = w->record.json;
    char *text = dt_format("written by dettool %s", w->job->opts->tool ? w->job->opts->tool : "");
    if (!text) return dt_fail_memory(w->err, 1, "a text");
    dt_json_key(j, "info");
    dt_json_compact(j);
    dt_json_object(j);
    dt_json_key(j, "description");
    dt_json_str(j, text);
    dt_json_object_end(j);
    dt_free(text);
    return DT_OK;
}

static dt_status put_members(coco_writer *w)
{
    dt_strmap done = {0};
    int from_coco = 0;
    dt_status st = join_licenses(w);
    if (st == DT_OK) st = put_sources_members(w, &done);
    dt_strmap_free(&done);
    for (size_t i = w->split->first; i < w->split->first + w->split->count && !from_coco; i++)
        from_coco = w->job->set->records[i].origin == DT_ORIGIN_COCO;
    return st == DT_OK && !from_coco ? put_own_info(w) : st;
}

static dt_status put_all(coco_writer *w)
{
    dt_json_object(w->record.json);
    DT_TRY(put_members(w));
    DT_TRY(put_categories(w));
    DT_TRY(put_images(w));
    DT_TRY(put_annotations(w));
    dt_json_object_end(w->record.json);
    dt_str_char(&w->text, '\n');
    return dt_stream_flush(&w->stream, &w->text, 1, w->err);
}

static dt_status put_file(const dt_output_job *job, const dt_split *split, const int64_t *classes,
                          dt_output_list *files, dt_findings *findings, dt_error *err)
{
    coco_writer w = {.job = job,
                     .split = split,
                     .classes = classes,
                     .findings = findings,
                     .stream = {.fd = -1},
                     .record = {.set = job->set, .texts = {.fd = -1}, .err = err},
                     .err = err};
    char *path = dt_format("annotations/instances_%s.json", split->name);
    if (!path) return dt_fail_memory(err, strlen(split->name), "a path");
    dt_status st = dt_stream_open(&w.stream, job->root, path, err);
    dt_free(path);
    DT_TRY(st);
    w.json = dt_json_begin(&w.text, 1);
    w.record.json = &w.json;
    st = dt_coco_ids_make(job, split, &w.ids, findings, err);
    if (st == DT_OK) st = put_all(&w);
    if (st == DT_OK) st = dt_stream_close(&w.stream, files, err);
    dt_stream_abort(&w.stream);
    dt_coco_texts_close(&w.record.texts);
    dt_coco_licenses_free(&w.record.licenses);
    dt_coco_ids_free(&w.ids);
    dt_str_free(&w.text);
    return st;
}

static dt_status put_record(const dt_output_job *job, dt_output_list *files, size_t record, dt_error *err)
{
    char *folder = dt_format("images/%s", job->split);
    dt_status st = folder ? dt_output_picture(job, files, record, folder, err)
                          : dt_fail_memory(err, strlen(job->split), "a path");
    dt_free(folder);
    return st;
}

/* The folders in images/<split>/ that names with slashes lie in. */
static dt_status make_folders(const dt_output_job *job, const dt_split *split, dt_output_list *files,
                              dt_error *err)
{
    dt_strmap done = {0};
    dt_arena texts = {0};
    char *top = dt_format("images/%s", split->name);
    dt_status st = top ? dt_output_folder(files, job->root, top, err)
                       : dt_fail_memory(err, strlen(split->name), "a path");
    for (size_t i = split->first; i < split->first + split->count && st == DT_OK; i++) {
        const char *stem = job->names[i].stem, *slash = stem ? strrchr(stem, '/') : NULL;
        size_t n = slash ? (size_t)(slash - stem) : 0;
        if (!slash || dt_strmap_get_n(&done, stem, n, 0)) continue;
        const char *folder = dt_arena_text_n(&texts, stem, n);
        char *path = folder ? dt_format("%s/%s", top, folder) : NULL;
        st = path && dt_strmap_add(&done, folder, 1) >= 0 ? dt_output_folder(files, job->root, path, err)
                                                          : dt_fail_memory(err, n, "a path");
        dt_free(path);
    }
    dt_free(top);
    dt_strmap_free(&done);
    dt_arena_free(&texts);
    return st;
}

dt_status dt_coco_write(const dt_dataset *set, const dt_target_opts *opts, const char *root, dt_pool *pool,
                        dt_output_list *files, dt_target_report *report, dt_error *err)
{
    dt_output_names names;
    int64_t *classes;
    DT_TRY(dt_output_names_make(set, opts, dt_output_name_flags(opts), &names, report, err));
    char *here = getcwd(NULL, 0);
    dt_output_job job = {
        .set = set, .opts = opts, .names = names.items, .root = root, .here = here ? here : "/"};
    dt_status st = dt_coco_class_ids(set, opts, &classes, err);
    if (st == DT_OK) st = dt_output_folder(files, root, "annotations", err);
    for (size_t s = 0; s < set->split_count && st == DT_OK; s++) {
        const dt_split *split = &set->splits[s];
        job.split = split->name;
        st = make_folders(&job, split, files, err);
        if (st == DT_OK) st = dt_output_each(&job, split, put_record, pool, files, err);
        if (st == DT_OK) st = put_file(&job, split, classes, files, &report->findings, err);
    }
    dt_free(classes);
    dt_output_names_free(&names);
    free(here);
    return st;
}
