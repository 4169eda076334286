/* Objects of a picture in two sets, matched by their boxes. */
#include <math.h>
#include <stdlib.h>

#include "core/mem.h"
#include "datasets/edit/diff_parts.h"

typedef struct boxed {
    dt_box box; /* pixels, continuous */
    size_t object;
    int32_t cls; /* in the numbers of the first set */
    int taken;
} boxed;

typedef struct candidate {
    uint32_t a, b;
    int rank; /* 0: the same box and class, 1: the same box, 2: the same class, 3: another class */
    double iou;
} candidate;

typedef struct matcher {
    dt_differ *d;
    const dt_diff_pair *pair;
    boxed *boxes[2];
    size_t counts[2];
    candidate *list;
    size_t count, capacity;
    size_t *with; /* one an object of the first set: candidate + 1 */
} matcher;

static int compare_left(const void *pa, const void *pb)
{
    const boxed *a = pa, *b = pb;
    if (a->box.x1 != b->box.x1) return a->box.x1 < b->box.x1 ? -1 : 1;
    return (a->object > b->object) - (a->object < b->object);
}

static int compare_candidates(const void *pa, const void *pb)
{
    const candidate *a = pa, *b = pb;
    if (a->rank != b->rank) return a->rank - b->rank;
    if (a->iou != b->iou) return a->iou > b->iou ? -1 : 1;
    if (a->a != b->a) return a->a < b->a ? -1 : 1;
    return (a->b > b->b) - (a->b < b->b);
}

static dt_status list_boxes(matcher *m, int side)
{
    const dt_dataset *set = m->d->sets[side];
    const dt_record *r = &set->records[side ? m->pair->b : m->pair->a];
    boxed *boxes = m->boxes[side] = dt_calloc(r->count, sizeof *boxes);
    m->counts[side] = r->count;
    if (!boxes) return dt_fail_memory(m->d->err, r->count * sizeof *boxes, "boxes");
    for (size_t i = 0; i < r->count; i++) {
        const dt_object *o = &set->objects[r->first + i];
        boxes[i] = (boxed){.box = dt_dataset_box(set, o, dt_diff_width(r), dt_diff_height(r)),
                           .object = r->first + i,
                           .cls = side ? m->d->classes[o->cls] : o->cls};
    }
    return DT_OK;
}

static dt_status add_candidate(matcher *m, size_t a, size_t b, double width, double height)
{
    const dt_diff_opts *o = m->d->opts;
    const boxed *p = &m->boxes[0][a], *q = &m->boxes[1][b];
    double iou = dt_box_iou(p->box, q->box);
    int same =
        dt_diff_same_box(m->d, p->box, q->box, width, height) || (o->same_iou > 0 && iou >= o->same_iou);
    if (!same && !(iou >= (o->iou > 0 ? o->iou : 0.5))) return DT_OK;
    if (m->count >= UINT32_MAX || dt_grow(&m->list, &m->capacity, m->count + 1, sizeof *m->list) != 0)
        return dt_fail_memory(m->d->err, m->count * sizeof *m->list, "pairs of boxes");
    m->list[m->count++] = (candidate){(uint32_t)a, (uint32_t)b, 2 * !same + (p->cls != q->cls), iou};
    return DT_OK;
}

/* Boxes of the second set lie by their left edges: those that begin right of a box are not looked at. */
static dt_status list_candidates(matcher *m)
{
    const dt_record *r = &m->d->sets[0]->records[m->pair->a];
    double width = dt_diff_width(r), height = dt_diff_height(r);
    double reach = fmax(m->d->opts->tolerance, fmax(1, 1e-5 * width));
    if (m->counts[1]) qsort(m->boxes[1], m->counts[1], sizeof *m->boxes[1], compare_left);
    for (size_t a = 0; a < m->counts[0]; a++) {
        dt_box box = m->boxes[0][a].box;
        double right = fmax(box.x1, box.x2) + reach;
        for (size_t b = 0; b < m->counts[1] && m->boxes[1][b].box.x1 <= right; b++)
            DT_TRY(add_candidate(m, a, b, width, height));
    }
    return DT_OK;
}

/* Order in which the second set has them, where nothing else decides. */
static void order_as_written(matcher *m)
{
    for (size_t i = 0; i < m->count; i++)
        m->list[i].b =
            (uint32_t)(m->boxes[1][m->list[i].b].object - m->d->sets[1]->records[m->pair->b].first);
}

static int compare_written(const void *pa, const void *pb)
{
    const boxed *a = pa, *b = pb;
    return (a->object > b->object) - (a->object < b->object);
}

static void match(matcher *m)
{
    order_as_written(m);
    if (m->counts[1]) qsort(m->boxes[1], m->counts[1], sizeof *m->boxes[1], compare_written);
    if (m->count) qsort(m->list, m->count, sizeof *m->list, compare_candidates);
    for (size_t i = 0; i < m->count; i++) {
        boxed *p = &m->boxes[0][m->list[i].a], *q = &m->boxes[1][m->list[i].b];
        if (p->taken || q->taken) continue;
        p->taken = q->taken = 1;
        m->with[m->list[i].a] = i + 1;
    }
}

static dt_status say_matched(matcher *m, const candidate *c)
{
    const boxed *p = &m->boxes[0][c->a], *q = &m->boxes[1][c->b];
    dt_diff_entry e = {.kind = DT_DIFF_OBJECT_CHANGED,
                       .a = m->pair->a,
                       .b = m->pair->b,
                       .object_a = p->object,
                       .object_b = q->object,
                       .iou = c->iou};
    DT_TRY(dt_diff_fields(m->d, m->pair, &m->d->sets[0]->objects[p->object],
                          &m->d->sets[1]->objects[q->object], &e.fields));
    e.what = (c->rank >= 2 ? DT_DIFF_MOVED : 0) | (c->rank & 1 ? DT_DIFF_RELABELLED : 0) |
             (e.fields ? DT_DIFF_ATTRIBUTES : 0);
    if (e.what) return dt_diff_add(m->d, &e);
    m->d->diff->equal++;
    return DT_OK;
}

static dt_status say_single(matcher *m, int side, size_t object)
{
    return dt_diff_add(m->d, &(dt_diff_entry){.kind = side ? DT_DIFF_OBJECT_ADDED : DT_DIFF_OBJECT_REMOVED,
                                              .a = m->pair->a,
                                              .b = m->pair->b,
                                              .object_a = side ? SIZE_MAX : object,
                                              .object_b = side ? object : SIZE_MAX});
}

static dt_status say_all(matcher *m)
{
    for (size_t a = 0; a < m->counts[0]; a++)
        DT_TRY(m->with[a] ? say_matched(m, &m->list[m->with[a] - 1])
                          : say_single(m, 0, m->boxes[0][a].object));
    for (size_t b = 0; b < m->counts[1]; b++)
        if (!m->boxes[1][b].taken) DT_TRY(say_single(m, 1, m->boxes[1][b].object));
    return DT_OK;
}

dt_status dt_diff_objects(dt_differ *d, const dt_diff_pair *pair)
{
    matcher m = {.d = d, .pair = pair};
    dt_status st = list_boxes(&m, 0);
    if (st == DT_OK) st = list_boxes(&m, 1);
    m.with = dt_calloc(m.counts[0], sizeof *m.with);
    if (st == DT_OK && !m.with) st = dt_fail_memory(d->err, m.counts[0] * sizeof *m.with, "boxes");
    if (st == DT_OK) st = list_candidates(&m);
    if (st == DT_OK) {
        match(&m);
        st = say_all(&m);
    }
    dt_free(m.boxes[0]);
    dt_free(m.boxes[1]);
    dt_free(m.list);
    dt_free(m.with);
    return st;
}
