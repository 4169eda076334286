#include "tests/ops/guard.h"

#include <stdio.h>
#include <string.h>

#include "core/ctx_impl.h"
#include "core/mem.h"

enum { GUARD_BYTES = 64, GUARD_FILL = 0xA5, FRESH_FILL = 0xFF };

static char report[200];
static int damaged;
static unsigned char seen[DT_OP_COUNT];

/* header (64 bytes, holds the size) | guard | the block | guard */
static dt_status guard_alloc(dt_device *device, size_t bytes, void **ptr, dt_error *err)
{
    (void)device;
    unsigned char *raw = dt_malloc_aligned(bytes + 3 * GUARD_BYTES);
    if (!raw) return dt_fail_memory(err, bytes, "a tensor");
    memcpy(raw, &bytes, sizeof bytes);
    memset(raw + GUARD_BYTES, GUARD_FILL, GUARD_BYTES);
    memset(raw + 2 * GUARD_BYTES, FRESH_FILL, bytes);
    memset(raw + 2 * GUARD_BYTES + bytes, GUARD_FILL, GUARD_BYTES);
    *ptr = raw + 2 * GUARD_BYTES;
    return DT_OK;
}

static int intact(const unsigned char *guard)
{
    for (int i = 0; i < GUARD_BYTES; i++)
        if (guard[i] != GUARD_FILL) return 0;
    return 1;
}

static void guard_free(dt_device *device, void *ptr)
{
    (void)device;
    unsigned char *block = ptr, *raw = block - 2 * GUARD_BYTES;
    size_t bytes;
    memcpy(&bytes, raw, sizeof bytes);
    int before = intact(block - GUARD_BYTES), behind = intact(block + bytes);
    if (!before || !behind) {
        snprintf(report, sizeof report, "something wrote %s a block of %zu bytes",
                 before ? "behind" : "before", bytes);
        damaged = 1;
    }
    dt_free(raw);
}

static dt_kernel_fn guard_kernel(dt_device *device, const dt_op *op, dt_dtype dtype)
{
    seen[op->id] = 1;
    return dt_backend_cpu.kernel(device, op, dtype);
}

void dt_guard_install(dt_device *cpu)
{
    static dt_backend guarded;
    guarded = dt_backend_cpu;
    guarded.alloc = guard_alloc;
    guarded.free = guard_free;
    guarded.kernel = guard_kernel;
    cpu->backend = &guarded;
}

const char *dt_guard_take_report(void)
{
    if (!damaged) return NULL;
    damaged = 0;
    return report;
}

void dt_guard_forget_ops(void)
{
    memset(seen, 0, sizeof seen);
}

int dt_guard_saw_op(const dt_op *op)
{
    return seen[op->id];
}
