/** Memory: every allocation of the library goes through here, so that use is counted and a test can make any
 *  single allocation fail. Failure is a NULL, never an exit. */
#ifndef DT_CORE_MEM_H
#define DT_CORE_MEM_H

#include <stddef.h>
#include <stdint.h>

/** As malloc, calloc and realloc; dt_free takes the result of any of them (and NULL). A size of 0 gives a
 *  valid pointer. dt_calloc and dt_realloc_array check the product for overflow. */
void *dt_malloc(size_t bytes);
void *dt_calloc(size_t count, size_t bytes);
void *dt_realloc(void *ptr, size_t bytes);
void *dt_realloc_array(void *ptr, size_t count, size_t bytes);
void dt_free(void *ptr);

/** Uninitialised memory whose address is a multiple of 64. Freed with dt_free. */
void *dt_malloc_aligned(size_t bytes);

char *dt_strdup(const char *text);
char *dt_strndup(const char *text, size_t max);

/** Makes room for `need` elements in the growing array *items of capacity *capacity (doubling).
 *  Returns 0 when done, -1 when memory is out (the array stays as it was). */
int dt_grow(void *items_ptr, size_t *capacity, size_t need, size_t element_bytes);

/** Live and peak bytes asked from the system since the start (or since dt_mem_reset_peak). */
size_t dt_mem_live(void);
size_t dt_mem_peak(void);
void dt_mem_reset_peak(void);

/** Allocations made so far by the whole process. */
uint64_t dt_mem_count(void);

/** For programs that free and take large blocks again and again (decoded pictures): freed memory stays with
 *  the process instead of going back to the system, which would clear every page anew. Call it before threads
 *  start. */
void dt_mem_keep_freed(void);

/** Test switch: the allocation with this number from now on (1 = the next one) fails, once; 0 turns it off.
 *  dt_mem_fail_fired says whether it has happened. */
void dt_mem_fail_at(uint64_t nth);
int dt_mem_fail_fired(void);

#endif
