#include "datasets/transforms/mixing.h"

#include <math.h>
#include <string.h>

#include "datasets/transforms/color.h"
#include "datasets/transforms/warp.h"

static double shared_area(dt_box a, dt_box b)
{
    const dt_box both = {fmax(a.x1, b.x1), fmax(a.y1, b.y1), fmin(a.x2, b.x2), fmin(a.y2, b.y2)};
    return both.x2 > both.x1 && both.y2 > both.y1 ? dt_box_area(both) : 0;
}

/* ---- blending ---- */

/* Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; shape >= 1. */
static double draw_gamma(double shape, dt_rng *rng)
{
    const double d = shape - 1. / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        const double x = dt_rng_normal(rng), u = 1 - dt_rng_f64(rng);
        const double v = pow(1 + c * x, 3);
        if (v > 0 && log(u) < .5 * x * x + d - d * v + d * log(v)) return d * v;
    }
}

double dt_mix_ratio_draw(double alpha, dt_rng *rng)
{
    double g[2];
    for (int i = 0; i < 2; i++) {
        const double shape = alpha < 1 ? alpha + 1 : alpha;
        g[i] = log(draw_gamma(shape, rng));
        if (alpha < 1) g[i] += log(1 - dt_rng_f64(rng)) / alpha;
    }
    return 1 / (1 + exp(g[1] - g[0]));
}

/* Value i of row y, 0 outside. */
static int value_at(const dt_image *image, int y, int i)
{
    if (y >= image->height || i >= image->width * image->channels) return 0;
    return image->data[(ptrdiff_t)y * image->width * image->channels + i];
}

dt_status dt_sample_mix(const dt_sample *a, const dt_sample *b, double ratio, dt_sample *out, dt_error *err)
{
    const int channels = a->image.channels;
    const int width = a->image.width > b->image.width ? a->image.width : b->image.width,
              height = a->image.height > b->image.height ? a->image.height : b->image.height;
    if (b->image.channels != channels)
        return dt_fail(err, DT_ERR_ARG, "pictures of %d and %d channels", channels, b->image.channels);
    const int same = a->image.width == b->image.width && a->image.height == b->image.height;
    DT_TRY(dt_sample_reshape(out, a, width, height, channels, err));
    if (same) DT_TRY(dt_image_blend(&a->image, &b->image, ratio, &out->image, err));
    for (int y = 0; y < height && !same; y++) {
        uint8_t *row = out->image.data + (ptrdiff_t)y * width * channels;
        for (int i = 0; i < width * channels; i++)
            row[i] =
                (uint8_t)rint(value_at(&a->image, y, i) * ratio + value_at(&b->image, y, i) * (1 - ratio));
    }
    for (size_t i = 0; i < a->label_count; i++)
        DT_TRY(dt_sample_add_label(out, a->labels[i], err));
    for (size_t i = 0; i < b->label_count; i++)
        DT_TRY(dt_sample_add_label(out, b->labels[i], err));
    return DT_OK;
}

/* ---- rectangles ---- */

dt_box dt_cut_draw(dt_rng *rng)
{
    const double half = sqrt(1 - dt_rng_f64(rng)) / 2, x = dt_rng_f64(rng), y = dt_rng_f64(rng);
    dt_box box = {x - half, y - half, x + half, y + half};
    dt_box_clip(&box, 1, 1);
    return box;
}

/* 1: every box stays or is gone. */
static int cut_is_clean(dt_box cut, const dt_sample *s)
{
    for (size_t i = 0; i < s->label_count; i++) {
        double covered = shared_area(cut, s->labels[i].box) / dt_box_area(s->labels[i].box);
        if (!(covered < 0.1 || covered > 0.9)) return 0;
    }
    return dt_box_area(cut) > 0;
}

int dt_cut_choose(const dt_box *cuts, int count, const dt_sample *s, dt_box *cut)
{
    const int w = s->image.width, h = s->image.height;
    for (int i = 0; i < count; i++) {
        *cut =
            (dt_box){rint(cuts[i].x1 * w), rint(cuts[i].y1 * h), rint(cuts[i].x2 * w), rint(cuts[i].y2 * h)};
        if (cut_is_clean(*cut, s)) return 1;
    }
    return 0;
}

static void remove_covered(dt_sample *s, dt_box cut)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->label_count; i++)
        if (shared_area(cut, s->labels[i].box) < 0.5 * dt_box_area(s->labels[i].box))
            s->labels[kept++] = s->labels[i];
    s->label_count = kept;
}

static void copy_into(const dt_image *patch, int left, int top, dt_image *out)
{
    const size_t channels = (size_t)out->channels, row = (size_t)patch->width * channels;
    for (int y = 0; y < patch->height; y++)
        memcpy(out->data + ((size_t)(top + y) * (size_t)out->width + (size_t)left) * channels,
               patch->data + (size_t)y * row, row);
}

dt_status dt_sample_cover(dt_sample *sample, int left, int top, const dt_sample *patch, dt_error *err)
{
    const dt_image *image = &patch->image;
    const dt_box cut = {left, top, left + image->width, top + image->height};
    if (image->channels != sample->image.channels)
        return dt_fail(err, DT_ERR_ARG, "a patch of %d channels on a picture of %d", image->channels,
                       sample->image.channels);
    remove_covered(sample, cut);
    copy_into(image, left, top, &sample->image);
    for (size_t i = 0; i < patch->label_count; i++) {
        dt_label label = patch->labels[i];
        label.box =
            (dt_box){label.box.x1 + left, label.box.y1 + top, label.box.x2 + left, label.box.y2 + top};
        DT_TRY(dt_sample_add_label(sample, label, err));
    }
    return DT_OK;
}

/* ---- copy-paste ---- */

enum { PASTE_TRIES = 10, PASTE_EDGE = 2 };
#define PASTE_OVERLAP 0.3

/* Objects that stand alone can be cut out by their box. */
static int stands_alone(const dt_sample *s, size_t which)
{
    const dt_box box = s->labels[which].box;
    for (size_t i = 0; i < s->label_count; i++)
        if (i != which && shared_area(box, s->labels[i].box) > PASTE_OVERLAP * dt_box_area(box)) return 0;
    return 1;
}

/* A place where the patch hides no object by more than PASTE_OVERLAP, nor is such a patch itself. */
static int find_place(const dt_sample *s, int width, int height, dt_rng *rng, int *left, int *top)
{
    int found = 0;
    for (int k = 0; k < PASTE_TRIES;
         k++) { /* all are drawn, so that objects do not depend on each other's luck */
        int x = (int)dt_rng_below(rng, (uint64_t)(s->image.width - width + 1));
        int y = (int)dt_rng_below(rng, (uint64_t)(s->image.height - height + 1));
        const dt_box patch = {x, y, x + width, y + height};
        int clear = !found;
        for (size_t i = 0; i < s->label_count && clear; i++) {
            double most = PASTE_OVERLAP * fmin(dt_box_area(patch), dt_box_area(s->labels[i].box));
            clear = shared_area(patch, s->labels[i].box) <= most;
        }
        if (!clear) continue;
        *left = x, *top = y;
        found = 1;
    }
    return found;
}

/* The patch over the picture; towards its edges it lets the picture through. */
static void lay_over(const dt_image *patch, int left, int top, dt_image *out)
{
    for (int y = 0; y < patch->height; y++) {
        const uint8_t *from = patch->data + (size_t)y * (size_t)patch->width * 3;
        uint8_t *to = out->data + ((size_t)(top + y) * (size_t)out->width + (size_t)left) * 3;
        const int dy = y < patch->height - 1 - y ? y : patch->height - 1 - y;
        for (int x = 0; x < patch->width; x++, from += 3, to += 3) {
            int d = x < patch->width - 1 - x ? x : patch->width - 1 - x;
            d = d < dy ? d : dy;
            const int weight = d < PASTE_EDGE ? d + 1 : PASTE_EDGE + 1;
            for (int c = 0; c < 3; c++)
                to[c] = (uint8_t)((from[c] * weight + to[c] * (PASTE_EDGE + 1 - weight)) / (PASTE_EDGE + 1));
        }
    }
}

/* The object's box is scaled to whole pixels, so that the patch is filled by it exactly. */
static dt_status paste_object(const dt_paste_opts *o, const dt_sample *from, size_t which, dt_sample *out,
                              dt_error *err)
{
    dt_rng rng = dt_rng_make(o->seed, DT_RNG_AUGMENT, 0, which);
    dt_label label = from->labels[which];
    dt_box box = label.box;
    dt_box_clip(&box, from->image.width, from->image.height);
    const int wanted = dt_rng_f64(&rng) < o->share;
    const double scale = o->fit * dt_rng_uniform(&rng, 0.5, 1.5), bw = box.x2 - box.x1, bh = box.y2 - box.y1;
    if (!wanted || !(bw > 0 && bh > 0) || !stands_alone(from, which)) return DT_OK;
    const int w = (int)fmax(rint(bw * scale), 1), h = (int)fmax(rint(bh * scale), 1);
    int left = 0, top = 0;
    if (w > out->image.width || h > out->image.height) return DT_OK;
    if (!dt_box_rule_keep(&o->rule, (dt_box){0, 0, w, h}, (double)w * h)) return DT_OK;
    if (!find_place(out, w, h, &rng, &left, &top)) return DT_OK;
    dt_image patch = {0};
    DT_TRY(dt_image_create(&patch, w, h, 3, err));
    dt_affine map = dt_affine_mul(dt_affine_scale(w / bw, h / bh), dt_affine_translate(-box.x1, -box.y1));
    if (o->flip_lr) map = dt_affine_mul((dt_affine){{-1, 0, w, 0, 1, 0}}, map);
    if (o->flip_ud) map = dt_affine_mul((dt_affine){{1, 0, 0, 0, -1, h}}, map);
    const dt_box everywhere = {-1e9, -1e9, 1e9, 1e9};
    dt_status st = dt_warp_part(&from->image, dt_affine_scale(1, 1), map, everywhere, &patch, err);
    if (st == DT_OK) {
        lay_over(&patch, left, top, &out->image);
        label.box = (dt_box){left, top, left + w, top + h};
        st = dt_sample_add_label(out, label, err);
    }
    dt_image_free(&patch);
    return st;
}

dt_status dt_sample_paste_objects(const dt_paste_opts *o, const dt_sample *from, dt_sample *sample,
                                  dt_error *err)
{
    if (from->image.channels != 3 || sample->image.channels != 3)
        return dt_fail(err, DT_ERR_ARG, "objects of a picture of %d channels pasted into one of %d, not RGB",
                       from->image.channels, sample->image.channels);
    for (size_t i = 0; i < from->label_count; i++)
        DT_TRY(paste_object(o, from, i, sample, err));
    return DT_OK;
}
