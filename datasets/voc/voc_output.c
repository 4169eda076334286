/* A set as a VOC folder: Annotations, JPEGImages, ImageSets/Main/<split>.txt. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/num.h"
#include "core/str.h"
#include "datasets/target/output_split.h"
#include "datasets/voc/voc_mask_files.h"

/* Text of an element. XML 1.0 cannot hold most control characters, whatever the escape: they become U+FFFD,
 * as bytes that are not UTF-8. */
static void put_text(dt_str *out, const char *text)
{
    for (const char *p = text; *p;) {
        size_t n = dt_utf8_length(p);
        if (*p == '&')
            dt_str_append(out, "&amp;");
        else if (*p == '<')
            dt_str_append(out, "&lt;");
        else if (*p == '>')
            dt_str_append(out, "&gt;");
        else if (n == 0 || (n == 1 && (*p < 0x20 || *p == 0x7F)))
            dt_str_append(out, "\xEF\xBF\xBD");
        else
            dt_str_append_n(out, p, n);
        p += n ? n : 1;
    }
}

static void put_element(dt_str *out, const char *indent, const char *name, const char *text)
{
    dt_str_printf(out, "%s<%s>", indent, name);
    put_text(out, text);
    dt_str_printf(out, "</%s>\n", name);
}

/* What turns a value of the set into one of the file. Where it is 0, values are written as they were read. */
typedef struct shift {
    double min, max;
} shift;

/* The rule of reading, backwards: with `exact` the box (0, 0, W, H) is written 1, 1, W, H. */
static shift shift_of(const dt_output_job *job)
{
    dt_voc_rule rule = job->opts->voc_rule;
    return (shift){job->set->min_shift + (rule == DT_VOC_RAW ? 0 : 1),
                   job->set->max_shift + (rule == DT_VOC_MINUS_ONE ? 1 : 0)};
}

/* Whole values as VOC has them, others in the shortest form that reads back the same. */
static void put_value(dt_str *out, const char *indent, const char *name, double v, double by)
{
    char text[DT_NUM_MAX];
    int len = dt_format_f64(text, by == 0 ? v : dt_pixel_tidy(v + by));
    if (len > 2 && strcmp(text + len - 2, ".0") == 0) text[len - 2] = '\0';
    dt_str_printf(out, "%s\t<%s>%s</%s>\n", indent, name, text, name);
}

static void put_box(dt_str *out, const char *indent, dt_box b, shift by)
{
    dt_str_printf(out, "%s<bndbox>\n", indent);
    put_value(out, indent, "xmin", b.x1, by.min);
    put_value(out, indent, "ymin", b.y1, by.min);
    put_value(out, indent, "xmax", b.x2, by.max);
    put_value(out, indent, "ymax", b.y2, by.max);
    dt_str_printf(out, "%s</bndbox>\n", indent);
}

static void put_flag(dt_str *out, const char *name, int value, int always)
{
    if (always || value != DT_FLAG_UNKNOWN) dt_str_printf(out, "\t\t<%s>%d</%s>\n", name, value == 1, name);
}

/* VOC's own readers fail where truncated or difficult is missing: objects of other formats get them. What
 * comes from VOC stays as it is. */
static void put_object(dt_str *out, const dt_output_job *job, const dt_record *r, const dt_object *o)
{
    int from_voc = dt_object_origin(r, o) == DT_ORIGIN_VOC;
    const dt_object_extra *e = o->extra;
    shift by = shift_of(job);
    dt_str_printf(out, "\t<object%s>\n", from_voc && e && e->attributes ? e->attributes : "");
    put_element(out, "\t\t", "name", job->set->classes[o->cls]);
    if (!from_voc || o->posed) put_element(out, "\t\t", "pose", e && e->pose ? e->pose : "Unspecified");
    put_flag(out, "truncated", o->truncated, !from_voc);
    put_flag(out, "occluded", o->occluded, 0);
    put_flag(out, "difficult", o->ignore ? 1 : o->difficult, !from_voc);
    put_box(out, "\t\t", o->box, by);
    for (uint32_t i = 0; e && i < e->part_count; i++) {
        dt_str_append(out, "\t\t<part>\n");
        put_element(out, "\t\t\t", "name", e->parts[i].name);
        put_box(out, "\t\t\t", e->parts[i].box, by);
        if (e->parts[i].other) dt_str_append(out, e->parts[i].other);
        dt_str_append(out, "\t\t</part>\n");
    }
    if (from_voc && e && e->other) dt_str_append(out, e->other);
    dt_str_append(out, "\t</object>\n");
}

/* The size as annotated, if it is VOC's own and nobody corrected it. */
static void put_size(dt_str *out, const dt_record *r, int from_voc)
{
    int stated = from_voc && r->width > 0 && r->height > 0 && !(r->edited & DT_EDITED_SIZE);
    int w = !stated && r->real_width ? r->real_width : r->width,
        h = !stated && r->real_height ? r->real_height : r->height;
    const char *other = !from_voc ? "\t\t<depth>3</depth>\n" : r->extra ? r->extra->size_other : NULL;
    dt_str_printf(out, "\t<size>\n\t\t<width>%d</width>\n\t\t<height>%d</height>\n%s\t</size>\n", w, h,
                  other ? other : "");
}

/* <filename> is the picture's name, but where VOC's own says something else and nobody corrected it. */
static const char *filename_of(const dt_record *r, const char *stem, const char *made)
{
    int stays =
        r->origin == DT_ORIGIN_VOC && r->extra && r->extra->filename && !(r->edited & DT_EDITED_FILENAME);
    size_t n = strlen(stem);
    const char *base = r->label ? dt_path_base(r->label) : "";
    return stays && strncmp(base, stem, n) == 0 && base[n] == '.' ? r->extra->filename : made;
}

static void put_all(dt_str *xml, const dt_output_job *job, const dt_record *r, const char *filename)
{
    int from_voc = r->origin == DT_ORIGIN_VOC;
    const dt_record_extra *e = from_voc ? r->extra : NULL;
    dt_str_printf(xml, "<annotation%s>\n", e && e->attributes ? e->attributes : "");
    if (!from_voc) dt_str_append(xml, "\t<folder>JPEGImages</folder>\n");
    put_element(xml, "\t", "filename", filename);
    if (e && e->other) dt_str_append(xml, e->other);
    put_size(xml, r, from_voc);
    if (!from_voc) dt_str_append(xml, "\t<segmented>0</segmented>\n");
    for (size_t i = 0; i < r->count; i++)
        put_object(xml, job, r, &job->set->objects[r->first + i]);
    dt_str_append(xml, "</annotation>\n");
}

static dt_status put_annotation(const dt_output_job *job, dt_output_list *files, size_t record, dt_error *err)
{
    const dt_record *r = &job->set->records[record];
    const char *stem = job->names[record].stem;
    dt_str xml = {0};
    char *path = dt_format("Annotations/%s.xml", stem);
    char *file = dt_format("%s%s", stem, dt_output_extension(job->opts, r));
    if (path && file)
        put_all(&xml, job, r, filename_of(r, stem, file));
    else
        xml.failed = 1;
    dt_status st = xml.failed ? dt_fail_memory(err, xml.len, "an annotation")
                              : dt_output_write(files, job->root, path, xml.data, xml.len, err);
    dt_str_free(&xml);
    dt_free(path);
    dt_free(file);
    return st;
}

/* 1 if the masks of a record still are those of its objects (dt_target_fit has looked). */
static int keeps_masks(const dt_record *r)
{
    return r->masks && !(r->edited & DT_EDITED_MASKS);
}

/* The files as they are: linked or copied as the pictures are. */
static dt_status put_masks(const dt_output_job *job, dt_output_list *files, size_t record, dt_error *err)
{
    const dt_record *r = &job->set->records[record];
    for (int k = 0; k < DT_MASKS && keeps_masks(r); k++) {
        const char *from = r->masks->files[k];
        if (!from) continue;
        char *path =
            dt_format("%s/%s%s", dt_voc_mask_folders[k], job->names[record].stem, dt_path_extension(from));
        if (!path) return dt_fail_memory(err, strlen(from), "a path");
        dt_status st = job->opts->images == DT_IMAGES_COPY
                           ? dt_output_copy(files, job->root, path, from, err)
                           : dt_output_link(files, job->root, path, from, job->here, err);
        dt_free(path);
        DT_TRY(st);
    }
    return DT_OK;
}

static dt_status put_record(const dt_output_job *job, dt_output_list *files, size_t record, dt_error *err)
{
    if (job->names[record].repeat) return DT_OK;
    DT_TRY(dt_output_picture(job, files, record, "JPEGImages", err));
    DT_TRY(put_masks(job, files, record, err));
    return put_annotation(job, files, record, err);
}

static void add_names(dt_str *text, const dt_output_job *job, const dt_split *split, int masks_only)
{
    for (size_t i = split->first; split->count && i < split->first + split->count; i++)
        if (job->names[i].stem && (!masks_only || keeps_masks(&job->set->records[i])))
            dt_str_printf(text, "%s\n", job->names[i].stem);
}

/* Writes ImageSets/<kind>/<name>.txt: the pictures of one split, or of two. */
static dt_status put_list(const dt_output_job *job, const char *kind, const char *name, const dt_split *split,
                          const dt_split *second, dt_output_list *files, dt_error *err)
{
    dt_str text = {0};
    int masks_only = strcmp(kind, "Segmentation") == 0;
    char *path = dt_format("ImageSets/%s/%s.txt", kind, name);
    add_names(&text, job, split, masks_only);
    if (second) add_names(&text, job, second, masks_only);
    dt_status st = text.failed || !path
                       ? dt_fail_memory(err, text.len, "a list of images")
                       : dt_output_write(files, job->root, path, text.data ? text.data : "", text.len, err);
    dt_str_free(&text);
    dt_free(path);
    return st;
}

/* The lists of all splits. */
static dt_status put_lists(const dt_output_job *job, const char *kind, dt_output_list *files, dt_error *err)
{
    const dt_dataset *set = job->set;
    for (size_t s = 0; s < set->split_count; s++)
        DT_TRY(put_list(job, kind, set->splits[s].name, &set->splits[s], NULL, files, err));
    const dt_split *train = dt_dataset_split(set, "train"), *val = dt_dataset_split(set, "val");
    if (!train || !val || dt_dataset_split(set, "trainval")) return DT_OK;
    return put_list(job, kind, "trainval", train, val, files, err); /* other tools train on it */
}

static dt_status put_folders(const dt_dataset *set, const char *root, int *masks, dt_output_list *files,
                             dt_error *err)
{
    static const char *const folders[] = {"Annotations", "JPEGImages", "ImageSets/Main"};
    int kinds[DT_MASKS] = {0};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        DT_TRY(dt_output_folder(files, root, folders[i], err));
    for (size_t i = 0; i < set->record_count; i++)
        for (int k = 0; k < DT_MASKS; k++)
            kinds[k] |= keeps_masks(&set->records[i]) && set->records[i].masks->files[k];
    for (int k = 0; k < DT_MASKS; k++)
        if (kinds[k]) DT_TRY(dt_output_folder(files, root, dt_voc_mask_folders[k], err));
    *masks = kinds[0] || kinds[1];
    return *masks ? dt_output_folder(files, root, "ImageSets/Segmentation", err) : DT_OK;
}

dt_status dt_voc_write(const dt_dataset *set, const dt_target_opts *opts, const char *root, dt_pool *pool,
                       dt_output_list *files, dt_target_report *report, dt_error *err)
{
    dt_output_names names;
    int masks = 0;
    DT_TRY(dt_output_names_make(set, opts, dt_output_name_flags(opts), &names, report, err));
    char *here = getcwd(NULL, 0);
    dt_output_job job = {
        .set = set, .opts = opts, .names = names.items, .root = root, .here = here ? here : "/"};
    dt_status st = put_folders(set, root, &masks, files, err);
    for (size_t s = 0; s < set->split_count && st == DT_OK; s++) {
        job.split = set->splits[s].name;
        st = dt_output_each(&job, &set->splits[s], put_record, pool, files, err);
    }
    if (st == DT_OK) st = put_lists(&job, "Main", files, err);
    if (st == DT_OK && masks) st = put_lists(&job, "Segmentation", files, err);
    dt_output_names_free(&names);
    free(here);
    return st;
}
