#include "datasets/edit/edit.h"

#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "datasets/yolo/yolo.h"

void dt_edit_free(dt_edit *e)
{
    dt_yolo_source_close(&e->rows);
    dt_free(e->rows_path);
    e->rows_path = NULL;
}

const char *dt_edit_name(const dt_record *r)
{
    if (r->name) return r->name;
    return dt_path_base(r->image ? r->image : r->label ? r->label : "");
}

/* ---- rows ---- */

static void put_value(dt_str *out, double v)
{
    char text[DT_NUM_MAX];
    int len = dt_format_f64(text, dt_pixel_tidy(v));
    if (len > 2 && strcmp(text + len - 2, ".0") == 0) len -= 2;
    dt_str_append_n(out, text, (size_t)len);
}

/* Opens the label file that the object is in. */
static dt_status open_rows(dt_edit *e, const dt_record *r, const dt_object *o)
{
    char *path =
        o->ignore ? dt_yolo_label_path(dt_object_image(r, o), "ignore") : dt_strdup(dt_object_label(r, o));
    if (!path) return dt_fail_memory(e->err, 1, "a path");
    if (e->rows_path && strcmp(e->rows_path, path) == 0) {
        dt_free(path);
        return DT_OK;
    }
    dt_edit_free(e);
    e->rows_path = path;
    return dt_yolo_source_open(&e->rows, path, e->err);
}

/* What a class is called in a row. */
typedef struct label {
    const char *name;
    int64_t number;
} label;

static label label_of(const dt_edit *e, int32_t cls)
{
    return (label){e->set->classes[cls], cls + e->set->class_base};
}

static dt_status put_yolo_row(dt_edit *e, const dt_record *r, const dt_object *o, label cls, int as_read,
                              dt_str *out)
{
    double w = r->real_width ? r->real_width : r->width, h = r->real_height ? r->real_height : r->height;
    int done = 0;
    DT_TRY(open_rows(e, r, o));
    if (as_read) {
        size_t len = 0;
        const char *row = dt_yolo_source_line(&e->rows, o->line, &len);
        if (row) dt_str_append_n(out, row, len);
        return DT_OK;
    }
    DT_TRY(dt_yolo_source_row(&e->rows, o->line, cls.number, o->edited & DT_EDITED_BOX, out, &done, e->err));
    if (!done) dt_yolo_write_row(out, cls.number, o->box, w, h, 6);
    if (out->len && out->data[out->len - 1] == '\n') out->data[--out->len] = '\0';
    return DT_OK;
}

/* `as_read`: a YOLO row is the file's own. */
static dt_status put_row(dt_edit *e, const dt_record *r, const dt_object *o, label cls, int as_read,
                         dt_str *out)
{
    static const char *const names[4] = {" xmin ", " ymin ", " xmax ", " ymax "};
    dt_box b = o->box;
    int coco = dt_object_origin(r, o) == DT_ORIGIN_COCO;
    const double v[4] = {b.x1, b.y1, coco ? b.x2 - b.x1 : b.x2, coco ? b.y2 - b.y1 : b.y2};
    if (dt_object_origin(r, o) == DT_ORIGIN_YOLO) {
        DT_TRY(put_yolo_row(e, r, o, cls, as_read, out));
    } else {
        dt_str_append(out, cls.name);
        if (coco) dt_str_append(out, " [");
        for (int i = 0; i < 4; i++) {
            dt_str_append(out, !coco ? names[i] : i ? ", " : "");
            put_value(out, v[i]);
        }
        if (coco) dt_str_char(out, ']');
    }
    return out->failed ? dt_fail_memory(e->err, out->len, "a row") : DT_OK;
}

/* ---- findings ---- */

/* Adds the finding; `is`: the row afterwards, or empty. */
static dt_status say(dt_edit *e, const dt_record *r, const dt_object *before, const dt_str *is,
                     dt_severity severity, dt_fate fate, const char *rule, const char *message)
{
    int has_id = before->extra && before->extra->has_id && before->extra->id >= 0;
    const char *from = dt_object_label(r, before);
    dt_str was = {0};
    dt_status st = put_row(e, r, before, label_of(e, before->cls), !(before->edited & DT_EDITED_BOX), &was);
    if (st == DT_OK)
        st = dt_findings_add(e->findings,
                             &(dt_finding){.severity = severity,
                                           .fate = fate,
                                           .rule = rule,
                                           .file = from ? from : r->image,
                                           .line = before->line,
                                           .object = has_id ? before->extra->id : before->index,
                                           .before = was.data,
                                           .after = is->data},
                             e->err, "%s: %s%s%s", e->set->classes[before->cls], message,
                             r->name ? ", in " : "", r->name ? r->name : "");
    dt_str_free(&was);
    return st;
}

dt_status dt_edit_say_object(dt_edit *e, const dt_record *r, const dt_object *before, const dt_object *after,
                             dt_severity severity, dt_fate fate, const char *rule, const char *fmt, ...)
{
    char message[400];
    va_list args;
    dt_str is = {0};
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    dt_status st = after ? put_row(e, r, after, label_of(e, after->cls), 0, &is) : DT_OK;
    if (st == DT_OK) st = say(e, r, before, &is, severity, fate, rule, message);
    dt_str_free(&is);
    return st;
}

dt_status dt_edit_say_mapped(dt_edit *e, const dt_record *r, const dt_object *o, const char *name,
                             int32_t cls)
{
    char message[400];
    dt_str is = {0};
    snprintf(message, sizeof message, "becomes '%.300s'", name);
    dt_status st = put_row(e, r, o, (label){name, cls + e->set->class_base}, 0, &is);
    if (st == DT_OK) st = say(e, r, o, &is, DT_NOTE, DT_FATE_CHANGED, "class-mapped", message);
    dt_str_free(&is);
    return st;
}

dt_status dt_edit_say_record(dt_edit *e, const dt_record *r, dt_severity severity, dt_fate fate,
                             const char *rule, const char *fmt, ...)
{
    char message[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return dt_findings_add(e->findings,
                           &(dt_finding){.severity = severity,
                                         .fate = fate,
                                         .rule = rule,
                                         .file = r->image ? r->image : r->label,
                                         .object = -1},
                           e->err, "%s%s%s", r->name ? r->name : "", r->name ? ": " : "", message);
}

/* ---- taking out ---- */

void dt_edit_drop_objects(dt_dataset *set, const uint8_t *drop)
{
    size_t to = 0;
    for (size_t i = 0; i < set->record_count; i++) {
        dt_record *r = &set->records[i];
        size_t first = to;
        for (size_t k = r->first; k < r->first + r->count; k++)
            if (!drop[k]) set->objects[to++] = set->objects[k];
        r->first = first;
        r->count = to - first;
    }
    set->object_count = to;
}

void dt_edit_drop_records(dt_dataset *set, const uint8_t *drop)
{
    size_t record = 0, object = 0;
    for (size_t s = 0; s < set->split_count; s++) {
        dt_split *split = &set->splits[s];
        size_t first = record;
        for (size_t i = split->first; i < split->first + split->count; i++) {
            dt_record r = set->records[i];
            if (drop[i]) continue;
            memmove(set->objects + object, set->objects + r.first, r.count * sizeof *set->objects);
            r.first = object;
            object += r.count;
            set->records[record++] = r;
        }
        split->first = first;
        split->count = record - first;
    }
    set->record_count = record;
    set->object_count = object;
}

dt_status dt_edit_drop_splits(dt_edit *e)
{
    dt_dataset *set = e->set;
    size_t to = 0;
    for (size_t s = 0; s < set->split_count; s++) {
        if (set->splits[s].count) {
            set->splits[to++] = set->splits[s];
            continue;
        }
        DT_TRY(dt_findings_add(
            e->findings,
            &(dt_finding){
                .severity = DT_WARNING, .fate = DT_FATE_DROPPED, .rule = "split-empty", .object = -1},
            e->err, "no picture of the split '%s' is left", set->splits[s].name));
    }
    set->split_count = to;
    return to ? DT_OK : dt_fail(e->err, DT_ERR_STATE, "no picture is left: there is nothing to write");
}

dt_status dt_edit_drop_classes(dt_dataset *set, const uint8_t *drop, dt_error *err)
{
    int32_t *map = dt_calloc(set->class_count, sizeof *map);
    const char **names = dt_calloc(set->class_count, sizeof *names);
    size_t count = 0;
    dt_status st =
        map && names ? DT_OK : dt_fail_memory(err, set->class_count * sizeof *names, "class names");
    for (size_t i = 0; i < set->class_count && st == DT_OK; i++) {
        map[i] = drop[i] ? -1 : (int32_t)count;
        if (!drop[i]) names[count++] = set->classes[i];
    }
    if (st == DT_OK && count < set->class_count) st = dt_dataset_map_classes(set, map, names, count, err);
    dt_free(map);
    dt_free(names);
    return st;
}

dt_status dt_edit_find_class(const dt_dataset *set, const char *name, size_t *cls, dt_error *err)
{
    int64_t at = dt_strmap_get(&set->class_index, name, -1);
    const char *best = NULL;
    int distance = (int)strlen(name) / 3 + 2;
    if (at >= 0) {
        *cls = (size_t)at;
        return DT_OK;
    }
    for (size_t i = 0; i < set->class_count; i++) {
        int d = dt_edit_distance(name, set->classes[i]);
        if (d >= distance) continue;
        distance = d;
        best = set->classes[i];
    }
    if (best) return dt_fail(err, DT_ERR_ARG, "there is no class '%s'; did you mean '%s'?", name, best);
    return dt_fail(err, DT_ERR_ARG, "there is no class '%s' among the %zu of the set", name,
                   set->class_count);
}
