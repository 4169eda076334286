/* Steps that cut a window out of a picture, or put it on a larger one. */
#include <math.h>

#include "datasets/transforms/crops.h"
#include "datasets/transforms/transform_impl.h"

#define FILL_ARG                                                                                             \
    {                                                                                                        \
        .name = "fill", .type = DT_ARG_INT, .least = 1, .most = 3, .max = 255, .usual = "0",                 \
        .help = "colour outside the picture: gray, or one value a channel"                                   \
    }

static void explain_window(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    DT_DRAWN_CONST(dt_window, w, d);
    dt_explain_int(e, "left", w->left);
    dt_explain_int(e, "top", w->top);
    dt_explain_int(e, "width", w->width);
    dt_explain_int(e, "height", w->height);
}

static dt_status cut(const dt_step *s, int fill_arg, const dt_window *window, const dt_sample *in,
                     dt_sample *out, dt_error *err)
{
    uint8_t fill[4];
    dt_step_fill(s, fill_arg, fill);
    return dt_sample_window(in, *window, fill, out, err);
}

static void size_of_first(const dt_step *s, int *width, int *height)
{
    dt_step_size(s, 0, width, height);
}

/* ---- center-crop ---- */

enum { CENTER_SIZE, CENTER_FILL };
static const dt_arg center_args[] = {{.name = "size",
                                      .type = DT_ARG_INT,
                                      .least = 1,
                                      .most = 2,
                                      .min = 1,
                                      .max = 16384,
                                      .help = "side, or height, width"},
                                     FILL_ARG,
                                     {0}};

/* Left or top edge of the window: as torchvision rounds, halves to even, and pads smaller pictures (less of it before). */
static int center(int whole, int part)
{
    return whole < part ? -((part - whole) / 2) : (int)rint((whole - part) / 2.0);
}

static dt_status center_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                              const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)d;
    (void)others;
    dt_window w;
    dt_step_size(s, CENTER_SIZE, &w.width, &w.height);
    w.left = center(in->image.width, w.width);
    w.top = center(in->image.height, w.height);
    return cut(s, CENTER_FILL, &w, in, out, err);
}

const dt_transform dt_transform_center_crop = {
    .name = "center-crop",
    .alias = "CenterCrop",
    .help = "The middle of the picture; what lies outside is filled.",
    .args = center_args,
    .geometry = 1,
    .apply = center_apply,
    .size = size_of_first,
};

/* ---- random-crop ---- */

enum { RANDOM_SIZE, RANDOM_PADDING, RANDOM_FILL };
static const dt_arg random_args[] = {
    {.name = "size",
     .type = DT_ARG_INT,
     .least = 1,
     .most = 2,
     .in_order = 1,
     .min = 1,
     .max = 16384,
     .help = "side, or height, width"},
    {.name = "padding", .type = DT_ARG_INT, .max = 16384, .usual = "0", .help = "on all sides, before the crop"},
    FILL_ARG,
    {0}};

static int random_edge(int whole, int part, int padding, double u)
{
    const int room = whole + 2 * padding - part;
    return (room > 0 ? (int)(u * (room + 1)) : room / 2) - padding;
}

static void random_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(dt_window, w, out);
    const int padding = dt_step_int(s, RANDOM_PADDING);
    const double x = dt_rng_f64(rng), y = dt_rng_f64(rng);
    dt_step_size(s, RANDOM_SIZE, &w->width, &w->height);
    w->left = random_edge(at->sample->image.width, w->width, padding, x);
    w->top = random_edge(at->sample->image.height, w->height, padding, y);
}

static dt_status random_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                              const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)others;
    DT_DRAWN_CONST(dt_window, w, d);
    return cut(s, RANDOM_FILL, w, in, out, err);
}

const dt_transform dt_transform_random_crop = {
    .name = "random-crop",
    .alias = "RandomCrop",
    .help = "A random window of the padded picture; smaller pictures are padded further.",
    .args = random_args,
    .geometry = 1,
    .draw = random_draw,
    .explain = explain_window,
    .apply = random_apply,
    .size = size_of_first,
};

/* ---- random-resized-crop ---- */

enum { RESIZED_SIZE, RESIZED_SCALE, RESIZED_RATIO };
static const dt_arg resized_args[] = {{.name = "size",
                                       .type = DT_ARG_INT,
                                       .least = 1,
                                       .most = 2,
                                       .in_order = 1,
                                       .min = 1,
                                       .max = 16384,
                                       .help = "side, or height, width"},
                                      {.name = "scale",
                                       .type = DT_ARG_F64,
                                       .least = 2,
                                       .most = 2,
                                       .min = 1e-4,
                                       .max = 1,
                                       .usual = "0.08, 1",
                                       .help = "area of the window in areas of the picture"},
                                      {.name = "ratio",
                                       .type = DT_ARG_F64,
                                       .least = 2,
                                       .most = 2,
                                       .min = .01,
                                       .max = 100,
                                       .usual = "3/4, 4/3",
                                       .help = "width / height of the window"},
                                      {0}};

static dt_status resized_check(const dt_step *s, dt_error *err)
{
    DT_TRY(dt_step_check_range(s, RESIZED_SCALE, err));
    return dt_step_check_range(s, RESIZED_RATIO, err);
}

/* The largest central window of an allowed aspect. */
static dt_window central_window(int w, int h, double lo, double hi)
{
    const double aspect = (double)w / h;
    const int cw = aspect > hi ? (int)fmax(rint(h * hi), 1) : w, ch = aspect < lo ? (int)fmax(rint(w / lo), 1) : h;
    return (dt_window){(w - cw) / 2, (h - ch) / 2, cw, ch};
}

/* RandomResizedCrop.get_params: ten tries. */
static void resized_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    enum { TRIES = 10 };
    DT_DRAWN(dt_window, found, out);
    const int w = at->sample->image.width, h = at->sample->image.height;
    const double lo = dt_step_num(s, RESIZED_RATIO), hi = dt_step_nth(s, RESIZED_RATIO, 1);
    for (int i = 0; i < TRIES; i++) {
        const double area = (double)w * h * dt_step_draw_range(s, RESIZED_SCALE, rng),
                     ratio = exp(dt_rng_uniform(rng, log(lo), log(hi)));
        const double x = dt_rng_f64(rng), y = dt_rng_f64(rng);
        const int cw = (int)rint(sqrt(area * ratio)), ch = (int)rint(sqrt(area / ratio));
        if (cw < 1 || ch < 1 || cw > w || ch > h) continue;
        *found = (dt_window){(int)(x * (w - cw + 1)), (int)(y * (h - ch + 1)), cw, ch};
        return;
    }
    *found = central_window(w, h, lo, hi);
}

static dt_status resized_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                               const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)others;
    static const uint8_t black[4];
    DT_DRAWN_CONST(dt_window, w, d);
    dt_sample window = {0};
    int width, height;
    dt_step_size(s, RESIZED_SIZE, &width, &height);
    dt_status st = dt_sample_window(in, *w, black, &window, err);
    if (st == DT_OK) st = dt_sample_stretch(&window, width, height, DT_RESIZE_BILINEAR_AA, out, err);
    dt_sample_free(&window);
    return st;
}

const dt_transform dt_transform_random_resized_crop = {
    .name = "random-resized-crop",
    .alias = "RandomResizedCrop",
    .help = "A window of random area and aspect, resized.",
    .args = resized_args,
    .geometry = 1,
    .check = resized_check,
    .draw = resized_draw,
    .explain = explain_window,
    .apply = resized_apply,
    .size = size_of_first,
};

/* ---- fixed-crop ---- */

enum { FIXED_SIZE, FIXED_FILL };

static void fixed_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(dt_window, w, out);
    int width, height;
    dt_step_size(s, FIXED_SIZE, &width, &height);
    *w = dt_fixed_crop_draw(width, height, at->sample->image.width, at->sample->image.height, rng);
}

static dt_status fixed_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                             const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)others;
    DT_DRAWN_CONST(dt_window, w, d);
    return cut(s, FIXED_FILL, w, in, out, err);
}

const dt_transform dt_transform_fixed_crop = {
    .name = "fixed-crop",
    .alias = "FixedSizeCrop",
    .help = "A random window; smaller pictures are padded to the right and below.",
    .args = center_args,
    .geometry = 1,
    .draw = fixed_draw,
    .explain = explain_window,
    .apply = fixed_apply,
    .size = size_of_first,
};

/* ---- iou-crop ---- */

enum { IOU_SCALE, IOU_ASPECT, IOU_OPTIONS, IOU_TRIALS };
static const dt_arg iou_args[] = {
    {.name = "scale",
     .type = DT_ARG_F64,
     .least = 2,
     .most = 2,
     .min = .01,
     .max = 1,
     .usual = "0.3, 1",
     .help = "sides of the window in sides of the picture"},
    {.name = "aspect",
     .type = DT_ARG_F64,
     .least = 2,
     .most = 2,
     .min = .01,
     .max = 100,
     .usual = "0.5, 2",
     .help = "width / height of the window"},
    {.name = "options",
     .type = DT_ARG_F64,
     .least = 1,
     .most = DT_ARG_VALUES,
     .max = 1,
     .usual = "0, 0.1, 0.3, 0.5, 0.7, 0.9, 1",
     .help = "least IoU with a box, one of these; 1 leaves the picture as it is"},
    {.name = "trials", .type = DT_ARG_INT, .min = 1, .max = 1000, .usual = "40", .help = "windows an option"},
    {0}};

static dt_iou_crop_opts iou_opts(const dt_step *s)
{
    return (dt_iou_crop_opts){.min_scale = dt_step_num(s, IOU_SCALE),
                              .max_scale = dt_step_nth(s, IOU_SCALE, 1),
                              .min_aspect = dt_step_num(s, IOU_ASPECT),
                              .max_aspect = dt_step_nth(s, IOU_ASPECT, 1),
                              .options = s->args[IOU_OPTIONS].v,
                              .option_count = s->args[IOU_OPTIONS].count,
                              .trials = dt_step_int(s, IOU_TRIALS)};
}

static dt_status iou_check(const dt_step *s, dt_error *err)
{
    const dt_iou_crop_opts o = iou_opts(s);
    return dt_iou_crop_check(&o, err);
}

static void iou_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(dt_window, w, out);
    const dt_iou_crop_opts o = iou_opts(s);
    *w = dt_iou_crop_draw(&o, at->sample, rng);
}

static dt_status iou_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                           const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)s;
    (void)others;
    DT_DRAWN_CONST(dt_window, w, d);
    return dt_iou_crop_apply(in, *w, out, NULL, err);
}

const dt_transform dt_transform_iou_crop = {
    .name = "iou-crop",
    .alias = "RandomIoUCrop",
    .help = "SSD's crop: a window that overlaps at least one box by a drawn IoU.",
    .args = iou_args,
    .geometry = 1,
    .check = iou_check,
    .draw = iou_draw,
    .explain = explain_window,
    .apply = iou_apply,
    .size = dt_size_unknown,
};

/* ---- zoom-out ---- */

enum { ZOOM_P, ZOOM_SIDE, ZOOM_FILL };
static const dt_arg zoom_args[] = {{.name = "p",
                                    .type = DT_ARG_F64,
                                    .max = 1,
                                    .usual = "0.5",
                                    .help = "probability",
                                    .chance = 1,
                                    .shown = 1},
                                   {.name = "side",
                                    .type = DT_ARG_F64,
                                    .least = 2,
                                    .most = 2,
                                    .min = 1,
                                    .max = 100,
                                    .usual = "1, 4",
                                    .help = "sides of the canvas in sides of the picture"},
                                   FILL_ARG,
                                   {0}};

static dt_status zoom_check(const dt_step *s, dt_error *err)
{
    return dt_step_check_range(s, ZOOM_SIDE, err);
}

static void zoom_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(dt_window, w, out);
    const dt_zoom_out_opts o = {1, dt_step_num(s, ZOOM_SIDE), dt_step_nth(s, ZOOM_SIDE, 1)};
    *w = dt_zoom_out_draw(&o, at->sample->image.width, at->sample->image.height, rng);
}

static dt_status zoom_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                            const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)others;
    DT_DRAWN_CONST(dt_window, w, d);
    return cut(s, ZOOM_FILL, w, in, out, err);
}

const dt_transform dt_transform_zoom_out = {
    .name = "zoom-out",
    .alias = "RandomZoomOut",
    .help = "SSD's expansion: the picture at a random place of a larger canvas.",
    .args = zoom_args,
    .geometry = 1,
    .check = zoom_check,
    .draw = zoom_draw,
    .explain = explain_window,
    .apply = zoom_apply,
    .size = dt_size_unknown,
};
