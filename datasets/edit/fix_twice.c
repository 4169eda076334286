#include "datasets/edit/fix_twice.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

typedef struct entry {
    dt_box box;
    size_t segmentation; /* bytes */
    size_t index;        /* of the object in the set */
    int32_t cls;
} entry;

static int compare_box(const entry *a, const entry *b)
{
    const double va[4] = {a->box.x1, a->box.y1, a->box.x2, a->box.y2},
                 vb[4] = {b->box.x1, b->box.y1, b->box.x2, b->box.y2};
    for (int i = 0; i < 4; i++)
        if (va[i] != vb[i]) return va[i] < vb[i] ? -1 : 1;
    return 0;
}

static int compare_values(const entry *a, const entry *b)
{
    if (a->cls != b->cls) return a->cls < b->cls ? -1 : 1;
    if (a->segmentation != b->segmentation) return a->segmentation < b->segmentation ? -1 : 1;
    return compare_box(a, b);
}

static int compare_exact(const void *pa, const void *pb)
{
    const entry *a = pa, *b = pb;
    int order = compare_values(a, b);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

/* By class, then by the left edge. */
static int compare_near(const void *pa, const void *pb)
{
    const entry *a = pa, *b = pb;
    if (a->cls != b->cls) return a->cls < b->cls ? -1 : 1;
    int order = compare_box(a, b);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

/* An IoU of 0 stands for two that are the same. */
static dt_status drop(dt_edit *e, const dt_record *r, const entry *twin, const entry *first, double iou,
                      uint8_t *dropped)
{
    const dt_object *o = &e->set->objects[twin->index], *other = &e->set->objects[first->index];
    dropped[twin->index] = 1;
    int64_t id = other->extra && other->extra->has_id ? other->extra->id : other->index;
    if (iou == 0)
        return dt_edit_say_object(e, r, o, NULL, DT_WARNING, DT_FATE_DROPPED, "object-twice",
                                  "the same as object %lld", (long long)id);
    return dt_edit_say_object(e, r, o, NULL, DT_WARNING, DT_FATE_DROPPED, "object-near",
                              "nearly the same box as object %lld (IoU %.3f)", (long long)id, iou);
}

static dt_status drop_exact(dt_edit *e, const dt_record *r, entry *entries, size_t count, uint8_t *dropped)
{
    qsort(entries, count, sizeof *entries, compare_exact);
    for (size_t i = 1, first = 0; i < count; i++)
        if (compare_values(&entries[first], &entries[i]) == 0)
            DT_TRY(drop(e, r, &entries[i], &entries[first], 0, dropped));
        else
            first = i;
    return DT_OK;
}

/* Of two the later one of the file goes. An IoU over t leaves the left edges at most 1 - t of a width apart. */
static dt_status drop_near(dt_edit *e, const dt_record *r, entry *entries, size_t count, double t,
                           uint8_t *dropped)
{
    qsort(entries, count, sizeof *entries, compare_near);
    for (size_t i = 0; i < count; i++) {
        const entry *p = &entries[i];
        double reach = p->box.x1 + (p->box.x2 - p->box.x1) * (1 - t);
        for (size_t k = i + 1; k < count && entries[k].cls == p->cls && entries[k].box.x1 <= reach; k++) {
            const entry *q = &entries[k];
            double iou = dropped[p->index] || dropped[q->index] ? 0 : dt_box_iou(p->box, q->box);
            if (iou <= t) continue;
            int later = q->index > p->index;
            DT_TRY(drop(e, r, later ? q : p, later ? p : q, iou, dropped));
        }
    }
    return DT_OK;
}

static size_t collect(const dt_edit *e, const dt_record *r, const uint8_t *dropped, entry *entries)
{
    size_t count = 0;
    for (size_t i = r->first; i < r->first + r->count; i++) {
        const dt_object *o = &e->set->objects[i];
        if (dropped[i] || o->crowd) continue;
        entries[count++] = (entry){.box = dt_dataset_box(e->set, o, 1, 1),
                                   .segmentation = o->extra ? o->extra->segmentation_bytes : 0,
                                   .index = i,
                                   .cls = o->cls};
    }
    return count;
}

dt_status dt_fix_twice(dt_edit *e, const dt_record *r, int exact, double near_iou, uint8_t *dropped)
{
    if (r->count < 2 || (!exact && near_iou <= 0)) return DT_OK;
    entry *entries = dt_malloc(r->count * sizeof *entries);
    if (!entries) return dt_fail_memory(e->err, r->count * sizeof *entries, "objects");
    dt_status st = DT_OK;
    if (exact) st = drop_exact(e, r, entries, collect(e, r, dropped, entries), dropped);
    if (st == DT_OK && near_iou > 0)
        st = drop_near(e, r, entries, collect(e, r, dropped, entries), near_iou, dropped);
    dt_free(entries);
    return st;
}
