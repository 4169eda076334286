#include "tools/augment_pictures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "datasets/classes/class_set.h"
#include "datasets/image/draw.h"
#include "datasets/transforms/aug_params_json.h"
#include "tools/cli.h"
#include "tools/label_json.h"
#include "tools/picture_cell.h"
#include "tools/run_data.h"

enum { CELL = 320, BOX_SIDE = 640, CLASS_SIDE = 224 };

/* A set of either kind. */
typedef struct pictures {
    dt_run_data data;
    dt_split_source split;
    dt_class_set classes;
    const dt_class_split *class_split; /* NULL: a detection set */
    dt_source source;
    const dt_transforms *transforms; /* NULL: the built-in augmentation of detectors */
    dt_transforms *usual;            /* those, if they are not the job's */
    dt_loader *loader;
    const char *const *names;
    int name_count;
} pictures;

/* What train does to pictures by class. */
static dt_status choose_usual(const dt_augment_job *job, pictures *p, dt_error *err)
{
    char text[80];
    snprintf(text, sizeof text, "random-resized-crop(%d) hflip(0.5)", job->imgsz ? job->imgsz : CLASS_SIDE);
    DT_TRY(dt_transforms_parse(text, &p->usual, err));
    p->transforms = p->usual;
    return DT_OK;
}

static dt_status open_classes(const dt_augment_job *job, pictures *p, dt_error *err)
{
    const dt_class_opts opts = {.val_share = 0};
    DT_TRY(dt_class_set_open(job->data, &opts, &p->classes, NULL, err));
    p->class_split = dt_class_set_split(&p->classes, job->data, job->split, err);
    if (!p->class_split) return err->status;
    p->source = dt_class_split_source(p->class_split);
    p->names = (const char *const *)p->classes.names.items;
    p->name_count = (int)p->classes.names.count;
    return p->transforms ? DT_OK : choose_usual(job, p, err);
}

static dt_status open_boxes(const dt_augment_job *job, pictures *p, dt_error *err)
{
    DT_TRY(dt_run_data_read(job->data, job->split, NULL, 0, NULL, &p->data, err));
    DT_TRY(dt_split_source_make(&p->data, job->split, 0, &p->split, err));
    p->source = dt_split_source_as_source(&p->split);
    p->names = p->data.set.classes;
    p->name_count = (int)p->data.set.class_count;
    return DT_OK;
}

static dt_status open_set(const dt_augment_job *job, pictures *p, dt_error *err)
{
    p->transforms = job->transforms;
    return dt_class_set_is(job->data) ? open_classes(job, p, err) : open_boxes(job, p, err);
}

static void say_bad(void *ctx, int64_t index, const char *message)
{
    (void)ctx;
    (void)index;
    dt_cli_warn("%s; the next picture takes its place, as in a training", message);
}

static dt_status open_loader(const dt_augment_job *job, pictures *p, dt_error *err)
{
    dt_loader_opts lo = dt_loader_defaults();
    lo.batch = 1;
    lo.imgsz = job->imgsz ? job->imgsz : BOX_SIDE;
    lo.seed = (uint64_t)job->seed;
    lo.augment = !p->transforms;
    lo.pipeline = p->transforms;
    lo.pad_to_multiple = p->transforms ? 1 : 0;
    lo.bad = DT_BAD_REPLACE;
    lo.on_bad = say_bad;
    return dt_loader_create(&p->source, &lo, &p->loader, err);
}

static void close_all(pictures *p)
{
    dt_loader_destroy(p->loader);
    dt_split_source_free(&p->split);
    dt_run_data_free(&p->data);
    dt_class_set_free(&p->classes);
    dt_transforms_free(p->usual);
}

/* ---- one picture ---- */

static void take_bytes(const dt_batch *b, dt_image *out)
{
    const size_t plane = (size_t)b->width * (size_t)b->height;
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < plane; i++)
            out->data[3 * i + c] =
                (uint8_t)lround(fmin(fmax((double)b->pixels[c * plane + i] * 255, 0), 255));
}

static dt_status make_sample(pictures *p, int64_t epoch, int64_t index, dt_sample *out, dt_error *err)
{
    const dt_batch *b;
    DT_TRY(dt_loader_start(p->loader, epoch, index, err));
    DT_TRY(dt_loader_next(p->loader, &b, err));
    DT_TRY(dt_image_create(&out->image, b->width, b->height, 3, err));
    take_bytes(b, &out->image);
    out->cls = b->classes[0];
    out->index = b->indices[0];
    for (size_t i = 0; i < b->label_begin[1]; i++)
        DT_TRY(dt_sample_add_label(out, b->labels[i], err));
    return DT_OK;
}

static dt_status draw(const pictures *p, dt_sample *s, dt_error *err)
{
    dt_box *boxes = dt_calloc(s->label_count + 1, sizeof *boxes);
    int32_t *classes = dt_calloc(s->label_count + 1, sizeof *classes);
    dt_status st = boxes && classes ? DT_OK : dt_fail_memory(err, s->label_count * sizeof *boxes, "boxes");
    for (size_t i = 0; i < s->label_count && st == DT_OK; i++) {
        boxes[i] = s->labels[i].box;
        classes[i] = s->labels[i].cls;
    }
    if (st == DT_OK)
        st = dt_draw_detections(&s->image, boxes, classes, NULL, p->names, p->name_count, (int)s->label_count,
                                err);
    dt_free(boxes);
    dt_free(classes);
    return st;
}

static const char *name_of(const pictures *p, int64_t index, char buffer[DT_CLASS_NAME])
{
    if (p->class_split) return dt_class_record_name(&p->class_split->records[index], buffer);
    return dt_split_source_record(&p->split, index)->image;
}

static void put_boxes(const pictures *p, const dt_sample *s, dt_json *j)
{
    dt_json_key(j, "boxes");
    dt_json_array(j);
    for (size_t i = 0; i < s->label_count; i++)
        dt_label_json(&s->labels[i], p->names[s->labels[i].cls], j);
    dt_json_array_end(j);
}

static void put_record(const void *self, int64_t index, dt_json *j)
{
    char buffer[DT_CLASS_NAME];
    dt_json_key(j, "image"), dt_json_str(j, name_of(self, index, buffer));
}

/* What was drawn: by the steps, or by the built-in augmentation. */
static dt_status put_drawn(const pictures *p, int64_t epoch, int64_t index, dt_json *j, dt_error *err)
{
    const dt_pick pick = {.index = index};
    if (p->transforms) {
        dt_explain explain = {.json = j};
        dt_json_key(j, "steps");
        dt_json_array(j);
        DT_TRY(dt_loader_explain(p->loader, epoch, pick, &explain, err));
        dt_json_array_end(j);
        return DT_OK;
    }
    dt_aug_params params;
    DT_TRY(dt_loader_params(p->loader, epoch, pick, &params, err));
    dt_aug_params_json(&params, put_record, p, j);
    return DT_OK;
}

static dt_status describe(const pictures *p, const dt_sample *s, const char *image, const char *file,
                          int64_t epoch, int64_t index, dt_json *j, dt_error *err)
{
    dt_json_object(j);
    dt_json_key(j, "picture"), dt_json_str(j, file);
    dt_json_key(j, "image"), dt_json_str(j, image);
    dt_json_key(j, "epoch"), dt_json_int(j, epoch + 1);
    dt_json_key(j, "width"), dt_json_int(j, s->image.width);
    dt_json_key(j, "height"), dt_json_int(j, s->image.height);
    if (p->class_split) dt_json_key(j, "name"), dt_json_str(j, p->names[s->cls]);
    put_boxes(p, s, j);
    DT_TRY(put_drawn(p, epoch, index, j, err));
    dt_json_object_end(j);
    return DT_OK;
}

static dt_status add_cell(const pictures *p, const dt_sample *s, dt_image *cell, dt_error *err)
{
    DT_TRY(dt_cell_make(&s->image, CELL, NULL, cell, err));
    if (p->class_split) dt_cell_name(cell, s->cls, p->names[s->cls]);
    return DT_OK;
}

/* The record of picture n, and its epoch. Pictures by class lie class after class: some of all of them are
 * shown. */
static int64_t place(const dt_augment_job *job, const pictures *p, int64_t n, int64_t *epoch)
{
    const int64_t records = p->source.count;
    *epoch = job->epoch + n / records;
    return p->class_split && job->count < records ? n * records / job->count : n % records;
}

static dt_status make_one(const dt_augment_job *job, pictures *p, int64_t n, dt_image *cell, dt_json *json,
                          dt_error *err)
{
    int64_t epoch, index = place(job, p, n, &epoch);
    char buffer[DT_CLASS_NAME];
    dt_sample s = {.cls = -1};
    DT_TRY(make_sample(p, epoch, index, &s, err));
    const char *image = name_of(p, s.index, buffer);
    char *stem = dt_path_stem(dt_path_base(image)),
         *file = stem ? dt_format("%03lld_%s.png", (long long)n, stem) : NULL,
         *path = file ? dt_path_join(job->out, file) : NULL;
    dt_status st = path ? DT_OK : dt_fail_memory(err, 64, "a path");
    if (st == DT_OK) st = describe(p, &s, image, file, epoch, index, json, err);
    if (st == DT_OK && s.image.channels == 3) st = draw(p, &s, err);
    if (st == DT_OK) st = dt_image_save(path, &s.image, 0, err);
    if (st == DT_OK) st = add_cell(p, &s, cell, err);
    dt_free(stem);
    dt_free(file);
    dt_free(path);
    dt_sample_free(&s);
    return st;
}

static dt_status make_all(const dt_augment_job *job, pictures *p, dt_json *json, dt_error *err)
{
    const size_t n = (size_t)job->count;
    dt_image *cells = dt_calloc(n, sizeof *cells), sheet = {0};
    const dt_image **list = dt_calloc(n, sizeof *list);
    dt_status st = cells && list ? DT_OK : dt_fail_memory(err, n * sizeof *cells, "pictures");
    int width = 1, height = 1;
    for (size_t i = 0; i < n && st == DT_OK; i++) {
        st = make_one(job, p, (int64_t)i, &cells[i], json, err);
        list[i] = &cells[i];
        if (cells[i].width > width) width = cells[i].width;
        if (cells[i].height > height) height = cells[i].height;
    }
    char *path = dt_path_join(job->out, "sheet.png");
    if (st == DT_OK && !path) st = dt_fail_memory(err, 64, "a path");
    if (st == DT_OK)
        st = dt_image_montage(list, (int)n, 0, width, height, (dt_rgb){255, 255, 255}, &sheet, err);
    if (st == DT_OK) st = dt_image_save(path, &sheet, 0, err);
    for (size_t i = 0; i < n && cells; i++)
        dt_image_free(&cells[i]);
    dt_free(cells);
    dt_free(list);
    dt_free(path);
    dt_image_free(&sheet);
    return st;
}

static dt_status check_out(const char *out, dt_error *err)
{
    dt_names names;
    if (dt_is_file(out)) return dt_fail(err, DT_ERR_ARG, "%s is a file: --out takes a folder", out);
    if (!dt_is_dir(out)) return dt_mkdirs(out, err);
    DT_TRY(dt_dir_list(out, &names, err));
    const size_t count = names.count;
    dt_names_free(&names);
    return count ? dt_fail(err, DT_ERR_ARG, "%s is not empty: --out takes a new or an empty folder", out)
                 : DT_OK;
}

static void put_transforms(const pictures *p, dt_json *j)
{
    dt_str text = {0};
    if (p->transforms) dt_transforms_text(p->transforms, &text);
    dt_json_key(j, "transforms"), dt_json_str(j, text.data);
    dt_str_free(&text);
}

dt_status dt_augment_pictures(const dt_augment_job *job, dt_json *json, dt_error *err)
{
    pictures p = {0};
    dt_status st = open_set(job, &p, err);
    if (st == DT_OK) st = open_loader(job, &p, err);
    if (st == DT_OK) st = check_out(job->out, err);
    put_transforms(&p, json);
    dt_json_key(json, "pictures");
    dt_json_array(json);
    if (st == DT_OK) st = make_all(job, &p, json, err);
    dt_json_array_end(json);
    close_all(&p);
    return st;
}
