/* A set as a VOC folder: Annotations, JPEGImages, ImageSets/Main/<split>.txt. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/num.h"
#include "datasets/output_split.h"

/* Text of an element. XML 1.0 cannot hold most control characters, whatever the escape: they become U+FFFD,
 * as bytes that are not UTF-8. */
static void put_text(dt_str *out, const char *text)
{
    for (const char *p = text; *p;) {
        size_t n = dt_output_utf8(p);
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

/* Whole values as VOC has them, others in the shortest form that reads back the same. */
static void put_value(dt_str *out, const char *indent, const char *name, double v)
{
    char text[DT_NUM_MAX];
    v = dt_pixel_tidy(v);
    int len = dt_format_f64(text, v);
    if (len > 2 && strcmp(text + len - 2, ".0") == 0) text[len - 2] = '\0';
    dt_str_printf(out, "%s\t<%s>%s</%s>\n", indent, name, text, name);
}

/* The rule of reading, backwards: with `exact` the box (0, 0, W, H) is written 1, 1, W, H. */
static void put_box(dt_str *out, const char *indent, dt_box b, dt_voc_rule rule)
{
    double min = rule == DT_VOC_RAW ? 0 : 1, max = rule == DT_VOC_MINUS_ONE ? 1 : 0;
    dt_str_printf(out, "%s<bndbox>\n", indent);
    put_value(out, indent, "xmin", b.x1 + min);
    put_value(out, indent, "ymin", b.y1 + min);
    put_value(out, indent, "xmax", b.x2 + max);
    put_value(out, indent, "ymax", b.y2 + max);
    dt_str_printf(out, "%s</bndbox>\n", indent);
}

static void put_object(dt_str *out, const dt_output_job *job, const dt_object *o, double w, double h)
{
    const dt_object_extra *e = o->extra;
    dt_str_append(out, "\t<object>\n");
    put_element(out, "\t\t", "name", job->set->classes[o->cls]);
    put_element(out, "\t\t", "pose", e && e->pose ? e->pose : "Unspecified");
    /* VOC's own readers fail where one of these two is missing. */
    dt_str_printf(out, "\t\t<truncated>%d</truncated>\n", o->truncated == 1);
    if (o->occluded != DT_FLAG_UNKNOWN) dt_str_printf(out, "\t\t<occluded>%d</occluded>\n", o->occluded == 1);
    dt_str_printf(out, "\t\t<difficult>%d</difficult>\n", o->difficult == 1 || o->ignore);
    put_box(out, "\t\t", dt_dataset_box(job->set, o, w, h), job->opts->voc_rule);
    for (size_t i = 0; e && i < e->part_count; i++) {
        const dt_object part = {.box = e->parts[i].box};
        dt_str_append(out, "\t\t<part>\n");
        put_element(out, "\t\t\t", "name", e->parts[i].name);
        put_box(out, "\t\t\t", dt_dataset_box(job->set, &part, w, h), job->opts->voc_rule);
        dt_str_append(out, "\t\t</part>\n");
    }
    dt_str_append(out, "\t</object>\n");
}

static dt_status put_annotation(const dt_output_job *job, dt_output_list *files, size_t record, dt_error *err)
{
    const dt_record *r = &job->set->records[record];
    int w = r->real_width ? r->real_width : r->width, h = r->real_height ? r->real_height : r->height;
    dt_str xml = {0};
    char *path = dt_format("Annotations/%s.xml", job->names[record].stem);
    char *file = dt_format("%s%s", job->names[record].stem, dt_output_extension(r));
    if (!path || !file) xml.failed = 1;
    dt_str_append(&xml, "<annotation>\n\t<folder>JPEGImages</folder>\n");
    put_element(&xml, "\t", "filename", file ? file : "");
    dt_str_printf(
        &xml,
        "\t<size>\n\t\t<width>%d</width>\n\t\t<height>%d</height>\n\t\t<depth>3</depth>\n\t</size>\n"
        "\t<segmented>0</segmented>\n",
        w, h);
    for (size_t i = 0; i < r->count; i++)
        put_object(&xml, job, &job->set->objects[r->first + i], w, h);
    dt_str_append(&xml, "</annotation>\n");
    dt_status st = xml.failed ? dt_fail_memory(err, xml.len, "an annotation")
                              : dt_output_write(files, job->root, path, xml.data, xml.len, err);
    dt_str_free(&xml);
    dt_free(path);
    dt_free(file);
    return st;
}

static dt_status put_record(const dt_output_job *job, dt_output_list *files, size_t record, dt_error *err)
{
    if (job->names[record].repeat) return DT_OK;
    DT_TRY(dt_output_picture(job, files, record, "JPEGImages", err));
    return put_annotation(job, files, record, err);
}

static dt_status put_list(const dt_output_job *job, const dt_split *split, dt_output_list *files,
                          dt_error *err)
{
    dt_str text = {0};
    char *path = dt_format("ImageSets/Main/%s.txt", split->name);
    for (size_t i = split->first; i < split->first + split->count; i++)
        if (job->names[i].stem) dt_str_printf(&text, "%s\n", job->names[i].stem);
    dt_status st = text.failed || !path
                       ? dt_fail_memory(err, text.len, "a list of images")
                       : dt_output_write(files, job->root, path, text.data ? text.data : "", text.len, err);
    dt_str_free(&text);
    dt_free(path);
    return st;
}

dt_status dt_voc_write(const dt_dataset *set, const dt_target_opts *opts, const char *root, dt_pool *pool,
                       dt_output_list *files, dt_target_report *report, dt_error *err)
{
    static const char *const folders[] = {"Annotations", "JPEGImages", "ImageSets/Main"};
    dt_output_names names;
    DT_TRY(dt_output_names_make(set, opts, DT_NAMES_FLAT | DT_NAMES_TEXT, &names, report, err));
    char *here = getcwd(NULL, 0);
    dt_output_job job = {
        .set = set, .opts = opts, .names = names.items, .root = root, .here = here ? here : "/"};
    dt_status st = DT_OK;
    for (size_t i = 0; i < sizeof folders / sizeof *folders && st == DT_OK; i++)
        st = dt_output_folder(files, root, folders[i], err);
    for (size_t s = 0; s < set->split_count && st == DT_OK; s++) {
        job.split = set->splits[s].name;
        st = dt_output_each(&job, &set->splits[s], put_record, pool, files, err);
        if (st == DT_OK) st = put_list(&job, &set->splits[s], files, err);
    }
    dt_output_names_free(&names);
    free(here);
    return st;
}
