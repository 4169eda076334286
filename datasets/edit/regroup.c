#include "datasets/edit/regroup.h"

#include <string.h>

#include "core/mem.h"

/* What the set gets at the end, when nothing can fail any more. */
typedef struct regrouped {
    dt_split *splits;
    dt_record *records;
    dt_object *objects;
    size_t record_count, object_count;
} regrouped;

static dt_status make_splits(dt_dataset *set, const int32_t *split_of, const char *const *names, size_t count,
                             regrouped *out, dt_error *err)
{
    out->splits = dt_calloc(count, sizeof *out->splits);
    if (!out->splits) return dt_fail_memory(err, count * sizeof *out->splits, "splits");
    for (size_t s = 0; s < count; s++)
        if (!(out->splits[s].name = dt_arena_text(&set->texts, names[s])))
            return dt_fail_memory(err, strlen(names[s]) + 1, "a split");
    for (size_t i = 0; i < set->record_count; i++) {
        if (split_of[i] < -1 || split_of[i] >= (int64_t)count)
            return dt_fail(err, DT_ERR_ARG, "record %zu: split %d of %zu", i, split_of[i], count);
        if (split_of[i] < 0) continue;
        out->splits[split_of[i]].count++;
        out->record_count++;
        out->object_count += set->records[i].count;
    }
    for (size_t s = 1; s < count; s++)
        out->splits[s].first = out->splits[s - 1].first + out->splits[s - 1].count;
    return DT_OK;
}

static dt_status move_records(const dt_dataset *set, const int32_t *split_of, size_t count, regrouped *out,
                              dt_error *err)
{
    size_t *at = dt_calloc(count, sizeof *at), object = 0;
    out->records = dt_calloc(out->record_count, sizeof *out->records);
    out->objects = dt_calloc(out->object_count, sizeof *out->objects);
    if (!at || !out->records || !out->objects) {
        dt_free(at);
        return dt_fail_memory(err, out->object_count * sizeof *out->objects, "objects");
    }
    for (size_t i = 0; i < set->record_count; i++)
        if (split_of[i] >= 0)
            out->records[out->splits[split_of[i]].first + at[split_of[i]]++] = set->records[i];
    for (size_t i = 0; i < out->record_count; i++) {
        dt_record *r = &out->records[i];
        if (r->count) memcpy(out->objects + object, set->objects + r->first, r->count * sizeof *out->objects);
        r->first = object;
        object += r->count;
    }
    dt_free(at);
    return DT_OK;
}

dt_status dt_dataset_regroup(dt_dataset *set, const int32_t *split_of, const char *const *names, size_t count,
                             dt_error *err)
{
    regrouped out = {0};
    dt_status st = make_splits(set, split_of, names, count, &out, err);
    if (st == DT_OK) st = move_records(set, split_of, count, &out, err);
    if (st != DT_OK) {
        dt_free(out.splits);
        dt_free(out.records);
        dt_free(out.objects);
        return st;
    }
    dt_free(set->splits);
    dt_free(set->records);
    dt_free(set->objects);
    set->splits = out.splits;
    set->records = out.records;
    set->objects = out.objects;
    set->split_count = set->split_capacity = count;
    set->record_count = set->record_capacity = out.record_count;
    set->object_count = set->object_capacity = out.object_count;
    return DT_OK;
}

dt_status dt_dataset_split_of(const dt_dataset *set, int32_t **split_of, dt_error *err)
{
    *split_of = dt_calloc(set->record_count, sizeof **split_of);
    if (!*split_of) return dt_fail_memory(err, set->record_count * sizeof **split_of, "splits");
    for (size_t i = 0; i < set->record_count; i++)
        (*split_of)[i] = -1;
    for (size_t s = 0; s < set->split_count; s++)
        for (size_t i = 0; i < set->splits[s].count; i++)
            (*split_of)[set->splits[s].first + i] = (int32_t)s;
    return DT_OK;
}
