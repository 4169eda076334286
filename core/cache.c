#include "core/cache.h"

#include <string.h>

#include "core/mem.h"

/* Size classes: four a power of two from 64 bytes on, so at most a fifth of a block is unused. */
enum { CLASS_COUNT = 4 * 42 };

typedef struct free_list {
    void **blocks;
    size_t count, capacity;
} free_list;

struct dt_cache {
    dt_device *device;
    int enabled;
    free_list lists[CLASS_COUNT];
    size_t held; /* bytes kept */
    dt_cache_stats stats;
};

static int size_class(size_t bytes, size_t *rounded)
{
    if (bytes <= 64) {
        *rounded = 64;
        return 0;
    }
    int log = 63 - __builtin_clzll(bytes - 1); /* 2^log < bytes <= 2^(log+1) */
    size_t base = (size_t)1 << log, quarter = base / 4;
    size_t k = (bytes - base + quarter - 1) / quarter; /* 1..4 */
    *rounded = base + k * quarter;
    return (log - 6) * 4 + (int)k;
}

dt_status dt_cache_create(dt_device *device, int enabled, dt_cache **out, dt_error *err)
{
    dt_cache *cache = dt_calloc(1, sizeof *cache);
    if (!cache) return dt_fail_memory(err, sizeof *cache, "the block cache");
    cache->device = device;
    cache->enabled = enabled;
    *out = cache;
    return DT_OK;
}

void dt_cache_trim(dt_cache *cache)
{
    const dt_backend *backend = cache->device->backend;
    for (int c = 0; c < CLASS_COUNT; c++) {
        free_list *list = &cache->lists[c];
        for (size_t i = 0; i < list->count; i++)
            backend->free(cache->device, list->blocks[i]);
        list->count = 0;
    }
    cache->held = 0;
}

void dt_cache_destroy(dt_cache *cache)
{
    if (!cache) return;
    dt_cache_trim(cache);
    for (int c = 0; c < CLASS_COUNT; c++)
        dt_free(cache->lists[c].blocks);
    dt_free(cache);
}

dt_status dt_cache_alloc(dt_cache *cache, size_t bytes, void **ptr, dt_error *err)
{
    size_t rounded;
    if (bytes > (size_t)1 << 46) return dt_fail_memory(err, bytes, "a tensor");
    int c = size_class(bytes, &rounded);
    free_list *list = &cache->lists[c];
    if (list->count > 0) {
        *ptr = list->blocks[--list->count];
        cache->held -= rounded;
    } else {
        /* Without the cache blocks are as large as asked for, so that sanitizers and guards see the true end. */
        const dt_backend *backend = cache->device->backend;
        size_t ask = cache->enabled ? rounded : bytes;
        dt_status st = backend->alloc(cache->device, ask, ptr, err);
        if (st == DT_ERR_MEMORY && cache->held > 0) {
            dt_cache_trim(cache);
            dt_error_clear(err);
            st = backend->alloc(cache->device, ask, ptr, err);
        }
        if (st != DT_OK) return st;
    }
    dt_cache_stats *s = &cache->stats;
    s->in_use += rounded;
    if (s->in_use > s->in_use_peak) s->in_use_peak = s->in_use;
    if (s->in_use + cache->held > s->held_peak) s->held_peak = s->in_use + cache->held;
    return DT_OK;
}

void dt_cache_free(dt_cache *cache, void *ptr, size_t bytes)
{
    if (!ptr) return;
    size_t rounded;
    free_list *list = &cache->lists[size_class(bytes, &rounded)];
    cache->stats.in_use -= rounded;
    if (!cache->enabled ||
        dt_grow(&list->blocks, &list->capacity, list->count + 1, sizeof *list->blocks) != 0) {
        cache->device->backend->free(cache->device, ptr);
        return;
    }
    list->blocks[list->count++] = ptr;
    cache->held += rounded;
}

dt_cache_stats dt_cache_get_stats(const dt_cache *cache)
{
    return cache->stats;
}

void dt_cache_reset_peak(dt_cache *cache)
{
    cache->stats.in_use_peak = cache->stats.in_use;
    cache->stats.held_peak = cache->stats.in_use + cache->held;
}
