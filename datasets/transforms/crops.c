#include "datasets/transforms/crops.h"

#include <math.h>
#include <string.h>

#include "datasets/transforms/sample_transforms.h"

static dt_box window_box(dt_window w)
{
    return (dt_box){w.left, w.top, (double)w.left + w.width, (double)w.top + w.height};
}

static void fill_row(uint8_t *row, int width, int channels, const uint8_t *fill)
{
    for (int x = 0; x < width; x++)
        memcpy(row + (ptrdiff_t)x * channels, fill, (size_t)channels);
}

/* The columns of the window that lie in the picture, counted in the window. */
static void copy_window(const dt_image *src, dt_window w, const uint8_t *fill, dt_image *dst)
{
    const int channels = src->channels, begin = w.left < 0 ? -w.left : 0;
    const int64_t right = (int64_t)src->width - w.left;
    const int end = right < w.width ? (int)right : w.width;
    for (int y = 0; y < w.height; y++) {
        uint8_t *row = dst->data + (ptrdiff_t)y * w.width * channels;
        const int64_t from = (int64_t)w.top + y;
        if (from < 0 || from >= src->height || begin >= end) {
            fill_row(row, w.width, channels, fill);
            continue;
        }
        fill_row(row, begin, channels, fill);
        memcpy(row + (ptrdiff_t)begin * channels, src->data + (from * src->width + w.left + begin) * channels,
               (size_t)(end - begin) * (size_t)channels);
        fill_row(row + (ptrdiff_t)end * channels, w.width - end, channels, fill);
    }
}

dt_status dt_sample_window(const dt_sample *src, dt_window w, const uint8_t *fill, dt_sample *out,
                           dt_error *err)
{
    DT_TRY(dt_sample_reshape(out, src, w.width, w.height, src->image.channels, err));
    copy_window(&src->image, w, fill, &out->image);
    for (size_t i = 0; i < src->label_count; i++) {
        dt_label label = src->labels[i];
        const dt_box b = label.box;
        label.box = (dt_box){b.x1 - w.left, b.y1 - w.top, b.x2 - w.left, b.y2 - w.top};
        dt_box_clip(&label.box, w.width, w.height);
        if (dt_box_area(label.box) > 0) DT_TRY(dt_sample_add_label(out, label, err));
    }
    return DT_OK;
}

/* ---- IoU crop ---- */

dt_iou_crop_opts dt_iou_crop_defaults(void)
{
    static const double options[] = {0, .1, .3, .5, .7, .9, 1};
    return (dt_iou_crop_opts){.3, 1, .5, 2, options, 7, 40};
}

dt_status dt_iou_crop_check(const dt_iou_crop_opts *o, dt_error *err)
{
    if (!(o->min_scale > 0 && o->min_scale <= o->max_scale && o->max_scale <= 1))
        return dt_fail(err, DT_ERR_ARG, "IoU crop: scale %g..%g is not a range within 0..1", o->min_scale,
                       o->max_scale);
    if (!(o->min_aspect > 0 && o->min_aspect <= o->max_aspect))
        return dt_fail(err, DT_ERR_ARG, "IoU crop: aspect %g..%g is not a range above 0", o->min_aspect,
                       o->max_aspect);
    if (o->option_count < 1 || o->trials < 1)
        return dt_fail(err, DT_ERR_ARG, "IoU crop: %d options and %d trials, both must be above 0",
                       o->option_count, o->trials);
    return DT_OK;
}

static int has_center(dt_window w, dt_box b)
{
    const double cx = .5 * (b.x1 + b.x2), cy = .5 * (b.y1 + b.y2);
    const dt_box in = window_box(w);
    return in.x1 < cx && cx < in.x2 && in.y1 < cy && cy < in.y2;
}

/* 1: the boxes with their centres inside exist and one of them overlaps the window enough. */
static int covers(dt_window w, const dt_sample *s, double least)
{
    double best = -1;
    for (size_t i = 0; i < s->label_count; i++)
        if (has_center(w, s->labels[i].box)) best = fmax(best, dt_box_iou(window_box(w), s->labels[i].box));
    return best >= 0 && best >= least;
}

/* 0: sides that are not wanted. */
static int draw_window(const dt_iou_crop_opts *o, int width, int height, dt_rng *rng, dt_window *w)
{
    const double rw = dt_rng_uniform(rng, o->min_scale, o->max_scale),
                 rh = dt_rng_uniform(rng, o->min_scale, o->max_scale);
    w->width = (int)(width * rw);
    w->height = (int)(height * rh);
    if (w->width < 1 || w->height < 1) return 0;
    const double aspect = (double)w->width / w->height;
    if (!(o->min_aspect <= aspect && aspect <= o->max_aspect)) return 0;
    w->left = (int)((width - w->width) * dt_rng_f64(rng));
    w->top = (int)((height - w->height) * dt_rng_f64(rng));
    return 1;
}

dt_window dt_iou_crop_draw(const dt_iou_crop_opts *o, const dt_sample *s, dt_rng *rng)
{
    enum { ROUNDS = 50 };
    const dt_window whole = {0, 0, s->image.width, s->image.height};
    for (int round = 0; round < ROUNDS && s->label_count; round++) {
        const double least = o->options[dt_rng_below(rng, (uint64_t)o->option_count)];
        if (least >= 1) return whole;
        for (int i = 0; i < o->trials; i++) {
            dt_window w;
            if (draw_window(o, whole.width, whole.height, rng, &w) && covers(w, s, least)) return w;
        }
    }
    return whole;
}

dt_status dt_iou_crop_apply(const dt_sample *src, dt_window w, dt_sample *out, dt_error *err)
{
    static const uint8_t black[4];
    const int whole =
        w.left == 0 && w.top == 0 && w.width == src->image.width && w.height == src->image.height;
    dt_sample centered = *src; /* borrows the image and owns no label */
    centered.labels = NULL;
    centered.label_count = centered.label_capacity = 0;
    dt_status st = DT_OK;
    for (size_t i = 0; i < src->label_count && st == DT_OK; i++)
        if (whole || has_center(w, src->labels[i].box))
            st = dt_sample_add_label(&centered, src->labels[i], err);
    if (st == DT_OK) st = dt_sample_window(&centered, w, black, out, err);
    centered.image = (dt_image){0};
    dt_sample_free(&centered);
    return st;
}

/* ---- zoom out ---- */

dt_zoom_out_opts dt_zoom_out_defaults(void)
{
    return (dt_zoom_out_opts){.5, 1, 4};
}

dt_status dt_zoom_out_check(const dt_zoom_out_opts *o, dt_error *err)
{
    if (o->p >= 0 && o->p <= 1 && o->min_side >= 1 && o->min_side <= o->max_side && o->max_side <= 100)
        return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "zoom out: p = %g (0..1), sides %g..%g (1..100)", o->p, o->min_side,
                   o->max_side);
}

dt_window dt_zoom_out_draw(const dt_zoom_out_opts *o, int width, int height, dt_rng *rng)
{
    const int active = dt_rng_f64(rng) < o->p;
    const double r = dt_rng_uniform(rng, o->min_side, o->max_side), x = dt_rng_f64(rng), y = dt_rng_f64(rng);
    const int w = (int)(width * r), h = (int)(height * r);
    if (!active) return (dt_window){0, 0, width, height};
    return (dt_window){-(int)((w - width) * x), -(int)((h - height) * y), w, h};
}

/* ---- sizes ---- */

static int side(double v)
{
    return v < 1 ? 1 : (int)v;
}

void dt_shortest_size_draw(const int *sizes, int count, int max_size, int width, int height, dt_rng *rng,
                           int *new_width, int *new_height)
{
    const int size = sizes[dt_rng_below(rng, (uint64_t)count)];
    double r = size / fmin(width, height);
    if (max_size) r = fmin(r, max_size / fmax(width, height));
    *new_width = side(width * r);
    *new_height = side(height * r);
}

void dt_scale_jitter_draw(int target_width, int target_height, double lo, double hi, int width, int height,
                          dt_rng *rng, int *new_width, int *new_height)
{
    const double scale = dt_rng_uniform(rng, lo, hi);
    const double r = fmin((double)target_height / height, (double)target_width / width) * scale;
    *new_width = side(width * r);
    *new_height = side(height * r);
}

dt_window dt_fixed_crop_draw(int crop_width, int crop_height, int width, int height, dt_rng *rng)
{
    const double r = dt_rng_f64(rng); /* one number for both, as torchvision */
    const int spare_x = width > crop_width ? width - crop_width : 0,
              spare_y = height > crop_height ? height - crop_height : 0;
    return (dt_window){(int)(spare_x * r), (int)(spare_y * r), crop_width, crop_height};
}

dt_status dt_sample_stretch(const dt_sample *src, int width, int height, dt_resize_filter filter,
                            dt_sample *out, dt_error *err)
{
    dt_letterbox lb;
    DT_TRY(dt_letterbox_make(DT_LETTERBOX_STRETCH, 0, src->image.width, src->image.height, width, height, &lb,
                             err));
    return dt_sample_letterbox(src, &lb, filter, 0, out, err);
}
