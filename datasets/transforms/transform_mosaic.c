/* Several pictures on one canvas: mosaic alone, and Ultralytics' whole recipe as one step, rendered at once. */
#include <stdio.h>

#include "core/mem.h"
#include "datasets/transforms/aug_params_json.h"
#include "datasets/transforms/transform_impl.h"

/* Pictures no larger than the canvas: those of the caller, or copies. */
typedef struct tiles {
    const dt_sample *src[DT_AUG_SOURCES];
    dt_sample copies[DT_AUG_SOURCES];
    int count;
} tiles;

static dt_status add_tile(tiles *t, int slot, const dt_sample *from, int side, dt_resize_filter filter,
                          dt_error *err)
{
    t->src[slot] = from;
    if (from->image.width <= side && from->image.height <= side) return DT_OK;
    dt_sample *copy = &t->copies[t->count++];
    DT_TRY(dt_sample_copy(from, copy, err));
    t->src[slot] = copy;
    return dt_aug_prepare(copy, side, filter, err);
}

static dt_status render(const dt_aug_params *p, const dt_augment_opts *o, int side, int prepare_side,
                        dt_resize_filter filter, const dt_sample *in, const dt_sample *const *others,
                        dt_sample *out, dt_error *err)
{
    tiles *t = dt_calloc(1, sizeof *t);
    if (!t) return dt_fail_memory(err, sizeof *t, "pictures of a mosaic");
    dt_aug_source list[DT_AUG_SOURCES];
    const int count = dt_aug_sources(p, list);
    dt_status st = DT_OK;
    for (int i = 0; i < count && st == DT_OK; i++)
        st = add_tile(t, list[i].slot, i ? others[i - 1] : in, prepare_side, filter, err);
    if (st == DT_OK) st = dt_aug_apply(p, o, t->src, side, out, err);
    for (int i = 0; i < t->count; i++)
        dt_sample_free(&t->copies[i]);
    dt_free(t);
    return st;
}

/* All but the first, which is the sample itself. */
static void list_others(const dt_aug_params *p, dt_drawn *out)
{
    dt_aug_source list[DT_AUG_SOURCES];
    out->other_count = dt_aug_sources(p, list) - 1;
    for (int i = 0; i < out->other_count; i++)
        out->other[i] = list[i + 1].index;
}

static void square(const dt_step *s, int *width, int *height)
{
    *width = *height = dt_step_int(s, 0);
}

/* ---- mosaic ---- */

enum { MOSAIC_SIZE, MOSAIC_GRID, MOSAIC_CANVAS, MOSAIC_P, MOSAIC_FILL, MOSAIC_RULE, MOSAIC_FILTER };
static const dt_arg mosaic_args[] = {
    {.name = "size",
     .type = DT_ARG_INT,
     .min = 2,
     .max = 8192,
     .help = "longer side of each picture on the canvas"},
    {.name = "grid", .type = DT_ARG_CHOICE, .choices = "four|nine", .usual = "four", .help = "pictures"},
    {.name = "canvas",
     .type = DT_ARG_CHOICE,
     .choices = "middle|whole",
     .usual = "middle",
     .help = "the middle of the canvas, size x size, or all of it, for an affine(size=) that follows"},
    DT_ARG_P("1", 0),
    DT_ARG_GRAY("114"),
    DT_ARG_RULE,
    DT_ARG_FILTER("bilinear"),
    {0}};

static void mosaic_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(dt_aug_params, p, out);
    const int whole = dt_step_int(s, MOSAIC_CANVAS), grid = dt_step_int(s, MOSAIC_GRID) ? 9 : 4;
    *p = (dt_aug_params){.mix_ratio = 1};
    dt_aug_view *view = &p->view[DT_AUG_MAIN];
    /* The whole canvas is two sides long: twice the side at half the scale. */
    *view = (dt_aug_view){.mosaic = grid,
                          .index = {at->sample->index},
                          .scale = whole ? .5 : 1,
                          .translate_x = .5,
                          .translate_y = .5};
    view->center_y = dt_rng_uniform(rng, .5, 1.5);
    view->center_x = dt_rng_uniform(rng, .5, 1.5);
    for (int i = 1; i < grid; i++)
        view->index[i] = (int64_t)dt_rng_below(rng, (uint64_t)at->count);
    list_others(p, out);
}

static void mosaic_explain(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    DT_DRAWN_CONST(dt_aug_params, p, d);
    dt_explain_num(e, "center_x", p->view[DT_AUG_MAIN].center_x);
    dt_explain_num(e, "center_y", p->view[DT_AUG_MAIN].center_y);
}

static dt_status mosaic_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                              const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    DT_DRAWN_CONST(dt_aug_params, p, d);
    const int size = dt_step_int(s, MOSAIC_SIZE);
    dt_augment_opts o = dt_augment_none();
    o.fill = (uint8_t)dt_step_int(s, MOSAIC_FILL);
    o.rule = dt_step_rule(s, MOSAIC_RULE);
    return render(p, &o, dt_step_int(s, MOSAIC_CANVAS) ? 2 * size : size, size,
                  dt_step_filter(s, MOSAIC_FILTER), in, others, out, err);
}

static void mosaic_size(const dt_step *s, int *width, int *height)
{
    *width = *height = dt_step_int(s, MOSAIC_SIZE) * (dt_step_int(s, MOSAIC_CANVAS) ? 2 : 1);
}

const dt_transform dt_transform_mosaic = {
    .name = "mosaic",
    .help = "Four pictures that meet in a random point, or nine in a grid.",
    .args = mosaic_args,
    .others = DT_OTHERS_ALWAYS,
    .geometry = 1,
    .draw = mosaic_draw,
    .explain = mosaic_explain,
    .apply = mosaic_apply,
    .size = mosaic_size,
};

/* ---- yolo-augment ---- */

enum { YOLO_SIZE, YOLO_FIRST_NUMBER, YOLO_NUMBERS = 15 };
enum {
    YOLO_MIXUP_STYLE = YOLO_FIRST_NUMBER + YOLO_NUMBERS,
    YOLO_LETTERBOX,
    YOLO_FILL,
    YOLO_RULE,
    YOLO_FILTER
};

#define NUMBER(name_, max_, usual_, help_)                                                                   \
    {                                                                                                        \
        .name = name_, .type = DT_ARG_F64, .max = max_, .usual = usual_, .help = help_                       \
    }
static const dt_arg yolo_args[] = {
    {.name = "size", .type = DT_ARG_INT, .min = 2, .max = 8192, .help = "side of the square result"},
    NUMBER("mosaic", 1, "1", "probability of four pictures in one"),
    NUMBER("mosaic9", 1, "0", "share of the mosaics that are of nine"),
    NUMBER("mixup", 1, "0", "probability of blending two"),
    NUMBER("cutmix", 1, "0", "probability that a rectangle shows another view"),
    NUMBER("copy-paste", 1, "0", "share of another picture's objects that are pasted in"),
    NUMBER("fliplr", 1, "0.5", "probability of a left-right flip"),
    NUMBER("flipud", 1, "0", "probability of an up-down flip"),
    NUMBER("degrees", DT_AUG_MOST_DEGREES, "0", "largest rotation"),
    NUMBER("translate", 1, "0.1", "largest shift, in sides"),
    NUMBER("scale", DT_AUG_MOST_SCALE, "0.5", "scaled by 1 - v to 1 + v"),
    NUMBER("shear", DT_AUG_MOST_SHEAR, "0", "largest shear in degrees"),
    NUMBER("perspective", DT_AUG_MOST_PERSPECTIVE, "0", "largest tilt a pixel"),
    NUMBER("hsv-h", 1, "0.015", "hue jitter"),
    NUMBER("hsv-s", 1, "0.7", "saturation jitter"),
    NUMBER("hsv-v", 1, "0.4", "value jitter"),
    {.name = "mixup-style",
     .type = DT_ARG_CHOICE,
     .choices = "ultralytics|yolox",
     .usual = "ultralytics",
     .help = "blended with a mosaic by a random ratio, or half and half with one picture"},
    DT_ARG_LETTERBOX("letterbox", "how a single picture lies on its canvas"),
    DT_ARG_GRAY("114"),
    DT_ARG_RULE,
    DT_ARG_FILTER("bilinear"),
    {0}};

static dt_augment_opts yolo_opts(const dt_step *s)
{
    dt_augment_opts o = dt_augment_none();
    double *const numbers[YOLO_NUMBERS] = {&o.mosaic, &o.mosaic9,     &o.mixup,   &o.cutmix,    &o.copy_paste,
                                           &o.fliplr, &o.flipud,      &o.degrees, &o.translate, &o.scale,
                                           &o.shear,  &o.perspective, &o.hsv_h,   &o.hsv_s,     &o.hsv_v};
    for (int i = 0; i < YOLO_NUMBERS; i++)
        *numbers[i] = dt_step_num(s, YOLO_FIRST_NUMBER + i);
    o.mixup_single = dt_step_int(s, YOLO_MIXUP_STYLE);
    o.letterbox = (dt_letterbox_mode)dt_step_int(s, YOLO_LETTERBOX);
    o.fill = (uint8_t)dt_step_int(s, YOLO_FILL);
    o.rule = dt_step_rule(s, YOLO_RULE);
    return o;
}

static dt_status yolo_check(const dt_step *s, dt_error *err)
{
    const dt_augment_opts o = yolo_opts(s);
    return dt_augment_check(&o, err);
}

static void yolo_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(dt_aug_params, p, out);
    const dt_augment_opts o = yolo_opts(s);
    *p = dt_aug_draw(&o, at->mixing, at->sample->index, at->count > 0 ? at->count : 1, rng);
    list_others(p, out);
}

/* "degrees" of the first view, "mixup.degrees" of another one. */
static void explain_value(dt_explain *e, int view, const char *name, double value)
{
    char full[64];
    snprintf(full, sizeof full, "%s%s%s", view ? dt_aug_view_name(view) : "", view ? "." : "", name);
    dt_explain_num(e, full, value);
}

static void explain_view(dt_explain *e, int view, const dt_aug_view *v)
{
    explain_value(e, view, "mosaic", v->mosaic);
    if (v->mosaic) {
        explain_value(e, view, "center_x", v->center_x);
        explain_value(e, view, "center_y", v->center_y);
    }
    if (v->mirror) explain_value(e, view, "mirror", 1);
    explain_value(e, view, "degrees", v->degrees);
    explain_value(e, view, "scale", v->scale);
    explain_value(e, view, "shear_x", v->shear_x);
    explain_value(e, view, "shear_y", v->shear_y);
    explain_value(e, view, "translate_x", v->translate_x);
    explain_value(e, view, "translate_y", v->translate_y);
    if (v->perspective_x != 0 || v->perspective_y != 0) {
        explain_value(e, view, "perspective_x", v->perspective_x);
        explain_value(e, view, "perspective_y", v->perspective_y);
    }
}

static void explain_cuts(dt_explain *e, const dt_aug_params *p)
{
    char text[96];
    for (int i = 0; i < DT_AUG_CUTS; i++) {
        const dt_box c = p->cut[i];
        snprintf(text, sizeof text, "%.4g %.4g %.4g %.4g", c.x1, c.y1, c.x2, c.y2);
        dt_explain_str(e, "cut", text);
    }
}

static void explain_as_text(dt_explain *e, const dt_aug_params *p)
{
    for (int v = 0; v < DT_AUG_VIEWS; v++)
        if (dt_aug_view_used(p, v)) explain_view(e, v, &p->view[v]);
    if (p->mixup) dt_explain_num(e, "mix_ratio", p->mix_ratio);
    if (p->cutmix) explain_cuts(e, p);
    dt_explain_int(e, "flip_lr", p->flip_lr);
    dt_explain_int(e, "flip_ud", p->flip_ud);
    dt_explain_num(e, "hue", p->hue);
    dt_explain_num(e, "saturation", p->sat);
    dt_explain_num(e, "value", p->val);
}

static void yolo_explain(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    DT_DRAWN_CONST(dt_aug_params, p, d);
    dt_explain text = *e;
    text.json = NULL;
    if (e->text) explain_as_text(&text, p);
    if (e->json) dt_aug_params_values(p, e->json);
    e->has_drawn = 1;
}

static dt_status yolo_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                            const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    DT_DRAWN_CONST(dt_aug_params, p, d);
    const dt_augment_opts o = yolo_opts(s);
    const int size = dt_step_int(s, YOLO_SIZE);
    return render(p, &o, size, size, dt_step_filter(s, YOLO_FILTER), in, others, out, err);
}

static dt_status yolo_prepare(const dt_step *s, dt_sample *sample, dt_error *err)
{
    return dt_aug_prepare(sample, dt_step_int(s, YOLO_SIZE), dt_step_filter(s, YOLO_FILTER), err);
}

const dt_transform dt_transform_yolo_augment = {
    .name = "yolo-augment",
    .help =
        "Ultralytics' training recipe as one step: mosaic, affine, flips, mixup, cutmix, copy-paste and HSV, "
        "rendered at once.",
    .args = yolo_args,
    .others = DT_OTHERS_SOME,
    .geometry = 1,
    .check = yolo_check,
    .draw = yolo_draw,
    .explain = yolo_explain,
    .apply = yolo_apply,
    .size = square,
    .prepare = yolo_prepare,
};
