#include "core/rng.h"

#include <math.h>

static uint64_t mix64(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

dt_rng dt_rng_make(uint64_t seed, dt_rng_purpose purpose, uint64_t a, uint64_t b)
{
    /* Key: seed and purpose. Counter: a in its upper words, b below; the last word counts blocks. a is folded
     * to 32 bits by a mix when it does not fit (names are hashed, epochs and steps fit). */
    uint64_t key = mix64(seed + 0x9e3779b97f4a7c15u * (uint64_t)purpose);
    uint32_t a32 = (uint32_t)a;
    if (a >> 32) {
        a32 = (uint32_t)mix64(a);
        key ^= mix64(a ^ 0x5851f42d4c957f2du);
    }
    dt_rng rng = {
        .key = {(uint32_t)key, (uint32_t)(key >> 32)},
        .counter = {0, (uint32_t)b, (uint32_t)(b >> 32), a32},
        .used = 4,
    };
    return rng;
}

dt_rng dt_rng_fork(const dt_rng *rng, uint64_t tag)
{
    const uint64_t key = (uint64_t)rng->key[1] << 32 | rng->key[0];
    const uint64_t forked = mix64(mix64(key ^ 0x5bf03635u) + 0x9e3779b97f4a7c15u * (tag + 1));
    dt_rng out = *rng;
    out.key[0] = (uint32_t)forked;
    out.key[1] = (uint32_t)(forked >> 32);
    out.used = 4;
    return out;
}

void dt_philox4x32(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1];
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint32_t dt_rng_u32(dt_rng *rng)
{
    if (rng->used == 4) {
        dt_philox4x32(rng->key, rng->counter, rng->block);
        rng->counter[0]++;
        rng->used = 0;
    }
    return rng->block[rng->used++];
}

uint64_t dt_rng_u64(dt_rng *rng)
{
    uint64_t hi = dt_rng_u32(rng);
    return hi << 32 | dt_rng_u32(rng);
}

float dt_rng_f32(dt_rng *rng)
{
    return (float)(dt_rng_u32(rng) >> 8) * 0x1p-24f;
}

double dt_rng_f64(dt_rng *rng)
{
    return (double)(dt_rng_u64(rng) >> 11) * 0x1p-53;
}

double dt_rng_uniform(dt_rng *rng, double lo, double hi)
{
    return lo + (hi - lo) * dt_rng_f64(rng);
}

uint64_t dt_rng_below(dt_rng *rng, uint64_t n)
{
    uint64_t limit = -n % n; /* 2^64 mod n: values under it would be one too frequent */
    uint64_t x;
    do {
        x = dt_rng_u64(rng);
    } while (x < limit);
    return x % n;
}

double dt_rng_normal(dt_rng *rng)
{
    double u = 1.0 - dt_rng_f64(rng); /* (0, 1] */
    double v = dt_rng_f64(rng);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925 * v);
}

void dt_rng_shuffle(dt_rng *rng, int64_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)dt_rng_below(rng, i);
        int64_t t = items[i - 1];
        items[i - 1] = items[j];
        items[j] = t;
    }
}

uint64_t dt_hash64(const void *data, size_t bytes)
{
    const unsigned char *p = data;
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < bytes; i++) {
        h ^= p[i];
        h *= 0x100000001b3u;
    }
    return mix64(h);
}
