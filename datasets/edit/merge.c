#include "datasets/edit/merge.h"

#include <string.h>

#include "core/mem.h"
#include "datasets/edit/merge_parts.h"
#include "datasets/edit/regroup.h"

typedef struct merger {
    dt_dataset *sets;
    size_t count;
    const dt_merge_opts *opts;
    dt_merge_count *counts;
    dt_names splits;
    int32_t *split_of; /* one a record of the joined set */
    dt_findings *findings;
    dt_error *err;
} merger;

/* The number of the split of this name, added at the end if it is new. */
static dt_status find_split(merger *m, const char *name, int32_t *split)
{
    for (size_t i = 0; i < m->splits.count; i++)
        if (strcmp(m->splits.items[i], name) == 0) {
            *split = (int32_t)i;
            return DT_OK;
        }
    *split = (int32_t)m->splits.count;
    return dt_names_add(&m->splits, name, m->err);
}

/* Splits of the set's records in split_of, from `first` on. The set has none afterwards: they come back in
 * the end. */
static dt_status take_splits(merger *m, dt_dataset *set, size_t first)
{
    for (size_t i = 0; i < set->record_count; i++)
        m->split_of[first + i] = -1;
    for (size_t s = 0; s < set->split_count; s++) {
        int32_t split;
        DT_TRY(find_split(m, m->opts->into ? m->opts->into : set->splits[s].name, &split));
        for (size_t i = 0; i < set->splits[s].count; i++)
            m->split_of[first + set->splits[s].first + i] = split;
    }
    set->split_count = 0;
    return DT_OK;
}

/* data.yaml's other lines: of several those of the first. */
static dt_status take_settings(merger *m, const dt_dataset *set, size_t source, const char **settings)
{
    if (!set->settings) return DT_OK;
    if (!*settings) *settings = set->settings;
    if (strcmp(*settings, set->settings) == 0) return DT_OK;
    return dt_findings_add(
        m->findings, &(dt_finding){.severity = DT_NOTE, .rule = "fields-lost", .object = -1}, m->err,
        "%s: its data.yaml has settings of its own; those of the first are written", m->opts->names[source]);
}

static dt_status append_all(merger *m)
{
    dt_dataset *set = &m->sets[0];
    const char *settings = NULL;
    size_t records = 0, first = 0;
    for (size_t s = 0; s < m->count; s++)
        records += m->sets[s].record_count;
    m->split_of = dt_calloc(records, sizeof *m->split_of);
    if (!m->split_of) return dt_fail_memory(m->err, records * sizeof *m->split_of, "splits");
    for (size_t s = 0; s < m->count; s++) {
        dt_dataset *from = &m->sets[s];
        if (m->counts)
            m->counts[s] = (dt_merge_count){.pictures = from->record_count, .objects = from->object_count};
        for (size_t i = 0; i < from->record_count; i++)
            from->records[i].source = (int32_t)s;
        DT_TRY(take_splits(m, from, first));
        first += from->record_count;
        DT_TRY(take_settings(m, from, s, &settings));
        if (s) DT_TRY(dt_dataset_shift(from, set->min_shift, set->max_shift, m->err));
        if (s) DT_TRY(dt_dataset_append(set, from, m->err));
    }
    set->settings = settings;
    return DT_OK;
}

static dt_status restore_splits(merger *m)
{
    const char *const *names = (const char *const *)m->splits.items;
    return dt_dataset_regroup(&m->sets[0], m->split_of, names, m->splits.count, m->err);
}

/* `set` gets its splits' names for the messages. */
static dt_status join_pictures(merger *m)
{
    dt_dataset *set = &m->sets[0];
    dt_edit edit = {.set = set, .findings = m->findings, .err = m->err};
    int64_t *same = dt_calloc(set->record_count, sizeof *same);
    uint8_t *drop = dt_calloc(set->object_count, 1);
    dt_status st =
        same && drop ? DT_OK : dt_fail_memory(m->err, set->record_count * sizeof *same, "pictures");
    for (size_t s = 0; s < m->splits.count && st == DT_OK; s++)
        st = dt_dataset_add_split(set, m->splits.items[s], m->err);
    if (st == DT_OK) st = dt_merge_find_same(set, m->split_of, m->opts, same, m->findings, m->err);
    if (st == DT_OK) st = dt_merge_join(&edit, same, m->split_of, m->opts, m->counts, drop);
    dt_edit_free(&edit);
    dt_free(same);
    dt_free(drop);
    return st;
}

static dt_status merge(merger *m)
{
    for (size_t s = 0; s < m->count; s++)
        if (m->sets[s].frame != DT_FRAME_PIXELS)
            return dt_fail(m->err, DT_ERR_ARG, "%s: boxes in pixels are expected", m->opts->names[s]);
    DT_TRY(dt_merge_classes(m->sets, m->count, m->opts, m->findings, m->err));
    DT_TRY(append_all(m));
    DT_TRY(join_pictures(m));
    DT_TRY(restore_splits(m));
    return m->opts->near ? dt_merge_near(&m->sets[0], m->opts, m->findings, m->err) : DT_OK;
}

dt_status dt_merge(dt_dataset *sets, size_t count, const dt_merge_opts *opts, dt_merge_count *counts,
                   dt_findings *findings, dt_error *err)
{
    merger m = {
        .sets = sets, .count = count, .opts = opts, .counts = counts, .findings = findings, .err = err};
    dt_status st = count ? merge(&m) : dt_fail(err, DT_ERR_ARG, "no set to merge");
    dt_names_free(&m.splits);
    dt_free(m.split_of);
    return st;
}
