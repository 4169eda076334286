#include "core/mem.h"
#include "datasets/transforms/augment.h"
#include "datasets/transforms/sample_transforms.h"
#include "test.h"
#include "transforms_golden.h"

static dt_sample gray_sample(int width, int height, uint8_t level, int64_t index)
{
    dt_sample s = {.index = index, .original_width = width, .original_height = height};
    dt_error err = {0};
    CHECK_OK(dt_image_create(&s.image, width, height, 3, &err), &err);
    memset(s.image.data, level, (size_t)width * (size_t)height * 3);
    return s;
}

/* Fills the box with a colour that only this label has, and labels it. */
static void paint(dt_sample *s, int x1, int y1, int x2, int y2, const uint8_t rgb[3], int cls)
{
    dt_error err = {0};
    for (int y = y1; y < y2; y++)
        for (int x = x1; x < x2; x++)
            memcpy(s->image.data + ((size_t)y * (size_t)s->image.width + (size_t)x) * 3, rgb, 3);
    dt_label label = {{x1, y1, x2, y2}, cls, cls % 2, (int32_t)s->label_count};
    CHECK_OK(dt_sample_add_label(s, label, &err), &err);
}

static const uint8_t colors[8][3] = {{255, 0, 0},   {0, 255, 0},   {0, 0, 255},     {255, 255, 0},
                                     {255, 0, 255}, {0, 255, 255}, {255, 255, 255}, {0, 0, 0}};

/* Pixels nearer to the colour than half way to the gray around it: their hull is the painted box to within a
 * pixel. */
static dt_box find(const dt_image *image, const uint8_t rgb[3])
{
    dt_box box = {1e9, 1e9, -1e9, -1e9};
    for (int y = 0; y < image->height; y++) {
        for (int x = 0; x < image->width; x++) {
            const uint8_t *p = image->data + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
            int far = 0;
            for (int c = 0; c < 3; c++)
                far |= abs(p[c] - rgb[c]) > (rgb[c] ? 63 : 57);
            if (far) continue;
            box.x1 = fmin(box.x1, x);
            box.y1 = fmin(box.y1, y);
            box.x2 = fmax(box.x2, x + 1);
            box.y2 = fmax(box.y2, y + 1);
        }
    }
    return box;
}

static void labels_match_pixels(const dt_sample *s, const char *what, double tolerance)
{
    for (size_t i = 0; i < s->label_count; i++) {
        dt_label label = s->labels[i];
        dt_box seen = find(&s->image, colors[label.cls]);
        double worst = fmax(fmax(fabs(seen.x1 - label.box.x1), fabs(seen.y1 - label.box.y1)),
                            fmax(fabs(seen.x2 - label.box.x2), fabs(seen.y2 - label.box.y2)));
        CHECK_MSG(worst <= tolerance, "%s: class %d: label %.2f %.2f %.2f %.2f, pixels %.0f %.0f %.0f %.0f",
                  what, label.cls, label.box.x1, label.box.y1, label.box.x2, label.box.y2, seen.x1, seen.y1,
                  seen.x2, seen.y2);
        CHECK_INT(label.ignore, label.cls % 2);
    }
}

/* Four samples with two objects each; all eight colours differ. */
static void make_samples(dt_sample s[4])
{
    const int size[4][2] = {{160, 120}, {120, 160}, {100, 50}, {330, 400}};
    for (int i = 0; i < 4; i++) {
        int w = size[i][0], h = size[i][1];
        s[i] = gray_sample(w, h, 114, i + 10);
        paint(&s[i], w / 10, h / 8, w / 10 + w / 3, h / 8 + h / 4, colors[2 * i], 2 * i);
        paint(&s[i], w / 2, h / 2, w / 2 + w / 3, h / 2 + h / 3, colors[2 * i + 1], 2 * i + 1);
    }
}

static void free_samples(dt_sample s[4])
{
    for (int i = 0; i < 4; i++)
        dt_sample_free(&s[i]);
}

static void flips_move_boxes_with_pixels(void)
{
    dt_sample s[4];
    make_samples(s);
    for (int i = 0; i < 4; i++) {
        dt_sample_flip_lr(&s[i]);
        labels_match_pixels(&s[i], "flip lr", 0);
        dt_sample_flip_ud(&s[i]);
        labels_match_pixels(&s[i], "flip ud", 0);
    }
    CHECK_NEAR(s[0].labels[0].box.x2, 160 - 16, 0);
    free_samples(s);
}

static void letterbox_moves_boxes_with_pixels(void)
{
    dt_error err = {0};
    dt_sample s[4], out = {0};
    make_samples(s);
    for (int mode = 0; mode < 4; mode++) {
        for (int i = 0; i < 4; i++) {
            dt_letterbox lb;
            CHECK_OK(dt_letterbox_make((dt_letterbox_mode)mode, 0, s[i].image.width, s[i].image.height, 224,
                                       192, &lb, &err),
                     &err);
            CHECK_OK(dt_sample_letterbox(&s[i], &lb, (dt_resize_filter)(i % 2), 114, &out, &err), &err);
            CHECK_INT(out.label_count, 2);
            CHECK_INT(out.index, i + 10);
            labels_match_pixels(&out, dt_letterbox_mode_name((dt_letterbox_mode)mode), 1.01);
        }
    }
    dt_letterbox wrong = {.src_width = 3, .src_height = 3, .dst_width = 5, .dst_height = 5};
    CHECK_INT(dt_sample_letterbox(&s[0], &wrong, DT_RESIZE_BILINEAR, 114, &out, &err), DT_ERR_SHAPE);
    dt_sample_free(&out);
    free_samples(s);
}

static void augmented_boxes_match_pixels(void)
{
    dt_error err = {0};
    dt_sample s[4], out = {0};
    make_samples(s);
    for (int i = 0; i < 4; i++)
        CHECK_OK(dt_aug_prepare(&s[i], 192, DT_RESIZE_BILINEAR, &err), &err);
    CHECK_INT(s[3].image.height, 192);
    CHECK_INT(s[3].image.width, 159); /* ceil(330 * 192 / 400) */
    labels_match_pixels(&s[3], "prepare", 1.01);
    dt_augment_opts o = dt_augment_defaults();
    o.hsv_h = o.hsv_s = o.hsv_v = 0;
    o.flipud = 0.5;
    int seen = 0, lost = 0;
    for (int trial = 0; trial < 60; trial++) {
        o.mosaic = trial % 3 ? 1 : 0;
        dt_rng rng = dt_rng_make(3, DT_RNG_TEST, (uint64_t)trial, 0);
        dt_aug_params p = dt_aug_draw(&o, 1, 0, 4, &rng);
        const dt_sample *src[DT_AUG_SOURCES] = {&s[0], &s[1], &s[2], &s[3]};
        CHECK_OK(dt_aug_apply(&p, &o, src, 192, &out, &err), &err);
        const int dropped = (p.view[0].mosaic ? 8 : 2) - (int)out.label_count;
        CHECK(dropped >= 0);
        labels_match_pixels(&out, p.view[0].mosaic ? "mosaic" : "affine", 1.51);
        seen += (int)out.label_count;
        lost += dropped;
    }
    CHECK(seen > 150);
    CHECK(lost > 30);
    dt_sample_free(&out);
    free_samples(s);
}

/* With everything off, augmentation is the centred letterbox. */
static void one_letterbox(dt_letterbox_mode mode)
{
    dt_error err = {0};
    dt_sample s[4], plain = {0}, out = {0};
    make_samples(s);
    dt_augment_opts o = dt_augment_none();
    o.letterbox = mode;
    o.fill = 7;
    for (int i = 0; i < 4; i += 3) { /* one that is enlarged, one that is shrunk before */
        dt_letterbox lb;
        CHECK_OK(dt_letterbox_make(mode, 0, s[i].image.width, s[i].image.height, 192, 192, &lb, &err), &err);
        CHECK_OK(dt_sample_letterbox(&s[i], &lb, DT_RESIZE_BILINEAR, 7, &plain, &err), &err);
        CHECK_OK(dt_aug_prepare(&s[i], 192, DT_RESIZE_BILINEAR, &err), &err);
        dt_rng rng = dt_rng_make(1, DT_RNG_TEST, 0, 0);
        dt_aug_params p = dt_aug_draw(&o, 1, 0, 4, &rng);
        const dt_sample *src[DT_AUG_SOURCES] = {&s[i]};
        CHECK_OK(dt_aug_apply(&p, &o, src, 192, &out, &err), &err);
        int worst = 0;
        for (int k = 0; k < 192 * 192 * 3; k++)
            worst = abs(out.image.data[k] - plain.image.data[k]) > worst
                        ? abs(out.image.data[k] - plain.image.data[k])
                        : worst;
        /* ceil and round of the shorter side may differ by one row, so only the enlarged one is compared
         * pixel by pixel */
        if (i == 0) CHECK(worst <= 1);
        CHECK_INT(out.label_count, plain.label_count);
        for (size_t k = 0; k < out.label_count; k++)
            CHECK_NEAR(out.labels[k].box.x1, plain.labels[k].box.x1, 1);
    }
    dt_sample_free(&plain);
    dt_sample_free(&out);
    free_samples(s);
}

static void nothing_drawn_is_a_letterbox(void)
{
    one_letterbox(DT_LETTERBOX_CENTER);
    one_letterbox(DT_LETTERBOX_TOP_LEFT);
    one_letterbox(DT_LETTERBOX_STRETCH);
}

/* Boxes after mosaic and affine map as tests/golden/make_augment.py computes them; then the flips of the same
 * thing are its mirror images, to the pixel. */
static void geometry_equals_ultralytics(void)
{
    FILE *f = fopen(dt_test_golden("augment.txt"), "r");
    if (!CHECK(f != NULL)) return;
    dt_error err = {0};
    dt_sample s[4], out = {0}, flipped = {0};
    make_samples(s);
    for (int i = 0; i < 4; i++)
        CHECK_OK(dt_aug_prepare(&s[i], 192, DT_RESIZE_BILINEAR, &err), &err);
    dt_augment_opts o = dt_augment_none();
    dt_aug_params p = {0};
    dt_aug_view *v = &p.view[0];
    int count, cases = 0;
    while (fscanf(f, "%d %lf %lf %lf %lf %lf %lf %lf %lf %d", &v->mosaic, &v->center_x, &v->center_y,
                  &v->degrees, &v->scale, &v->shear_x, &v->shear_y, &v->translate_x, &v->translate_y,
                  &count) == 10) {
        const dt_sample *src[DT_AUG_SOURCES] = {&s[0], &s[1], &s[2], &s[3]};
        v->mosaic *= 4;
        CHECK_OK(dt_aug_apply(&p, &o, src, 192, &out, &err), &err);
        CHECK_INT(out.label_count, count);
        for (int i = 0; i < count; i++) {
            int cls;
            dt_box b;
            CHECK(fscanf(f, "%d %lf %lf %lf %lf", &cls, &b.x1, &b.y1, &b.x2, &b.y2) == 5);
            if ((size_t)i >= out.label_count) continue;
            dt_box got = out.labels[i].box;
            CHECK_INT(out.labels[i].cls, cls);
            CHECK_NEAR(got.x1, b.x1, 1e-6);
            CHECK_NEAR(got.y1, b.y1, 1e-6);
            CHECK_NEAR(got.x2, b.x2, 1e-6);
            CHECK_NEAR(got.y2, b.y2, 1e-6);
        }
        for (int flip = 0; flip < 2; flip++) {
            p.flip_lr = flip == 0;
            p.flip_ud = flip == 1;
            CHECK_OK(dt_aug_apply(&p, &o, src, 192, &flipped, &err), &err);
            (flip ? dt_sample_flip_ud : dt_sample_flip_lr)(&flipped);
            int differ = 0;
            for (int k = 0; k < 192 * 192 * 3; k++)
                differ +=
                    abs(flipped.image.data[k] - out.image.data[k]) > 1; /* ties may round the other way */
            CHECK_MSG(differ < 192 * 3, "case %d, flip %d: %d values differ", cases, flip, differ);
            for (size_t i = 0; i < out.label_count && i < flipped.label_count; i++)
                CHECK_NEAR(flipped.labels[i].box.x1, out.labels[i].box.x1, 1e-6);
        }
        p.flip_lr = p.flip_ud = 0;
        cases++;
    }
    fclose(f);
    CHECK_INT(cases, 24);
    dt_sample_free(&out);
    dt_sample_free(&flipped);
    free_samples(s);
}

static void take_sources(const dt_aug_params *p, const dt_sample *s, const dt_sample *src[DT_AUG_SOURCES])
{
    dt_aug_source list[DT_AUG_SOURCES];
    const int count = dt_aug_sources(p, list);
    for (int i = 0; i < count; i++)
        src[list[i].slot] = &s[list[i].index];
}

static void same_params_same_pixels(void)
{
    dt_error err = {0};
    dt_sample s[4], a = {0}, b = {0};
    make_samples(s);
    dt_augment_opts o = dt_augment_defaults();
    o.degrees = 10;
    o.shear = 5;
    o.mixup = 1;
    dt_rng r1 = dt_rng_make(9, DT_RNG_AUGMENT, 1, 2), r2 = r1;
    dt_aug_params p = dt_aug_draw(&o, 1, 2, 4, &r1), q = dt_aug_draw(&o, 1, 2, 4, &r2);
    CHECK(p.mixup && p.mix_ratio > 0.2 && p.mix_ratio < 0.8);
    CHECK(p.mix_ratio == q.mix_ratio && p.view[1].center_x == q.view[1].center_x && p.hue == q.hue);
    const dt_sample *src[DT_AUG_SOURCES] = {0};
    take_sources(&p, s, src);
    CHECK_OK(dt_aug_apply(&p, &o, src, 128, &a, &err), &err);
    CHECK_OK(dt_aug_apply(&q, &o, src, 128, &b, &err), &err);
    CHECK(memcmp(a.image.data, b.image.data, 128 * 128 * 3) == 0);
    CHECK(a.label_count == b.label_count);
    int off = dt_aug_draw(&o, 0, 2, 4, &r1).view[0].mosaic;
    CHECK_INT(off, 0);
    dt_sample_free(&a);
    dt_sample_free(&b);
    free_samples(s);
}

/* A rotated box contains the object's pixels. */
static void rotation_encloses(void)
{
    dt_error err = {0};
    dt_sample s = gray_sample(100, 100, 114, 0), out = {0};
    paint(&s, 30, 40, 60, 55, colors[0], 0);
    dt_augment_opts o = dt_augment_none();
    dt_aug_params p = {
        .view = {{.degrees = 35, .scale = 1.1, .shear_x = 4, .translate_x = .5, .translate_y = .5}}};
    const dt_sample *src[DT_AUG_SOURCES] = {&s};
    CHECK_OK(dt_aug_apply(&p, &o, src, 100, &out, &err), &err);
    if (CHECK_INT(out.label_count, 1)) {
        dt_box seen = find(&out.image, colors[0]), box = out.labels[0].box;
        CHECK(seen.x1 >= box.x1 - 1 && seen.y1 >= box.y1 - 1 && seen.x2 <= box.x2 + 1 &&
              seen.y2 <= box.y2 + 1);
        CHECK_NEAR(box.x2 - box.x1, seen.x2 - seen.x1, 4);
    }
    dt_sample_free(&s);
    dt_sample_free(&out);
}

static void clean_up_rule(void)
{
    dt_error err = {0};
    dt_sample s = gray_sample(100, 100, 114, 0), out = {0};
    dt_augment_opts o = dt_augment_none();
    const struct {
        dt_box box;
        int kept;
    } cases[] = {
        {{10, 10, 12, 50}, 0},                               /* 2 pixels wide: not more than 2 */
        {{10, 10, 12.01, 50}, 1}, {{-90.5, 10, 9.5, 60}, 0}, /* 9.5 of 100 columns left */
        {{-90, 10, 10.5, 60}, 1}, {{0, 0, 100, 100}, 1},     {{150, 10, 160, 20}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_OK(dt_sample_add_label(&s, (dt_label){cases[i].box, 0, 0, (int32_t)i}, &err), &err);
    dt_aug_params p = {.view = {{.scale = 1, .translate_x = .5, .translate_y = .5}}};
    const dt_sample *src[DT_AUG_SOURCES] = {&s};
    CHECK_OK(dt_aug_apply(&p, &o, src, 100, &out, &err), &err);
    size_t k = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (cases[i].kept && CHECK(k < out.label_count)) CHECK_INT(out.labels[k++].source, i);
    CHECK_INT(out.label_count, k);
    CHECK(out.labels[1].box.x1 == 0); /* clipped */
    dt_sample_free(&s);
    dt_sample_free(&out);
}

static void options_are_checked(void)
{
    dt_error err = {0};
    dt_augment_opts o = dt_augment_defaults();
    CHECK_OK(dt_augment_check(&o, &err), &err);
    o.scale = 1.5;
    CHECK_INT(dt_augment_check(&o, &err), DT_ERR_ARG);
    CHECK(strstr(err.text, "scale = 1.5"));
    o.scale = NAN;
    CHECK_INT(dt_augment_check(&o, &err), DT_ERR_ARG);
}

/* Mean 1/2 and variance 1 / (4 * 65) of Beta(32, 32). */
static void mix_ratio_distribution(void)
{
    dt_augment_opts o = dt_augment_none();
    o.mosaic = o.mixup = 1;
    double sum = 0, squares = 0;
    const int n = 4000;
    for (int i = 0; i < n; i++) {
        dt_rng rng = dt_rng_make(1, DT_RNG_TEST, 5, (uint64_t)i);
        double r = dt_aug_draw(&o, 1, 0, 9, &rng).mix_ratio;
        sum += r;
        squares += r * r;
    }
    double mean = sum / n, variance = squares / n - mean * mean;
    CHECK_NEAR(mean, 0.5, 0.004);
    CHECK_NEAR(variance, 1 / 260., 0.0004);
}

/* ---- the options beyond mosaic, affine map and mixup: four samples of 192 prepared ---- */

enum { SIDE = 192 };

static void prepared_samples(dt_sample s[4])
{
    dt_error err = {0};
    make_samples(s);
    for (int i = 0; i < 4; i++)
        CHECK_OK(dt_aug_prepare(&s[i], SIDE, DT_RESIZE_BILINEAR, &err), &err);
}

static dt_aug_params draw_test(const dt_augment_opts *o, int trial)
{
    dt_rng rng = dt_rng_make(6, DT_RNG_TEST, (uint64_t)trial, 1);
    return dt_aug_draw(o, 1, trial % 4, 4, &rng);
}

static void apply_test(const dt_aug_params *p, const dt_augment_opts *o, const dt_sample *s, dt_sample *out)
{
    dt_error err = {0};
    const dt_sample *src[DT_AUG_SOURCES] = {0};
    take_sources(p, s, src);
    CHECK_OK(dt_aug_apply(p, o, src, SIDE, out, &err), &err);
}

static double shared(dt_box a, dt_box b)
{
    double w = fmin(a.x2, b.x2) - fmax(a.x1, b.x1), h = fmin(a.y2, b.y2) - fmax(a.y1, b.y1);
    return w > 0 && h > 0 ? w * h : 0;
}

/* Views show a record once only: else two objects of one colour are in the picture. */
static void different_tiles(dt_aug_params *p)
{
    for (int i = 0; i < 4; i++)
        p->view[0].index[i] = i;
}

static void perspective_boxes_enclose(void)
{
    dt_sample s[4], out = {0};
    prepared_samples(s);
    dt_augment_opts o = dt_augment_none();
    o.perspective = .001;
    o.scale = .3;
    o.translate = .1;
    o.fliplr = .5;
    int seen = 0, tilted = 0;
    for (int trial = 0; trial < 60; trial++) {
        o.mosaic = trial % 2;
        dt_aug_params p = draw_test(&o, trial);
        if (o.mosaic > 0) different_tiles(&p);
        apply_test(&p, &o, s, &out);
        for (size_t i = 0; i < out.label_count; i++) {
            const dt_box b = out.labels[i].box, paint = find(&out.image, colors[out.labels[i].cls]);
            CHECK_MSG(paint.x1 >= b.x1 - 1.51 && paint.y1 >= b.y1 - 1.51 && paint.x2 <= b.x2 + 1.51 &&
                          paint.y2 <= b.y2 + 1.51,
                      "trial %d: paint %.0f %.0f %.0f %.0f outside %.1f %.1f %.1f %.1f", trial, paint.x1,
                      paint.y1, paint.x2, paint.y2, b.x1, b.y1, b.x2, b.y2);
            CHECK_MSG(fabs(paint.x1 - b.x1) < 3 && fabs(paint.y2 - b.y2) < 3, "trial %d: loose box", trial);
            seen++;
        }
        tilted += p.view[0].perspective_x != 0 && fabs(p.view[0].perspective_y) < .001;
    }
    CHECK(seen > 150);
    CHECK_INT(tilted, 60);
    dt_sample_free(&out);
    free_samples(s);
}

/* Neighbouring tiles meet under a tilt: between two pixels of a row that show pictures, fill is not to be
 * seen. */
static void tilted_tiles_leave_no_gap(void)
{
    dt_sample s[4], out = {0};
    for (int i = 0; i < 4; i++)
        s[i] = gray_sample(SIDE, SIDE, 200, i);
    dt_augment_opts o = dt_augment_none();
    o.mosaic = 1;
    o.perspective = .001;
    o.degrees = 30;
    o.fill = 1;
    int seen = 0;
    for (int trial = 0; trial < 40; trial++) {
        dt_aug_params p = draw_test(&o, trial);
        p.view[0].center_x = p.view[0].center_y = 1;
        apply_test(&p, &o, s, &out);
        int gaps = 0;
        for (int y = 0; y < SIDE; y++) {
            const uint8_t *row = out.image.data + (ptrdiff_t)y * SIDE * 3;
            int changes = 0;
            for (int x = 1; x < SIDE; x++)
                changes += row[3 * x] != row[3 * (x - 1)];
            gaps += changes > 2;
            seen += row[3 * (SIDE / 2)] == 200;
        }
        CHECK_INT(gaps, 0);
    }
    CHECK(seen > 20 * SIDE);
    for (int i = 0; i < 4; i++)
        dt_sample_free(&s[i]);
    dt_sample_free(&out);
}

/* Nine tiles without gaps or overlaps around the centre: boxes lie on their paint. The last five tiles are
 * gray. */
static void nine_tiles(void)
{
    dt_sample s[5], out = {0};
    prepared_samples(s);
    s[4] = gray_sample(150, 192, 114, 0);
    dt_augment_opts o = dt_augment_none();
    o.mosaic = o.mosaic9 = 1;
    o.fliplr = .5;
    o.scale = .5;
    int seen = 0, distinct = 0;
    for (int trial = 0; trial < 60; trial++) {
        dt_aug_params p = draw_test(&o, trial);
        CHECK_INT(p.view[0].mosaic, 9);
        for (int i = 0; i < 9; i++) {
            distinct |= 1 << p.view[0].index[i];
            p.view[0].index[i] = 4;
        }
        for (int i = 0; i < 4; i++) /* rotated through the nine places */
            p.view[0].index[(trial + 2 * i) % 9] = i;
        p.view[0].scale *= .9;
        apply_test(&p, &o, s, &out);
        labels_match_pixels(&out, "nine", 1.51);
        seen += (int)out.label_count;
    }
    CHECK_INT(distinct, 15);
    CHECK_MSG(seen > 150, "%d objects seen", seen);
    dt_sample_free(&s[4]);
    dt_sample_free(&out);
    free_samples(s);
}

/* The whole pictures' boxes on a canvas that is seen at half size, beside Ultralytics' placing. */
static void nine_as_ultralytics(void)
{
    static const int size[9][2] = {{96, 64}, {48, 96}, {96, 96}, {96, 24}, {80, 96},
                                   {96, 60}, {33, 96}, {96, 50}, {70, 96}};
    dt_error err = {0};
    dt_sample s[9], out = {0};
    const dt_sample *src[DT_AUG_SOURCES] = {0};
    for (int i = 0; i < 9; i++) {
        src[i] = &s[i];
        s[i] = gray_sample(size[i][0], size[i][1], 0, i);
        CHECK_OK(dt_sample_add_label(&s[i], (dt_label){{0, 0, size[i][0], size[i][1]}, i, 0, 0}, &err), &err);
    }
    dt_augment_opts o = dt_augment_none();
    o.rule = (dt_box_rule){.max_aspect = INFINITY};
    golden_case c;
    FILE *f = golden_open("transforms_augment.txt");
    int cases = 0;
    while (f && golden_next(f, &c)) {
        if (!strcmp(c.name, "nine")) {
            dt_aug_params p = {.view = {{.mosaic = 9,
                                         .center_x = .5 + c.params[0] / 96,
                                         .center_y = .5 + c.params[1] / 96,
                                         .scale = .5,
                                         .translate_x = .5,
                                         .translate_y = .5}}};
            CHECK_OK(dt_aug_apply(&p, &o, src, 96, &out, &err), &err);
            size_t k = 0;
            for (int i = 0; i < 9; i++) {
                const double *b = c.values + (ptrdiff_t)4 * i;
                if (!(b[2] > b[0] && b[3] > b[1])) continue;
                if (!CHECK(k < out.label_count)) break;
                CHECK_INT(out.labels[k].cls, i);
                CHECK_NEAR(out.labels[k].box.x1, b[0], 1e-9);
                CHECK_NEAR(out.labels[k].box.y1, b[1], 1e-9);
                CHECK_NEAR(out.labels[k].box.x2, b[2], 1e-9);
                CHECK_NEAR(out.labels[k++].box.y2, b[3], 1e-9);
            }
            CHECK_INT(out.label_count, k);
            cases++;
        }
        free(c.values);
    }
    if (f) fclose(f);
    CHECK_INT(cases, 4);
    for (int i = 0; i < 9; i++)
        dt_sample_free(&s[i]);
    dt_sample_free(&out);
}

/* After cutmix every label lies on its paint: nothing hidden keeps a label, nothing visible loses one. */
static void cutmix_labels_match_pixels(void)
{
    dt_sample s[4], out = {0}, plain = {0};
    prepared_samples(s);
    dt_augment_opts o = dt_augment_none();
    o.cutmix = 1;
    o.fliplr = .5;
    int mixed = 0, gone = 0;
    for (int trial = 0; trial < 80; trial++) {
        dt_aug_params p = draw_test(&o, trial);
        CHECK_INT(p.cutmix, 1);
        p.view[DT_AUG_CUTMIX].index[0] = (p.view[0].index[0] + 1 + trial % 3) % 4; /* another one */
        apply_test(&p, &o, s, &out);
        p.cutmix = 0;
        apply_test(&p, &o, s, &plain);
        int here = 0;
        for (size_t i = 0; i < out.label_count; i++)
            here += out.labels[i].cls / 2 == p.view[0].index[0];
        gone += 2 - here;
        const int changed = memcmp(out.image.data, plain.image.data, SIDE * SIDE * 3) != 0;
        mixed += changed;
        if (!changed) CHECK_INT(out.label_count, plain.label_count);
        for (size_t i = 0; i < out.label_count; i++) {
            const dt_label l = out.labels[i];
            const dt_box paint = find(&out.image, colors[l.cls]);
            const double area = dt_box_area(l.box);
            CHECK_MSG(paint.x1 < paint.x2 && dt_box_area(paint) > .85 * area &&
                          dt_box_area(paint) < 1.25 * area + 60,
                      "trial %d, class %d: box of %.0f pixels, paint of %.0f", trial, l.cls, area,
                      dt_box_area(paint));
        }
    }
    CHECK_MSG(mixed > 40 && gone > 10, "%d mixed, %d objects gone", mixed, gone);
    dt_sample_free(&out);
    dt_sample_free(&plain);
    free_samples(s);
}

/* Pasted boxes are filled by their object; no older box is hidden by more than .3. */
static void pasted_objects(void)
{
    dt_sample s[4], out = {0};
    prepared_samples(s);
    dt_augment_opts o = dt_augment_none();
    o.copy_paste = 1;
    o.fliplr = .5;
    int pasted = 0;
    for (int trial = 0; trial < 60; trial++) {
        dt_aug_params p = draw_test(&o, trial);
        p.view[DT_AUG_PASTE].index[0] = (p.view[0].index[0] + 1 + trial % 3) % 4;
        apply_test(&p, &o, s, &out);
        CHECK(out.label_count >= 2 && out.label_count <= 4);
        for (size_t i = 2; i < out.label_count; i++) {
            const dt_box b = out.labels[i].box, paint = find(&out.image, colors[out.labels[i].cls]);
            CHECK_INT(out.labels[i].cls / 2, p.view[DT_AUG_PASTE].index[0]);
            for (size_t k = 0; k < i; k++)
                CHECK(shared(b, out.labels[k].box) <= .3001 * dt_box_area(out.labels[k].box));
            if (i == 3 && shared(b, out.labels[2].box) > 0) continue;
            if (i == 2 && out.label_count > 3 && shared(b, out.labels[3].box) > 0) continue;
            CHECK_MSG(fabs(paint.x1 - b.x1) <= 2 && fabs(paint.y1 - b.y1) <= 2 &&
                          fabs(paint.x2 - b.x2) <= 2 && fabs(paint.y2 - b.y2) <= 2,
                      "trial %d: box %.0f %.0f %.0f %.0f, paint %.0f %.0f %.0f %.0f", trial, b.x1, b.y1, b.x2,
                      b.y2, paint.x1, paint.y1, paint.x2, paint.y2);
            pasted++;
        }
    }
    CHECK_MSG(pasted > 40, "%d pasted", pasted);
    o.copy_paste = 0;
    dt_aug_params p = draw_test(&o, 0);
    CHECK_INT(p.paste, 0);
    dt_sample_free(&out);
    free_samples(s);
}

static void yolox_mixup(void)
{
    dt_sample s[4], out = {0};
    prepared_samples(s);
    dt_augment_opts o = dt_augment_none();
    o.mosaic = o.mixup = 1;
    o.mixup_single = 1;
    o.letterbox = DT_LETTERBOX_TOP_LEFT;
    for (int trial = 0; trial < 30; trial++) {
        dt_aug_params p = draw_test(&o, trial);
        const dt_aug_view *v = &p.view[DT_AUG_MIXUP];
        CHECK(p.mixup && p.mix_ratio == .5 && v->mosaic == 0 && v->scale >= .5 && v->scale < 1.5);
        /* The canvas's corner is at the output's corner, or beyond it so far that the output stays covered. */
        const double x = v->translate_x - v->scale / 2, y = v->translate_y - v->scale / 2;
        CHECK(x <= 1e-12 && y <= 1e-12 && (v->scale <= 1 || (x + v->scale >= 1 && y + v->scale >= 1)));
        if (v->scale <= 1) CHECK(fabs(x) < 1e-12 && fabs(y) < 1e-12);
        apply_test(&p, &o, s, &out);
    }
    dt_sample_free(&out);
    free_samples(s);
}

/* An option that is turned on leaves the draws of all others alone. */
static void options_do_not_move_others(void)
{
    for (int trial = 0; trial < 20; trial++) {
        dt_augment_opts o = dt_augment_defaults();
        o.degrees = 5;
        o.mixup = .5;
        const dt_aug_params base = draw_test(&o, trial);
        for (int which = 0; which < 5; which++) {
            dt_augment_opts more = o;
            (which == 0   ? (more.perspective = .001)
             : which == 1 ? (more.mosaic9 = 1)
             : which == 2 ? (more.cutmix = 1)
             : which == 3 ? (more.copy_paste = 1)
                          : (more.mixup_single = 1));
            dt_aug_params p = draw_test(&more, trial);
            CHECK(p.flip_lr == base.flip_lr && p.hue == base.hue && p.val == base.val &&
                  p.mixup == base.mixup);
            CHECK(p.view[0].degrees == base.view[0].degrees && p.view[0].center_x == base.view[0].center_x);
            CHECK(!p.view[0].mosaic == !base.view[0].mosaic && p.view[0].index[3] == base.view[0].index[3]);
            CHECK(p.view[1].index[0] == base.view[1].index[0]);
            if (which != 4) CHECK(p.mix_ratio == base.mix_ratio && p.view[1].scale == base.view[1].scale);
            CHECK((p.view[0].perspective_x != 0) == (which == 0));
            CHECK_INT(p.cutmix, which == 2);
            CHECK_INT(p.paste, which == 3);
            CHECK_INT(p.view[0].mosaic, which == 1 ? 9 : 4);
            dt_rng rng = dt_rng_make(6, DT_RNG_TEST, (uint64_t)trial, 1);
            dt_aug_params closing = dt_aug_draw(&more, 0, 1, 4, &rng);
            dt_aug_source list[DT_AUG_SOURCES];
            CHECK_INT(dt_aug_sources(&closing, list), 1);
        }
    }
}

static void letterboxes_keep_the_class(void)
{
    dt_error err = {0};
    dt_letterbox lb;
    dt_sample in = {.cls = 5}, out = {0};
    CHECK_OK(dt_image_create(&in.image, 7, 4, 3, &err), &err);
    memset(in.image.data, 9, 7 * 4 * 3);
    CHECK_OK(dt_letterbox_make(DT_LETTERBOX_CENTER, 0, 7, 4, 8, 8, &lb, &err), &err);
    CHECK_OK(dt_sample_letterbox(&in, &lb, DT_RESIZE_BILINEAR, 114, &out, &err), &err);
    CHECK_INT(out.cls, 5);
    dt_sample_free(&in);
    dt_sample_free(&out);
}

int main(void)
{
    RUN(flips_move_boxes_with_pixels);
    RUN(letterbox_moves_boxes_with_pixels);
    RUN(augmented_boxes_match_pixels);
    RUN(nothing_drawn_is_a_letterbox);
    RUN(geometry_equals_ultralytics);
    RUN(same_params_same_pixels);
    RUN(rotation_encloses);
    RUN(clean_up_rule);
    RUN(options_are_checked);
    RUN(mix_ratio_distribution);
    RUN(perspective_boxes_enclose);
    RUN(tilted_tiles_leave_no_gap);
    RUN(nine_tiles);
    RUN(nine_as_ultralytics);
    RUN(cutmix_labels_match_pixels);
    RUN(pasted_objects);
    RUN(yolox_mixup);
    RUN(options_do_not_move_others);
    RUN(letterboxes_keep_the_class);
    return dt_test_end();
}
