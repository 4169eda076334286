/* Which pictures of two sets are the same: ever wider keys, each a sort. */
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "datasets/edit/contents.h"
#include "datasets/edit/diff_parts.h"
#include "datasets/edit/edit.h"

typedef struct item {
    const char *path; /* below the common folder of its split, without extension */
    const char *stem;
    const char *split;
    int64_t content;
    size_t record;
    int side, taken;
} item;

enum { BY_CONTENT = 1, BY_SPLIT = 2, BY_PATH = 4, BY_STEM = 8 };

/* qsort has no context: the comparers of the passes. */
static int compare_keys(const item *a, const item *b, unsigned by)
{
    int order = 0;
    if (by & BY_CONTENT && a->content != b->content) return a->content < b->content ? -1 : 1;
    if (by & BY_PATH) order = strcmp(a->path, b->path);
    if (!order && by & BY_STEM) order = strcmp(a->stem, b->stem);
    if (!order && by & BY_SPLIT) order = strcmp(a->split, b->split);
    return order;
}

static int compare_places(const item *a, const item *b)
{
    if (a->side != b->side) return a->side - b->side;
    return (a->record > b->record) - (a->record < b->record);
}

#define COMPARER(name, by)                                                                                   \
    static int name(const void *pa, const void *pb)                                                          \
    {                                                                                                        \
        int order = compare_keys(pa, pb, by);                                                                \
        return order ? order : compare_places(pa, pb);                                                       \
    }
COMPARER(by_content_path_split, BY_CONTENT | BY_PATH | BY_SPLIT)
COMPARER(by_content_path, BY_CONTENT | BY_PATH)
COMPARER(by_content_stem, BY_CONTENT | BY_STEM)
COMPARER(by_content, BY_CONTENT)
COMPARER(by_path_split, BY_PATH | BY_SPLIT)
COMPARER(by_path, BY_PATH)
COMPARER(by_stem_split, BY_STEM | BY_SPLIT)
COMPARER(by_stem, BY_STEM)

static const struct {
    unsigned by;
    int (*compare)(const void *, const void *);
} passes[] = {
    {BY_CONTENT | BY_PATH | BY_SPLIT, by_content_path_split},
    {BY_CONTENT | BY_PATH, by_content_path},
    {BY_CONTENT | BY_STEM, by_content_stem},
    {BY_CONTENT, by_content},
    {BY_PATH | BY_SPLIT, by_path_split},
    {BY_PATH, by_path},
    {BY_STEM | BY_SPLIT, by_stem_split},
    {BY_STEM, by_stem},
};

typedef struct matcher {
    const dt_differ *d;
    item *items;
    size_t count;
    dt_arena texts;
    dt_diff_pair *pairs;
    size_t pair_count;
} matcher;

/* What a picture is found by: COCO's file_name, else the file. */
static const char *full_name(const dt_record *r)
{
    return r->name ? r->name : r->image ? r->image : r->label ? r->label : "";
}

/* Length of the folder that all pictures of a split lie in, its slash included. */
static size_t common_folder(const dt_dataset *set, const dt_split *split)
{
    size_t n = 0;
    for (size_t i = split->first; i < split->first + split->count; i++) {
        const char *first = full_name(&set->records[split->first]), *name = full_name(&set->records[i]);
        size_t k = 0, slash = 0;
        if (i == split->first) n = strlen(name);
        for (; k < n && name[k] && name[k] == first[k]; k++)
            if (name[k] == '/') slash = k + 1;
        n = slash;
    }
    return n;
}

static dt_status add_item(matcher *m, int side, size_t record, size_t skip)
{
    const dt_dataset *set = m->d->sets[side];
    const char *name = full_name(&set->records[record]), *from = name + skip;
    const char *path = dt_arena_text_n(&m->texts, from, (size_t)(dt_path_extension(name) - from));
    int32_t split = m->d->split_of[side][record];
    if (!path) return dt_fail_memory(m->d->err, strlen(name), "names");
    m->items[m->count++] = (item){.path = path,
                                  .stem = dt_path_base(path),
                                  .split = split < 0 ? "" : set->splits[split].name,
                                  .content = -1,
                                  .record = record,
                                  .side = side};
    return DT_OK;
}

static dt_status list_items(matcher *m)
{
    for (int side = 0; side < 2; side++) {
        const dt_dataset *set = m->d->sets[side];
        for (size_t s = 0; s < set->split_count; s++) {
            const dt_split *split = &set->splits[s];
            size_t skip = common_folder(set, split);
            for (size_t i = split->first; i < split->first + split->count; i++)
                DT_TRY(add_item(m, side, i, skip));
        }
    }
    return DT_OK;
}

static dt_status number_contents(matcher *m)
{
    const char **paths = dt_calloc(m->count, sizeof *paths);
    int32_t *sources = dt_calloc(m->count, sizeof *sources);
    int64_t *content = dt_calloc(m->count, sizeof *content);
    dt_status st = DT_OK;
    for (size_t i = 0; i < m->count && paths && sources; i++) {
        paths[i] = m->d->sets[m->items[i].side]->records[m->items[i].record].image;
        sources[i] = m->items[i].side;
    }
    st = paths && sources && content
             ? dt_contents_number(paths, sources, m->count, m->d->opts->pool, content, m->d->err)
             : dt_fail_memory(m->d->err, m->count * sizeof *paths, "paths");
    for (size_t i = 0; i < m->count && st == DT_OK; i++)
        m->items[i].content = content[i];
    dt_free(paths);
    dt_free(sources);
    dt_free(content);
    return st;
}

/* Pairs the first of one key of the first set with the first of the second, and so on. */
static void pair_equal(matcher *m, size_t begin, size_t end, unsigned by)
{
    size_t b = begin;
    if (by & BY_CONTENT && m->items[begin].content < 0) return;
    while (b < end && m->items[b].side == 0)
        b++;
    for (size_t a = begin; b < end && m->items[a].side == 0; a++, b++) {
        m->items[a].taken = m->items[b].taken = 1;
        m->pairs[m->pair_count++] = (dt_diff_pair){m->items[a].record, m->items[b].record};
    }
}

static void run_pass(matcher *m, size_t pass)
{
    unsigned by = passes[pass].by;
    size_t left = 0;
    if (m->count) qsort(m->items, m->count, sizeof *m->items, passes[pass].compare);
    for (size_t begin = 0, end; begin < m->count; begin = end) {
        for (end = begin + 1; end < m->count && compare_keys(&m->items[begin], &m->items[end], by) == 0;)
            end++;
        pair_equal(m, begin, end, by);
    }
    for (size_t i = 0; i < m->count; i++)
        if (!m->items[i].taken) m->items[left++] = m->items[i];
    m->count = left;
}

/* ---- the order of the result ---- */

typedef struct named_pair {
    dt_diff_pair pair;
    const char *name, *split;
} named_pair;

static int compare_named(const void *pa, const void *pb)
{
    const named_pair *a = pa, *b = pb;
    int order = strcmp(a->name, b->name);
    if (!order) order = strcmp(a->split, b->split);
    if (order) return order;
    if (a->pair.a != b->pair.a) return a->pair.a < b->pair.a ? -1 : 1;
    return (a->pair.b > b->pair.b) - (a->pair.b < b->pair.b);
}

static dt_status sort_pairs(matcher *m)
{
    named_pair *list = dt_calloc(m->pair_count, sizeof *list);
    if (!list) return dt_fail_memory(m->d->err, m->pair_count * sizeof *list, "pictures");
    for (size_t i = 0; i < m->pair_count; i++) {
        int side = m->pairs[i].a == SIZE_MAX;
        size_t record = side ? m->pairs[i].b : m->pairs[i].a;
        int32_t split = m->d->split_of[side][record];
        list[i] = (named_pair){m->pairs[i], dt_edit_name(&m->d->sets[side]->records[record]),
                               split < 0 ? "" : m->d->sets[side]->splits[split].name};
    }
    if (m->pair_count) qsort(list, m->pair_count, sizeof *list, compare_named);
    for (size_t i = 0; i < m->pair_count; i++)
        m->pairs[i] = list[i].pair;
    dt_free(list);
    return DT_OK;
}

dt_status dt_diff_match_pictures(const dt_differ *d, dt_diff_pair **pairs, size_t *count)
{
    size_t all = d->sets[0]->record_count + d->sets[1]->record_count;
    matcher m = {.d = d, .items = dt_calloc(all, sizeof *m.items), .pairs = dt_calloc(all, sizeof *m.pairs)};
    dt_status st =
        m.items && m.pairs ? list_items(&m) : dt_fail_memory(d->err, all * sizeof *m.items, "pictures");
    if (st == DT_OK && d->opts->by_content) st = number_contents(&m);
    for (size_t p = 0; p < sizeof passes / sizeof *passes && st == DT_OK; p++)
        if (d->opts->by_content || !(passes[p].by & BY_CONTENT)) run_pass(&m, p);
    for (size_t i = 0; i < m.count && st == DT_OK; i++)
        m.pairs[m.pair_count++] = m.items[i].side ? (dt_diff_pair){SIZE_MAX, m.items[i].record}
                                                  : (dt_diff_pair){m.items[i].record, SIZE_MAX};
    if (st == DT_OK) st = sort_pairs(&m);
    dt_free(m.items);
    dt_arena_free(&m.texts);
    if (st != DT_OK) {
        dt_free(m.pairs);
        return st;
    }
    *pairs = m.pairs;
    *count = m.pair_count;
    return DT_OK;
}
