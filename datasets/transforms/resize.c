#include "datasets/transforms/resize.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/transforms/bilinear.h"
#include "datasets/transforms/resize_table.h"

static const char *const filter_names[DT_RESIZE_FILTERS] = {
    [DT_RESIZE_BILINEAR] = "bilinear",
    [DT_RESIZE_BILINEAR_AA] = "bilinear-aa",
    [DT_RESIZE_NEAREST] = "nearest",
    [DT_RESIZE_NEAREST_EXACT] = "nearest-exact",
    [DT_RESIZE_BICUBIC] = "bicubic",
    [DT_RESIZE_BICUBIC_AA] = "bicubic-aa",
    [DT_RESIZE_AREA] = "area",
    [DT_RESIZE_BOX_AA] = "box-aa",
    [DT_RESIZE_LANCZOS_AA] = "lanczos-aa",
    [DT_RESIZE_NEAREST_TORCH] = "nearest-torch",
};

const char *dt_resize_filter_name(dt_resize_filter filter)
{
    return (unsigned)filter < DT_RESIZE_FILTERS ? filter_names[filter] : "?";
}

dt_status dt_resize_filter_parse(const char *name, dt_resize_filter *filter, dt_error *err)
{
    for (int i = 0; i < DT_RESIZE_FILTERS; i++) {
        if (strcmp(name, filter_names[i]) == 0) {
            *filter = (dt_resize_filter)i;
            return DT_OK;
        }
    }
    return dt_fail(err, DT_ERR_ARG, "unknown resize filter '%s' (" DT_RESIZE_FILTER_NAMES ")", name);
}

/* ---- OpenCV's INTER_LINEAR ---- */

static dt_status resize_bilinear(const dt_image *src, int width, int height, uint8_t *dst, size_t stride,
                                 dt_error *err)
{
    size_t bytes = ((size_t)width + (size_t)height) * sizeof(dt_tap);
    dt_tap *cols = dt_malloc(bytes);
    if (!cols) return dt_fail_memory(err, bytes, "resize table");
    dt_tap *rows = cols + width;
    /* Positions are rounded to float, and the scale is the inverse of the inverse scale: OpenCV's weights
     * depend on it. */
    const double scale_x = 1. / ((double)width / src->width), scale_y = 1. / ((double)height / src->height);
    for (int x = 0; x < width; x++)
        cols[x] = dt_tap_column((float)((x + 0.5) * scale_x - 0.5), src->width);
    for (int y = 0; y < height; y++) {
        float pos = (float)((y + 0.5) * scale_y - 0.5);
        int first = (int)floorf(pos);
        float frac = pos - (float)first;
        /* Rows beyond the border are repeated with their weights kept; only columns have them folded into
         * one. */
        int last = src->height - 1;
        rows[y].first = first < 0 ? 0 : first > last ? last : first;
        rows[y].second = first + 1 < 0 ? 0 : first + 1 > last ? last : first + 1;
        rows[y].weight[0] = (int16_t)lrintf((1 - frac) * DT_TAP_ONE);
        rows[y].weight[1] = (int16_t)lrintf(frac * DT_TAP_ONE);
    }
    dt_status status = dt_bilinear_render(src, cols, width, rows, height, dst, stride, err);
    dt_free(cols);
    return status;
}

/* ---- nearest ---- */

/* Source pixel of output pixel x: the one at its left edge. Where edges coincide OpenCV's roundings decide. */
static int pixel_at_edge(int x, int size, int new_size)
{
    const int at = (int)floor(x * (1. / ((double)new_size / size)));
    return at < size ? at : size - 1;
}

/* The same with torch's roundings. */
static int pixel_at_edge_torch(int x, int size, int new_size)
{
    const int at = (int)floorf((float)x * ((float)size / (float)new_size));
    return at < size ? at : size - 1;
}

/* The one at its centre, with the roundings of torch, which decide where that lies on an edge: float32, one
 * rounding for product and difference. */
static int pixel_at_center(int x, int size, int new_size)
{
    const float at = fmaf((float)size / (float)new_size, (float)x + 0.5f, -0.5f);
    const int pixel = (int)floorf(fmaxf(at, 0) + 0.5f);
    return pixel < size ? pixel : size - 1;
}

/* Which source pixel an output pixel shows. */
typedef int (*pixel_rule)(int x, int size, int new_size);

static dt_status resize_nearest(const dt_image *src, int width, int height, pixel_rule pixel, uint8_t *dst,
                                size_t stride, dt_error *err)
{
    const size_t channels = (size_t)src->channels, src_stride = (size_t)src->width * channels;
    size_t bytes = (size_t)width * sizeof(size_t);
    size_t *offset = dt_malloc(bytes);
    if (!offset) return dt_fail_memory(err, bytes, "resize table");
    for (int x = 0; x < width; x++)
        offset[x] = (size_t)pixel(x, src->width, width) * channels;
    for (int y = 0; y < height; y++) {
        const uint8_t *row = src->data + (size_t)pixel(y, src->height, height) * src_stride;
        uint8_t *out = dst + (size_t)y * stride;
        for (int x = 0; x < width; x++)
            for (size_t c = 0; c < channels; c++)
                *out++ = row[offset[x] + c];
    }
    dt_free(offset);
    return DT_OK;
}

static dt_status check_sizes(const dt_image *src, int width, int height, dt_error *err)
{
    if (src->data && width > 0 && height > 0 && width <= DT_IMAGE_MAX_SIDE && height <= DT_IMAGE_MAX_SIDE)
        return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "resize of %s %dx%d image to %dx%d", src->data ? "a" : "an empty",
                   src->width, src->height, width, height);
}

dt_status dt_image_resize_into(const dt_image *src, int width, int height, dt_resize_filter filter,
                               uint8_t *dst, size_t stride, dt_error *err)
{
    if (!src->data || width < 1 || height < 1 || width > DT_IMAGE_MAX_SIDE || height > DT_IMAGE_MAX_SIDE)
        return dt_fail(err, DT_ERR_ARG, "resize of a %dx%d image to %dx%d", src->width, src->height, width,
                       height);
    if (width == src->width && height == src->height) {
        size_t bytes = (size_t)width * (size_t)src->channels;
        for (int y = 0; y < height; y++)
            memcpy(dst + (size_t)y * stride, src->data + (size_t)y * bytes, bytes);
        return DT_OK;
    }
    switch (filter) {
    case DT_RESIZE_BILINEAR:
        return resize_bilinear(src, width, height, dst, stride, err);
    case DT_RESIZE_BILINEAR_AA:
    case DT_RESIZE_BICUBIC_AA:
    case DT_RESIZE_BOX_AA:
    case DT_RESIZE_LANCZOS_AA:
        return dt_resize_pillow(src, width, height, filter, dst, stride, err);
    case DT_RESIZE_BICUBIC:
    case DT_RESIZE_AREA:
        return dt_resize_float(src, width, height, filter, dst, stride, err);
    case DT_RESIZE_NEAREST:
        return resize_nearest(src, width, height, pixel_at_edge, dst, stride, err);
    case DT_RESIZE_NEAREST_TORCH:
        return resize_nearest(src, width, height, pixel_at_edge_torch, dst, stride, err);
    case DT_RESIZE_NEAREST_EXACT:
        return resize_nearest(src, width, height, pixel_at_center, dst, stride, err);
    case DT_RESIZE_FILTERS:
        break;
    }
    return dt_fail(err, DT_ERR_ARG, "unknown resize filter %d", (int)filter);
}

dt_status dt_image_resize(const dt_image *src, int width, int height, dt_resize_filter filter, dt_image *dst,
                          dt_error *err)
{
    *dst = (dt_image){0};
    DT_TRY(check_sizes(src, width, height, err));
    DT_TRY(dt_image_create(dst, width, height, src->channels, err));
    dt_status status = dt_image_resize_into(src, width, height, filter, dst->data,
                                            (size_t)width * (size_t)src->channels, err);
    if (status != DT_OK) dt_image_free(dst);
    return status;
}
