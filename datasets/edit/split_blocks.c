#include "datasets/edit/split_blocks.h"

#include <regex.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "datasets/check/check.h"
#include "datasets/check/near.h"
#include "datasets/edit/edit.h"

/* Joins the record to the first one with this key; the key is kept in `keys`. */
static dt_status join_by_key(dt_split_blocks *b, dt_strmap *map, dt_arena *keys, const char *key, size_t len,
                             size_t record, dt_error *err)
{
    int64_t first = dt_strmap_get_n(map, key, len, -1);
    if (first >= 0) {
        dt_union_join(b->parent, (size_t)first, record);
        return DT_OK;
    }
    const char *copy = dt_arena_text_n(keys, key, len);
    if (!copy || dt_strmap_add(map, copy, (int64_t)record) < 0)
        return dt_fail_memory(err, len + 1, "a group");
    return DT_OK;
}

static dt_status join_same_files(const dt_dataset *set, dt_split_blocks *b, dt_error *err)
{
    dt_strmap map = {0};
    dt_arena keys = {0};
    dt_status st = DT_OK;
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++) {
        const char *path = set->records[i].image;
        if (path) st = join_by_key(b, &map, &keys, path, strlen(path), i, err);
    }
    dt_strmap_free(&map);
    dt_arena_free(&keys);
    return st;
}

static dt_status join_folders(const dt_dataset *set, dt_split_blocks *b, dt_error *err)
{
    dt_strmap map = {0};
    dt_arena keys = {0};
    dt_status st = DT_OK;
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++) {
        const dt_record *r = &set->records[i];
        const char *path = r->image ? r->image : r->name ? r->name : r->label ? r->label : "";
        st = join_by_key(b, &map, &keys, path, (size_t)(dt_path_base(path) - path), i, err);
    }
    dt_strmap_free(&map);
    dt_arena_free(&keys);
    return st;
}

static dt_status join_groups(const dt_dataset *set, const char *pattern, dt_split_blocks *b, dt_error *err)
{
    regex_t regex;
    int code = regcomp(&regex, pattern, REG_EXTENDED);
    if (code != 0) {
        char why[128];
        regerror(code, &regex, why, sizeof why);
        return dt_fail(err, DT_ERR_ARG, "the group expression '%s': %s", pattern, why);
    }
    dt_strmap map = {0};
    dt_arena keys = {0};
    dt_status st = DT_OK;
    size_t matched = 0;
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++) {
        const char *name = dt_edit_name(&set->records[i]);
        regmatch_t m[2];
        if (regexec(&regex, name, 2, m, 0) != 0) {
            b->ungrouped[i] = 1;
            continue;
        }
        const regmatch_t *of = regex.re_nsub > 0 && m[1].rm_so >= 0 ? &m[1] : &m[0];
        matched++;
        st = join_by_key(b, &map, &keys, name + of->rm_so, (size_t)(of->rm_eo - of->rm_so), i, err);
    }
    if (st == DT_OK && !matched && set->record_count)
        st = dt_fail(err, DT_ERR_ARG, "the group expression '%s' matches none of %zu names; the first is %s",
                     pattern, set->record_count, dt_edit_name(&set->records[0]));
    regfree(&regex);
    dt_strmap_free(&map);
    dt_arena_free(&keys);
    return st;
}

static dt_status join_near(const dt_dataset *set, const dt_split_block_opts *o, dt_split_blocks *b,
                           dt_error *err)
{
    const size_t n = set->record_count;
    const dt_check_opts check = {.pool = o->pool, .progress = o->progress, .progress_ctx = o->progress_ctx};
    dt_fingerprint *prints = dt_calloc(n, sizeof *prints);
    size_t *near = dt_calloc(n, sizeof *near);
    dt_status st = prints && near ? DT_OK : dt_fail_memory(err, n * sizeof *prints, "fingerprints");
    for (size_t i = 0; i < n && near; i++)
        near[i] = i;
    if (st == DT_OK) st = dt_check_decode(set, &check, prints, NULL, err);
    if (st == DT_OK) st = dt_near_join(prints, n, near, err);
    for (size_t i = 0; i < n && st == DT_OK; i++) {
        const size_t of = dt_union_find(near, i);
        if (of == i) continue;
        b->near++;
        dt_union_join(b->parent, i, of);
    }
    dt_free(prints);
    dt_free(near);
    return st;
}

dt_status dt_split_blocks_make(const dt_dataset *set, const dt_split_block_opts *o, dt_split_blocks *b,
                               dt_error *err)
{
    const size_t n = set->record_count;
    *b = (dt_split_blocks){dt_calloc(n, sizeof *b->parent), dt_calloc(n, 1), 0};
    dt_status st = b->parent && b->ungrouped ? DT_OK : dt_fail_memory(err, n * sizeof *b->parent, "blocks");
    for (size_t i = 0; i < n && st == DT_OK; i++)
        b->parent[i] = i;
    if (st == DT_OK) st = join_same_files(set, b, err);
    if (st == DT_OK && o->by_folder) st = join_folders(set, b, err);
    if (st == DT_OK && o->group) st = join_groups(set, o->group, b, err);
    if (st == DT_OK && o->near) st = join_near(set, o, b, err);
    if (st != DT_OK) dt_split_blocks_free(b);
    return st;
}

void dt_split_blocks_free(dt_split_blocks *b)
{
    dt_free(b->parent);
    dt_free(b->ungrouped);
    *b = (dt_split_blocks){0};
}
