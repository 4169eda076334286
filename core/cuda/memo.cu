#include "core/cuda/backend.h"

#include <string.h>

/* A table of buckets; the key's hash chooses the bucket, in which the oldest entry makes room. */
enum { BUCKETS = 256, WAYS = 4 };

struct memo_entry {
    size_t bytes; /* 0: free */
    int value;
    unsigned char key[DT_CUDA_MEMO_KEY];
};

struct dt_cuda_memo {
    memo_entry entry[BUCKETS][WAYS];
    unsigned char next[BUCKETS];
};

static unsigned bucket_of(const void *key, size_t bytes)
{
    const unsigned char *p = static_cast<const unsigned char *>(key);
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ p[i]) * 16777619u;
    return (hash ^ hash >> 16) % BUCKETS;
}

int dt_cuda_memo_find(const dt_cuda *cuda, const void *key, size_t bytes, int *value)
{
    if (!cuda->memo) return 0;
    for (const memo_entry &e : cuda->memo->entry[bucket_of(key, bytes)])
        if (e.bytes == bytes && memcmp(e.key, key, bytes) == 0) {
            *value = e.value;
            return 1;
        }
    return 0;
}

void dt_cuda_memo_put(dt_cuda *cuda, const void *key, size_t bytes, int value)
{
    if (!cuda->memo) cuda->memo = static_cast<dt_cuda_memo *>(cuda->host->calloc(1, sizeof *cuda->memo));
    if (!cuda->memo || bytes > DT_CUDA_MEMO_KEY) return;
    unsigned b = bucket_of(key, bytes);
    memo_entry *e = &cuda->memo->entry[b][cuda->memo->next[b]];
    for (memo_entry &same : cuda->memo->entry[b])
        if (same.bytes == bytes && memcmp(same.key, key, bytes) == 0) e = &same;
    if (e == &cuda->memo->entry[b][cuda->memo->next[b]])
        cuda->memo->next[b] = (unsigned char)((cuda->memo->next[b] + 1) % WAYS);
    e->bytes = bytes;
    e->value = value;
    memcpy(e->key, key, bytes);
}

void dt_cuda_memo_destroy(dt_cuda *cuda)
{
    cuda->host->free(cuda->memo);
}
