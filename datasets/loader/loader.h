/** Multi-threaded loader: batches of network input from a source of pictures with labels.
 *
 * What a batch holds is a pure function of (options, source, epoch, batch number): the same bytes for any
 * number of workers and any prefetch, and any batch of any epoch can be the first one asked for (that is how
 * training resumes). */
#ifndef DT_DATASETS_LOADER_H
#define DT_DATASETS_LOADER_H

#include <stdint.h>

#include "core/sha256.h"
#include "core/status.h"
#include "datasets/loader/sampler.h"
#include "datasets/sample.h"
#include "datasets/transforms/augment.h"
#include "datasets/transforms/transform.h"

/** Where samples come from. load() is called from several threads at once. It gets an empty *out (cls = -1)
 * and fills image (RGB), labels (pixels of that image) and, for classification, cls; index and, where left 0,
 * the original sizes are set by the loader. Its message should name the file. What it left in *out on failure
 * is freed by the loader. */
typedef struct dt_source {
    int64_t count;
    dt_status (*load)(void *self, int64_t index, dt_sample *out, dt_error *err);
    void *self;
    /* Writes what messages call the record (its file) to out, at most `size` bytes with the NUL, and returns
     * out. NULL: they give its number. */
    const char *(*name)(void *self, int64_t index, char *out, size_t size);
} dt_source;

/** What happens when a record does not load. Out of memory and DT_ERR_INTERRUPTED are always errors. */
typedef enum dt_bad_policy {
    DT_BAD_STOP,    /* the batch is an error (right for evaluation) */
    DT_BAD_REPLACE, /* the next record that loads (index + 1, + 2, ... modulo count) takes its place, under
                       the random stream of the one it replaces; each bad record is reported once to on_bad */
} dt_bad_policy;

typedef struct dt_loader_opts {
    uint64_t seed;
    int batch;   /* pictures a batch */
    int imgsz;   /* side of the square network input */
    int shuffle; /* a permutation a epoch, from (seed, epoch) */
    /* Which records, in which order (`shuffle` is not looked at then); NULL: all of them. Copied; its arrays
     * must outlive the loader. */
    const dt_sampler_opts *sampler;
    int drop_last; /* leave out a last batch that is not full */
    int workers;   /* threads; 0: in the caller, inside dt_loader_next */
    int prefetch; /* batches prepared ahead of the caller (>= 1; default 2). Memory: (prefetch + 1) batches */
    /* Multi-scale: the side of each batch is a multiple of size_step within size_min..size_max, drawn from
     * (seed, epoch, batch); size_max 0: imgsz always. */
    int size_min, size_max, size_step;
    int augment; /* 0: letterbox only; 1: aug, with the letterbox and fill given here */
    dt_augment_opts aug;
    int64_t mosaic_epochs; /* mosaic in epochs < this; -1 (default): in all */
    /* In the place of augmentation and letterbox, which are not looked at then; must outlive the loader.
     * Steps that take in other pictures are left out from mosaic_epochs on. Every picture must come out at
     * imgsz x imgsz, which is checked here where the steps say so, else at the record. Multi-scale does not
     * go with it. Its `normalize` is not looked at: mean and std below count. NULL: none. */
    const dt_transforms *pipeline;
    /* With a pipeline, > 0: pictures keep the sizes that they come out with. Those of a batch lie in the top
     * left corners of a canvas as large as the largest of them, rounded up to multiples of this; the rest is
     * 0. imgsz says nothing of the pixels then, only of dt_batch.geometry. */
    int pad_to_multiple;
    dt_letterbox_mode letterbox;
    int no_upscale;
    dt_resize_filter filter;
    uint8_t fill;  /* of the pads; 114 */
    float divisor; /* network value = (pixel / divisor - mean[c]) / std[c]; 255, 0, 1 */
    float mean[3], std[3];
    size_t cache_bytes; /* keep decoded pictures up to this size in memory; 0: none. Changes no result */
    dt_bad_policy bad;
    /* Called from within dt_loader_next, in batch order. */
    void (*on_bad)(void *ctx, int64_t index, const char *message);
    void *on_bad_ctx;
    /* Memory of dt_batch.pixels, e.g. page-locked; both or neither. NULL: dt_malloc_aligned and dt_free.
     * Called from dt_loader_create and dt_loader_destroy only; with pad_to_multiple from dt_loader_next, too. */
    void *(*alloc)(void *ctx, size_t bytes);
    void (*free)(void *ctx, void *ptr);
    void *alloc_ctx;
} dt_loader_opts;

/** batch 16, imgsz 640, prefetch 2, workers 0, everything else as stated above or 0. */
dt_loader_opts dt_loader_defaults(void);

/** The part of a picture of a batch that shows something; to the right and below there is padding. */
typedef struct dt_valid_size {
    int width, height;
} dt_valid_size;

/** A batch. Owned by the loader, valid until the next call of dt_loader_next, _start or _destroy. */
typedef struct dt_batch {
    int64_t epoch, number; /* number: 0-based within the epoch */
    int count;             /* pictures here: opts.batch, or less in a last batch */
    int channels, height, width;
    float *pixels;      /* (count, 3, height, width), RGB planes */
    size_t pixel_bytes; /* of the whole buffer, for a full batch of the largest side */
    /* Labels of picture i: [label_begin[i], label_begin[i + 1]); boxes xyxy in network pixels. */
    const dt_label *labels;
    const size_t *label_begin;    /* count + 1 entries */
    const int32_t *classes;       /* of the whole pictures, count entries; -1: none (detection) */
    const int64_t *indices;       /* record that picture i shows (the first of its mosaic) */
    const dt_letterbox *geometry; /* original picture -> network input; meaningless under augmentation */
    const dt_valid_size *valid;   /* of each picture; width, height without pad_to_multiple */
} dt_batch;

typedef struct dt_loader dt_loader;

/** The source's struct is copied; what self points to must outlive the loader. A loader belongs to one thread
 *  at a time; its workers are its own. DT_ERR_ARG naming an option out of range, DT_ERR_MEMORY, DT_ERR_STATE
 *  if threads cannot be started. */
dt_status dt_loader_create(const dt_source *source, const dt_loader_opts *opts, dt_loader **loader,
                           dt_error *err);

/** At any moment: running work is waited for, the rest is dropped. NULL is fine. */
void dt_loader_destroy(dt_loader *loader);

/** Batches an epoch. */
int64_t dt_loader_batches(const dt_loader *loader);

/** The next batch will be number first_batch of that epoch. Callable at any time; first_batch may equal
 *  dt_loader_batches (an epoch that is over). Needed before the first dt_loader_next. */
dt_status dt_loader_start(dt_loader *loader, int64_t epoch, int64_t first_batch, dt_error *err);

/** Batches in order; *batch = NULL at the end of the epoch. The status is that of the record that failed:
 * what load() gave, or DT_ERR_SHAPE for a picture of another size than the network takes. A failed record
 * makes the call for its batch fail, not an earlier one; after that every call repeats the error until
 * dt_loader_start. */
dt_status dt_loader_next(dt_loader *loader, const dt_batch **batch, dt_error *err);

/** Side of the pictures in a batch. */
int dt_loader_side(const dt_loader *loader, int64_t epoch, int64_t number);

/** The places of an epoch in order, batch after batch: picks has dt_loader_places entries. */
int64_t dt_loader_places(const dt_loader *loader);
dt_status dt_loader_order(const dt_loader *loader, int64_t epoch, dt_pick *picks, dt_error *err);

/** What the loader does at a place: what the augmentation draws there. Record numbers are those drawn;
 * DT_BAD_REPLACE may put others in their place. DT_ERR_ARG without augmentation or with a pipeline. */
dt_status dt_loader_params(const dt_loader *loader, int64_t epoch, dt_pick pick, dt_aug_params *params,
                           dt_error *err);

/** The same with a pipeline: runs it for the place (reading its pictures) and tells of every step. DT_ERR_ARG
 * without one. */
dt_status dt_loader_explain(dt_loader *loader, int64_t epoch, dt_pick pick, dt_explain *explain,
                            dt_error *err);

/** Masks as DETR wants them: (count, height, width), 1 where a picture is padded, 0 where it shows something. */
void dt_batch_pixel_mask(const dt_batch *batch, uint8_t *mask);

/** Boxes in one array, as training code of other frameworks wants them: row k of picture i is (class, x1, y1,
 * x2, y2) in network pixels, boxes (count, max, 5), mask (count, max): 1 = a box, 0 = filled up with (-1, 0,
 * 0, 0, 0). Ignored objects have mask 2. DT_ERR_ARG naming the picture if one has more than `max` labels:
 * nothing is cut. */
size_t dt_batch_most_labels(const dt_batch *batch);
dt_status dt_batch_pad_labels(const dt_batch *batch, size_t max, float *boxes, uint8_t *mask, dt_error *err);

/** SHA-256 of all that a network learns from in a batch: sizes, pixels, classes, boxes. */
void dt_batch_hash(const dt_batch *batch, char text[DT_SHA256_TEXT]);

/** Bytes in the cache of decoded pictures, and records in it. */
void dt_loader_cache_info(const dt_loader *loader, size_t *bytes, int64_t *records);

#endif
