/* Assignment against a plain program (tests/golden/make_assign.py), and its promises. */
#include "core/mem.h"
#include "core/rng.h"
#include "detect/assign.h"
#include "detect/points.h"
#include "golden_file.h"

enum { SIDE = 64, CLASSES = 3 };
static const int strides[] = {8, 16, 32};
static dt_points points;

static float *floats(const char *base, int number, int64_t *n)
{
    char name[32];
    snprintf(name, sizeof name, number < 0 ? "%s" : "%s%d", base, number);
    double *v = golden_read("assign.txt", name, n);
    float *out = malloc((size_t)(v && *n ? *n : 1) * sizeof *out);
    for (int64_t i = 0; v && i < *n; i++)
        out[i] = (float)v[i];
    free(v);
    return out;
}

static int32_t *ints(const char *base, int number)
{
    int64_t n = 0;
    float *v = floats(base, number, &n);
    int32_t *out = malloc((size_t)(n ? n : 1) * sizeof *out);
    for (int64_t i = 0; i < n; i++)
        out[i] = (int32_t)v[i];
    free(v);
    return out;
}

static void test_points(void)
{
    int64_t n = 0;
    float *xy = floats("points", -1, &n);
    CHECK_INT(n, 2 * points.n);
    for (int64_t i = 0; i < n && n == 2 * points.n; i++)
        CHECK_NEAR(points.xy[i], xy[i], 0);
    CHECK_NEAR(points.stride[0], 8, 0);
    CHECK_NEAR(points.stride[points.n - 1], 32, 0);
    free(xy);
    dt_points bad;
    dt_error err = {0};
    CHECK_INT(dt_points_make(64, 48, strides, 3, &bad, &err), DT_ERR_SHAPE);
}

static void test_golden(void)
{
    for (int c = 0; c < 4; c++) {
        int64_t n = 0, objects = 0;
        float *gt = floats("gt", c, &objects), *boxes = floats("boxes", c, &n),
              *scores = floats("scores", c, &n);
        float *want = floats("target", c, &n), target[84];
        int32_t *cls = ints("cls", c), *ignore = ints("ignore", c), *owner = ints("owner", c), got[84];
        dt_assign_input in = {.anchors = points.n,
                              .points = points.xy,
                              .classes = CLASSES,
                              .boxes = boxes,
                              .scores = scores,
                              .objects = objects / 4,
                              .gt_boxes = gt,
                              .gt_cls = cls,
                              .ignore = ignore};
        dt_assign_opts opts = dt_assign_defaults();
        dt_error err = {0};
        CHECK_INT(points.n, 84);
        CHECK_OK(dt_assign(&in, &opts, got, target, &err), &err);
        for (int a = 0; a < 84; a++) {
            CHECK_MSG(got[a] == owner[a], "case %d anchor %d: owner %d, expected %d", c, a, got[a], owner[a]);
            CHECK_MSG(fabs(target[a] - want[a]) <= 1e-6, "case %d anchor %d: target %g, expected %g", c, a,
                      target[a], want[a]);
        }
        free(gt), free(boxes), free(scores), free(want), free(cls), free(ignore), free(owner);
    }
}

/* Random input: owners contain their anchors, no object has more than topk, its best target is its best IoU
 * <= 1. */
static void test_promises(void)
{
    for (uint64_t trial = 0; trial < 50; trial++) {
        dt_rng rng = dt_rng_make(3, DT_RNG_TEST, trial, 0);
        enum { OBJECTS = 12 };
        float boxes[4 * 84], scores[CLASSES * 84], gt[4 * OBJECTS], target[84];
        int32_t cls[OBJECTS], owner[84], count[OBJECTS] = {0};
        double best[OBJECTS] = {0};
        for (int i = 0; i < OBJECTS; i++) {
            for (int k = 0; k < 2; k++) {
                gt[4 * i + k] = (float)dt_rng_uniform(&rng, 0, 50);
                gt[4 * i + k + 2] = gt[4 * i + k] + (float)dt_rng_uniform(&rng, 0, 30);
            }
            cls[i] = (int32_t)dt_rng_below(&rng, CLASSES);
        }
        for (int a = 0; a < 84; a++) {
            for (int k = 0; k < 4; k++)
                boxes[k * 84 + a] =
                    points.xy[2 * a + k % 2] + (float)dt_rng_uniform(&rng, 0, 16) * (k < 2 ? -1.0f : 1.0f);
            for (int k = 0; k < CLASSES; k++)
                scores[k * 84 + a] = (float)dt_rng_uniform(&rng, 0, 1);
        }
        dt_assign_input in = {.anchors = 84,
                              .points = points.xy,
                              .classes = CLASSES,
                              .boxes = boxes,
                              .scores = scores,
                              .objects = OBJECTS,
                              .gt_boxes = gt,
                              .gt_cls = cls};
        dt_assign_opts opts = dt_assign_defaults();
        dt_error err = {0};
        CHECK_OK(dt_assign(&in, &opts, owner, target, &err), &err);
        for (int a = 0; a < 84; a++) {
            if (!CHECK(owner[a] >= -1 && owner[a] < OBJECTS)) continue;
            if (owner[a] < 0) {
                CHECK_NEAR(target[a], 0, 0);
                continue;
            }
            const float *g = gt + 4 * owner[a], *p = points.xy + 2 * a;
            CHECK(p[0] > g[0] && p[1] > g[1] && p[0] < g[2] && p[1] < g[3]);
            CHECK(target[a] > 0 && target[a] <= 1);
            count[owner[a]]++;
            best[owner[a]] = fmax(best[owner[a]], target[a]);
        }
        for (int i = 0; i < OBJECTS; i++)
            CHECK(count[i] <= opts.topk && (count[i] == 0 || best[i] > 0));
    }
}

/* Equal values go to the smaller index: of anchors, and of objects. */
static void test_ties(void)
{
    const float xy[] = {5, 5, 5, 5, 5, 5}, boxes[] = {0, 0, 0, 0, 0, 0, 10, 10, 10, 10, 10, 10};
    const float scores[] = {0.5f, 0.5f, 0.5f}, gt[] = {0, 0, 10, 10, 0, 0, 10, 10};
    const int32_t cls[] = {0, 0};
    int32_t owner[3];
    float target[3];
    dt_assign_input in = {.anchors = 3,
                          .points = xy,
                          .classes = 1,
                          .boxes = boxes,
                          .scores = scores,
                          .objects = 2,
                          .gt_boxes = gt,
                          .gt_cls = cls};
    dt_assign_opts opts = dt_assign_defaults();
    dt_error err = {0};
    opts.topk = 2;
    CHECK_OK(dt_assign(&in, &opts, owner, target, &err), &err);
    CHECK_INT(owner[0], 0);
    CHECK_INT(owner[1], 0);
    CHECK_INT(owner[2], DT_ASSIGN_NONE);
    CHECK_NEAR(target[0], 1, 0);
}

static void test_bad_input(void)
{
    const float xy[] = {5, 5}, box[] = {0, 0, 10, 10}, nan_box[] = {NAN, 0, 10, NAN}, score[] = {0.5f};
    int32_t cls[] = {1}, owner[1];
    float target[1];
    dt_assign_input in = {.anchors = 1,
                          .points = xy,
                          .classes = 1,
                          .boxes = box,
                          .scores = score,
                          .objects = 1,
                          .gt_boxes = box,
                          .gt_cls = cls};
    dt_assign_opts opts = dt_assign_defaults();
    dt_error err = {0};
    CHECK_INT(dt_assign(&in, &opts, owner, target, &err), DT_ERR_ARG);
    CHECK_STR(err.text, "object 0 has class 1; there are 1 classes");
    cls[0] = 0;
    in.boxes = nan_box;
    err = (dt_error){0};
    CHECK_OK(dt_assign(&in, &opts, owner, target, &err), &err);
    CHECK_INT(owner[0], DT_ASSIGN_NONE);
    dt_mem_fail_at(1);
    CHECK_INT(dt_assign(&in, &opts, owner, target, &err), DT_ERR_MEMORY);
    dt_mem_fail_at(0);
}

int main(void)
{
    dt_error err = {0};
    if (!CHECK_OK(dt_points_make(SIDE, SIDE, strides, 3, &points, &err), &err)) return dt_test_end();
    RUN(test_points);
    RUN(test_golden);
    RUN(test_promises);
    RUN(test_ties);
    RUN(test_bad_input);
    dt_points_free(&points);
    return dt_test_end();
}
