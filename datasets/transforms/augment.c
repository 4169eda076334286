#include "datasets/transforms/augment.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/transforms/color.h"
#include "datasets/transforms/warp.h"

dt_augment_opts dt_augment_none(void)
{
    return (dt_augment_opts){
        .min_side = 2, .min_area_ratio = 0.1, .max_aspect = 100, .fill = DT_LETTERBOX_FILL};
}

dt_augment_opts dt_augment_defaults(void)
{
    dt_augment_opts o = dt_augment_none();
    o.hsv_h = 0.015;
    o.hsv_s = 0.7;
    o.hsv_v = 0.4;
    o.translate = 0.1;
    o.scale = 0.5;
    o.fliplr = 0.5;
    o.mosaic = 1;
    return o;
}

dt_status dt_augment_check(const dt_augment_opts *o, dt_error *err)
{
    const struct {
        const char *name;
        double value, min, max;
    } limits[] = {
        {"hsv_h", o->hsv_h, 0, 0.5},
        {"hsv_s", o->hsv_s, 0, 1},
        {"hsv_v", o->hsv_v, 0, 1},
        {"degrees", o->degrees, 0, 180},
        {"translate", o->translate, 0, 1},
        {"scale", o->scale, 0, 0.99},
        {"shear", o->shear, 0, 45},
        {"flipud", o->flipud, 0, 1},
        {"fliplr", o->fliplr, 0, 1},
        {"mosaic", o->mosaic, 0, 1},
        {"mixup", o->mixup, 0, 1},
        {"min_side", o->min_side, 0, 1e6},
        {"min_area_ratio", o->min_area_ratio, 0, 1},
        {"max_aspect", o->max_aspect, 1, 1e9},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (!(limits[i].value >= limits[i].min && limits[i].value <= limits[i].max))
            return dt_fail(err, DT_ERR_ARG, "augmentation %s = %g is not in %g..%g", limits[i].name,
                           limits[i].value, limits[i].min, limits[i].max);
    }
    return DT_OK;
}

/* ---- drawing the parameters ---- */

/* Beta(32, 32): the median of 63 uniform numbers has exactly this distribution. */
static double draw_mix_ratio(dt_rng *rng)
{
    enum { N = 63 };
    double v[N];
    for (int n = 0; n < N; n++) {
        double x = dt_rng_f64(rng);
        int i = n;
        for (; i > 0 && v[i - 1] > x; i--)
            v[i] = v[i - 1];
        v[i] = x;
    }
    return v[N / 2];
}

static dt_aug_view draw_view(const dt_augment_opts *o, int mosaic, int64_t index, int64_t count, dt_rng *rng)
{
    dt_aug_view view = {.index = {index}};
    view.mosaic = dt_rng_f64(rng) < o->mosaic && mosaic;
    for (int i = 1; i < DT_MOSAIC; i++)
        view.index[i] = (int64_t)dt_rng_below(rng, (uint64_t)count);
    view.center_y = dt_rng_uniform(rng, 0.5, 1.5);
    view.center_x = dt_rng_uniform(rng, 0.5, 1.5);
    view.degrees = dt_rng_uniform(rng, -o->degrees, o->degrees);
    view.scale = dt_rng_uniform(rng, 1 - o->scale, 1 + o->scale);
    view.shear_x = dt_rng_uniform(rng, -o->shear, o->shear);
    view.shear_y = dt_rng_uniform(rng, -o->shear, o->shear);
    view.translate_x = dt_rng_uniform(rng, 0.5 - o->translate, 0.5 + o->translate);
    view.translate_y = dt_rng_uniform(rng, 0.5 - o->translate, 0.5 + o->translate);
    return view;
}

dt_aug_params dt_aug_draw(const dt_augment_opts *o, int mosaic, int64_t index, int64_t count, dt_rng *rng)
{
    dt_aug_params p = {.mix_ratio = 1};
    p.view[0] = draw_view(o, mosaic, index, count, rng);
    p.flip_lr = dt_rng_f64(rng) < o->fliplr;
    p.flip_ud = dt_rng_f64(rng) < o->flipud;
    p.hue = dt_rng_uniform(rng, -1, 1) * o->hsv_h;
    p.sat = dt_rng_uniform(rng, -1, 1) * o->hsv_s;
    p.val = dt_rng_uniform(rng, -1, 1) * o->hsv_v;
    /* Last, so that turning mixup on leaves the pictures that it does not touch as they were. Without mosaic
     * there is no mixup either, as in the closing epochs elsewhere. */
    p.mixup = dt_rng_f64(rng) < o->mixup && mosaic;
    if (p.mixup) {
        p.mix_ratio = draw_mix_ratio(rng);
        int64_t other = (int64_t)dt_rng_below(rng, (uint64_t)count);
        p.view[1] = draw_view(o, mosaic, other, count, rng);
    }
    return p;
}

/* ---- samples ---- */

/* Moves what a transform does not change, and makes the image the wanted size (its memory is kept if it
 * fits). */
static dt_status begin_output(dt_sample *out, const dt_sample *like, int width, int height, dt_error *err)
{
    if (out->image.width != width || out->image.height != height || out->image.channels != 3) {
        dt_image_free(&out->image);
        DT_TRY(dt_image_create(&out->image, width, height, 3, err));
    }
    out->label_count = 0;
    out->index = like->index;
    out->original_width = like->original_width;
    out->original_height = like->original_height;
    return DT_OK;
}

static dt_status require_rgb(const dt_sample *s, dt_error *err)
{
    if (s && s->image.data && s->image.channels == 3) return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "augmentation needs RGB pictures; record %lld has %d channels",
                   s ? (long long)s->index : -1LL, s ? s->image.channels : 0);
}

dt_status dt_aug_prepare(dt_sample *sample, int side, dt_resize_filter filter, dt_error *err)
{
    DT_TRY(require_rgb(sample, err));
    int w = sample->image.width, h = sample->image.height, longer = w > h ? w : h;
    if (longer <= side) return DT_OK;
    double r = (double)side / longer;
    int nw = (int)fmin(ceil(w * r), side), nh = (int)fmin(ceil(h * r), side);
    dt_image small;
    DT_TRY(dt_image_resize(&sample->image, nw, nh, filter, &small, err));
    dt_image_free(&sample->image);
    sample->image = small;
    dt_affine map = dt_affine_scale((double)nw / w, (double)nh / h);
    for (size_t i = 0; i < sample->label_count; i++)
        sample->labels[i].box = dt_affine_box(map, sample->labels[i].box);
    return DT_OK;
}

/* ---- rendering ---- */

/* Canvas -> output: Ultralytics' chain translate * shear * rotate-and-scale * centre, then the flips. */
static dt_affine view_map(const dt_aug_params *p, const dt_aug_view *view, int side)
{
    const double radians = 3.14159265358979323846 / 180, half = view->mosaic ? side : side / 2.0;
    double c = view->scale * cos(view->degrees * radians), s = view->scale * sin(view->degrees * radians);
    if (view->degrees == 0) s = 0;
    dt_affine center = dt_affine_translate(-half, -half);
    dt_affine rotate = {{c, s, 0, -s, c, 0}};
    dt_affine shear = {{1, tan(view->shear_x * radians), 0, tan(view->shear_y * radians), 1, 0}};
    dt_affine shift = dt_affine_translate(view->translate_x * side, view->translate_y * side);
    dt_affine map = dt_affine_mul(shift, dt_affine_mul(shear, dt_affine_mul(rotate, center)));
    if (p->flip_lr) map = dt_affine_mul((dt_affine){{-1, 0, side, 0, 1, 0}}, map);
    if (p->flip_ud) map = dt_affine_mul((dt_affine){{1, 0, 0, 0, -1, side}}, map);
    return map;
}

/* Picture -> canvas. A mosaic's pictures touch its centre with one corner, their longer side being `side`. */
static dt_status place_picture(const dt_augment_opts *o, const dt_aug_view *view, int slot,
                               const dt_image *image, int side, dt_affine *place, dt_box *part, dt_error *err)
{
    dt_letterbox lb;
    dt_letterbox_mode mode = view->mosaic ? DT_LETTERBOX_CENTER : o->letterbox;
    DT_TRY(dt_letterbox_make(mode, 0, image->width, image->height, side, side, &lb, err));
    double x = lb.left, y = lb.top, w = lb.new_width, h = lb.new_height, canvas = side;
    if (view->mosaic) {
        double cx = floor(view->center_x * side), cy = floor(view->center_y * side);
        x = slot & 1 ? cx : cx - w;
        y = slot & 2 ? cy : cy - h;
        canvas = 2.0 * side;
    }
    *place = dt_affine_mul(dt_affine_translate(x, y), dt_affine_scale(w / image->width, h / image->height));
    *part = (dt_box){x, y, x + w, y + h};
    dt_box_clip(part, canvas, canvas);
    return DT_OK;
}

static dt_box intersect(dt_box a, dt_box b)
{
    return (dt_box){fmax(a.x1, b.x1), fmax(a.y1, b.y1), fmin(a.x2, b.x2), fmin(a.y2, b.y2)};
}

/* `whole`: area of the full object in the output. */
static int keep_box(const dt_augment_opts *o, dt_box box, double whole)
{
    double w = box.x2 - box.x1, h = box.y2 - box.y1;
    if (!(w > o->min_side && h > o->min_side)) return 0;
    return w * h > o->min_area_ratio * whole && fmax(w / h, h / w) < o->max_aspect;
}

static dt_status add_labels(const dt_augment_opts *o, const dt_sample *src, dt_affine place, dt_affine view,
                            dt_box part, int side, dt_sample *out, int *dropped, dt_error *err)
{
    const double area_scale = fabs(dt_affine_det(view));
    for (size_t i = 0; i < src->label_count; i++) {
        dt_label label = src->labels[i];
        dt_box whole = dt_affine_box(place, label.box), seen = intersect(whole, part);
        int keep = 0;
        if (seen.x2 > seen.x1 && seen.y2 > seen.y1) {
            label.box = dt_affine_box(view, seen);
            dt_box_clip(&label.box, side, side);
            keep = keep_box(o, label.box, dt_box_area(whole) * area_scale);
        }
        if (keep)
            DT_TRY(dt_sample_add_label(out, label, err));
        else
            ++*dropped;
    }
    return DT_OK;
}

static dt_status render_view(const dt_aug_params *p, int which, const dt_augment_opts *o,
                             const dt_sample *const *src, int side, dt_image *image, dt_sample *labels,
                             int *dropped, dt_error *err)
{
    const dt_aug_view *view = &p->view[which];
    const dt_affine map = view_map(p, view, side);
    memset(image->data, o->fill, (size_t)side * (size_t)side * 3);
    for (int i = 0; i < (view->mosaic ? DT_MOSAIC : 1); i++) {
        const dt_sample *s = src[which * DT_MOSAIC + i];
        dt_affine place;
        dt_box part;
        DT_TRY(require_rgb(s, err));
        DT_TRY(place_picture(o, view, i, &s->image, side, &place, &part, err));
        DT_TRY(dt_warp_part(&s->image, place, map, part, image, err));
        DT_TRY(add_labels(o, s, place, map, part, side, labels, dropped, err));
    }
    return DT_OK;
}

dt_status dt_aug_apply(const dt_aug_params *p, const dt_augment_opts *o,
                       const dt_sample *const src[2 * DT_MOSAIC], int side, dt_sample *out, int *dropped,
                       dt_error *err)
{
    int lost = 0;
    DT_TRY(require_rgb(src[0], err));
    DT_TRY(begin_output(out, src[0], side, side, err));
    DT_TRY(render_view(p, 0, o, src, side, &out->image, out, &lost, err));
    if (p->mixup) {
        dt_image other;
        DT_TRY(dt_image_create(&other, side, side, 3, err));
        dt_status status = render_view(p, 1, o, src, side, &other, out, &lost, err);
        if (status == DT_OK) status = dt_image_blend(&out->image, &other, p->mix_ratio, &out->image, err);
        dt_image_free(&other);
        if (status != DT_OK) return status;
    }
    if (dropped) *dropped = lost;
    return dt_image_hsv_jitter(&out->image, p->hue, p->sat, p->val, err);
}
