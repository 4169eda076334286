#include "datasets/coco/coco_record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/num.h"
#include "datasets/coco/coco.h"
#include "datasets/coco/json_scan.h"
#include "datasets/coco/polygon.h"

enum { NUMBER = DT_NUM_MAX };

static const char *int_text(char out[NUMBER], int64_t v)
{
    snprintf(out, NUMBER, "%lld", (long long)v);
    return out;
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

static void put_int(dt_json *j, const char *key, int64_t value)
{
    dt_json_key(j, key);
    dt_json_int(j, value);
}

static int32_t width_of(const dt_record *r)
{
    return r->real_width ? r->real_width : r->width;
}

static int32_t height_of(const dt_record *r)
{
    return r->real_height ? r->real_height : r->height;
}

/* The record's text in its file, and an object that its members go to. */
static dt_status patch(dt_coco_record *w, const char *label, uint64_t offset, size_t bytes,
                       const dt_json_change *changes, size_t count)
{
    const char *text;
    DT_TRY(dt_coco_text(&w->texts, label, offset, bytes, &text, w->err));
    dt_json_compact(w->json);
    dt_json_object(w->json);
    DT_TRY(dt_json_patch(w->json, label, text, bytes, changes, count, w->err));
    dt_json_object_end(w->json);
    return DT_OK;
}

/* ---- images ---- */

static dt_status find_license(dt_coco_record *w, const dt_record *r, int *changed, int64_t *license)
{
    const char *text;
    if (!w->licenses.change_count) return DT_OK;
    DT_TRY(dt_coco_text(&w->texts, r->label, r->extra->offset, r->extra->bytes, &text, w->err));
    *changed = dt_coco_license_changed(&w->licenses, r->label, text, r->extra->bytes, license);
    return DT_OK;
}

dt_status dt_coco_put_image(dt_coco_record *w, const dt_record *r, int64_t id, const char *file_name)
{
    dt_json *j = w->json;
    if (r->origin != DT_ORIGIN_COCO) {
        dt_json_compact(j);
        dt_json_object(j);
        put_int(j, "id", id);
        dt_json_key(j, "file_name");
        dt_json_str(j, file_name);
        put_int(j, "width", width_of(r));
        put_int(j, "height", height_of(r));
        dt_json_object_end(j);
        return DT_OK;
    }
    char number[4][NUMBER];
    dt_str name = {0};
    dt_json quoted = dt_json_begin(&name, 0);
    dt_json_str(&quoted, file_name);
    dt_json_change changes[5] = {{"id", int_text(number[0], id)}, {"file_name", name.data}};
    size_t count = 2;
    int64_t license = 0;
    int relicensed = 0;
    if (r->edited & DT_EDITED_SIZE) {
        changes[count++] = (dt_json_change){"width", int_text(number[1], width_of(r))};
        changes[count++] = (dt_json_change){"height", int_text(number[2], height_of(r))};
    }
    dt_status st = name.failed ? dt_fail_memory(w->err, strlen(file_name), "a name")
                               : find_license(w, r, &relicensed, &license);
    if (relicensed) changes[count++] = (dt_json_change){"license", int_text(number[3], license)};
    if (st == DT_OK) st = patch(w, r->label, r->extra->offset, r->extra->bytes, changes, count);
    dt_str_free(&name);
    return st;
}

/* ---- annotations ---- */

/* A number list as points; an odd one at the end is left. New array. */
static dt_status read_points(dt_coco_record *w, dt_scan *s, double **points, size_t *count)
{
    size_t n = 0, capacity = 0;
    *points = NULL;
    dt_scan_array(s);
    while (dt_scan_item(s)) {
        double v;
        if (dt_scan_f64(s, &v) != DT_OK) break;
        if (dt_grow(points, &capacity, n + 1, sizeof v) != 0) return dt_fail_memory(w->err, n, "a polygon");
        (*points)[n++] = v;
    }
    *count = n / 2;
    return s->status;
}

/* Cuts one polygon and writes what is left of it. */
static dt_status clip_polygon(dt_coco_record *w, const dt_record *r, const double *points, size_t count,
                              dt_json *out, double *area)
{
    size_t room = dt_polygon_room(count);
    double *cut = dt_realloc_array(NULL, 4 * room, sizeof *cut);
    if (!cut) return dt_fail_memory(w->err, room, "a polygon");
    size_t n = dt_polygon_clip(points, count, width_of(r), height_of(r), cut, cut + 2 * room);
    double size = dt_polygon_area(cut, n);
    if (n >= 3 && size > 0) {
        dt_json_array(out);
        for (size_t i = 0; i < 2 * n; i++)
            put_number(out, cut[i]);
        dt_json_array_end(out);
        *area += size;
    }
    dt_free(cut);
    return DT_OK;
}

/* The polygons of `text`, cut at the picture's edge. */
static dt_status clip_polygons(dt_coco_record *w, const dt_record *r, const char *text, size_t len,
                               dt_json *out, double *area)
{
    dt_scan s;
    dt_status st = dt_scan_open_text(&s, r->label, text, len, w->err);
    dt_json_array(out);
    if (st == DT_OK) dt_scan_array(&s);
    while (st == DT_OK && dt_scan_item(&s)) {
        double *points = NULL;
        size_t count = 0;
        st = read_points(w, &s, &points, &count);
        if (st == DT_OK) st = clip_polygon(w, r, points, count, out, area);
        dt_free(points);
    }
    dt_json_array_end(out);
    if (st == DT_OK) st = s.status;
    dt_scan_close(&s);
    return st;
}

/* What changes with the box: bbox, area, segmentation. */
typedef struct box_texts {
    dt_str bbox, area, segmentation;
} box_texts;

static void box_texts_free(box_texts *t)
{
    dt_str_free(&t->bbox);
    dt_str_free(&t->area);
    dt_str_free(&t->segmentation);
}

static dt_box pixels_of(const dt_coco_record *w, const dt_record *r, const dt_object *o)
{
    dt_box b = dt_dataset_box(w->set, o, width_of(r), height_of(r));
    return (dt_box){dt_pixel_tidy(b.x1), dt_pixel_tidy(b.y1), dt_pixel_tidy(b.x2 - b.x1),
                    dt_pixel_tidy(b.y2 - b.y1)}; /* x, y, width, height */
}

static void put_bbox(dt_json *j, dt_box b)
{
    dt_json_array(j);
    put_number(j, b.x1);
    put_number(j, b.y1);
    put_number(j, b.x2);
    put_number(j, b.y2);
    dt_json_array_end(j);
}

static dt_status make_box_texts(dt_coco_record *w, const dt_record *r, const dt_object *o, box_texts *t)
{
    const dt_object_extra *e = o->extra;
    dt_box b = pixels_of(w, r, o);
    double area = b.x2 * b.y2, polygons = 0;
    dt_str text = {0};
    dt_status st = DT_OK;
    dt_json j = dt_json_begin(&t->bbox, 1);
    dt_json_compact(&j);
    put_bbox(&j, b);
    if (e->segmentation_bytes) st = dt_coco_segmentation_read(r, o, &text, w->err);
    if (st == DT_OK && text.len &&
        *text.data == '[') { /* an RLE has the picture's size: nothing lies outside */
        j = dt_json_begin(&t->segmentation, 0);
        st = clip_polygons(w, r, text.data, text.len, &j, &polygons);
    }
    dt_str_free(&text);
    if (polygons > 0)
        area = polygons;
    else if (o->area >= 0)
        area = fmin(o->area, area);
    j = dt_json_begin(&t->area, 0);
    put_number(&j, area);
    if (st == DT_OK && (t->bbox.failed || t->area.failed || t->segmentation.failed))
        st = dt_fail_memory(w->err, t->segmentation.len, "an annotation");
    return st;
}

static dt_status put_again(dt_coco_record *w, const dt_record *r, const dt_object *o, int64_t id,
                           int64_t image, int64_t category)
{
    char number[3][NUMBER];
    box_texts texts = {0};
    size_t n = 3;
    dt_json_change changes[DT_JSON_CHANGES] = {
        {"id", int_text(number[0], id)},
        {"image_id", int_text(number[1], image)},
        {"category_id", int_text(number[2], category)},
    };
    dt_status st = DT_OK;
    if (o->edited & DT_EDITED_BOX) {
        st = make_box_texts(w, r, o, &texts);
        changes[n++] = (dt_json_change){"bbox", texts.bbox.data};
        changes[n++] = (dt_json_change){"area", texts.area.data};
        if (texts.segmentation.len) changes[n++] = (dt_json_change){"segmentation", texts.segmentation.data};
    }
    if (o->ignore) {
        changes[n++] = (dt_json_change){"ignore", "1"};
        if (!o->crowd) changes[n++] = (dt_json_change){"iscrowd", "0"};
    }
    if (st == DT_OK) st = patch(w, dt_object_label(r, o), o->extra->offset, o->extra->bytes, changes, n);
    box_texts_free(&texts);
    return st;
}

dt_status dt_coco_put_annotation(dt_coco_record *w, const dt_record *r, const dt_object *o, int64_t id,
                                 int64_t image, int64_t category)
{
    if (dt_object_origin(r, o) == DT_ORIGIN_COCO && o->extra && o->extra->bytes)
        return put_again(w, r, o, id, image, category);
    dt_box b = pixels_of(w, r, o);
    dt_json *j = w->json;
    dt_json_compact(j);
    dt_json_object(j);
    put_int(j, "id", id);
    put_int(j, "image_id", image);
    put_int(j, "category_id", category);
    dt_json_key(j, "bbox");
    put_bbox(j, b);
    dt_json_key(j, "area");
    put_number(j, o->area >= 0 ? o->area : b.x2 * b.y2);
    put_int(j, "iscrowd", o->crowd);
    if (o->difficult == 1) put_int(j, "difficult", 1);
    if (o->ignore) put_int(j, "ignore", 1);
    dt_json_key(j, "segmentation");
    dt_json_array(j);
    dt_json_array_end(j);
    dt_json_object_end(j);
    return DT_OK;
}

/* ---- the others ---- */

dt_status dt_coco_put_category(dt_coco_record *w, const char *name, int64_t id)
{
    const dt_category *c = dt_dataset_category(w->set, name);
    dt_json *j = w->json;
    if (!c) {
        dt_json_compact(j);
        dt_json_object(j);
        put_int(j, "id", id);
        dt_json_key(j, "name");
        dt_json_str(j, name);
        dt_json_key(j, "supercategory");
        dt_json_str(j, name);
        dt_json_object_end(j);
        return DT_OK;
    }
    char number[NUMBER];
    dt_str quoted = {0};
    dt_json text = dt_json_begin(&quoted, 0);
    dt_json_str(&text, name);
    const dt_json_change changes[] = {{"id", int_text(number, id)}, {"name", quoted.data}};
    dt_status st = quoted.failed ? dt_fail_memory(w->err, strlen(name), "a name")
                                 : patch(w, c->label, c->offset, c->bytes, changes, 2);
    dt_str_free(&quoted);
    return st;
}

dt_status dt_coco_put_member(dt_coco_record *w, const dt_member *member)
{
    const char *text;
    DT_TRY(dt_coco_text(&w->texts, member->label, member->offset, member->bytes, &text, w->err));
    dt_json_key(w->json, member->key);
    dt_json_raw(w->json, text, member->bytes);
    return DT_OK;
}

dt_status dt_coco_put_licenses(dt_coco_record *w)
{
    dt_json_key(w->json, "licenses");
    dt_json_raw(w->json, w->licenses.list, strlen(w->licenses.list));
    return DT_OK;
}
