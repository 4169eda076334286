/** Inside of sampler*.c. */
#ifndef DT_DATASETS_SAMPLER_INTERNAL_H
#define DT_DATASETS_SAMPLER_INTERNAL_H

#include "datasets/loader/sampler.h"

/** What the next place of a record is numbered with: seen[record] places over all ranks so far; it grows. */
typedef struct dt_repeats {
    int64_t *seen;
    int rank, world;
} dt_repeats;

/** Reorders `count` places into count / batch full batches of one group each: *out has count / batch * batch
 * entries. */
dt_status dt_sampler_group(const dt_pick *in, int64_t count, const int32_t *groups, int batch,
                           const dt_repeats *repeats, dt_pick *out, dt_error *err);

#endif
