#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/loader/loader_internal.h"
#include "datasets/transforms/planes.h"
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

/* ---- one record: load, shrink or letterbox, cache ---- */

/* A sample that is borrowed from the cache (mine = NULL) or belongs to the holder. */
typedef struct held {
    const dt_sample *sample;
    dt_sample *mine;
} held;

static size_t sample_bytes(const dt_sample *s)
{
    return (size_t)s->image.width * (size_t)s->image.height * (size_t)s->image.channels +
           s->label_capacity * sizeof *s->labels + sizeof *s;
}

/* The geometry of the plain path; the picture may have been decoded at a reduced size. */
static dt_status plain_geometry(const dt_loader_opts *o, int width, int height, int side, dt_letterbox *lb,
                                dt_error *err)
{
    return dt_letterbox_make(o->letterbox, o->no_upscale, width, height, side, side, lb, err);
}

static dt_status letterboxed(const dt_loader_opts *o, const dt_sample *sample, int side, dt_sample *out,
                             dt_error *err)
{
    dt_letterbox lb;
    DT_TRY(plain_geometry(o, sample->image.width, sample->image.height, side, &lb, err));
    return dt_sample_letterbox(sample, &lb, o->filter, o->fill, out, err);
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
    DT_TRY(plain_geometry(o, sample->image.width, sample->image.height, o->imgsz, &lb, err));
    return dt_sample_fit(sample, &lb, o->filter, err);
}

/* Planes of a picture on the network's input: it fills it, or is one that `prepare` has fitted into it. */
static void to_planes(const dt_loader_opts *o, const dt_image *image, int side, float *pixels)
{
    dt_canvas canvas = {.width = side, .height = side, .fill = o->fill};
    dt_letterbox_place(o->letterbox, side, side, image->width, image->height, &canvas.left, &canvas.top);
    dt_image_to_planes_on(image, &canvas, o->divisor, o->mean, o->std, pixels);
}

/* The record's name stands before a message that has none. */
static dt_status name_record(const sample_store *store, int64_t index, dt_error *err)
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
        return name_record(store, index, err);
    }
    out->index = index;
    if (!out->original_width) out->original_width = out->image.width;
    if (!out->original_height) out->original_height = out->image.height;
    dt_status st = prepare(store->opts, out, err);
    return st == DT_OK || st == DT_ERR_MEMORY ? st : name_record(store, index, err);
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
static void offer_to_cache(sample_store *store, held *h)
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

static dt_status hold_record(sample_store *store, int64_t index, held *out, dt_error *err)
{
    dt_sample *sample = cached_sample(store, index);
    if (sample) {
        *out = (held){.sample = sample};
        return DT_OK;
    }
    sample = dt_calloc(1, sizeof *sample);
    if (!sample) return dt_fail_memory(err, sizeof *sample, "sample");
    dt_status status = load_record(store, index, sample, err);
    if (status != DT_OK) {
        free_sample(sample);
        return status;
    }
    *out = (held){.sample = sample, .mine = sample};
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

static void note_bad(loader_item *item, int64_t index)
{
    for (int i = 0; i < item->bad_count; i++)
        if (item->bad[i] == index) return;
    if (item->bad_count < ITEM_BAD_MAX) item->bad[item->bad_count++] = index;
}

/* The record, or under DT_BAD_REPLACE the next one that loads: a property of the files, not of the order of
 * work. */
static dt_status hold_good_record(sample_store *store, int64_t index, loader_item *item, held *out,
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
        note_bad(item, i);
    }
    return dt_fail(err, DT_ERR_FORMAT, "none of the %lld records could be loaded; record %lld: %s",
                   (long long)store->pool_count, (long long)index, store->bad[index]);
}

/* ---- one item ---- */

/* Records are fewer than 2^40: a record's first place has the stream (epoch, record). */
static dt_rng place_stream(const dt_loader_opts *o, int64_t epoch, dt_pick pick)
{
    uint64_t key = (uint64_t)pick.index | (uint64_t)pick.repeat << 40;
    return dt_rng_make(o->seed, DT_RNG_AUGMENT, (uint64_t)epoch, key);
}

dt_aug_params loader_draw_params(const sample_store *store, int64_t epoch, dt_pick pick)
{
    const dt_loader_opts *o = store->opts;
    dt_rng rng = place_stream(o, epoch, pick);
    int mosaic = o->mosaic_epochs < 0 || epoch < o->mosaic_epochs;
    dt_aug_params params = dt_aug_draw(&o->aug, mosaic, pick.index, store->pool_count, &rng);
    if (store->pool) dt_aug_from_pool(&params, store->pool);
    return params;
}

/* A batch of a smaller side than the largest wants its pictures prepared for that one. */
static dt_status fit_to_side(const dt_loader_opts *o, held *h, int side, dt_error *err)
{
    const dt_sample *from = h->sample;
    if (from->image.width <= side && from->image.height <= side) return DT_OK;
    if (!h->mine) {
        dt_sample *copy = dt_calloc(1, sizeof *copy);
        if (!copy) return dt_fail_memory(err, sizeof *copy, "sample");
        h->mine = copy;
        DT_TRY(dt_sample_copy(from, copy, err));
        h->sample = copy;
    }
    return dt_aug_prepare(h->mine, side, o->filter, err);
}

static dt_status augmented(sample_store *store, int64_t epoch, dt_pick pick, int side, dt_sample *scratch,
                           loader_item *item, dt_error *err)
{
    const dt_loader_opts *o = store->opts;
    dt_aug_params params = loader_draw_params(store, epoch, pick);
    dt_aug_source list[DT_AUG_SOURCES];
    held holds[DT_AUG_SOURCES] = {{0}};
    const dt_sample *src[DT_AUG_SOURCES] = {0};
    const int count = dt_aug_sources(&params, list);
    dt_status status = DT_OK;
    for (int i = 0; i < count && status == DT_OK; i++) {
        status = hold_good_record(store, list[i].index, item, &holds[i], err);
        if (status == DT_OK) status = fit_to_side(o, &holds[i], side, err);
        src[list[i].slot] = holds[i].sample;
    }
    if (status == DT_OK) status = dt_aug_apply(&params, &o->aug, src, side, scratch, NULL, err);
    if (status == DT_OK) {
        item->index = src[0]->index;
        item->cls = src[0]->cls;
    }
    for (int i = 0; i < count; i++)
        free_sample(holds[i].mine);
    return status;
}

/* ---- a pipeline's pictures ---- */

typedef struct pipeline_records {
    sample_store *store;
    loader_item *item;
} pipeline_records;

static dt_status borrow(void *self, int64_t index, const dt_sample **sample, dt_sample **mine, dt_error *err)
{
    const pipeline_records *r = self;
    held h = {0};
    DT_TRY(hold_good_record(r->store, index, r->item, &h, err));
    *sample = h.sample;
    *mine = h.mine;
    return DT_OK;
}

dt_status loader_run_pipeline(sample_store *store, int64_t epoch, dt_pick pick, dt_sample *scratch,
                              loader_item *item, dt_explain *explain, dt_error *err)
{
    const dt_loader_opts *o = store->opts;
    pipeline_records self = {store, item};
    const dt_transform_records records = {
        .count = store->pool_count, .pool = store->pool, .borrow = borrow, .self = &self};
    const dt_transform_place place = {.stream = place_stream(o, epoch, pick),
                                      .records = &records,
                                      .mixing = o->mosaic_epochs < 0 || epoch < o->mosaic_epochs};
    held h = {0};
    DT_TRY(hold_good_record(store, pick.index, item, &h, err));
    dt_status status = dt_transforms_apply(o->pipeline, &place, h.sample, scratch, explain, err);
    if (status != DT_OK) name_record(store, h.sample->index, err);
    free_sample(h.mine);
    return status;
}

/* The picture stays as bytes until the size of its batch is known, or goes to its planes. */
static dt_status pipeline_item(sample_store *store, int64_t epoch, dt_pick pick, int side, dt_sample *scratch,
                               float *pixels, loader_item *item, dt_error *err)
{
    const dt_loader_opts *o = store->opts;
    DT_TRY(loader_run_pipeline(store, epoch, pick, scratch, item, NULL, err));
    item->index = scratch->index;
    item->cls = scratch->cls;
    const dt_image image = scratch->image;
    if (o->pad_to_multiple) {
        scratch->image = item->image;
        item->image = image;
        return DT_OK;
    }
    if (image.width != side || image.height != side) {
        dt_fail(err, DT_ERR_SHAPE, "the transforms give a picture of %dx%d pixels, the network takes %dx%d",
                image.width, image.height, side, side);
        return name_record(store, scratch->index, err);
    }
    dt_image_to_planes(&image, o->divisor, o->mean, o->std, pixels);
    return DT_OK;
}

static dt_status copy_labels(loader_item *item, const dt_sample *sample, dt_error *err)
{
    size_t need = sample->label_count;
    if (dt_grow(&item->labels, &item->label_capacity, need, sizeof *item->labels) != 0)
        return dt_fail_memory(err, need * sizeof *item->labels, "labels");
    if (need) memcpy(item->labels, sample->labels, need * sizeof *item->labels);
    item->label_count = need;
    return DT_OK;
}

dt_status loader_make_item(sample_store *store, int64_t epoch, dt_pick pick, int side, dt_sample *scratch,
                           float *pixels, loader_item *item, dt_error *err)
{
    const dt_loader_opts *o = store->opts;
    held plain = {0};
    const dt_sample *sample = scratch;
    item->index = pick.index;
    item->label_count = 0;
    item->bad_count = 0;
    if (o->pipeline) {
        DT_TRY(pipeline_item(store, epoch, pick, side, scratch, pixels, item, err));
    } else if (o->augment) {
        DT_TRY(augmented(store, epoch, pick, side, scratch, item, err));
    } else {
        DT_TRY(hold_good_record(store, pick.index, item, &plain, err));
        sample = plain.sample;
        item->index = sample->index;
        item->cls = sample->cls;
    }
    dt_status status = DT_OK;
    if (!o->pipeline && !o->augment && o->size_max) {
        status = letterboxed(o, sample, side, scratch, err);
        sample = scratch;
    }
    if (status == DT_OK && !o->pipeline) to_planes(o, &sample->image, side, pixels);
    if (status == DT_OK)
        status =
            plain_geometry(o, sample->original_width, sample->original_height, side, &item->geometry, err);
    if (status == DT_OK) status = copy_labels(item, sample, err);
    free_sample(plain.mine);
    return status;
}
