/* Steps that change the size of a picture. */
#include "datasets/transforms/crops.h"
#include "datasets/transforms/sample_transforms.h"
#include "datasets/transforms/transform_impl.h"

/* ---- resize ---- */

enum { RESIZE_SIZE, RESIZE_MAX, RESIZE_FILTER };
static const dt_arg resize_args[] = {
    {.name = "size",
     .type = DT_ARG_INT,
     .least = 1,
     .most = 2,
     .max = 16384,
     .help = "shorter side, or height, width; 0: the longer side becomes max-size"},
    {.name = "max-size",
     .type = DT_ARG_INT,
     .max = 16384,
     .usual = "0",
     .help = "limit of the longer side where the shorter one is given; 0: none"},
    DT_ARG_FILTER("bilinear-aa"),
    {0}};

static dt_resize_rule resize_rule(const dt_step *s)
{
    const int pair = s->args[RESIZE_SIZE].count == 2;
    return (dt_resize_rule){dt_step_int(s, RESIZE_SIZE), pair ? (int)dt_step_nth(s, RESIZE_SIZE, 1) : 0,
                            dt_step_int(s, RESIZE_MAX)};
}

static dt_status resize_check(const dt_step *s, dt_error *err)
{
    const dt_resize_rule rule = resize_rule(s);
    int width, height;
    if (s->args[RESIZE_SIZE].count == 2) {
        if (rule.max_side) return dt_fail(err, DT_ERR_ARG, "max-size goes with a size of one value");
        if (!rule.width || !rule.height) return dt_fail(err, DT_ERR_ARG, "a side of 0");
    }
    if (!rule.height && !rule.max_side) return dt_fail(err, DT_ERR_ARG, "a size of 0 needs max-size");
    return dt_resize_rule_apply(rule, 1, 1, &width, &height, err);
}

static dt_status resize_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                              const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)d;
    (void)others;
    int width, height;
    DT_TRY(dt_resize_rule_apply(resize_rule(s), in->image.width, in->image.height, &width, &height, err));
    return dt_sample_stretch(in, width, height, dt_step_filter(s, RESIZE_FILTER), out, err);
}

static void resize_size(const dt_step *s, int *width, int *height)
{
    dt_error err = {0};
    if (s->args[RESIZE_SIZE].count == 2) {
        dt_step_size(s, RESIZE_SIZE, width, height);
    } else if (*width && *height) {
        const int w = *width, h = *height;
        if (dt_resize_rule_apply(resize_rule(s), w, h, width, height, &err) != DT_OK) *width = *height = 0;
    }
}

const dt_transform dt_transform_resize = {
    .name = "resize",
    .alias = "Resize",
    .help = "Shorter side to size, the other one in proportion; or to height, width.",
    .args = resize_args,
    .geometry = 1,
    .check = resize_check,
    .apply = resize_apply,
    .size = resize_size,
};

/* ---- drawn sizes ---- */

typedef struct drawn_size {
    int width, height;
} drawn_size;

static void explain_size(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    DT_DRAWN_CONST(drawn_size, size, d);
    dt_explain_int(e, "width", size->width);
    dt_explain_int(e, "height", size->height);
}

static dt_status to_drawn_size(const dt_step *s, const dt_drawn *d, const dt_sample *in, int filter_arg,
                               dt_sample *out, dt_error *err)
{
    DT_DRAWN_CONST(drawn_size, size, d);
    return dt_sample_stretch(in, size->width, size->height, dt_step_filter(s, filter_arg), out, err);
}

enum { SHORTEST_SIZES, SHORTEST_MAX, SHORTEST_FILTER };
static const dt_arg shortest_args[] = {{.name = "sizes",
                                        .type = DT_ARG_INT,
                                        .least = 1,
                                        .most = DT_ARG_VALUES,
                                        .min = 1,
                                        .max = 16384,
                                        .help = "one of them becomes the shorter side"},
                                       {.name = "max-size",
                                        .type = DT_ARG_INT,
                                        .max = 16384,
                                        .usual = "0",
                                        .help = "limit of the longer side; 0: none"},
                                       DT_ARG_FILTER("bilinear-aa"),
                                       {0}};

static void shortest_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(drawn_size, size, out);
    int sizes[DT_ARG_VALUES];
    const dt_values *v = &s->args[SHORTEST_SIZES];
    for (int i = 0; i < v->count; i++)
        sizes[i] = (int)v->v[i];
    dt_shortest_size_draw(sizes, v->count, dt_step_int(s, SHORTEST_MAX), at->sample->image.width,
                          at->sample->image.height, rng, &size->width, &size->height);
}

static dt_status shortest_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                                const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)others;
    return to_drawn_size(s, d, in, SHORTEST_FILTER, out, err);
}

const dt_transform dt_transform_shortest_size = {
    .name = "shortest-size",
    .alias = "RandomShortestSize",
    .help = "Shorter side to one of several sizes, as detectors of two stages and DETR are trained.",
    .args = shortest_args,
    .geometry = 1,
    .draw = shortest_draw,
    .explain = explain_size,
    .apply = shortest_apply,
    .size = dt_size_unknown,
};

enum { JITTER_SIZE, JITTER_SCALE, JITTER_FILTER };
static const dt_arg jitter_args[] = {
    DT_ARG_SIZE(0, "target that the picture is fitted into: side, or height, width"),
    DT_ARG_SPAN("scale", .001, 100, "0.1, 2", "then scaled by U(lo, hi)"),
    DT_ARG_FILTER("bilinear-aa"),
    {0}};

static dt_status jitter_check(const dt_step *s, dt_error *err)
{
    return dt_step_check_range(s, JITTER_SCALE, err);
}

static void jitter_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(drawn_size, size, out);
    int width, height;
    dt_step_size(s, JITTER_SIZE, &width, &height);
    dt_scale_jitter_draw(width, height, dt_step_num(s, JITTER_SCALE), dt_step_nth(s, JITTER_SCALE, 1),
                         at->sample->image.width, at->sample->image.height, rng, &size->width, &size->height);
}

static dt_status jitter_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                              const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)others;
    return to_drawn_size(s, d, in, JITTER_FILTER, out, err);
}

const dt_transform dt_transform_scale_jitter = {
    .name = "scale-jitter",
    .alias = "ScaleJitter",
    .help = "Fitted into a size, then scaled at random (large-scale jitter; fixed-crop follows).",
    .args = jitter_args,
    .geometry = 1,
    .check = jitter_check,
    .draw = jitter_draw,
    .explain = explain_size,
    .apply = jitter_apply,
    .size = dt_size_unknown,
};

/* ---- letterbox ---- */

enum { BOX_SIZE, BOX_MODE, BOX_FILL, BOX_FILTER, BOX_NO_UPSCALE };
static const dt_arg letterbox_args[] = {
    DT_ARG_SIZE(1, "side, or height, width"),
    DT_ARG_LETTERBOX(
        "mode", "in the middle, in the top left corner, without keeping the aspect, or Darknet's letter_box"),
    {.name = "fill", .type = DT_ARG_INT, .max = 255, .usual = "114", .help = "gray of the pads"},
    DT_ARG_FILTER("bilinear"),
    {.name = "no-upscale", .type = DT_ARG_BOOL, .usual = "false", .help = "smaller pictures keep their size"},
    {0}};

static dt_status letterbox_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                                 const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)d;
    (void)others;
    int width, height;
    dt_letterbox lb;
    dt_step_size(s, BOX_SIZE, &width, &height);
    DT_TRY(dt_letterbox_make((dt_letterbox_mode)dt_step_int(s, BOX_MODE), dt_step_int(s, BOX_NO_UPSCALE),
                             in->image.width, in->image.height, width, height, &lb, err));
    return dt_sample_letterbox(in, &lb, dt_step_filter(s, BOX_FILTER), (uint8_t)dt_step_int(s, BOX_FILL), out,
                               err);
}

static void letterbox_size(const dt_step *s, int *width, int *height)
{
    dt_step_size(s, BOX_SIZE, width, height);
}

const dt_transform dt_transform_letterbox = {
    .name = "letterbox",
    .alias = "LetterBox",
    .help = "Fitted into a size with its aspect kept, the rest filled.",
    .args = letterbox_args,
    .geometry = 1,
    .apply = letterbox_apply,
    .size = letterbox_size,
};
