#include "datasets/check/near.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* ---- pairs ---- */

/* Bit i of a hash belongs to band i % BANDS. When DT_NEAR_DISTANCE bits differ, one band has none of them. */
enum { BANDS = DT_NEAR_DISTANCE + 1, BAND_BITS = 13, BUCKETS = 1 << BAND_BITS };

static uint64_t band_mask(int band)
{
    uint64_t mask = 0;
    for (int i = band; i < 64; i += BANDS)
        mask |= (uint64_t)1 << i;
    return mask;
}

static size_t band_key(uint64_t hash, int band)
{
    size_t key = 0;
    for (int i = band, k = 0; i < 64; i += BANDS, k++)
        key |= (size_t)(hash >> i & 1) << k;
    return key;
}

/* A picture that stands for all whose fingerprints equal its own. */
typedef struct entry {
    uint64_t hash;
    size_t item;
} entry;

typedef struct search {
    const dt_fingerprint *prints;
    const dt_near_visitor *visitor;
    entry *all, *sorted; /* by item; by the key of the band in hand, then by item */
    size_t count;
    size_t starts[BUCKETS + 1];
    uint64_t masks[BANDS];
} search;

typedef struct equal_key {
    const dt_fingerprint *print;
    size_t item;
} equal_key;

static int compare_prints(const void *pa, const void *pb)
{
    const equal_key *a = pa, *b = pb;
    if (a->print->hash != b->print->hash) return a->print->hash < b->print->hash ? -1 : 1;
    int order = memcmp(a->print->thumb, b->print->thumb, DT_THUMB_BYTES);
    return order ? order : (a->item > b->item) - (a->item < b->item);
}

static int compare_items(const void *pa, const void *pb)
{
    const entry *a = pa, *b = pb;
    return (a->item > b->item) - (a->item < b->item);
}

static void visit(const search *s, size_t a, size_t b, int distance)
{
    const dt_near_visitor *v = s->visitor;
    if (v->wants(v->ctx, a, b) && dt_fingerprint_agrees(&s->prints[a], &s->prints[b]))
        v->found(v->ctx, a, b, distance);
}

/* Equal fingerprints: the first stands for all, the others are a pair with it. */
static dt_status take_first(search *s, size_t count, dt_error *err)
{
    equal_key *keys = dt_calloc(count, sizeof *keys);
    if (!keys) return dt_fail_memory(err, count * sizeof *keys, "the search for near-duplicates");
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        if (s->prints[i].known) keys[known++] = (equal_key){&s->prints[i], i};
    if (known) qsort(keys, known, sizeof *keys, compare_prints);
    for (size_t i = 0, first = 0; i < known; i++) {
        int equal = i > 0 && keys[i].print->hash == keys[first].print->hash &&
                    memcmp(keys[i].print->thumb, keys[first].print->thumb, DT_THUMB_BYTES) == 0;
        if (equal) {
            visit(s, keys[first].item, keys[i].item, 0);
        } else {
            first = i;
            s->all[s->count++] = (entry){keys[i].print->hash, keys[i].item};
        }
    }
    dt_free(keys);
    if (s->count) qsort(s->all, s->count, sizeof *s->all, compare_items);
    return DT_OK;
}

static void sort_by_band(search *s, int band)
{
    memset(s->starts, 0, sizeof s->starts);
    for (size_t i = 0; i < s->count; i++)
        s->starts[band_key(s->all[i].hash, band) + 1]++;
    for (size_t k = 0; k < BUCKETS; k++)
        s->starts[k + 1] += s->starts[k];
    for (size_t i = 0; i < s->count; i++)
        s->sorted[s->starts[band_key(s->all[i].hash, band)]++] = s->all[i];
    /* Each start has moved to the end of its bucket, which is the start of the next. */
    memmove(s->starts + 1, s->starts, BUCKETS * sizeof *s->starts);
    s->starts[0] = 0;
}

/* 1 if the two met in an earlier band already. */
static int met_before(const search *s, uint64_t differing, int band)
{
    for (int b = 0; b < band; b++)
        if (!(differing & s->masks[b])) return 1;
    return 0;
}

static void visit_bucket(const search *s, int band, size_t begin, size_t end)
{
    for (size_t y = begin + 1; y < end; y++)
        for (size_t x = begin; x < y; x++) {
            uint64_t differing = s->sorted[x].hash ^ s->sorted[y].hash;
            int distance = __builtin_popcountll(differing);
            if (distance <= DT_NEAR_DISTANCE && !met_before(s, differing, band))
                visit(s, s->sorted[x].item, s->sorted[y].item, distance);
        }
}

dt_status dt_near_visit(const dt_fingerprint *prints, size_t count, const dt_near_visitor *visitor,
                        dt_error *err)
{
    search *s = dt_calloc(1, sizeof *s);
    entry *all = dt_calloc(count, sizeof *all), *sorted = dt_calloc(count, sizeof *sorted);
    dt_status st = s && all && sorted
                       ? DT_OK
                       : dt_fail_memory(err, count * sizeof *all, "the search for near-duplicates");
    if (st == DT_OK) {
        s->prints = prints;
        s->visitor = visitor;
        s->all = all;
        s->sorted = sorted;
        for (int b = 0; b < BANDS; b++)
            s->masks[b] = band_mask(b);
        st = take_first(s, count, err);
    }
    for (int b = 0; b < BANDS && st == DT_OK; b++) {
        sort_by_band(s, b);
        for (size_t k = 0; k < BUCKETS; k++)
            visit_bucket(s, b, s->starts[k], s->starts[k + 1]);
    }
    dt_free(s);
    dt_free(all);
    dt_free(sorted);
    return st;
}

/* ---- components ---- */

size_t dt_union_find(size_t *parent, size_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

void dt_union_join(size_t *parent, size_t a, size_t b)
{
    a = dt_union_find(parent, a);
    b = dt_union_find(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

static int is_apart(void *ctx, size_t a, size_t b)
{
    return dt_union_find(ctx, a) != dt_union_find(ctx, b);
}

static void join(void *ctx, size_t a, size_t b, int distance)
{
    (void)distance;
    dt_union_join(ctx, a, b);
}

dt_status dt_near_join(const dt_fingerprint *prints, size_t count, size_t *parent, dt_error *err)
{
    return dt_near_visit(prints, count, &(dt_near_visitor){is_apart, join, parent}, err);
}

/* ---- borders ---- */

typedef struct border {
    const int32_t *groups;
    size_t pairs;
    dt_near_pair first;
} border;

static int is_across(void *ctx, size_t a, size_t b)
{
    const border *x = ctx;
    return x->groups[a] != x->groups[b];
}

static void count_pair(void *ctx, size_t a, size_t b, int distance)
{
    border *x = ctx;
    if (x->pairs++ == 0) x->first = (dt_near_pair){.item = b, .of = a, .distance = distance, .crosses = 1};
}

dt_status dt_near_across(const dt_fingerprint *prints, const int32_t *groups, size_t count, size_t *pairs,
                         dt_near_pair *first, dt_error *err)
{
    border x = {.groups = groups};
    DT_TRY(dt_near_visit(prints, count, &(dt_near_visitor){is_across, count_pair, &x}, err));
    *pairs = x.pairs;
    if (first) *first = x.first;
    return DT_OK;
}
