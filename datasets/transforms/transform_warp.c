/* Flips, affine and projective maps, and the cleaning of boxes. */
#include <math.h>
#include <string.h>

#include "datasets/transforms/homography.h"
#include "datasets/transforms/sample_transforms.h"
#include "datasets/transforms/transform_impl.h"

dt_box_rule dt_step_rule(const dt_step *s, int arg)
{
    char name[32];
    dt_error err = {0};
    dt_box_rule rule = {0};
    const char *c = dt_box_rule_names;
    for (int i = 0; i < dt_step_int(s, arg); i++)
        c = strchr(c, '|') + 1;
    const size_t n = strcspn(c, "|");
    if (n >= sizeof name) return rule;
    memcpy(name, c, n);
    name[n] = '\0';
    dt_box_rule_parse(name, &rule, &err); /* one of its own names */
    return rule;
}

/* ---- flips ---- */

static const dt_arg flip_args[] = {DT_ARG_P("0.5", 1), {0}};

static dt_status hflip(const dt_step *s, const dt_drawn *d, dt_sample *sample, dt_error *err)
{
    (void)s;
    (void)d;
    (void)err;
    dt_sample_flip_lr(sample);
    return DT_OK;
}

static dt_status vflip(const dt_step *s, const dt_drawn *d, dt_sample *sample, dt_error *err)
{
    (void)s;
    (void)d;
    (void)err;
    dt_sample_flip_ud(sample);
    return DT_OK;
}

const dt_transform dt_transform_hflip = {
    .name = "hflip",
    .alias = "RandomHorizontalFlip|fliplr",
    .help = "Left and right exchanged.",
    .args = flip_args,
    .geometry = 1,
    .in_place = hflip,
};

const dt_transform dt_transform_vflip = {
    .name = "vflip",
    .alias = "RandomVerticalFlip|flipud",
    .help = "Top and bottom exchanged.",
    .args = flip_args,
    .geometry = 1,
    .in_place = vflip,
};

/* ---- maps ---- */

/* How a warped picture is sampled, and how its edge lies on the fill. */
#define WARP_ARGS                                                                                            \
    DT_ARG_COLOUR("fill", "0", "colour outside the picture: gray, or one value a channel"),                  \
        {.name = "filter",                                                                                   \
         .type = DT_ARG_CHOICE,                                                                              \
         .choices = "bilinear|nearest",                                                                      \
         .usual = "bilinear",                                                                                \
         .help = "how the picture is sampled"},                                                              \
    {                                                                                                        \
        .name = "edge", .type = DT_ARG_CHOICE, .choices = "torchvision|opencv", .usual = "torchvision",      \
        .help = "faded out over the fill, or blended with pixels of the fill"                                \
    }

/* fill_arg: the first of WARP_ARGS. */
static dt_status warp(const dt_step *s, int fill_arg, const dt_image *in, dt_homography map, dt_image *out,
                      dt_error *err)
{
    const int nearest = dt_step_int(s, fill_arg + 1), opencv = dt_step_int(s, fill_arg + 2);
    uint8_t fill[4];
    dt_affine affine;
    dt_step_fill(s, fill_arg, fill);
    /* OpenCV's affine maps have their own fixed point. */
    if (opencv && !nearest && dt_homography_is_affine(map, &affine))
        return dt_warp_affine(in, affine, fill, out, err);
    return dt_warp_perspective(in, map, nearest, opencv ? DT_BORDER_FILL : DT_BORDER_MASK, fill, out, err);
}

/* Boxes by their corners, clipped, kept by the rule; the whole object counts for its share. */
static dt_status map_labels(const dt_sample *in, dt_homography map, const dt_box_rule *rule, dt_sample *out,
                            dt_error *err)
{
    for (size_t i = 0; i < in->label_count; i++) {
        dt_label label = in->labels[i];
        const dt_box was = label.box;
        if (dt_homography_box(map, was, &label.box) != 0) continue;
        const double whole =
            dt_box_area(was) * dt_homography_area_scale(map, (was.x1 + was.x2) / 2, (was.y1 + was.y2) / 2);
        dt_box_clip(&label.box, out->image.width, out->image.height);
        if (dt_box_rule_keep(rule, label.box, whole)) DT_TRY(dt_sample_add_label(out, label, err));
    }
    return DT_OK;
}

enum {
    AFFINE_DEGREES,
    AFFINE_TRANSLATE,
    AFFINE_SCALE,
    AFFINE_SHEAR,
    AFFINE_SIZE,
    AFFINE_FILL,
    AFFINE_FILTER,
    AFFINE_EDGE,
    AFFINE_RULE
};
static const dt_arg affine_args[] = {
    {.name = "degrees",
     .type = DT_ARG_F64,
     .least = 1,
     .most = 2,
     .in_order = 1,
     .min = -360,
     .max = 360,
     .usual = "0",
     .help = "rotation clockwise: U(-v, v), or U(lo, hi)"},
    {.name = "translate",
     .type = DT_ARG_F64,
     .least = 1,
     .most = 2,
     .in_order = 1,
     .max = 1,
     .usual = "0",
     .help = "largest shift in widths and heights"},
    {.name = "scale",
     .type = DT_ARG_F64,
     .least = 1,
     .most = 2,
     .min = .01,
     .max = 100,
     .usual = "1",
     .help = "about the middle: a factor, or U(lo, hi)"},
    {.name = "shear",
     .type = DT_ARG_F64,
     .least = 1,
     .most = 4,
     .min = -80,
     .max = 80,
     .usual = "0",
     .help = "degrees: x by U(-v, v) or U(lo, hi), and y by another lo, hi"},
    {.name = "size",
     .type = DT_ARG_INT,
     .least = 0,
     .most = 2,
     .min = 1,
     .max = 16384,
     .usual = "",
     .help = "window around the middle that is kept: side, or height, width; else the picture's size"},
    WARP_ARGS,
    DT_ARG_RULE,
    DT_ARG_P("1", 0),
    {0}};

typedef struct affine_drawn {
    double degrees, scale, shear_x, shear_y, x, y;
} affine_drawn;

static dt_status affine_check(const dt_step *s, dt_error *err)
{
    DT_TRY(dt_step_check_around(s, AFFINE_DEGREES, err));
    DT_TRY(dt_step_check_range(s, AFFINE_SCALE, err));
    DT_TRY(dt_step_check_around(s, AFFINE_SHEAR, err));
    const dt_values *shear = &s->args[AFFINE_SHEAR];
    if (shear->count == 3) return dt_fail(err, DT_ERR_ARG, "shear takes 1, 2 or 4 values");
    if (shear->count == 4 && !(shear->v[0] <= shear->v[1] && shear->v[2] <= shear->v[3]))
        return dt_fail(err, DT_ERR_ARG, "shear: lo, hi, lo, hi are wanted");
    return DT_OK;
}

static void affine_output(const dt_step *s, int *width, int *height)
{
    if (s->args[AFFINE_SIZE].count) dt_step_size(s, AFFINE_SIZE, width, height);
}

static void affine_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(affine_drawn, a, out);
    int width = at->sample->image.width, height = at->sample->image.height;
    affine_output(s, &width, &height);
    a->degrees = dt_step_draw_around(s, AFFINE_DEGREES, rng);
    const double x = width * dt_step_num(s, AFFINE_TRANSLATE),
                 y = height * dt_step_nth(s, AFFINE_TRANSLATE, 1);
    a->x = rint(dt_rng_uniform(rng, -x, x));
    a->y = rint(dt_rng_uniform(rng, -y, y));
    a->scale = dt_step_draw_range(s, AFFINE_SCALE, rng);
    a->shear_x = dt_step_draw_around(s, AFFINE_SHEAR, rng);
    const double u = dt_rng_f64(rng);
    const dt_values *shear = &s->args[AFFINE_SHEAR];
    a->shear_y = shear->count == 4 ? shear->v[2] + (shear->v[3] - shear->v[2]) * u : 0;
}

static void affine_explain(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    DT_DRAWN_CONST(affine_drawn, a, d);
    dt_explain_num(e, "degrees", a->degrees);
    dt_explain_num(e, "x", a->x);
    dt_explain_num(e, "y", a->y);
    dt_explain_num(e, "scale", a->scale);
    dt_explain_num(e, "shear_x", a->shear_x);
    dt_explain_num(e, "shear_y", a->shear_y);
}

static dt_status affine_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                              const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)others;
    DT_DRAWN_CONST(affine_drawn, a, d);
    const int w = in->image.width, h = in->image.height;
    const dt_box_rule rule = dt_step_rule(s, AFFINE_RULE);
    int width = w, height = h;
    affine_output(s, &width, &height);
    dt_affine map = dt_affine_torchvision(a->degrees, a->x, a->y, a->scale, a->shear_x, a->shear_y, w, h);
    map = dt_affine_mul(dt_affine_translate((width - w) / 2.0, (height - h) / 2.0), map);
    DT_TRY(dt_sample_reshape(out, in, width, height, in->image.channels, err));
    DT_TRY(warp(s, AFFINE_FILL, &in->image, dt_homography_from_affine(map), &out->image, err));
    return map_labels(in, dt_homography_from_affine(map), &rule, out, err);
}

const dt_transform dt_transform_affine = {
    .name = "affine",
    .alias = "RandomAffine",
    .help = "Rotation, shift, scale and shear about the middle.",
    .args = affine_args,
    .geometry = 1,
    .check = affine_check,
    .draw = affine_draw,
    .explain = affine_explain,
    .apply = affine_apply,
    .size = affine_output,
};

/* ---- perspective ---- */

enum { TILT_DISTORTION, TILT_P, TILT_FILL, TILT_FILTER, TILT_EDGE, TILT_RULE };
static const dt_arg tilt_args[] = {
    {.name = "distortion",
     .type = DT_ARG_F64,
     .max = 1,
     .usual = "0.5",
     .help = "how far corners move inwards, in half sides; what would lie behind the viewer is filled",
     .shown = 1},
    DT_ARG_P("0.5", 1),
    WARP_ARGS,
    DT_ARG_RULE,
    {0}};

typedef struct tilt_drawn {
    double end[4][2]; /* where the corners go, from the top left one clockwise; pixels */
} tilt_drawn;

/* RandomPerspective.get_params */
static void tilt_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(tilt_drawn, t, out);
    const int w = at->sample->image.width, h = at->sample->image.height;
    const int room_x = (int)(dt_step_num(s, TILT_DISTORTION) * (w / 2)),
              room_y = (int)(dt_step_num(s, TILT_DISTORTION) * (h / 2));
    for (int i = 0; i < 4; i++) {
        const double x = (double)dt_rng_below(rng, (uint64_t)room_x + 1),
                     y = (double)dt_rng_below(rng, (uint64_t)room_y + 1);
        t->end[i][0] = i == 1 || i == 2 ? w - 1 - x : x;
        t->end[i][1] = i >= 2 ? h - 1 - y : y;
    }
}

static void tilt_explain(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    static const char *const names[4][2] = {{"top_left_x", "top_left_y"},
                                            {"top_right_x", "top_right_y"},
                                            {"bottom_right_x", "bottom_right_y"},
                                            {"bottom_left_x", "bottom_left_y"}};
    DT_DRAWN_CONST(tilt_drawn, t, d);
    for (int i = 0; i < 8; i++)
        dt_explain_num(e, names[i / 2][i % 2], t->end[i / 2][i % 2]);
}

static dt_status tilt_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                            const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)others;
    DT_DRAWN_CONST(tilt_drawn, t, d);
    const double w = in->image.width, h = in->image.height;
    const double start[4][2] = {{0, 0}, {w - 1, 0}, {w - 1, h - 1}, {0, h - 1}};
    const dt_box_rule rule = dt_step_rule(s, TILT_RULE);
    dt_homography map, back;
    /* Corners on one line: a picture of one pixel's width, or all that the distortion leaves of one. */
    if (dt_homography_from_points(start, t->end, &map) != 0 || dt_homography_invert(map, &back) != 0)
        map = dt_homography_from_affine(dt_affine_scale(1, 1));
    DT_TRY(dt_sample_reshape(out, in, in->image.width, in->image.height, in->image.channels, err));
    DT_TRY(warp(s, TILT_FILL, &in->image, map, &out->image, err));
    return map_labels(in, map, &rule, out, err);
}

const dt_transform dt_transform_perspective = {
    .name = "perspective",
    .alias = "RandomPerspective",
    .help = "The corners move inwards, each by itself.",
    .args = tilt_args,
    .geometry = 1,
    .draw = tilt_draw,
    .explain = tilt_explain,
    .apply = tilt_apply,
};

/* ---- clean ---- */

enum { CLEAN_RULE, CLEAN_MIN_SIDE, CLEAN_MIN_AREA, CLEAN_MAX_ASPECT };
static const dt_arg clean_args[] = {DT_ARG_RULE,
                                    {.name = "min-side",
                                     .type = DT_ARG_F64,
                                     .least = 0,
                                     .most = 1,
                                     .max = 1e6,
                                     .usual = "",
                                     .help = "in the place of the rule's, pixels"},
                                    {.name = "min-area",
                                     .type = DT_ARG_F64,
                                     .least = 0,
                                     .most = 1,
                                     .max = 1e12,
                                     .usual = "",
                                     .help = "in the place of the rule's, pixels"},
                                    {.name = "max-aspect",
                                     .type = DT_ARG_F64,
                                     .least = 0,
                                     .most = 1,
                                     .min = 1,
                                     .max = 1e6,
                                     .usual = "",
                                     .help = "in the place of the rule's"},
                                    {0}};

static dt_status clean(const dt_step *s, const dt_drawn *d, dt_sample *sample, dt_error *err)
{
    (void)d;
    (void)err;
    dt_box_rule rule = dt_step_rule(s, CLEAN_RULE);
    if (s->args[CLEAN_MIN_SIDE].count) rule.min_side = dt_step_num(s, CLEAN_MIN_SIDE);
    if (s->args[CLEAN_MIN_AREA].count) rule.min_area = dt_step_num(s, CLEAN_MIN_AREA);
    if (s->args[CLEAN_MAX_ASPECT].count) rule.max_aspect = dt_step_num(s, CLEAN_MAX_ASPECT);
    dt_sample_clean(sample, &rule);
    return DT_OK;
}

const dt_transform dt_transform_clean = {
    .name = "clean",
    .alias = "SanitizeBoundingBoxes",
    .help = "Boxes are clipped to the picture; those that the rule does not keep go.",
    .args = clean_args,
    .geometry = 1,
    .in_place = clean,
};
