#include "datasets/transforms/augment.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/transforms/color.h"
#include "datasets/transforms/homography.h"
#include "datasets/transforms/mixing.h"

/* ---- samples ---- */

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

/* ---- where things lie ---- */

/* Canvas -> output: Ultralytics' chain translate * shear * rotate-and-scale * perspective * centre, then the
 * flips. */
static dt_homography view_map(const dt_aug_params *p, const dt_aug_view *view, int side)
{
    const double radians = 3.14159265358979323846 / 180, half = view->mosaic ? side : side / 2.0;
    double c = view->scale * cos(view->degrees * radians), s = view->scale * sin(view->degrees * radians);
    if (view->degrees == 0) s = 0;
    dt_affine center = dt_affine_translate(-half, -half), flip = dt_affine_scale(1, 1);
    if (view->mirror) center = dt_affine_mul(dt_affine_scale(-1, 1), center);
    dt_affine rotate = {{c, s, 0, -s, c, 0}};
    dt_affine shear = {{1, tan(view->shear_x * radians), 0, tan(view->shear_y * radians), 1, 0}};
    dt_affine shift = dt_affine_translate(view->translate_x * side, view->translate_y * side);
    if (p->flip_lr) flip = (dt_affine){{-1, 0, side, 0, 1, 0}};
    if (p->flip_ud) flip = dt_affine_mul((dt_affine){{1, 0, 0, 0, -1, side}}, flip);
    if (view->perspective_x == 0 && view->perspective_y == 0) {
        dt_affine map = dt_affine_mul(shift, dt_affine_mul(shear, dt_affine_mul(rotate, center)));
        return dt_homography_from_affine(dt_affine_mul(flip, map));
    }
    const dt_homography tilt = {{1, 0, 0, 0, 1, 0, view->perspective_x, view->perspective_y, 1}};
    dt_homography map = dt_homography_mul(tilt, dt_homography_from_affine(center));
    map = dt_homography_mul(dt_homography_from_affine(dt_affine_mul(shear, rotate)), map);
    return dt_homography_mul(dt_homography_from_affine(dt_affine_mul(flip, shift)), map);
}

/* A picture on its canvas: longer side = side. */
typedef struct tile {
    double x, y, w, h;
} tile;

static dt_status fit_tile(dt_letterbox_mode mode, const dt_image *image, int side, tile *t, dt_error *err)
{
    dt_letterbox lb;
    DT_TRY(dt_letterbox_make(mode, 0, image->width, image->height, side, side, &lb, err));
    *t = (tile){lb.left, lb.top, lb.new_width, lb.new_height};
    return DT_OK;
}

/* Four pictures touch the mosaic's centre with one corner each. */
static void place_four(tile *t, double cx, double cy)
{
    for (int i = 0; i < 4; i++) {
        t[i].x = i & 1 ? cx : cx - t[i].w;
        t[i].y = i & 2 ? cy : cy - t[i].h;
    }
}

/* Eight pictures around the first, clockwise from the one above it, each against the one before. */
static void place_nine(tile *t, double x, double y)
{
    t[0].x = x, t[0].y = y;
    t[1].x = x, t[1].y = y - t[1].h;
    t[2].x = x + t[1].w, t[2].y = y - t[2].h;
    t[3].x = x + t[0].w, t[3].y = y;
    t[4].x = x + t[0].w, t[4].y = y + t[3].h;
    t[5].x = x + t[0].w - t[5].w, t[5].y = y + t[0].h;
    t[6].x = t[5].x - t[6].w, t[6].y = y + t[0].h;
    t[7].x = x - t[7].w, t[7].y = y + t[0].h - t[7].h;
    t[8].x = x - t[8].w, t[8].y = t[7].y - t[8].h;
}

static dt_status place_tiles(const dt_augment_opts *o, const dt_aug_view *view, const dt_sample *const *src,
                             int side, tile t[DT_AUG_TILES], dt_error *err)
{
    const dt_letterbox_mode mode = view->mosaic ? DT_LETTERBOX_CENTER : o->letterbox;
    for (int i = 0; i < (view->mosaic ? view->mosaic : 1); i++) {
        DT_TRY(require_rgb(src[i], err));
        DT_TRY(fit_tile(mode, &src[i]->image, side, &t[i], err));
    }
    const double cx = floor(view->center_x * side), cy = floor(view->center_y * side);
    if (view->mosaic == 4) place_four(t, cx, cy);
    if (view->mosaic == 9) /* the canvas starts between 0 and one side into the field of 3 x 3 */
        place_nine(t, side - floor((view->center_x - 0.5) * side),
                   side - floor((view->center_y - 0.5) * side));
    return DT_OK;
}

/* ---- rendering ---- */

static dt_box intersect(dt_box a, dt_box b)
{
    return (dt_box){fmax(a.x1, b.x1), fmax(a.y1, b.y1), fmin(a.x2, b.x2), fmin(a.y2, b.y2)};
}

static dt_status add_labels(const dt_augment_opts *o, const dt_sample *src, dt_affine place,
                            dt_homography view, dt_box part, dt_sample *out, dt_error *err)
{
    for (size_t i = 0; i < src->label_count; i++) {
        dt_label label = src->labels[i];
        dt_box whole = dt_affine_box(place, label.box), seen = intersect(whole, part);
        int keep = 0;
        if (seen.x2 > seen.x1 && seen.y2 > seen.y1 && dt_homography_box(view, seen, &label.box) == 0) {
            const double grows =
                dt_homography_area_scale(view, (seen.x1 + seen.x2) / 2, (seen.y1 + seen.y2) / 2);
            dt_box_clip(&label.box, out->image.width, out->image.height);
            keep = dt_box_rule_keep(&o->rule, label.box, dt_box_area(whole) * grows);
        }
        if (keep) DT_TRY(dt_sample_add_label(out, label, err));
    }
    return DT_OK;
}

static dt_status render_part(const dt_image *image, dt_affine place, dt_homography map, dt_box part,
                             dt_image *out, dt_error *err)
{
    dt_affine affine;
    if (dt_homography_is_affine(map, &affine)) return dt_warp_part(image, place, affine, part, out, err);
    return dt_warp_part_projective(image, place, map, part, out, err);
}

/* The part of a view that lies in the window from (left, top) with the size of out->image; labels are added
 * in pixels of that window. */
static dt_status render_window(const dt_aug_params *p, int which, const dt_augment_opts *o,
                               const dt_sample *const *src, int side, int left, int top, dt_sample *out,
                               dt_error *err)
{
    const dt_aug_view *view = &p->view[which];
    dt_homography map = view_map(p, view, side);
    tile tiles[DT_AUG_TILES];
    if (left || top)
        map = dt_homography_mul(dt_homography_from_affine(dt_affine_translate(-left, -top)), map);
    src += which * DT_AUG_TILES;
    DT_TRY(place_tiles(o, view, src, side, tiles, err));
    memset(out->image.data, o->fill, (size_t)out->image.width * (size_t)out->image.height * 3);
    const double canvas = view->mosaic ? 2.0 * side : side;
    for (int i = 0; i < (view->mosaic ? view->mosaic : 1); i++) {
        const tile t = tiles[i];
        const dt_image *image = &src[i]->image;
        dt_affine place = dt_affine_mul(dt_affine_translate(t.x, t.y),
                                        dt_affine_scale(t.w / image->width, t.h / image->height));
        dt_box part = {t.x, t.y, t.x + t.w, t.y + t.h};
        dt_box_clip(&part, canvas, canvas);
        if (part.x2 > part.x1 && part.y2 > part.y1)
            DT_TRY(render_part(image, place, map, part, &out->image, err));
        DT_TRY(add_labels(o, src[i], place, map, part, out, err));
    }
    return DT_OK;
}

/* ---- mixup ---- */

static dt_status mix(const dt_aug_params *p, const dt_augment_opts *o, const dt_sample *const *src, int side,
                     dt_sample *out, dt_error *err)
{
    dt_sample other = {0};
    dt_status st = dt_sample_reshape(&other, out, side, side, 3, err);
    if (st == DT_OK) st = render_window(p, DT_AUG_MIXUP, o, src, side, 0, 0, &other, err);
    if (st == DT_OK) st = dt_image_blend(&out->image, &other.image, p->mix_ratio, &out->image, err);
    for (size_t i = 0; i < other.label_count && st == DT_OK; i++)
        st = dt_sample_add_label(out, other.labels[i], err);
    dt_sample_free(&other);
    return st;
}

/* ---- cutmix ---- */

static dt_status cut_and_mix(const dt_aug_params *p, const dt_augment_opts *o, const dt_sample *const *src,
                             int side, dt_sample *out, dt_error *err)
{
    dt_box cut;
    dt_sample patch = {0};
    if (!dt_cut_choose(p->cut, DT_AUG_CUTS, out, &cut)) return DT_OK;
    const int left = (int)cut.x1, top = (int)cut.y1;
    dt_status st = dt_sample_reshape(&patch, out, (int)cut.x2 - left, (int)cut.y2 - top, 3, err);
    if (st == DT_OK) st = render_window(p, DT_AUG_CUTMIX, o, src, side, left, top, &patch, err);
    if (st == DT_OK) st = dt_sample_cover(out, left, top, &patch, err);
    dt_sample_free(&patch);
    return st;
}

/* ---- copy-paste ---- */

static dt_status paste_objects(const dt_aug_params *p, const dt_augment_opts *o, const dt_sample *from,
                               int side, dt_sample *out, dt_error *err)
{
    tile t;
    DT_TRY(require_rgb(from, err));
    DT_TRY(fit_tile(DT_LETTERBOX_CENTER, &from->image, side, &t, err));
    const dt_paste_opts opts = {.share = o->copy_paste,
                                .seed = p->paste_seed,
                                .fit = fmax(t.w / from->image.width, t.h / from->image.height),
                                .flip_lr = p->flip_lr,
                                .flip_ud = p->flip_ud,
                                .rule = o->rule};
    return dt_sample_paste_objects(&opts, from, out, err);
}

dt_status dt_aug_apply(const dt_aug_params *p, const dt_augment_opts *o,
                       const dt_sample *const src[DT_AUG_SOURCES], int side, dt_sample *out, dt_error *err)
{
    DT_TRY(require_rgb(src[0], err));
    DT_TRY(dt_sample_reshape(out, src[0], side, side, 3, err));
    DT_TRY(render_window(p, DT_AUG_MAIN, o, src, side, 0, 0, out, err));
    if (p->paste) DT_TRY(paste_objects(p, o, src[DT_AUG_PASTE * DT_AUG_TILES], side, out, err));
    if (p->mixup) DT_TRY(mix(p, o, src, side, out, err));
    if (p->cutmix) DT_TRY(cut_and_mix(p, o, src, side, out, err));
    return dt_image_hsv_jitter(&out->image, p->hue, p->sat, p->val, err);
}
