#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "tests/ops/guard.h"
#include "tests/ops/harness_impl.h"

static dt_ctx *open_ctx(int threads, int reference)
{
    dt_error err = {0};
    dt_ctx *ctx = NULL;
    if (dt_ctx_create(&(dt_ctx_opts){.threads = threads, .seed = 1, .reference = reference}, &ctx, &err) !=
        DT_OK) {
        fprintf(stderr, "the context cannot be made: %s\n", err.text);
        return NULL;
    }
    dt_guard_install(dt_cpu(ctx));
    return ctx;
}

dt_harness *dt_harness_open(void)
{
    /* Without the block cache every tensor is a block of its own, with guards around it, and every allocation
     * counts. */
    setenv("DT_CACHE", "0", 1);
    dt_harness *h = dt_calloc(1, sizeof *h);
    if (!h) return NULL;
    int ok = (h->ref = open_ctx(1, 1)) != NULL;
    for (int i = 0; i < DT_HARNESS_POOLS; i++)
        ok = (h->ctx[i] = open_ctx(i + 1, 0)) && ok;
    if (ok && dt_device_open(h->ctx[0], "cuda", &h->cuda) != DT_OK) {
        const char *required = getenv("DT_REQUIRE_CUDA");
        h->cuda = NULL;
        if (required && strcmp(required, "1") == 0) {
            fprintf(stderr, "DT_REQUIRE_CUDA=1: %s\n", dt_ctx_error(h->ctx[0])->text);
            ok = 0;
        }
        dt_ctx_clear_error(h->ctx[0]);
    }
    if (ok) return h;
    dt_harness_close(h);
    return NULL;
}

void dt_harness_close(dt_harness *h)
{
    if (!h) return;
    for (int i = 0; i < DT_HARNESS_POOLS; i++)
        dt_ctx_destroy(h->ctx[i]);
    dt_ctx_destroy(h->ref);
    dt_free(h);
}

int dt_harness_has_cuda(const dt_harness *h)
{
    return h->cuda != NULL;
}
