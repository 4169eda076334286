/* Steps that move pixels: sizes, crops, padding, flips. */
#include <string.h>

#include "datasets/transforms/augment.h"
#include "datasets/transforms/clean.h"
#include "datasets/transforms/step.h"
#include "datasets/transforms/windows.h"

#define SIZE(text)                                                                                           \
    {                                                                                                        \
        "size", 2, 1, DT_IMAGE_MAX_SIDE, 1, NULL, NULL, text                                                 \
    }
#define FILL(text)                                                                                           \
    {                                                                                                        \
        "fill", 3, 0, 255, 1, NULL, text, "of what lies outside: one level, or one a channel"                \
    }
#define FILTER(text)                                                                                         \
    {                                                                                                        \
        "filter", 1, 0, 0, 0, DT_RESIZE_FILTER_NAMES, text, "of resizing"                                    \
    }
#define MODE                                                                                                 \
    {                                                                                                        \
        "mode", 1, 0, 0, 0, DT_BORDER_MODE_NAMES, "constant", "of the padding"                               \
    }
#define CHANCE(text)                                                                                         \
    {                                                                                                        \
        "p", 1, 0, 1, 0, NULL, text, "probability"                                                           \
    }

static dt_border border_of(const dt_step *s, int fill_option)
{
    dt_border b = {0};
    for (int i = 0; i < 4; i++)
        b.fill[i] = (uint8_t)dt_step_value(s, fill_option, i);
    return b;
}

static void fixed_size(const dt_step *s, int *width, int *height)
{
    *height = (int)dt_step_value(s, 0, 0);
    *width = (int)dt_step_value(s, 0, 1);
}

static dt_status take_window(const dt_sample *in, dt_window w, const dt_border *b, dt_sample *out,
                             dt_str *said, dt_error *err)
{
    DT_SAY(said, ": left %d, top %d, %d x %d", w.left, w.top, w.width, w.height);
    return dt_sample_window_bordered(in, w, b, out, err);
}

static dt_status stretch(const dt_sample *in, int width, int height, dt_resize_filter filter, dt_sample *out,
                         dt_str *said, dt_error *err)
{
    DT_SAY(said, ": %d x %d to %d x %d", in->image.width, in->image.height, width, height);
    return dt_sample_stretch(in, width, height, filter, out, err);
}

/* ---- recipe: done by the loader before the chain ---- */

const dt_step_kind dt_step_recipe = {.name = "recipe",
                                     .summary = "first step only: the augmentation that train's options "
                                                "describe (mosaic, mixup, affine, flips, HSV, ...)"};

/* ---- resize ---- */

enum { RESIZE_SIZE, RESIZE_MAX, RESIZE_FILTER };

static dt_resize_rule resize_rule(const dt_step *s)
{
    const int count = dt_step_count(s, RESIZE_SIZE);
    return (dt_resize_rule){.height = count ? (int)dt_step_value(s, RESIZE_SIZE, 0) : 0,
                            .width = count == 2 ? (int)dt_step_value(s, RESIZE_SIZE, 1) : 0,
                            .max_side = (int)dt_step_value(s, RESIZE_MAX, 0)};
}

static dt_status check_resize(const dt_step *s, dt_error *err)
{
    int w, h;
    return dt_resize_rule_apply(resize_rule(s), 64, 64, &w, &h, err);
}

static void size_of_resize(const dt_step *s, int *width, int *height)
{
    const dt_resize_rule r = resize_rule(s);
    dt_error none = {0};
    if (r.width || *width) {
        if (dt_resize_rule_apply(r, *width ? *width : 1, *height ? *height : 1, width, height, &none) ==
            DT_OK)
            return;
    }
    *width = *height = 0;
}

static dt_status resize(const dt_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out, dt_str *said,
                        dt_error *err)
{
    int w, h;
    (void)rng;
    DT_TRY(dt_resize_rule_apply(resize_rule(s), in->image.width, in->image.height, &w, &h, err));
    return stretch(in, w, h, (dt_resize_filter)dt_step_value(s, RESIZE_FILTER, 0), out, said, err);
}

const dt_step_kind dt_step_resize = {
    .name = "resize",
    .summary = "shorter side to a size, or both to height, width",
    .options = {{"size", 2, 1, DT_IMAGE_MAX_SIDE, 1, NULL, "", "shorter side; or height, width"},
                {"max-size", 1, 0, DT_IMAGE_MAX_SIDE, 1, NULL, "0",
                 "most for the longer side; without size: the longer side"},
                FILTER("bilinear-aa")},
    .check = check_resize,
    .size = size_of_resize,
    .apply = resize};

/* ---- letterbox ---- */

enum { BOX_SIZE, BOX_STYLE, BOX_FILL, BOX_FILTER, BOX_UPSCALE };

static dt_status letterbox(const dt_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out, dt_str *said,
                           dt_error *err)
{
    static const dt_letterbox_mode modes[] = {DT_LETTERBOX_CENTER, DT_LETTERBOX_TOP_LEFT,
                                              DT_LETTERBOX_DARKNET, DT_LETTERBOX_STRETCH};
    dt_letterbox lb;
    (void)rng;
    DT_TRY(dt_letterbox_make(modes[(int)dt_step_value(s, BOX_STYLE, 0)], !dt_step_value(s, BOX_UPSCALE, 0),
                             in->image.width, in->image.height, (int)dt_step_value(s, BOX_SIZE, 1),
                             (int)dt_step_value(s, BOX_SIZE, 0), &lb, err));
    DT_SAY(said, ": %d x %d to %d x %d at %d, %d", lb.src_width, lb.src_height, lb.new_width, lb.new_height,
           lb.left, lb.top);
    DT_TRY(dt_sample_letterbox(in, &lb, (dt_resize_filter)dt_step_value(s, BOX_FILTER, 0),
                               (uint8_t)dt_step_value(s, BOX_FILL, 0), out, err));
    out->cls = in->cls;
    return DT_OK;
}

const dt_step_kind dt_step_letterbox = {
    .name = "letterbox",
    .summary = "the whole picture in height x width, its aspect kept, the rest filled",
    .options = {SIZE("side; or height, width"),
                {"style", 1, 0, 0, 0, "ultralytics, yolox, darknet, stretch", "ultralytics",
                 "centred; at the top left; centred by whole numbers; without keeping the aspect"},
                {"fill", 1, 0, 255, 1, NULL, "114", "gray level of the rest"},
                FILTER("bilinear"),
                {"upscale", 1, 0, 1, 1, NULL, "1",
                 "0: smaller pictures keep their size (ultralytics, yolox)"}},
    .size = fixed_size,
    .apply = letterbox};

/* ---- crops and padding ---- */

static dt_status center_crop(const dt_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out, dt_str *said,
                             dt_error *err)
{
    const dt_border b = border_of(s, 1);
    (void)rng;
    return take_window(in,
                       dt_center_window((int)dt_step_value(s, 0, 1), (int)dt_step_value(s, 0, 0),
                                        in->image.width, in->image.height),
                       &b, out, said, err);
}

const dt_step_kind dt_step_center_crop = {.name = "center-crop",
                                          .summary = "the middle; smaller pictures are padded",
                                          .options = {SIZE("side; or height, width"), FILL("0")},
                                          .size = fixed_size,
                                          .apply = center_crop};

static dt_status padding_of(const dt_step *s, int option, dt_padding *padding, dt_error *err)
{
    double v[4];
    for (int i = 0; i < dt_step_count(s, option); i++)
        v[i] = dt_step_value(s, option, i);
    return dt_padding_make(v, dt_step_count(s, option), padding, err);
}

enum { CROP_SIZE, CROP_PADDING, CROP_IF_NEEDED, CROP_FILL, CROP_MODE };

static dt_status check_padding(const dt_step *s, dt_error *err)
{
    dt_padding p;
    return padding_of(s, s->kind == &dt_step_pad ? 0 : CROP_PADDING, &p, err);
}

static dt_status random_crop(const dt_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out, dt_str *said,
                             dt_error *err)
{
    dt_random_crop_opts o = {.width = (int)dt_step_value(s, CROP_SIZE, 1),
                             .height = (int)dt_step_value(s, CROP_SIZE, 0),
                             .pad_if_needed = dt_step_value(s, CROP_IF_NEEDED, 0) != 0};
    dt_border b = border_of(s, CROP_FILL);
    dt_window w;
    b.mode = (dt_border_mode)dt_step_value(s, CROP_MODE, 0);
    DT_TRY(padding_of(s, CROP_PADDING, &o.padding, err));
    DT_TRY(dt_random_crop_draw(&o, in->image.width, in->image.height, rng, &w, err));
    return take_window(in, w, &b, out, said, err);
}

#define PADDING(text, fallback)                                                                              \
    {                                                                                                        \
        "padding", 4, 0, DT_IMAGE_MAX_SIDE, 1, NULL, fallback, text                                          \
    }

const dt_step_kind dt_step_random_crop = {
    .name = "random-crop",
    .summary = "a window of a size at a random place",
    .options = {SIZE("side; or height, width"),
                PADDING("before: all sides; left and right, top and bottom; left, top, right, bottom", "0"),
                {"pad-if-needed", 1, 0, 1, 1, NULL, "0", "1: pictures that are too small are padded, too"},
                FILL("0"),
                MODE},
    .check = check_padding,
    .size = fixed_size,
    .apply = random_crop};

static dt_status pad(const dt_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out, dt_str *said,
                     dt_error *err)
{
    dt_border b = border_of(s, 1);
    dt_padding p;
    (void)rng;
    b.mode = (dt_border_mode)dt_step_value(s, 2, 0);
    DT_TRY(padding_of(s, 0, &p, err));
    return take_window(in, dt_pad_window(p, in->image.width, in->image.height), &b, out, said, err);
}

static void size_of_pad(const dt_step *s, int *width, int *height)
{
    dt_padding p;
    dt_error none = {0};
    if (!*width || padding_of(s, 0, &p, &none) != DT_OK) return;
    *width += p.left + p.right;
    *height += p.top + p.bottom;
}

const dt_step_kind dt_step_pad = {
    .name = "pad",
    .summary = "a border around the picture",
    .options = {PADDING("all sides; left and right, top and bottom; left, top, right, bottom", NULL),
                FILL("0"), MODE},
    .check = check_padding,
    .size = size_of_pad,
    .apply = pad};

enum { RESIZED_SIZE, RESIZED_SCALE, RESIZED_RATIO, RESIZED_FILTER };

static dt_resized_crop_opts resized_opts(const dt_step *s)
{
    return (dt_resized_crop_opts){dt_step_value(s, RESIZED_SCALE, 0), dt_step_value(s, RESIZED_SCALE, 1),
                                  dt_step_value(s, RESIZED_RATIO, 0), dt_step_value(s, RESIZED_RATIO, 1)};
}

static dt_status check_resized(const dt_step *s, dt_error *err)
{
    const dt_resized_crop_opts o = resized_opts(s);
    return dt_resized_crop_check(&o, err);
}

static dt_status random_resized_crop(const dt_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out,
                                     dt_str *said, dt_error *err)
{
    const dt_resized_crop_opts o = resized_opts(s);
    const dt_border none = {0};
    dt_sample part = {0};
    dt_status st = take_window(in, dt_resized_crop_draw(&o, in->image.width, in->image.height, rng), &none,
                               &part, said, err);
    if (st == DT_OK)
        st = stretch(&part, (int)dt_step_value(s, RESIZED_SIZE, 1), (int)dt_step_value(s, RESIZED_SIZE, 0),
                     (dt_resize_filter)dt_step_value(s, RESIZED_FILTER, 0), out, NULL, err);
    dt_sample_free(&part);
    return st;
}

const dt_step_kind dt_step_random_resized_crop = {
    .name = "random-resized-crop",
    .summary = "a window of random area and aspect, resized",
    .options = {SIZE("side; or height, width"),
                {"scale", 2, 1e-6, 1, 0, NULL, "0.08, 1", "area of the window, least and most"},
                {"ratio", 2, 1e-3, 1e3, 0, NULL, "0.75, 1.3333333333333333",
                 "its width / height, least and most"},
                FILTER("bilinear-aa")},
    .check = check_resized,
    .size = fixed_size,
    .apply = random_resized_crop};

/* ---- flips ---- */

static dt_status flip(const dt_step *s, dt_sample *sample, dt_rng *rng, dt_str *said, dt_error *err)
{
    const int yes = dt_rng_f64(rng) < dt_step_value(s, 0, 0);
    (void)err;
    DT_SAY(said, ": %s", yes ? "yes" : "no");
    if (yes && s->kind == &dt_step_hflip) dt_sample_flip_lr(sample);
    if (yes && s->kind == &dt_step_vflip) dt_sample_flip_ud(sample);
    return DT_OK;
}

const dt_step_kind dt_step_hflip = {
    .name = "hflip", .summary = "left and right exchanged", .options = {CHANCE("0.5")}, .change = flip};
const dt_step_kind dt_step_vflip = {
    .name = "vflip", .summary = "top and bottom exchanged", .options = {CHANCE("0.5")}, .change = flip};

/* ---- windows and sizes of detection recipes ---- */

enum { IOU_SCALE, IOU_ASPECT, IOU_LEAST, IOU_TRIALS };

static dt_iou_crop_opts iou_opts(const dt_step *s, double least[7])
{
    for (int i = 0; i < dt_step_count(s, IOU_LEAST); i++)
        least[i] = dt_step_value(s, IOU_LEAST, i);
    return (dt_iou_crop_opts){dt_step_value(s, IOU_SCALE, 0),
                              dt_step_value(s, IOU_SCALE, 1),
                              dt_step_value(s, IOU_ASPECT, 0),
                              dt_step_value(s, IOU_ASPECT, 1),
                              least,
                              dt_step_count(s, IOU_LEAST),
                              (int)dt_step_value(s, IOU_TRIALS, 0)};
}

static dt_status check_iou_crop(const dt_step *s, dt_error *err)
{
    double least[7];
    const dt_iou_crop_opts o = iou_opts(s, least);
    return dt_iou_crop_check(&o, err);
}

static dt_status iou_crop(const dt_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out, dt_str *said,
                          dt_error *err)
{
    double least[7];
    const dt_iou_crop_opts o = iou_opts(s, least);
    const dt_window w = dt_iou_crop_draw(&o, in, rng);
    int dropped = 0;
    DT_TRY(dt_iou_crop_apply(in, w, out, &dropped, err));
    DT_SAY(said, ": left %d, top %d, %d x %d; %d boxes dropped", w.left, w.top, w.width, w.height, dropped);
    return DT_OK;
}

static void unknown_size(const dt_step *s, int *width, int *height)
{
    (void)s;
    *width = *height = 0;
}

const dt_step_kind dt_step_iou_crop = {
    .name = "iou-crop",
    .summary = "SSD's window: overlaps a box by a random IoU (RandomIoUCrop)",
    .options = {{"scale", 2, 1e-3, 1, 0, NULL, "0.3, 1", "sides of the window in sides of the picture"},
                {"aspect", 2, 1e-3, 1e3, 0, NULL, "0.5, 2", "its width / height"},
                {"iou", 7, 0, 10, 0, NULL, "0, 0.1, 0.3, 0.5, 0.7, 0.9, 1",
                 "least IoUs to choose from; 1: the whole picture"},
                {"trials", 1, 1, 1e4, 1, NULL, "40", "windows tried for one of them"}},
    .check = check_iou_crop,
    .size = unknown_size,
    .apply = iou_crop};

static dt_status zoom_out(const dt_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out, dt_str *said,
                          dt_error *err)
{
    const dt_zoom_out_opts o = {dt_step_value(s, 1, 0), dt_step_value(s, 0, 0), dt_step_value(s, 0, 1)};
    const dt_border b = border_of(s, 2);
    DT_TRY(dt_zoom_out_check(&o, err));
    return take_window(in, dt_zoom_out_draw(&o, in->image.width, in->image.height, rng), &b, out, said, err);
}

const dt_step_kind dt_step_zoom_out = {
    .name = "zoom-out",
    .summary = "the picture at a random place of a larger canvas (RandomZoomOut)",
    .options = {{"side", 2, 1, 100, 0, NULL, "1, 4", "sides of the canvas in sides of the picture"},
                CHANCE("0.5"),
                FILL("0")},
    .size = unknown_size,
    .apply = zoom_out};

static dt_status shortest_size(const dt_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out,
                               dt_str *said, dt_error *err)
{
    int sizes[16], w, h;
    for (int i = 0; i < dt_step_count(s, 0); i++)
        sizes[i] = (int)dt_step_value(s, 0, i);
    dt_shortest_size_draw(sizes, dt_step_count(s, 0), (int)dt_step_value(s, 1, 0), in->image.width,
                          in->image.height, rng, &w, &h);
    return stretch(in, w, h, (dt_resize_filter)dt_step_value(s, 2, 0), out, said, err);
}

const dt_step_kind dt_step_shortest_size = {
    .name = "shortest-size",
    .summary = "the shorter side to one of some sizes (RandomShortestSize)",
    .options = {{"sizes", 16, 1, DT_IMAGE_MAX_SIDE, 1, NULL, NULL, "to choose from"},
                {"max-size", 1, 0, DT_IMAGE_MAX_SIDE, 1, NULL, "0", "most for the longer side; 0: any"},
                FILTER("bilinear-aa")},
    .size = unknown_size,
    .apply = shortest_size};

static dt_status scale_jitter(const dt_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out,
                              dt_str *said, dt_error *err)
{
    int w, h;
    dt_scale_jitter_draw((int)dt_step_value(s, 0, 1), (int)dt_step_value(s, 0, 0), dt_step_value(s, 1, 0),
                         dt_step_value(s, 1, 1), in->image.width, in->image.height, rng, &w, &h);
    return stretch(in, w, h, (dt_resize_filter)dt_step_value(s, 2, 0), out, said, err);
}

const dt_step_kind dt_step_scale_jitter = {
    .name = "scale-jitter",
    .summary = "fitted into a size, then scaled at random (ScaleJitter)",
    .options = {SIZE("side; or height, width"),
                {"scale", 2, 1e-3, 100, 0, NULL, "0.1, 2", "least and most"},
                FILTER("bilinear-aa")},
    .size = unknown_size,
    .apply = scale_jitter};

static dt_status fixed_crop(const dt_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out, dt_str *said,
                            dt_error *err)
{
    const dt_border b = border_of(s, 1);
    return take_window(in,
                       dt_fixed_crop_draw((int)dt_step_value(s, 0, 1), (int)dt_step_value(s, 0, 0),
                                          in->image.width, in->image.height, rng),
                       &b, out, said, err);
}

const dt_step_kind dt_step_fixed_crop = {
    .name = "fixed-crop",
    .summary =
        "a random window of a size; smaller pictures are padded to the right and below (FixedSizeCrop)",
    .options = {SIZE("side; or height, width"), FILL("0")},
    .size = fixed_size,
    .apply = fixed_crop};

/* ---- clean, to-tensor, normalize ---- */

static const char *const rule_names[] = {"ultralytics", "yolox", "darknet", "torchvision"};

static dt_status clean(const dt_step *s, dt_sample *sample, dt_rng *rng, dt_str *said, dt_error *err)
{
    dt_box_rule rule;
    (void)rng;
    DT_TRY(dt_box_rule_parse(rule_names[(int)dt_step_value(s, 0, 0)], &rule, err));
    const size_t removed = dt_sample_clean(sample, &rule);
    DT_SAY(said, ": %zu boxes removed", removed);
    return DT_OK;
}

const dt_step_kind dt_step_clean = {
    .name = "clean",
    .summary = "boxes that are too small or thin go",
    .options = {{"rule", 1, 0, 0, 0, "ultralytics, yolox, darknet, torchvision", "torchvision",
                 "whose rule"}},
    .change = clean};

const dt_step_kind dt_step_to_tensor = {.name = "to-tensor",
                                        .summary = "nothing: what a chain makes becomes a tensor anyway"};

static dt_status check_normalize(const dt_step *s, dt_error *err)
{
    for (int i = 0; i < 2; i++)
        if (dt_step_count(s, i) == 2)
            return dt_fail(err, DT_ERR_ARG, "1 or 3 values are wanted for %s", s->kind->options[i].name);
    return DT_OK;
}

const dt_step_kind dt_step_normalize = {
    .name = "normalize",
    .summary = "last step: (pixel / 255 - mean) / std by channel; without it mean 0 and std 1",
    .options = {{"mean", 3, -1e3, 1e3, 0, NULL, NULL, "one, or one a channel"},
                {"std", 3, 1e-6, 1e3, 0, NULL, NULL, "one, or one a channel"}},
    .check = check_normalize};
