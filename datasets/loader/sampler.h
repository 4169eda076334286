/** Which records an epoch shows, and in which order.
 *
 * A sampler is a pure function of (options, seed, epoch): it keeps no state between epochs, so that any batch
 * of any epoch can be the first one. Lengths, padding and drop_last follow torch.utils.data where the names
 * are the same; the permutations are those of core/rng.h. */
#ifndef DT_DATASETS_SAMPLER_H
#define DT_DATASETS_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

typedef enum dt_sampler_kind {
    DT_SAMPLER_SEQUENTIAL, /* in the order of the pool */
    DT_SAMPLER_RANDOM,     /* a permutation, or independent draws with `replacement` */
    /* Independent draws in proportion to `weights`, or without replacement one after another in proportion to
     * the weights that are left (as torch.multinomial). */
    DT_SAMPLER_WEIGHTED,
    DT_SAMPLER_REPEAT, /* record i `weights[i]` times on average, shuffled: LVIS' repeat-factor sampling */
} dt_sampler_kind;

/** The arrays are the caller's and must outlive the sampler's use. Zero-initialised: all records in order. */
typedef struct dt_sampler_opts {
    dt_sampler_kind kind;
    /* The pool: these records; NULL: all. Repeated entries count as often as they stand. Pictures that
     * augmentation mixes in, and those that stand in for bad ones, come from it, too. */
    const int64_t *subset;
    int64_t subset_count;
    const double *weights; /* one an entry of the pool; finite, >= 0, not all 0 */
    /* Draws an epoch, all ranks together; 0: as many as the pool has. Random without replacement goes through
     * whole permutations first, as RandomSampler; not with DT_SAMPLER_REPEAT or _SEQUENTIAL. */
    int64_t num_samples;
    int replacement;
    /* A part of the epoch for each of `world` processes (0: one): entries rank, rank + world, ...
     * DistributedSampler's padding: the list is made divisible by starting again at its front, or with
     * shard_drop_last by cutting its end (an epoch of fewer entries than processes is an error then). */
    int rank, world, shard_drop_last;
    /* Batches of one kind: pictures of a batch share their group (aspect ratio). One number, 0 to 2^24, a
     * record of the source; NULL: off. As torchvision's GroupedBatchSampler every batch is full and there are
     * count / batch of them; batches that no group could fill are completed with pictures of the same group
     * seen before. */
    const int32_t *groups;
} dt_sampler_opts;

/** One place of an epoch. `repeat` counts the record's earlier places in the epoch (over all ranks): it keys
 * the random stream of the augmentation, so that a record drawn twice does not show the same picture twice. */
typedef struct dt_pick {
    int64_t index, repeat;
} dt_pick;

/** Checks options for a source of `records` records and batches of `batch` pictures: DT_ERR_ARG names option
 * and value. */
dt_status dt_sampler_check(const dt_sampler_opts *opts, int64_t records, int batch, dt_error *err);

/** Places of this rank in every epoch. With groups: a multiple of the batch. */
int64_t dt_sampler_length(const dt_sampler_opts *opts, int64_t records, int batch);

/** Batches of `length` places: rounded down with drop_last, else up. */
int64_t dt_sampler_batches(int64_t length, int batch, int drop_last);

/** Fills picks[dt_sampler_length]. */
dt_status dt_sampler_draw(const dt_sampler_opts *opts, int64_t records, int batch, uint64_t seed,
                          int64_t epoch, dt_pick *picks, dt_error *err);

/** --- Weights against rare classes. classes[begin[i] .. begin[i + 1]): the classes in record i, repetitions
 * allowed. --- */

/** LVIS' repeat factors (Gupta, Dollar, Girshick, "LVIS", CVPR 2019; Detectron2's
 * repeat_factors_from_category_frequency): f(c) = share of the records that show class c; r(c) = max(1,
 * sqrt(threshold / f(c))); factor of a record = the largest r of its classes, 1 if it has none. Negative
 * classes are passed over. */
dt_status dt_repeat_factors(const int32_t *classes, const size_t *begin, int64_t records, int class_count,
                            double threshold, double *factors, dt_error *err);

/** Weight of a record = the mean of 1 / n(c) over its objects, n(c) = objects of the class in the set;
 * records without objects get the smallest weight that another one has (1 if none has any). One class a
 * record: the usual inverse-frequency weights, every class drawn equally often. */
dt_status dt_inverse_frequency_weights(const int32_t *classes, const size_t *begin, int64_t records,
                                       int class_count, double *weights, dt_error *err);

#endif
