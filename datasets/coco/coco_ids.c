#include "datasets/coco/coco_ids.h"

#include "core/mem.h"
#include "datasets/id_map.h"

/* Numbers for a list in which some have one already. */
typedef struct numbering {
    dt_id_map taken;
    int64_t next; /* beyond all that are there */
    uint32_t count;
    int renew; /* the numbers that are there do not count */
} numbering;

static dt_status begin(numbering *n, size_t count, int renew, dt_error *err)
{
    *n = (numbering){.next = 1, .renew = renew};
    return dt_id_map_create(&n->taken, count, err);
}

/* Numbers up to the end of the range leave no room behind them. */
static void see(numbering *n, int64_t id)
{
    if (n->renew) return;
    if (id > INT64_MAX - INT32_MAX)
        n->renew = 1;
    else if (id >= n->next)
        n->next = id + 1;
}

/* The number itself if it is free, else a new one. */
static int64_t give(numbering *n, const int64_t *own, int *changed)
{
    *changed = 0;
    if (own && !n->renew) {
        if (dt_id_map_add(&n->taken, *own, n->count) < 0) {
            n->count++;
            return *own;
        }
        *changed = 1;
    }
    return n->next++;
}

dt_status dt_coco_class_ids(const dt_dataset *set, const dt_target_opts *opts, int64_t **ids, dt_error *err)
{
    numbering n;
    int changed;
    *ids = dt_calloc(set->class_count, sizeof **ids);
    if (!*ids) return dt_fail_memory(err, set->class_count * sizeof **ids, "category ids");
    dt_status st = begin(&n, set->class_count, opts->new_ids, err);
    for (size_t i = 0; i < set->class_count && st == DT_OK; i++) {
        const dt_category *c = dt_dataset_category(set, set->classes[i]);
        if (c) see(&n, c->id);
    }
    if (n.renew) n.next = 1;
    for (size_t i = 0; i < set->class_count && st == DT_OK; i++) {
        const dt_category *c = dt_dataset_category(set, set->classes[i]);
        (*ids)[i] = give(&n, c ? &c->id : NULL, &changed);
    }
    dt_id_map_free(&n.taken);
    return st;
}

static const int64_t *own_image(const dt_record *r)
{
    return r->origin == DT_ORIGIN_COCO && r->extra ? &r->extra->id : NULL;
}

static const int64_t *own_object(const dt_object *o)
{
    return o->extra && o->extra->has_id ? &o->extra->id : NULL;
}

static dt_status say(dt_findings *findings, const dt_record *r, const char *what, int64_t id, int64_t next,
                     dt_error *err)
{
    return dt_findings_add(
        findings, &(dt_finding){.severity = DT_NOTE, .rule = "id-changed", .file = r->label, .object = -1},
        err, "%s id %lld of %s is taken in its split: it becomes %lld", what, (long long)id,
        r->name ? r->name : "a picture", (long long)next);
}

static dt_status number_images(const dt_output_job *job, const dt_split *split, dt_coco_ids *ids,
                               dt_findings *findings, dt_error *err)
{
    const dt_record *records = job->set->records + split->first;
    numbering n;
    int changed;
    dt_status st = begin(&n, split->count, job->opts->new_ids, err);
    for (size_t i = 0; i < split->count && st == DT_OK; i++)
        if (own_image(&records[i])) see(&n, *own_image(&records[i]));
    if (n.renew) n.next = 1;
    for (size_t i = 0; i < split->count && st == DT_OK; i++) {
        if (!job->names[split->first + i].stem) continue;
        const int64_t *own = own_image(&records[i]);
        ids->images[i] = give(&n, own, &changed);
        if (changed) st = say(findings, &records[i], "image", *own, ids->images[i], err);
    }
    dt_id_map_free(&n.taken);
    return st;
}

static dt_status number_objects(const dt_output_job *job, const dt_split *split, size_t count,
                                dt_coco_ids *ids, dt_findings *findings, dt_error *err)
{
    const dt_dataset *set = job->set;
    numbering n;
    int changed;
    dt_status st = begin(&n, count, job->opts->new_ids, err);
    for (size_t i = 0; i < count && st == DT_OK; i++) {
        const int64_t *own = own_object(&set->objects[ids->first_object + i]);
        if (own) see(&n, *own);
    }
    if (n.renew) n.next = 1;
    /* Those that came to a record from another set last: they must not take the ids of the record's own set. */
    for (int moved = 0; moved < 2; moved++)
        for (size_t i = split->first; i < split->first + split->count && st == DT_OK; i++) {
            const dt_record *r = &set->records[i];
            if (!job->names[i].stem) continue;
            for (size_t k = r->first; k < r->first + r->count && st == DT_OK; k++) {
                const dt_object *o = &set->objects[k];
                if ((o->extra && o->extra->home) != moved) continue;
                const int64_t *own = own_object(o);
                int64_t id = give(&n, own, &changed);
                ids->objects[k - ids->first_object] = id;
                if (changed) st = say(findings, r, "annotation", *own, id, err);
            }
        }
    dt_id_map_free(&n.taken);
    return st;
}

dt_status dt_coco_ids_make(const dt_output_job *job, const dt_split *split, dt_coco_ids *ids,
                           dt_findings *findings, dt_error *err)
{
    const dt_dataset *set = job->set;
    size_t low = split->count ? SIZE_MAX : 0, high = 0;
    for (size_t i = split->first; i < split->first + split->count; i++) {
        const dt_record *r = &set->records[i];
        if (r->first < low) low = r->first;
        if (r->first + r->count > high) high = r->first + r->count;
    }
    size_t count = high > low ? high - low : 0;
    *ids = (dt_coco_ids){.first_record = split->first, .first_object = low};
    ids->images = dt_calloc(split->count, sizeof *ids->images);
    ids->objects = dt_calloc(count, sizeof *ids->objects);
    dt_status st =
        ids->images && ids->objects ? DT_OK : dt_fail_memory(err, count * sizeof *ids->objects, "ids");
    if (st == DT_OK) st = number_images(job, split, ids, findings, err);
    if (st == DT_OK) st = number_objects(job, split, count, ids, findings, err);
    if (st != DT_OK) dt_coco_ids_free(ids);
    return st;
}

void dt_coco_ids_free(dt_coco_ids *ids)
{
    dt_free(ids->images);
    dt_free(ids->objects);
    *ids = (dt_coco_ids){0};
}
