/* Steps that change colours, in place. */
#include <math.h>
#include <string.h>

#include "datasets/transforms/adjust.h"
#include "datasets/transforms/blur.h"
#include "datasets/transforms/color.h"
#include "datasets/transforms/step.h"

#define CHANCE(text)                                                                                         \
    {                                                                                                        \
        "p", 1, 0, 1, 0, NULL, text, "probability"                                                           \
    }

/* One draw in any case. */
static int happens(const dt_step *s, int option, dt_rng *rng, dt_str *said)
{
    const int yes = dt_rng_f64(rng) < dt_step_value(s, option, 0);
    DT_SAY(said, ": %s", yes ? "yes" : "no");
    return yes;
}

/* ---- jitters ---- */

static const char *const adjust_names[DT_ADJUSTS] = {"brightness", "contrast", "saturation", "hue"};

/* A single number v means max(0, 1 - v)..1 + v, and -v..v for the hue; two are the range itself. */
static dt_color_jitter_opts jitter_opts(const dt_step *s)
{
    dt_color_jitter_opts o = dt_color_jitter_around(dt_step_value(s, 0, 0), dt_step_value(s, 1, 0),
                                                    dt_step_value(s, 2, 0), dt_step_value(s, 3, 0));
    for (int i = 0; i < DT_ADJUSTS; i++)
        if (dt_step_count(s, i) == 2)
            o.range[i] = (dt_factor_range){dt_step_value(s, i, 0), dt_step_value(s, i, 1)};
    return o;
}

static dt_status check_jitter(const dt_step *s, dt_error *err)
{
    for (int i = 0; i < DT_ADJUSTS; i++)
        if (dt_step_count(s, i) == 1 && dt_step_value(s, i, 0) < 0)
            return dt_fail(err, DT_ERR_ARG, "%s %g: a single number is how far from none, and not below 0",
                           adjust_names[i], dt_step_value(s, i, 0));
    const dt_color_jitter_opts o = jitter_opts(s);
    return dt_color_jitter_check(&o, err);
}

static dt_status color_jitter(const dt_step *s, dt_sample *sample, dt_rng *rng, dt_str *said, dt_error *err)
{
    const dt_color_jitter_opts o = jitter_opts(s);
    const dt_color_jitter_params p = dt_color_jitter_draw(&o, rng);
    int shown = 0;
    for (int i = 0; i < DT_ADJUSTS; i++)
        if (p.active[p.order[i]])
            DT_SAY(said, "%s%s %.4g", shown++ ? ", " : ": ", adjust_names[p.order[i]], p.factor[p.order[i]]);
    return dt_color_jitter_apply(&sample->image, &p, err);
}

#define AROUND(what)                                                                                         \
    {                                                                                                        \
        what, 2, -.5, 100, 0, NULL, "0", "how far from 1 (hue: from 0) the factor may lie; or its range", 1     \
    }

const dt_step_kind dt_step_color_jitter = {
    .name = "color-jitter",
    .summary = "brightness, contrast, saturation, hue by random factors in random order",
    .options = {AROUND("brightness"), AROUND("contrast"), AROUND("saturation"), AROUND("hue")},
    .check = check_jitter,
    .change = color_jitter};

static dt_status photometric(const dt_step *s, dt_sample *sample, dt_rng *rng, dt_str *said, dt_error *err)
{
    dt_photometric_opts o = dt_photometric_defaults();
    o.p = dt_step_value(s, 0, 0);
    const dt_photometric_params p = dt_photometric_draw(&o, rng);
    int shown = 0;
    for (int i = 0; i < DT_ADJUSTS; i++)
        if (p.active[i]) DT_SAY(said, "%s%s %.4g", shown++ ? ", " : ": ", adjust_names[i], p.factor[i]);
    if (p.order[0] != 0 || p.order[1] != 1)
        DT_SAY(said, "%schannels %d %d %d", shown ? ", " : ": ", p.order[0], p.order[1], p.order[2]);
    if (sample->image.channels != 3)
        return dt_fail(err, DT_ERR_ARG, "the picture has %d channels, not 3", sample->image.channels);
    return dt_photometric_apply(&sample->image, &p, err);
}

const dt_step_kind dt_step_photometric_distort = {.name = "photometric-distort",
                                                  .summary = "SSD's distortion (RandomPhotometricDistort)",
                                                  .options = {CHANCE("0.5")},
                                                  .change = photometric};

static dt_status hsv(const dt_step *s, dt_sample *sample, dt_rng *rng, dt_str *said, dt_error *err)
{
    double gain[3];
    for (int i = 0; i < 3; i++)
        gain[i] = dt_rng_uniform(rng, -1, 1) * dt_step_value(s, i, 0);
    DT_SAY(said, ": hue %.4g, saturation %.4g, value %.4g", gain[0], gain[1], gain[2]);
    if (sample->image.channels != 3)
        return dt_fail(err, DT_ERR_ARG, "the picture has %d channels, not 3", sample->image.channels);
    return dt_image_hsv_jitter(&sample->image, gain[0], gain[1], gain[2], err);
}

const dt_step_kind dt_step_hsv = {.name = "hsv",
                                  .summary = "hue, saturation, value by random gains, as Ultralytics",
                                  .options = {{"h", 1, 0, .5, 0, NULL, "0.015", "in turns"},
                                              {"s", 1, 0, 1, 0, NULL, "0.7", ""},
                                              {"v", 1, 0, 1, 0, NULL, "0.4", ""}},
                                  .change = hsv};

/* ---- single changes ---- */

static dt_status grayscale(const dt_step *s, dt_sample *sample, dt_rng *rng, dt_str *said, dt_error *err)
{
    dt_image gray = {0};
    if (!happens(s, 0, rng, said) || sample->image.channels == 1) return DT_OK;
    DT_TRY(dt_image_grayscale(&sample->image, sample->image.channels, &gray, err));
    dt_image_free(&sample->image);
    sample->image = gray;
    return DT_OK;
}

const dt_step_kind dt_step_grayscale = {.name = "grayscale",
                                        .summary = "gray, in as many channels",
                                        .options = {CHANCE("0.1")},
                                        .change = grayscale};

static dt_status permute(const dt_step *s, dt_sample *sample, dt_rng *rng, dt_str *said, dt_error *err)
{
    int64_t order[3] = {0, 1, 2};
    (void)s;
    dt_rng_shuffle(rng, order, 3);
    DT_SAY(said, ": %d %d %d", (int)order[0], (int)order[1], (int)order[2]);
    return dt_image_permute_channels(&sample->image, (int[]){(int)order[0], (int)order[1], (int)order[2]},
                                     err);
}

const dt_step_kind dt_step_channel_permutation = {
    .name = "channel-permutation", .summary = "red, green, blue in another order", .change = permute};

static dt_status change_whole(const dt_step *s, dt_sample *sample, dt_rng *rng, dt_str *said, dt_error *err)
{
    dt_image *image = &sample->image;
    if (!happens(s, s->kind->options[1].name ? 1 : 0, rng, said)) return DT_OK;
    if (s->kind == &dt_step_invert) return dt_image_invert(image, err);
    if (s->kind == &dt_step_autocontrast) return dt_image_autocontrast(image, err);
    if (s->kind == &dt_step_equalize) return dt_image_equalize(image, err);
    if (s->kind == &dt_step_posterize) return dt_image_posterize(image, (int)dt_step_value(s, 0, 0), err);
    if (s->kind == &dt_step_solarize) return dt_image_solarize(image, dt_step_value(s, 0, 0), err);
    return dt_image_adjust_sharpness(image, dt_step_value(s, 0, 0), err);
}

const dt_step_kind dt_step_invert = {
    .name = "invert", .summary = "255 - pixel", .options = {CHANCE("0.5")}, .change = change_whole};
const dt_step_kind dt_step_posterize = {
    .name = "posterize",
    .summary = "only the upper bits",
    .options = {{"bits", 1, 0, 8, 1, NULL, NULL, "that stay"}, CHANCE("0.5")},
    .change = change_whole};
const dt_step_kind dt_step_solarize = {
    .name = "solarize",
    .summary = "pixels from a threshold on inverted",
    .options = {{"threshold", 1, 0, 255, 0, NULL, NULL, "level"}, CHANCE("0.5")},
    .change = change_whole};
const dt_step_kind dt_step_autocontrast = {.name = "autocontrast",
                                           .summary = "levels stretched to 0..255",
                                           .options = {CHANCE("0.5")},
                                           .change = change_whole};
const dt_step_kind dt_step_equalize = {
    .name = "equalize", .summary = "histogram equalised", .options = {CHANCE("0.5")}, .change = change_whole};
const dt_step_kind dt_step_sharpness = {
    .name = "sharpness",
    .summary = "smoothed or sharpened",
    .options = {{"factor", 1, 0, 100, 0, NULL, NULL, "0 smooths, 1 changes nothing, 2 sharpens"},
                CHANCE("0.5")},
    .change = change_whole};

/* ---- blur, erasing ---- */

static dt_status gaussian_blur(const dt_step *s, dt_sample *sample, dt_rng *rng, dt_str *said, dt_error *err)
{
    const double lo = dt_step_value(s, 1, 0), hi = dt_step_value(s, 1, 1),
                 sigma = dt_rng_uniform(rng, lo, hi);
    const int yes = dt_rng_f64(rng) < dt_step_value(s, 2, 0);
    int kw = (int)dt_step_value(s, 0, 1), kh = (int)dt_step_value(s, 0, 0);
    /* A kernel reflects once: smaller pictures take the largest that does. */
    if (kw > 2 * sample->image.width - 1) kw = 2 * sample->image.width - 1;
    if (kh > 2 * sample->image.height - 1) kh = 2 * sample->image.height - 1;
    DT_SAY(said, yes ? ": sigma %.4g" : ": no", sigma);
    return yes ? dt_image_gaussian_blur(&sample->image, kw, kh, sigma, sigma, err) : DT_OK;
}

static dt_status check_blur(const dt_step *s, dt_error *err)
{
    for (int i = 0; i < 2; i++)
        if ((int)dt_step_value(s, 0, i) % 2 == 0)
            return dt_fail(err, DT_ERR_ARG, "kernel %g is not odd", dt_step_value(s, 0, i));
    if (dt_step_value(s, 1, 0) > dt_step_value(s, 1, 1))
        return dt_fail(err, DT_ERR_ARG, "sigma: the least is above the most");
    return DT_OK;
}

const dt_step_kind dt_step_gaussian_blur = {
    .name = "gaussian-blur",
    .summary = "blurred by a random sigma",
    .options = {{"kernel", 2, 1, DT_BLUR_MAX, 1, NULL, NULL, "odd side; or height, width"},
                {"sigma", 2, 1e-3, 100, 0, NULL, "0.1, 2", "least and most"},
                CHANCE("1")},
    .check = check_blur,
    .change = gaussian_blur};

enum { ERASE_P, ERASE_SCALE, ERASE_RATIO, ERASE_VALUE, ERASE_NOISE };

static dt_erase_opts erase_opts(const dt_step *s)
{
    dt_erase_opts o = {.p = dt_step_value(s, ERASE_P, 0),
                       .min_area = dt_step_value(s, ERASE_SCALE, 0),
                       .max_area = dt_step_value(s, ERASE_SCALE, 1),
                       .min_aspect = dt_step_value(s, ERASE_RATIO, 0),
                       .max_aspect = dt_step_value(s, ERASE_RATIO, 1),
                       .noise = dt_step_value(s, ERASE_NOISE, 0) != 0};
    for (int i = 0; i < 4; i++)
        o.value[i] = (uint8_t)dt_step_value(s, ERASE_VALUE, i);
    return o;
}

static dt_status check_erasing(const dt_step *s, dt_error *err)
{
    const dt_erase_opts o = erase_opts(s);
    return dt_erase_check(&o, err);
}

static dt_status erasing(const dt_step *s, dt_sample *sample, dt_rng *rng, dt_str *said, dt_error *err)
{
    const dt_erase_opts o = erase_opts(s);
    const dt_erase_params p = dt_erase_draw(&o, sample->image.width, sample->image.height, rng);
    if (p.width)
        DT_SAY(said, ": left %d, top %d, %d x %d", p.left, p.top, p.width, p.height);
    else
        DT_SAY(said, ": no");
    return dt_erase_apply(&sample->image, &p, err);
}

const dt_step_kind dt_step_erasing = {
    .name = "erasing",
    .summary = "a rectangle is replaced; boxes stay (RandomErasing)",
    .options = {CHANCE("0.5"),
                {"scale", 2, 1e-6, 1, 0, NULL, "0.02, 0.33", "its area, least and most"},
                {"ratio", 2, 1e-3, 1e3, 0, NULL, "0.3, 3.3", "its height / width"},
                {"value", 3, 0, 255, 1, NULL, "0", "level, or one a channel"},
                {"noise", 1, 0, 1, 1, NULL, "0", "1: random bytes instead"}},
    .check = check_erasing,
    .change = erasing};
