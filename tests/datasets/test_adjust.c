/* Colour operations beside torchvision v2 (tests/golden/make_transforms_augment.py). */
#include "datasets/transforms/adjust.h"

#include "core/mem.h"
#include "test.h"
#include "transforms_golden.h"

static dt_status apply(const golden_case *c, dt_image *image, dt_error *err)
{
    const double v = c->params[0];
    if (!strcmp(c->name, "brightness")) return dt_image_adjust_brightness(image, v, err);
    if (!strcmp(c->name, "contrast")) return dt_image_adjust_contrast(image, v, err);
    if (!strcmp(c->name, "saturation")) return dt_image_adjust_saturation(image, v, err);
    if (!strcmp(c->name, "hue")) return dt_image_adjust_hue(image, v, err);
    if (!strcmp(c->name, "sharpness")) return dt_image_adjust_sharpness(image, v, err);
    if (!strcmp(c->name, "posterize")) return dt_image_posterize(image, (int)v, err);
    if (!strcmp(c->name, "solarize")) return dt_image_solarize(image, v, err);
    if (!strcmp(c->name, "autocontrast")) return dt_image_autocontrast(image, err);
    if (!strcmp(c->name, "equalize")) return dt_image_equalize(image, err);
    if (!strcmp(c->name, "invert")) return dt_image_invert(image, err);
    dt_image gray;
    DT_TRY(dt_image_grayscale(image, (int)v, &gray, err));
    dt_image_free(image);
    *image = gray;
    return DT_OK;
}

static void equal_to_torchvision(void)
{
    static const char *const ops[] = {"brightness", "contrast",  "saturation", "hue",
                                      "sharpness",  "posterize", "solarize",   "autocontrast",
                                      "equalize",   "invert",    "gray"};
    golden_case c;
    FILE *f = golden_open("transforms_augment.txt");
    int cases = 0;
    while (f && golden_next(f, &c)) {
        int known = 0;
        for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
            known |= !strcmp(c.name, ops[i]);
        if (known) {
            dt_error err = {0};
            dt_image image = golden_picture(c.seed, c.width, c.height, c.channels);
            CHECK_OK(apply(&c, &image, &err), &err);
            CHECK_MSG(golden_worst(&c, &image) == 0, "%s: off by %g levels", c.key, golden_worst(&c, &image));
            dt_image_free(&image);
            cases++;
        }
        free(c.values);
    }
    if (f) fclose(f);
    CHECK(cases > 120);
}

static void wrong_arguments_are_named(void)
{
    dt_error err = {0};
    dt_image image = golden_picture(1, 4, 3, 3);
    CHECK_INT(dt_image_adjust_contrast(&image, -1, &err), DT_ERR_ARG);
    CHECK(strstr(err.text, "contrast factor -1"));
    CHECK_INT(dt_image_adjust_hue(&image, 0.51, &err), DT_ERR_ARG);
    CHECK_INT(dt_image_adjust_hue(&image, NAN, &err), DT_ERR_ARG);
    CHECK_INT(dt_image_permute_channels(&image, (const int[]){0, 1, 1}, &err), DT_ERR_ARG);
    image.channels = 2;
    CHECK_INT(dt_image_adjust_brightness(&image, 1, &err), DT_ERR_ARG);
    CHECK(strstr(err.text, "2 channels"));
    dt_image_free(&image);
    dt_color_jitter_opts o = dt_color_jitter_around(.4, 2, .4, .1);
    CHECK_NEAR(o.range[DT_ADJUST_CONTRAST].lo, 0, 0);
    CHECK_OK(dt_color_jitter_check(&o, &err), &err);
    o.range[DT_ADJUST_HUE].hi = .6;
    CHECK_INT(dt_color_jitter_check(&o, &err), DT_ERR_ARG);
    CHECK(strstr(err.text, "hue -0.1..0.6"));
}

/* Every order turns up equally often, factors fill their ranges, a range of one neutral value is off. */
static void jitter_draws(void)
{
    dt_color_jitter_opts o = dt_color_jitter_around(.4, 0, .4, .1);
    int first[DT_ADJUSTS] = {0};
    double lo = 9, hi = -9;
    for (int i = 0; i < 4000; i++) {
        dt_rng rng = dt_rng_make(2, DT_RNG_TEST, 0, (uint64_t)i);
        dt_color_jitter_params p = dt_color_jitter_draw(&o, &rng);
        first[p.order[0]]++;
        lo = fmin(lo, p.factor[DT_ADJUST_BRIGHTNESS]);
        hi = fmax(hi, p.factor[DT_ADJUST_BRIGHTNESS]);
        CHECK(!p.active[DT_ADJUST_CONTRAST] && p.active[DT_ADJUST_HUE]);
    }
    for (int i = 0; i < DT_ADJUSTS; i++)
        CHECK_NEAR(first[i], 1000, 120);
    CHECK(lo >= .6 && lo < .61 && hi < 1.4 && hi > 1.39);
}

/* Applying drawn parameters is the same as the single steps in the drawn order. */
static void jitter_is_its_steps(void)
{
    dt_error err = {0};
    dt_color_jitter_params p = {
        {DT_ADJUST_HUE, DT_ADJUST_CONTRAST, DT_ADJUST_BRIGHTNESS, DT_ADJUST_SATURATION},
        {1, 1, 0, 1},
        {1.3, .7, 1.5, .2}};
    dt_image a = golden_picture(7, 20, 10, 3), b = golden_picture(7, 20, 10, 3);
    CHECK_OK(dt_color_jitter_apply(&a, &p, &err), &err);
    CHECK_OK(dt_image_adjust_hue(&b, .2, &err), &err);
    CHECK_OK(dt_image_adjust_brightness(&b, 1.3, &err), &err);
    CHECK_OK(dt_image_adjust_contrast(&b, .7, &err), &err);
    p.active[DT_ADJUST_SATURATION] = 0;
    dt_image_free(&a);
    a = golden_picture(7, 20, 10, 3);
    p.order[1] = DT_ADJUST_BRIGHTNESS;
    p.order[2] = DT_ADJUST_CONTRAST;
    CHECK_OK(dt_color_jitter_apply(&a, &p, &err), &err);
    CHECK(memcmp(a.data, b.data, 600) == 0);
    dt_photometric_params q = {{1, 1, 0, 1}, {1.3, .7, 1, .2}, 0, {2, 0, 1}};
    dt_image_free(&a);
    dt_image_free(&b);
    a = golden_picture(7, 20, 10, 3);
    b = golden_picture(7, 20, 10, 3);
    CHECK_OK(dt_photometric_apply(&a, &q, &err), &err);
    CHECK_OK(dt_image_adjust_brightness(&b, 1.3, &err), &err);
    CHECK_OK(dt_image_adjust_hue(&b, .2, &err), &err);
    CHECK_OK(dt_image_adjust_contrast(&b, .7, &err), &err);
    CHECK_OK(dt_image_permute_channels(&b, q.order, &err), &err);
    CHECK(memcmp(a.data, b.data, 600) == 0);
    dt_image_free(&a);
    dt_image_free(&b);
}

int main(void)
{
    RUN(equal_to_torchvision);
    RUN(wrong_arguments_are_named);
    RUN(jitter_draws);
    RUN(jitter_is_its_steps);
    return dt_test_end();
}
