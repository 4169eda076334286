/* Every registered step at work: on pictures with and without boxes, of one pixel, gray; always the same for
 * the same place; composition, other pictures, explanation. */
#include "core/mem.h"
#include "datasets/transforms/transform_impl.h"
#include "test.h"

enum { RECORDS = 7 };

static dt_sample picture(int64_t index, int width, int height, int channels, int boxes)
{
    dt_error err = {0};
    dt_sample s = {.cls = 3, .index = index, .original_width = width, .original_height = height};
    dt_rng rng = dt_rng_make(9, DT_RNG_TEST, (uint64_t)index, 0);
    CHECK_OK(dt_image_create(&s.image, width, height, channels, &err), &err);
    for (int i = 0; i < width * height * channels; i++)
        s.image.data[i] = (uint8_t)(10 + dt_rng_below(&rng, 200));
    for (int i = 0; i < boxes; i++) {
        const double x = width * .2 * i, y = height * .15 * i;
        CHECK_OK(dt_sample_add_label(
                     &s, (dt_label){{x, y, x + width * .19, y + height * .14}, i % 2, i == 2, i}, &err),
                 &err);
    }
    return s;
}

/* Records are made anew each time; `borrowed` counts. */
typedef struct maker {
    const dt_transforms *transforms;
    int channels, boxes, borrowed;
} maker;

static dt_status borrow(void *self, int64_t index, const dt_sample **sample, dt_sample **mine, dt_error *err)
{
    maker *m = self;
    m->borrowed++;
    dt_sample *s = dt_calloc(1, sizeof *s);
    if (!s) return dt_fail_memory(err, sizeof *s, "sample");
    *s = picture(index, 50 + 5 * (int)index, 64 - 3 * (int)index, m->channels, m->boxes);
    *sample = *mine = s;
    return dt_transforms_prepare(m->transforms, s, err);
}

static dt_transforms *parse(const char *text)
{
    dt_error err = {0};
    dt_transforms *t = NULL;
    CHECK_MSG(dt_transforms_parse(text, &t, &err) == DT_OK, "%s", err.text);
    return t;
}

static uint64_t sample_hash(const dt_sample *s)
{
    uint64_t h[4] = {(uint64_t)s->image.width, (uint64_t)s->image.height, (uint64_t)s->label_count, 0};
    h[3] = dt_hash64(s->image.data, (size_t)(s->image.width * s->image.height * s->image.channels));
    for (size_t i = 0; i < s->label_count; i++) {
        const dt_label *l = &s->labels[i];
        const double v[] = {l->box.x1, l->box.y1, l->box.x2, l->box.y2, l->cls, l->ignore, l->source};
        h[3] = h[3] * 31 + dt_hash64(v, sizeof v);
    }
    return dt_hash64(h, sizeof h);
}

/* The pipeline on a record as a loader runs it. */
static dt_status run(const dt_transforms *t, const dt_sample *src, uint64_t epoch, maker *m, dt_sample *out,
                     dt_explain *e, dt_error *err)
{
    const dt_transform_records records = {.count = RECORDS, .borrow = borrow, .self = m};
    const dt_transform_place place = {.stream = dt_rng_make(1, DT_RNG_AUGMENT, epoch, (uint64_t)src->index),
                                      .records = m ? &records : NULL,
                                      .mixing = 1};
    dt_sample prepared = {0};
    dt_status st = dt_sample_assign(src, &prepared, err);
    if (m) m->transforms = t;
    if (st == DT_OK) st = dt_transforms_prepare(t, &prepared, err);
    if (st == DT_OK) st = dt_transforms_apply(t, &place, &prepared, out, e, err);
    dt_sample_free(&prepared);
    return st;
}

/* A text in which each kind of step is applied; NULL: the kind needs no values. */
static const char *values_of(const char *name)
{
    static const char *const texts[][2] = {
        {"resize", "resize(40)"},
        {"shortest-size", "shortest-size((20, 30, 45), max-size=60)"},
        {"scale-jitter", "scale-jitter(40)"},
        {"letterbox", "letterbox(48, 64; darknet)"},
        {"pad", "pad(1, 2, 3, 4; 9; reflect)"},
        {"center-crop", "center-crop(30, 70)"},
        {"random-crop", "random-crop(40, 4, pad-if-needed=true)"},
        {"random-resized-crop", "random-resized-crop(32)"},
        {"fixed-crop", "fixed-crop(40, fill=(1, 2, 3))"},
        {"affine", "affine(30, 0.1, (0.5, 1.5), (-10, 10, -5, 5), size=(40, 60))"},
        {"perspective", "perspective(p=1)"},
        {"color-jitter", "color-jitter(0.4, 0.4, 0.4, 0.1)"},
        {"brightness", "brightness(0.5, 2)"},
        {"contrast", "contrast(0.5, 2)"},
        {"saturation", "saturation(0.5, 2)"},
        {"hue", "hue(-0.2, 0.2)"},
        {"sharpness", "sharpness(2, p=1)"},
        {"posterize", "posterize(3, p=1)"},
        {"solarize", "solarize(100, p=1)"},
        {"gaussian-blur", "gaussian-blur(5)"},
        {"mosaic", "mosaic(40, nine)"},
        {"mixup", "mixup(1)"},
        {"cutmix", "cutmix(1)"},
        {"copy-paste", "copy-paste(1)"},
        {"yolo-augment", "yolo-augment(64, mixup=1, cutmix=1, copy-paste=1, degrees=10, perspective=0.001)"},
        {"random-apply", "random-apply(1 | hflip(1) invert(1))"},
        {"one-of", "one-of(hflip(1) | vflip(1) | )"},
        {"random-order", "random-order(hflip(1) | gaussian-blur(3) | random-crop(30, pad-if-needed=true))"},
        {"normalize", "normalize(0, 0, 0; 1, 1, 1)"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i][0], name) == 0) return texts[i][1];
    return NULL;
}

static void check_result(const char *text, const dt_sample *src, const dt_sample *out)
{
    CHECK_MSG(out->cls == 3 && out->index == src->index && out->original_width == src->original_width,
              "%s: class %d, index %lld", text, out->cls, (long long)out->index);
    CHECK_MSG(out->image.data && out->image.channels == src->image.channels, "%s: channels", text);
    for (size_t i = 0; i < out->label_count; i++) {
        const dt_box b = out->labels[i].box;
        CHECK_MSG(b.x1 >= 0 && b.y1 >= 0 && b.x2 <= out->image.width && b.y2 <= out->image.height &&
                      b.x2 >= b.x1 && b.y2 >= b.y1,
                  "%s: box %g %g %g %g in %dx%d", text, b.x1, b.y1, b.x2, b.y2, out->image.width,
                  out->image.height);
    }
}

/* 1: the step works on gray pictures, too. */
static int takes_gray(const char *name)
{
    static const char *const rgb[] = {"hsv", "permute-channels", "mosaic", "copy-paste", "yolo-augment"};
    for (size_t i = 0; i < sizeof rgb / sizeof *rgb; i++)
        if (strcmp(rgb[i], name) == 0) return 0;
    return 1;
}

static void try_step(const dt_transform *kind, const char *text, int width, int height, int channels,
                     int boxes)
{
    dt_error err = {0};
    dt_transforms *t = parse(text);
    if (!t) return;
    dt_sample src = picture(2, width, height, channels, boxes), out = {0}, again = {0};
    const uint64_t before = sample_hash(&src);
    int w, h, differ = 0;
    dt_transforms_size(t, &w, &h);
    for (uint64_t epoch = 0; epoch < 12; epoch++) {
        maker m = {.channels = channels, .boxes = boxes};
        dt_status st = run(t, &src, epoch, &m, &out, NULL, &err);
        if (channels == 1 && !takes_gray(kind->name)) {
            CHECK_MSG(st == DT_ERR_ARG, "%s on gray: %d", text, st);
            dt_error_clear(&err);
            break;
        }
        if (!CHECK_MSG(st == DT_OK, "%s on %dx%dx%d: %s", text, width, height, channels, err.text)) break;
        check_result(text, &src, &out);
        if (w) CHECK_MSG(out.image.width == w && out.image.height == h, "%s: not %dx%d", text, w, h);
        if (!boxes) CHECK_INT(out.label_count, 0);
        if (!kind->geometry && kind->flow == DT_FLOW_STEP) CHECK_INT(out.label_count, src.label_count);
        CHECK_OK(run(t, &src, epoch, &m, &again, NULL, &err), &err); /* into memory that was used */
        CHECK_MSG(sample_hash(&again) == sample_hash(&out), "%s: epoch %d differs from itself", text,
                  (int)epoch);
        dt_sample_free(&again);
        differ += sample_hash(&out) != before;
    }
    CHECK_INT(sample_hash(&src), before);
    const int changes = strcmp(kind->name, "to-tensor") != 0 && strcmp(kind->name, "clean") != 0 &&
                        kind->flow != DT_FLOW_NORMALIZE;
    if (width > 1 && boxes && channels == 3)
        CHECK_MSG((differ > 0) == changes, "%s changed %d of 12", text, differ);
    dt_sample_free(&src);
    dt_sample_free(&out);
    dt_transforms_free(t);
}

static void every_step(void)
{
    for (int i = 0; dt_transform_kinds[i]; i++) {
        const dt_transform *k = dt_transform_kinds[i];
        const char *text = values_of(k->name) ? values_of(k->name) : k->name;
        try_step(k, text, 60, 50, 3, 3);
        try_step(k, text, 60, 50, 3, 0);
        try_step(k, text, 1, 1, 3, 1);
        try_step(k, text, 1, 40, 3, 1);
        try_step(k, text, 60, 50, 1, 2);
        try_step(k, text, 1, 1, 1, 0);
    }
}

/* A step that is added or taken away leaves the draws of the others as they were. */
static void draws_do_not_depend_on_neighbours(void)
{
    dt_error err = {0};
    static const char *const texts[] = {"color-jitter(0.4) hflip(0.5)", "hflip(0.5) color-jitter(0.4)",
                                        "hflip(0.5) solarize(255, p=0) color-jitter(0.4)"};
    uint64_t seen[3][20];
    for (int k = 0; k < 3; k++) {
        dt_transforms *t = parse(texts[k]);
        dt_sample src = picture(1, 20, 20, 3, 1), out = {0};
        for (uint64_t epoch = 0; epoch < 20; epoch++) {
            CHECK_OK(run(t, &src, epoch, NULL, &out, NULL, &err), &err);
            seen[k][epoch] = sample_hash(&out);
        }
        dt_sample_free(&src);
        dt_sample_free(&out);
        dt_transforms_free(t);
    }
    for (int epoch = 0; epoch < 20; epoch++)
        CHECK(seen[0][epoch] == seen[1][epoch] && seen[0][epoch] == seen[2][epoch]);
    CHECK(seen[0][0] != seen[0][1] && seen[0][1] != seen[0][2]);
    /* Two of the same name draw apart. */
    dt_transforms *t = parse("hflip(0.5) hflip(0.5)");
    dt_sample src = picture(1, 20, 20, 3, 1), out = {0};
    int same = 0;
    for (uint64_t epoch = 0; epoch < 40; epoch++) {
        CHECK_OK(run(t, &src, epoch, NULL, &out, NULL, &err), &err);
        same += sample_hash(&out) == sample_hash(&src);
    }
    CHECK(same > 8 && same < 32);
    dt_sample_free(&src);
    dt_sample_free(&out);
    dt_transforms_free(t);
}

static int count_in(const char *text, const char *word)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, word)); p++)
        n++;
    return n;
}

/* Shares of branches and of chances, through the explanation. */
static void composition(void)
{
    dt_error err = {0};
    dt_transforms *t =
        parse("one-of(3, 1 | invert(1) | hflip(1) vflip(1)) random-apply(0.25 | posterize(2, p=1))"
              " random-order(equalize(1) | autocontrast(1))");
    dt_sample src = picture(1, 20, 20, 3, 1), out = {0};
    dt_str text = {0};
    dt_explain e = {.text = &text};
    for (uint64_t epoch = 0; epoch < 400; epoch++)
        CHECK_OK(run(t, &src, epoch, NULL, &out, &e, &err), &err);
    const int first = count_in(text.data, "    invert(1)"),
              second = count_in(text.data, "    hflip(1)\n    vflip(1)");
    CHECK_INT(first + second, 400);
    CHECK_MSG(first > 260 && first < 340, "%d of 400, not 300", first);
    const int applied = count_in(text.data, "    posterize(2, p=1): bits 2");
    CHECK_MSG(applied > 65 && applied < 135, "%d of 400, not 100", applied);
    CHECK_INT(count_in(text.data, "posterize(2, p=1)): not applied") + applied, 400);
    const int order = count_in(text.data, "branch 1 2, branch 2 1");
    CHECK_MSG(order > 150 && order < 250, "%d of 400, not 200", order);
    dt_str_free(&text);
    dt_sample_free(&src);
    dt_sample_free(&out);
    dt_transforms_free(t);
}

/* Steps before a mixing one are run on the other pictures, too; the closing epochs leave it out. */
static void others_take_the_same_steps(void)
{
    dt_error err = {0};
    dt_transforms *t = parse("resize(30, 30) invert(1) mixup(1, alpha=0)");
    dt_sample src = picture(1, 55, 61, 3, 2), out = {0};
    dt_str text = {0}, line = {0};
    dt_json json = dt_json_begin(&text, 2);
    dt_explain e = {.text = &line, .json = &json};
    maker m = {.channels = 3, .boxes = 2};
    dt_json_array(&json);
    CHECK_OK(run(t, &src, 4, &m, &out, &e, &err), &err);
    dt_json_array_end(&json);
    CHECK_INT(m.borrowed, 1);
    CHECK_INT(out.label_count, 4);
    CHECK_INT(out.image.width, 30);
    CHECK(!text.failed && strstr(text.data, "\"step\": \"mixup(1, alpha=0)\"") &&
          strstr(text.data, "\"ratio\": 0.5"));
    CHECK(strstr(text.data, "\"record\"") && count_in(text.data, "invert(1)") == 2);
    CHECK_MSG(strncmp(line.data, "resize(30, 30)\ninvert(1)\nmixup(1, alpha=0): ratio 0.5\n  record ", 61) ==
                  0,
              "%s", line.data);
    /* The blend of two inverted pictures. */
    dt_transforms *half = parse("resize(30, 30) invert(1)");
    dt_sample one = {0};
    CHECK_OK(run(half, &src, 4, &m, &one, NULL, &err), &err);
    int wrong = 0;
    for (int i = 0; i < 2700; i++)
        wrong +=
            out.image.data[i] < one.image.data[i] / 2 - 1 || out.image.data[i] > one.image.data[i] / 2 + 129;
    CHECK_INT(wrong, 0);
    /* Without others the step is left out. */
    CHECK_OK(run(t, &src, 4, NULL, &out, NULL, &err), &err);
    CHECK(sample_hash(&out) == sample_hash(&one));
    dt_str_free(&text);
    dt_str_free(&line);
    dt_sample_free(&src);
    dt_sample_free(&out);
    dt_sample_free(&one);
    dt_transforms_free(t);
    dt_transforms_free(half);
}

/* The built-in recipe and its step are the same pixels for the same draws. */
static void yolo_step_is_the_recipe(void)
{
    dt_error err = {0};
    dt_transforms *t = parse("yolo-augment(64, mixup=0.5)");
    dt_sample src = picture(1, 60, 50, 3, 3), out = {0};
    maker m = {.channels = 3, .boxes = 3};
    int borrowed = 0;
    for (uint64_t epoch = 0; epoch < 10; epoch++) {
        CHECK_OK(run(t, &src, epoch, &m, &out, NULL, &err), &err);
        borrowed = m.borrowed;
        CHECK_INT(out.image.width, 64);
    }
    CHECK(borrowed >= 30 && borrowed <= 70);
    dt_sample_free(&src);
    dt_sample_free(&out);
    dt_transforms_free(t);
}

/* Where a known map puts boxes and pixels. */
static void known_results(void)
{
    dt_error err = {0};
    dt_sample src = picture(1, 40, 30, 3, 1), out = {0};
    dt_transforms *t = parse("hflip(1) vflip(1)");
    CHECK_OK(run(t, &src, 0, NULL, &out, NULL, &err), &err);
    CHECK(memcmp(out.image.data, src.image.data + (40 * 30 - 1) * 3, 3) == 0);
    CHECK_NEAR(out.labels[0].box.x2, 40, 0);
    CHECK_NEAR(out.labels[0].box.y1, 30 - 30 * .14, 1e-9);
    dt_transforms_free(t);
    t = parse("affine(size=(30, 20))"); /* the middle, unchanged */
    CHECK_OK(run(t, &src, 0, NULL, &out, NULL, &err), &err);
    CHECK_INT(out.image.width, 20);
    CHECK_INT(out.image.height, 30);
    CHECK(memcmp(out.image.data, src.image.data + 10 * 3, 20 * 3) == 0);
    CHECK_INT(out.label_count, 0); /* 0..7.6 lies to the left of 10 */
    dt_transforms_free(t);
    t = parse("affine(scale=0.5)"); /* halved about (20, 15) */
    CHECK_OK(run(t, &src, 0, NULL, &out, NULL, &err), &err);
    CHECK_INT(out.label_count, 1);
    CHECK_NEAR(out.labels[0].box.x1, 10, 1e-9);
    CHECK_NEAR(out.labels[0].box.x2, 13.8, 1e-9);
    CHECK_NEAR(out.labels[0].box.y2, 9.6, 1e-9);
    dt_transforms_free(t);
    t = parse("perspective(0, 1)");
    CHECK_OK(run(t, &src, 0, NULL, &out, NULL, &err), &err);
    CHECK(sample_hash(&out) == sample_hash(&src) || memcmp(out.image.data, src.image.data, 40 * 3) == 0);
    dt_transforms_free(t);
    t = parse("mosaic(40) letterbox(40)");
    maker m = {.channels = 3, .boxes = 0};
    CHECK_OK(run(t, &src, 3, &m, &out, NULL, &err), &err);
    CHECK_INT(m.borrowed, 3);
    dt_transforms_free(t);
    dt_sample_free(&src);
    dt_sample_free(&out);
}

static void step_is_named(void)
{
    dt_error err = {0};
    dt_transforms *t = parse("hflip resize(16384)");
    dt_sample src = picture(1, 2, 60, 3, 0), out = {0};
    CHECK_INT(run(t, &src, 0, NULL, &out, NULL, &err), DT_ERR_ARG);
    CHECK_MSG(strstr(err.text, "step 2 (resize): resize of 2x60 gives 16384x491520"), "%s", err.text);
    dt_transforms_free(t);
    t = parse("random-crop(4)");
    CHECK(run(t, &src, 0, NULL, &out, NULL, &err) != DT_OK);
    CHECK_MSG(strstr(err.text, "step 1 (random-crop): ") != NULL, "%s", err.text);
    dt_transforms_free(t);
    dt_sample_free(&src);
    dt_sample_free(&out);
}

static void every_allocation_can_fail(void)
{
    dt_transforms *t =
        parse("resize(30, 30) mosaic(32) one-of(hflip(1) | invert(1)) cutmix(1) copy-paste(1) mixup(1)");
    const size_t before = dt_mem_live();
    for (uint64_t n = 1; n < 5000; n++) {
        dt_error err = {0};
        dt_sample src = {.index = 1}, out = {0};
        maker m = {.channels = 3, .boxes = 0}; /* borrow() checks its own allocations */
        dt_status st = dt_image_create(&src.image, 31, 29, 3, &err);
        memset(src.image.data, 7, 31 * 29 * 3);
        dt_mem_fail_at(n);
        st = run(t, &src, 2, NULL, &out, NULL, &err);
        const int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK_INT(st, fired ? DT_ERR_MEMORY : DT_OK);
        (void)m;
        dt_sample_free(&src);
        dt_sample_free(&out);
        CHECK_INT(dt_mem_live(), before);
        if (!fired) break;
    }
    dt_transforms_free(t);
}

int main(void)
{
    const size_t before = dt_mem_live();
    RUN(every_step);
    RUN(draws_do_not_depend_on_neighbours);
    RUN(composition);
    RUN(others_take_the_same_steps);
    RUN(yolo_step_is_the_recipe);
    RUN(known_results);
    RUN(step_is_named);
    RUN(every_allocation_can_fail);
    CHECK_INT(dt_mem_live(), before);
    return dt_test_end();
}
