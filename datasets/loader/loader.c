#include "datasets/loader/loader.h"

#include <signal.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "datasets/loader/loader_internal.h"
#include "datasets/transforms/planes.h"

/* A batch in the making. `remaining` counts the items that are not done; 0 with the right number means ready.
 */
typedef struct batch_slot {
    int64_t number;
    int count, remaining;
    float *pixels;
    loader_item *items;
} batch_slot;

struct dt_loader {
    dt_source source;
    dt_loader_opts opts;
    sample_store store;
    int64_t batches;
    dt_sampler_opts sampler;
    int64_t places; /* pictures an epoch, those that drop_last leaves out among them */
    dt_pick *order; /* what each place of the epoch shows */
    size_t pixel_bytes;

    batch_slot *slots; /* batch b lives in slot b % slot_count */
    int slot_count;
    pthread_t *threads;
    int thread_count;
    dt_sample *scratch; /* one a thread, at least one */

    /* Under the lock: */
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    int64_t epoch;
    int64_t issue_batch; /* next item to hand to a worker */
    int issue_pos;
    int64_t issue_end; /* batches before this may be issued; lowered to stop the workers */
    int64_t
        current; /* next batch for the caller; the one before is in its hands, all earlier slots are free */
    int active;  /* items being made */
    int quit;

    /* The caller's thread only: */
    int started;
    dt_error failure; /* sticky until the next start */
    dt_batch batch;
    dt_label *labels;
    size_t label_capacity;
    size_t *label_begin;
    int32_t *classes;
    int64_t *indices;
    dt_letterbox *geometry;
    dt_valid_size *valid;
    float *padded; /* with pad_to_multiple: the pixels of the batch in the caller's hands */
    size_t padded_bytes;
    uint8_t *reported; /* one flag a record: on_bad was called */
};

dt_loader_opts dt_loader_defaults(void)
{
    return (dt_loader_opts){.batch = 16,
                            .imgsz = 640,
                            .prefetch = 2,
                            .aug = dt_augment_defaults(),
                            .mosaic_epochs = -1,
                            .fill = DT_LETTERBOX_FILL,
                            .divisor = 255,
                            .std = {1, 1, 1}};
}

static dt_status check_pipeline(const dt_loader_opts *o, dt_error *err)
{
    int width, height;
    if (o->size_max) return dt_fail(err, DT_ERR_ARG, "loader: multi-scale does not go with a pipeline");
    dt_transforms_size(o->pipeline, &width, &height);
    if (o->pad_to_multiple || !width || (width == o->imgsz && height == o->imgsz)) return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "the transforms give pictures of %dx%d pixels, the network takes %dx%d",
                   width, height, o->imgsz, o->imgsz);
}

static dt_status check_opts(const dt_source *source, const dt_loader_opts *o, dt_error *err)
{
    const struct {
        const char *name;
        int64_t value, min, max;
    } limits[] = {
        {"batch", o->batch, 1, 1 << 16},
        {"imgsz", o->imgsz, 1, 1 << 14},
        {"workers", o->workers, 0, 1024},
        {"prefetch", o->prefetch, 1, 1 << 10},
        {"records", source->count, 1, INT64_MAX / 64},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (limits[i].value < limits[i].min || limits[i].value > limits[i].max)
            return dt_fail(err, DT_ERR_ARG, "loader: %s = %lld is not in %lld..%lld", limits[i].name,
                           (long long)limits[i].value, (long long)limits[i].min, (long long)limits[i].max);
    }
    if (!(o->divisor > 0) || !(o->std[0] > 0 && o->std[1] > 0 && o->std[2] > 0))
        return dt_fail(err, DT_ERR_ARG, "loader: divisor %g and std %g %g %g must be above 0",
                       (double)o->divisor, (double)o->std[0], (double)o->std[1], (double)o->std[2]);
    if (!o->alloc != !o->free) return dt_fail(err, DT_ERR_ARG, "loader: alloc and free go together");
    if (o->size_max && (o->size_step < 1 || o->size_min < 1 || o->size_max > 1 << 14 ||
                        o->size_max / o->size_step * o->size_step < o->size_min))
        return dt_fail(err, DT_ERR_ARG, "loader: no multiple of size_step = %d in %d..%d", o->size_step,
                       o->size_min, o->size_max);
    if (o->pad_to_multiple < 0 || o->pad_to_multiple > 1 << 12 || (o->pad_to_multiple && !o->pipeline))
        return dt_fail(err, DT_ERR_ARG, "loader: pad_to_multiple = %d (0..4096) goes with a pipeline",
                       o->pad_to_multiple);
    return o->pipeline ? check_pipeline(o, err) : dt_augment_check(&o->aug, err);
}

/* ---- workers ---- */

static int batch_count(const dt_loader *l, int64_t number)
{
    int64_t left = l->places - number * l->opts.batch;
    return left < l->opts.batch ? (int)left : l->opts.batch;
}

static void make_one(dt_loader *l, int64_t epoch, batch_slot *slot, int pos, dt_sample *scratch)
{
    loader_item *item = &slot->items[pos];
    dt_pick pick = l->order[slot->number * l->opts.batch + pos];
    int side = dt_loader_side(l, epoch, slot->number);
    float *pixels = slot->pixels ? slot->pixels + (size_t)pos * 3 * (size_t)side * (size_t)side : NULL;
    dt_error_clear(&item->err);
    dt_status status = loader_make_item(&l->store, epoch, pick, side, scratch, pixels, item, &item->err);
    item->err.status = status;
}

/* Takes the next item if its slot is free. Under the lock. */
static batch_slot *take_item(dt_loader *l, int *pos)
{
    /* Batch current - 1 is in the caller's hands, so slots of batches up to current - 2 are free. */
    int64_t held = l->current - 1;
    if (l->issue_batch >= l->issue_end || l->issue_batch >= held + l->slot_count) return NULL;
    batch_slot *slot = &l->slots[l->issue_batch % l->slot_count];
    if (l->issue_pos == 0) {
        slot->number = l->issue_batch;
        slot->count = slot->remaining = batch_count(l, l->issue_batch);
    }
    *pos = l->issue_pos++;
    if (l->issue_pos == slot->count) {
        l->issue_pos = 0;
        l->issue_batch++;
    }
    return slot;
}

typedef struct worker_arg {
    dt_loader *loader;
    int index;
} worker_arg;

static void *worker_main(void *p)
{
    worker_arg self = *(worker_arg *)p;
    dt_free(p);
    dt_loader *l = self.loader;
    pthread_mutex_lock(&l->lock);
    while (!l->quit) {
        int pos;
        batch_slot *slot = take_item(l, &pos);
        if (!slot) {
            pthread_cond_wait(&l->work, &l->lock);
            continue;
        }
        int64_t epoch = l->epoch;
        l->active++;
        pthread_mutex_unlock(&l->lock);
        make_one(l, epoch, slot, pos, &l->scratch[self.index]);
        pthread_mutex_lock(&l->lock);
        l->active--;
        const int drained = l->issue_end == 0 && l->active == 0;
        if (--slot->remaining == 0 || drained) pthread_cond_signal(&l->done);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* Workers ignore signals: those are for the program's main thread. */
static dt_status start_threads(dt_loader *l, dt_error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    dt_status status = DT_OK;
    while (l->thread_count < l->opts.workers && status == DT_OK) {
        worker_arg *arg = dt_malloc(sizeof *arg);
        if (!arg) {
            status = dt_fail_memory(err, sizeof *arg, "worker");
            break;
        }
        *arg = (worker_arg){l, l->thread_count};
        int code = pthread_create(&l->threads[l->thread_count], NULL, worker_main, arg);
        if (code == 0) {
            l->thread_count++;
        } else {
            dt_free(arg);
            status = dt_fail(err, DT_ERR_STATE, "loader: worker thread %d of %d: %s", l->thread_count + 1,
                             l->opts.workers, strerror(code));
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

/* ---- life ---- */

static float *alloc_pixels(const dt_loader_opts *o, size_t bytes)
{
    return o->alloc ? o->alloc(o->alloc_ctx, bytes) : dt_malloc_aligned(bytes);
}

static void free_pixels(const dt_loader_opts *o, float *pixels)
{
    if (pixels && o->free)
        o->free(o->alloc_ctx, pixels);
    else
        dt_free(pixels);
}

static dt_status allocate(dt_loader *l, dt_error *err)
{
    const dt_loader_opts *o = &l->opts;
    const size_t batch = (size_t)o->batch, count = (size_t)l->source.count, side = (size_t)loader_max_side(o);
    const int planned = !o->pad_to_multiple; /* else pixels are found when a batch's size is known */
    if (__builtin_mul_overflow(batch * sizeof(float), 3 * side * side, &l->pixel_bytes))
        return dt_fail(err, DT_ERR_ARG, "loader: batch %d at %zu pixels is too large", o->batch, side);
    const int slot_count = o->prefetch + 1;
    l->order = dt_realloc_array(NULL, (size_t)l->places, sizeof *l->order);
    l->slots = dt_calloc((size_t)slot_count, sizeof *l->slots);
    l->scratch = dt_calloc((size_t)(o->workers ? o->workers : 1), sizeof *l->scratch);
    l->threads = dt_calloc((size_t)o->workers, sizeof *l->threads);
    l->label_begin = dt_calloc(batch + 1, sizeof *l->label_begin);
    l->classes = dt_calloc(batch, sizeof *l->classes);
    l->indices = dt_calloc(batch, sizeof *l->indices);
    l->geometry = dt_calloc(batch, sizeof *l->geometry);
    l->valid = dt_calloc(batch, sizeof *l->valid);
    l->reported = dt_calloc(count, 1);
    if (!l->order || !l->slots || !l->scratch || !l->threads || !l->label_begin || !l->classes ||
        !l->indices || !l->geometry || !l->valid || !l->reported)
        return dt_fail_memory(err, count * sizeof *l->order, "loader");
    l->slot_count = slot_count;
    for (int i = 0; i < slot_count; i++) {
        batch_slot *slot = &l->slots[i];
        slot->number = -1;
        slot->items = dt_calloc(batch, sizeof *slot->items);
        if (planned) slot->pixels = alloc_pixels(o, l->pixel_bytes);
        if (!slot->items || (planned && !slot->pixels))
            return dt_fail_memory(err, l->pixel_bytes, "batch of the loader");
    }
    return DT_OK;
}

static void free_slot(const dt_loader *l, batch_slot *slot)
{
    for (int i = 0; slot->items && i < l->opts.batch; i++) {
        dt_free(slot->items[i].labels);
        dt_image_free(&slot->items[i].image);
    }
    dt_free(slot->items);
    free_pixels(&l->opts, slot->pixels);
}

void dt_loader_destroy(dt_loader *l)
{
    if (!l) return;
    pthread_mutex_lock(&l->lock);
    l->quit = 1;
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->lock);
    for (int i = 0; i < l->thread_count; i++)
        pthread_join(l->threads[i], NULL);
    for (int i = 0; i < l->slot_count; i++)
        free_slot(l, &l->slots[i]);
    if (l->scratch)
        for (int i = 0; i < (l->opts.workers ? l->opts.workers : 1); i++)
            dt_sample_free(&l->scratch[i]);
    sample_store_free(&l->store);
    pthread_cond_destroy(&l->work);
    pthread_cond_destroy(&l->done);
    pthread_mutex_destroy(&l->lock);
    dt_free(l->order);
    dt_free(l->slots);
    dt_free(l->scratch);
    dt_free(l->threads);
    dt_free(l->labels);
    dt_free(l->label_begin);
    dt_free(l->classes);
    dt_free(l->indices);
    dt_free(l->geometry);
    dt_free(l->valid);
    free_pixels(&l->opts, l->padded);
    dt_free(l->reported);
    dt_free(l);
}

dt_status dt_loader_create(const dt_source *source, const dt_loader_opts *opts, dt_loader **loader,
                           dt_error *err)
{
    *loader = NULL;
    DT_TRY(check_opts(source, opts, err));
    dt_sampler_opts plain = {.kind = opts->shuffle ? DT_SAMPLER_RANDOM : DT_SAMPLER_SEQUENTIAL};
    const dt_sampler_opts *sampler = opts->sampler ? opts->sampler : &plain;
    DT_TRY(dt_sampler_check(sampler, source->count, opts->batch, err));
    dt_loader *l = dt_calloc(1, sizeof *l);
    if (!l) return dt_fail_memory(err, sizeof *l, "loader");
    l->source = *source;
    l->opts = *opts;
    l->sampler = *sampler;
    l->places = dt_sampler_length(sampler, source->count, opts->batch);
    l->opts.aug.fill = opts->fill;
    l->opts.aug.letterbox = opts->letterbox;
    dt_status status = sample_store_init(&l->store, &l->source, &l->opts, err);
    if (status != DT_OK) {
        dt_free(l);
        return status;
    }
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->work, NULL);
    pthread_cond_init(&l->done, NULL);
    l->batches = dt_sampler_batches(l->places, opts->batch, opts->drop_last);
    status = allocate(l, err);
    if (status == DT_OK) status = start_threads(l, err);
    if (status != DT_OK) {
        dt_loader_destroy(l);
        return status;
    }
    *loader = l;
    return DT_OK;
}

int64_t dt_loader_batches(const dt_loader *l)
{
    return l->batches;
}

void dt_loader_cache_info(const dt_loader *l, size_t *bytes, int64_t *records)
{
    sample_store *store = (sample_store *)&l->store;
    pthread_mutex_lock(&store->lock);
    *bytes = store->bytes;
    *records = store->records;
    pthread_mutex_unlock(&store->lock);
}

int dt_loader_side(const dt_loader *l, int64_t epoch, int64_t number)
{
    const dt_loader_opts *o = &l->opts;
    if (!o->size_max) return o->imgsz;
    int first = (o->size_min + o->size_step - 1) / o->size_step, last = o->size_max / o->size_step;
    dt_rng rng = dt_rng_make(o->seed, DT_RNG_SIZE, (uint64_t)epoch, (uint64_t)number);
    return (first + (int)dt_rng_below(&rng, (uint64_t)(last - first + 1))) * o->size_step;
}

int64_t dt_loader_places(const dt_loader *l)
{
    return l->places;
}

dt_status dt_loader_order(const dt_loader *l, int64_t epoch, dt_pick *picks, dt_error *err)
{
    return dt_sampler_draw(&l->sampler, l->source.count, l->opts.batch, l->opts.seed, epoch, picks, err);
}

dt_status dt_loader_params(const dt_loader *l, int64_t epoch, dt_pick pick, dt_aug_params *params,
                           dt_error *err)
{
    if (!l->opts.augment || l->opts.pipeline)
        return dt_fail(err, DT_ERR_ARG, "loader: nothing is drawn without augmentation");
    *params = loader_draw_params(&l->opts, l->source.count, epoch, pick);
    return DT_OK;
}

dt_status dt_loader_explain(dt_loader *l, int64_t epoch, dt_pick pick, dt_explain *explain, dt_error *err)
{
    if (!l->opts.pipeline) return dt_fail(err, DT_ERR_ARG, "loader: there is no pipeline to explain");
    dt_sample picture = {0};
    loader_item item = {0};
    dt_status status = loader_run_pipeline(&l->store, epoch, pick, &picture, &item, explain, err);
    dt_sample_free(&picture);
    return status;
}

/* ---- batches ---- */

/* Stops the workers and waits until none is busy. */
static void drain(dt_loader *l)
{
    pthread_mutex_lock(&l->lock);
    l->issue_end = 0;
    while (l->active > 0)
        pthread_cond_wait(&l->done, &l->lock);
    pthread_mutex_unlock(&l->lock);
}

dt_status dt_loader_start(dt_loader *l, int64_t epoch, int64_t first_batch, dt_error *err)
{
    if (epoch < 0 || first_batch < 0 || first_batch > l->batches)
        return dt_fail(err, DT_ERR_ARG, "loader: epoch %lld batch %lld; an epoch has %lld batches",
                       (long long)epoch, (long long)first_batch, (long long)l->batches);
    drain(l);
    l->started = 0; /* until all below is done */
    DT_TRY(dt_loader_order(l, epoch, l->order, err));
    dt_error_clear(&l->failure);
    l->started = 1;
    pthread_mutex_lock(&l->lock);
    for (int i = 0; i < l->slot_count; i++)
        l->slots[i].number = -1;
    l->epoch = epoch;
    l->current = l->issue_batch = first_batch;
    l->issue_pos = 0;
    l->issue_end = l->batches;
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->lock);
    return DT_OK;
}

static batch_slot *finished_slot(dt_loader *l)
{
    batch_slot *slot = &l->slots[l->current % l->slot_count];
    if (l->thread_count == 0) {
        while (l->issue_batch == l->current) {
            int pos = 0;
            batch_slot *same = take_item(l, &pos);
            make_one(l, l->epoch, same, pos, &l->scratch[0]);
        }
        return slot;
    }
    pthread_mutex_lock(&l->lock);
    while (slot->number != l->current || slot->remaining > 0)
        pthread_cond_wait(&l->done, &l->lock);
    pthread_mutex_unlock(&l->lock);
    return slot;
}

static void report_bad(dt_loader *l, const batch_slot *slot)
{
    for (int i = 0; i < slot->count; i++) {
        const loader_item *item = &slot->items[i];
        for (int k = 0; k < item->bad_count; k++) {
            int64_t index = item->bad[k];
            if (l->reported[index]) continue;
            l->reported[index] = 1;
            if (l->opts.on_bad) l->opts.on_bad(l->opts.on_bad_ctx, index, l->store.bad[index]);
        }
    }
}

static int round_up(int value, int step)
{
    return (value + step - 1) / step * step;
}

/* Pictures of their own sizes on the canvas of the largest. */
static dt_status pad_pictures(dt_loader *l, const batch_slot *slot, int *width, int *height, dt_error *err)
{
    const dt_loader_opts *o = &l->opts;
    *width = *height = 1;
    for (int i = 0; i < slot->count; i++) {
        const dt_image *image = &slot->items[i].image;
        l->valid[i] = (dt_valid_size){image->width, image->height};
        if (image->width > *width) *width = image->width;
        if (image->height > *height) *height = image->height;
    }
    *width = round_up(*width, o->pad_to_multiple);
    *height = round_up(*height, o->pad_to_multiple);
    const size_t plane = (size_t)*width * (size_t)*height;
    size_t bytes;
    if (__builtin_mul_overflow(3 * plane * sizeof(float), (size_t)o->batch, &bytes))
        return dt_fail(err, DT_ERR_ARG, "loader: batch %d at %dx%d pixels is too large", o->batch, *width,
                       *height);
    if (bytes > l->padded_bytes) {
        free_pixels(o, l->padded);
        l->padded_bytes = 0;
        l->padded = alloc_pixels(o, bytes);
        if (!l->padded) return dt_fail_memory(err, bytes, "batch of the loader");
        l->padded_bytes = bytes;
    }
    for (int i = 0; i < slot->count; i++) {
        const dt_canvas canvas = {.width = *width, .height = *height};
        float *planes = l->padded + 3 * plane * (size_t)i;
        dt_image_to_planes_on(&slot->items[i].image, &canvas, o->divisor, o->mean, o->std, planes);
        loader_clear_padding(l->valid[i], *width, *height, planes);
    }
    return DT_OK;
}

static dt_status assemble(dt_loader *l, const batch_slot *slot, dt_error *err)
{
    const int side = dt_loader_side(l, l->epoch, slot->number), pad = l->opts.pad_to_multiple;
    int width = side, height = side;
    size_t total = 0;
    for (int i = 0; i < slot->count; i++) {
        const loader_item *item = &slot->items[i];
        if (item->err.status != DT_OK) return dt_fail(err, item->err.status, "%s", item->err.text);
        l->label_begin[i] = total;
        l->classes[i] = item->cls;
        l->indices[i] = item->index;
        l->geometry[i] = item->geometry;
        l->valid[i] = (dt_valid_size){side, side};
        total += item->label_count;
    }
    l->label_begin[slot->count] = total;
    if (dt_grow(&l->labels, &l->label_capacity, total, sizeof *l->labels) != 0)
        return dt_fail_memory(err, total * sizeof *l->labels, "labels of a batch");
    for (int i = 0; i < slot->count; i++) {
        const loader_item *item = &slot->items[i];
        if (item->label_count)
            memcpy(l->labels + l->label_begin[i], item->labels, item->label_count * sizeof *item->labels);
    }
    if (pad) DT_TRY(pad_pictures(l, slot, &width, &height, err));
    l->batch = (dt_batch){.epoch = l->epoch,
                          .number = slot->number,
                          .count = slot->count,
                          .channels = 3,
                          .height = height,
                          .width = width,
                          .pixels = pad ? l->padded : slot->pixels,
                          .pixel_bytes = pad ? l->padded_bytes : l->pixel_bytes,
                          .labels = l->labels,
                          .label_begin = l->label_begin,
                          .classes = l->classes,
                          .indices = l->indices,
                          .geometry = l->geometry,
                          .valid = l->valid};
    return DT_OK;
}

dt_status dt_loader_next(dt_loader *l, const dt_batch **batch, dt_error *err)
{
    *batch = NULL;
    if (!l->started) return dt_fail(err, DT_ERR_STATE, "loader: dt_loader_start comes before dt_loader_next");
    if (l->failure.status != DT_OK) return dt_fail(err, l->failure.status, "%s", l->failure.text);
    if (l->current == l->batches) return DT_OK;
    batch_slot *slot = finished_slot(l);
    report_bad(l, slot);
    dt_status status = assemble(l, slot, &l->failure);
    if (status != DT_OK) {
        drain(l);
        return dt_fail(err, status, "%s", l->failure.text);
    }
    pthread_mutex_lock(&l->lock);
    l->current++;
    pthread_cond_broadcast(&l->work); /* the slot of the batch that the caller had is free now */
    pthread_mutex_unlock(&l->lock);
    *batch = &l->batch;
    return DT_OK;
}
