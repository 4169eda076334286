/** Map from texts to whole numbers (hash table). */
#ifndef DT_CORE_STRMAP_H
#define DT_CORE_STRMAP_H

#include <stddef.h>
#include <stdint.h>

/** Zero-initialised means empty. The keys are not copied: they must live as long as the map. */
typedef struct dt_strmap {
    struct dt_strmap_slot *slots;
    size_t count, capacity;
} dt_strmap;

/** The value of `key` (the first `len` bytes of it in the second form), or `missing`. */
int64_t dt_strmap_get(const dt_strmap *map, const char *key, int64_t missing);
int64_t dt_strmap_get_n(const dt_strmap *map, const char *key, size_t len, int64_t missing);

/** Sets the value if the key is new. Returns 1 if it was new, 0 if it was there (nothing changes), -1 when
 * out of memory. */
int dt_strmap_add(dt_strmap *map, const char *key, int64_t value);

void dt_strmap_free(dt_strmap *map);

#endif
