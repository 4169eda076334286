#include "datasets/loader/loader.h"

#include <signal.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "datasets/loader/loader_internal.h"

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
        return dt_fail_memory(err, (size_t)l->places * sizeof *l->order + count, "loader");
    l->slot_count = slot_count;
    for (int i = 0; i < slot_count; i++) {
        batch_slot *slot = &l->slots[i];
        slot->number = -1;
        slot->items = dt_calloc(batch, sizeof *slot->items);
        if (planned) slot->pixels = loader_alloc_pixels(o, l->pixel_bytes);
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
    loader_free_pixels(&l->opts, slot->pixels);
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
    loader_free_pixels(&l->opts, l->padded);
    dt_free(l->reported);
    dt_free(l);
}

dt_status dt_loader_create(const dt_source *source, const dt_loader_opts *opts, dt_loader **loader,
                           dt_error *err)
{
    *loader = NULL;
    DT_TRY(loader_check_opts(source, opts, err));
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
    dt_status status = sample_store_init(&l->store, &l->source, &l->opts, sampler, err);
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
    *params = loader_draw_params(&l->store, epoch, pick);
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

dt_status dt_loader_next(dt_loader *l, const dt_batch **batch, dt_error *err)
{
    *batch = NULL;
    if (!l->started) return dt_fail(err, DT_ERR_STATE, "loader: dt_loader_start comes before dt_loader_next");
    if (l->failure.status != DT_OK) return dt_fail(err, l->failure.status, "%s", l->failure.text);
    if (l->current == l->batches) return DT_OK;
    batch_slot *slot = finished_slot(l);
    loader_report_bad(l, slot);
    dt_status status = loader_assemble(l, slot, &l->failure);
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
