/** Records of a loader: loaded, prepared as far as that is the same for all batches, cached, replaced where they are bad. */
#ifndef DT_DATASETS_LOADER_SAMPLE_STORE_H
#define DT_DATASETS_LOADER_SAMPLE_STORE_H

#include <pthread.h>

#include "datasets/loader/loader.h"

/** Prepared samples in memory, and what is known of records that do not load. Shared by the workers under one
 * lock; an entry never changes or goes away once it is there, so readers keep pointers without the lock. */
typedef struct sample_store {
    const dt_source *source;
    const dt_loader_opts *opts;
    const int64_t *pool; /* the records that there are for this loader; NULL: all */
    int64_t pool_count;
    uint8_t *in_pool; /* of each record, with a pool */
    pthread_mutex_t lock;
    dt_sample **cached; /* count entries, NULL without a cache */
    size_t bytes;
    int64_t records;
    char **bad; /* count messages, NULL: not known to be bad */
} sample_store;

dt_status sample_store_init(sample_store *store, const dt_source *source, const dt_loader_opts *opts,
                            const dt_sampler_opts *sampler, dt_error *err);
void sample_store_free(sample_store *store);

/** Bad records that were met on the way to a sample; more than fit are reported when they are drawn again. */
enum { BAD_RECORDS_MAX = 8 };
typedef struct bad_records {
    int64_t index[BAD_RECORDS_MAX];
    int count;
} bad_records;

/** A sample that is borrowed from the cache (mine = NULL) or belongs to the holder. */
typedef struct held_sample {
    const dt_sample *sample;
    dt_sample *mine;
} held_sample;
void held_sample_free(held_sample *held);

/** The record, or under DT_BAD_REPLACE the next one that loads: a property of the files, not of the order of
 * work. Those that did not load are added to *met. */
dt_status sample_store_hold(sample_store *store, int64_t index, bad_records *met, held_sample *out,
                            dt_error *err);

/** The record's name stands before a message that has none. */
dt_status sample_store_name(const sample_store *store, int64_t index, dt_error *err);

/** The geometry without augmentation or pipeline; the picture may have been decoded at a reduced size. */
dt_status loader_plain_geometry(const dt_loader_opts *opts, int width, int height, int side, dt_letterbox *lb,
                                dt_error *err);

/** Largest side of a batch. */
static inline int loader_max_side(const dt_loader_opts *o)
{
    return o->size_max ? o->size_max : o->imgsz;
}

#endif
