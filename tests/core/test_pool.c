#include <stdatomic.h>

#include "core/mem.h"
#include "core/pool.h"
#include "test.h"

enum { N = 1003 };

typedef struct work {
    dt_pool *pool;
    atomic_int hits[N];
    int threads;
    atomic_int bad_worker, chunks;
} work;

static void touch(void *arg, int64_t begin, int64_t end, int worker)
{
    work *w = arg;
    if (worker < 0 || worker >= w->threads) atomic_fetch_add(&w->bad_worker, 1);
    atomic_fetch_add(&w->chunks, 1);
    for (int64_t i = begin; i < end; i++)
        atomic_fetch_add(&w->hits[i], 1);
}

static void nested(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    (void)begin;
    (void)end;
    work *w = arg;
    dt_parallel(w->pool, N, 10, touch, w);
}

static void every_index_once(void)
{
    static const int64_t grains[] = {1, 7, 100, N, 5000, 0};
    for (int threads = 1; threads <= 4; threads++) {
        dt_error err = {0};
        static work w;
        dt_pool *pool;
        if (!CHECK_OK(dt_pool_create(threads, &pool, &err), &err)) return;
        CHECK_INT(dt_pool_threads(pool), threads);
        for (size_t g = 0; g < sizeof grains / sizeof *grains; g++) {
            memset(&w, 0, sizeof w);
            w.threads = threads;
            dt_parallel(pool, N, grains[g], touch, &w);
            int64_t grain = grains[g] ? grains[g] : 1;
            CHECK_INT(w.chunks, (N + grain - 1) / grain);
            for (int i = 0; i < N; i++)
                CHECK_INT(w.hits[i], 1);
            CHECK_INT(w.bad_worker, 0);
        }
        memset(&w, 0, sizeof w);
        w.threads = threads;
        w.pool = pool;
        for (int round = 0; round < 200; round++)
            dt_parallel(pool, 4, 1, nested, &w);
        for (int i = 0; i < N; i++)
            CHECK_INT(w.hits[i], 800);
        CHECK_INT(w.bad_worker, 0);
        dt_pool_destroy(pool);
    }
    CHECK_INT(dt_mem_live(), 0);
}

static void without_a_pool(void)
{
    static work w;
    w.threads = 1;
    dt_parallel(NULL, N, 13, touch, &w);
    for (int i = 0; i < N; i++)
        CHECK_INT(w.hits[i], 1);
    dt_parallel(NULL, 0, 13, touch, &w);
    dt_pool *pool;
    dt_error err = {0};
    CHECK_INT(dt_pool_create(-1, &pool, &err), DT_ERR_ARG);
}

static void failing_allocations(void)
{
    for (int n = 1; n < 10; n++) {
        dt_error err = {0};
        dt_pool *pool;
        dt_mem_fail_at((uint64_t)n);
        dt_status st = dt_pool_create(3, &pool, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK_INT(st, fired ? DT_ERR_MEMORY : DT_OK);
        dt_pool_destroy(pool);
        CHECK_INT(dt_mem_live(), 0);
        if (!fired) break;
    }
}

int main(void)
{
    RUN(every_index_once);
    RUN(without_a_pool);
    RUN(failing_allocations);
    return dt_test_end();
}
