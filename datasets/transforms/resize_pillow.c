/* Pillow's resampling of 8-bit pictures (ImagingResample), bit for bit. */
#include <math.h>
#include <string.h>

#include "core/cpu.h"
#include "core/mem.h"
#include "datasets/transforms/resize_table.h"

enum { BITS = 22 };

typedef struct fixed_table {
    dt_resize_table table;
    int size; /* weights a pixel: even */
    int32_t *weight;
} fixed_table;

static void fixed_free(fixed_table *t)
{
    dt_resize_table_free(&t->table);
    dt_free(t->weight);
}

static dt_status fixed_make(dt_resize_filter filter, int in_size, int out_size, fixed_table *t, dt_error *err)
{
    *t = (fixed_table){0};
    DT_TRY(dt_resize_table_make(filter, in_size >= out_size, in_size, out_size, &t->table, err));
    t->size = (t->table.size + 1) / 2 * 2;
    const size_t bytes = (size_t)out_size * (size_t)t->size * sizeof *t->weight;
    t->weight = dt_calloc(bytes, 1);
    if (!t->weight) {
        fixed_free(t);
        return dt_fail_memory(err, bytes, "resize table");
    }
    for (int x = 0; x < out_size; x++)
        for (int i = 0; i < t->table.count[x]; i++) {
            double w = t->table.weight[(size_t)x * (size_t)t->table.size + (size_t)i] * (1 << BITS);
            t->weight[(size_t)x * (size_t)t->size + (size_t)i] = (int32_t)(w < 0 ? w - 0.5 : w + 0.5);
        }
    return DT_OK;
}

static uint8_t rounded(int32_t sum)
{
    int32_t v = sum >> BITS;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static void filter_row(const uint8_t *src, const fixed_table *t, int width, int channels, uint8_t *dst)
{
    for (int x = 0; x < width; x++) {
        const int32_t *w = t->weight + (size_t)x * (size_t)t->size;
        for (int c = 0; c < channels; c++) {
            const uint8_t *p = src + (size_t)channels * (size_t)t->table.first[x] + c;
            int32_t sum = 1 << (BITS - 1);
            for (int i = 0; i < t->table.count[x]; i++)
                sum += p[i * channels] * w[i];
            *dst++ = rounded(sum);
        }
    }
}

static void filter_any_row(const uint8_t *src, const fixed_table *t, int width, int channels, uint8_t *dst)
{
#if defined(__x86_64__)
    if (channels == 3 && dt_cpu_get_level() >= DT_CPU_AVX2) {
        dt_resize_row_3_avx2(src, t->table.first, t->table.count, t->weight, t->size, width, dst);
        return;
    }
#endif
    filter_row(src, t, width, channels, dst);
}

/* One output row of the vertical pass, in blocks that stay in registers and the nearest cache. */
DT_CLONES static void filter_columns(const uint8_t *src, size_t stride, const int32_t *w, int count,
                                     uint8_t *dst, size_t n)
{
    enum { BLOCK = 256 };
    int32_t sum[BLOCK];
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        size_t len = n - begin < BLOCK ? n - begin : BLOCK;
        for (size_t i = 0; i < len; i++)
            sum[i] = 1 << (BITS - 1);
        for (int k = 0; k < count; k++) {
            const uint8_t *row = src + (size_t)k * stride + begin;
            for (size_t i = 0; i < len; i++)
                sum[i] += row[i] * w[k];
        }
        for (size_t i = 0; i < len; i++) {
            int32_t v = sum[i] >> BITS;
            dst[begin + i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
    }
}

/* Rows of the source that some output row needs, filtered: new memory in *mid. */
static dt_status filter_rows(const dt_image *src, const fixed_table *tx, int width, int begin, int end,
                             uint8_t **mid, dt_error *err)
{
    const size_t channels = (size_t)src->channels, from = (size_t)src->width * channels,
                 to = (size_t)width * channels;
    const size_t bytes = to * (size_t)src->height;
    uint8_t *padded = dt_calloc(from + DT_RESIZE_SLACK, 1);
    *mid = dt_malloc(bytes + DT_RESIZE_SLACK);
    if (!*mid || !padded) {
        dt_free(padded);
        dt_free(*mid);
        *mid = NULL;
        return dt_fail_memory(err, bytes, "resize");
    }
    for (int y = begin; y < end; y++) {
        const uint8_t *row = src->data + (size_t)y * from;
        if ((size_t)(src->height - y) * from < from + DT_RESIZE_SLACK) row = memcpy(padded, row, from);
        filter_any_row(row, tx, width, src->channels, *mid + (size_t)y * to);
    }
    dt_free(padded);
    return DT_OK;
}

/* A side that keeps its size is not filtered. */
static dt_status render(const dt_image *src, const fixed_table *tx, const fixed_table *ty, int width,
                        int height, uint8_t *dst, size_t stride, dt_error *err)
{
    const size_t row_bytes = (size_t)width * (size_t)src->channels;
    const uint8_t *rows = src->data;
    uint8_t *mid = NULL;
    if (width != src->width) {
        const int *first = ty->table.first, *count = ty->table.count;
        int begin = 0, end = src->height;
        if (height != src->height) begin = first[0], end = first[height - 1] + count[height - 1];
        DT_TRY(filter_rows(src, tx, width, begin, end, &mid, err));
        rows = mid;
    }
    for (int y = 0; y < height; y++) {
        if (height == src->height)
            memcpy(dst + (size_t)y * stride, rows + (size_t)y * row_bytes, row_bytes);
        else
            filter_columns(rows + (size_t)ty->table.first[y] * row_bytes, row_bytes,
                           ty->weight + (size_t)y * (size_t)ty->size, ty->table.count[y],
                           dst + (size_t)y * stride, row_bytes);
    }
    dt_free(mid);
    return DT_OK;
}

dt_status dt_resize_pillow(const dt_image *src, int width, int height, dt_resize_filter filter, uint8_t *dst,
                           size_t stride, dt_error *err)
{
    fixed_table tx, ty;
    DT_TRY(fixed_make(filter, src->width, width, &tx, err));
    dt_status st = fixed_make(filter, src->height, height, &ty, err);
    if (st == DT_OK) {
        st = render(src, &tx, &ty, width, height, dst, stride, err);
        fixed_free(&ty);
    }
    fixed_free(&tx);
    return st;
}
