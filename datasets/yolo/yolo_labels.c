/* Rows of YOLO label files: each row for itself, so that one bad row costs one row. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/num.h"
#include "datasets/yolo/yolo.h"

/* Six written decimals put an edge at most this far beyond the picture; such boxes are cut without a word. */
static const double ROUNDING = 1e-6;

typedef struct row_reader {
    const dt_yolo_rows *rows;
    dt_dataset *set;
    dt_findings *findings;
    dt_error *err;
    int32_t line;
    int64_t object;
    const char *text; /* the row, without blanks around it */
    size_t len;
    int shown; /* bytes of it that messages quote */
} row_reader;

static dt_status say(const row_reader *r, dt_severity severity, dt_fate fate, const char *rule,
                     const char *after, const char *message)
{
    char before[128];
    snprintf(before, sizeof before, "%.*s", r->shown, r->text);
    return dt_findings_add(r->findings,
                           &(dt_finding){.severity = severity,
                                         .fate = fate,
                                         .rule = rule,
                                         .file = r->rows->file,
                                         .line = r->line,
                                         .object = r->object,
                                         .before = before,
                                         .after = after},
                           r->err, "%s", message);
}

static dt_status drop(const row_reader *r, const char *rule, const char *fmt, ...) DT_PRINTF(3, 4);
static dt_status drop(const row_reader *r, const char *rule, const char *fmt, ...)
{
    char message[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return say(r, DT_PROBLEM, DT_FATE_DROPPED, rule, NULL, message);
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

typedef struct columns {
    double first[5];        /* class and four numbers */
    size_t count;           /* columns in all */
    double x1, y1, x2, y2;  /* span of the columns after the class taken as points */
    int finite;             /* all are numbers, none NaN or infinite */
    size_t bad_at, bad_len; /* the first column that is no number */
} columns;

static void read_columns(const char *text, size_t len, columns *c)
{
    *c = (columns){.x1 = INFINITY, .y1 = INFINITY, .x2 = -INFINITY, .y2 = -INFINITY, .finite = 1};
    for (size_t at = 0; at < len;) {
        size_t end = at;
        double v = 0;
        while (end < len && !is_blank(text[end]))
            end++;
        if (dt_parse_f64(text + at, end - at, &v) != end - at) {
            c->bad_at = at;
            c->bad_len = end - at;
            return;
        }
        if (!isfinite(v)) c->finite = 0;
        if (c->count < 5) c->first[c->count] = v;
        if (c->count % 2 == 1) {
            c->x1 = fmin(c->x1, v);
            c->x2 = fmax(c->x2, v);
        } else if (c->count > 0) {
            c->y1 = fmin(c->y1, v);
            c->y2 = fmax(c->y2, v);
        }
        c->count++;
        for (at = end; at < len && is_blank(text[at]);)
            at++;
    }
}

static dt_status check_class(const row_reader *r, double number, int32_t *cls, int *ok)
{
    int64_t first = r->rows->class_base, last = first + (int64_t)r->rows->class_count - 1;
    *ok = 0;
    if (number != floor(number) || fabs(number) > 1e9)
        return drop(r, "class-range", "class %g is not a whole number", number);
    if (number < (double)first || number > (double)last)
        return drop(r, "class-range", "class %.0f of %lld..%lld%s", number, (long long)first, (long long)last,
                    first == 0 && number == (double)last + 1 ? ": are the numbers 1-based?" : "");
    *cls = (int32_t)(number - (double)first);
    *ok = 1;
    return DT_OK;
}

static dt_status clip(const row_reader *r, dt_object *object, int *ok)
{
    dt_box *box = &object->box, was = *box;
    double over = fmax(fmax(-was.x1, -was.y1), fmax(was.x2 - 1, was.y2 - 1));
    *ok = 1;
    if (over <= 0 || (r->rows->as_is && over > ROUNDING)) return DT_OK;
    dt_box_clip(box, 1, 1);
    if (!(box->x2 > box->x1 && box->y2 > box->y1)) {
        *ok = 0;
        return drop(r, "box-outside", "the box lies outside of the picture");
    }
    if (over <= ROUNDING) return DT_OK;
    object->edited |= DT_EDITED_BOX;
    char after[128];
    snprintf(after, sizeof after, "%.6f %.6f %.6f %.6f", (box->x1 + box->x2) / 2, (box->y1 + box->y2) / 2,
             box->x2 - box->x1, box->y2 - box->y1);
    return say(r, DT_WARNING, DT_FATE_CHANGED, "box-outside", after,
               "the box reaches over the picture's edge: clipped");
}

static dt_status read_row(row_reader *r)
{
    columns c;
    dt_object object = {.area = -1,
                        .line = r->line,
                        .index = (int32_t)r->object,
                        .difficult = DT_FLAG_UNKNOWN,
                        .truncated = DT_FLAG_UNKNOWN,
                        .occluded = DT_FLAG_UNKNOWN,
                        .ignore = (int8_t)r->rows->ignore};
    int ok;
    read_columns(r->text, r->len, &c);
    if (c.bad_len)
        return drop(r, "label-number", "'%.*s' is not a number", c.bad_len < 40 ? (int)c.bad_len : 40,
                    r->text + c.bad_at);
    if (c.count < 5 || (c.count > 6 && c.count % 2 == 0))
        return drop(r, "label-columns",
                    "%zu columns; a row has 5 (class cx cy w h), or a class and pairs of numbers", c.count);
    if (!c.finite) return drop(r, "label-number", "a value is not finite");
    DT_TRY(check_class(r, c.first[0], &object.cls, &ok));
    if (!ok) return DT_OK;
    if (c.count == 6)
        DT_TRY(say(r, DT_WARNING, DT_FATE_NONE, "label-columns", NULL,
                   "6 columns: the last one (a score?) is not read"));
    object.box = c.count > 6 ? (dt_box){c.x1, c.y1, c.x2, c.y2}
                             : dt_box_from_cxcywh(c.first[1], c.first[2], c.first[3], c.first[4]);
    if (fmax(fabs(object.box.x2), fabs(object.box.y2)) > 2 && fmax(fabs(c.first[1]), fabs(c.first[2])) > 2)
        return drop(r, "box-not-normalised",
                    "values are pixels? They must be divided by the picture's width and height");
    int whole = object.box.x2 > object.box.x1 && object.box.y2 > object.box.y1;
    if (!whole && r->rows->as_is) return dt_dataset_add_object(r->set, &object, r->err);
    if (!whole) return drop(r, "box-empty", "the box has no area");
    DT_TRY(clip(r, &object, &ok));
    return ok ? dt_dataset_add_object(r->set, &object, r->err) : DT_OK;
}

typedef struct sortable {
    dt_object object;
    size_t index;
} sortable;

static int compare_values(const void *pa, const void *pb)
{
    const sortable *a = pa, *b = pb;
    const double va[4] = {a->object.box.x1, a->object.box.y1, a->object.box.x2, a->object.box.y2};
    const double vb[4] = {b->object.box.x1, b->object.box.y1, b->object.box.x2, b->object.box.y2};
    if (a->object.cls != b->object.cls) return a->object.cls < b->object.cls ? -1 : 1;
    for (int i = 0; i < 4; i++)
        if (va[i] != vb[i]) return va[i] < vb[i] ? -1 : 1;
    return 0;
}

static int compare_sortables(const void *pa, const void *pb)
{
    const sortable *a = pa, *b = pb;
    int order = compare_values(a, b);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static int compare_lines(const void *pa, const void *pb)
{
    const dt_object *a = pa, *b = pb;
    return (a->line > b->line) - (a->line < b->line);
}

/* Drops objects from `first` on that repeat an earlier one exactly. */
static dt_status drop_repeated(row_reader *r, size_t first)
{
    dt_dataset *set = r->set;
    size_t count = set->object_count - first, kept = 0;
    if (count < 2) return DT_OK;
    sortable *sorted = dt_malloc(count * sizeof *sorted);
    if (!sorted) return dt_fail_memory(r->err, count * sizeof *sorted, "label rows");
    for (size_t i = 0; i < count; i++)
        sorted[i] = (sortable){set->objects[first + i], i};
    qsort(sorted, count, sizeof *sorted, compare_sortables);
    dt_status st = DT_OK;
    for (size_t i = 0; i < count && st == DT_OK; i++) {
        if (i > 0 && compare_values(&sorted[i - 1], &sorted[i]) == 0) {
            st = dt_findings_add(r->findings,
                                 &(dt_finding){.severity = DT_WARNING,
                                               .fate = DT_FATE_DROPPED,
                                               .rule = "object-twice",
                                               .file = r->rows->file,
                                               .line = sorted[i].object.line,
                                               .object = -1},
                                 r->err, "the same object as in line %d", sorted[i - 1].object.line);
            sorted[i].object = sorted[i - 1].object; /* so that a third one names the first line */
        } else {
            set->objects[first + kept++] = sorted[i].object;
        }
    }
    dt_free(sorted);
    qsort(set->objects + first, kept, sizeof *set->objects, compare_lines);
    set->records[set->record_count - 1].count -= count - kept;
    set->object_count = first + kept;
    return st;
}

dt_status dt_yolo_parse(const char *text, size_t size, const dt_yolo_rows *rows, dt_dataset *set,
                        dt_findings *findings, dt_error *err)
{
    row_reader r = {.rows = rows, .set = set, .findings = findings, .err = err, .object = -1};
    size_t first = set->object_count;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        size -= 3;
    }
    for (const char *at = text, *end = text + size; at < end && r.line < INT32_MAX;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        const char *from = at, *to = stop;
        while (from < to && is_blank(*from))
            from++;
        while (to > from && is_blank(to[-1]))
            to--;
        r.line++;
        at = stop + 1;
        if (from == to) continue;
        r.object++;
        r.text = from;
        r.len = (size_t)(to - from);
        r.shown = r.len < 100 ? (int)r.len : 100;
        DT_TRY(read_row(&r));
    }
    return rows->as_is ? DT_OK : drop_repeated(&r, first);
}
