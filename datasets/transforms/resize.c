#include "datasets/transforms/resize.h"

#include <math.h>
#include <string.h>

#include "core/cpu.h"
#include "core/mem.h"
#include "datasets/transforms/bilinear.h"

static const char *const filter_names[] = {
    [DT_RESIZE_BILINEAR] = "bilinear",
    [DT_RESIZE_BILINEAR_AA] = "bilinear-aa",
    [DT_RESIZE_NEAREST] = "nearest",
};
enum { FILTER_COUNT = sizeof filter_names / sizeof filter_names[0] };

const char *dt_resize_filter_name(dt_resize_filter filter)
{
    return (unsigned)filter < FILTER_COUNT ? filter_names[filter] : "?";
}

dt_status dt_resize_filter_parse(const char *name, dt_resize_filter *filter, dt_error *err)
{
    for (int i = 0; i < FILTER_COUNT; i++) {
        if (strcmp(name, filter_names[i]) == 0) {
            *filter = (dt_resize_filter)i;
            return DT_OK;
        }
    }
    return dt_fail(err, DT_ERR_ARG, "unknown resize filter '%s' (bilinear, bilinear-aa, nearest)", name);
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

/* ---- Pillow's antialiased bilinear: two passes with 22-bit weights, 8 bits between them ---- */

enum { AA_BITS = 22 };

typedef struct aa_table {
    int size;   /* weights an output pixel, at most */
    int *first; /* first source pixel */
    int *count; /* weights used */
    int32_t *weight;
} aa_table;

static void aa_free(aa_table *t)
{
    dt_free(t->first);
    dt_free(t->weight);
    *t = (aa_table){0};
}

static dt_status aa_make(int in_size, int out_size, aa_table *t, dt_error *err)
{
    double scale = (double)in_size / out_size;
    double widened = scale < 1 ? 1 : scale;
    double support = widened, inv = 1 / widened;
    *t = (aa_table){.size = (int)ceil(support) * 2 + 1};
    size_t n = (size_t)out_size;
    t->first = dt_malloc(2 * n * sizeof *t->first);
    t->weight = dt_calloc(n * (size_t)t->size, sizeof *t->weight);
    double *w = dt_malloc((size_t)t->size * sizeof *w);
    if (!t->first || !t->weight || !w) {
        dt_free(w);
        aa_free(t);
        return dt_fail_memory(err, n * (size_t)t->size * sizeof *t->weight, "resize table");
    }
    t->count = t->first + n;
    for (int x = 0; x < out_size; x++) {
        double center = (x + 0.5) * scale;
        int lo = (int)(center - support + 0.5), hi = (int)(center + support + 0.5);
        if (lo < 0) lo = 0;
        if (hi > in_size) hi = in_size;
        double sum = 0;
        for (int i = 0; i < hi - lo; i++) {
            double d = fabs((i + lo - center + 0.5) * inv);
            w[i] = d < 1 ? 1 - d : 0;
            sum += w[i];
        }
        for (int i = 0; i < hi - lo; i++) {
            double value = sum != 0 ? w[i] / sum : w[i];
            t->weight[(size_t)x * (size_t)t->size + (size_t)i] = (int32_t)(0.5 + value * (1 << AA_BITS));
        }
        t->first[x] = lo;
        t->count[x] = hi - lo;
    }
    dt_free(w);
    return DT_OK;
}

static uint8_t aa_round(int32_t sum)
{
    int32_t v = sum >> AA_BITS;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static void aa_row_3(const uint8_t *src, const aa_table *t, int width, uint8_t *dst)
{
    for (int x = 0; x < width; x++) {
        const int32_t *w = t->weight + (size_t)x * (size_t)t->size;
        const uint8_t *p = src + 3 * (size_t)t->first[x];
        int32_t r = 1 << (AA_BITS - 1), g = r, b = r;
        for (int i = 0; i < t->count[x]; i++, p += 3) {
            r += p[0] * w[i];
            g += p[1] * w[i];
            b += p[2] * w[i];
        }
        dst[3 * x] = aa_round(r);
        dst[3 * x + 1] = aa_round(g);
        dst[3 * x + 2] = aa_round(b);
    }
}

static void aa_row_n(const uint8_t *src, const aa_table *t, int width, int channels, uint8_t *dst)
{
    for (int x = 0; x < width; x++) {
        const int32_t *w = t->weight + (size_t)x * (size_t)t->size;
        for (int c = 0; c < channels; c++) {
            const uint8_t *p = src + (size_t)channels * (size_t)t->first[x] + c;
            int32_t sum = 1 << (AA_BITS - 1);
            for (int i = 0; i < t->count[x]; i++)
                sum += p[i * channels] * w[i];
            *dst++ = aa_round(sum);
        }
    }
}

/* One output row of the vertical pass, in blocks that stay in registers and the nearest cache. */
DT_CLONES static void aa_column_row(const uint8_t *src, size_t stride, const int32_t *w, int count,
                                    uint8_t *dst, size_t n)
{
    enum { BLOCK = 256 };
    int32_t sum[BLOCK];
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        size_t len = n - begin < BLOCK ? n - begin : BLOCK;
        for (size_t i = 0; i < len; i++)
            sum[i] = 1 << (AA_BITS - 1);
        for (int k = 0; k < count; k++) {
            const uint8_t *row = src + (size_t)k * stride + begin;
            for (size_t i = 0; i < len; i++)
                sum[i] += row[i] * w[k];
        }
        for (size_t i = 0; i < len; i++) {
            int32_t v = sum[i] >> AA_BITS;
            dst[begin + i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
    }
}

static dt_status resize_aa(const dt_image *src, int width, int height, uint8_t *dst, size_t stride,
                           dt_error *err)
{
    const int channels = src->channels;
    size_t src_stride = (size_t)src->width * (size_t)channels, mid_stride = (size_t)width * (size_t)channels;
    aa_table tx = {0}, ty = {0};
    uint8_t *mid = NULL;
    dt_status status = aa_make(src->width, width, &tx, err);
    if (status == DT_OK) status = aa_make(src->height, height, &ty, err);
    if (status != DT_OK) {
        aa_free(&tx);
        return status;
    }
    /* A side that keeps its size is not filtered; rows that no output row needs are not filtered either. */
    const uint8_t *rows = src->data;
    size_t rows_stride = src_stride;
    if (width != src->width) {
        size_t bytes = mid_stride * (size_t)src->height;
        mid = dt_malloc(bytes);
        if (!mid) {
            status = dt_fail_memory(err, bytes, "resize");
            goto done;
        }
        int begin = ty.first[0], end = ty.first[height - 1] + ty.count[height - 1];
        for (int y = begin; y < end; y++) {
            if (channels == 3)
                aa_row_3(src->data + (size_t)y * src_stride, &tx, width, mid + (size_t)y * mid_stride);
            else
                aa_row_n(src->data + (size_t)y * src_stride, &tx, width, channels,
                         mid + (size_t)y * mid_stride);
        }
        rows = mid;
        rows_stride = mid_stride;
    }
    for (int y = 0; y < height; y++) {
        if (height == src->height)
            memcpy(dst + (size_t)y * stride, rows + (size_t)y * rows_stride, mid_stride);
        else
            aa_column_row(rows + (size_t)ty.first[y] * rows_stride, rows_stride,
                          ty.weight + (size_t)y * (size_t)ty.size, ty.count[y], dst + (size_t)y * stride,
                          mid_stride);
    }
done:
    dt_free(mid);
    aa_free(&tx);
    aa_free(&ty);
    return status;
}

/* ---- nearest ---- */

static dt_status resize_nearest(const dt_image *src, int width, int height, uint8_t *dst, size_t stride,
                                dt_error *err)
{
    const size_t channels = (size_t)src->channels, src_stride = (size_t)src->width * channels;
    size_t bytes = (size_t)width * sizeof(size_t);
    size_t *offset = dt_malloc(bytes);
    if (!offset) return dt_fail_memory(err, bytes, "resize table");
    const double scale_x = 1. / ((double)width / src->width), scale_y = 1. / ((double)height / src->height);
    for (int x = 0; x < width; x++) {
        int sx = (int)floor(x * scale_x);
        offset[x] = (size_t)(sx < src->width ? sx : src->width - 1) * channels;
    }
    for (int y = 0; y < height; y++) {
        int sy = (int)floor(y * scale_y);
        const uint8_t *row = src->data + (size_t)(sy < src->height ? sy : src->height - 1) * src_stride;
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
        return resize_aa(src, width, height, dst, stride, err);
    case DT_RESIZE_NEAREST:
        return resize_nearest(src, width, height, dst, stride, err);
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
