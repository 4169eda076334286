/** Inside the loader: loader_sample.c makes one sample, loader.c orders them into batches. */
#ifndef DT_DATASETS_LOADER_INTERNAL_H
#define DT_DATASETS_LOADER_INTERNAL_H

#include <pthread.h>

#include "datasets/loader/loader.h"

/** Prepared samples in memory, and what is known of records that do not load. Shared by the workers under one
 * lock; an entry never changes or goes away once it is there, so readers keep pointers without the lock. */
typedef struct sample_store {
    const dt_source *source;
    const dt_loader_opts *opts;
    pthread_mutex_t lock;
    dt_sample **cached; /* count entries, NULL without a cache */
    size_t bytes;
    int64_t records;
    char **bad; /* count messages, NULL: not known to be bad */
} sample_store;

dt_status sample_store_init(sample_store *store, const dt_source *source, const dt_loader_opts *opts,
                            dt_error *err);
void sample_store_free(sample_store *store);

enum { ITEM_BAD_MAX = 8 };

/** One picture of a batch as a worker leaves it. */
typedef struct loader_item {
    dt_label *labels;
    size_t label_count, label_capacity;
    int64_t index;
    int32_t cls;
    dt_letterbox geometry;
    dt_image image;            /* with pad_to_multiple: the bytes, until the size of the batch is known */
    int64_t bad[ITEM_BAD_MAX]; /* bad records met; more than fit are reported when they are drawn again */
    int bad_count;
    dt_error err; /* status DT_OK: the item is good */
} loader_item;

/** Largest side of a batch. */
static inline int loader_max_side(const dt_loader_opts *o)
{
    return o->size_max ? o->size_max : o->imgsz;
}

/** What augmentation draws for a place of the epoch. */
dt_aug_params loader_draw_params(const dt_loader_opts *opts, int64_t count, int64_t epoch, dt_pick pick);

/** Renders a place of `epoch`: planes to `pixels` (3 * side * side; with pad_to_multiple the picture to item->image), the rest
 * to *item. `scratch` belongs to the calling thread and is reused. */
dt_status loader_make_item(sample_store *store, int64_t epoch, dt_pick pick, int side, dt_sample *scratch,
                           float *pixels, loader_item *item, dt_error *err);

/** Zeroes the part of three planes that does not show the picture. */
void loader_clear_padding(dt_valid_size valid, int width, int height, float *planes);

/** Runs the pipeline for a place; *scratch becomes the picture. explain may be NULL. */
dt_status loader_run_pipeline(sample_store *store, int64_t epoch, dt_pick pick, dt_sample *scratch,
                              loader_item *item, dt_explain *explain, dt_error *err);

#endif
