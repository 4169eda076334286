#include "core/rng.h"
#include "test.h"

/* Known-answer vectors of Random123 (kat_vectors, philox4x32-10). */
static void philox_known_answers(void)
{
    static const struct {
        uint32_t counter[4], key[2], want[4];
    } kat[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof kat / sizeof *kat; i++) {
        uint32_t out[4];
        dt_philox4x32(kat[i].key, kat[i].counter, out);
        for (int k = 0; k < 4; k++)
            CHECK_INT(out[k], kat[i].want[k]);
    }
}

static void streams_are_functions_of_their_numbers(void)
{
    dt_rng a = dt_rng_make(1, DT_RNG_TEST, 2, 3), b = dt_rng_make(1, DT_RNG_TEST, 2, 3);
    for (int i = 0; i < 20; i++)
        CHECK_INT(dt_rng_u32(&a), dt_rng_u32(&b));
    const dt_rng others[] = {dt_rng_make(2, DT_RNG_TEST, 2, 3),
                             dt_rng_make(1, DT_RNG_SPLIT, 2, 3),
                             dt_rng_make(1, DT_RNG_TEST, 3, 3),
                             dt_rng_make(1, DT_RNG_TEST, 2, 4),
                             dt_rng_make(1, DT_RNG_TEST, 2, 3 + (1ull << 40)),
                             dt_rng_make(1, DT_RNG_TEST, 2 + (1ull << 40), 3)};
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        dt_rng x = dt_rng_make(1, DT_RNG_TEST, 2, 3), y = others[k];
        int same = 0;
        for (int i = 0; i < 16; i++)
            same += dt_rng_u32(&x) == dt_rng_u32(&y);
        CHECK(same < 2);
    }
}

/* A fork is a function of where the stream stands and of its tag, and leaves the stream alone. */
static void forks(void)
{
    dt_rng a = dt_rng_make(1, DT_RNG_TEST, 2, 3), b = a;
    dt_rng f = dt_rng_fork(&a, 7), again = dt_rng_fork(&b, 7), other = dt_rng_fork(&a, 8);
    dt_rng elsewhere = dt_rng_make(1, DT_RNG_TEST, 2, 4), far = dt_rng_fork(&elsewhere, 7);
    int same = 0;
    for (int i = 0; i < 16; i++) {
        const uint32_t v = dt_rng_u32(&f), own = dt_rng_u32(&a);
        CHECK_INT(v, dt_rng_u32(&again));
        CHECK_INT(own, dt_rng_u32(&b));
        same += (v == own) + (v == dt_rng_u32(&other)) + (v == dt_rng_u32(&far));
    }
    CHECK(same < 3);
}

static void ranges_and_moments(void)
{
    enum { N = 20000 };
    dt_rng r = dt_rng_make(5, DT_RNG_TEST, 0, 0);
    double mean = 0, square = 0, uniform = 0;
    int counts[7] = {0};
    for (int i = 0; i < N; i++) {
        float f = dt_rng_f32(&r);
        double d = dt_rng_f64(&r), n = dt_rng_normal(&r), u = dt_rng_uniform(&r, -2, 3);
        CHECK(f >= 0 && f < 1 && d >= 0 && d < 1 && u >= -2 && u < 3);
        counts[dt_rng_below(&r, 7)]++;
        mean += n / N;
        square += n * n / N;
        uniform += d / N;
    }
    CHECK_NEAR(mean, 0, 0.03);
    CHECK_NEAR(square, 1, 0.05);
    CHECK_NEAR(uniform, 0.5, 0.01);
    for (int k = 0; k < 7; k++)
        CHECK_NEAR(counts[k], N / 7.0, 250);
}

static void shuffle_permutes(void)
{
    int64_t items[100];
    int seen[100] = {0}, moved = 0;
    for (int i = 0; i < 100; i++)
        items[i] = i;
    dt_rng r = dt_rng_make(5, DT_RNG_SHUFFLE, 1, 0);
    dt_rng_shuffle(&r, items, 100);
    for (int i = 0; i < 100; i++) {
        seen[items[i]]++;
        moved += items[i] != i;
    }
    for (int i = 0; i < 100; i++)
        CHECK_INT(seen[i], 1);
    CHECK(moved > 80);
    dt_rng_shuffle(&r, items, 0);
}

int main(void)
{
    RUN(philox_known_answers);
    RUN(streams_are_functions_of_their_numbers);
    RUN(forks);
    RUN(ranges_and_moments);
    RUN(shuffle_permutes);
    return dt_test_end();
}
