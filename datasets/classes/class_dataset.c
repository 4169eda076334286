#include "datasets/classes/class_dataset.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static dt_status add_record(const dt_class_record *r, dt_dataset *set, dt_error *err)
{
    dt_record *record;
    DT_TRY(dt_dataset_add_record(set, r->pixels ? NULL : r->file, r->file, &record, err));
    record->width = r->width;
    record->height = r->height;
    const dt_object object = {.box = {0, 0, 1, 1},
                              .area = -1,
                              .cls = r->cls,
                              .difficult = DT_FLAG_UNKNOWN,
                              .truncated = DT_FLAG_UNKNOWN,
                              .occluded = DT_FLAG_UNKNOWN};
    return dt_dataset_add_object(set, &object, err);
}

static dt_status fill(const dt_class_set *classes, dt_dataset *set, dt_error *err)
{
    int32_t cls;
    set->frame = DT_FRAME_FRACTIONS;
    for (size_t i = 0; i < classes->names.count; i++)
        DT_TRY(dt_dataset_class(set, classes->names.items[i], strlen(classes->names.items[i]), &cls, err));
    for (int s = 0; s < DT_CLASS_SPLITS; s++) {
        const dt_class_split *split = &classes->splits[s];
        if (!split->count) continue;
        DT_TRY(dt_dataset_add_split(set, split->name, err));
        for (int64_t i = 0; i < split->count; i++)
            DT_TRY(add_record(&split->records[i], set, err));
    }
    return DT_OK;
}

/* ---- pictures with the same pixels ---- */

typedef struct print {
    uint64_t hash;
    const dt_class_record *record;
    const dt_class_split *split;
    int64_t order;
} print;

static int compare_prints(const void *a, const void *b)
{
    const print *p = a, *q = b;
    if (p->hash != q->hash) return p->hash < q->hash ? -1 : 1;
    return (p->order > q->order) - (p->order < q->order);
}

static size_t pixel_bytes(const dt_class_record *r)
{
    return (size_t)r->width * (size_t)r->height * (size_t)r->planes;
}

static dt_status report(const print *p, const print *of, const dt_class_set *classes, dt_findings *findings,
                        dt_error *err)
{
    char name[DT_CLASS_NAME], other[DT_CLASS_NAME];
    int32_t a = p->record->cls, b = of->record->cls;
    dt_class_record_name(of->record, other);
    const dt_finding finding = {.severity = a != b ? DT_PROBLEM : DT_WARNING,
                                .rule = a != b                  ? "object-conflict"
                                        : p->split != of->split ? "split-leak"
                                                                : "image-twice",
                                .file = dt_class_record_name(p->record, name),
                                .object = -1,
                                .other = other};
    return dt_findings_add(findings, &finding, err, "%s in '%s', the same pixels as %s, %s in '%s'",
                           classes->names.items[a], p->split->name, other, classes->names.items[b],
                           of->split->name);
}

static dt_status find_repeats(const dt_class_set *classes, dt_findings *findings, dt_error *err)
{
    size_t n = 0;
    for (int s = 0; s < DT_CLASS_SPLITS; s++)
        n += (size_t)classes->splits[s].count;
    print *prints = dt_calloc(n + 1, sizeof *prints);
    if (!prints) return dt_fail_memory(err, n * sizeof *prints, "pictures");
    n = 0;
    for (int s = 0; s < DT_CLASS_SPLITS; s++)
        for (int64_t i = 0; i < classes->splits[s].count; i++) {
            const dt_class_record *r = &classes->splits[s].records[i];
            if (!r->pixels) continue;
            prints[n] = (print){dt_hash64(r->pixels, pixel_bytes(r)), r, &classes->splits[s], (int64_t)n};
            n++;
        }
    qsort(prints, n, sizeof *prints, compare_prints);
    dt_status st = DT_OK;
    for (size_t i = 1, first = 0; i < n && st == DT_OK; i++) {
        if (prints[i].hash != prints[first].hash) first = i;
        const dt_class_record *a = prints[first].record, *b = prints[i].record;
        if (first < i && pixel_bytes(a) == pixel_bytes(b) &&
            memcmp(a->pixels, b->pixels, pixel_bytes(a)) == 0)
            st = report(&prints[i], &prints[first], classes, findings, err);
    }
    dt_free(prints);
    return st;
}

dt_status dt_class_set_to_dataset(const dt_class_set *classes, dt_dataset *set, dt_findings *findings,
                                  dt_error *err)
{
    *set = (dt_dataset){0};
    dt_status st = fill(classes, set, err);
    if (st == DT_OK) st = find_repeats(classes, findings, err);
    if (st != DT_OK) dt_dataset_free(set);
    return st;
}
