/* One sample of a batch. */
#include <string.h>

#include "core/mem.h"
#include "datasets/loader/loader_internal.h"
#include "datasets/transforms/planes.h"
#include "datasets/transforms/sample_transforms.h"

static dt_status letterboxed(const dt_loader_opts *o, const dt_sample *sample, int side, dt_sample *out,
                             dt_error *err)
{
    dt_letterbox lb;
    DT_TRY(loader_plain_geometry(o, sample->image.width, sample->image.height, side, &lb, err));
    return dt_sample_letterbox(sample, &lb, o->filter, o->fill, out, err);
}

/* Planes of a picture on the network's input: it fills it, or is one that `prepare` has fitted into it. */
static void to_planes(const dt_loader_opts *o, const dt_image *image, int side, float *pixels)
{
    dt_canvas canvas = {.width = side, .height = side, .fill = o->fill};
    dt_letterbox_place(o->letterbox, side, side, image->width, image->height, &canvas.left, &canvas.top);
    dt_image_to_planes_on(image, &canvas, o->divisor, o->mean, o->std, pixels);
}

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
static dt_status fit_to_side(const dt_loader_opts *o, held_sample *h, int side, dt_error *err)
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
    held_sample holds[DT_AUG_SOURCES] = {{0}};
    const dt_sample *src[DT_AUG_SOURCES] = {0};
    const int count = dt_aug_sources(&params, list);
    dt_status status = DT_OK;
    for (int i = 0; i < count && status == DT_OK; i++) {
        status = sample_store_hold(store, list[i].index, &item->bad, &holds[i], err);
        if (status == DT_OK) status = fit_to_side(o, &holds[i], side, err);
        src[list[i].slot] = holds[i].sample;
    }
    if (status == DT_OK) status = dt_aug_apply(&params, &o->aug, src, side, scratch, err);
    if (status == DT_OK) {
        item->index = src[0]->index;
        item->cls = src[0]->cls;
    }
    for (int i = 0; i < count; i++)
        held_sample_free(&holds[i]);
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
    held_sample h = {0};
    DT_TRY(sample_store_hold(r->store, index, &r->item->bad, &h, err));
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
    held_sample h = {0};
    DT_TRY(sample_store_hold(store, pick.index, &item->bad, &h, err));
    dt_status status = dt_transforms_apply(o->pipeline, &place, h.sample, scratch, explain, err);
    if (status != DT_OK) sample_store_name(store, h.sample->index, err);
    held_sample_free(&h);
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
        return sample_store_name(store, scratch->index, err);
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
    held_sample plain = {0};
    const dt_sample *sample = scratch;
    item->index = pick.index;
    item->label_count = 0;
    item->bad.count = 0;
    if (o->pipeline) {
        DT_TRY(pipeline_item(store, epoch, pick, side, scratch, pixels, item, err));
    } else if (o->augment) {
        DT_TRY(augmented(store, epoch, pick, side, scratch, item, err));
    } else {
        DT_TRY(sample_store_hold(store, pick.index, &item->bad, &plain, err));
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
        status = loader_plain_geometry(o, sample->original_width, sample->original_height, side,
                                       &item->geometry, err);
    if (status == DT_OK) status = copy_labels(item, sample, err);
    held_sample_free(&plain);
    return status;
}
