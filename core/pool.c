#include "core/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

enum { SPIN_ROUNDS = 2000 }; /* about 20 us: training launches kernels back to back */

typedef struct helper {
    pthread_t id;
    dt_pool *pool;
    int index;
} helper;

struct dt_pool {
    int threads;
    int started; /* helper threads that run */
    helper *helpers;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_uint generation; /* bumped per job and at the end */
    atomic_int busy;        /* helpers that have not finished this job */
    atomic_int stop;
    atomic_int sleepers;
    /* the job */
    dt_pool_fn fn;
    void *arg;
    int64_t n, grain;
    atomic_int_fast64_t next;
};

/* Worker index of the job this thread is in, -1 outside: a nested call runs serially on the same scratch. */
static _Thread_local int current_worker = -1;

int dt_cpu_count(void)
{
    int count = 1;
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) count = CPU_COUNT(&set);
    FILE *f = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (f) {
        char quota[32];
        long period;
        if (fscanf(f, "%31s %ld", quota, &period) == 2 && strcmp(quota, "max") != 0 && period > 0) {
            long whole = (strtol(quota, NULL, 10) + period - 1) / period;
            if (whole >= 1 && whole < count) count = (int)whole;
        }
        fclose(f);
    }
    return count > 0 ? count : 1;
}

static void work(dt_pool *pool, int worker)
{
    current_worker = worker;
    for (;;) {
        int64_t chunk = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        int64_t begin = chunk * pool->grain;
        if (begin >= pool->n) break;
        int64_t end = begin + pool->grain;
        pool->fn(pool->arg, begin, end < pool->n ? end : pool->n, worker);
    }
    current_worker = -1;
}

static void cpu_relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void *helper_main(void *p)
{
    const helper *self = p;
    dt_pool *pool = self->pool;
    unsigned seen = 0;
    for (;;) {
        for (int i = 0; i < SPIN_ROUNDS && atomic_load(&pool->generation) == seen; i++)
            cpu_relax();
        if (atomic_load(&pool->generation) == seen) {
            pthread_mutex_lock(&pool->lock);
            atomic_fetch_add(&pool->sleepers, 1);
            while (atomic_load(&pool->generation) == seen)
                pthread_cond_wait(&pool->wake, &pool->lock);
            atomic_fetch_sub(&pool->sleepers, 1);
            pthread_mutex_unlock(&pool->lock);
        }
        seen++;
        if (atomic_load(&pool->stop)) return NULL;
        work(pool, self->index);
        atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_release);
    }
}

static void announce(dt_pool *pool)
{
    atomic_fetch_add(&pool->generation, 1);
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
    }
}

dt_status dt_pool_create(int threads, dt_pool **out, dt_error *err)
{
    *out = NULL;
    if (threads < 0 || threads > 1024)
        return dt_fail(err, DT_ERR_ARG, "thread pool: %d threads asked for, 0 to 1024 are possible", threads);
    if (threads == 0) threads = dt_cpu_count();
    dt_pool *pool = dt_calloc(1, sizeof *pool);
    if (!pool) return dt_fail_memory(err, sizeof *pool, "the thread pool");
    pool->threads = threads;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->helpers = dt_calloc((size_t)threads, sizeof *pool->helpers);
    if (!pool->helpers) {
        dt_pool_destroy(pool);
        return dt_fail_memory(err, (size_t)threads * sizeof *pool->helpers, "the thread pool");
    }
    for (int i = 1; i < threads; i++) {
        helper *h = &pool->helpers[pool->started];
        h->pool = pool;
        h->index = i;
        int rc = pthread_create(&h->id, NULL, helper_main, h);
        if (rc != 0) {
            int have = pool->started;
            dt_pool_destroy(pool);
            return dt_fail(err, DT_ERR_MEMORY, "thread pool: thread %d of %d could not be started: %s",
                           have + 2, threads, strerror(rc));
        }
        pool->started++;
    }
    *out = pool;
    return DT_OK;
}

void dt_pool_destroy(dt_pool *pool)
{
    if (!pool) return;
    atomic_store(&pool->stop, 1);
    announce(pool);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->helpers[i].id, NULL);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->wake);
    dt_free(pool->helpers);
    dt_free(pool);
}

int dt_pool_threads(const dt_pool *pool)
{
    return pool ? pool->threads : 1;
}

void dt_parallel(dt_pool *pool, int64_t n, int64_t grain, dt_pool_fn fn, void *arg)
{
    if (n <= 0) return;
    if (grain < 1) grain = 1;
    if (!pool || pool->started == 0 || current_worker >= 0 || n <= grain) {
        int worker = current_worker >= 0 ? current_worker : 0;
        for (int64_t begin = 0; begin < n; begin += grain)
            fn(arg, begin, begin + grain < n ? begin + grain : n, worker);
        return;
    }
    pool->fn = fn;
    pool->arg = arg;
    pool->n = n;
    pool->grain = grain;
    atomic_store(&pool->next, 0);
    atomic_store(&pool->busy, pool->started);
    announce(pool);
    work(pool, 0);
    for (int i = 0; atomic_load_explicit(&pool->busy, memory_order_acquire) > 0; i++) {
        if (i < SPIN_ROUNDS * 10)
            cpu_relax();
        else
            sched_yield();
    }
}
