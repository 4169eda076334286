/** Map from 64-bit ids to positions in a list. */
#ifndef DT_DATASETS_ID_MAP_H
#define DT_DATASETS_ID_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

typedef struct dt_id_map {
    int64_t *ids;
    uint32_t *positions; /* UINT32_MAX: empty slot */
    size_t slots, count; /* slots: a power of two, or 0 */
} dt_id_map;

/** Makes an empty map with room for `count` ids (at most 2^30). */
dt_status dt_id_map_create(dt_id_map *map, size_t count, dt_error *err);
void dt_id_map_free(dt_id_map *map);

/** Adds an id that the map has room for. Returns the position under which it was there before, or -1 if it is
 * new. */
int64_t dt_id_map_add(dt_id_map *map, int64_t id, uint32_t position);

/** Position of an id, or -1. */
int64_t dt_id_map_find(const dt_id_map *map, int64_t id);

#endif
