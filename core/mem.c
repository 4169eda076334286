#include "core/mem.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_size_t live_bytes, peak_bytes;
static atomic_uint_fast64_t alloc_count;
static atomic_int_fast64_t fail_countdown; /* 0: off */
static atomic_int fail_fired;

static int must_fail(void)
{
    atomic_fetch_add_explicit(&alloc_count, 1, memory_order_relaxed);
    if (atomic_load_explicit(&fail_countdown, memory_order_relaxed) <= 0) return 0;
    if (atomic_fetch_sub(&fail_countdown, 1) != 1) return 0;
    atomic_store(&fail_fired, 1);
    return 1;
}

static void *count_in(void *ptr)
{
    if (!ptr) return NULL;
    size_t bytes = malloc_usable_size(ptr);
    size_t now = atomic_fetch_add_explicit(&live_bytes, bytes, memory_order_relaxed) + bytes;
    size_t peak = atomic_load_explicit(&peak_bytes, memory_order_relaxed);
    while (now > peak && !atomic_compare_exchange_weak(&peak_bytes, &peak, now)) {
    }
    return ptr;
}

static void count_out(void *ptr)
{
    atomic_fetch_sub_explicit(&live_bytes, malloc_usable_size(ptr), memory_order_relaxed);
}

void *dt_malloc(size_t bytes)
{
    if (must_fail()) return NULL;
    return count_in(malloc(bytes ? bytes : 1));
}

void *dt_calloc(size_t count, size_t bytes)
{
    if (must_fail()) return NULL;
    if (count == 0 || bytes == 0) count = bytes = 1;
    return count_in(calloc(count, bytes));
}

void *dt_realloc(void *ptr, size_t bytes)
{
    if (must_fail()) return NULL;
    size_t before = ptr ? malloc_usable_size(ptr) : 0;
    void *next = realloc(ptr, bytes ? bytes : 1);
    if (!next) return NULL;
    atomic_fetch_sub_explicit(&live_bytes, before, memory_order_relaxed);
    return count_in(next);
}

void *dt_realloc_array(void *ptr, size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total)) return NULL;
    return dt_realloc(ptr, total);
}

void dt_free(void *ptr)
{
    if (!ptr) return;
    count_out(ptr);
    free(ptr);
}

void *dt_malloc_aligned(size_t bytes)
{
    if (must_fail()) return NULL;
    void *ptr = NULL;
    if (bytes > SIZE_MAX - 64) return NULL;
    if (posix_memalign(&ptr, 64, bytes ? bytes : 64) != 0) return NULL;
    return count_in(ptr);
}

void dt_mem_keep_freed(void)
{
#if defined(__GLIBC__)
    enum { LARGEST_HEAP_BLOCK = 32 << 20, KEPT = 512 << 20 }; /* glibc takes no larger value for the first */
    /* The heaps of further arenas go back to the system as soon as they are empty, with every large picture. */
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, LARGEST_HEAP_BLOCK);
    mallopt(M_TRIM_THRESHOLD, KEPT);
#endif
}

char *dt_strndup(const char *text, size_t max)
{
    size_t len = strnlen(text, max);
    char *copy = dt_malloc(len + 1);
    if (!copy) return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *dt_strdup(const char *text)
{
    return dt_strndup(text, SIZE_MAX - 1);
}

int dt_grow(void *items_ptr, size_t *capacity, size_t need, size_t element_bytes)
{
    if (need <= *capacity) return 0;
    size_t next = *capacity ? *capacity : 8;
    while (next < need) {
        if (next > SIZE_MAX / 2) return -1;
        next *= 2;
    }
    void *old;
    memcpy(&old, items_ptr, sizeof old);
    void *grown = dt_realloc_array(old, next, element_bytes);
    if (!grown) return -1;
    memcpy(items_ptr, &grown, sizeof grown);
    *capacity = next;
    return 0;
}

size_t dt_mem_live(void)
{
    return atomic_load(&live_bytes);
}

size_t dt_mem_peak(void)
{
    return atomic_load(&peak_bytes);
}

void dt_mem_reset_peak(void)
{
    atomic_store(&peak_bytes, atomic_load(&live_bytes));
}

uint64_t dt_mem_count(void)
{
    return atomic_load(&alloc_count);
}

void dt_mem_fail_at(uint64_t nth)
{
    atomic_store(&fail_fired, 0);
    atomic_store(&fail_countdown, (int_fast64_t)nth);
}

int dt_mem_fail_fired(void)
{
    return atomic_load(&fail_fired);
}
