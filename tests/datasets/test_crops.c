#include "datasets/transforms/crops.h"

#include "datasets/transforms/blur.h"
#include "datasets/transforms/clean.h"
#include "test.h"
#include "transforms_golden.h"

/* Pixel (x, y) holds {x, y, 200}; three boxes. */
static dt_sample coordinates(int width, int height)
{
    dt_error err = {0};
    dt_sample s = {.index = 5, .cls = 2, .original_width = width, .original_height = height};
    CHECK_OK(dt_image_create(&s.image, width, height, 3, &err), &err);
    for (int i = 0; i < width * height; i++)
        memcpy(s.image.data + 3 * (ptrdiff_t)i,
               (const uint8_t[3]){(uint8_t)(i % width), (uint8_t)(i / width), 200}, 3);
    const dt_box boxes[] = {{10, 10, 30, 25}, {50, 40, 90, 75}, {0, 70, 12, 80}};
    for (int i = 0; i < 3; i++)
        CHECK_OK(dt_sample_add_label(&s, (dt_label){boxes[i], i, 0, i}, &err), &err);
    return s;
}

/* Every pixel is the one of the picture, or fill; every box lies over the same pixels as before. */
static void check_window(const dt_sample *s, const dt_sample *out, dt_window w, const uint8_t *fill)
{
    int wrong = 0;
    for (int y = 0; y < w.height; y++) {
        for (int x = 0; x < w.width; x++) {
            const int sx = x + w.left, sy = y + w.top;
            const int in = sx >= 0 && sy >= 0 && sx < s->image.width && sy < s->image.height;
            const uint8_t expected[3] = {(uint8_t)sx, (uint8_t)sy, 200};
            wrong += memcmp(out->image.data + ((ptrdiff_t)y * w.width + x) * 3, in ? expected : fill, 3) != 0;
        }
    }
    CHECK_MSG(wrong == 0, "window %d %d %d %d: %d pixels are wrong", w.left, w.top, w.width, w.height, wrong);
    for (size_t i = 0; i < out->label_count; i++) {
        const dt_box now = out->labels[i].box, was = s->labels[out->labels[i].source].box;
        CHECK_NEAR(now.x1, fmax(was.x1 - w.left, 0), 0);
        CHECK_NEAR(now.y2, fmin(was.y2 - w.top, w.height), 0);
    }
    CHECK_INT(out->index, 5);
    CHECK_INT(out->cls, 2);
}

static void windows(void)
{
    dt_error err = {0};
    const uint8_t fill[3] = {1, 2, 3};
    dt_sample s = coordinates(100, 80), out = {0};
    const dt_window cases[] = {{0, 0, 100, 80},  {10, 20, 30, 40}, {-5, -7, 130, 95}, {95, 70, 20, 30},
                               {-50, 10, 20, 5}, {200, 300, 3, 1}, {99, 79, 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_OK(dt_sample_window(&s, cases[i], fill, &out, &err), &err);
        check_window(&s, &out, cases[i], fill);
    }
    CHECK_INT(out.label_count, 0);
    CHECK_OK(dt_sample_window(&s, (dt_window){20, 0, 40, 80}, fill, &out, &err), &err);
    CHECK_INT(out.label_count, 2); /* the third is left of it */
    CHECK(dt_sample_window(&s, (dt_window){0, 0, 0, 5}, fill, &out, &err) != DT_OK);
    dt_sample_free(&s);
    dt_sample_free(&out);
}

static void iou_crops(void)
{
    dt_error err = {0};
    const uint8_t black[3] = {0};
    dt_sample s = coordinates(100, 80), out = {0};
    dt_iou_crop_opts o = dt_iou_crop_defaults();
    CHECK_OK(dt_iou_crop_check(&o, &err), &err);
    int whole = 0, lost = 0;
    for (int i = 0; i < 400; i++) {
        dt_rng rng = dt_rng_make(1, DT_RNG_TEST, 2, (uint64_t)i);
        const double least = o.options[i % 6];
        dt_iou_crop_opts one = o;
        one.options = &least;
        one.option_count = 1;
        dt_window w = dt_iou_crop_draw(i < 300 ? &one : &o, &s, &rng);
        CHECK_OK(dt_iou_crop_apply(&s, w, &out, &err), &err);
        check_window(&s, &out, w, black);
        CHECK(out.label_count <= 3);
        lost += 3 - (int)out.label_count;
        if (w.width == 100 && w.height == 80) {
            whole++;
            continue;
        }
        CHECK(w.left >= 0 && w.top >= 0 && w.left + w.width <= 100 && w.top + w.height <= 80);
        CHECK(w.width >= 30 && w.height >= 24 && w.width <= 2 * w.height && w.height <= 2 * w.width);
        double best = 0;
        for (size_t k = 0; k < out.label_count; k++) {
            const dt_box b = s.labels[out.labels[k].source].box;
            const double cx = (b.x1 + b.x2) / 2 - w.left, cy = (b.y1 + b.y2) / 2 - w.top;
            CHECK(cx > 0 && cx < w.width && cy > 0 && cy < w.height);
            best = fmax(best, dt_box_iou(b, (dt_box){w.left, w.top, w.left + w.width, w.top + w.height}));
        }
        CHECK(out.label_count > 0);
        if (i < 300) CHECK_MSG(best >= least, "option %g, best IoU %g", least, best);
    }
    CHECK(whole > 10 && lost > 100);
    s.label_count = 0;
    dt_rng rng = dt_rng_make(1, DT_RNG_TEST, 2, 0);
    CHECK_INT(dt_iou_crop_draw(&o, &s, &rng).width, 100);
    o.min_scale = 2;
    CHECK_INT(dt_iou_crop_check(&o, &err), DT_ERR_ARG);
    dt_sample_free(&s);
    dt_sample_free(&out);
}

static void zoom_out_and_sizes(void)
{
    dt_error err = {0};
    const uint8_t fill[3] = {9, 9, 9};
    dt_sample s = coordinates(100, 80), out = {0};
    dt_zoom_out_opts o = dt_zoom_out_defaults();
    CHECK_OK(dt_zoom_out_check(&o, &err), &err);
    int active = 0;
    for (int i = 0; i < 60; i++) {
        dt_rng rng = dt_rng_make(1, DT_RNG_TEST, 3, (uint64_t)i);
        dt_window w = dt_zoom_out_draw(&o, 100, 80, &rng);
        CHECK(w.left <= 0 && w.top <= 0 && w.left + w.width >= 100 && w.top + w.height >= 80 &&
              w.width <= 400);
        CHECK_OK(dt_sample_window(&s, w, fill, &out, &err), &err);
        check_window(&s, &out, w, fill);
        CHECK_INT(out.label_count, 3);
        active += w.width > 100;
        int nw, nh;
        dt_scale_jitter_draw(64, 64, .1, 2, 100, 80, &rng, &nw, &nh);
        CHECK(nw >= 6 && nw <= 128 && abs(nw * 80 - nh * 100) <= 100);
        CHECK_OK(dt_sample_stretch(&s, nw, nh, DT_RESIZE_BILINEAR_AA, &out, &err), &err);
        CHECK_NEAR(out.labels[1].box.x2, 90. * nw / 100, 1e-9);
        const int sizes[] = {40, 48, 56};
        dt_shortest_size_draw(sizes, 3, 60, 100, 80, &rng, &nw, &nh);
        CHECK(nw <= 60 && nh <= 48 && nh >= 40);
        w = dt_fixed_crop_draw(64, 96, 100, 80, &rng);
        CHECK(w.left >= 0 && w.left <= 36 && w.top == 0 && w.width == 64 && w.height == 96);
    }
    CHECK(active > 15 && active < 45);
    o.min_side = .5;
    CHECK_INT(dt_zoom_out_check(&o, &err), DT_ERR_ARG);
    dt_sample_free(&s);
    dt_sample_free(&out);
}

static void rules_by_name(void)
{
    dt_error err = {0};
    dt_box_rule ul, yx, dk, tv;
    CHECK_OK(dt_box_rule_parse("ultralytics", &ul, &err), &err);
    CHECK_OK(dt_box_rule_parse("yolox", &yx, &err), &err);
    CHECK_OK(dt_box_rule_parse("darknet", &dk, &err), &err);
    CHECK_OK(dt_box_rule_parse("torchvision", &tv, &err), &err);
    CHECK_INT(dt_box_rule_parse("yolo", &ul, &err), DT_ERR_ARG);
    CHECK(strstr(err.text, "darknet"));
    const struct {
        double w, h, whole;
        int ul, yx, dk, tv;
    } cases[] = {
        {2, 50, 100, 0, 1, 1, 1},    {2.01, 50, 110, 1, 1, 1, 1}, {1, 1, 1, 0, 0, 1, 1},
        {1.01, 1.01, 2, 0, 1, 1, 1}, {.99, 90, 90, 0, 0, 0, 0},   {10, 10, 1001, 0, 1, 1, 1},
        {10, 10, 999, 1, 1, 1, 1},   {3, 301, 903, 0, 1, 1, 1},   {0, 5, 0, 0, 0, 0, 0},
        {-3, -3, 9, 0, 0, 0, 0},     {NAN, 5, 9, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const dt_box b = {4, 4, 4 + cases[i].w, 4 + cases[i].h};
        CHECK_INT(dt_box_rule_keep(&ul, b, cases[i].whole), cases[i].ul);
        CHECK_INT(dt_box_rule_keep(&yx, b, cases[i].whole), cases[i].yx);
        CHECK_INT(dt_box_rule_keep(&dk, b, cases[i].whole), cases[i].dk);
        CHECK_INT(dt_box_rule_keep(&tv, b, cases[i].whole), cases[i].tv);
    }
    dt_sample s = coordinates(100, 80);
    CHECK_OK(dt_sample_add_label(&s, (dt_label){{-50, 0, .5, 60}, 0, 0, 3}, &err), &err);
    CHECK_INT(dt_sample_clean(&s, &tv), 1);
    CHECK_INT(s.label_count, 3);
    dt_sample_free(&s);
}

static void blur_equals_torchvision(void)
{
    golden_case c;
    FILE *f = golden_open("transforms_augment.txt");
    int cases = 0;
    while (f && golden_next(f, &c)) {
        if (!strcmp(c.name, "blur")) {
            dt_error err = {0};
            dt_image image = golden_picture(c.seed, c.width, c.height, c.channels);
            CHECK_OK(dt_image_gaussian_blur(&image, (int)c.params[0], (int)c.params[1], c.params[2],
                                            c.params[3], &err),
                     &err);
            CHECK_MSG(golden_worst(&c, &image) <= 1, "%s: off by %g", c.key, golden_worst(&c, &image));
            dt_image_free(&image);
            cases++;
        }
        free(c.values);
    }
    if (f) fclose(f);
    CHECK_INT(cases, 6);
    dt_error err = {0};
    dt_image image = golden_picture(1, 4, 3, 3);
    CHECK_INT(dt_image_gaussian_blur(&image, 4, 3, 1, 1, &err), DT_ERR_ARG);
    CHECK_INT(dt_image_gaussian_blur(&image, 3, 7, 1, 1, &err), DT_ERR_ARG);
    CHECK(strstr(err.text, "3x7"));
    CHECK_INT(dt_image_gaussian_blur(&image, 3, 3, 0, 1, &err), DT_ERR_ARG);
    dt_image_free(&image);
}

static void erasing(void)
{
    dt_error err = {0};
    dt_erase_opts o = dt_erase_defaults();
    CHECK_OK(dt_erase_check(&o, &err), &err);
    int active = 0;
    for (int i = 0; i < 100; i++) {
        dt_rng rng = dt_rng_make(1, DT_RNG_TEST, 4, (uint64_t)i);
        o.noise = i % 2;
        dt_erase_params p = dt_erase_draw(&o, 60, 40, &rng);
        dt_sample s = coordinates(60, 40), before = coordinates(60, 40);
        CHECK_OK(dt_erase_apply(&s.image, &p, &err), &err);
        active += p.width > 0;
        if (p.width) CHECK(p.width * p.height >= .02 * 2400 - 40 && p.width * p.height <= .33 * 2400 + 60);
        for (int k = 0; k < 2400; k++) {
            const int in =
                k % 60 >= p.left && k % 60 < p.left + p.width && k / 60 >= p.top && k / 60 < p.top + p.height;
            const uint8_t *now = s.image.data + 3 * (ptrdiff_t)k, *was = before.image.data + 3 * (ptrdiff_t)k;
            if (!in) CHECK(memcmp(now, was, 3) == 0);
            if (in && !p.noise) CHECK(now[0] == 0 && now[2] == 0);
        }
        dt_sample_free(&s);
        dt_sample_free(&before);
    }
    CHECK(active > 30 && active < 70);
    dt_image image = golden_picture(1, 4, 3, 3);
    CHECK_INT(dt_erase_apply(&image, &(dt_erase_params){.left = 2, .width = 3, .height = 1}, &err),
              DT_ERR_ARG);
    dt_image_free(&image);
}

int main(void)
{
    RUN(windows);
    RUN(iou_crops);
    RUN(zoom_out_and_sizes);
    RUN(rules_by_name);
    RUN(blur_equals_torchvision);
    RUN(erasing);
    return dt_test_end();
}
