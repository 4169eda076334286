/** Inside of sampler*.c. */
#ifndef DT_DATASETS_SAMPLER_INTERNAL_H
#define DT_DATASETS_SAMPLER_INTERNAL_H

#include "datasets/loader/sampler.h"

/** Reorders `count` places into count / batch full batches of one group each: *out has count / batch * batch entries. */
dt_status dt_sampler_group(const dt_pick *in, int64_t count, const int32_t *groups, int batch, dt_pick *out,
                           dt_error *err);

#endif
