#include "datasets/target/fit.h"

#include <stdio.h>
#include <string.h>

#include "core/num.h"

const char *const dt_field_names[DT_FIELDS] = {"pose",         "truncated", "occluded", "difficult", "parts",
                                               "segmentation", "area",      "crowd",    "ignore",    "other"};

typedef struct fitter {
    dt_dataset *set;
    const dt_fit_opts *opts;
    dt_fit_counts *counts;
    dt_findings *findings;
    const dt_record *record;
    dt_error *err;
} fitter;

/* "xmin 12 ymin 3.5 xmax 40 ymax 50" */
static void print_values(char out[160], dt_box b)
{
    static const char *const names[4] = {"xmin", "ymin", "xmax", "ymax"};
    const double v[4] = {b.x1, b.y1, b.x2, b.y2};
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        char number[DT_NUM_MAX];
        int len = dt_format_f64(number, v[i]);
        if (len > 2 && strcmp(number + len - 2, ".0") == 0) number[len - 2] = '\0';
        at += (size_t)snprintf(out + at, 160 - at, "%s%s %s", i ? " " : "", names[i], number);
    }
}

/* Adds a finding about the object; before and after may be NULL. */
static dt_status say(const fitter *f, const dt_object *object, const char *before, const dt_box *after,
                     dt_severity severity, dt_fate fate, const char *rule, const char *message)
{
    char is[160], place[160] = "";
    if (after) print_values(is, *after);
    /* A file of many pictures has no lines that mean anything: the annotation's id and picture do. */
    int has_id = object->extra && object->extra->has_id;
    if (has_id)
        snprintf(place, sizeof place, " (annotation %lld%s%.100s)", (long long)object->extra->id,
                 f->record->name ? " of " : "", f->record->name ? f->record->name : "");
    return dt_findings_add(
        f->findings,
        &(dt_finding){.severity = severity,
                      .fate = fate,
                      .rule = rule,
                      .file = dt_object_label(f->record, object),
                      .line = object->line,
                      .object = has_id && object->extra->id >= 0 ? object->extra->id : object->index,
                      .before = before,
                      .after = after ? is : NULL},
        f->err, "%s: %s%s", f->set->classes[object->cls], message, place);
}

static dt_status say_box(const fitter *f, const dt_object *object, const dt_box *after, dt_severity severity,
                         dt_fate fate, const char *rule, const char *message)
{
    char was[160];
    print_values(was, object->box);
    return say(f, object, was, after, severity, fate, rule, message);
}

static dt_status drop(const fitter *f, const dt_object *object, const char *rule, const char *message)
{
    f->counts->dropped++;
    return say_box(f, object, NULL, DT_PROBLEM, DT_FATE_DROPPED, rule, message);
}

/* Reports an invalid box; 1 in *stays if it is kept all the same. */
static dt_status invalid(const fitter *f, const dt_object *object, const char *rule, const char *message,
                         int *stays)
{
    *stays = f->opts->keep_invalid;
    if (!*stays) return drop(f, object, rule, message);
    f->counts->left++;
    return say_box(f, object, NULL, DT_WARNING, DT_FATE_NONE, rule, message);
}

static dt_status fit_box(const fitter *f, dt_object *object, int *stays)
{
    double w = f->record->real_width ? f->record->real_width : f->record->width;
    double h = f->record->real_height ? f->record->real_height : f->record->height;
    dt_box b = object->box, pixels;
    char message[200];
    *stays = 0;
    if ((w <= 0 || h <= 0) && f->opts->keep_unsized)
        return invalid(f, object, "size-missing",
                       "neither the annotation nor an image gives the picture's size", stays);
    if (w <= 0 || h <= 0)
        return drop(f, object, "size-missing",
                    "neither the annotation nor an image gives the picture's size");
    if (b.x2 < b.x1 || b.y2 < b.y1)
        return invalid(f, object, "box-inverted", "a maximum is smaller than its minimum", stays);
    if (b.x2 == b.x1 || b.y2 == b.y1) return invalid(f, object, "box-empty", "the box has no area", stays);
    pixels = dt_dataset_box(f->set, object, w, h);
    if (!dt_box_clip(&pixels, w, h)) {
        *stays = 1;
        return DT_OK;
    }
    snprintf(message, sizeof message, "the box reaches over the picture of %.0f x %.0f", w, h);
    if (f->opts->keep_invalid) return invalid(f, object, "box-outside", message, stays);
    if (!(pixels.x2 > pixels.x1 && pixels.y2 > pixels.y1)) {
        snprintf(message, sizeof message, "the box lies outside of the picture of %.0f x %.0f", w, h);
        return drop(f, object, "box-outside", message);
    }
    dt_box after = {pixels.x1 - f->set->min_shift, pixels.y1 - f->set->min_shift,
                    pixels.x2 - f->set->max_shift, pixels.y2 - f->set->max_shift};
    DT_TRY(say_box(f, object, &after, DT_WARNING, DT_FATE_CHANGED, "box-outside", message));
    f->counts->clipped++;
    object->box = after;
    object->edited |= DT_EDITED_BOX;
    object->area = -1; /* that of the whole object */
    *stays = 1;
    return DT_OK;
}

unsigned dt_fit_fields(const dt_object *o)
{
    const dt_object_extra *e = o->extra;
    unsigned has = 0;
    if (e && e->pose && *e->pose) has |= 1u << DT_FIELD_POSE;
    if (o->truncated == 1) has |= 1u << DT_FIELD_TRUNCATED;
    if (o->occluded == 1) has |= 1u << DT_FIELD_OCCLUDED;
    if (o->difficult == 1 && !o->ignore) has |= 1u << DT_FIELD_DIFFICULT;
    if (e && e->part_count) has |= 1u << DT_FIELD_PARTS;
    if (e && e->segmentation_bytes) has |= 1u << DT_FIELD_SEGMENTATION;
    if (o->area >= 0) has |= 1u << DT_FIELD_AREA;
    if (o->crowd) has |= 1u << DT_FIELD_CROWD;
    if (o->ignore && o->difficult != 1) has |= 1u << DT_FIELD_IGNORE;
    if (e && e->has_other) has |= 1u << DT_FIELD_OTHER;
    return has;
}

static dt_status say_lost(const fitter *f, const dt_object *object)
{
    char message[200] = "the target does not hold:";
    unsigned lost = dt_fit_fields(object) & f->opts->lost;
    if (!lost || (int)dt_object_origin(f->record, object) == f->opts->origin) return DT_OK;
    for (int i = 0; i < DT_FIELDS; i++) {
        if (!(lost >> i & 1)) continue;
        f->counts->lost[i]++;
        size_t at = strlen(message);
        snprintf(message + at, sizeof message - at, " %s", dt_field_names[i]);
    }
    return say(f, object, NULL, NULL, DT_NOTE, DT_FATE_CHANGED, "fields-lost", message);
}

static dt_status fit_object(const fitter *f, dt_object *object, int *stays)
{
    *stays = 0;
    if (object->cls < 0 || (size_t)object->cls >= f->opts->class_count)
        return drop(f, object, "class-unknown", "the class is not in the list of classes");
    if (object->difficult == 1 && f->opts->difficult == DT_DIFFICULT_DROP) {
        f->counts->difficult++;
        return say_box(f, object, NULL, DT_NOTE, DT_FATE_DROPPED, "difficult", "marked as difficult");
    }
    if (object->crowd && f->opts->crowd == DT_CROWD_DROP) {
        f->counts->crowd++;
        return say_box(f, object, NULL, DT_NOTE, DT_FATE_DROPPED, "crowd", "a crowd, not one object");
    }
    if (f->opts->need_images && (!f->record->image || f->record->unreadable))
        return drop(f, object, "image-missing", "its picture is missing or unreadable");
    DT_TRY(fit_box(f, object, stays));
    if (*stays && object->difficult == 1 && f->opts->difficult == DT_DIFFICULT_IGNORE) {
        object->ignore = 1;
        f->counts->ignored++;
    }
    if (*stays && object->crowd && f->opts->crowd == DT_CROWD_IGNORE) {
        object->ignore = 1;
        object->crowd = 0;
        f->counts->ignored++;
    }
    f->counts->kept += (size_t)*stays;
    return *stays ? say_lost(f, object) : DT_OK;
}

dt_status dt_dataset_fit(dt_dataset *set, const dt_fit_opts *opts, dt_fit_counts *counts,
                         dt_findings *findings, dt_error *err)
{
    fitter f = {.set = set, .opts = opts, .counts = counts, .findings = findings, .err = err};
    size_t to = 0;
    *counts = (dt_fit_counts){0};
    if (set->frame != DT_FRAME_PIXELS) return dt_fail(err, DT_ERR_ARG, "boxes in pixels are expected");
    for (size_t i = 0; i < set->record_count; i++) {
        dt_record *r = &set->records[i];
        size_t first = to;
        f.record = r;
        for (size_t k = 0; k < r->count; k++) {
            dt_object object = set->objects[r->first + k];
            int stays;
            DT_TRY(fit_object(&f, &object, &stays));
            if (stays) set->objects[to++] = object;
        }
        r->first = first;
        r->count = to - first;
    }
    set->object_count = to;
    return DT_OK;
}
