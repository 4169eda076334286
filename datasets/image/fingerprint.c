#include "datasets/image/fingerprint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/transforms/resize.h"

dt_status dt_fingerprint_make(const dt_image *gray, dt_fingerprint *print, dt_error *err)
{
    uint8_t small[9 * 8];
    *print = (dt_fingerprint){0};
    if (gray->channels != 1) return dt_fail(err, DT_ERR_ARG, "a gray image is expected");
    DT_TRY(dt_image_resize_into(gray, 9, 8, DT_RESIZE_BILINEAR_AA, small, 9, err));
    DT_TRY(dt_image_resize_into(gray, DT_THUMB_SIDE, DT_THUMB_SIDE, DT_RESIZE_BILINEAR_AA, print->thumb,
                                DT_THUMB_SIDE, err));
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            if (small[9 * y + x] < small[9 * y + x + 1]) print->hash |= (uint64_t)1 << (8 * y + x);
    print->known = 1;
    return DT_OK;
}

int dt_fingerprint_distance(const dt_fingerprint *a, const dt_fingerprint *b)
{
    return __builtin_popcountll(a->hash ^ b->hash);
}

int dt_fingerprint_agrees(const dt_fingerprint *a, const dt_fingerprint *b)
{
    static const double flat_variance = 4; /* a standard deviation of two gray levels: noise */
    int64_t sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0, difference = 0;
    const double n = DT_THUMB_BYTES;
    for (int i = 0; i < DT_THUMB_BYTES; i++) {
        int p = a->thumb[i], q = b->thumb[i];
        sum_a += p;
        sum_b += q;
        aa += p * p;
        bb += q * q;
        ab += p * q;
        difference += abs(p - q);
    }
    if ((double)difference > 10 * n) return 0;
    double mean_a = (double)sum_a / n, mean_b = (double)sum_b / n;
    double var_a = (double)aa / n - mean_a * mean_a, var_b = (double)bb / n - mean_b * mean_b;
    if (var_a < flat_variance && var_b < flat_variance) return 1;
    return (double)ab / n - mean_a * mean_b >= 0.97 * sqrt(var_a * var_b);
}

enum { BANDS = DT_NEAR_DISTANCE + 1, BAND_BITS = 13, BUCKETS = 1 << BAND_BITS, NONE = -1 };

/* The bits of a hash cut into bands: bit i belongs to band i % BANDS, so that each has bits of all parts of
 * the picture. Neighbours are alike in most pictures and would leave few different bands. */
typedef struct band_keys {
    uint16_t of[BANDS];
} band_keys;

/* A picture that stands for those like it. In each band the leaders with the same bits are chained. */
typedef struct leader {
    uint64_t hash;
    size_t item;
    band_keys keys;
    int32_t next[BANDS];
} leader;

typedef struct near_search {
    const dt_fingerprint *prints;
    const int32_t *groups;
    leader *leaders;
    size_t leader_count, leader_capacity;
    int32_t heads[BANDS][BUCKETS];
    dt_near_pair *pairs;
    size_t pair_count, pair_capacity;
} near_search;

static band_keys cut_bands(uint64_t hash)
{
    band_keys keys = {{0}};
    for (int i = 0; i < 64; i++)
        keys.of[i % BANDS] |= (uint16_t)((hash >> i & 1) << i / BANDS);
    return keys;
}

/* 1 if the two met in an earlier band already. */
static int met_before(const band_keys *a, const band_keys *b, int band)
{
    for (int i = 0; i < band; i++)
        if (a->of[i] == b->of[i]) return 1;
    return 0;
}

/* The nearest leaders of the item's own and of other groups: index of the leader, or NONE. */
static void find_leaders(const near_search *s, size_t item, const band_keys *keys, int32_t best[2],
                         int distance[2])
{
    const dt_fingerprint *print = &s->prints[item];
    best[0] = best[1] = NONE;
    distance[0] = distance[1] = DT_NEAR_DISTANCE + 1;
    for (int b = 0; b < BANDS; b++)
        for (int32_t i = s->heads[b][keys->of[b]]; i != NONE; i = s->leaders[i].next[b]) {
            const leader *l = &s->leaders[i];
            int d = __builtin_popcountll(print->hash ^ l->hash);
            int crosses = s->groups[item] != s->groups[l->item];
            /* The chains are not in order; the earlier leader wins among equals. */
            if (d > distance[crosses] || (d == distance[crosses] && i >= best[crosses])) continue;
            if (d > DT_NEAR_DISTANCE || met_before(keys, &l->keys, b)) continue;
            if (!dt_fingerprint_agrees(print, &s->prints[l->item])) continue;
            best[crosses] = i;
            distance[crosses] = d;
        }
}

static int add_leader(near_search *s, size_t item, const band_keys *keys)
{
    if (dt_grow(&s->leaders, &s->leader_capacity, s->leader_count + 1, sizeof *s->leaders) != 0) return -1;
    leader *l = &s->leaders[s->leader_count];
    l->hash = s->prints[item].hash;
    l->item = item;
    l->keys = *keys;
    for (int b = 0; b < BANDS; b++) {
        int32_t *head = &s->heads[b][keys->of[b]];
        l->next[b] = *head;
        *head = (int32_t)s->leader_count;
    }
    s->leader_count++;
    return 0;
}

static int add_item(near_search *s, size_t item)
{
    int32_t best[2];
    int distance[2];
    const band_keys keys = cut_bands(s->prints[item].hash);
    find_leaders(s, item, &keys, best, distance);
    for (int crosses = 0; crosses < 2; crosses++) {
        if (best[crosses] == NONE) continue;
        if (dt_grow(&s->pairs, &s->pair_capacity, s->pair_count + 1, sizeof *s->pairs) != 0) return -1;
        s->pairs[s->pair_count++] =
            (dt_near_pair){item, s->leaders[best[crosses]].item, distance[crosses], crosses};
    }
    return best[0] == NONE && best[1] == NONE ? add_leader(s, item, &keys) : 0;
}

dt_status dt_fingerprint_pairs(const dt_fingerprint *prints, const int32_t *groups, size_t count,
                               dt_near_pair **pairs, size_t *pair_count, dt_error *err)
{
    *pairs = NULL;
    *pair_count = 0;
    if (count > INT32_MAX) return dt_fail(err, DT_ERR_UNSUPPORTED, "more than %d pictures", INT32_MAX);
    near_search *s = dt_calloc(1, sizeof *s);
    int failed = s == NULL;
    if (s) {
        s->prints = prints;
        s->groups = groups;
        memset(s->heads, 0xFF, sizeof s->heads);
    }
    for (size_t i = 0; i < count && !failed; i++)
        if (prints[i].known) failed = add_item(s, i) != 0;
    if (s) {
        dt_free(s->leaders);
        if (failed) {
            dt_free(s->pairs);
        } else {
            *pairs = s->pairs;
            *pair_count = s->pair_count;
        }
        dt_free(s);
    }
    return failed ? dt_fail_memory(err, sizeof *s + count * sizeof(leader), "the search for near-duplicates")
                  : DT_OK;
}
