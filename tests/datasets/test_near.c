/* Near pairs, components and borders against comparing all with all. */
#include "datasets/check/near.h"

#include "core/mem.h"
#include "core/rng.h"
#include "test.h"

enum { COUNT = 1200 };

/* Chains: each print is a few bits off an earlier one, or new. Small pictures come in two kinds that do not
 * agree. */
static dt_fingerprint *make_prints(uint64_t seed)
{
    dt_rng rng = dt_rng_make(seed, DT_RNG_TEST, 0, 0);
    dt_fingerprint *prints = dt_calloc(COUNT, sizeof *prints);
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t kind = dt_rng_below(&rng, 4);
        prints[i].known = 1;
        if (i == 0 || kind == 0) {
            prints[i].hash = dt_rng_u64(&rng);
            for (int k = 0; k < DT_THUMB_BYTES; k++)
                prints[i].thumb[k] = (uint8_t)(dt_rng_below(&rng, 2) ? k % 16 * 12 : 255 - k % 16 * 12);
            continue;
        }
        prints[i] = prints[dt_rng_below(&rng, i)];
        if (kind == 1) continue; /* an exact copy */
        for (uint64_t flips = 1 + dt_rng_below(&rng, 6); flips > 0; flips--)
            prints[i].hash ^= (uint64_t)1 << dt_rng_below(&rng, 64);
        if (dt_rng_below(&rng, 8) == 0) prints[i].thumb[7] ^= 1;
        if (dt_rng_below(&rng, 8) == 0) memset(prints[i].thumb, (int)(i % 256), DT_THUMB_BYTES / 2);
    }
    prints[5].known = 0;
    return prints;
}

static int is_near(const dt_fingerprint *a, const dt_fingerprint *b)
{
    return a->known && b->known && dt_fingerprint_distance(a, b) <= DT_NEAR_DISTANCE &&
           dt_fingerprint_agrees(a, b);
}

static void components(void)
{
    for (uint64_t seed = 0; seed < 3; seed++) {
        dt_fingerprint *prints = make_prints(seed);
        size_t *parent = dt_calloc(COUNT, sizeof *parent), *want = dt_calloc(COUNT, sizeof *want);
        dt_error err = {0};
        size_t pairs = 0;
        for (size_t i = 0; i < COUNT; i++)
            parent[i] = want[i] = i;
        CHECK_OK(dt_near_join(prints, COUNT, parent, &err), &err);
        for (size_t i = 0; i < COUNT; i++)
            for (size_t k = 0; k < i; k++)
                if (is_near(&prints[i], &prints[k])) {
                    dt_union_join(want, i, k);
                    pairs++;
                }
        for (size_t i = 0; i < COUNT; i++)
            if (!CHECK_INT(dt_union_find(parent, i), dt_union_find(want, i))) break;
        CHECK_MSG(pairs > COUNT / 2, "%zu pairs: too few to test anything", pairs);
        dt_free(prints);
        dt_free(parent);
        dt_free(want);
    }
}

/* A border with a single pair across it is seen, wherever it is. */
static void borders(void)
{
    dt_fingerprint *prints = make_prints(9);
    int32_t *groups = dt_calloc(COUNT, sizeof *groups);
    size_t *parent = dt_calloc(COUNT, sizeof *parent), pairs;
    dt_near_pair first;
    dt_error err = {0};
    for (size_t i = 0; i < COUNT; i++)
        parent[i] = i;
    CHECK_OK(dt_near_join(prints, COUNT, parent, &err), &err);
    for (size_t i = 0; i < COUNT; i++)
        groups[i] = (int32_t)(dt_union_find(parent, i) % 3);
    CHECK_OK(dt_near_across(prints, groups, COUNT, &pairs, &first, &err), &err);
    CHECK_INT(pairs, 0);
    for (size_t i = 0; i < COUNT; i += 7) {
        int alone = 1;
        for (size_t k = 0; k < COUNT && alone; k++)
            alone = k == i || !is_near(&prints[i], &prints[k]);
        groups[i] += 10;
        CHECK_OK(dt_near_across(prints, groups, COUNT, &pairs, &first, &err), &err);
        CHECK((pairs == 0) == alone);
        if (pairs) {
            CHECK(is_near(&prints[first.item], &prints[first.of]));
            CHECK(groups[first.item] != groups[first.of]);
        }
        groups[i] -= 10;
    }
    dt_free(prints);
    dt_free(groups);
    dt_free(parent);
}

static void out_of_memory(void)
{
    dt_fingerprint *prints = make_prints(1);
    size_t parent[COUNT], before = dt_mem_live();
    for (uint64_t n = 1;; n++) {
        dt_error err = {0};
        for (size_t i = 0; i < COUNT; i++)
            parent[i] = i;
        dt_mem_fail_at(n);
        dt_status st = dt_near_join(prints, COUNT, parent, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK_INT(dt_mem_live(), before);
        if (!fired) break;
        CHECK_INT(st, DT_ERR_MEMORY);
    }
    CHECK_OK(dt_near_join(prints, 0, parent, &(dt_error){0}), &(dt_error){0});
    dt_free(prints);
}

int main(void)
{
    RUN(components);
    RUN(borders);
    RUN(out_of_memory);
    return dt_test_end();
}
