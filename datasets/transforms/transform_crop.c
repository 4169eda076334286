/* Steps that cut a window out of a picture, or put it on a larger one. */
#include "datasets/transforms/transform_impl.h"
#include "datasets/transforms/windows.h"

#define COLOUR_ARG DT_ARG_COLOUR("fill", "0", "colour outside the picture: gray, or one value a channel")
#define BORDER_ARG                                                                                           \
    {                                                                                                        \
        .name = "mode", .type = DT_ARG_CHOICE, .choices = DT_BORDER_MODE_NAMES, .usual = "constant",         \
        .help = "what lies outside: fill, the outermost pixels, or a mirrored picture"                       \
    }
#define PADDING_ARG(usual_)                                                                                  \
    {                                                                                                        \
        .name = "padding", .type = DT_ARG_INT, .least = 1, .most = 4, .max = 16384, .usual = usual_,         \
        .help = "on all sides, or left and right, top and bottom, or left, top, right, bottom"               \
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

/* fill_arg: followed by the mode; */
static dt_status cut(const dt_step *s, int fill_arg, const dt_window *window, const dt_sample *in,
                     dt_sample *out, dt_error *err)
{
    dt_border border = {.mode = (dt_border_mode)dt_step_int(s, fill_arg + 1)};
    dt_step_fill(s, fill_arg, border.fill);
    return dt_sample_window_bordered(in, *window, &border, out, err);
}

static dt_status check_padding(const dt_step *s, int arg, dt_error *err)
{
    dt_padding padding;
    return dt_padding_make(s->args[arg].v, s->args[arg].count, &padding, err);
}

static dt_padding padding_of(const dt_step *s, int arg)
{
    dt_padding padding = {0};
    dt_error err = {0};
    dt_padding_make(s->args[arg].v, s->args[arg].count, &padding, &err); /* checked when the text was read */
    return padding;
}

static void size_of_first(const dt_step *s, int *width, int *height)
{
    dt_step_size(s, 0, width, height);
}

/* ---- pad ---- */

enum { PAD_PADDING, PAD_FILL, PAD_MODE };
static const dt_arg pad_args[] = {PADDING_ARG(NULL), COLOUR_ARG, BORDER_ARG, {0}};

static dt_status pad_check(const dt_step *s, dt_error *err)
{
    return check_padding(s, PAD_PADDING, err);
}

static dt_status pad_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                           const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)d;
    (void)others;
    const dt_window w = dt_pad_window(padding_of(s, PAD_PADDING), in->image.width, in->image.height);
    return cut(s, PAD_FILL, &w, in, out, err);
}

static void pad_size(const dt_step *s, int *width, int *height)
{
    if (!*width || !*height) return;
    const dt_window w = dt_pad_window(padding_of(s, PAD_PADDING), *width, *height);
    *width = w.width;
    *height = w.height;
}

const dt_transform dt_transform_pad = {
    .name = "pad",
    .alias = "Pad",
    .help = "Pixels added on each side.",
    .args = pad_args,
    .geometry = 1,
    .check = pad_check,
    .apply = pad_apply,
    .size = pad_size,
};

/* ---- center-crop ---- */

enum { CENTER_SIZE, CENTER_FILL, CENTER_MODE };
static const dt_arg center_args[] = {DT_ARG_SIZE(0, "side, or height, width"), COLOUR_ARG, BORDER_ARG, {0}};

static dt_status center_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                              const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)d;
    (void)others;
    int width, height;
    dt_step_size(s, CENTER_SIZE, &width, &height);
    const dt_window w = dt_center_window(width, height, in->image.width, in->image.height);
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

enum { RANDOM_SIZE, RANDOM_PADDING, RANDOM_FILL, RANDOM_MODE, RANDOM_PAD_IF_NEEDED };
static const dt_arg random_args[] = {
    DT_ARG_SIZE(1, "side, or height, width"),
    PADDING_ARG("0"),
    COLOUR_ARG,
    BORDER_ARG,
    {.name = "pad-if-needed",
     .type = DT_ARG_BOOL,
     .usual = "false",
     .help = "a picture that is too small is padded further; else it is an error"},
    {0}};

static dt_status random_check(const dt_step *s, dt_error *err)
{
    return check_padding(s, RANDOM_PADDING, err);
}

typedef struct random_drawn {
    dt_window window;
    dt_error err; /* a picture that is too small */
} random_drawn;

static void random_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(random_drawn, r, out);
    dt_random_crop_opts o = {.padding = padding_of(s, RANDOM_PADDING),
                             .pad_if_needed = dt_step_int(s, RANDOM_PAD_IF_NEEDED)};
    *r = (random_drawn){0};
    dt_step_size(s, RANDOM_SIZE, &o.width, &o.height);
    dt_random_crop_draw(&o, at->sample->image.width, at->sample->image.height, rng, &r->window, &r->err);
}

static dt_status random_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                              const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)others;
    DT_DRAWN_CONST(random_drawn, r, d);
    if (r->err.status != DT_OK) return dt_fail(err, r->err.status, "%s", r->err.text);
    return cut(s, RANDOM_FILL, &r->window, in, out, err);
}

const dt_transform dt_transform_random_crop = {
    .name = "random-crop",
    .alias = "RandomCrop",
    .help = "A random window of the padded picture.",
    .args = random_args,
    .geometry = 1,
    .check = random_check,
    .draw = random_draw,
    .explain = explain_window, /* the window comes first */
    .apply = random_apply,
    .size = size_of_first,
};

/* ---- random-resized-crop ---- */

enum { RESIZED_SIZE, RESIZED_SCALE, RESIZED_RATIO, RESIZED_FILTER };
static const dt_arg resized_args[] = {
    DT_ARG_SIZE(1, "side, or height, width"),
    DT_ARG_SPAN("scale", 1e-4, 1, "0.08, 1", "area of the window in areas of the picture"),
    DT_ARG_SPAN("ratio", .01, 100, "3/4, 4/3", "width / height of the window"),
    DT_ARG_FILTER("bilinear-aa"),
    {0}};

static dt_resized_crop_opts resized_opts(const dt_step *s)
{
    return (dt_resized_crop_opts){dt_step_num(s, RESIZED_SCALE), dt_step_nth(s, RESIZED_SCALE, 1),
                                  dt_step_num(s, RESIZED_RATIO), dt_step_nth(s, RESIZED_RATIO, 1)};
}

static dt_status resized_check(const dt_step *s, dt_error *err)
{
    const dt_resized_crop_opts o = resized_opts(s);
    DT_TRY(dt_step_check_range(s, RESIZED_SCALE, err));
    DT_TRY(dt_step_check_range(s, RESIZED_RATIO, err));
    return dt_resized_crop_check(&o, err);
}

static void resized_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(dt_window, w, out);
    const dt_resized_crop_opts o = resized_opts(s);
    *w = dt_resized_crop_draw(&o, at->sample->image.width, at->sample->image.height, rng);
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
    if (st == DT_OK)
        st = dt_sample_stretch(&window, width, height, dt_step_filter(s, RESIZED_FILTER), out, err);
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

enum { FIXED_SIZE, FIXED_FILL, FIXED_MODE }; /* as center-crop */

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
    DT_ARG_SPAN("scale", .01, 1, "0.3, 1", "sides of the window in sides of the picture"),
    DT_ARG_SPAN("aspect", .01, 100, "0.5, 2", "width / height of the window"),
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
    return dt_iou_crop_apply(in, *w, out, err);
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

enum { ZOOM_P, ZOOM_SIDE, ZOOM_FILL, ZOOM_MODE };
static const dt_arg zoom_args[] = {
    DT_ARG_P("0.5", 1),
    DT_ARG_SPAN("side", 1, 100, "1, 4", "sides of the canvas in sides of the picture"),
    COLOUR_ARG,
    BORDER_ARG,
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
