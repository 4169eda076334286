/* Pipelines of transforms as text: what is read, its canonical form, what is refused and where. */
#include "core/mem.h"
#include "datasets/transforms/transform.h"
#include "fixture.h"

static char *canonical(const char *text)
{
    dt_error err = {0};
    dt_transforms *t = NULL;
    dt_str out = {0};
    if (CHECK_MSG(dt_transforms_parse(text, &t, &err) == DT_OK, "%s: %s", text, err.text))
        dt_transforms_text(t, &out);
    dt_transforms_free(t);
    return dt_str_take(&out);
}

/* The canonical form is this, and reads back to itself. */
static void expect(const char *text, const char *wanted)
{
    char *once = canonical(text);
    if (!CHECK(once != NULL)) return;
    CHECK_MSG(strcmp(once, wanted) == 0, "%s -> %s, not %s", text, once, wanted);
    char *twice = canonical(once);
    CHECK_MSG(twice && strcmp(once, twice) == 0, "%s -> %s", once, twice ? twice : "NULL");
    dt_free(once);
    dt_free(twice);
}

static void canonical_forms(void)
{
    expect("", "");
    expect(" # nothing\n", "");
    expect("hflip", "hflip(0.5)");
    expect("hflip(0.50)vflip()", "hflip(0.5) vflip(0.5)");
    expect("RandomHorizontalFlip(p=1)\nRandomResizedCrop(224)", "hflip(1) random-resized-crop(224)");
    expect("random_resized_crop(224, scale=(0.08, 1.0), ratio=[3/4, 4/3])", "random-resized-crop(224)");
    expect("random-resized-crop(224, (0.5, 1))", "random-resized-crop(224, scale=(0.5, 1))");
    expect("random-resized-crop(224, 0.5, 1)", "random-resized-crop(224, scale=(0.5, 1))");
    expect("random-resized-crop(size=(160, 224))", "random-resized-crop(size=(160, 224))");
    expect("resize(256, 320)", "resize(256, 320)");
    expect("resize(256, max-size=300)", "resize(256, max-size=300)");
    expect("resize(256; 300)", "resize(256, max-size=300)");
    expect("random-crop(32, 4)", "random-crop(32, padding=4)");
    expect("random-crop(32, 48; 4)", "random-crop(size=(32, 48), padding=4)");
    expect("affine(scale=(.8, 1.2), p=0.5, degrees=10)", "affine(degrees=10, scale=(0.8, 1.2), p=0.5)");
    expect("affine(10, 0.1)", "affine(degrees=10, translate=0.1)");
    expect("color-jitter(0.4, 0.4, 0.2, 0.1)",
           "color-jitter(brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1)");
    expect("color-jitter(brightness=(0.5, 2))", "color-jitter(brightness=(0.5, 2))");
    expect("letterbox(640, yolox, no_upscale=true)", "letterbox(640, mode=yolox, no-upscale=true)");
    expect("normalize(0.485, 0.456, 0.406; 0.229, 0.224, 0.225)",
           "normalize(0.485, 0.456, 0.406; 0.229, 0.224, 0.225)");
    expect("random-crop(32, # side; and )| padding\n 4)", "random-crop(32, padding=4)");
    expect("affine(degrees # either way\n = 3)", "affine(degrees=3)");
    expect("gaussian-blur(5, # kernel; sigma\n 0.5)", "gaussian-blur(5, sigma=0.5)");
    expect("Grayscale(3) RandomChannelPermutation()", "grayscale permute-channels(1)");
    expect("affine(10, fill=(1, 2, 3), filter=nearest, edge=opencv)",
           "affine(degrees=10, fill=(1, 2, 3), filter=nearest, edge=opencv)");
    expect("normalize(.1307; .3081)", "normalize(0.1307; 0.3081)");
    expect("normalize(mean=(0,0,0), std=(1,1,1))", "normalize(0, 0, 0; 1, 1, 1)");
    expect("one-of(gaussian-blur(5) | invert(1) hflip | )",
           "one-of(gaussian-blur(5) | invert(1) hflip(0.5) | )");
    expect("one-of(2, 1 | hflip | vflip)", "one-of(weights=(2, 1) | hflip(0.5) | vflip(0.5))");
    expect("random-apply(0.3 | random-order(hflip | vflip))",
           "random-apply(0.3 | random-order(hflip(0.5) | vflip(0.5)))");
    expect("random-apply(hflip)", "random-apply(0.5 | hflip(0.5))");
    expect("iou-crop(options=(0.5, 1)) zoom-out", "iou-crop(options=(0.5, 1)) zoom-out(0.5)");
    expect("pad(1, 2) pad((1,2,3,4), mode=edge)", "pad(1, 2) pad(1, 2, 3, 4, mode=edge)");
    expect("resize(0, max-size=64)", "resize(0, max-size=64)");
    expect("mosaic(640, nine) mixup(.1, 8)", "mosaic(640, grid=nine) mixup(0.1, alpha=8)");
}

/* What the interim texts in weight files look like. */
static void interim_texts(void)
{
    expect("random-resized-crop(224) hflip(0.5) normalize(0.485, 0.456, 0.406; 0.229, 0.224, 0.225)",
           "random-resized-crop(224) hflip(0.5) normalize(0.485, 0.456, 0.406; 0.229, 0.224, 0.225)");
    expect("resize(36) center-crop(32) normalize(0.4914, 0.4822, 0.4465; 0.247, 0.2435, 0.2616)",
           "resize(36) center-crop(32) normalize(0.4914, 0.4822, 0.4465; 0.247, 0.2435, 0.2616)");
    expect("random-crop(32, 4) hflip(0.5)", "random-crop(32, padding=4) hflip(0.5)");
}

static void refuse(const char *text, const char *message)
{
    dt_error err = {0};
    dt_transforms *t = NULL;
    CHECK_MSG(dt_transforms_parse(text, &t, &err) != DT_OK && !t, "'%s' is taken", text);
    CHECK_MSG(strstr(err.text, message) != NULL, "'%s': %s (wanted: %s)", text, err.text, message);
}

static void errors(void)
{
    refuse("hflop(0.5)", "step 1, column 1: there is no step \"hflop\"; did you mean \"hflip\"? (resize, ");
    refuse("hflip qqqqqqqqqq(1)", "step 2, column 7: there is no step \"qqqqqqqqqq\" (resize");
    refuse(
        "hflip\n  random-crop(32, paddding=4)",
        "step 2 (random-crop), line 2, column 19: there is no option \"paddding\"; did you mean \"padding\"? "
        "(size, padding, fill, mode, pad-if-needed)");
    refuse("erasing", "did you mean \"random-erasing\"?");
    refuse("hflip(2)", "(hflip), column 7: p = 2 is not in 0..1");
    refuse("hflip(nan)", "p = nan is not in 0..1");
    refuse("hflip(x)", "p: \"x\" is not a number");
    refuse("random-crop()", "(random-crop), column 1: size must be given");
    refuse("random-crop(2.5)", "size = 2.5 is not a whole number");
    refuse("random-crop(0)", "size = 0 is not in 1..16384");
    refuse("hflip(0.5", "')' is missing");
    refuse("hflip(0.5))", "')' where a step is wanted");
    refuse("hflip(0.5, 1)", "more values than there are options (1)");
    refuse("hflip(p=1, p=1)", "p is given twice");
    refuse("random-crop(size=4, 3)", "without a name behind");
    refuse("letterbox(64, mode=ultra)", "mode: \"ultra\" is none of ultralytics|yolox|stretch|darknet");
    refuse("letterbox(64, no-upscale=2)", "is none of true, false");
    refuse("resize(1, 2, 3)", "max-size goes with a size of one value");
    refuse("resize(1 2)", "',' or ')' is wanted, not \"2\"");
    refuse("resize((1, 2)", "')' is missing");
    refuse("resize(size=(1, 2, 3))", "size takes 2 values");
    refuse("random-resized-crop(4, scale=(1, 0.5))", "scale = (1, 0.5) is not a rising range");
    refuse("random-resized-crop(4, ratio=1)", "ratio takes 2 values, not 1");
    refuse("random-resized-crop(4, ratio=(1/0, 1))", "ratio: a number is wanted behind '/'");
    refuse("gaussian-blur(4)", "kernel = 4 is not odd");
    refuse("affine(-10)", "degrees = -10: one value v stands for -v to v");
    refuse("affine(5, shear=-3)", "shear = -3: one value");
    refuse("Grayscale(1)", "channels = 1 is not in 3..3");
    refuse("pad(4, fill=(255, 0))", "fill takes one value or 3, not 2");
    refuse("random-erasing(value=(1, 2))", "value takes one value or 3, not 2");
    refuse("normalize(0, 0; 1, 1, 1)", "mean takes one value or 3, not 2");
    refuse("normalize(0, 0, 0; 1, 1, 0)", "std = 0 is not in 1e-06..1000");
    refuse("normalize(0, 0, 0; 1, 1, 1) hflip", "step 1 (normalize), column 29: it must be the last step");
    refuse("one-of(normalize(0, 0, 0; 1, 1, 1))", "it is the last step, not one of a branch");
    refuse("one-of(mixup | hflip)", "cannot be within a branch");
    refuse("random-apply(0.5)", "'|' and the steps are missing");
    refuse("random-apply", "its steps are missing");
    refuse("random-apply(0.5 | hflip | vflip)", "it has one branch, not 2");
    refuse("random-apply(0.5 | )", "a step is wanted");
    refuse("one-of(1, 2, 3 | hflip | vflip)", "3 weights for 2 branches");
    refuse("mosaic(8) mosaic(8) mosaic(8) mosaic(8) mosaic(8)", "more than 4 steps that take in");
    refuse("pad(1, 2, 3)", "(pad), column 1: ");
    refuse("random-crop(4, padding=(1, 2, 3))", "(random-crop), column 1: ");
    refuse("resize(0)", "(resize), column 1: a size of 0 needs max-size");
    refuse("resize(3, 0)", "a side of 0");
    refuse("hflip | vflip", "'|' where a step is wanted");
    refuse("3", "the name of a step is wanted, not \"3\"");
    refuse("one-of(one-of(one-of(one-of(one-of(hflip)))))", "more than 4 levels");
    refuse("color-jitter(hue=0.7)", "hue = 0.7 is not in -0.5..0.5");
    refuse("@/nowhere/at/all", "/nowhere/at/all");
}

static void too_long(void)
{
    dt_str text = {0};
    for (int i = 0; i < 65; i++)
        dt_str_append(&text, "hflip ");
    refuse(text.data, "step 65, column 385: more than 64 steps");
    for (int i = 0; i < 12000; i++)
        dt_str_append(&text, "hflip ");
    refuse(text.data, "more than 65536 bytes");
    dt_str_free(&text);
}

static void files(void)
{
    fixture f = fixture_new();
    char at[700];
    fixture_text(&f, "steps.txt", "# the usual\nresize(40)\nhflip  # half of them\n");
    snprintf(at, sizeof at, "@%s", fixture_path(&f, "steps.txt"));
    expect(at, "resize(40) hflip(0.5)");
    fixture_text(&f, "steps.txt", "resize(40)\n hflip(p=3)\n");
    refuse(at, "steps.txt: step 2 (hflip), line 2, column 10: p = 3");
    fixture_bytes(&f, "steps.txt", "hflip\0", 6);
    refuse(at, "zero byte");
    fixture_free(&f);
}

static void facts(void)
{
    static const struct {
        const char *text;
        int width, height, mixes;
    } cases[] = {
        {"hflip", 0, 0, 0},
        {"resize(40)", 0, 0, 0},
        {"resize(30, 40) hflip", 40, 30, 0},
        {"resize(30, 40) resize(60)", 80, 60, 0},
        {"resize(30, 40) iou-crop", 0, 0, 0},
        {"resize(30, 40) random-apply(iou-crop)", 0, 0, 0},
        {"resize(30, 40) zoom-out(0)", 40, 30, 0},
        {"one-of(letterbox(64) | random-crop(64))", 64, 64, 0},
        {"one-of(letterbox(64) | random-crop(65))", 0, 0, 0},
        {"letterbox(64) one-of(hflip | )", 64, 64, 0},
        {"letterbox(64) affine(size=32)", 32, 32, 0},
        {"letterbox(64) affine(size=32, p=0.5)", 0, 0, 0},
        {"mosaic(64)", 0, 0, 1},
        {"mosaic(64) letterbox(64) mixup", 64, 64, 1},
        {"yolo-augment(96)", 96, 96, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dt_error err = {0};
        dt_transforms *t = NULL;
        int width, height;
        float mean[3], std[3];
        if (!CHECK_MSG(dt_transforms_parse(cases[i].text, &t, &err) == DT_OK, "%s", err.text)) continue;
        dt_transforms_size(t, &width, &height);
        CHECK_MSG(width == cases[i].width && height == cases[i].height, "%s: %dx%d", cases[i].text, width,
                  height);
        CHECK_INT(dt_transforms_mix(t), cases[i].mixes);
        CHECK_INT(dt_transforms_normalize(t, mean, std), 0);
        CHECK_NEAR(std[1], 1, 0);
        dt_transforms_free(t);
    }
}

static void one_value_for_all_channels(void)
{
    dt_error err = {0};
    dt_transforms *t = NULL;
    float mean[3], std[3];
    if (!CHECK_OK(dt_transforms_parse("resize(8) normalize(0.25; 0.5)", &t, &err), &err)) return;
    CHECK_INT(dt_transforms_normalize(t, mean, std), 1);
    for (int c = 0; c < 3; c++)
        CHECK_MSG(mean[c] == .25f && std[c] == .5f, "channel %d: %g %g", c, (double)mean[c], (double)std[c]);
    dt_transforms_free(t);
}

/* Steps that may give another picture the next time. */
static void random_steps(void)
{
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"resize(32) center-crop(32) normalize(0.5; 0.25)", NULL},
        {"resize(32) hflip(1) vflip(0)", NULL},
        {"resize(32) hflip", "hflip"},
        {"random-apply(0 | color-jitter(.1))", NULL},
        {"random-apply(1 | invert(1))", NULL},
        {"random-apply(1 | hflip(.5))", "hflip"},
        {"random-apply(.5 | invert(1))", "random-apply"},
        {"one-of(invert(1))", NULL},
        {"one-of(invert(1) | hflip(1))", "one-of"},
        {"random-crop(8)", "random-crop"},
        {"letterbox(32) mosaic(32)", "mosaic"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dt_error err = {0};
        dt_transforms *t = NULL;
        if (!CHECK_MSG(dt_transforms_parse(cases[i].text, &t, &err) == DT_OK, "%s", err.text)) continue;
        const char *name = dt_transforms_random(t), *want = cases[i].name;
        CHECK_MSG(name && want ? strcmp(name, want) == 0 : name == want, "%s: %s", cases[i].text,
                  name ? name : "none");
        dt_transforms_free(t);
    }
}

static void list(void)
{
    dt_str text = {0};
    dt_transforms_list(&text);
    CHECK(!text.failed && strstr(text.data, "random-erasing") && strstr(text.data, "default 3/4, 4/3"));
    CHECK(strstr(text.data, "lanczos-aa|nearest-torch; default") &&
          strstr(text.data, "0..255, 1 or 3 values"));
    dt_str_free(&text);
}

/* No allocation that fails is lost or leaks. */
static void memory(void)
{
    static const char text[] =
        "resize(40) one-of(hflip | vflip gaussian-blur(3)) normalize(0, 0, 0; 1, 1, 1)";
    for (uint64_t fail = 1; fail < 100; fail++) {
        dt_error err = {0};
        dt_transforms *t = NULL;
        dt_mem_fail_at(fail);
        dt_status st = dt_transforms_parse(text, &t, &err);
        const int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        dt_transforms_free(t);
        CHECK_INT(st, fired ? DT_ERR_MEMORY : DT_OK);
        if (!fired) {
            CHECK(fail > 4);
            return;
        }
    }
    CHECK(0);
}

int main(void)
{
    const size_t before = dt_mem_live();
    RUN(canonical_forms);
    RUN(interim_texts);
    RUN(errors);
    RUN(too_long);
    RUN(files);
    RUN(facts);
    RUN(one_value_for_all_channels);
    RUN(random_steps);
    RUN(list);
    RUN(memory);
    CHECK_INT(dt_mem_live(), before);
    return dt_test_end();
}
