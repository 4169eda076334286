/* What transforms draw: many draws from fixed streams beside the distribution that the original has. Bounds
 * are so wide that chance alone passes one in about a million series: no seed had to be looked for. */
#ifndef DT_TESTS_DATASETS_DRAWS_H
#define DT_TESTS_DATASETS_DRAWS_H

#include <cjson/cJSON.h>

#include "datasets/transforms/transform_impl.h"
#include "test.h"

enum { DRAWS = 4000, DRAWS_SERIES = 8 };

/* The stream of draw number i. */
__attribute__((unused)) static dt_rng draws_stream(int i)
{
    return dt_rng_make(17, DT_RNG_TEST, 1, (uint64_t)i);
}

/* v[k][i]: value names[k] of draw i of a pipeline of one step, for a picture of this size; NAN where the step
 * says nothing by that name. names ends by NULL. */
__attribute__((unused)) static void draws_of_step(const char *text, int width, int height,
                                                  const char *const *names, double v[][DRAWS])
{
    dt_error err = {0};
    dt_transforms *t = NULL;
    if (!CHECK_MSG(dt_transforms_parse(text, &t, &err) == DT_OK, "%s", err.text)) return;
    const dt_step *s = &t->steps.items[0];
    const dt_sample sample = {.image = {width, height, 3, NULL}}; /* draws look at no pixel */
    const dt_draw_at at = {.sample = &sample, .count = 10, .mixing = 1};
    dt_str text_of_draw = {0};
    for (int i = 0; i < DRAWS; i++) {
        dt_rng rng = draws_stream(i);
        dt_drawn d;
        d.other_count = 0;
        s->kind->draw(s, &at, &rng, &d);
        dt_str_clear(&text_of_draw);
        dt_json json = dt_json_begin(&text_of_draw, 0);
        dt_explain e = {.json = &json};
        dt_json_object(&json);
        s->kind->explain(s, &d, &e);
        dt_json_object_end(&json);
        cJSON *values = cJSON_Parse(text_of_draw.data);
        CHECK(values != NULL);
        for (int k = 0; names[k]; k++) {
            const cJSON *value = cJSON_GetObjectItemCaseSensitive(values, names[k]);
            v[k][i] = cJSON_IsNumber(value) ? value->valuedouble : NAN;
        }
        cJSON_Delete(values);
    }
    dt_str_free(&text_of_draw);
    dt_transforms_free(t);
}

__attribute__((unused)) static int draws_by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* U(lo, hi): the range, both of its ends, and the Kolmogorov-Smirnov distance. Values are rounded to
 * multiples of `grain` (0: not at all); NAN is passed over. */
__attribute__((unused)) static void check_uniform(const char *what, const double *v, double lo, double hi,
                                                  double grain)
{
    static double sorted[DRAWS];
    int n = 0;
    for (int i = 0; i < DRAWS; i++)
        if (!isnan(v[i])) sorted[n++] = v[i];
    if (!CHECK_MSG(n >= 500, "%s: only %d values", what, n)) return;
    qsort(sorted, (size_t)n, sizeof *sorted, draws_by_value);
    double distance = 0;
    for (int i = 0; i < n; i++) {
        const double expected = (sorted[i] - lo) / (hi - lo);
        distance = fmax(distance, fmax(fabs(expected - i / (double)n), fabs(expected - (i + 1.) / n)));
    }
    const double end = grain + 20. / n * (hi - lo); /* empty with probability exp(-20) */
    CHECK_MSG(sorted[0] >= lo - grain && sorted[0] <= lo + end && sorted[n - 1] <= hi + grain &&
                  sorted[n - 1] >= hi - end,
              "%s: %g..%g, expected %g..%g", what, sorted[0], sorted[n - 1], lo, hi);
    CHECK_MSG(distance <= 2.7 / sqrt(n) + grain / (hi - lo), "%s: not U(%g, %g), off by %.3f of %d", what, lo,
              hi, distance, n);
}

__attribute__((unused)) static void check_constant(const char *what, const double *v, double value)
{
    int wrong = 0;
    for (int i = 0; i < DRAWS; i++)
        wrong += v[i] != value;
    CHECK_MSG(wrong == 0, "%s: %d values are not %g", what, wrong, value);
}

/* `hits` of n with probability p each: 5 standard deviations. */
__attribute__((unused)) static void check_share(const char *what, int hits, int n, double p)
{
    const double share = hits / (double)n;
    CHECK_MSG(fabs(share - p) <= 5 * sqrt(p * (1 - p) / n), "%s: %.3f of %d, expected %.3f", what, share, n,
              p);
}

/* All of the values are equally frequent. */
__attribute__((unused)) static void check_even(const char *what, const int *counts, int values)
{
    int n = 0;
    for (int i = 0; i < values; i++)
        n += counts[i];
    for (int i = 0; i < values; i++)
        check_share(what, counts[i], n, 1. / values);
}

/* No correlation: 5 standard deviations. */
__attribute__((unused)) static void check_independent(const char *what, const double *a, const double *b)
{
    double n = 0, sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
    for (int i = 0; i < DRAWS; i++) {
        if (isnan(a[i]) || isnan(b[i])) continue;
        n++;
        sa += a[i], sb += b[i];
        aa += a[i] * a[i], bb += b[i] * b[i], ab += a[i] * b[i];
    }
    const double r = (ab - sa * sb / n) / sqrt((aa - sa * sa / n) * (bb - sb * sb / n));
    CHECK_MSG(fabs(r) <= 5 / sqrt(n), "%s: correlation %.3f of %.0f", what, r, n);
}

/* Every two of the series. */
__attribute__((unused)) static void check_all_independent(const char *what, double v[][DRAWS], int series)
{
    for (int a = 0; a < series; a++)
        for (int b = 0; b < a; b++)
            check_independent(what, v[a], v[b]);
}

#endif
