/* Draws of steps that move pixels: torchvision.transforms.v2 (the class is named at each test),
 * RandomPerspective of Ultralytics. Pictures are much wider than high, so that an axis taken for the other
 * one shows; most are so large that whole pixels are as good as real numbers. */
#include "datasets/transforms/blur.h"
#include "datasets/transforms/windows.h"
#include "draws.h"

enum { WIDE = 40000, HIGH = 10000 };

static double v[DRAWS_SERIES][DRAWS];

/* ---- windows ---- */

/* RandomResizedCrop: area uniform, ratio uniform in its logarithm, the place uniform on each axis. */
static void resized_crop(void)
{
    const dt_resized_crop_opts o = {.01, .02, .25, 4}; /* every first try fits */
    for (int i = 0; i < DRAWS; i++) {
        dt_rng rng = draws_stream(i);
        const dt_window w = dt_resized_crop_draw(&o, WIDE, HIGH, &rng);
        v[0][i] = (double)w.width * w.height / ((double)WIDE * HIGH);
        v[1][i] = log((double)w.width / w.height);
        v[2][i] = w.left / (double)(WIDE - w.width);
        v[3][i] = w.top / (double)(HIGH - w.height);
    }
    check_uniform("area", v[0], .01, .02, 1e-5);
    check_uniform("log ratio", v[1], log(.25), log(4), 1e-3);
    check_uniform("left", v[2], 0, 1, 1e-3);
    check_uniform("top", v[3], 0, 1, 1e-3);
    check_all_independent("resized crop", v, 4);
}

/* randint(0, width - w + 1): every place, the last one included. */
static void places_of_small_windows(void)
{
    const dt_resized_crop_opts resized = {64. / 120, 64. / 120, 1, 1}; /* 8 x 8 of 12 x 10 */
    const dt_random_crop_opts random = {.width = 8, .height = 8};
    for (int kind = 0; kind < 2; kind++) {
        int left[5] = {0}, top[3] = {0}, both[15] = {0};
        for (int i = 0; i < DRAWS; i++) {
            dt_error err = {0};
            dt_rng rng = draws_stream(i);
            dt_window w = dt_resized_crop_draw(&resized, 12, 10, &rng);
            if (kind) CHECK_OK(dt_random_crop_draw(&random, 12, 10, &rng, &w, &err), &err);
            CHECK(w.width == 8 && w.height == 8);
            if (!CHECK(w.left >= 0 && w.left < 5 && w.top >= 0 && w.top < 3)) return;
            left[w.left]++, top[w.top]++, both[w.left * 3 + w.top]++;
        }
        check_even("left", left, 5);
        check_even("top", top, 3);
        check_even("left and top", both, 15);
    }
}

/* RandomZoomOut: one factor for both sides, a number for each offset. */
static void zoom_out(void)
{
    const dt_zoom_out_opts o = {.3, 1, 4};
    int zoomed = 0;
    for (int i = 0; i < DRAWS; i++) {
        dt_rng rng = draws_stream(i);
        const dt_window w = dt_zoom_out_draw(&o, WIDE, HIGH, &rng);
        const int active = w.width != WIDE;
        zoomed += active;
        if (!active) CHECK(w.left == 0 && w.top == 0 && w.height == HIGH);
        CHECK_NEAR(w.width / (double)WIDE, w.height / (double)HIGH, 2. / HIGH);
        v[0][i] = active ? w.width / (double)WIDE : NAN;
        v[1][i] = active ? -w.left / (double)(w.width - WIDE) : NAN;
        v[2][i] = active ? -w.top / (double)(w.height - HIGH) : NAN;
    }
    check_share("zoomed out", zoomed, DRAWS, .3);
    check_uniform("side", v[0], 1, 4, 0);
    check_uniform("left", v[1], 0, 1, 1e-2);
    check_uniform("top", v[2], 0, 1, 1e-2);
    check_all_independent("zoom out", v, 3);
}

/* FixedSizeCrop: one number places the window on both axes. */
static void fixed_crop(void)
{
    for (int i = 0; i < DRAWS; i++) {
        dt_rng rng = draws_stream(i);
        const dt_window w = dt_fixed_crop_draw(WIDE / 2, HIGH / 5, WIDE, HIGH, &rng);
        v[0][i] = w.left / (WIDE / 2.);
        v[1][i] = w.top / (HIGH * .8);
        CHECK_NEAR(v[0][i], v[1][i], 2. / HIGH);
        const dt_window small = dt_fixed_crop_draw(2 * WIDE, HIGH / 5, WIDE, HIGH, &rng);
        v[2][i] = small.top / (HIGH * .8);
        CHECK_INT(small.left, 0); /* padded to the right */
    }
    check_uniform("left", v[0], 0, 1, 1e-3);
    check_uniform("top", v[1], 0, 1, 1e-3);
    check_uniform("top of a narrow picture", v[2], 0, 1, 1e-3);
}

/* ScaleJitter: fitted into the target, then times U(lo, hi). */
static void scale_jitter(void)
{
    for (int narrow = 0; narrow < 2; narrow++) {
        const int target_width = narrow ? WIDE : 4 * WIDE, target_height = narrow ? 4 * HIGH : 2 * HIGH;
        const double fitted = narrow ? 1 : 2; /* the width decides, or the height */
        for (int i = 0; i < DRAWS; i++) {
            int width, height;
            dt_rng rng = draws_stream(i);
            dt_scale_jitter_draw(target_width, target_height, .1, 2, WIDE, HIGH, &rng, &width, &height);
            v[0][i] = width / (WIDE * fitted);
            CHECK_NEAR(height / (HIGH * fitted), v[0][i], 2. / HIGH);
        }
        check_uniform(narrow ? "scale by the width" : "scale by the height", v[0], .1, 2, 1e-3);
    }
}

/* RandomShortestSize: one of the sizes. */
static void shortest_size(void)
{
    const int sizes[] = {100, 200, 300};
    int seen[3] = {0};
    for (int i = 0; i < DRAWS; i++) {
        int width, height;
        dt_rng rng = draws_stream(i);
        dt_shortest_size_draw(sizes, 3, 0, WIDE, HIGH, &rng, &width, &height);
        CHECK_INT(width, height * (WIDE / HIGH));
        if (CHECK(height == 100 || height == 200 || height == 300)) seen[height / 100 - 1]++;
    }
    check_even("shortest size", seen, 3);
}

/* RandomErasing: area uniform, height / width uniform in its logarithm (the other way round than that of
 * RandomResizedCrop). */
static void erasing(void)
{
    dt_erase_opts o = {.p = .3, .min_area = .01, .max_area = .02, .min_aspect = .5, .max_aspect = 4};
    int erased = 0;
    for (int i = 0; i < DRAWS; i++) {
        dt_rng rng = draws_stream(i);
        dt_erase_params p = dt_erase_draw(&o, WIDE, HIGH, &rng);
        const int active = p.width > 0;
        erased += active;
        v[0][i] = active ? (double)p.width * p.height / ((double)WIDE * HIGH) : NAN;
        v[1][i] = active ? log((double)p.height / p.width) : NAN;
        v[2][i] = active ? p.left / (double)(WIDE - p.width) : NAN;
        v[3][i] = active ? p.top / (double)(HIGH - p.height) : NAN;
        const dt_erase_opts usual = dt_erase_defaults();
        p = dt_erase_draw(&usual, 300, 40, &rng); /* many tries do not fit */
        CHECK(p.left + p.width <= 300 && p.width < 300 && p.top + p.height <= 40 && p.height < 40);
    }
    check_share("erased", erased, DRAWS, .3);
    check_uniform("area", v[0], .01, .02, 1e-5);
    check_uniform("log aspect", v[1], log(.5), log(4), 1e-3);
    check_uniform("left", v[2], 0, 1, 1e-3);
    check_uniform("top", v[3], 0, 1, 1e-3);
    check_all_independent("erasing", v, 4);
    static const char *const names[] = {"width", "height", "left", NULL};
    draws_of_step("random-erasing(1, (0.01, 0.02), (2, 4))", WIDE, HIGH, names, v);
    for (int i = 0; i < DRAWS; i++) {
        v[3][i] = log(v[1][i] / v[0][i]);
        v[2][i] /= WIDE - v[0][i];
    }
    check_uniform("left of the step", v[2], 0, 1, 1e-3);
    check_uniform("log aspect of the step", v[3], log(2), log(4), 1e-3);
}

/* ---- maps ---- */

enum { DEGREES, SHIFT_X, SHIFT_Y, SCALE, SHEAR_X, SHEAR_Y };
static const char *const affine_names[] = {"degrees", "x", "y", "scale", "shear_x", "shear_y", NULL};

/* RandomAffine: one number v is -v..v for the rotation and the shear along x; the shift is round(U) of width
 * and height. */
static void affine_by_single_values(void)
{
    draws_of_step("affine(10; 0.25; 0.5; 8)", WIDE, HIGH, affine_names, v);
    check_uniform("degrees", v[DEGREES], -10, 10, 0);
    check_uniform("x", v[SHIFT_X], -.25 * WIDE, .25 * WIDE, 1);
    check_uniform("y", v[SHIFT_Y], -.25 * HIGH, .25 * HIGH, 1);
    check_constant("scale", v[SCALE], .5);
    check_uniform("shear x", v[SHEAR_X], -8, 8, 0);
    check_constant("shear y", v[SHEAR_Y], 0);
    for (int i = 0; i < DRAWS; i++)
        CHECK(v[SHIFT_X][i] == rint(v[SHIFT_X][i]) && v[SHIFT_Y][i] == rint(v[SHIFT_Y][i]));
    draws_of_step("affine", WIDE, HIGH, affine_names, v);
    for (int k = DEGREES; k <= SHEAR_Y; k++)
        check_constant(affine_names[k], v[k], k == SCALE);
}

/* Two numbers are lo..hi, those of the shift one for each axis; four of the shear are a range for each axis. */
static void affine_by_ranges(void)
{
    draws_of_step("affine((30, 50), (0.1, 0.3), (0.5, 2), (-10, -5, 5, 20))", WIDE, HIGH, affine_names, v);
    check_uniform("degrees", v[DEGREES], 30, 50, 0);
    check_uniform("x", v[SHIFT_X], -.1 * WIDE, .1 * WIDE, 1);
    check_uniform("y", v[SHIFT_Y], -.3 * HIGH, .3 * HIGH, 1);
    check_uniform("scale", v[SCALE], .5, 2, 0); /* not in its logarithm */
    check_uniform("shear x", v[SHEAR_X], -10, -5, 0);
    check_uniform("shear y", v[SHEAR_Y], 5, 20, 0);
    check_all_independent("affine", v, 6);
    draws_of_step("affine(shear=(5, 20))", WIDE, HIGH, affine_names, v);
    check_uniform("shear x alone", v[SHEAR_X], 5, 20, 0);
    check_constant("no shear y", v[SHEAR_Y], 0);
}

static const char *const corner_names[] = {"top_left_x",    "top_left_y",     "top_right_x",
                                           "top_right_y",   "bottom_right_x", "bottom_right_y",
                                           "bottom_left_x", "bottom_left_y",  NULL};

/* RandomPerspective: corners move inwards by randint(0, int(distortion * (side // 2)) + 1), each by itself. */
static void perspective_corners(void)
{
    draws_of_step("perspective(0.5, 1)", WIDE, HIGH, corner_names, v);
    for (int k = 0; k < 8; k++) {
        const int side = k % 2 ? HIGH : WIDE, far = strstr(corner_names[k], k % 2 ? "bottom" : "right") != 0;
        const double room = side / 4., begin = far ? side - 1 - room : 0;
        check_uniform(corner_names[k], v[k], begin, begin + room, 1);
    }
    check_all_independent("corners", v, 8);
    /* int(.5 * (9 // 2)) = 2 and int(.5 * (6 // 2)) = 1: the last pixel included. */
    draws_of_step("perspective(0.5, 1)", 9, 6, corner_names, v);
    for (int k = 0; k < 8; k++) {
        const int last = k % 2 ? 5 : 8, room = k % 2 ? 1 : 2;
        const int far = strstr(corner_names[k], k % 2 ? "bottom" : "right") != 0;
        int seen[3] = {0};
        for (int i = 0; i < DRAWS; i++) {
            const double inwards = far ? last - v[k][i] : v[k][i];
            if (CHECK(inwards >= 0 && inwards <= room)) seen[(int)inwards]++;
        }
        check_even(corner_names[k], seen, room + 1);
    }
}

/* Ultralytics: RandomPerspective.affine_transform, RandomFlip, Mosaic (its centre U(s / 2, 3 s / 2) on a
 * canvas of 2 s). */
static void recipe(void)
{
    dt_augment_opts o = dt_augment_none();
    o.degrees = 10, o.translate = .1, o.scale = .4, o.shear = 6, o.perspective = .001;
    o.fliplr = .3, o.flipud = .2, o.mosaic = .6, o.mixup = .15, o.cutmix = .25;
    int left_right = 0, up_down = 0, both = 0, mosaics = 0, mixups = 0, cuts = 0, tiles[3][5] = {{0}};
    static double tilt[2][DRAWS];
    for (int i = 0; i < DRAWS; i++) {
        dt_rng rng = draws_stream(i);
        const dt_aug_params p = dt_aug_draw(&o, 1, 3, 5, &rng);
        const dt_aug_view *view = &p.view[DT_AUG_MAIN];
        const double values[] = {view->degrees,     view->scale,       view->shear_x,  view->shear_y,
                                 view->translate_x, view->translate_y, view->center_x, view->center_y};
        for (int k = 0; k < 8; k++)
            v[k][i] = values[k];
        tilt[0][i] = view->perspective_x, tilt[1][i] = view->perspective_y;
        left_right += p.flip_lr, up_down += p.flip_ud, both += p.flip_lr && p.flip_ud;
        mosaics += view->mosaic == 4, mixups += p.mixup, cuts += p.cutmix;
        CHECK_INT(view->index[0], 3);
        for (int k = 0; k < 3; k++)
            tiles[k][view->index[k + 1]]++;
    }
    static const struct {
        const char *name;
        double lo, hi;
    } wanted[] = {{"degrees", -10, 10},  {"scale", .6, 1.4},      {"shear x", -6, 6},
                  {"shear y", -6, 6},    {"translate x", .4, .6}, {"translate y", .4, .6},
                  {"centre x", .5, 1.5}, {"centre y", .5, 1.5}};
    for (int k = 0; k < 8; k++)
        check_uniform(wanted[k].name, v[k], wanted[k].lo, wanted[k].hi, 0);
    check_all_independent("recipe", v, 8);
    check_uniform("perspective x", tilt[0], -.001, .001, 0);
    check_uniform("perspective y", tilt[1], -.001, .001, 0);
    check_independent("perspective", tilt[0], tilt[1]);
    check_share("left and right", left_right, DRAWS, .3);
    check_share("up and down", up_down, DRAWS, .2);
    check_share("both flips", both, DRAWS, .06);
    check_share("mosaic", mosaics, DRAWS, .6);
    check_share("mixup", mixups, DRAWS, .15);
    check_share("cutmix", cuts, DRAWS, .25);
    for (int k = 0; k < 3; k++)
        check_even("tile", tiles[k], 5);
}

/* ---- chances ---- */

/* A step is applied with its p, whatever the one before it did. */
static void chances(void)
{
    static const char *const texts[] = {"hflip(0.3) vflip(0.6)", "zoom-out(0.3) random-erasing(0.6)",
                                        "perspective(0.5, 0.3) affine(p=0.6)",
                                        "gaussian-blur(3, p=0.3) gaussian-blur(3, p=0.6)"};
    dt_error err = {0};
    dt_sample src = {.original_width = 8, .original_height = 4}, out = {0};
    CHECK_OK(dt_image_create(&src.image, 8, 4, 3, &err), &err);
    memset(src.image.data, 100, 8 * 4 * 3);
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        dt_transforms *t = NULL;
        if (!CHECK_OK(dt_transforms_parse(texts[k], &t, &err), &err)) continue;
        int first = 0, second = 0, both = 0;
        for (int i = 0; i < DRAWS; i++) {
            const dt_transform_place place = {.stream = draws_stream(i)};
            dt_str text = {0};
            dt_json json = dt_json_begin(&text, 0);
            dt_explain e = {.json = &json};
            dt_json_array(&json);
            CHECK_OK(dt_transforms_apply(t, &place, &src, &out, &e, &err), &err);
            dt_json_array_end(&json);
            cJSON *steps = cJSON_Parse(text.data);
            const int a = cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(steps, 0), "applied")),
                      b = cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(steps, 1), "applied"));
            first += a, second += b, both += a && b;
            cJSON_Delete(steps);
            dt_str_free(&text);
        }
        check_share(texts[k], first, DRAWS, .3);
        check_share(texts[k], second, DRAWS, .6);
        check_share(texts[k], both, DRAWS, .18);
        dt_transforms_free(t);
    }
    dt_sample_free(&src);
    dt_sample_free(&out);
}

int main(void)
{
    RUN(resized_crop);
    RUN(places_of_small_windows);
    RUN(zoom_out);
    RUN(fixed_crop);
    RUN(scale_jitter);
    RUN(shortest_size);
    RUN(erasing);
    RUN(affine_by_single_values);
    RUN(affine_by_ranges);
    RUN(perspective_corners);
    RUN(recipe);
    RUN(chances);
    return dt_test_end();
}
