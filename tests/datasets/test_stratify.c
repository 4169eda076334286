/* Parts have their sizes, labels their shares, whatever the labels are. */
#include "datasets/edit/stratify.h"

#include <math.h>

#include "core/mem.h"
#include "core/rng.h"
#include "test.h"

enum { MOST = 2000, LABELS = 12, PARTS = 4 };

typedef struct made {
    uint32_t size[MOST];
    size_t begin[MOST + 1];
    dt_stratum has[MOST * LABELS];
    dt_strata strata;
    int64_t pictures;
} made;

/* Label c is on a picture with probability 1 / (c + 1.5)^2; a block has up to `largest` pictures. */
static void make(made *m, size_t items, uint32_t largest, uint64_t seed)
{
    dt_rng rng = dt_rng_make(seed, DT_RNG_TEST, 1, 0);
    size_t n = 0;
    m->pictures = 0;
    for (size_t i = 0; i < items; i++) {
        m->size[i] = 1 + (uint32_t)dt_rng_below(&rng, largest);
        m->pictures += m->size[i];
        m->begin[i] = n;
        for (int32_t c = 0; c < LABELS; c++) {
            dt_stratum s = {c, 0, 0};
            for (uint32_t k = 0; k < m->size[i]; k++)
                if (dt_rng_f64(&rng) * (c + 1.5) * (c + 1.5) < 1) {
                    s.pictures++;
                    s.objects += 1 + (uint32_t)dt_rng_below(&rng, 9);
                }
            if (s.pictures) m->has[n++] = s;
        }
    }
    m->begin[items] = n;
    m->strata = (dt_strata){items, LABELS, m->size, m->begin, m->has};
}

typedef struct counts {
    int64_t size[PARTS], pictures[PARTS][LABELS], objects[PARTS][LABELS], all[LABELS], all_objects[LABELS];
} counts;

static void count(const made *m, const int32_t *part_of, counts *c)
{
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < m->strata.items; i++) {
        if (!CHECK(part_of[i] >= 0 && part_of[i] < PARTS)) return;
        c->size[part_of[i]] += m->size[i];
        for (size_t j = m->begin[i]; j < m->begin[i + 1]; j++) {
            c->pictures[part_of[i]][m->has[j].label] += m->has[j].pictures;
            c->objects[part_of[i]][m->has[j].label] += m->has[j].objects;
            c->all[m->has[j].label] += m->has[j].pictures;
            c->all_objects[m->has[j].label] += m->has[j].objects;
        }
    }
}

/* Mean distance of a label's share of pictures in a part from the part's own, and of objects. */
static double unevenness(const counts *c, const dt_division *d, int64_t total)
{
    double sum = 0;
    for (size_t p = 0; p < d->parts; p++)
        for (int l = 0; l < LABELS; l++) {
            const double share = (double)d->target[p] / (double)total;
            if (!c->all[l]) continue;
            sum += fabs((double)c->pictures[p][l] / (double)c->all[l] - share);
            sum += fabs((double)c->objects[p][l] / (double)c->all_objects[l] - share);
        }
    return sum;
}

static void sizes_and_shares(void)
{
    static made m;
    static int32_t part_of[MOST], again[MOST];
    counts strat, chance;
    dt_error err = {0};
    double sum = 0, sum_chance = 0; /* of the larger sets */
    for (uint64_t seed = 0; seed < 12; seed++) {
        const uint32_t largest = seed % 3 == 0 ? 1 : seed % 3 == 1 ? 4 : 30;
        make(&m, 200 + 150 * seed, largest, seed);
        int64_t target[PARTS] = {m.pictures * 7 / 10, m.pictures * 2 / 10, 0, 3};
        target[2] = m.pictures - target[0] - target[1] - target[3];
        const dt_division d = {target, PARTS, 3, seed};
        CHECK_OK(dt_divide_at_random(&m.strata, &d, part_of, &err), &err);
        count(&m, part_of, &chance);
        for (int p = 0; p < PARTS; p++)
            CHECK(llabs(chance.size[p] - target[p]) < largest * 3);
        CHECK_OK(dt_stratify(&m.strata, &d, part_of, &err), &err);
        count(&m, part_of, &strat);
        for (int p = 0; p < PARTS; p++) {
            CHECK_MSG(strat.size[p] - target[p] < largest && llabs(strat.size[p] - target[p]) < largest * 3,
                      "seed %d part %d: %d, wanted %d", (int)seed, p, (int)strat.size[p], (int)target[p]);
            if (largest == 1) CHECK_INT(strat.size[p], target[p]);
        }
        for (int l = 0; l < LABELS && largest == 1; l++)
            for (int p = 0; p < 3; p++)
                if (strat.all[l] >= 3)
                    CHECK_MSG(strat.pictures[p][l] > 0, "seed %d: part %d sees nothing of label %d (%d)",
                              (int)seed, p, l, (int)strat.all[l]);
        double s = unevenness(&strat, &d, m.pictures), r = unevenness(&chance, &d, m.pictures);
        CHECK_MSG(s < (largest == 30 ? .8 : .55) * r, "seed %d: unevenness %g, at random %g", (int)seed, s,
                  r);
        if (seed >= 6) sum += s, sum_chance += r;
        CHECK_OK(dt_stratify(&m.strata, &d, again, &err), &err);
        CHECK(memcmp(part_of, again, m.strata.items * sizeof *again) == 0);
    }
    CHECK_MSG(sum < .25 * sum_chance, "unevenness %g, at random %g", sum,
              sum_chance); /* .33 without exchanges */
}

/* Two pictures of a label and two parts: one each, though one part wants nearly all. */
static void rare_labels_reach_all(void)
{
    uint32_t size[100];
    size_t begin[101];
    dt_stratum has[100];
    int32_t part_of[100];
    dt_error err = {0};
    const int64_t target[2] = {95, 5};
    for (size_t i = 0; i < 100; i++) {
        size[i] = 1;
        begin[i] = i;
        has[i] = (dt_stratum){i < 2 ? 1 : 0, 1, 1};
    }
    begin[100] = 100;
    const dt_strata s = {100, 3, size, begin, has};
    for (uint64_t seed = 0; seed < 20; seed++) {
        const dt_division d = {target, 2, 2, seed};
        CHECK_OK(dt_stratify(&s, &d, part_of, &err), &err);
        CHECK_INT(part_of[0] + part_of[1], 1);
    }
}

/* The side of a lone pair is a matter of the seed. */
static void ties_are_drawn(void)
{
    const uint32_t size[5] = {2, 1, 1, 1, 1};
    const size_t begin[6] = {0, 1, 2, 3, 4, 5};
    const dt_stratum has[5] = {{0, 2, 2}, {0, 1, 1}, {0, 1, 1}, {0, 1, 1}, {0, 1, 1}};
    const dt_strata s = {5, 1, size, begin, has};
    const int64_t target[2] = {3, 3};
    int seen[2] = {0};
    int32_t part_of[5];
    dt_error err = {0};
    for (uint64_t seed = 0; seed < 32; seed++) {
        const dt_division d = {target, 2, 2, seed};
        CHECK_OK(dt_stratify(&s, &d, part_of, &err), &err);
        seen[part_of[0]]++;
    }
    CHECK(seen[0] > 4 && seen[1] > 4);
}

static void allocations(void)
{
    static made m;
    static int32_t part_of[MOST];
    const int64_t target[2] = {20, 20};
    const dt_division d = {target, 2, 2, 1};
    make(&m, 40, 1, 3);
    for (uint64_t n = 1;; n++) {
        dt_error err = {0};
        dt_mem_fail_at(n);
        dt_status st = dt_stratify(&m.strata, &d, part_of, &err);
        dt_mem_fail_at(0);
        if (!dt_mem_fail_fired()) break;
        CHECK_INT(st, DT_ERR_MEMORY);
    }
}

int main(void)
{
    RUN(sizes_and_shares);
    RUN(rare_labels_reach_all);
    RUN(ties_are_drawn);
    RUN(allocations);
    return dt_test_end();
}
