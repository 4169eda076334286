#include "core/strmap.h"

#include <string.h>

#include "core/mem.h"

struct dt_strmap_slot {
    const char *key; /* NULL: empty */
    uint64_t hash;
    int64_t value;
};

static uint64_t hash_of(const char *key, size_t len)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a, then mixed: the low bits choose the slot */
    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)key[i]) * 1099511628211u;
    h ^= h >> 32;
    h *= 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
}

static size_t find(const dt_strmap *map, const char *key, size_t len, uint64_t hash)
{
    size_t i = (size_t)hash & (map->capacity - 1);
    while (map->slots[i].key && (map->slots[i].hash != hash || strncmp(map->slots[i].key, key, len) != 0 ||
                                 map->slots[i].key[len] != '\0'))
        i = (i + 1) & (map->capacity - 1);
    return i;
}

static int grow(dt_strmap *map)
{
    dt_strmap next = {.capacity = map->capacity ? map->capacity * 2 : 16, .count = map->count};
    next.slots = dt_calloc(next.capacity, sizeof *next.slots);
    if (!next.slots) return -1;
    for (size_t i = 0; i < map->capacity; i++) {
        const struct dt_strmap_slot *old = &map->slots[i];
        if (!old->key) continue;
        size_t at = (size_t)old->hash & (next.capacity - 1);
        while (next.slots[at].key)
            at = (at + 1) & (next.capacity - 1);
        next.slots[at] = *old;
    }
    dt_free(map->slots);
    *map = next;
    return 0;
}

int64_t dt_strmap_get_n(const dt_strmap *map, const char *key, size_t len, int64_t missing)
{
    if (!map->count) return missing;
    size_t i = find(map, key, len, hash_of(key, len));
    return map->slots[i].key ? map->slots[i].value : missing;
}

int64_t dt_strmap_get(const dt_strmap *map, const char *key, int64_t missing)
{
    return dt_strmap_get_n(map, key, strlen(key), missing);
}

int dt_strmap_add(dt_strmap *map, const char *key, int64_t value)
{
    if (map->count * 4 >= map->capacity * 3 && grow(map) != 0) return -1;
    size_t len = strlen(key);
    uint64_t hash = hash_of(key, len);
    size_t i = find(map, key, len, hash);
    if (map->slots[i].key) return 0;
    map->slots[i] = (struct dt_strmap_slot){key, hash, value};
    map->count++;
    return 1;
}

void dt_strmap_free(dt_strmap *map)
{
    dt_free(map->slots);
    *map = (dt_strmap){0};
}
