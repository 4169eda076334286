/** Thread pool with fixed chunking.
 *
 * Work is cut into chunks by the caller's grain, never by the number of threads, so a kernel that keeps one
 * result per chunk and combines them in chunk order gives the same bits on any number of threads. */
#ifndef DT_CORE_POOL_H
#define DT_CORE_POOL_H

#include <stdint.h>

#include "core/status.h"

typedef struct dt_pool dt_pool;

/** threads = 0: one per processor this process may use (affinity and cgroup quota honoured). The calling
 *  thread counts as one of them. */
dt_status dt_pool_create(int threads, dt_pool **pool, dt_error *err);
void dt_pool_destroy(dt_pool *pool);
int dt_pool_threads(const dt_pool *pool);

/** Processors this process may use, at least 1. */
int dt_cpu_count(void);

/** Calls fn(arg, begin, end, worker) for the chunks [k*grain, min((k+1)*grain, n)) and returns when all are
 *  done. worker is in [0, threads): index of the thread's scratch space, of no influence on results. A call
 *  from inside a chunk runs serially. pool may be NULL: serial. One caller at a time: a pool belongs to one
 *  thread. */
typedef void (*dt_pool_fn)(void *arg, int64_t begin, int64_t end, int worker);
void dt_parallel(dt_pool *pool, int64_t n, int64_t grain, dt_pool_fn fn, void *arg);

#endif
