#include "core/mem.h"
#include "test.h"

static void counting_and_failing(void)
{
    size_t before = dt_mem_live();
    char *a = dt_malloc(100), *b = dt_calloc(10, 10), *c = dt_malloc_aligned(0);
    CHECK(a && b && c && (uintptr_t)c % 64 == 0 && b[99] == 0);
    CHECK(dt_mem_live() >= before + 200 && dt_mem_peak() >= dt_mem_live());
    a = dt_realloc(a, 1000);
    CHECK(a != NULL);
    dt_mem_fail_at(2);
    char *d = dt_strdup("x"), *e = dt_strdup("y"), *f = dt_strdup("z");
    CHECK(d && !e && f && dt_mem_fail_fired());
    dt_mem_fail_at(0);
    dt_free(a), dt_free(b), dt_free(c), dt_free(d), dt_free(f), dt_free(NULL);
    CHECK_INT(dt_mem_live(), before);
}

static void overflow_is_refused(void)
{
    int *items = NULL;
    size_t capacity = 0;
    CHECK(dt_realloc_array(NULL, SIZE_MAX / 2, 3) == NULL);
    CHECK(dt_malloc_aligned(SIZE_MAX) == NULL);
    CHECK_INT(dt_grow(&items, &capacity, SIZE_MAX, sizeof *items), -1);
    CHECK(items == NULL && capacity == 0);
    CHECK_INT(dt_grow(&items, &capacity, 9, sizeof *items), 0);
    CHECK_INT(capacity, 16);
    dt_free(items);
}

int main(void)
{
    RUN(counting_and_failing);
    RUN(overflow_is_refused);
    return dt_test_end();
}
