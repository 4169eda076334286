/* Which objects get a crop, and which pixels. */
#include "datasets/edit/crop.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "datasets/edit/edit.h"

/* Widens [from, from + len) to `want` within [0, limit): evenly, an odd pixel behind, then moved inward. */
static void widen(int *from, int *len, int want, int limit)
{
    if (want > limit) want = limit;
    if (want <= *len) return;
    *from -= (want - *len) / 2;
    if (*from < 0) *from = 0;
    if (*from + want > limit) *from = limit - want;
    *len = want;
}

dt_crop_rect dt_crop_of_box(dt_box b, int width, int height, const dt_crop_opts *o)
{
    dt_crop_rect r = {0};
    if (!(b.x2 > b.x1 && b.y2 > b.y1)) return r;
    dt_box_clip(&b, width, height);
    if (!(b.x2 > b.x1 && b.y2 > b.y1)) return r;
    double mx = (b.x2 - b.x1) * o->margin + o->margin_px, my = (b.y2 - b.y1) * o->margin + o->margin_px;
    b = (dt_box){b.x1 - mx, b.y1 - my, b.x2 + mx, b.y2 + my};
    dt_box_clip(&b, width, height);
    r.x = (int)floor(dt_pixel_tidy(b.x1));
    r.y = (int)floor(dt_pixel_tidy(b.y1));
    r.w = (int)ceil(dt_pixel_tidy(b.x2)) - r.x;
    r.h = (int)ceil(dt_pixel_tidy(b.y2)) - r.y;
    if (o->square) {
        int side = r.w > r.h ? r.w : r.h;
        widen(&r.x, &r.w, side, width);
        widen(&r.y, &r.h, side, height);
    }
    return r;
}

typedef struct selection {
    dt_edit edit;
    const dt_crop_opts *opts;
    uint8_t *drop; /* one an object of the set */
} selection;

static dt_status leave_out(selection *s, const dt_record *r, size_t object, dt_severity severity,
                           const char *rule, const char *why)
{
    s->drop[object] = 1;
    return dt_edit_say_object(&s->edit, r, &s->edit.set->objects[object], NULL, severity, DT_FATE_DROPPED,
                              rule, "%s: no crop", why);
}

static dt_status select_object(selection *s, const dt_record *r, size_t index)
{
    const dt_crop_opts *opts = s->opts;
    const dt_object *o = &s->edit.set->objects[index];
    if (o->crowd && !opts->keep_crowd) return leave_out(s, r, index, DT_NOTE, "filtered", "a crowd");
    if (o->difficult == 1 && !opts->keep_difficult)
        return leave_out(s, r, index, DT_NOTE, "filtered", "difficult");
    if (o->ignore && o->difficult != 1 && !o->crowd)
        return leave_out(s, r, index, DT_NOTE, "filtered", "to be ignored");
    if (o->box.x2 < o->box.x1 || o->box.y2 < o->box.y1)
        return leave_out(s, r, index, DT_WARNING, "box-inverted", "a maximum is below its minimum");
    if (!(o->box.x2 > o->box.x1 && o->box.y2 > o->box.y1))
        return leave_out(s, r, index, DT_WARNING, "box-empty", "the box has no area");
    dt_box b = dt_dataset_box(s->edit.set, o, r->real_width, r->real_height);
    if (dt_crop_of_box(b, r->real_width, r->real_height, opts).w == 0)
        return leave_out(s, r, index, DT_WARNING, "box-outside", "nothing of the box is in the picture");
    if (fmin(b.x2 - b.x1, b.y2 - b.y1) < opts->min_side)
        return leave_out(s, r, index, DT_NOTE, "filtered", "smaller than the least side");
    return DT_OK;
}

static dt_status select_record(selection *s, const dt_record *r)
{
    if (r->image && r->real_width > 0 && !r->unreadable) {
        for (size_t i = r->first; i < r->first + r->count; i++)
            DT_TRY(select_object(s, r, i));
        return DT_OK;
    }
    for (size_t i = r->first; i < r->first + r->count; i++)
        DT_TRY(leave_out(s, r, i, DT_WARNING, r->image ? "image-unreadable" : "image-missing",
                         r->image ? "the picture cannot be read" : "there is no picture"));
    return DT_OK;
}

/* Of the class's objects in a split that are left, those beyond the limit in an order that the seed gives. */
static dt_status limit_class(selection *s, const dt_split *split, size_t split_index, int32_t cls,
                             int64_t *order, int32_t *record_of)
{
    const dt_dataset *set = s->edit.set;
    size_t count = 0;
    for (size_t i = split->first; i < split->first + split->count; i++)
        for (size_t k = set->records[i].first; k < set->records[i].first + set->records[i].count; k++)
            if (set->objects[k].cls == cls && !s->drop[k]) {
                record_of[k] = (int32_t)i;
                order[count++] = (int64_t)k;
            }
    if (count <= s->opts->limit) return DT_OK;
    dt_rng rng = dt_rng_make(s->opts->seed, DT_RNG_SPLIT, split_index, (uint64_t)cls);
    dt_rng_shuffle(&rng, order, count);
    for (size_t i = s->opts->limit; i < count; i++)
        DT_TRY(leave_out(s, &set->records[record_of[order[i]]], (size_t)order[i], DT_NOTE, "filtered",
                         "over the limit of its class"));
    return DT_OK;
}

static dt_status limit_classes(selection *s)
{
    const dt_dataset *set = s->edit.set;
    int64_t *order = dt_calloc(set->object_count, sizeof *order);
    int32_t *record_of = dt_calloc(set->object_count, sizeof *record_of);
    dt_status st =
        order && record_of ? DT_OK : dt_fail_memory(s->edit.err, set->object_count * 12, "objects");
    for (size_t i = 0; i < set->split_count && st == DT_OK; i++)
        for (size_t c = 0; c < set->class_count && st == DT_OK; c++)
            st = limit_class(s, &set->splits[i], i, (int32_t)c, order, record_of);
    dt_free(order);
    dt_free(record_of);
    return st;
}

dt_status dt_crop_select(dt_dataset *set, const dt_crop_opts *opts, dt_findings *findings, dt_error *err)
{
    selection s = {.edit = {.set = set, .findings = findings, .err = err}, .opts = opts};
    s.drop = dt_calloc(set->object_count, 1);
    dt_status st = s.drop ? DT_OK : dt_fail_memory(err, set->object_count, "objects");
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++)
        st = select_record(&s, &set->records[i]);
    if (st == DT_OK && opts->limit) st = limit_classes(&s);
    if (st == DT_OK) {
        dt_edit_drop_objects(set, s.drop);
        if (!set->object_count) st = dt_fail(err, DT_ERR_STATE, "no object is left to cut out");
    }
    dt_free(s.drop);
    dt_edit_free(&s.edit);
    return st;
}
