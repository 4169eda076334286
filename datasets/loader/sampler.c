#include "datasets/loader/sampler.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "datasets/loader/sampler_internal.h"

enum { MOST_GROUPS = 1 << 24 };

static int64_t pool_count(const dt_sampler_opts *o, int64_t records)
{
    return o->subset ? o->subset_count : records;
}

static int64_t pool_entry(const dt_sampler_opts *o, int64_t i)
{
    return o->subset ? o->subset[i] : i;
}

static double sum_weights(const dt_sampler_opts *o, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += o->weights[i];
    return sum;
}

/* Entries of the epoch over all ranks. */
static int64_t total_count(const dt_sampler_opts *o, int64_t records)
{
    int64_t n = pool_count(o, records);
    /* The factors' sum need not be a whole number: what is left of it is cut, so that epochs have one length. */
    if (o->kind == DT_SAMPLER_REPEAT) return (int64_t)floor(sum_weights(o, n) * (1 + 1e-12));
    return o->num_samples ? o->num_samples : n;
}

static int world_of(const dt_sampler_opts *o)
{
    return o->world > 1 ? o->world : 1;
}

static int64_t shard_count(const dt_sampler_opts *o, int64_t total)
{
    int64_t world = world_of(o);
    return o->shard_drop_last ? total / world : (total + world - 1) / world;
}

int64_t dt_sampler_length(const dt_sampler_opts *o, int64_t records, int batch)
{
    int64_t n = shard_count(o, total_count(o, records));
    return o->groups ? n / batch * batch : n;
}

int64_t dt_sampler_batches(int64_t length, int batch, int drop_last)
{
    return length / batch + (!drop_last && length % batch != 0);
}

static dt_status check_weights(const dt_sampler_opts *o, int64_t n, dt_error *err)
{
    if (!o->weights) return dt_fail(err, DT_ERR_ARG, "sampler: this kind needs weights");
    int64_t positive = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(o->weights[i] >= 0) || !isfinite(o->weights[i]))
            return dt_fail(err, DT_ERR_ARG, "sampler: weight %lld is %g; finite and >= 0 is wanted",
                           (long long)i, o->weights[i]);
        positive += o->weights[i] > 0;
    }
    double sum = sum_weights(o, n);
    if (positive == 0) return dt_fail(err, DT_ERR_ARG, "sampler: all %lld weights are 0", (long long)n);
    if (!(sum < 1e15)) return dt_fail(err, DT_ERR_ARG, "sampler: the sum of the weights is %g", sum);
    int64_t draws = o->num_samples ? o->num_samples : n;
    if (o->kind == DT_SAMPLER_WEIGHTED && !o->replacement && draws > positive)
        return dt_fail(err, DT_ERR_ARG,
                       "sampler: %lld draws without replacement from %lld records whose weight is above 0",
                       (long long)draws, (long long)positive);
    return DT_OK;
}

dt_status dt_sampler_check(const dt_sampler_opts *o, int64_t records, int batch, dt_error *err)
{
    int64_t n = pool_count(o, records);
    if (records < 1 || n < 1 || n > INT64_MAX / 64)
        return dt_fail(err, DT_ERR_ARG, "sampler: %lld of %lld records", (long long)n, (long long)records);
    for (int64_t i = 0; o->subset && i < n; i++)
        if (o->subset[i] < 0 || o->subset[i] >= records)
            return dt_fail(err, DT_ERR_ARG, "sampler: record %lld of the subset is not in 0..%lld",
                           (long long)o->subset[i], (long long)records - 1);
    if (o->num_samples < 0 || o->num_samples > INT64_MAX / 64)
        return dt_fail(err, DT_ERR_ARG, "sampler: num_samples is %lld", (long long)o->num_samples);
    if (o->num_samples && (o->kind == DT_SAMPLER_SEQUENTIAL || o->kind == DT_SAMPLER_REPEAT))
        return dt_fail(err, DT_ERR_ARG, "sampler: num_samples goes with random and weighted draws only");
    if (o->replacement && (o->kind == DT_SAMPLER_SEQUENTIAL || o->kind == DT_SAMPLER_REPEAT))
        return dt_fail(err, DT_ERR_ARG, "sampler: replacement goes with random and weighted draws only");
    if (o->kind == DT_SAMPLER_WEIGHTED || o->kind == DT_SAMPLER_REPEAT) DT_TRY(check_weights(o, n, err));
    if (o->world < 0 || o->rank < 0 || o->rank >= world_of(o))
        return dt_fail(err, DT_ERR_ARG, "sampler: rank %d of %d", o->rank, world_of(o));
    for (int64_t i = 0; o->groups && i < n; i++)
        if (o->groups[pool_entry(o, i)] < 0 || o->groups[pool_entry(o, i)] > MOST_GROUPS)
            return dt_fail(err, DT_ERR_ARG, "sampler: the group of record %lld is %d, not 0 to %d",
                           (long long)pool_entry(o, i), o->groups[pool_entry(o, i)], MOST_GROUPS);
    if (dt_sampler_length(o, records, batch) < 1)
        return dt_fail(err, DT_ERR_ARG,
                       "sampler: an epoch of %lld pictures for %d processes in batches of %d is empty",
                       (long long)total_count(o, records), world_of(o), batch);
    return DT_OK;
}

/* ---- the list of all ranks; entries are positions in the pool ---- */

/* Round k of an epoch has a stream of its own. */
static void permute(uint64_t seed, int64_t epoch, int64_t round, int64_t *items, int64_t n)
{
    dt_rng rng = dt_rng_make(seed, DT_RNG_SHUFFLE, (uint64_t)epoch, (uint64_t)round);
    dt_rng_shuffle(&rng, items, (size_t)n);
}

static dt_status draw_random(const dt_sampler_opts *o, int64_t n, uint64_t seed, int64_t epoch, int64_t *list,
                             int64_t total, dt_error *err)
{
    if (o->replacement) {
        dt_rng rng = dt_rng_make(seed, DT_RNG_SAMPLER, (uint64_t)epoch, 0);
        for (int64_t i = 0; i < total; i++)
            list[i] = (int64_t)dt_rng_below(&rng, (uint64_t)n);
        return DT_OK;
    }
    int64_t *perm = dt_realloc_array(NULL, (size_t)n, sizeof *perm);
    if (!perm) return dt_fail_memory(err, (size_t)n * sizeof *perm, "a permutation");
    for (int64_t at = 0; at < total; at += n) {
        for (int64_t i = 0; i < n; i++)
            perm[i] = i;
        permute(seed, epoch, at / n, perm, n);
        memcpy(list + at, perm, (size_t)(total - at < n ? total - at : n) * sizeof *list);
    }
    dt_free(perm);
    return DT_OK;
}

/* The first entry whose cumulative weight is above x. */
static int64_t find_weight(const double *cumulative, int64_t n, double x)
{
    int64_t low = 0, high = n - 1;
    while (low < high) {
        int64_t mid = low + (high - low) / 2;
        if (cumulative[mid] > x)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

static dt_status draw_with_replacement(const dt_sampler_opts *o, int64_t n, dt_rng *rng, int64_t *list,
                                       int64_t total, dt_error *err)
{
    double *cumulative = dt_realloc_array(NULL, (size_t)n, sizeof *cumulative), sum = 0;
    if (!cumulative) return dt_fail_memory(err, (size_t)n * sizeof *cumulative, "weights");
    int64_t last = 0; /* rounding must not lead to entries of weight 0 at the end */
    for (int64_t i = 0; i < n; i++) {
        cumulative[i] = sum += o->weights[i];
        if (o->weights[i] > 0) last = i;
    }
    for (int64_t i = 0; i < total; i++)
        list[i] = find_weight(cumulative, last + 1, dt_rng_f64(rng) * sum);
    dt_free(cumulative);
    return DT_OK;
}

typedef struct timed {
    double time;
    int64_t entry;
} timed;

static int by_time(const void *a, const void *b)
{
    const timed *x = a, *y = b;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return (x->entry > y->entry) - (x->entry < y->entry);
}

/* Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006: entries in the order of
 * exponential waiting times with rate = weight come as draws without replacement do. */
static dt_status draw_without_replacement(const dt_sampler_opts *o, int64_t n, dt_rng *rng, int64_t *list,
                                          int64_t total, dt_error *err)
{
    timed *times = dt_realloc_array(NULL, (size_t)n, sizeof *times);
    if (!times) return dt_fail_memory(err, (size_t)n * sizeof *times, "weights");
    for (int64_t i = 0; i < n; i++) {
        double wait = -log1p(-dt_rng_f64(rng));
        times[i] = (timed){o->weights[i] > 0 ? fmin(wait / o->weights[i], DBL_MAX) : INFINITY, i};
    }
    qsort(times, (size_t)n, sizeof *times, by_time);
    for (int64_t i = 0; i < total; i++)
        list[i] = times[i].entry;
    dt_free(times);
    return DT_OK;
}

/* Every entry comes floor or ceil of its factor times, on average the factor: one uniform number shifts the
 * grid on which all cumulative factors are counted. Detectron2 rounds each factor with a number of its own;
 * this way the sum hardly varies and every epoch has the same length. */
static dt_status draw_repeated(const dt_sampler_opts *o, int64_t n, uint64_t seed, int64_t epoch,
                               int64_t *list, int64_t total, dt_error *err)
{
    int64_t *all = dt_realloc_array(NULL, (size_t)total + 2, sizeof *all), count = 0;
    if (!all) return dt_fail_memory(err, (size_t)total * sizeof *all, "repeated records");
    dt_rng rng = dt_rng_make(seed, DT_RNG_SAMPLER, (uint64_t)epoch, 0);
    double at = dt_rng_f64(&rng);
    for (int64_t i = 0; i < n; i++) {
        double next = at + o->weights[i];
        for (int64_t k = (int64_t)(floor(next) - floor(at)); k > 0 && count < total + 2; k--)
            all[count++] = i;
        at = next;
    }
    for (int64_t i = 0; count < total; i++) /* rounding of the sum, at most one */
        all[count++] = i % n;
    permute(seed, epoch, 0, all, count);
    memcpy(list, all, (size_t)total * sizeof *list);
    dt_free(all);
    return DT_OK;
}

static dt_status draw_list(const dt_sampler_opts *o, int64_t n, uint64_t seed, int64_t epoch, int64_t *list,
                           int64_t total, dt_error *err)
{
    dt_rng rng = dt_rng_make(seed, DT_RNG_SAMPLER, (uint64_t)epoch, 0);
    switch (o->kind) {
    case DT_SAMPLER_RANDOM:
        return draw_random(o, n, seed, epoch, list, total, err);
    case DT_SAMPLER_WEIGHTED:
        return o->replacement ? draw_with_replacement(o, n, &rng, list, total, err)
                              : draw_without_replacement(o, n, &rng, list, total, err);
    case DT_SAMPLER_REPEAT:
        return draw_repeated(o, n, seed, epoch, list, total, err);
    case DT_SAMPLER_SEQUENTIAL:
        break;
    }
    for (int64_t i = 0; i < total; i++)
        list[i] = i;
    return DT_OK;
}

/* This rank's places: entry rank + k * world of the list, which starts again where it ends. */
static void take_shard(const dt_sampler_opts *o, const int64_t *list, int64_t total, const int64_t *repeats,
                       dt_pick *picks)
{
    int64_t count = shard_count(o, total);
    for (int64_t k = 0; k < count; k++) {
        int64_t place = o->rank + k * world_of(o);
        picks[k] = (dt_pick){list[place % total], repeats[place]};
    }
}

dt_status dt_sampler_draw(const dt_sampler_opts *o, int64_t records, int batch, uint64_t seed, int64_t epoch,
                          dt_pick *picks, dt_error *err)
{
    const int64_t n = pool_count(o, records), total = total_count(o, records), shard = shard_count(o, total),
                  places = shard * world_of(o) > total ? shard * world_of(o) : total;
    int64_t *list = dt_realloc_array(NULL, (size_t)total, sizeof *list);
    int64_t *repeats = dt_realloc_array(NULL, (size_t)places, sizeof *repeats);
    int64_t *seen = dt_calloc((size_t)records, sizeof *seen);
    dt_pick *own = dt_realloc_array(NULL, (size_t)shard, sizeof *own);
    dt_status st =
        list && repeats && seen && own
            ? draw_list(o, n, seed, epoch, list, total, err)
            : dt_fail_memory(err, (size_t)(total + records) * sizeof *list, "the order of an epoch");
    if (st == DT_OK) {
        for (int64_t i = 0; i < total; i++)
            list[i] = pool_entry(o, list[i]);
        for (int64_t i = 0; i < places; i++)
            repeats[i] = seen[list[i % total]]++;
        take_shard(o, list, total, repeats, own);
        if (o->groups)
            st = dt_sampler_group(own, shard, o->groups, batch, &(dt_repeats){seen, o->rank, world_of(o)},
                                  picks, err);
        else
            memcpy(picks, own, (size_t)shard * sizeof *picks);
    }
    dt_free(list);
    dt_free(repeats);
    dt_free(seen);
    dt_free(own);
    return st;
}
