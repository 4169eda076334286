/** Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy
 *  as 1, 2, 3", SC 2011).
 *
 * A stream is a pure function of (seed, purpose, a, b), e.g. (seed, DT_RNG_AUGMENT, epoch, sample). There is
 * no global state: nothing depends on threads, workers or the order of calls elsewhere. */
#ifndef DT_CORE_RNG_H
#define DT_CORE_RNG_H

#include <stddef.h>
#include <stdint.h>

/** What a stream is for, so that two uses with equal numbers differ. Values end up in results: never
 * renumber. */
typedef enum dt_rng_purpose {
    DT_RNG_INIT = 1,    /* a = hash of the parameter's name */
    DT_RNG_SHUFFLE = 2, /* a = epoch */
    DT_RNG_AUGMENT = 3, /* a = epoch, b = sample index */
    DT_RNG_DROPOUT = 4, /* a = step, b = call within the step */
    DT_RNG_SPLIT = 5,
    DT_RNG_TEST = 6,
    DT_RNG_SAMPLER = 7,
    DT_RNG_SIZE = 8, /* a = epoch, b = batch */
} dt_rng_purpose;

typedef struct dt_rng {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4];
    int used; /* words of block already given out */
} dt_rng;

dt_rng dt_rng_make(uint64_t seed, dt_rng_purpose purpose, uint64_t a, uint64_t b);

/** Another stream, a pure function of where `rng` stands and of `tag`; *rng does not move. For draws that are
 *  optional: taking them moves no other. */
dt_rng dt_rng_fork(const dt_rng *rng, uint64_t tag);

/** One Philox4x32-10 block: out = f(key, counter). Matches the known-answer vectors of Random123. */
void dt_philox4x32(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]);

uint32_t dt_rng_u32(dt_rng *rng);
uint64_t dt_rng_u64(dt_rng *rng);

/** Uniform in [0, 1): 24 bits (f32) or 53 bits (f64). */
float dt_rng_f32(dt_rng *rng);
double dt_rng_f64(dt_rng *rng);

/** Uniform in [lo, hi). */
double dt_rng_uniform(dt_rng *rng, double lo, double hi);

/** Uniform integer in [0, n), without modulo bias; n > 0. */
uint64_t dt_rng_below(dt_rng *rng, uint64_t n);

/** Standard normal (Box-Muller, one value a call). */
double dt_rng_normal(dt_rng *rng);

/** Fisher-Yates on indices. */
void dt_rng_shuffle(dt_rng *rng, int64_t *items, size_t n);

/** Stable 64-bit hash of bytes (FNV-1a with a final mix), for streams keyed by a name. */
uint64_t dt_hash64(const void *data, size_t bytes);

#endif
