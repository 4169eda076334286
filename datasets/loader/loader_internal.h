/** Inside the loader: sample_store.c has the records, loader_sample.c makes one sample of a batch, loader.c
 * runs the workers, loader_batch.c puts a batch together. */
#ifndef DT_DATASETS_LOADER_INTERNAL_H
#define DT_DATASETS_LOADER_INTERNAL_H

#include <pthread.h>

#include "datasets/loader/sample_store.h"

/** One picture of a batch as a worker leaves it. */
typedef struct loader_item {
    dt_label *labels;
    size_t label_count, label_capacity;
    int64_t index;
    int32_t cls;
    dt_letterbox geometry;
    dt_image image; /* with pad_to_multiple: the bytes, until the size of the batch is known */
    bad_records bad;
    dt_error err; /* status DT_OK: the item is good */
} loader_item;

/** What augmentation draws for a place of the epoch. */
dt_aug_params loader_draw_params(const sample_store *store, int64_t epoch, dt_pick pick);

/** Renders a place of `epoch`: planes to `pixels` (3 * side * side; with pad_to_multiple the picture to
 * item->image), the rest to *item. `scratch` belongs to the calling thread and is reused. */
dt_status loader_make_item(sample_store *store, int64_t epoch, dt_pick pick, int side, dt_sample *scratch,
                           float *pixels, loader_item *item, dt_error *err);

/** Zeroes the part of three planes that does not show the picture. */
void loader_clear_padding(dt_valid_size valid, int width, int height, float *planes);

/** Runs the pipeline for a place; *scratch becomes the picture. explain may be NULL. */
dt_status loader_run_pipeline(sample_store *store, int64_t epoch, dt_pick pick, dt_sample *scratch,
                              loader_item *item, dt_explain *explain, dt_error *err);

/** A batch in the making. `remaining` counts the items that are not done; 0 with the right number means
 * ready. */
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
    /* Next batch for the caller; the one before is in its hands, all earlier slots are free. */
    int64_t current;
    int active; /* items being made */
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

dt_status loader_check_opts(const dt_source *source, const dt_loader_opts *opts, dt_error *err);

/** Pixels of a batch, from the caller's allocator if there is one. NULL: out of memory. */
float *loader_alloc_pixels(const dt_loader_opts *opts, size_t bytes);
void loader_free_pixels(const dt_loader_opts *opts, float *pixels);

/** Tells on_bad the records that were met, each once. */
void loader_report_bad(dt_loader *loader, const batch_slot *slot);

/** loader->batch from a finished slot; the error of its first item that failed. */
dt_status loader_assemble(dt_loader *loader, const batch_slot *slot, dt_error *err);

#endif
