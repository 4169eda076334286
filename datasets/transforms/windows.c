#include "datasets/transforms/windows.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "core/mem.h"

enum { OUTSIDE = -1 };

/* ---- pixels ---- */

/* The source pixel that stands at position `at`, or OUTSIDE. */
static int source_of(int64_t at, int size, dt_border_mode mode)
{
    if (at >= 0 && at < size) return (int)at;
    switch (mode) {
    case DT_BORDER_CONSTANT:
        return OUTSIDE;
    case DT_BORDER_EDGE:
        return at < 0 ? 0 : size - 1;
    case DT_BORDER_REFLECT:
    case DT_BORDER_SYMMETRIC: {
        const int twice = mode == DT_BORDER_SYMMETRIC; /* the outermost pixel, too */
        const int64_t period = twice ? 2 * (int64_t)size : size > 1 ? 2 * (int64_t)size - 2 : 1;
        int64_t k = at % period;
        if (k < 0) k += period;
        return (int)(k < size ? k : period - k - twice);
    }
    }
    return OUTSIDE;
}

static void render(const dt_image *src, dt_window w, const dt_border *border, const int *columns,
                   dt_image *dst)
{
    const size_t channels = (size_t)src->channels;
    for (int y = 0; y < w.height; y++) {
        uint8_t *to = dst->data + (size_t)y * (size_t)w.width * channels;
        const int from = source_of((int64_t)w.top + y, src->height, border->mode);
        const uint8_t *row =
            from == OUTSIDE ? NULL : src->data + (size_t)from * (size_t)src->width * channels;
        for (int x = 0; x < w.width; x++, to += channels)
            memcpy(to, row && columns[x] != OUTSIDE ? row + (size_t)columns[x] * channels : border->fill,
                   channels);
    }
}

dt_status dt_sample_window_bordered(const dt_sample *src, dt_window w, const dt_border *border,
                                    dt_sample *out, dt_error *err)
{
    const dt_image *image = &src->image;
    const int inside = w.left >= 0 && w.top >= 0 && (int64_t)w.left + w.width <= image->width &&
                       (int64_t)w.top + w.height <= image->height;
    /* Places the boxes, too. */
    DT_TRY(dt_sample_window(src, w, border->fill, out, err));
    if (inside || border->mode == DT_BORDER_CONSTANT) return DT_OK;
    int *columns = dt_malloc((size_t)w.width * sizeof *columns);
    if (!columns) return dt_fail_memory(err, (size_t)w.width * sizeof *columns, "a window");
    for (int x = 0; x < w.width; x++)
        columns[x] = source_of((int64_t)w.left + x, image->width, border->mode);
    render(image, w, border, columns, &out->image);
    dt_free(columns);
    return DT_OK;
}

/* ---- windows ---- */

dt_status dt_padding_make(const double *v, int count, dt_padding *padding, dt_error *err)
{
    for (int i = 0; i < count; i++)
        if (!(v[i] >= 0 && v[i] <= DT_IMAGE_MAX_SIDE && v[i] == floor(v[i])))
            return dt_fail(err, DT_ERR_ARG, "padding: %g is no number of pixels from 0 to %d", v[i],
                           DT_IMAGE_MAX_SIDE);
    if (count == 1)
        *padding = (dt_padding){(int)v[0], (int)v[0], (int)v[0], (int)v[0]};
    else if (count == 2)
        *padding = (dt_padding){(int)v[0], (int)v[1], (int)v[0], (int)v[1]};
    else if (count == 4)
        *padding = (dt_padding){(int)v[0], (int)v[1], (int)v[2], (int)v[3]};
    else
        return dt_fail(err, DT_ERR_ARG, "padding of %d values: 1, 2 or 4 are wanted", count);
    return DT_OK;
}

dt_window dt_pad_window(dt_padding p, int width, int height)
{
    return (dt_window){-p.left, -p.top, width + p.left + p.right, height + p.top + p.bottom};
}

static int center(int whole, int part)
{
    return whole < part ? -((part - whole) / 2) : (int)rint((whole - part) / 2.0);
}

dt_window dt_center_window(int crop_width, int crop_height, int width, int height)
{
    return (dt_window){center(width, crop_width), center(height, crop_height), crop_width, crop_height};
}

/* Where the crop begins on one axis. */
static dt_status draw_begin(const char *axis, int crop, int size, int before, int after, int pad_if_needed,
                            double u, int *begin, dt_error *err)
{
    int64_t padded = (int64_t)size + before + after, lack = crop - padded;
    if (lack > 0 && !pad_if_needed)
        return dt_fail(err, DT_ERR_ARG, "%d pixels of %s are wanted, the picture has %lld%s", crop, axis,
                       (long long)padded, before || after ? " with its padding" : "");
    if (lack > 0) {
        before += (int)lack;
        padded += 2 * lack;
    }
    *begin = (int)(u * (double)(padded - crop + 1)) - before;
    return DT_OK;
}

dt_status dt_random_crop_draw(const dt_random_crop_opts *o, int width, int height, dt_rng *rng, dt_window *w,
                              dt_error *err)
{
    const double v = dt_rng_f64(rng), u = dt_rng_f64(rng);
    *w = (dt_window){.width = o->width, .height = o->height};
    DT_TRY(draw_begin("width", o->width, width, o->padding.left, o->padding.right, o->pad_if_needed, u,
                      &w->left, err));
    return draw_begin("height", o->height, height, o->padding.top, o->padding.bottom, o->pad_if_needed, v,
                      &w->top, err);
}

dt_resized_crop_opts dt_resized_crop_defaults(void)
{
    return (dt_resized_crop_opts){.08, 1, 3. / 4, 4. / 3};
}

dt_status dt_resized_crop_check(const dt_resized_crop_opts *o, dt_error *err)
{
    if (!(o->min_scale > 0 && o->min_scale <= o->max_scale && o->max_scale <= 1))
        return dt_fail(err, DT_ERR_ARG, "random-resized-crop: scale %g..%g is not a range within 0..1",
                       o->min_scale, o->max_scale);
    if (!(o->min_ratio > 0 && o->min_ratio <= o->max_ratio && o->max_ratio <= 1e3))
        return dt_fail(err, DT_ERR_ARG, "random-resized-crop: ratio %g..%g is not a range within 0..1000",
                       o->min_ratio, o->max_ratio);
    return DT_OK;
}

dt_window dt_resized_crop_draw(const dt_resized_crop_opts *o, int w, int h, dt_rng *rng)
{
    enum { TRIES = 10 };
    const double lo = log(o->min_ratio), hi = log(o->max_ratio), aspect = (double)w / h;
    dt_window found = {0};
    for (int i = 0; i < TRIES; i++) {
        double area = (double)w * h * dt_rng_uniform(rng, o->min_scale, o->max_scale),
               ratio = exp(dt_rng_uniform(rng, lo, hi));
        double u = dt_rng_f64(rng), v = dt_rng_f64(rng);
        int cw = (int)rint(sqrt(area * ratio)), ch = (int)rint(sqrt(area / ratio));
        if (found.width || cw < 1 || ch < 1 || cw > w || ch > h) continue;
        found = (dt_window){(int)(u * (w - cw + 1)), (int)(v * (h - ch + 1)), cw, ch};
    }
    if (found.width) return found;
    int cw = aspect > o->max_ratio ? (int)rint(h * o->max_ratio) : w,
        ch = aspect < o->min_ratio ? (int)rint(w / o->min_ratio) : h;
    if (cw < 1) cw = 1;
    if (ch < 1) ch = 1;
    return (dt_window){(w - cw) / 2, (h - ch) / 2, cw, ch};
}
