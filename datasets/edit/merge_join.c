/* Objects of pictures that two sets have. */
#include <math.h>
#include <stdio.h>

#include "core/mem.h"
#include "datasets/edit/merge_parts.h"
#include "datasets/target/fit.h"

enum { NONE = -1 };

typedef struct joiner {
    dt_edit *edit;
    const int64_t *same;
    int64_t *next, *last; /* one a record: list of the records that go to one, in their order */
    const dt_merge_opts *opts;
    dt_merge_count *counts;
    uint8_t *drop; /* one an object */
} joiner;

/* A box without area has no IoU with anything, but may stand there twice. */
static int same_object(const dt_dataset *set, const dt_object *a, const dt_object *b, double *iou)
{
    if (a->cls != b->cls || a->crowd != b->crowd) return 0;
    dt_box p = dt_dataset_box(set, a, 1, 1), q = dt_dataset_box(set, b, 1, 1);
    *iou = dt_box_iou(p, q);
    if (fabs(p.x1 - q.x1) < 1e-6 && fabs(p.y1 - q.y1) < 1e-6 && fabs(p.x2 - q.x2) < 1e-6 &&
        fabs(p.y2 - q.y2) < 1e-6)
        *iou = 1;
    return *iou >= DT_MERGE_IOU;
}

/* The object of record `r` that is most like this one, or NULL. */
static const dt_object *find_twin(const joiner *j, const dt_record *r, const dt_object *o, double *best)
{
    const dt_dataset *set = j->edit->set;
    const dt_object *twin = NULL;
    double iou;
    for (size_t k = r->first; k < r->first + r->count; k++) {
        if (j->drop[k] || !same_object(set, &set->objects[k], o, &iou) || (twin && iou <= *best)) continue;
        twin = &set->objects[k];
        *best = iou;
    }
    return twin;
}

/* "segmentation, area": what the dropped object has and the kept one has not, as far as the target could hold
 * it. */
static void list_lost(const joiner *j, const dt_object *gone, const dt_object *kept, char out[200])
{
    unsigned lost = dt_fit_fields(gone) & ~dt_fit_fields(kept) & j->opts->holds;
    size_t at = 0;
    *out = '\0';
    for (int i = 0; i < DT_FIELDS; i++)
        if (lost >> i & 1)
            at += (size_t)snprintf(out + at, 200 - at, "%s%s", at ? ", " : "", dt_field_names[i]);
}

static dt_status drop_twin(joiner *j, const dt_record *r, size_t object, const dt_record *of,
                           const dt_object *twin, double iou)
{
    const dt_object *o = &j->edit->set->objects[object];
    char lost[200];
    int64_t id = twin->extra && twin->extra->has_id ? twin->extra->id : twin->index;
    const char *label = dt_object_label(of, twin);
    list_lost(j, o, twin, lost);
    j->drop[object] = 1;
    return dt_edit_say_object(j->edit, r, o, NULL, *lost ? DT_WARNING : DT_NOTE, DT_FATE_DROPPED,
                              "object-joined", "the same as object %lld of %s (IoU %.3f)%s%s", (long long)id,
                              label ? label : "it", iou, *lost ? ", which lacks: " : "", lost);
}

/* Marks the objects of record i that its partner, or one that was joined with it before, has. */
static dt_status drop_twins(joiner *j, size_t i)
{
    const dt_dataset *set = j->edit->set;
    const dt_record *r = &set->records[i];
    for (size_t k = r->first; k < r->first + r->count; k++) {
        const dt_object *twin = NULL;
        const dt_record *of = NULL;
        double best = 0;
        for (int64_t p = j->same[i]; p != NONE && !twin; p = j->next[p]) {
            if ((size_t)p == i) break;
            of = &set->records[p];
            twin = find_twin(j, of, &set->objects[k], &best);
        }
        if (twin) DT_TRY(drop_twin(j, r, k, of, twin, best));
    }
    return DT_OK;
}

static dt_status say_joined(joiner *j, size_t i, const int32_t *split_of)
{
    dt_dataset *set = j->edit->set;
    const dt_record *r = &set->records[i], *of = &set->records[j->same[i]];
    int32_t mine = split_of[i], its = split_of[j->same[i]];
    const char *name = of->image ? of->image : dt_edit_name(of);
    DT_TRY(dt_edit_say_record(j->edit, r, DT_NOTE, DT_FATE_DROPPED, "image-joined",
                              "the same picture as %s of %s%s", name, j->opts->names[of->source],
                              r->masks && of->masks ? ", whose segmentation is kept" : ""));
    if (mine == its || mine < 0 || its < 0) return DT_OK;
    if (j->counts) j->counts[r->source].conflicts++;
    return dt_edit_say_record(j->edit, r, DT_WARNING, DT_FATE_CHANGED, "split-leak",
                              "in '%s' of %s, but in '%s' of %s, where it stays", set->splits[mine].name,
                              j->opts->names[r->source], set->splits[its].name, j->opts->names[of->source]);
}

static dt_status visit_records(joiner *j, const int32_t *split_of)
{
    const dt_dataset *set = j->edit->set;
    for (size_t i = 0; i < set->record_count; i++) {
        int64_t to = j->same[i];
        if (to == DT_MERGE_NEW) continue;
        j->next[j->last[to]] = (int64_t)i;
        j->last[to] = (int64_t)i;
        DT_TRY(say_joined(j, i, split_of));
        /* dt_target_fit drops it, and says so, where it is not that of the joined objects. */
        if (!set->records[to].masks) set->records[to].masks = set->records[i].masks;
        DT_TRY(drop_twins(j, i));
    }
    return DT_OK;
}

/* An object in its new record knows where it came from. */
static dt_status settle(joiner *j, const dt_record *from, const dt_object_home *home, dt_object *o)
{
    dt_object_extra *extra = dt_arena_take(&j->edit->set->texts, sizeof *extra);
    if (!extra) return dt_fail_memory(j->edit->err, sizeof *extra, "objects");
    *extra = o->extra ? *o->extra : (dt_object_extra){0};
    if (!extra->home) extra->home = home;
    o->extra = extra;
    if (j->counts) j->counts[from->source].objects_joined++;
    return DT_OK;
}

/* Copies what stays of record i to its place; `moved`: to another record. */
static dt_status copy_objects(joiner *j, size_t i, int moved, dt_object *objects, size_t *count)
{
    dt_dataset *set = j->edit->set;
    const dt_record *r = &set->records[i];
    dt_object_home *home = NULL;
    for (size_t k = r->first; k < r->first + r->count; k++) {
        if (j->drop[k]) {
            if (j->counts) j->counts[r->source].objects_same++;
            continue;
        }
        dt_object *o = &objects[(*count)++];
        *o = set->objects[k];
        if (!moved) continue;
        if (!home) {
            home = dt_arena_take(&set->texts, sizeof *home);
            if (!home) return dt_fail_memory(j->edit->err, sizeof *home, "objects");
            *home = (dt_object_home){r->label, r->image, r->origin};
        }
        DT_TRY(settle(j, r, home, o));
    }
    return DT_OK;
}

static dt_status rebuild(joiner *j, int32_t *split_of)
{
    dt_dataset *set = j->edit->set;
    size_t count = 0;
    dt_object *objects = dt_calloc(set->object_count, sizeof *objects);
    dt_status st =
        objects ? DT_OK : dt_fail_memory(j->edit->err, set->object_count * sizeof *objects, "objects");
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++) {
        size_t first = count;
        if (j->same[i] != DT_MERGE_NEW) continue;
        for (int64_t k = (int64_t)i; k != NONE && st == DT_OK; k = j->next[k])
            st = copy_objects(j, (size_t)k, (size_t)k != i, objects, &count);
        set->records[i].first = first; /* the old place is not needed any more */
        set->records[i].count = count - first;
    }
    if (st != DT_OK) {
        dt_free(objects);
        return st;
    }
    for (size_t i = 0; i < set->record_count; i++)
        if (j->same[i] != DT_MERGE_NEW) {
            if (j->counts) j->counts[set->records[i].source].same++;
            set->records[i].first = set->records[i].count = 0;
            split_of[i] = -1;
        }
    dt_free(set->objects);
    set->objects = objects;
    set->object_capacity = set->object_count;
    set->object_count = count;
    return DT_OK;
}

dt_status dt_merge_join(dt_edit *edit, const int64_t *same, int32_t *split_of, const dt_merge_opts *opts,
                        dt_merge_count *counts, uint8_t *drop)
{
    size_t n = edit->set->record_count;
    joiner j = {.edit = edit,
                .same = same,
                .next = dt_calloc(n, sizeof *j.next),
                .last = dt_calloc(n, sizeof *j.last),
                .opts = opts,
                .counts = counts,
                .drop = drop};
    dt_status st = j.next && j.last ? DT_OK : dt_fail_memory(edit->err, n * sizeof *j.next, "pictures");
    for (size_t i = 0; i < n && st == DT_OK; i++) {
        j.next[i] = NONE;
        j.last[i] = (int64_t)i;
    }
    if (st == DT_OK) st = visit_records(&j, split_of);
    if (st == DT_OK) st = rebuild(&j, split_of);
    dt_free(j.next);
    dt_free(j.last);
    return st;
}
