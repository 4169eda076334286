/* Blurring and erasing. */
#include "datasets/transforms/blur.h"
#include "datasets/transforms/transform_impl.h"

/* ---- gaussian-blur ---- */

enum { BLUR_KERNEL, BLUR_SIGMA };
static const dt_arg blur_args[] = {{.name = "kernel",
                                    .type = DT_ARG_INT,
                                    .least = 1,
                                    .most = 2,
                                    .in_order = 1,
                                    .min = 1,
                                    .max = DT_BLUR_MAX,
                                    .help = "side, or width, height; odd"},
                                   {.name = "sigma",
                                    .type = DT_ARG_F64,
                                    .least = 1,
                                    .most = 2,
                                    .min = .01,
                                    .max = 100,
                                    .usual = "0.1, 2",
                                    .help = "in pixels: a number, or U(lo, hi)"},
                                   DT_ARG_P("1", 0),
                                   {0}};

typedef struct blur_drawn {
    double sigma;
} blur_drawn;

static dt_status blur_check(const dt_step *s, dt_error *err)
{
    for (int i = 0; i < s->args[BLUR_KERNEL].count; i++)
        if ((int)s->args[BLUR_KERNEL].v[i] % 2 == 0)
            return dt_fail(err, DT_ERR_ARG, "kernel = %d is not odd", (int)s->args[BLUR_KERNEL].v[i]);
    return dt_step_check_range(s, BLUR_SIGMA, err);
}

static void blur_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    (void)at;
    DT_DRAWN(blur_drawn, b, out);
    b->sigma = dt_step_draw_range(s, BLUR_SIGMA, rng);
}

static void blur_explain(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    DT_DRAWN_CONST(blur_drawn, b, d);
    dt_explain_num(e, "sigma", b->sigma);
}

/* A kernel that reaches beyond the reflection is cut to the picture: a small picture is no error in a
 * pipeline. */
static int fitting_kernel(int kernel, int side)
{
    return kernel < 2 * side ? kernel : 2 * side - 1;
}

static dt_status blur_in_place(const dt_step *s, const dt_drawn *d, dt_sample *sample, dt_error *err)
{
    DT_DRAWN_CONST(blur_drawn, b, d);
    const int kw = fitting_kernel(dt_step_int(s, BLUR_KERNEL), sample->image.width),
              kh = fitting_kernel((int)dt_step_nth(s, BLUR_KERNEL, 1), sample->image.height);
    return dt_image_gaussian_blur(&sample->image, kw, kh, b->sigma, b->sigma, err);
}

const dt_transform dt_transform_gaussian_blur = {
    .name = "gaussian-blur",
    .alias = "GaussianBlur",
    .help = "Blurred by a Gaussian.",
    .args = blur_args,
    .check = blur_check,
    .draw = blur_draw,
    .explain = blur_explain,
    .in_place = blur_in_place,
};

/* ---- random-erasing ---- */

enum { ERASE_P, ERASE_SCALE, ERASE_RATIO, ERASE_NOISE, ERASE_VALUE };
static const dt_arg erase_args[] = {
    DT_ARG_P("0.5", 1),
    DT_ARG_SPAN("scale", 1e-4, 1, "0.02, 0.33", "area of the rectangle in areas of the picture"),
    DT_ARG_SPAN("ratio", .01, 100, "0.3, 3.3", "height / width"),
    {.name = "noise", .type = DT_ARG_BOOL, .usual = "false", .help = "random bytes in the place of value"},
    DT_ARG_COLOUR("value", "0", "gray, or one value a channel"),
    {0}};

static dt_erase_opts erase_opts(const dt_step *s)
{
    dt_erase_opts o = {.p = 1,
                       .min_area = dt_step_num(s, ERASE_SCALE),
                       .max_area = dt_step_nth(s, ERASE_SCALE, 1),
                       .min_aspect = dt_step_num(s, ERASE_RATIO),
                       .max_aspect = dt_step_nth(s, ERASE_RATIO, 1),
                       .noise = dt_step_int(s, ERASE_NOISE)};
    dt_step_fill(s, ERASE_VALUE, o.value);
    return o;
}

static dt_status erase_check(const dt_step *s, dt_error *err)
{
    const dt_erase_opts o = erase_opts(s);
    return dt_erase_check(&o, err);
}

static void erase_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(dt_erase_params, p, out);
    const dt_erase_opts o = erase_opts(s);
    *p = dt_erase_draw(&o, at->sample->image.width, at->sample->image.height, rng);
}

static void erase_explain(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    DT_DRAWN_CONST(dt_erase_params, p, d);
    dt_explain_int(e, "left", p->left);
    dt_explain_int(e, "top", p->top);
    dt_explain_int(e, "width", p->width);
    dt_explain_int(e, "height", p->height);
}

static dt_status erase_in_place(const dt_step *s, const dt_drawn *d, dt_sample *sample, dt_error *err)
{
    (void)s;
    DT_DRAWN_CONST(dt_erase_params, p, d);
    return dt_erase_apply(&sample->image, p, err);
}

const dt_transform dt_transform_random_erasing = {
    .name = "random-erasing",
    .alias = "RandomErasing|cutout",
    .help = "A rectangle is replaced. Boxes stay.",
    .args = erase_args,
    .check = erase_check,
    .draw = erase_draw,
    .explain = erase_explain,
    .in_place = erase_in_place,
};
