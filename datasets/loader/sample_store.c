/* Records: loaded, prepared, cached, replaced where they are bad. */
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/loader/sample_store.h"
#include "datasets/transforms/sample_transforms.h"

dt_status sample_store_init(sample_store *store, const dt_source *source, const dt_loader_opts *opts,
                            const dt_sampler_opts *sampler, dt_error *err)
{
    *store = (sample_store){.source = source,
                            .opts = opts,
                            .pool = sampler->subset,
                            .pool_count = sampler->subset ? sampler->subset_count : source->count};
    size_t count = (size_t)source->count;
    store->bad = dt_calloc(count, sizeof *store->bad);
    if (opts->cache_bytes) store->cached = dt_calloc(count, sizeof(dt_sample *));
    if (store->pool) store->in_pool = dt_calloc(count, 1);
    if (!store->bad || (opts->cache_bytes && !store->cached) || (store->pool && !store->in_pool)) {
        dt_free(store->bad);
        dt_free(store->cached);
        dt_free(store->in_pool);
        return dt_fail_memory(err, count * sizeof *store->bad, "table of records");
    }
    for (int64_t i = 0; store->pool && i < store->pool_count; i++)
        store->in_pool[store->pool[i]] = 1;
    pthread_mutex_init(&store->lock, NULL);
    return DT_OK;
}

static void free_sample(dt_sample *sample)
{
    if (!sample) return;
    dt_sample_free(sample);
    dt_free(sample);
}

void sample_store_free(sample_store *store)
{
    for (int64_t i = 0; i < store->source->count; i++) {
        dt_free(store->bad[i]);
        if (store->cached) free_sample(store->cached[i]);
    }
    dt_free(store->bad);
    dt_free(store->cached);
    dt_free(store->in_pool);
    pthread_mutex_destroy(&store->lock);
}

void held_sample_free(held_sample *held)
{
    free_sample(held->mine);
}

/* ---- one record: load, shrink or letterbox, cache ---- */

static size_t sample_bytes(const dt_sample *s)
{
    return (size_t)s->image.width * (size_t)s->image.height * (size_t)s->image.channels +
           s->label_capacity * sizeof *s->labels + sizeof *s;
}

dt_status loader_plain_geometry(const dt_loader_opts *o, int width, int height, int side, dt_letterbox *lb,
                                dt_error *err)
{
    return dt_letterbox_make(o->letterbox, o->no_upscale, width, height, side, side, lb, err);
}

/* What can be done once for all batches. Under multi-scale a picture is letterboxed for each batch anew. */
static dt_status prepare(const dt_loader_opts *o, dt_sample *sample, dt_error *err)
{
    if (o->pipeline) {
        return dt_transforms_prepare(o->pipeline, sample, err);
    }
    if (o->augment) return dt_aug_prepare(sample, loader_max_side(o), o->filter, err);
    if (o->size_max) return DT_OK;
    dt_letterbox lb;
    DT_TRY(loader_plain_geometry(o, sample->image.width, sample->image.height, o->imgsz, &lb, err));
    return dt_sample_fit(sample, &lb, o->filter, err);
}

dt_status sample_store_name(const sample_store *store, int64_t index, dt_error *err)
{
    enum { LONGEST = 512 };
    char name[LONGEST];
    const dt_source *s = store->source;
    if (s->name) return dt_error_prefix(err, "%s: ", s->name(s->self, index, name, sizeof name));
    return dt_error_prefix(err, "record %lld: ", (long long)index);
}

static dt_status load_record(sample_store *store, int64_t index, dt_sample *out, dt_error *err)
{
    out->cls = -1;
    DT_TRY(store->source->load(store->source->self, index, out, err));
    if (!out->image.data || out->image.channels != 3) {
        dt_fail(err, DT_ERR_FORMAT, "the source gave an image with %d channels, not 3", out->image.channels);
        return sample_store_name(store, index, err);
    }
    out->index = index;
    if (!out->original_width) out->original_width = out->image.width;
    if (!out->original_height) out->original_height = out->image.height;
    dt_status st = prepare(store->opts, out, err);
    return st == DT_OK || st == DT_ERR_MEMORY ? st : sample_store_name(store, index, err);
}

static dt_sample *cached_sample(sample_store *store, int64_t index)
{
    if (!store->cached) return NULL;
    pthread_mutex_lock(&store->lock);
    dt_sample *sample = store->cached[index];
    pthread_mutex_unlock(&store->lock);
    return sample;
}

/* Hands the sample to the cache if there is room and no other worker was first. */
static void offer_to_cache(sample_store *store, held_sample *h)
{
    if (!store->cached) return;
    size_t bytes = sample_bytes(h->mine);
    int64_t index = h->mine->index;
    pthread_mutex_lock(&store->lock);
    if (!store->cached[index] && bytes <= store->opts->cache_bytes - store->bytes) {
        store->cached[index] = h->mine;
        store->bytes += bytes;
        store->records++;
        h->mine = NULL;
    }
    pthread_mutex_unlock(&store->lock);
}

static dt_status hold_record(sample_store *store, int64_t index, held_sample *out, dt_error *err)
{
    dt_sample *sample = cached_sample(store, index);
    if (sample) {
        *out = (held_sample){.sample = sample};
        return DT_OK;
    }
    sample = dt_calloc(1, sizeof *sample);
    if (!sample) return dt_fail_memory(err, sizeof *sample, "sample");
    dt_status status = load_record(store, index, sample, err);
    if (status != DT_OK) {
        free_sample(sample);
        return status;
    }
    *out = (held_sample){.sample = sample, .mine = sample};
    offer_to_cache(store, out);
    return DT_OK;
}

/* ---- bad records ---- */

static int known_bad(sample_store *store, int64_t index)
{
    pthread_mutex_lock(&store->lock);
    int bad = store->bad[index] != NULL;
    pthread_mutex_unlock(&store->lock);
    return bad;
}

static dt_status remember_bad(sample_store *store, int64_t index, const char *message, dt_error *err)
{
    char *copy = dt_strdup(message);
    if (!copy) return dt_fail_memory(err, strlen(message), "message");
    pthread_mutex_lock(&store->lock);
    if (!store->bad[index]) {
        store->bad[index] = copy;
        copy = NULL;
    }
    pthread_mutex_unlock(&store->lock);
    dt_free(copy);
    return DT_OK;
}

static void note_bad(bad_records *met, int64_t index)
{
    for (int i = 0; i < met->count; i++)
        if (met->index[i] == index) return;
    if (met->count < BAD_RECORDS_MAX) met->index[met->count++] = index;
}

dt_status sample_store_hold(sample_store *store, int64_t index, bad_records *met, held_sample *out,
                            dt_error *err)
{
    if (store->opts->bad == DT_BAD_STOP) return hold_record(store, index, out, err);
    const int64_t count = store->source->count;
    for (int64_t k = 0; k < count; k++) {
        int64_t i = index + k < count ? index + k : index + k - count;
        if (store->in_pool && !store->in_pool[i]) continue;
        if (!known_bad(store, i)) {
            dt_error own = {0};
            dt_status status = hold_record(store, i, out, &own);
            if (status == DT_OK) return DT_OK;
            if (status == DT_ERR_MEMORY || status == DT_ERR_INTERRUPTED)
                return dt_fail(err, status, "%s", own.text);
            DT_TRY(remember_bad(store, i, own.text, err));
        }
        note_bad(met, i);
    }
    return dt_fail(err, DT_ERR_FORMAT, "none of the %lld records could be loaded; record %lld: %s",
                   (long long)store->pool_count, (long long)index, store->bad[index]);
}
