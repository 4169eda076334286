/* Draws of steps that change colours and blend: ColorJitter, RandomPhotometricDistort, GaussianBlur of
 * torchvision.transforms.v2, RandomHSV of Ultralytics, mixup's Beta distribution, CutMix. */
#include "datasets/transforms/adjust.h"
#include "datasets/transforms/mixing.h"
#include "draws.h"

static double v[DRAWS_SERIES][DRAWS];
static const char *const adjusts[] = {"brightness", "contrast", "saturation", "hue", NULL};

static int present(const double *series)
{
    int n = 0;
    for (int i = 0; i < DRAWS; i++)
        n += !isnan(series[i]);
    return n;
}

/* ---- color-jitter ---- */

/* ColorJitter: v is U(max(0, 1 - v), 1 + v) for factors, U(-v, v) for the hue; an option of 0 draws nothing
 * that is applied. */
static void jitter_around(void)
{
    draws_of_step("color-jitter(0.4, 1.5, 0.3, 0.2)", 8, 4, adjusts, v);
    check_uniform("brightness", v[0], .6, 1.4, 0);
    check_uniform("contrast", v[1], 0, 2.5, 0);
    check_uniform("saturation", v[2], .7, 1.3, 0);
    check_uniform("hue", v[3], -.2, .2, 0);
    check_all_independent("jitter", v, 4);
    draws_of_step("color-jitter(contrast=0.5)", 8, 4, adjusts, v);
    check_uniform("contrast alone", v[1], .5, 1.5, 0);
    for (int k = 0; k < 4; k++)
        if (k != 1) CHECK_INT(present(v[k]), 0);
}

/* A pair is the range itself. */
static void jitter_ranges(void)
{
    draws_of_step("color-jitter((0.2, 0.6), (1.5, 3), (0, 0.5), (0.1, 0.3))", 8, 4, adjusts, v);
    check_uniform("brightness", v[0], .2, .6, 0);
    check_uniform("contrast", v[1], 1.5, 3, 0);
    check_uniform("saturation", v[2], 0, .5, 0);
    check_uniform("hue", v[3], .1, .3, 0);
    check_all_independent("jitter", v, 4);
}

/* randperm(4), whatever the factors are. */
static void jitter_order(void)
{
    const dt_color_jitter_opts o = dt_color_jitter_around(.5, .5, .5, .1);
    int seen[4][4] = {{0}}, orders[256] = {0}, found = 0;
    for (int i = 0; i < DRAWS; i++) {
        dt_rng rng = draws_stream(i);
        const dt_color_jitter_params p = dt_color_jitter_draw(&o, &rng);
        int code = 0, mask = 0;
        for (int k = 0; k < 4; k++) {
            seen[k][p.order[k]]++;
            code = code * 4 + p.order[k];
            mask |= 1 << p.order[k];
        }
        CHECK_INT(mask, 15);
        orders[code]++;
        v[0][i] = p.factor[0];
        v[1][i] = p.order[0];
    }
    for (int k = 0; k < 4; k++)
        check_even("place", seen[k], 4);
    for (int code = 0; code < 256; code++) {
        found += orders[code] > 0;
        if (orders[code]) check_share("order", orders[code], DRAWS, 1. / 24);
    }
    CHECK_INT(found, 24);
    check_independent("order and factor", v[0], v[1]);
}

/* ---- photometric-distort ---- */

/* RandomPhotometricDistort: each adjustment and the permutation with p, the place of the contrast with one
 * half whatever p is; a permutation that is drawn may be the identity. */
static void photometric(void)
{
    dt_photometric_opts o = dt_photometric_defaults();
    CHECK_NEAR(o.p, .5, 0);
    o.p = .3;
    int active[4] = {0}, pairs[4][4] = {{0}}, first = 0, first_and_hue = 0, orders[27] = {0};
    for (int i = 0; i < DRAWS; i++) {
        dt_rng rng = draws_stream(i);
        const dt_photometric_params p = dt_photometric_draw(&o, &rng);
        for (int k = 0; k < 4; k++) {
            active[k] += p.active[k];
            for (int j = 0; j < k; j++)
                pairs[k][j] += p.active[k] && p.active[j];
            v[k][i] = p.active[k] ? p.factor[k] : NAN;
        }
        first += p.contrast_first;
        first_and_hue += p.contrast_first && p.active[DT_ADJUST_HUE];
        CHECK(p.order[0] != p.order[1] && p.order[0] != p.order[2] && p.order[1] != p.order[2]);
        orders[p.order[0] * 9 + p.order[1] * 3 + p.order[2]]++;
    }
    for (int k = 0; k < 4; k++) {
        check_share(adjusts[k], active[k], DRAWS, .3);
        check_uniform(adjusts[k], v[k], o.range[k].lo, o.range[k].hi, 0);
        for (int j = 0; j < k; j++)
            check_share("two at once", pairs[k][j], DRAWS, .09);
    }
    check_share("contrast first", first, DRAWS, .5);
    check_share("contrast first, and the hue", first_and_hue, DRAWS, .15);
    static const int permutations[6] = {5, 7, 11, 15, 19, 21}; /* 012 021 102 120 201 210 in base 3 */
    for (int k = 0; k < 6; k++)
        check_share("channels", orders[permutations[k]], DRAWS, (k == 0 ? .7 : 0) + .3 / 6);
}

/* Options of the step reach its draws. */
static void photometric_step(void)
{
    draws_of_step("photometric-distort((0.5, 0.7), (2, 3), (0.1, 0.4), (-0.4, -0.2), 0.6)", 8, 4, adjusts, v);
    static const double ranges[4][2] = {{.5, .7}, {2, 3}, {.1, .4}, {-.4, -.2}};
    for (int k = 0; k < 4; k++) {
        check_share(adjusts[k], present(v[k]), DRAWS, .6);
        check_uniform(adjusts[k], v[k], ranges[k][0], ranges[k][1], 0);
    }
    check_all_independent("photometric", v, 4);
}

/* ---- gains in HSV ---- */

/* RandomHSV: uniform(-1, 1, 3) times the three gains. */
static void hsv_gains(void)
{
    static const char *const names[] = {"hue", "saturation", "value", NULL};
    draws_of_step("hsv(0.1, 0.5, 0.25)", 8, 4, names, v);
    for (int recipe = 0; recipe < 2; recipe++) {
        check_uniform("hue", v[0], -.1, .1, 0);
        check_uniform("saturation", v[1], -.5, .5, 0);
        check_uniform("value", v[2], -.25, .25, 0);
        check_all_independent("hsv", v, 3);
        dt_augment_opts o = dt_augment_none();
        o.hsv_h = .1, o.hsv_s = .5, o.hsv_v = .25;
        for (int i = 0; i < DRAWS; i++) {
            dt_rng rng = draws_stream(i);
            const dt_aug_params p = dt_aug_draw(&o, 1, 0, 5, &rng);
            v[0][i] = p.hue, v[1][i] = p.sat, v[2][i] = p.val;
        }
    }
}

/* ---- single factors, blur, channels ---- */

/* One number is itself, two are U(lo, hi). */
static void single_factors(void)
{
    static const char *const names[] = {"factor", "turns", "sigma", NULL};
    static const struct {
        const char *text;
        int name;
        double lo, hi;
    } cases[] = {{"brightness(0.5, 2)", 0, .5, 2},      {"contrast(0.5, 2)", 0, .5, 2},
                 {"saturation(0, 0.5)", 0, 0, .5},      {"hue(-0.3, 0.1)", 1, -.3, .1},
                 {"sharpness(1, 3)", 0, 1, 3},          {"gaussian-blur(5)", 2, .1, 2},
                 {"gaussian-blur(5; 0.5, 3)", 2, .5, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        draws_of_step(cases[i].text, 8, 4, names, v);
        check_uniform(cases[i].text, v[cases[i].name], cases[i].lo, cases[i].hi, 0);
    }
    draws_of_step("brightness(0.7)", 8, 4, names, v);
    check_constant("brightness(0.7)", v[0], .7);
    draws_of_step("gaussian-blur(5; 1.5)", 8, 4, names, v);
    check_constant("gaussian-blur(5; 1.5)", v[2], 1.5);
}

/* RandomChannelPermutation: randperm(3). */
static void channels(void)
{
    static const char *const orders[] = {"RGB", "RBG", "GRB", "GBR", "BRG", "BGR"};
    dt_error err = {0};
    dt_transforms *t = NULL;
    if (!CHECK_OK(dt_transforms_parse("permute-channels(1)", &t, &err), &err)) return;
    const dt_step *s = &t->steps.items[0];
    const dt_sample sample = {.image = {8, 4, 3, NULL}};
    const dt_draw_at at = {.sample = &sample};
    int seen[6] = {0}, all = 0;
    for (int i = 0; i < DRAWS; i++) {
        dt_rng rng = draws_stream(i);
        dt_drawn d;
        d.other_count = 0;
        dt_str text = {0};
        dt_explain e = {.text = &text};
        s->kind->draw(s, &at, &rng, &d);
        s->kind->explain(s, &d, &e);
        for (int k = 0; k < 6; k++)
            seen[k] += strstr(text.data, orders[k]) != NULL;
        dt_str_free(&text);
    }
    for (int k = 0; k < 6; k++)
        all += seen[k];
    CHECK_INT(all, DRAWS);
    check_even("channels", seen, 6);
    dt_transforms_free(t);
}

/* ---- blending ---- */

/* Beta(a, a) has the mean 1/2 and the variance 1 / (4 (2 a + 1)) of which a sample of n has the deviation
 * sqrt((mu4 - mu2^2) / n), mu4 = 3 mu2 / (4 (2 a + 3)). */
static void blend_ratio_moments(void)
{
    static const double alphas[] = {.05, .2, .5, .9, 1, 1.5, 32};
    for (size_t k = 0; k < sizeof alphas / sizeof *alphas; k++) {
        const double a = alphas[k], mu2 = 1 / (4 * (2 * a + 1)), mu4 = 3 * mu2 / (4 * (2 * a + 3));
        double mean = 0, variance = 0;
        for (int i = 0; i < DRAWS; i++) {
            dt_rng rng = draws_stream(i);
            const double r = dt_mix_ratio_draw(a, &rng);
            CHECK_MSG(r >= 0 && r <= 1, "alpha %g: %g", a, r);
            mean += r / DRAWS;
            variance += (r - .5) * (r - .5) / DRAWS;
        }
        CHECK_MSG(fabs(mean - .5) <= 5 * sqrt(mu2 / DRAWS), "alpha %g: mean %g", a, mean);
        CHECK_MSG(fabs(variance - mu2) <= 5 * sqrt((mu4 - mu2 * mu2) / DRAWS),
                  "alpha %g: variance %g, expected %g", a, variance, mu2);
    }
}

/* Through their distribution functions, where these are simple, the ratios are uniform. */
static void blend_ratio_distribution(void)
{
    static const char *const names[] = {"ratio", NULL};
    draws_of_step("mixup(1, 0.5)", 8, 4, names, v);
    for (int i = 0; i < DRAWS; i++)
        v[0][i] = 2 / acos(-1) * asin(sqrt(v[0][i]));
    check_uniform("Beta(1/2, 1/2)", v[0], 0, 1, 0);
    draws_of_step("mixup(1, 1)", 8, 4, names, v);
    check_uniform("Beta(1, 1)", v[0], 0, 1, 0);
    draws_of_step("mixup(1, 2)", 8, 4, names, v);
    for (int i = 0; i < DRAWS; i++)
        v[0][i] = v[0][i] * v[0][i] * (3 - 2 * v[0][i]);
    check_uniform("Beta(2, 2)", v[0], 0, 1, 0);
}

/* CutMix: the area U(0, 1) before it is cut off, the centre anywhere. With s the root of the area, a side is
 * s - s^2 / 4 long on average over the centres: 2/3 - 1/8 over all, and the area 1/2 - 1/5 + 1/48. */
static void cut_rectangles(void)
{
    double width = 0, height = 0, area = 0, x = 0, y = 0;
    for (int i = 0; i < DRAWS; i++) {
        dt_rng rng = draws_stream(i);
        const dt_box b = dt_cut_draw(&rng);
        CHECK(b.x1 >= 0 && b.y1 >= 0 && b.x2 <= 1 && b.y2 <= 1 && b.x2 > b.x1 && b.y2 > b.y1);
        width += (b.x2 - b.x1) / DRAWS, height += (b.y2 - b.y1) / DRAWS, area += dt_box_area(b) / DRAWS;
        x += (b.x1 + b.x2) / 2 / DRAWS, y += (b.y1 + b.y2) / 2 / DRAWS;
    }
    const double five_sigma = 5 * .3 / sqrt(DRAWS);
    CHECK_NEAR(width, 2. / 3 - 1. / 8, five_sigma);
    CHECK_NEAR(height, 2. / 3 - 1. / 8, five_sigma);
    CHECK_NEAR(area, 1. / 2 - 1. / 5 + 1. / 48, five_sigma);
    CHECK_NEAR(x, .5, five_sigma);
    CHECK_NEAR(y, .5, five_sigma);
}

int main(void)
{
    RUN(jitter_around);
    RUN(jitter_ranges);
    RUN(jitter_order);
    RUN(photometric);
    RUN(photometric_step);
    RUN(hsv_gains);
    RUN(single_factors);
    RUN(channels);
    RUN(blend_ratio_moments);
    RUN(blend_ratio_distribution);
    RUN(cut_rectangles);
    return dt_test_end();
}
