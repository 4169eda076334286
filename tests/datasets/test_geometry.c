/* Resizing, cropping, padding against torchvision, torch, OpenCV and Pillow. */
#include "core/mem.h"
#include "datasets/transforms/windows.h"
#include "detect/letterbox.h"
#include "transforms_golden.h"

enum { BYTES, PLANES, CENTER, PAD, RULE, GROUPS };
static int seen[GROUPS], by_filter[DT_RESIZE_FILTERS];

/* Rounded to bytes once, in other arithmetic than ours: at most a level apart. The others are exact. */
static int allowed(const char *name, dt_resize_filter filter)
{
    return strncmp(name, "torchvision-", 12) == 0 || filter == DT_RESIZE_BICUBIC || filter == DT_RESIZE_AREA;
}

static int filter_of(const char *name, dt_resize_filter *filter)
{
    dt_error none = {0};
    static const char *const prefixes[] = {"torchvision-", "planes-"};
    for (int i = 0; i < 2; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) name += strlen(prefixes[i]);
    return dt_resize_filter_parse(name, filter, &none) == DT_OK;
}

static void check_bytes(const golden_case *c, dt_resize_filter filter)
{
    dt_error err = {0};
    dt_image in = golden_picture(c->seed, c->width, c->height, c->channels), out = {0};
    if (CHECK_OK(dt_image_resize(&in, (int)c->params[0], (int)c->params[1], filter, &out, &err), &err)) {
        const double worst = golden_worst(c, &out);
        CHECK_MSG(worst <= allowed(c->name, filter), "%s: %g levels off", c->key, worst);
    }
    by_filter[filter]++;
    dt_image_free(&in);
    dt_image_free(&out);
}

static void check_planes(const golden_case *c, dt_resize_filter filter)
{
    dt_error err = {0};
    dt_image in = golden_picture(c->seed, c->width, c->height, c->channels);
    const int w = (int)c->params[0], h = (int)c->params[1];
    const size_t n = (size_t)c->width * (size_t)c->height, m = (size_t)w * (size_t)h;
    float *from = dt_malloc(3 * n * sizeof *from), *to = dt_malloc(3 * m * sizeof *to);
    double worst = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 3; k++)
            from[k * n + i] = (float)in.data[3 * i + k] / 255.f;
    CHECK_INT(c->count, (int64_t)(3 * m));
    CHECK_OK(dt_planes_resize(from, 3, c->width, c->height, w, h, filter, to, &err), &err);
    for (size_t i = 0; i < 3 * m; i++)
        worst = fmax(worst, fabs(to[i] - c->values[i]));
    CHECK_MSG(worst <= 1e-6, "%s: %g off", c->key, worst);
    dt_free(from);
    dt_free(to);
    dt_image_free(&in);
}

static void check_window(const golden_case *c, dt_window window, const dt_border *border)
{
    dt_error err = {0};
    dt_sample in = {.image = golden_picture(c->seed, c->width, c->height, c->channels)}, out = {0};
    if (CHECK_OK(dt_sample_window_bordered(&in, window, border, &out, &err), &err))
        CHECK_MSG(golden_worst(c, &out.image) == 0, "%s: %g levels off", c->key, golden_worst(c, &out.image));
    dt_sample_free(&in);
    dt_sample_free(&out);
}

static void check_pad(const golden_case *c)
{
    dt_error err = {0};
    dt_padding padding;
    const dt_border border = {(dt_border_mode)c->params[0], {11, 22, 33}};
    CHECK_OK(dt_padding_make(c->params + 2, (int)c->params[1], &padding, &err), &err);
    check_window(c, dt_pad_window(padding, c->width, c->height), &border);
}

static void check_rule(const golden_case *c)
{
    dt_error err = {0};
    int w, h;
    const dt_resize_rule rule = {(int)c->params[2], (int)c->params[3], (int)c->params[4]};
    dt_status st = dt_resize_rule_apply(rule, (int)c->params[0], (int)c->params[1], &w, &h, &err);
    if (c->values[0] > DT_IMAGE_MAX_SIDE || c->values[1] > DT_IMAGE_MAX_SIDE) {
        CHECK_INT(st, DT_ERR_ARG);
        return;
    }
    if (!CHECK_OK(st, &err)) return;
    CHECK_MSG(w == fmax(1, c->values[0]) && h == fmax(1, c->values[1]), "%s: %d x %d, torchvision %g x %g",
              c->key, w, h, c->values[0], c->values[1]);
}

static void goldens(void)
{
    golden_case c;
    FILE *f = golden_open("transforms_geometry.txt");
    while (f && golden_next(f, &c)) {
        dt_resize_filter filter;
        const dt_border black = {0};
        if (strcmp(c.name, "center") == 0) {
            seen[CENTER]++;
            check_window(&c, dt_center_window((int)c.params[0], (int)c.params[1], c.width, c.height), &black);
        } else if (strcmp(c.name, "pad") == 0) {
            seen[PAD]++;
            check_pad(&c);
        } else if (strcmp(c.name, "rule") == 0) {
            seen[RULE]++;
            check_rule(&c);
        } else if (!CHECK_MSG(filter_of(c.name, &filter), "%s", c.key)) {
            continue;
        } else if (strncmp(c.name, "planes-", 7) == 0) {
            seen[PLANES]++;
            check_planes(&c, filter);
        } else {
            seen[BYTES]++;
            check_bytes(&c, filter);
        }
        free(c.values);
    }
    if (f) fclose(f);
    for (int i = 0; i < GROUPS; i++)
        CHECK(seen[i] >= 20);
    for (int i = 0; i < DT_RESIZE_FILTERS; i++)
        CHECK(by_filter[i] >= 28);
}

/* Every place of the crop comes up about as often, and none outside. */
static void random_crops(void)
{
    dt_error err = {0};
    const dt_random_crop_opts o = {5, 4, {2, 0, 1, 0}, 0};
    int at[4][7] = {{0}};
    enum { N = 28000 };
    for (uint64_t i = 0; i < N; i++) {
        dt_rng rng = dt_rng_make(3, DT_RNG_AUGMENT, 0, i);
        dt_window w;
        if (!CHECK_OK(dt_random_crop_draw(&o, 8, 7, &rng, &w, &err), &err)) return;
        if (!CHECK(w.left >= -2 && w.left <= 4 && w.top >= 0 && w.top <= 3 && w.width == 5 && w.height == 4))
            return;
        at[w.top][w.left + 2]++;
    }
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 7; x++)
            CHECK_MSG(abs(at[y][x] - N / 28) < 160, "%d of 1000 at %d, %d", at[y][x], x - 2, y);
    dt_rng rng = dt_rng_make(3, DT_RNG_AUGMENT, 0, 0);
    dt_window w;
    dt_random_crop_opts large = {12, 4, {2, 0, 1, 0}, 0};
    CHECK_INT(dt_random_crop_draw(&large, 8, 7, &rng, &w, &err), DT_ERR_ARG);
    CHECK(strstr(err.text, "12 pixels of width are wanted, the picture has 11 with its padding") != NULL);
    large.pad_if_needed = 1; /* one pixel more on both ends: 13, of which 12 */
    int lefts[2] = {0};
    for (uint64_t i = 0; i < 100; i++) {
        rng = dt_rng_make(3, DT_RNG_AUGMENT, 1, i);
        CHECK_OK(dt_random_crop_draw(&large, 8, 7, &rng, &w, &err), &err);
        if (CHECK(w.left == -3 || w.left == -2)) lefts[w.left + 3]++;
    }
    CHECK(lefts[0] > 30 && lefts[1] > 30);
}

static void resized_crops(void)
{
    dt_resized_crop_opts o = dt_resized_crop_defaults();
    dt_error err = {0};
    double area = 0;
    enum { N = 4000 };
    CHECK_OK(dt_resized_crop_check(&o, &err), &err);
    for (uint64_t i = 0; i < N; i++) {
        dt_rng rng = dt_rng_make(4, DT_RNG_AUGMENT, 0, i);
        dt_window w = dt_resized_crop_draw(&o, 320, 240, &rng);
        if (!CHECK(w.left >= 0 && w.top >= 0 && w.width >= 1 && w.height >= 1 && w.left + w.width <= 320 &&
                   w.top + w.height <= 240))
            return;
        const double share = w.width * w.height / (320. * 240), ratio = (double)w.width / w.height;
        if (!CHECK_MSG(share > .078 && share <= 1 && ratio > .74 && ratio < 1.35, "%g %g", share, ratio))
            return;
        area += share / N;
    }
    CHECK_MSG(area > .42 && area < .45, "mean area %g", area); /* torchvision, 20,000 draws: .435 */
    /* Pictures of no allowed ratio: the largest central window. */
    dt_rng rng = dt_rng_make(4, DT_RNG_AUGMENT, 1, 0);
    o.min_scale = 1;
    dt_window w = dt_resized_crop_draw(&o, 300, 30, &rng);
    CHECK(w.left == 130 && w.top == 0 && w.width == 40 && w.height == 30);
    w = dt_resized_crop_draw(&o, 30, 300, &rng);
    CHECK(w.left == 0 && w.top == 130 && w.width == 30 && w.height == 40);
    o.min_ratio = 2;
    CHECK_INT(dt_resized_crop_check(&o, &err), DT_ERR_ARG);
}

static void reflections_go_on(void)
{
    static const char *const want[] = {"....abc....", "aaaaabccccc", "abcbabcbabc", "ccbaabccbaa"};
    dt_error err = {0};
    for (int mode = 0; mode < 4; mode++) {
        dt_sample in = {0}, out = {0};
        CHECK_OK(dt_image_create(&in.image, 3, 1, 1, &err), &err);
        memcpy(in.image.data, "abc", 3);
        const dt_border border = {(dt_border_mode)mode, {'.'}};
        CHECK_OK(dt_sample_window_bordered(&in, (dt_window){-4, 0, 11, 1}, &border, &out, &err), &err);
        CHECK_MSG(memcmp(out.image.data, want[mode], 11) == 0, "mode %d: %.11s", mode,
                  (char *)out.image.data);
        dt_sample_free(&in);
        dt_sample_free(&out);
    }
}

/* The lists of names that options show stand in the order of the enums. */
static void names_are_in_order(void)
{
    char want[400] = "";
    for (int i = 0; i < DT_RESIZE_FILTERS; i++)
        sprintf(want + strlen(want), "%s%s", i ? "|" : "", dt_resize_filter_name((dt_resize_filter)i));
    CHECK_STR(DT_RESIZE_FILTER_NAMES, want);
    want[0] = '\0';
    for (int i = DT_LETTERBOX_CENTER; i <= DT_LETTERBOX_DARKNET; i++)
        sprintf(want + strlen(want), "%s%s", i ? "|" : "", dt_letterbox_program((dt_letterbox_mode)i));
    CHECK_STR(DT_LETTERBOX_PROGRAMS, want);
}

static void wrong_arguments(void)
{
    dt_error err = {0};
    dt_padding p;
    int w, h;
    const double bad[] = {1, -1, 2.5, 1};
    CHECK_INT(dt_padding_make(bad, 3, &p, &err), DT_ERR_ARG);
    CHECK_INT(dt_padding_make(bad, 2, &p, &err), DT_ERR_ARG);
    CHECK_INT(dt_padding_make(bad + 2, 1, &p, &err), DT_ERR_ARG);
    CHECK_INT(dt_resize_rule_apply((dt_resize_rule){0, 0, 0}, 5, 5, &w, &h, &err), DT_ERR_ARG);
    CHECK_INT(dt_resize_rule_apply((dt_resize_rule){10, 0, 10}, 5, 5, &w, &h, &err), DT_ERR_ARG);
    CHECK_INT(dt_resize_rule_apply((dt_resize_rule){10, 5, 20}, 5, 5, &w, &h, &err), DT_ERR_ARG);
    CHECK_INT(dt_resize_rule_apply((dt_resize_rule){0, 5, 0}, 5, 5, &w, &h, &err), DT_ERR_ARG);
    CHECK_INT(dt_planes_resize(NULL, 1, 0, 5, 5, 5, DT_RESIZE_BILINEAR, NULL, &err), DT_ERR_ARG);
    float one = 1, to;
    CHECK_INT(dt_planes_resize(&one, 1, 1, 1, 1, 1, DT_RESIZE_NEAREST, &to, &err), DT_ERR_ARG);
}

int main(void)
{
    RUN(goldens);
    RUN(random_crops);
    RUN(resized_crops);
    RUN(reflections_go_on);
    RUN(names_are_in_order);
    RUN(wrong_arguments);
    return dt_test_end();
}
