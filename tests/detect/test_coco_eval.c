#include "detect/coco_eval.h"

#include "core/mem.h"
#include "core/rng.h"
#include "test.h"

typedef struct case_data {
    char name[64];
    int images, classes, gt_count, dt_count;
    dt_coco_gt *gts;
    dt_coco_dt *dts;
} case_data;

static void case_free(case_data *c)
{
    free(c->gts);
    free(c->dts);
}

static dt_coco_input case_input(const case_data *c)
{
    return (dt_coco_input){c->gts, (size_t)c->gt_count, c->dts, (size_t)c->dt_count, c->images, c->classes};
}

/* Reads the lines of a case up to its results; 0 at the end of the cases. */
static int read_case(FILE *f, case_data *c)
{
    if (fscanf(f, " case %63s %d %d %d %d", c->name, &c->images, &c->classes, &c->gt_count, &c->dt_count) !=
        5)
        return 0;
    c->gts = calloc((size_t)c->gt_count + 1, sizeof *c->gts);
    c->dts = calloc((size_t)c->dt_count + 1, sizeof *c->dts);
    int read = 0;
    for (dt_coco_gt *g = c->gts; g < c->gts + c->gt_count; g++) {
        long long id = 0;
        read += fscanf(f, "%d %d %lld %lf %lf %lf %lf %lf %d", &g->image, &g->cls, &id, &g->x, &g->y, &g->w,
                       &g->h, &g->area, &g->crowd);
        g->id = id;
    }
    for (dt_coco_dt *d = c->dts; d < c->dts + c->dt_count; d++)
        read +=
            fscanf(f, "%d %d %lf %lf %lf %lf %lf", &d->image, &d->cls, &d->x, &d->y, &d->w, &d->h, &d->score);
    return CHECK_INT(read, 9 * c->gt_count + 7 * c->dt_count);
}

/* FNV-1a over the bytes of doubles, as make_coco_eval.py computes it. */
static void hash_value(uint64_t *h, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    for (int i = 0; i < 8; i++)
        *h = (*h ^ (bits >> 8 * i & 255)) * 0x100000001b3u;
}

typedef struct hashes {
    uint64_t precision, recall, scores;
} hashes;

static hashes hash_result(const dt_coco_result *e)
{
    hashes h = {0xcbf29ce484222325u, 0xcbf29ce484222325u, 0xcbf29ce484222325u};
    for (int t = 0; t < DT_COCO_T; t++) {
        for (int r = 0; r < DT_COCO_R; r++)
            for (int k = 0; k < e->class_count; k++)
                for (int a = 0; a < DT_COCO_A; a++)
                    for (int m = 0; m < DT_COCO_M; m++) {
                        hash_value(&h.precision, dt_coco_precision(e, t, r, k, a, m));
                        if (e->scores) hash_value(&h.scores, dt_coco_score(e, t, r, k, a, m));
                    }
        for (int k = 0; k < e->class_count; k++)
            for (int a = 0; a < DT_COCO_A; a++)
                for (int m = 0; m < DT_COCO_M; m++)
                    hash_value(&h.recall, dt_coco_recall(e, t, k, a, m));
    }
    return h;
}

static void check_case(const case_data *c, const double stats[12], hashes want, const double (*classes)[2],
                       dt_pool *pool)
{
    dt_coco_input in = case_input(c);
    dt_coco_result e;
    dt_error err = {0};
    if (!CHECK_OK(dt_coco_evaluate(&in, &(dt_coco_opts){.pool = pool, .keep_scores = 1}, &e, &err), &err))
        return;
    for (int i = 0; i < DT_COCO_STATS; i++)
        CHECK_MSG(e.stats[i] == stats[i], "%s: %s = %.17g, expected %.17g", c->name, dt_coco_stat_name(i),
                  e.stats[i], stats[i]);
    hashes have = hash_result(&e);
    CHECK_MSG(have.precision == want.precision, "%s: some precision differs", c->name);
    CHECK_MSG(have.recall == want.recall, "%s: some recall differs", c->name);
    CHECK_MSG(have.scores == want.scores, "%s: some score differs", c->name);
    int64_t gts = 0, dts = 0;
    for (int k = 0; k < c->classes; k++) {
        CHECK_MSG(e.classes[k].ap == classes[k][0] && e.classes[k].ap50 == classes[k][1],
                  "%s: class %d: AP %.17g AP50 %.17g, expected %.17g %.17g", c->name, k, e.classes[k].ap,
                  e.classes[k].ap50, classes[k][0], classes[k][1]);
        gts += e.classes[k].gt_count + e.classes[k].crowd_count;
        dts += e.classes[k].dt_count;
    }
    CHECK_INT(gts, c->gt_count);
    CHECK_INT(dts, c->dt_count);
    dt_coco_result_free(&e);
}

static void check_grids(FILE *f)
{
    double v;
    int n, read = fscanf(f, " iou ");
    for (int t = 0; t < DT_COCO_T; t++) {
        read += fscanf(f, "%lf", &v);
        CHECK_MSG(dt_coco_iou_threshold(t) == v, "threshold %d: %.17g, expected %.17g", t,
                  dt_coco_iou_threshold(t), v);
    }
    read += fscanf(f, " recall ");
    for (int r = 0; r < DT_COCO_R; r++) {
        read += fscanf(f, "%lf", &v);
        CHECK_MSG(dt_coco_recall_threshold(r) == v, "recall %d: %.17g, expected %.17g", r,
                  dt_coco_recall_threshold(r), v);
    }
    int means = 0;
    for (; fscanf(f, " mean %d %lf", &n, &v) == 2; means++) {
        double *values = calloc((size_t)n, sizeof *values);
        for (int i = 0; i < n; i++)
            values[i] = fmod((double)i * 0.7310585786300049 + 0.1, 1.0);
        CHECK_MSG(dt_coco_mean(values, (size_t)n) == v, "mean of %d: %.17g, expected %.17g", n,
                  dt_coco_mean(values, (size_t)n), v);
        free(values);
    }
    CHECK_INT(means, 13);
    CHECK_INT(read, DT_COCO_T + DT_COCO_R);
}

static void test_golden(void)
{
    FILE *f = fopen(dt_test_golden("detect/coco_eval.txt"), "r");
    if (!CHECK_MSG(f != NULL, "detect/coco_eval.txt is missing")) return;
    dt_pool *pool = NULL;
    dt_error err = {0};
    CHECK_OK(dt_pool_create(3, &pool, &err), &err);
    case_data c;
    int cases = 0;
    for (; read_case(f, &c); cases++) {
        double stats[12] = {0}, classes[16][2];
        unsigned long long h[3] = {0};
        int read = fscanf(f, " stats %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf", &stats[0], &stats[1],
                          &stats[2], &stats[3], &stats[4], &stats[5], &stats[6], &stats[7], &stats[8],
                          &stats[9], &stats[10], &stats[11]);
        read += fscanf(f, " hash %llx %llx %llx", &h[0], &h[1], &h[2]);
        CHECK(c.classes <= 16);
        for (int k = 0; k < c.classes && k < 16; k++)
            read += fscanf(f, " class %lf %lf", &classes[k][0], &classes[k][1]);
        CHECK_INT(read, 15 + 2 * c.classes);
        hashes want = {h[0], h[1], h[2]};
        check_case(&c, stats, want, (const double(*)[2])classes, NULL);
        check_case(&c, stats, want, (const double(*)[2])classes, pool);
        case_free(&c);
    }
    CHECK_INT(cases, 14);
    check_grids(f);
    dt_pool_destroy(pool);
    fclose(f);
}

static case_data random_case(uint64_t seed, int images, int classes, int gts, int dts)
{
    case_data c = {.images = images, .classes = classes, .gt_count = gts, .dt_count = dts};
    dt_rng rng = dt_rng_make(seed, DT_RNG_TEST, 0, 0);
    c.gts = calloc((size_t)gts + 1, sizeof *c.gts);
    c.dts = calloc((size_t)dts + 1, sizeof *c.dts);
    for (int i = 0; i < gts; i++) {
        dt_coco_gt *g = &c.gts[i];
        *g = (dt_coco_gt){.image = (int32_t)dt_rng_below(&rng, (uint64_t)images),
                          .cls = (int32_t)dt_rng_below(&rng, (uint64_t)classes),
                          .id = i + 1,
                          .x = dt_rng_uniform(&rng, 0, 300),
                          .y = dt_rng_uniform(&rng, 0, 300),
                          .w = dt_rng_uniform(&rng, 5, 150),
                          .h = dt_rng_uniform(&rng, 5, 150),
                          .crowd = dt_rng_below(&rng, 12) == 0};
        g->area = g->w * g->h * 0.8;
    }
    for (int i = 0; i < dts; i++) {
        const dt_coco_gt *g = &c.gts[dt_rng_below(&rng, (uint64_t)gts)];
        c.dts[i] = (dt_coco_dt){g->image,
                                g->cls,
                                g->x + dt_rng_uniform(&rng, -9, 9),
                                g->y + dt_rng_uniform(&rng, -9, 9),
                                g->w * dt_rng_uniform(&rng, .7, 1.4),
                                g->h,
                                dt_rng_uniform(&rng, 0, 1)};
    }
    return c;
}

static void test_threads(void)
{
    case_data c = random_case(3, 60, 20, 1500, 9000);
    dt_coco_input in = case_input(&c);
    dt_error err = {0};
    hashes first = {0};
    for (int threads = 1; threads <= 7; threads += 2) {
        dt_pool *pool = NULL;
        dt_coco_result e;
        CHECK_OK(dt_pool_create(threads, &pool, &err), &err);
        if (!CHECK_OK(dt_coco_evaluate(&in, &(dt_coco_opts){.pool = pool, .keep_scores = 1}, &e, &err), &err))
            return;
        hashes h = hash_result(&e);
        if (threads == 1) first = h;
        CHECK_MSG(memcmp(&h, &first, sizeof h) == 0, "%d threads give another result", threads);
        CHECK(e.stats[DT_COCO_AP] > 0.05 && e.stats[DT_COCO_AP] < 0.95);
        dt_coco_result_free(&e);
        dt_pool_destroy(pool);
    }
    case_free(&c);
}

static void test_id_zero(void)
{
    dt_coco_gt gt = {.id = 0, .w = 50, .h = 50, .area = 2500};
    dt_coco_dt dt = {.w = 50, .h = 50, .score = .9};
    dt_coco_input in = {&gt, 1, &dt, 1, 1, 1};
    dt_coco_result e;
    dt_error err = {0};
    CHECK_OK(dt_coco_evaluate(&in, &(dt_coco_opts){0}, &e, &err), &err);
    CHECK(e.stats[DT_COCO_AP] == 0);
    dt_coco_result_free(&e);
    CHECK_OK(dt_coco_evaluate(&in, &(dt_coco_opts){.fix_id_zero = 1}, &e, &err), &err);
    CHECK_NEAR(e.stats[DT_COCO_AP], 1, 1e-15);
    CHECK(e.stats[DT_COCO_AR1] == 1 && e.stats[DT_COCO_APs] == -1 && e.stats[DT_COCO_APm] > 0.99);
    dt_coco_result_free(&e);
}

static void test_bad_input(void)
{
    dt_error err = {0};
    dt_coco_result e;
    dt_coco_gt gt = {.id = 1, .w = 5, .h = 5, .area = 25};
    dt_coco_dt good = {.w = 5, .h = 5, .score = .5}, dts[2] = {good, good};
    dt_coco_input in = {&gt, 1, dts, 2, 1, 1};
    dts[1].score = NAN;
    CHECK_INT(dt_coco_evaluate(&in, &(dt_coco_opts){0}, &e, &err), DT_ERR_ARG);
    CHECK_MSG(strstr(err.text, "detection 1") != NULL, "%s", err.text);
    dts[1] = good;
    dts[1].image = 1;
    CHECK_INT(dt_coco_evaluate(&in, &(dt_coco_opts){0}, &e, &err), DT_ERR_ARG);
    dts[1] = good;
    dts[1].cls = -1;
    CHECK_INT(dt_coco_evaluate(&in, &(dt_coco_opts){0}, &e, &err), DT_ERR_ARG);
    dts[1] = good;
    gt.area = INFINITY;
    CHECK_INT(dt_coco_evaluate(&in, &(dt_coco_opts){0}, &e, &err), DT_ERR_ARG);
    /* Nothing at all is not an error: there is no class to average. */
    in = (dt_coco_input){0};
    CHECK_OK(dt_coco_evaluate(&in, &(dt_coco_opts){0}, &e, &err), &err);
    for (int i = 0; i < DT_COCO_STATS; i++)
        CHECK(e.stats[i] == -1);
    dt_coco_result_free(&e);
    /* Objects without a detection: 0, not -1. */
    gt.area = 25;
    in = (dt_coco_input){&gt, 1, NULL, 0, 1, 1};
    CHECK_OK(dt_coco_evaluate(&in, &(dt_coco_opts){0}, &e, &err), &err);
    CHECK(e.stats[DT_COCO_AP] == 0 && e.stats[DT_COCO_AR100] == 0 && e.stats[DT_COCO_APl] == -1);
    dt_coco_result_free(&e);
}

static void test_memory(void)
{
    case_data c = random_case(8, 5, 3, 30, 90);
    dt_coco_input in = case_input(&c);
    size_t live = dt_mem_live();
    dt_error err = {0};
    for (uint64_t nth = 1; nth < 100; nth++) {
        dt_coco_result e;
        dt_mem_fail_at(nth);
        dt_status status = dt_coco_evaluate(&in, &(dt_coco_opts){.keep_scores = 1}, &e, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK_INT(status, fired ? DT_ERR_MEMORY : DT_OK);
        dt_coco_result_free(&e);
        CHECK_INT(dt_mem_live(), live);
        if (!fired) {
            CHECK(nth > 15);
            break;
        }
    }
    case_free(&c);
}

int main(void)
{
    RUN(test_golden);
    RUN(test_threads);
    RUN(test_id_zero);
    RUN(test_bad_input);
    RUN(test_memory);
    return dt_test_end();
}
