/** Cache of freed device blocks, by size class: a training step asks for the same sizes again and again, and
 *  going to the system each time costs page faults (CPU) or synchronisation (CUDA). */
#ifndef DT_CORE_CACHE_H
#define DT_CORE_CACHE_H

#include "core/device.h"

typedef struct dt_cache dt_cache;

dt_status dt_cache_create(dt_device *device, int enabled, dt_cache **cache, dt_error *err);
/** Gives all kept blocks back to the backend; blocks in use must have been freed before. */
void dt_cache_destroy(dt_cache *cache);

/** When the backend has no memory left, the kept blocks are given back and it is asked once more. */
dt_status dt_cache_alloc(dt_cache *cache, size_t bytes, void **ptr, dt_error *err);
void dt_cache_free(dt_cache *cache, void *ptr, size_t bytes);

/** Gives all kept blocks back to the backend. */
void dt_cache_trim(dt_cache *cache);

/** Bytes in use now, their peak, and the peak including what is kept. */
typedef struct dt_cache_stats {
    size_t in_use, in_use_peak, held_peak;
} dt_cache_stats;
dt_cache_stats dt_cache_get_stats(const dt_cache *cache);
void dt_cache_reset_peak(dt_cache *cache);

#endif
