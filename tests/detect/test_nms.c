#include "detect/nms.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/rng.h"
#include "detect/nms_block.h"
#include "test.h"

typedef struct nms_case {
    int n;
    float *boxes, *scores;
    int32_t *classes;
} nms_case;

static nms_case case_create(int n)
{
    return (nms_case){n, calloc((size_t)n * 4 + 1, sizeof(float)), calloc((size_t)n + 1, sizeof(float)),
                      calloc((size_t)n + 1, sizeof(int32_t))};
}

static void case_free(nms_case *c)
{
    free(c->boxes);
    free(c->scores);
    free(c->classes);
}

static void test_golden(void)
{
    FILE *f = fopen(dt_test_golden("detect/nms.txt"), "r");
    if (!CHECK_MSG(f != NULL, "detect/nms.txt is missing")) return;
    char name[64];
    int n, with_classes, cases = 0;
    double iou;
    while (fscanf(f, " case %63s %d %lf %d", name, &n, &iou, &with_classes) == 4) {
        nms_case c = case_create(n);
        int read = 0;
        for (int i = 0; i < n; i++)
            read += fscanf(f, "%f %f %f %f %f %d", &c.boxes[4 * i], &c.boxes[4 * i + 1], &c.boxes[4 * i + 2],
                           &c.boxes[4 * i + 3], &c.scores[i], &c.classes[i]);
        CHECK_INT(read, 6 * n);
        int want;
        CHECK_INT(fscanf(f, " keep %d", &want), 1);
        int32_t *keep = calloc((size_t)n, sizeof *keep);
        int64_t kept;
        dt_error err = {0};
        CHECK_OK(dt_nms(c.boxes, c.scores, with_classes ? c.classes : NULL, n, &(dt_nms_opts){.iou = iou},
                        keep, &kept, &err),
                 &err);
        CHECK_MSG(kept == want, "%s: %lld kept, expected %d", name, (long long)kept, want);
        for (int i = 0; i < want; i++) {
            int index = -1;
            CHECK(fscanf(f, "%d", &index) == 1);
            if (i < kept)
                CHECK_MSG(keep[i] == index, "%s: kept[%d] = %d, expected %d", name, i, keep[i], index);
        }
        free(keep);
        case_free(&c);
        cases++;
    }
    CHECK_INT(cases, 20);
    fclose(f);
}

/* The rules of nms.h, word for word and in quadratic time. */
static float naive_iou(const float *k, const float *c)
{
    float left = k[0] < c[0] ? c[0] : k[0], top = k[1] < c[1] ? c[1] : k[1];
    float right = c[2] < k[2] ? c[2] : k[2], bottom = c[3] < k[3] ? c[3] : k[3];
    float w = right - left, h = bottom - top;
    w = 0 < w ? w : 0;
    h = 0 < h ? h : 0;
    float inter = w * h;
    return inter / (((k[2] - k[0]) * (k[3] - k[1]) + (c[2] - c[0]) * (c[3] - c[1])) - inter);
}

static int naive_nms(const nms_case *c, double iou, int agnostic, int max_det, int32_t *keep)
{
    int kept = 0;
    char *done = calloc((size_t)c->n + 1, 1);
    for (int step = 0; step < c->n; step++) {
        int best = -1;
        for (int i = 0; i < c->n; i++)
            if (!done[i] && !isnan(c->scores[i]) && (best < 0 || c->scores[i] > c->scores[best])) best = i;
        if (best < 0) break;
        done[best] = 1;
        int suppressed = 0;
        for (int i = 0; i < kept && !suppressed; i++)
            suppressed = (agnostic || c->classes[keep[i]] == c->classes[best]) &&
                         (double)naive_iou(c->boxes + 4 * keep[i], c->boxes + 4 * best) > iou;
        if (!suppressed) keep[kept++] = best;
    }
    free(done);
    return max_det && kept > max_det ? max_det : kept;
}

static void fill_random(nms_case *c, dt_rng *rng)
{
    int grid = (int)dt_rng_below(rng, 2), levels = 1 + (int)dt_rng_below(rng, 20),
        kinds = 1 + (int)dt_rng_below(rng, 6);
    for (int i = 0; i < c->n; i++) {
        float *b = c->boxes + 4 * i;
        for (int axis = 0; axis < 2; axis++) {
            double at = dt_rng_uniform(rng, 0, 60), side = dt_rng_uniform(rng, 0, 30);
            b[axis] = (float)(grid ? floor(at / 4) * 4 : at);
            b[axis + 2] = b[axis] + (float)(grid ? floor(side / 4) * 4 : side);
        }
        c->scores[i] = (float)((double)dt_rng_below(rng, (uint64_t)levels * 3) / levels - 1);
        if (dt_rng_below(rng, 40) == 0) c->scores[i] = NAN;
        if (dt_rng_below(rng, 60) == 0) c->scores[i] = dt_rng_below(rng, 2) ? INFINITY : -INFINITY;
        if (dt_rng_below(rng, 60) == 0) c->scores[i] = -0.0f;
        if (dt_rng_below(rng, 60) == 0) b[dt_rng_below(rng, 4)] = NAN;
        c->classes[i] = (int32_t)dt_rng_below(rng, (uint64_t)kinds) - 1;
        if (dt_rng_below(rng, 30) == 0) c->classes[i] = INT32_MIN;
    }
}

static void test_against_naive(void)
{
    dt_rng rng = dt_rng_make(4, DT_RNG_TEST, 0, 0);
    static const double thresholds[] = {0, 0.25, 0.3, 0.5, 0.6, 0.7, 1};
    for (int round = 0; round < 300; round++) {
        nms_case c = case_create((int)dt_rng_below(&rng, 150));
        fill_random(&c, &rng);
        dt_nms_opts opts = {.iou = thresholds[dt_rng_below(&rng, 7)],
                            .max_det = (int64_t)dt_rng_below(&rng, 3) * 7,
                            .class_agnostic = (int)dt_rng_below(&rng, 2)};
        int32_t *want = calloc((size_t)c.n + 1, sizeof *want), *keep = calloc((size_t)c.n + 1, sizeof *keep);
        int want_count = naive_nms(&c, opts.iou, opts.class_agnostic, (int)opts.max_det, want);
        int64_t kept;
        dt_error err = {0};
        CHECK_OK(dt_nms(c.boxes, c.scores, c.classes, c.n, &opts, keep, &kept, &err), &err);
        CHECK_MSG(kept == want_count && memcmp(keep, want, (size_t)kept * sizeof *keep) == 0,
                  "round %d: n %d iou %g max_det %d agnostic %d: kept %lld, expected %d", round, c.n,
                  opts.iou, (int)opts.max_det, opts.class_agnostic, (long long)kept, want_count);
        free(want);
        free(keep);
        case_free(&c);
    }
}

/* The compiled variants of the inner loop agree on every prefix length, so on every tail. */
static void test_variants(void)
{
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2")) {
        printf("SKIPPED test_variants: no AVX2\n");
        dt_test_skips++;
        return;
    }
    dt_rng rng = dt_rng_make(5, DT_RNG_TEST, 0, 0);
    float a[5][100];
    dt_nms_kept k = {a[0], a[1], a[2], a[3], a[4], 0};
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 100; i++) {
            a[0][i] = (float)dt_rng_uniform(&rng, 0, 50);
            a[1][i] = (float)dt_rng_uniform(&rng, 0, 50);
            a[2][i] = a[0][i] + (float)dt_rng_uniform(&rng, -1, 30);
            a[3][i] = a[1][i] + (float)dt_rng_uniform(&rng, -1, 30);
            a[4][i] = (a[2][i] - a[0][i]) * (a[3][i] - a[1][i]);
        }
        dt_nms_candidate c = {a[0][99], a[1][99], a[2][99], a[3][99], a[4][99]};
        for (k.count = 0; k.count < 99; k.count++)
            CHECK_INT(dt_nms_suppressed_avx2(&k, &c, 0.3f), dt_nms_suppressed_base(&k, &c, 0.3f));
    }
#endif
}

static void test_arguments(void)
{
    dt_error err = {0};
    int64_t kept = 7;
    int32_t keep[1];
    float box[4] = {0, 0, 1, 1}, score = 1;
    CHECK_INT(dt_nms(NULL, NULL, NULL, 0, &(dt_nms_opts){.iou = 0.5}, NULL, &kept, &err), DT_OK);
    CHECK_INT(kept, 0);
    CHECK_INT(dt_nms(box, &score, NULL, 1, &(dt_nms_opts){.iou = NAN}, keep, &kept, &err), DT_ERR_ARG);
    CHECK_INT(dt_nms(box, &score, NULL, 1, &(dt_nms_opts){.iou = 1.5}, keep, &kept, &err), DT_ERR_ARG);
    CHECK_INT(dt_nms(box, &score, NULL, -1, &(dt_nms_opts){.iou = 0.5}, keep, &kept, &err), DT_ERR_ARG);
    CHECK_INT(dt_nms(box, &score, NULL, 1, &(dt_nms_opts){.max_det = -1}, keep, &kept, &err), DT_ERR_ARG);
    size_t live = dt_mem_live();
    dt_mem_fail_at(1);
    CHECK_INT(dt_nms(box, &score, NULL, 1, &(dt_nms_opts){.iou = 0.5}, keep, &kept, &err), DT_ERR_MEMORY);
    dt_mem_fail_at(0);
    CHECK_INT(dt_mem_live(), live);
}

static void test_large(void)
{
    int n = 100000;
    nms_case c = case_create(n);
    dt_rng rng = dt_rng_make(6, DT_RNG_TEST, 0, 0);
    for (int i = 0; i < n; i++) {
        c.boxes[4 * i] = (float)dt_rng_uniform(&rng, 0, 1800);
        c.boxes[4 * i + 1] = (float)dt_rng_uniform(&rng, 0, 1000);
        c.boxes[4 * i + 2] = c.boxes[4 * i] + (float)dt_rng_uniform(&rng, 5, 200);
        c.boxes[4 * i + 3] = c.boxes[4 * i + 1] + (float)dt_rng_uniform(&rng, 5, 200);
        c.scores[i] = dt_rng_f32(&rng);
        c.classes[i] = (int32_t)dt_rng_below(&rng, 80);
    }
    int32_t *keep = calloc((size_t)n, sizeof *keep);
    int64_t kept;
    dt_error err = {0};
    dt_mem_reset_peak();
    size_t before = dt_mem_live();
    double start = dt_seconds();
    CHECK_OK(dt_nms(c.boxes, c.scores, c.classes, n, &(dt_nms_opts){.iou = 0.5}, keep, &kept, &err), &err);
    printf("nms: %d boxes, 80 classes: %lld kept, %.1f ms, %zu kB\n", n, (long long)kept,
           1e3 * (dt_seconds() - start), (dt_mem_peak() - before) / 1024);
    CHECK(dt_mem_peak() - before < 64 * (size_t)n);
    /* Kept boxes of one class do not suppress each other, and the order is the promised one. */
    for (int64_t i = 1; i < kept; i++)
        CHECK(c.scores[keep[i - 1]] > c.scores[keep[i]] ||
              (c.scores[keep[i - 1]] == c.scores[keep[i]] && keep[i - 1] < keep[i]));
    for (int64_t i = 0; i < kept && i < 2000; i++)
        for (int64_t j = 0; j < i; j++)
            if (c.classes[keep[i]] == c.classes[keep[j]])
                CHECK(!(naive_iou(c.boxes + 4 * keep[j], c.boxes + 4 * keep[i]) > 0.5f));
    free(keep);
    case_free(&c);
}

int main(void)
{
    RUN(test_golden);
    RUN(test_against_naive);
    RUN(test_variants);
    RUN(test_arguments);
    RUN(test_large);
    return dt_test_end();
}
