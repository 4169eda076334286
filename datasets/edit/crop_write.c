/* The crops as files. */
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/num.h"
#include "core/strmap.h"
#include "datasets/edit/crop.h"
#include "datasets/image/image_codec.h"
#include "datasets/target/output_split.h"
#include "datasets/transforms/resize.h"

enum { GRAIN = 8 };

/* A folder name of the class: no slash, no control characters, no dot in front, which hides it. */
static char *folder_name(const char *cls)
{
    char *name = dt_strdup(*cls ? cls : "_");
    for (char *p = name; p && *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F || *p == '/' || *p == '\\' || (*p == '.' && p == name))
            *p = '_';
    size_t n = name ? strlen(name) : 0;
    if (n && name[0] == ' ') name[0] = '_';
    if (n && name[n - 1] == ' ') name[n - 1] = '_';
    return name;
}

static dt_status name_folders(const dt_dataset *set, dt_names *folders, dt_findings *findings, dt_error *err)
{
    dt_strmap taken = {0};
    dt_status st = DT_OK;
    for (size_t i = 0; i < set->class_count && st == DT_OK; i++) {
        char *base = folder_name(set->classes[i]), *name = base ? dt_strdup(base) : NULL;
        for (int turn = 2; name && dt_strmap_get(&taken, name, -1) >= 0; turn++) {
            dt_free(name);
            name = dt_format("%s_%d", base, turn);
        }
        st = name ? dt_names_add(folders, name, err) : dt_fail_memory(err, 1, "a folder");
        if (st == DT_OK && dt_strmap_add(&taken, folders->items[i], (int64_t)i) < 0)
            st = dt_fail_memory(err, i, "folders");
        if (st == DT_OK && strcmp(name, set->classes[i]) != 0)
            st = dt_findings_add(findings,
                                 &(dt_finding){.severity = DT_WARNING, .rule = "name-changed", .object = -1},
                                 err, "the class '%s' has the folder '%s'", set->classes[i], name);
        dt_free(base);
        dt_free(name);
    }
    dt_strmap_free(&taken);
    return st;
}

/* What one chunk of records leaves: lists that do not depend on threads. */
typedef struct part {
    dt_output_list files;
    dt_findings findings;
    dt_error err;
    size_t crops;
} part;

typedef struct crop_job {
    const dt_dataset *set;
    const dt_crop_opts *opts;
    const dt_output_name *names;
    const dt_names *folders;
    const char *root, *split;
    const dt_split *range;
    part *parts;
} crop_job;

static dt_status cut(const dt_image *from, dt_crop_rect r, dt_image *to, dt_error *err)
{
    size_t channels = (size_t)from->channels, row = (size_t)r.w * channels;
    DT_TRY(dt_image_create(to, r.w, r.h, from->channels, err));
    for (int y = 0; y < r.h; y++)
        memcpy(to->data + (size_t)y * row,
               from->data + ((size_t)(r.y + y) * (size_t)from->width + (size_t)r.x) * channels, row);
    return DT_OK;
}

static dt_status scale(dt_image *image, int size, dt_error *err)
{
    int longer = image->width > image->height ? image->width : image->height;
    if (!size || longer == size) return DT_OK;
    double f = (double)size / longer;
    int w = (int)(image->width * f + .5), h = (int)(image->height * f + .5);
    dt_image scaled;
    DT_TRY(dt_image_resize(image, w > 0 ? w : 1, h > 0 ? h : 1, DT_RESIZE_BILINEAR_AA, &scaled, err));
    dt_image_free(image);
    *image = scaled;
    return DT_OK;
}

static dt_status say_crop(part *p, const dt_record *r, const dt_object *o, size_t index, dt_box box,
                          dt_crop_rect rect, const char *path)
{
    char before[4 * (DT_NUM_MAX + 1)], *at = before;
    const double v[4] = {box.x1, box.y1, box.x2, box.y2};
    for (int i = 0; i < 4; i++) {
        if (i) *at++ = ' ';
        at += dt_format_f64(at, dt_pixel_tidy(v[i]));
    }
    return dt_findings_add(&p->findings,
                           &(dt_finding){.severity = DT_NOTE,
                                         .fate = DT_FATE_CHANGED,
                                         .rule = "cropped",
                                         .file = r->image,
                                         .line = o->line,
                                         .object = (int64_t)index,
                                         .before = before,
                                         .after = path},
                           &p->err, "pixels %d..%d x %d..%d", rect.x, rect.x + rect.w, rect.y,
                           rect.y + rect.h);
}

static dt_status put_crop(const crop_job *job, part *p, const dt_record *r, size_t record, size_t index,
                          const dt_image *picture)
{
    const dt_crop_opts *o = job->opts;
    const dt_object *object = &job->set->objects[r->first + index];
    dt_box box = dt_dataset_box(job->set, object, picture->width, picture->height);
    dt_crop_rect rect = dt_crop_of_box(box, picture->width, picture->height, o);
    dt_image image = {0};
    dt_str data = {0};
    dt_status st = rect.w ? cut(picture, rect, &image, &p->err)
                          : dt_fail(&p->err, DT_ERR_STATE, "%s: its size changed meanwhile", r->image);
    if (st == DT_OK) st = scale(&image, o->size, &p->err);
    if (st == DT_OK)
        st = o->png ? dt_png_encode(&image, &data, &p->err)
                    : dt_jpeg_encode(&image, o->quality, &data, &p->err);
    char *path =
        dt_format("%s%s%s/%s_%zu.%s", o->flat ? "" : job->split, o->flat ? "" : "/",
                  job->folders->items[object->cls], job->names[record].stem, index, o->png ? "png" : "jpg");
    if (st == DT_OK && !path) st = dt_fail_memory(&p->err, 1, "a path");
    if (st == DT_OK) st = dt_output_write(&p->files, job->root, path, data.data, data.len, &p->err);
    if (st == DT_OK) st = say_crop(p, r, object, index, box, rect, path);
    p->crops += st == DT_OK;
    dt_free(path);
    dt_str_free(&data);
    dt_image_free(&image);
    return st;
}

static dt_status put_record(const crop_job *job, part *p, size_t record)
{
    const dt_record *r = &job->set->records[record];
    dt_error problem = {0};
    dt_image picture = {0};
    if (!r->count || !job->names[record].stem || job->names[record].repeat) return DT_OK;
    dt_status st = dt_image_load(r->image, NULL, &picture, NULL, &problem);
    if (st == DT_ERR_MEMORY) return dt_fail(&p->err, st, "%s", problem.text);
    if (st != DT_OK)
        return dt_findings_add(&p->findings,
                               &(dt_finding){.severity = DT_PROBLEM,
                                             .fate = DT_FATE_DROPPED,
                                             .rule = "image-unreadable",
                                             .file = r->image,
                                             .object = -1},
                               &p->err, "%s: its %zu objects get no crop", problem.text, r->count);
    for (size_t i = 0; i < r->count && st == DT_OK; i++)
        st = put_crop(job, p, r, record, i, &picture);
    dt_image_free(&picture);
    return st;
}

static void put_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    const crop_job *job = arg;
    part *p = &job->parts[begin / GRAIN];
    (void)worker;
    for (int64_t i = begin; i < end && p->err.status == DT_OK; i++)
        put_record(job, p, job->range->first + (size_t)i);
}

/* One a class in `above`, "" or "train/". */
static dt_status make_folders(const crop_job *job, const char *above, const char *slash,
                              dt_output_list *files, dt_error *err)
{
    dt_status st = DT_OK;
    for (size_t i = 0; i < job->folders->count && st == DT_OK; i++) {
        char *path = dt_format("%s%s%s", above, slash, job->folders->items[i]);
        st = path ? dt_output_folder(files, job->root, path, err) : dt_fail_memory(err, 1, "a path");
        dt_free(path);
    }
    return st;
}

static dt_status put_split(crop_job *job, const dt_split *split, dt_pool *pool, dt_output_list *files,
                           dt_target_report *report, dt_error *err)
{
    size_t chunks = (split->count + GRAIN - 1) / GRAIN;
    dt_status st = DT_OK;
    job->split = split->name;
    job->range = split;
    if (!(job->parts = dt_calloc(chunks, sizeof *job->parts)))
        return dt_fail_memory(err, chunks * sizeof *job->parts, "crops");
    dt_parallel(pool, (int64_t)split->count, GRAIN, put_chunk, job);
    for (size_t i = 0; i < chunks; i++) {
        part *p = &job->parts[i];
        if (st == DT_OK && p->err.status != DT_OK) st = dt_fail(err, p->err.status, "%s", p->err.text);
        if (st == DT_OK) st = dt_output_append(files, &p->files, err);
        if (st == DT_OK) st = dt_findings_append(&report->findings, &p->findings, err);
        report->boxes.kept += p->crops;
        dt_output_free(&p->files);
        dt_findings_free(&p->findings);
    }
    dt_free(job->parts);
    return st;
}

dt_status dt_crop_write(const dt_dataset *set, const dt_target_opts *opts, const char *root, dt_pool *pool,
                        dt_output_list *files, dt_target_report *report, dt_error *err)
{
    const dt_crop_opts *crop = opts->write_arg;
    dt_output_names names;
    dt_names folders = {0};
    DT_TRY(dt_output_names_make(set, opts, DT_NAMES_TEXT | (crop->flat ? DT_NAMES_FLAT : 0), &names, report,
                                err));
    crop_job job = {.set = set, .opts = crop, .names = names.items, .folders = &folders, .root = root};
    dt_status st = name_folders(set, &folders, &report->findings, err);
    if (st == DT_OK && crop->flat) st = make_folders(&job, "", "", files, err);
    for (size_t s = 0; s < set->split_count && st == DT_OK; s++) {
        if (!crop->flat) st = make_folders(&job, set->splits[s].name, "/", files, err);
        if (st == DT_OK) st = put_split(&job, &set->splits[s], pool, files, report, err);
    }
    dt_names_free(&folders);
    dt_output_names_free(&names);
    return st;
}
