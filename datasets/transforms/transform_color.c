/* Steps that change colours. */
#include "datasets/transforms/adjust.h"
#include "datasets/transforms/color.h"
#include "datasets/transforms/transform_impl.h"

/* ---- one factor ---- */

#define FACTOR_ARG(name_, lo, hi, usual_, help_)                                                             \
    {                                                                                                        \
        .name = name_, .type = DT_ARG_F64, .least = 1, .most = 2, .min = lo, .max = hi, .usual = usual_,     \
        .help = help_                                                                                        \
    }

typedef struct factor_drawn {
    double factor;
} factor_drawn;

static dt_status factor_check(const dt_step *s, dt_error *err)
{
    return dt_step_check_range(s, 0, err);
}

static void factor_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    (void)at;
    DT_DRAWN(factor_drawn, f, out);
    f->factor = dt_step_draw_range(s, 0, rng);
}

static void factor_explain(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    DT_DRAWN_CONST(factor_drawn, f, d);
    dt_explain_num(e, s->kind->args[0].name, f->factor);
}

#define FACTOR_STEP(id, name_, alias_, function, args_, help_)                                               \
    static dt_status id##_in_place(const dt_step *s, const dt_drawn *d, dt_sample *sample, dt_error *err)    \
    {                                                                                                        \
        (void)s;                                                                                             \
        DT_DRAWN_CONST(factor_drawn, f, d);                                                                  \
        return function(&sample->image, f->factor, err);                                                     \
    }                                                                                                        \
    const dt_transform dt_transform_##id = {                                                                 \
        .name = name_,                                                                                       \
        .alias = alias_,                                                                                     \
        .help = help_,                                                                                       \
        .args = args_,                                                                                       \
        .check = factor_check,                                                                               \
        .draw = factor_draw,                                                                                 \
        .explain = factor_explain,                                                                           \
        .in_place = id##_in_place,                                                                           \
    };

static dt_status posterize(dt_image *image, double bits, dt_error *err)
{
    return dt_image_posterize(image, (int)bits, err);
}

static const dt_arg factor_args[] = {
    FACTOR_ARG("factor", 0, 100, NULL, "a number, or U(lo, hi); 1 changes nothing"), DT_ARG_P("1", 0), {0}};
static const dt_arg hue_args[] = {
    FACTOR_ARG("turns", -.5, .5, NULL, "a number, or U(lo, hi); 0 changes nothing"), DT_ARG_P("1", 0), {0}};
static const dt_arg sharpness_args[] = {
    FACTOR_ARG("factor", 0, 100, NULL, "a number, or U(lo, hi); 0 smooths, 1 changes nothing, 2 sharpens"),
    DT_ARG_P("0.5", 0),
    {0}};
static const dt_arg posterize_args[] = {
    {.name = "bits", .type = DT_ARG_INT, .max = 8, .help = "of a channel that stay"},
    DT_ARG_P("0.5", 0),
    {0}};
static const dt_arg solarize_args[] = {
    {.name = "threshold", .type = DT_ARG_F64, .max = 255, .help = "values from here on are inverted"},
    DT_ARG_P("0.5", 0),
    {0}};

FACTOR_STEP(brightness, "brightness", NULL, dt_image_adjust_brightness, factor_args, "Pixels times a factor.")
FACTOR_STEP(contrast, "contrast", NULL, dt_image_adjust_contrast, factor_args,
            "Blended with the mean of the gray picture.")
FACTOR_STEP(saturation, "saturation", NULL, dt_image_adjust_saturation, factor_args,
            "Blended with the gray picture.")
FACTOR_STEP(hue, "hue", NULL, dt_image_adjust_hue, hue_args, "The hue is turned.")
FACTOR_STEP(sharpness, "sharpness", "RandomAdjustSharpness", dt_image_adjust_sharpness, sharpness_args,
            "Blended with the smoothed picture.")
FACTOR_STEP(posterize, "posterize", "RandomPosterize", posterize, posterize_args, "Lower bits are cleared.")
FACTOR_STEP(solarize, "solarize", "RandomSolarize", dt_image_solarize, solarize_args,
            "Bright values are inverted.")

/* ---- without a value ---- */

static const dt_arg chance_args[] = {DT_ARG_P("0.5", 1), {0}};

#define PLAIN_STEP(id, alias_, function, help_)                                                              \
    static dt_status id##_in_place(const dt_step *s, const dt_drawn *d, dt_sample *sample, dt_error *err)    \
    {                                                                                                        \
        (void)s;                                                                                             \
        (void)d;                                                                                             \
        return function(&sample->image, err);                                                                \
    }                                                                                                        \
    const dt_transform dt_transform_##id = {                                                                 \
        .name = #id,                                                                                         \
        .alias = alias_,                                                                                     \
        .help = help_,                                                                                       \
        .args = chance_args,                                                                                 \
        .in_place = id##_in_place,                                                                           \
    };

PLAIN_STEP(invert, "RandomInvert", dt_image_invert, "255 less the value.")
PLAIN_STEP(autocontrast, "RandomAutocontrast", dt_image_autocontrast, "Every channel stretched to 0..255.")
PLAIN_STEP(equalize, "RandomEqualize", dt_image_equalize, "The histogram of every channel made flat.")

/* torchvision's Grayscale(3): pictures keep three channels. */
static const dt_arg gray_args[] = {{.name = "channels",
                                    .type = DT_ARG_INT,
                                    .min = 3,
                                    .max = 3,
                                    .usual = "3",
                                    .help = "that come out, all alike"},
                                   {0}},
                    random_gray_args[] = {DT_ARG_P("0.1", 1), {0}};

static dt_status grayscale_in_place(const dt_step *s, const dt_drawn *d, dt_sample *sample, dt_error *err)
{
    (void)s;
    (void)d;
    dt_image gray = {0};
    DT_TRY(dt_image_grayscale(&sample->image, sample->image.channels, &gray, err));
    dt_image_free(&sample->image);
    sample->image = gray;
    return DT_OK;
}

const dt_transform dt_transform_grayscale = {
    .name = "grayscale",
    .alias = "Grayscale",
    .help = "Gray in as many channels as before.",
    .args = gray_args,
    .in_place = grayscale_in_place,
};

const dt_transform dt_transform_random_grayscale = {
    .name = "random-grayscale",
    .alias = "RandomGrayscale",
    .help = "The same now and then.",
    .args = random_gray_args,
    .in_place = grayscale_in_place,
};

/* ---- color-jitter ---- */

enum { JITTER_BRIGHTNESS, JITTER_CONTRAST, JITTER_SATURATION, JITTER_HUE };
static const char *const adjust_names[DT_ADJUSTS] = {"brightness", "contrast", "saturation", "hue"};

#define JITTER_ARG(name_, help_, min_, max_)                                                                 \
    {                                                                                                        \
        .name = name_, .type = DT_ARG_F64, .least = 1, .most = 2, .in_order = 1, .min = min_, .max = max_,   \
        .usual = "0", .help = help_                                                                          \
    }
static const dt_arg jitter_args[] = {
    JITTER_ARG("brightness", "v: factor U(max(0, 1 - v), 1 + v); or lo, hi", 0, 100),
    JITTER_ARG("contrast", "the same", 0, 100),
    JITTER_ARG("saturation", "the same", 0, 100),
    JITTER_ARG("hue", "v: turned by U(-v, v); or lo, hi", -.5, .5),
    DT_ARG_P("1", 0),
    {0}};

static dt_color_jitter_opts jitter_opts(const dt_step *s)
{
    dt_color_jitter_opts o =
        dt_color_jitter_around(dt_step_num(s, 0), dt_step_num(s, 1), dt_step_num(s, 2), dt_step_num(s, 3));
    for (int i = 0; i < DT_ADJUSTS; i++)
        if (s->args[i].count == 2) o.range[i] = (dt_factor_range){dt_step_num(s, i), dt_step_nth(s, i, 1)};
    return o;
}

static dt_status jitter_check(const dt_step *s, dt_error *err)
{
    for (int i = 0; i < DT_ADJUSTS; i++)
        DT_TRY(dt_step_check_range(s, i, err));
    if (s->args[JITTER_HUE].count == 1 && dt_step_num(s, JITTER_HUE) < 0)
        return dt_fail(err, DT_ERR_ARG, "hue = %g is below 0", dt_step_num(s, JITTER_HUE));
    const dt_color_jitter_opts o = jitter_opts(s);
    return dt_color_jitter_check(&o, err);
}

static void jitter_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    (void)at;
    DT_DRAWN(dt_color_jitter_params, p, out);
    const dt_color_jitter_opts o = jitter_opts(s);
    *p = dt_color_jitter_draw(&o, rng);
}

/* In the order in which they are applied. */
static void jitter_explain(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    DT_DRAWN_CONST(dt_color_jitter_params, p, d);
    for (int i = 0; i < DT_ADJUSTS; i++)
        if (p->active[p->order[i]]) dt_explain_num(e, adjust_names[p->order[i]], p->factor[p->order[i]]);
}

static dt_status jitter_in_place(const dt_step *s, const dt_drawn *d, dt_sample *sample, dt_error *err)
{
    (void)s;
    DT_DRAWN_CONST(dt_color_jitter_params, p, d);
    return dt_color_jitter_apply(&sample->image, p, err);
}

const dt_transform dt_transform_color_jitter = {
    .name = "color-jitter",
    .alias = "ColorJitter",
    .help = "Brightness, contrast, saturation and hue by random factors in a random order.",
    .args = jitter_args,
    .check = jitter_check,
    .draw = jitter_draw,
    .explain = jitter_explain,
    .in_place = jitter_in_place,
};

/* ---- photometric-distort ---- */

enum { DISTORT_P = DT_ADJUSTS };
static const dt_arg distort_args[] = {
    DT_ARG_SPAN("brightness", 0, 100, "0.875, 1.125", "factor U(lo, hi)"),
    DT_ARG_SPAN("contrast", 0, 100, "0.5, 1.5", "factor U(lo, hi)"),
    DT_ARG_SPAN("saturation", 0, 100, "0.5, 1.5", "factor U(lo, hi)"),
    DT_ARG_SPAN("hue", -.5, .5, "-0.05, 0.05", "factor U(lo, hi)"),
    {.name = "p",
     .type = DT_ARG_F64,
     .max = 1,
     .usual = "0.5",
     .help = "probability of each of them, and of channels that change places"},
    {0}};

static dt_photometric_opts distort_opts(const dt_step *s)
{
    dt_photometric_opts o = {.p = dt_step_num(s, DISTORT_P)};
    for (int i = 0; i < DT_ADJUSTS; i++)
        o.range[i] = (dt_factor_range){dt_step_num(s, i), dt_step_nth(s, i, 1)};
    return o;
}

static dt_status distort_check(const dt_step *s, dt_error *err)
{
    for (int i = 0; i < DT_ADJUSTS; i++)
        DT_TRY(dt_step_check_range(s, i, err));
    return DT_OK;
}

static void distort_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    (void)at;
    DT_DRAWN(dt_photometric_params, p, out);
    const dt_photometric_opts o = distort_opts(s);
    *p = dt_photometric_draw(&o, rng);
}

static void explain_order(dt_explain *e, const int order[3])
{
    char text[4] = {"RGB"[order[0]], "RGB"[order[1]], "RGB"[order[2]], '\0'};
    dt_explain_str(e, "channels", text);
}

static void distort_explain(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    DT_DRAWN_CONST(dt_photometric_params, p, d);
    for (int i = 0; i < DT_ADJUSTS; i++)
        if (p->active[i]) dt_explain_num(e, adjust_names[i], p->factor[i]);
    if (p->active[JITTER_CONTRAST]) dt_explain_str(e, "contrast_is", p->contrast_first ? "early" : "late");
    explain_order(e, p->order);
}

static dt_status distort_in_place(const dt_step *s, const dt_drawn *d, dt_sample *sample, dt_error *err)
{
    (void)s;
    DT_DRAWN_CONST(dt_photometric_params, p, d);
    return dt_photometric_apply(&sample->image, p, err);
}

const dt_transform dt_transform_photometric_distort = {
    .name = "photometric-distort",
    .alias = "RandomPhotometricDistort",
    .help = "SSD's distortion of colours.",
    .args = distort_args,
    .check = distort_check,
    .draw = distort_draw,
    .explain = distort_explain,
    .in_place = distort_in_place,
};

/* ---- permute-channels ---- */

typedef struct order_drawn {
    int order[3];
} order_drawn;

static void permute_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    (void)s;
    (void)at;
    DT_DRAWN(order_drawn, o, out);
    int64_t order[3] = {0, 1, 2};
    dt_rng_shuffle(rng, order, 3);
    for (int c = 0; c < 3; c++)
        o->order[c] = (int)order[c];
}

static const dt_arg permute_args[] = {DT_ARG_P("1", 1), {0}};

static void permute_explain(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    DT_DRAWN_CONST(order_drawn, o, d);
    explain_order(e, o->order);
}

static dt_status permute_in_place(const dt_step *s, const dt_drawn *d, dt_sample *sample, dt_error *err)
{
    (void)s;
    DT_DRAWN_CONST(order_drawn, o, d);
    return dt_image_permute_channels(&sample->image, o->order, err);
}

const dt_transform dt_transform_permute_channels = {
    .name = "permute-channels",
    .alias = "RandomChannelPermutation",
    .help = "Red, green and blue in a random order.",
    .args = permute_args,
    .draw = permute_draw,
    .explain = permute_explain,
    .in_place = permute_in_place,
};

/* ---- hsv ---- */

#define GAIN_ARG(name_, max_, usual_, help_)                                                                 \
    {                                                                                                        \
        .name = name_, .type = DT_ARG_F64, .max = max_, .usual = usual_, .help = help_, .shown = 1           \
    }
static const dt_arg hsv_args[] = {GAIN_ARG("h", 1, "0.015", "hue turned by U(-h, h)"),
                                  GAIN_ARG("s", 1, "0.7", "saturation times 1 + U(-s, s)"),
                                  GAIN_ARG("v", 1, "0.4", "value times 1 + U(-v, v)"),
                                  {0}};

typedef struct hsv_drawn {
    double gain[3];
} hsv_drawn;

static void hsv_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    (void)at;
    DT_DRAWN(hsv_drawn, h, out);
    for (int i = 0; i < 3; i++)
        h->gain[i] = dt_rng_uniform(rng, -1, 1) * dt_step_num(s, i);
}

static void hsv_explain(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    DT_DRAWN_CONST(hsv_drawn, h, d);
    dt_explain_num(e, "hue", h->gain[0]);
    dt_explain_num(e, "saturation", h->gain[1]);
    dt_explain_num(e, "value", h->gain[2]);
}

static dt_status hsv_in_place(const dt_step *s, const dt_drawn *d, dt_sample *sample, dt_error *err)
{
    (void)s;
    DT_DRAWN_CONST(hsv_drawn, h, d);
    return dt_image_hsv_jitter(&sample->image, h->gain[0], h->gain[1], h->gain[2], err);
}

const dt_transform dt_transform_hsv = {
    .name = "hsv",
    .alias = "RandomHSV",
    .help = "Hue, saturation and value, as Ultralytics.",
    .args = hsv_args,
    .draw = hsv_draw,
    .explain = hsv_explain,
    .in_place = hsv_in_place,
};
