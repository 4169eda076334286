#include "datasets/edit/fix.h"

#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "datasets/check/check.h"
#include "datasets/edit/edit.h"
#include "datasets/edit/fix_twice.h"

typedef struct fixer {
    dt_edit edit;
    const dt_fix_opts *opts;
    uint8_t *drop; /* one an object */
    uint8_t *gone; /* one a record */
} fixer;

/* ---- boxes ---- */

static dt_status drop(fixer *f, const dt_record *r, size_t object, const char *rule, const char *message)
{
    f->drop[object] = 1;
    return dt_edit_say_object(&f->edit, r, &f->edit.set->objects[object], NULL, DT_WARNING, DT_FATE_DROPPED,
                              rule, "%s", message);
}

static dt_status fix_inverted(fixer *f, const dt_record *r, size_t at)
{
    dt_object *o = &f->edit.set->objects[at], after = *o;
    dt_box b = o->box;
    if (b.x2 >= b.x1 && b.y2 >= b.y1) return DT_OK;
    if (!f->opts->swap)
        return f->opts->drop_inverted
                   ? drop(f, r, at, "box-inverted", "a maximum is smaller than its minimum")
                   : DT_OK;
    if (b.x2 < b.x1) after.box = (dt_box){b.x2, after.box.y1, b.x1, after.box.y2};
    if (b.y2 < b.y1) after.box = (dt_box){after.box.x1, b.y2, after.box.x2, b.y1};
    after.edited |= DT_EDITED_BOX;
    dt_status st = dt_edit_say_object(&f->edit, r, o, &after, DT_WARNING, DT_FATE_CHANGED, "box-inverted",
                                      "the corners are exchanged");
    *o = after;
    return st;
}

/* Cuts a box in the file's numbers at the picture's edge. 1: it was changed. */
static int clip_box(const dt_dataset *set, dt_box *box, double w, double h)
{
    dt_object o = {.box = *box};
    dt_box pixels = dt_dataset_box(set, &o, w, h);
    if (!dt_box_clip(&pixels, w, h)) return 0;
    *box = (dt_box){pixels.x1 - set->min_shift, pixels.y1 - set->min_shift, pixels.x2 - set->max_shift,
                    pixels.y2 - set->max_shift};
    return 1;
}

/* 1 if something of a continuous box is left. */
static int has_area(const dt_dataset *set, dt_box b)
{
    return b.x2 + set->max_shift > b.x1 + set->min_shift && b.y2 + set->max_shift > b.y1 + set->min_shift;
}

/* The parts of an object, cut as it is; those of which nothing is left go. */
static dt_status clip_parts(fixer *f, dt_object *o, double w, double h)
{
    dt_dataset *set = f->edit.set;
    if (!o->extra || !o->extra->part_count) return DT_OK;
    dt_object_extra *extra = dt_arena_take(&set->texts, sizeof *extra);
    dt_part *parts = dt_arena_take(&set->texts, o->extra->part_count * sizeof *parts);
    if (!extra || !parts) return dt_fail_memory(f->edit.err, sizeof *extra, "parts");
    *extra = *o->extra;
    extra->parts = parts;
    extra->part_count = 0;
    for (uint32_t i = 0; i < o->extra->part_count; i++) {
        dt_part part = o->extra->parts[i];
        clip_box(set, &part.box, w, h);
        if (has_area(set, part.box)) parts[extra->part_count++] = part;
    }
    o->extra = extra;
    return DT_OK;
}

static dt_status fix_outside(fixer *f, const dt_record *r, size_t at)
{
    dt_dataset *set = f->edit.set;
    double w = r->real_width ? r->real_width : r->width, h = r->real_height ? r->real_height : r->height;
    dt_object *o = &set->objects[at], after = *o;
    if (w <= 0 || h <= 0 || !clip_box(set, &after.box, w, h)) return DT_OK;
    if (!has_area(set, after.box))
        return drop(f, r, at, "box-outside", "the box lies outside of the picture");
    after.edited |= DT_EDITED_BOX;
    uint32_t parts = o->extra ? o->extra->part_count : 0;
    DT_TRY(clip_parts(f, &after, w, h));
    int lost = parts && after.extra->part_count < parts, polygons = o->extra && o->extra->segmentation_bytes;
    dt_status st = dt_edit_say_object(&f->edit, r, o, &after, DT_WARNING, DT_FATE_CHANGED, "box-outside",
                                      "the box reaches over the picture of %.0f x %.0f%s%s", w, h,
                                      polygons ? "; polygons and area follow" : "",
                                      lost ? "; parts outside of it go" : "");
    *o = after;
    return st;
}

static dt_status fix_boxes(fixer *f, const dt_record *r)
{
    for (size_t i = r->first; i < r->first + r->count; i++) {
        const dt_object *o = &f->edit.set->objects[i];
        DT_TRY(fix_inverted(f, r, i));
        if (f->drop[i]) continue;
        if (f->opts->drop_empty && (o->box.x2 == o->box.x1 || o->box.y2 == o->box.y1)) {
            DT_TRY(drop(f, r, i, "box-empty", "the box has no area"));
            continue;
        }
        /* What stays inverted has no edge that could be cut. */
        if (f->opts->clip && o->box.x2 > o->box.x1 && o->box.y2 > o->box.y1) DT_TRY(fix_outside(f, r, i));
    }
    return DT_OK;
}

/* ---- records ---- */

static dt_status fix_size(fixer *f, dt_record *r)
{
    if (!r->real_width || r->origin == DT_ORIGIN_YOLO ||
        (r->width == r->real_width && r->height == r->real_height))
        return DT_OK;
    r->edited |= DT_EDITED_SIZE;
    return dt_edit_say_record(&f->edit, r, DT_WARNING, DT_FATE_CHANGED, "size-mismatch",
                              "annotated as %d x %d: corrected to the picture's %d x %d", r->width, r->height,
                              r->real_width, r->real_height);
}

static dt_status fix_filename(fixer *f, dt_record *r)
{
    if (r->origin != DT_ORIGIN_VOC || !r->image || !r->extra || !r->extra->filename) return DT_OK;
    r->edited |= DT_EDITED_FILENAME;
    return dt_edit_say_record(&f->edit, r, DT_WARNING, DT_FATE_CHANGED, "filename-differs",
                              "<filename> is '%.200s': corrected", r->extra->filename);
}

static dt_status drop_record(fixer *f, size_t record, const char *rule, const char *message)
{
    const dt_record *r = &f->edit.set->records[record];
    f->gone[record] = 1;
    for (size_t i = r->first; i < r->first + r->count; i++)
        if (!f->drop[i]) DT_TRY(drop(f, r, i, rule, message));
    return dt_edit_say_record(&f->edit, r, DT_WARNING, DT_FATE_DROPPED, rule, "%s: the picture is left out",
                              message);
}

static dt_status drop_missing(fixer *f)
{
    const dt_dataset *set = f->edit.set;
    for (size_t i = 0; i < set->record_count; i++) {
        const dt_record *r = &set->records[i];
        if (r->image && !r->unreadable) continue;
        int there = r->image && dt_is_file(r->image);
        DT_TRY(drop_record(f, i, there ? "image-unreadable" : "image-missing",
                           there ? "its picture cannot be read" : "its picture is missing"));
    }
    return DT_OK;
}

/* Pictures that a full decode finds fault with. */
static dt_status drop_damaged(fixer *f)
{
    dt_dataset *set = f->edit.set;
    dt_findings found = {0};
    dt_strmap damaged = {0};
    dt_status st = dt_check_pictures(set, &(dt_check_opts){.pool = f->opts->pool}, &found, f->edit.err);
    for (size_t i = 0; i < found.count && st == DT_OK; i++) {
        const dt_finding *x = &found.items[i];
        if (!x->file || (strcmp(x->rule, "image-truncated") != 0 && strcmp(x->rule, "image-unreadable") != 0))
            continue;
        if (dt_strmap_add(&damaged, x->file, (int64_t)i) < 0)
            st = dt_fail_memory(f->edit.err, damaged.count, "a list of pictures");
    }
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++) {
        const dt_record *r = &set->records[i];
        int64_t at = r->image ? dt_strmap_get(&damaged, r->image, -1) : -1;
        if (at >= 0 && !f->gone[i])
            st = drop_record(f, i, found.items[at].rule, "its picture is damaged or cannot be read");
    }
    dt_strmap_free(&damaged);
    dt_findings_free(&found);
    return st;
}

/* ---- classes ---- */

static dt_status drop_unused(fixer *f)
{
    dt_dataset *set = f->edit.set;
    uint8_t *unused = dt_malloc(set->class_count + 1);
    if (!unused) return dt_fail_memory(f->edit.err, set->class_count, "classes");
    memset(unused, 1, set->class_count);
    for (size_t i = 0; i < set->object_count; i++)
        unused[set->objects[i].cls] = 0;
    dt_status st = DT_OK;
    for (size_t i = 0; i < set->class_count && st == DT_OK; i++)
        if (unused[i])
            st = dt_findings_add(
                f->edit.findings,
                &(dt_finding){
                    .severity = DT_NOTE, .fate = DT_FATE_DROPPED, .rule = "class-unused", .object = -1},
                f->edit.err, "the class '%s' has no objects: it leaves the list", set->classes[i]);
    if (st == DT_OK) st = dt_edit_drop_classes(set, unused, f->edit.err);
    dt_free(unused);
    return st;
}

/* Names every row whose class number is written anew. */
static dt_status say_renumbered(fixer *f)
{
    const dt_dataset *set = f->edit.set;
    for (size_t i = 0; i < set->record_count; i++) {
        const dt_record *r = &set->records[i];
        for (size_t k = r->first; k < r->first + r->count; k++)
            DT_TRY(dt_edit_say_object(&f->edit, r, &set->objects[k], &set->objects[k], DT_WARNING,
                                      DT_FATE_CHANGED, "class-base",
                                      "the class numbers counted from 1: written from 0"));
    }
    return DT_OK;
}

/* ---- the whole ---- */

/* Takes out what the readers said of a rule without a fate: the repair says it again, with one. */
static void settle(dt_findings *findings, const char *rule)
{
    size_t to = 0;
    for (size_t i = 0; i < findings->count; i++) {
        const dt_finding x = findings->items[i];
        if (x.fate == DT_FATE_NONE && strcmp(x.rule, rule) == 0)
            findings->by_severity[x.severity]--;
        else
            findings->items[to++] = x;
    }
    findings->count = to;
}

static dt_status fix_all(fixer *f)
{
    dt_dataset *set = f->edit.set;
    const dt_fix_opts *o = f->opts;
    if (o->size) settle(f->edit.findings, "size-mismatch");
    if (o->filename) settle(f->edit.findings, "filename-differs");
    if (o->drop_missing) settle(f->edit.findings, "image-missing");
    if (o->drop_missing) settle(f->edit.findings, "image-unreadable");
    if (o->renumbered) DT_TRY(say_renumbered(f));
    if (o->drop_missing) DT_TRY(drop_missing(f));
    if (o->drop_damaged) DT_TRY(drop_damaged(f));
    for (size_t i = 0; i < set->record_count; i++) {
        if (f->gone[i]) continue;
        if (o->size) DT_TRY(fix_size(f, &set->records[i]));
        if (o->filename) DT_TRY(fix_filename(f, &set->records[i]));
        DT_TRY(fix_boxes(f, &set->records[i]));
        DT_TRY(dt_fix_twice(&f->edit, &set->records[i], o->dedupe, o->near_iou, f->drop));
    }
    dt_edit_drop_objects(set, f->drop);
    dt_edit_drop_records(set, f->gone);
    DT_TRY(dt_edit_drop_splits(&f->edit));
    return o->drop_unused ? drop_unused(f) : DT_OK;
}

dt_status dt_fix(dt_dataset *set, const dt_fix_opts *opts, dt_findings *findings, dt_error *err)
{
    fixer f = {.edit = {.set = set, .findings = findings, .err = err}, .opts = opts};
    f.drop = dt_calloc(set->object_count, 1);
    f.gone = dt_calloc(set->record_count, 1);
    dt_status st = f.drop && f.gone ? DT_OK : dt_fail_memory(err, set->object_count, "objects");
    if (st == DT_OK) st = fix_all(&f);
    dt_edit_free(&f.edit);
    dt_free(f.drop);
    dt_free(f.gone);
    return st;
}
