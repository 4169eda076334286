/* Near-duplicates that a merged set has on two sides of a split. */
#include <stdlib.h>

#include "core/mem.h"
#include "datasets/check/check.h"
#include "datasets/check/near.h"
#include "datasets/edit/merge_parts.h"
#include "datasets/edit/regroup.h"

typedef struct pairs {
    const int32_t *split_of;
    dt_near_pair *items;
    size_t count, capacity;
    int failed;
} pairs;

static int wants(void *ctx, size_t a, size_t b)
{
    const pairs *p = ctx;
    return p->split_of[a] != p->split_of[b];
}

static void found(void *ctx, size_t a, size_t b, int distance)
{
    pairs *p = ctx;
    if (p->failed || dt_grow(&p->items, &p->capacity, p->count + 1, sizeof *p->items) != 0)
        p->failed = 1;
    else
        p->items[p->count++] = (dt_near_pair){.item = b, .of = a, .distance = distance, .crosses = 1};
}

static int compare_pairs(const void *pa, const void *pb)
{
    const dt_near_pair *a = pa, *b = pb;
    if (a->item != b->item) return a->item < b->item ? -1 : 1;
    return (a->of > b->of) - (a->of < b->of);
}

static dt_status say_pairs(const dt_dataset *set, const pairs *p, const dt_merge_opts *opts,
                           dt_findings *findings, dt_error *err)
{
    for (size_t i = 0; i < p->count; i++) {
        const dt_record *r = &set->records[p->items[i].item], *of = &set->records[p->items[i].of];
        DT_TRY(dt_findings_add(
            findings,
            &(dt_finding){.severity = DT_WARNING,
                          .rule = "split-leak",
                          .file = r->image,
                          .object = -1,
                          .other = of->image},
            err, "in '%s', from %s: nearly the same picture as %s in '%s', from %s (%d of 64 bits differ)",
            set->splits[p->split_of[p->items[i].item]].name, opts->names[r->source], of->image,
            set->splits[p->split_of[p->items[i].of]].name, opts->names[of->source], p->items[i].distance));
    }
    return DT_OK;
}

dt_status dt_merge_near(const dt_dataset *set, const dt_merge_opts *opts, dt_findings *findings,
                        dt_error *err)
{
    const dt_check_opts check = {
        .pool = opts->pool, .progress = opts->progress, .progress_ctx = opts->progress_ctx};
    pairs p = {0};
    int32_t *split_of = NULL;
    if (set->split_count < 2) return DT_OK;
    dt_fingerprint *prints = dt_calloc(set->record_count, sizeof *prints);
    dt_status st = prints ? dt_dataset_split_of(set, &split_of, err)
                          : dt_fail_memory(err, set->record_count * sizeof *prints, "fingerprints");
    p.split_of = split_of;
    if (st == DT_OK) st = dt_check_decode(set, &check, prints, NULL, err);
    if (st == DT_OK) st = dt_near_visit(prints, set->record_count, &(dt_near_visitor){wants, found, &p}, err);
    if (st == DT_OK && p.failed) st = dt_fail_memory(err, p.count * sizeof *p.items, "near-duplicates");
    if (st == DT_OK && p.count) {
        qsort(p.items, p.count, sizeof *p.items, compare_pairs);
        st = say_pairs(set, &p, opts, findings, err);
    }
    dt_free(p.items);
    dt_free(prints);
    dt_free(split_of);
    return st;
}
