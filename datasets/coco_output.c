/* A set as a COCO folder: annotations/instances_<split>.json, images/<split>/. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "core/mem.h"
#include "datasets/coco.h"
#include "datasets/output_split.h"

enum { FLUSH_BYTES = 1 << 20 };

/* One JSON file in the making: text goes to the file a megabyte at a time. */
typedef struct coco_writer {
    const dt_output_job *job;
    const dt_split *split;
    dt_str text;
    dt_json json;
    dt_output_stream stream;
    dt_error *err;
} coco_writer;

static dt_status flush(coco_writer *w, size_t limit)
{
    if (w->text.failed) return dt_fail_memory(w->err, w->text.len, "a COCO file");
    if (w->text.len < limit || !w->text.len) return DT_OK;
    DT_TRY(dt_stream_write(&w->stream, w->text.data, w->text.len, w->err));
    dt_str_clear(&w->text);
    return DT_OK;
}

static void put_int(dt_json *j, const char *key, int64_t value)
{
    dt_json_key(j, key);
    dt_json_int(j, value);
}

static dt_status put_images(coco_writer *w)
{
    dt_json *j = &w->json;
    int64_t id = 0;
    dt_json_key(j, "images");
    dt_json_array(j);
    for (size_t i = w->split->first; i < w->split->first + w->split->count; i++) {
        const dt_record *r = &w->job->set->records[i];
        if (!w->job->names[i].stem) continue;
        char *name = dt_format("%s%s", w->job->names[i].stem, dt_output_extension(r));
        if (!name) return dt_fail_memory(w->err, 1, "a name");
        dt_json_compact(j);
        dt_json_object(j);
        put_int(j, "id", ++id);
        dt_json_key(j, "file_name");
        dt_json_str(j, name);
        put_int(j, "width", r->real_width ? r->real_width : r->width);
        put_int(j, "height", r->real_height ? r->real_height : r->height);
        dt_json_object_end(j);
        dt_free(name);
        DT_TRY(flush(w, FLUSH_BYTES));
    }
    dt_json_array_end(j);
    return DT_OK;
}

/* Whole numbers without a fraction, as COCO's own boxes; 1e-6 is far below what any annotation holds. */
static void put_number(dt_json *j, double v)
{
    v = dt_pixel_tidy(v);
    if (v == (double)(int64_t)v && v < 1e15 && v > -1e15)
        dt_json_int(j, (int64_t)v);
    else
        dt_json_num(j, v);
}

static dt_status put_object(coco_writer *w, const dt_record *r, const dt_object *o, int64_t id, int64_t image)
{
    double width = r->real_width ? r->real_width : r->width,
           height = r->real_height ? r->real_height : r->height;
    dt_box b = dt_dataset_box(w->job->set, o, width, height);
    double x = dt_pixel_tidy(b.x1), y = dt_pixel_tidy(b.y1), bw = dt_pixel_tidy(b.x2 - b.x1),
           bh = dt_pixel_tidy(b.y2 - b.y1);
    dt_json *j = &w->json;
    dt_json_compact(j);
    dt_json_object(j);
    put_int(j, "id", id);
    put_int(j, "image_id", image);
    put_int(j, "category_id", o->cls + 1);
    dt_json_key(j, "bbox");
    dt_json_array(j);
    put_number(j, x);
    put_number(j, y);
    put_number(j, bw);
    put_number(j, bh);
    dt_json_array_end(j);
    dt_json_key(j, "area");
    put_number(j, o->area >= 0 ? o->area : bw * bh);
    put_int(j, "iscrowd", o->crowd);
    if (o->difficult == 1) put_int(j, "difficult", 1);
    if (o->ignore) put_int(j, "ignore", 1);
    dt_json_key(j, "segmentation");
    if (o->extra && o->extra->segmentation_bytes) {
        dt_str text = {0};
        dt_status st = dt_coco_segmentation_read(r, o, &text, w->err);
        if (st == DT_OK) dt_json_raw(j, text.data, text.len);
        dt_str_free(&text);
        DT_TRY(st);
    } else {
        dt_json_array(j);
        dt_json_array_end(j);
    }
    dt_json_object_end(j);
    return flush(w, FLUSH_BYTES);
}

static dt_status put_annotations(coco_writer *w)
{
    const dt_dataset *set = w->job->set;
    int64_t image = 0, id = 0;
    dt_json_key(&w->json, "annotations");
    dt_json_array(&w->json);
    for (size_t i = w->split->first; i < w->split->first + w->split->count; i++) {
        const dt_record *r = &set->records[i];
        if (!w->job->names[i].stem) continue;
        image++;
        for (size_t k = 0; k < r->count; k++)
            DT_TRY(put_object(w, r, &set->objects[r->first + k], ++id, image));
    }
    dt_json_array_end(&w->json);
    return DT_OK;
}

static void put_categories(coco_writer *w)
{
    const dt_dataset *set = w->job->set;
    dt_json *j = &w->json;
    dt_json_key(j, "categories");
    dt_json_array(j);
    for (size_t i = 0; i < set->class_count; i++) {
        dt_json_compact(j);
        dt_json_object(j);
        put_int(j, "id", (int64_t)i + 1);
        dt_json_key(j, "name");
        dt_json_str(j, set->classes[i]);
        dt_json_key(j, "supercategory");
        dt_json_str(j, set->classes[i]);
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
}

static dt_status put_file(const dt_output_job *job, const dt_split *split, dt_output_list *files,
                          dt_error *err)
{
    coco_writer w = {.job = job, .split = split, .stream = {.fd = -1}, .err = err};
    char *path = dt_format("annotations/instances_%s.json", split->name);
    if (!path) return dt_fail_memory(err, strlen(split->name), "a path");
    dt_status st = dt_stream_open(&w.stream, job->root, path, err);
    dt_free(path);
    DT_TRY(st);
    w.json = dt_json_begin(&w.text, 1);
    dt_json_object(&w.json);
    dt_json_key(&w.json, "info");
    dt_json_compact(&w.json);
    dt_json_object(&w.json);
    dt_json_key(&w.json, "description");
    dt_json_str(&w.json, "written by dettool convert");
    dt_json_object_end(&w.json);
    put_categories(&w);
    st = put_images(&w);
    if (st == DT_OK) st = put_annotations(&w);
    if (st == DT_OK) {
        dt_json_object_end(&w.json);
        dt_str_char(&w.text, '\n');
        st = flush(&w, 1);
    }
    if (st == DT_OK) st = dt_stream_close(&w.stream, files, err);
    dt_stream_abort(&w.stream);
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

static dt_status put_split(const dt_output_job *job, const dt_split *split, dt_pool *pool,
                           dt_output_list *files, dt_error *err)
{
    char *folder = dt_format("images/%s", split->name);
    dt_status st = folder ? dt_output_folder(files, job->root, folder, err)
                          : dt_fail_memory(err, strlen(split->name), "a path");
    dt_free(folder);
    DT_TRY(st);
    DT_TRY(dt_output_each(job, split, put_record, pool, files, err));
    return put_file(job, split, files, err);
}

dt_status dt_coco_write(const dt_dataset *set, const dt_target_opts *opts, const char *root, dt_pool *pool,
                        dt_output_list *files, dt_target_report *report, dt_error *err)
{
    dt_output_names names;
    DT_TRY(dt_output_names_make(set, opts, DT_NAMES_TEXT, &names, report, err));
    char *here = getcwd(NULL, 0);
    dt_output_job job = {
        .set = set, .opts = opts, .names = names.items, .root = root, .here = here ? here : "/"};
    dt_status st = dt_output_folder(files, root, "annotations", err);
    for (size_t s = 0; s < set->split_count && st == DT_OK; s++) {
        job.split = set->splits[s].name;
        st = put_split(&job, &set->splits[s], pool, files, err);
    }
    dt_output_names_free(&names);
    free(here);
    return st;
}
