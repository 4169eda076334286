#include "core/mem.h"
#include "datasets/loader/sampler.h"
#include "golden_file.h"

enum { MAX = 4096 };
static const char golden[] = "sampler.txt";

/* Draws an epoch; returns its length. */
static int64_t draw(const dt_sampler_opts *o, int64_t records, int batch, int64_t epoch, dt_pick *picks)
{
    dt_error err = {0};
    if (!CHECK_OK(dt_sampler_check(o, records, batch, &err), &err)) return 0;
    int64_t n = dt_sampler_length(o, records, batch);
    if (!CHECK(n <= MAX)) return 0;
    CHECK_OK(dt_sampler_draw(o, records, batch, 11, epoch, picks, &err), &err);
    return n;
}

static void random_as_pytorch(void)
{
    static dt_pick picks[MAX];
    int64_t count;
    double *rows = golden_read(golden, "random", &count);
    for (int64_t r = 0; rows && r < count / 5; r++) {
        const double *row = rows + 5 * r;
        int64_t records = (int64_t)row[0], seen[32] = {0}, least = MAX, most = 0, at_most = 0;
        dt_sampler_opts o = {.kind = DT_SAMPLER_RANDOM, .num_samples = (int64_t)row[1]};
        CHECK_INT(draw(&o, records, 4, 3, picks), row[1]);
        for (int64_t i = 0; i < o.num_samples; i++)
            CHECK_INT(picks[i].repeat, seen[picks[i].index]++);
        for (int64_t i = 0; i < records; i++) {
            least = seen[i] < least ? seen[i] : least;
            most = seen[i] > most ? seen[i] : most;
        }
        for (int64_t i = 0; i < records; i++)
            at_most += seen[i] == most;
        CHECK_INT(least, row[2]);
        CHECK_INT(most, row[3]);
        CHECK_INT(at_most, row[4]);
    }
    free(rows);
}

static void shards_as_pytorch(void)
{
    static dt_pick picks[MAX];
    enum { ROW = 37 };
    int64_t count;
    double *rows = golden_read(golden, "distributed", &count);
    for (int64_t r = 0; rows && r < count / ROW; r++) {
        const double *row = rows + ROW * r;
        dt_sampler_opts o = {.world = (int)row[1], .rank = (int)row[2], .shard_drop_last = (int)row[3]};
        CHECK_INT(draw(&o, (int64_t)row[0], 1, 0, picks), row[4]);
        for (int i = 0; i < (int)row[4]; i++)
            CHECK_INT(picks[i].index, row[5 + i]);
    }
    free(rows);
}

/* Shuffled shards are parts of one permutation, and padding counts as another showing of the record. */
static void shards_share_one_order(void)
{
    static dt_pick all[MAX], part[MAX];
    dt_sampler_opts o = {.kind = DT_SAMPLER_RANDOM};
    int64_t n = draw(&o, 10, 1, 5, all);
    CHECK_INT(n, 10);
    o.world = 4;
    for (o.rank = 0; o.rank < 4; o.rank++) {
        CHECK_INT(draw(&o, 10, 1, 5, part), 3);
        for (int k = 0; k < 3; k++) {
            int place = o.rank + 4 * k;
            CHECK_INT(part[k].index, all[place % 10].index);
            CHECK_INT(part[k].repeat, place >= 10);
        }
    }
}

static void batches_as_pytorch(void)
{
    int64_t count;
    double *rows = golden_read(golden, "batches", &count);
    for (int64_t r = 0; rows && r < count / 5; r++) {
        const double *row = rows + 5 * r;
        CHECK_INT(dt_sampler_batches((int64_t)row[0], (int)row[1], (int)row[2]), row[3]);
    }
    free(rows);
}

/* Both sides are estimates: 5 standard deviations of each. */
static void check_shares(const double *expected, double expected_draws, const int64_t *seen, int64_t draws)
{
    for (int i = 0; i < 6; i++) {
        double share = (double)seen[i] / (double)draws, p = expected[i];
        double sigma = sqrt(p * (1 - p)) * (1 / sqrt((double)draws) + 1 / sqrt(expected_draws));
        CHECK_NEAR(share, p, 5 * sigma);
    }
}

static void weighted_as_pytorch(void)
{
    static dt_pick picks[MAX];
    int64_t count;
    double *weights = golden_read(golden, "weights", &count),
           *p = golden_read(golden, "with_replacement", &count);
    if (!weights || !p) return;
    dt_sampler_opts o = {
        .kind = DT_SAMPLER_WEIGHTED, .weights = weights, .num_samples = 4000, .replacement = 1};
    int64_t seen[6] = {0};
    for (int epoch = 0; epoch < 25; epoch++) {
        draw(&o, 6, 1, epoch, picks);
        for (int i = 0; i < 4000; i++)
            seen[picks[i].index]++;
    }
    CHECK_INT(seen[1], 0);
    check_shares(p, 200000, seen, 100000);
    free(p);

    o.replacement = 0;
    o.num_samples = 3;
    int64_t place[3][6] = {{0}};
    for (int epoch = 0; epoch < 20000; epoch++) {
        CHECK_INT(draw(&o, 6, 1, epoch, picks), 3);
        for (int k = 0; k < 3; k++)
            place[k][picks[k].index]++;
        CHECK(picks[0].index != picks[1].index && picks[0].index != picks[2].index &&
              picks[1].index != picks[2].index);
    }
    for (int k = 0; k < 3; k++) {
        char name[32];
        snprintf(name, sizeof name, "without_replacement%d", k);
        p = golden_read(golden, name, &count);
        if (p) check_shares(p, 20000, place[k], 20000);
        free(p);
    }
    free(weights);
}

/* Half of the draws times the smallest number above 0 are rounded up to the sum: the last entry of a weight
 * above 0 is meant then, not one behind it. */
static void zero_weights_are_never_drawn(void)
{
    static dt_pick picks[MAX];
    const double weights[] = {0, 0x1p-1074, 0, 0};
    dt_sampler_opts o = {
        .kind = DT_SAMPLER_WEIGHTED, .weights = weights, .num_samples = 200, .replacement = 1};
    CHECK_INT(draw(&o, 4, 1, 0, picks), 200);
    for (int i = 0; i < 200; i++)
        CHECK_INT(picks[i].index, 1);
    o.replacement = 0;
    o.num_samples = 1;
    for (int epoch = 0; epoch < 200; epoch++) {
        CHECK_INT(draw(&o, 4, 1, epoch, picks), 1);
        CHECK_INT(picks[0].index, 1);
    }
}

static void repeat_factors(void)
{
    static dt_pick picks[MAX];
    dt_error err = {0};
    int64_t count, n;
    double *cls = golden_read(golden, "classes", &count), *at = golden_read(golden, "begin", &n);
    if (!cls || !at) return;
    int32_t classes[256];
    size_t begin[64];
    const int64_t records = n - 1;
    for (int64_t i = 0; i < count; i++)
        classes[i] = (int32_t)cls[i];
    for (int64_t i = 0; i < n; i++)
        begin[i] = (size_t)at[i];
    const double thresholds[] = {.001, .5};
    for (int v = 0; v < 2; v++) {
        double factors[64], sum = 0;
        double *expected = golden_read(golden, v ? "factors_half" : "factors_lvis", &n);
        CHECK_OK(dt_repeat_factors(classes, begin, records, 7, thresholds[v], factors, &err), &err);
        for (int64_t i = 0; expected && i < records; i++) {
            CHECK_NEAR(factors[i], expected[i], 1e-12);
            sum += factors[i];
        }
        free(expected);
        dt_sampler_opts o = {.kind = DT_SAMPLER_REPEAT, .weights = factors};
        int64_t seen[64] = {0};
        for (int epoch = 0; epoch < 1000; epoch++) {
            int64_t once[64] = {0};
            CHECK_INT(draw(&o, records, 1, epoch, picks), (int64_t)floor(sum));
            for (int64_t i = 0; i < (int64_t)floor(sum); i++) {
                seen[picks[i].index]++;
                once[picks[i].index]++;
            }
            for (int64_t i = 0; i < records; i++)
                CHECK(once[i] <= (int64_t)ceil(factors[i]) && once[i] >= (int64_t)floor(factors[i]) - 1);
        }
        /* the cut end takes at most one place an epoch, from anywhere */
        for (int64_t i = 0; i < records; i++)
            CHECK_NEAR((double)seen[i] / 1000, factors[i], .1);
    }
    classes[0] = 7;
    double factors[64];
    CHECK_INT(dt_repeat_factors(classes, begin, records, 7, .1, factors, &err), DT_ERR_ARG);
    CHECK_INT(dt_inverse_frequency_weights(classes, begin, records, 7, factors, &err), DT_ERR_ARG);
    free(cls);
    free(at);
}

static void inverse_frequency(void)
{
    dt_error err = {0};
    const int32_t classes[] = {0, 0, 0, 1, 0, 1, -1};
    const size_t begin[] = {0, 1, 2, 3, 4, 6, 6, 7}; /* 0 | 0 | 0 | 1 | 0 1 | none | ignored only */
    double w[7];
    CHECK_OK(dt_inverse_frequency_weights(classes, begin, 7, 2, w, &err), &err);
    const double expected[] = {.25, .25, .25, .5, .375, .25, .25};
    for (int i = 0; i < 7; i++)
        CHECK_NEAR(w[i], expected[i], 1e-15);
}

static void groups_fill_batches(void)
{
    static dt_pick picks[MAX];
    int32_t groups[40];
    for (int i = 0; i < 40; i++)
        groups[i] = i % 7 == 0 ? 2 : i % 3 == 0 ? 1 : 0;
    for (int batch = 1; batch <= 12; batch++) {
        for (int epoch = 0; epoch < 5; epoch++) {
            dt_sampler_opts o = {.kind = DT_SAMPLER_RANDOM, .groups = groups};
            int64_t n = draw(&o, 40, batch, epoch, picks);
            CHECK_INT(n, 40 / batch * batch);
            int doubled = 0;
            for (int64_t i = 0; i < n; i++) {
                CHECK_INT(groups[picks[i].index], groups[picks[i - i % batch].index]);
                doubled += picks[i].repeat > 0;
            }
            CHECK(doubled < 3 * batch);
            for (int64_t i = 0; i < n; i++)
                for (int64_t k = 0; k < i; k++)
                    CHECK(picks[i].index != picks[k].index || picks[i].repeat != picks[k].repeat);
        }
    }
}

/* No place of an epoch shows a record under a number that another place has, of any rank. */
static void group_fillers_are_new_places(void)
{
    static dt_pick picks[MAX], all[MAX];
    const int32_t groups[] = {0, 0, 0, 1, 1};
    const double weights[] = {1, 2, .5, 3, 1};
    for (int kind = 0; kind < 3; kind++)
        for (int world = 1; world <= 3; world++)
            for (int epoch = 0; epoch < 50; epoch++) {
                int64_t count = 0;
                for (int rank = 0; rank < world; rank++) {
                    const dt_sampler_opts o = {.kind = kind ? DT_SAMPLER_WEIGHTED : DT_SAMPLER_RANDOM,
                                               .replacement = kind != 2,
                                               .weights = kind ? weights : NULL,
                                               .num_samples = kind == 2 ? 5 : 23,
                                               .groups = groups,
                                               .rank = rank,
                                               .world = world};
                    dt_error err = {0};
                    const int batch = kind == 2 ? 1 : 4;
                    const int64_t n = dt_sampler_length(&o, 5, batch);
                    CHECK_OK(dt_sampler_draw(&o, 5, batch, 1, epoch, picks, &err), &err);
                    for (int64_t i = 0; i < n; i++)
                        all[count++] = picks[i];
                }
                int twice = 0;
                for (int64_t i = 0; i < count; i++)
                    for (int64_t k = 0; k < i; k++)
                        twice += all[i].index == all[k].index && all[i].repeat == all[k].repeat;
                CHECK_MSG(twice == 0, "kind %d, %d ranks, epoch %d: %d places twice", kind, world, epoch,
                          twice);
            }
}

static void subsets_and_wrong_options(void)
{
    static dt_pick picks[MAX];
    const int64_t subset[] = {8, 3, 5};
    dt_sampler_opts o = {.subset = subset, .subset_count = 3};
    CHECK_INT(draw(&o, 9, 2, 0, picks), 3);
    CHECK(picks[0].index == 8 && picks[1].index == 3 && picks[2].index == 5);
    o.kind = DT_SAMPLER_RANDOM;
    o.num_samples = 6;
    CHECK_INT(draw(&o, 9, 2, 0, picks), 6);
    int64_t sum = 0;
    for (int i = 0; i < 6; i++)
        sum += picks[i].index;
    CHECK_INT(sum, 32);

    const double bad_weights[] = {1, -1, 0}, zero[] = {0, 0, 0}, few[] = {1, 0, 0};
    const int32_t groups[] = {0, -1, 0};
    const struct {
        dt_sampler_opts o;
        int64_t records;
        const char *text;
    } cases[] = {
        {{.subset = subset, .subset_count = 3}, 8, "record 8"},
        {{.subset = subset}, 9, "0 of 9"},
        {{.num_samples = 3}, 9, "num_samples"},
        {{.replacement = 1}, 9, "replacement"},
        {{.kind = DT_SAMPLER_WEIGHTED}, 3, "needs weights"},
        {{.kind = DT_SAMPLER_WEIGHTED, .weights = bad_weights}, 3, "weight 1 is -1"},
        {{.kind = DT_SAMPLER_REPEAT, .weights = zero}, 3, "all 3 weights"},
        {{.kind = DT_SAMPLER_WEIGHTED, .weights = few, .num_samples = 2}, 3, "2 draws"},
        {{.rank = 2, .world = 2}, 3, "rank 2 of 2"},
        {{.world = 4, .shard_drop_last = 1}, 3, "is empty"},
        {{.kind = DT_SAMPLER_RANDOM, .num_samples = INT64_MAX, .world = 2}, 3, "num_samples is"},
        {{.groups = groups}, 3, "group of record 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dt_error err = {0};
        CHECK_INT(dt_sampler_check(&cases[i].o, cases[i].records, 2, &err), DT_ERR_ARG);
        CHECK_MSG(strstr(err.text, cases[i].text) != NULL, "\"%s\" does not name \"%s\"", err.text,
                  cases[i].text);
    }
}

static void every_allocation_can_fail(void)
{
    dt_pick picks[32];
    const double weights[] = {1, 2, .5, 1.5, 1};
    const int32_t groups[] = {0, 1, 0, 1, 1};
    const size_t before = dt_mem_live();
    for (int kind = DT_SAMPLER_SEQUENTIAL; kind <= DT_SAMPLER_REPEAT; kind++) {
        dt_sampler_opts o = {.kind = (dt_sampler_kind)kind, .weights = weights, .groups = groups};
        for (uint64_t n = 1; n < 100; n++) {
            dt_error err = {0};
            dt_mem_fail_at(n);
            dt_status st = dt_sampler_draw(&o, 5, 2, 1, 0, picks, &err);
            int fired = dt_mem_fail_fired();
            dt_mem_fail_at(0);
            CHECK_INT(st, fired ? DT_ERR_MEMORY : DT_OK);
            CHECK_INT(dt_mem_live(), before);
            if (!fired) break;
        }
    }
}

int main(void)
{
    RUN(random_as_pytorch);
    RUN(shards_as_pytorch);
    RUN(shards_share_one_order);
    RUN(batches_as_pytorch);
    RUN(weighted_as_pytorch);
    RUN(zero_weights_are_never_drawn);
    RUN(repeat_factors);
    RUN(inverse_frequency);
    RUN(groups_fill_batches);
    RUN(group_fillers_are_new_places);
    RUN(subsets_and_wrong_options);
    RUN(every_allocation_can_fail);
    return dt_test_end();
}
