#include "datasets/id_map.h"

#include <string.h>

#include "core/mem.h"

dt_status dt_id_map_create(dt_id_map *map, size_t count, dt_error *err)
{
    *map = (dt_id_map){0};
    if (count > (size_t)1 << 30) return dt_fail(err, DT_ERR_ARG, "%zu ids; 2^30 are possible", count);
    size_t slots = 16;
    while (slots < 2 * count)
        slots *= 2;
    map->ids = dt_malloc(slots * sizeof *map->ids);
    map->positions = dt_malloc(slots * sizeof *map->positions);
    if (!map->ids || !map->positions) {
        dt_id_map_free(map);
        return dt_fail_memory(err, slots * (sizeof *map->ids + sizeof *map->positions), "an index of ids");
    }
    memset(map->positions, 0xff, slots * sizeof *map->positions);
    map->slots = slots;
    return DT_OK;
}

void dt_id_map_free(dt_id_map *map)
{
    dt_free(map->ids);
    dt_free(map->positions);
    *map = (dt_id_map){0};
}

/* The slot that holds the id, or the empty one where it belongs. Multiplying by 2^64 / phi spreads ids that
 * count up as well as ids that share low bits; ids chosen to collide can at worst make a file slow to read.
 */
static size_t find_slot(const dt_id_map *map, int64_t id)
{
    uint64_t h = (uint64_t)id * 0x9e3779b97f4a7c15u;
    size_t slot = (size_t)(h ^ h >> 32) & (map->slots - 1);
    while (map->positions[slot] != UINT32_MAX && map->ids[slot] != id)
        slot = (slot + 1) & (map->slots - 1);
    return slot;
}

int64_t dt_id_map_add(dt_id_map *map, int64_t id, uint32_t position)
{
    size_t slot = find_slot(map, id);
    if (map->positions[slot] != UINT32_MAX) return map->positions[slot];
    map->ids[slot] = id;
    map->positions[slot] = position;
    map->count++;
    return -1;
}

int64_t dt_id_map_find(const dt_id_map *map, int64_t id)
{
    if (map->slots == 0) return -1;
    size_t slot = find_slot(map, id);
    return map->positions[slot] == UINT32_MAX ? -1 : (int64_t)map->positions[slot];
}
