/* Checks of boxes, picture by picture. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "datasets/check/check.h"
#include "datasets/check/stats.h"

static const double NEAR_IOU = 0.95;

typedef struct placed {
    dt_box box;   /* pixels */
    size_t index; /* in the record */
} placed;

typedef struct box_check {
    const dt_dataset *set;
    dt_findings *findings;
    dt_error *err;
    double imgsz, stride;
    const dt_record *record;
    int32_t width, height;
    placed *boxes; /* of the record: those that are whole */
    size_t count, capacity;
} box_check;

static void print_box(const box_check *c, const dt_object *object, char out[160])
{
    const double v[4] = {object->box.x1, object->box.y1, object->box.x2, object->box.y2};
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        char number[DT_NUM_MAX];
        if (c->set->frame == DT_FRAME_FRACTIONS && fabs(v[i]) < 1e6)
            dt_format_fixed(number, v[i], 6);
        else
            dt_format_f64(number, v[i]);
        at += (size_t)snprintf(out + at, 160 - at, "%s%s", i ? " " : "", number);
    }
}

/* What a finding calls an object: COCO's annotations have ids, others their place in the file. */
static int64_t object_number(const box_check *c, size_t index)
{
    const dt_object_extra *e = c->set->objects[c->record->first + index].extra;
    return e && e->has_id && e->id >= 0 ? e->id : (int64_t)index;
}

static dt_status say(const box_check *c, size_t index, dt_severity severity, const char *rule,
                     const char *fmt, ...) DT_PRINTF(5, 6);
static dt_status say(const box_check *c, size_t index, dt_severity severity, const char *rule,
                     const char *fmt, ...)
{
    const dt_object *object = &c->set->objects[c->record->first + index];
    char was[160], message[300];
    va_list args;
    print_box(c, object, was);
    /* A COCO file is the label of all its pictures: the picture must be named, too. */
    int shared =
        c->record->label && c->record->image && strcmp(dt_path_extension(c->record->label), ".json") == 0;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return dt_findings_add(c->findings,
                           &(dt_finding){.severity = severity,
                                         .rule = rule,
                                         .file = c->record->label ? c->record->label : c->record->image,
                                         .line = object->line,
                                         .object = object_number(c, index),
                                         .before = was,
                                         .other = shared ? c->record->image : NULL},
                           c->err, "%s: %s%s%s", c->set->classes[object->cls], message, shared ? ", in " : "",
                           shared ? dt_path_base(c->record->image) : "");
}

static dt_status check_small(const box_check *c, size_t index, dt_box b)
{
    double scale = c->imgsz / fmax(c->width, c->height);
    double w = (b.x2 - b.x1) * scale, h = (b.y2 - b.y1) * scale;
    if (w >= c->stride || h >= c->stride) return DT_OK;
    return say(c, index, DT_NOTE, "box-small",
               "%.0f x %.0f pixels are %.1f x %.1f at imgsz %.0f, under a stride of %.0f", b.x2 - b.x1,
               b.y2 - b.y1, w, h, c->imgsz, c->stride);
}

/* Checks one box by itself and keeps it for the comparison if it is whole. */
static dt_status check_one(box_check *c, size_t index)
{
    const dt_object *object = &c->set->objects[c->record->first + index];
    dt_box b = object->box;
    if (b.x2 < b.x1 || b.y2 < b.y1)
        return say(c, index, DT_PROBLEM, "box-inverted", "a maximum is smaller than its minimum");
    if (!(b.x2 > b.x1 && b.y2 > b.y1)) return say(c, index, DT_PROBLEM, "box-empty", "the box has no area");
    int sized = c->width > 0;
    b = dt_dataset_box(c->set, object, sized ? c->width : 1, sized ? c->height : 1);
    if (sized) {
        dt_box whole = b;
        if (dt_box_clip(&b, c->width, c->height)) {
            if (!(b.x2 > b.x1 && b.y2 > b.y1))
                return say(c, index, DT_PROBLEM, "box-outside",
                           "the box lies outside of the picture of %d x %d", c->width, c->height);
            double over = fmax(fmax(-whole.x1, -whole.y1), fmax(whole.x2 - c->width, whole.y2 - c->height));
            DT_TRY(say(c, index, DT_WARNING, "box-outside",
                       "the box reaches %.4g pixels over the picture of %d x %d", over, c->width, c->height));
        }
        DT_TRY(check_small(c, index, b));
    }
    if (object->crowd) return DT_OK;
    if (dt_grow(&c->boxes, &c->capacity, c->count + 1, sizeof *c->boxes) != 0)
        return dt_fail_memory(c->err, (c->count + 1) * sizeof *c->boxes, "boxes");
    c->boxes[c->count++] = (placed){b, index};
    return DT_OK;
}

static int compare_left(const void *a, const void *b)
{
    const placed *p = a, *q = b;
    if (p->box.x1 != q->box.x1) return p->box.x1 < q->box.x1 ? -1 : 1;
    return (p->index > q->index) - (p->index < q->index);
}

static dt_status check_pair(const box_check *c, const placed *p, const placed *q)
{
    const placed *first = p->index < q->index ? p : q, *second = first == p ? q : p;
    const dt_object *objects = c->set->objects + c->record->first;
    const dt_object *a = &objects[first->index], *b = &objects[second->index];
    double iou = dt_box_iou(first->box, second->box);
    long long number = (long long)object_number(c, first->index);
    if (iou <= NEAR_IOU) return DT_OK;
    if (a->cls != b->cls)
        return say(c, second->index, DT_WARNING, "object-conflict",
                   "nearly the same box as object %lld, which is '%s' (IoU %.3f)", number,
                   c->set->classes[a->cls], iou);
    if (a->box.x1 == b->box.x1 && a->box.y1 == b->box.y1 && a->box.x2 == b->box.x2 && a->box.y2 == b->box.y2)
        return say(c, second->index, DT_WARNING, "object-twice", "the same as object %lld", number);
    return say(c, second->index, DT_WARNING, "object-near", "nearly the same box as object %lld (IoU %.3f)",
               number, iou);
}

/* An IoU over 0.95 leaves the left edges at most 1 - 0.95 of a width apart: later boxes need no look. */
static dt_status check_pairs(const box_check *c)
{
    if (c->count < 2) return DT_OK;
    qsort(c->boxes, c->count, sizeof *c->boxes, compare_left);
    for (size_t i = 0; i < c->count; i++) {
        const placed *p = &c->boxes[i];
        double reach = p->box.x1 + (p->box.x2 - p->box.x1) * (1 - NEAR_IOU);
        for (size_t k = i + 1; k < c->count && c->boxes[k].box.x1 <= reach; k++)
            DT_TRY(check_pair(c, p, &c->boxes[k]));
    }
    return DT_OK;
}

static dt_status check_record(box_check *c, const dt_record *r)
{
    c->record = r;
    c->count = 0;
    dt_record_size(r, &c->width, &c->height);
    if (!c->width && r->count && !r->image) /* an unreadable image is a finding already */
        DT_TRY(dt_findings_add(
            c->findings,
            &(dt_finding){.severity = DT_WARNING, .rule = "size-missing", .file = r->label, .object = -1},
            c->err,
            "neither the annotation nor an image gives the picture's size: its boxes are not checked"));
    for (size_t i = 0; i < r->count; i++)
        DT_TRY(check_one(c, i));
    return check_pairs(c);
}

dt_status dt_check_boxes(const dt_dataset *set, const dt_check_opts *opts, dt_findings *findings,
                         dt_error *err)
{
    box_check c = {.set = set,
                   .findings = findings,
                   .err = err,
                   .imgsz = opts->imgsz ? opts->imgsz : 640,
                   .stride = opts->stride ? opts->stride : 8};
    dt_status st = DT_OK;
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++)
        st = check_record(&c, &set->records[i]);
    dt_free(c.boxes);
    return st;
}
