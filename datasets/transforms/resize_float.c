/* Resizing in floating point: columns first, so that the sums run along whole rows. */
#include <math.h>
#include <string.h>

#include "core/cpu.h"
#include "core/mem.h"
#include "datasets/transforms/resize_table.h"

/* acc = w[0] * row 0 + w[1] * row 1 + ... */
DT_CLONES static void add_byte_rows(const uint8_t *src, size_t stride, const double *w, int count, float *acc,
                                    size_t n)
{
    for (int k = 0; k < count; k++) {
        const uint8_t *row = src + (size_t)k * stride;
        const float weight = (float)w[k];
        if (k == 0)
            for (size_t i = 0; i < n; i++)
                acc[i] = weight * (float)row[i];
        else
            for (size_t i = 0; i < n; i++)
                acc[i] += weight * (float)row[i];
    }
}

DT_CLONES static void add_float_rows(const float *src, size_t stride, const double *w, int count, float *acc,
                                     size_t n)
{
    for (int k = 0; k < count; k++) {
        const float *row = src + (size_t)k * stride, weight = (float)w[k];
        if (k == 0)
            for (size_t i = 0; i < n; i++)
                acc[i] = weight * row[i];
        else
            for (size_t i = 0; i < n; i++)
                acc[i] += weight * row[i];
    }
}

static void filter_row(const float *acc, const dt_resize_table *t, const float *weight, int width,
                       int channels, float *out)
{
    for (int x = 0; x < width; x++) {
        const float *w = weight + (size_t)x * (size_t)t->size;
        for (int c = 0; c < channels; c++) {
            const float *p = acc + (size_t)channels * (size_t)t->first[x] + c;
            float sum = 0;
            for (int i = 0; i < t->count[x]; i++)
                sum += w[i] * p[i * channels];
            *out++ = sum;
        }
    }
}

DT_CLONES static void to_bytes(const float *row, uint8_t *dst, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const float v = row[i] + .5f; /* below 0 and above 255 it is cut, so that this rounds */
        dst[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : (int)v);
    }
}

typedef struct resizer {
    dt_resize_table tx, ty;
    float *weight;    /* of tx */
    float *acc, *row; /* a source row, an output row */
} resizer;

static void resizer_free(resizer *r)
{
    dt_resize_table_free(&r->tx);
    dt_resize_table_free(&r->ty);
    dt_free(r->weight);
    dt_free(r->acc);
    dt_free(r->row);
}

static dt_status resizer_make(dt_resize_filter filter, int width, int height, int new_width, int new_height,
                              int channels, resizer *r, dt_error *err)
{
    const int shrinks = new_width <= width && new_height <= height;
    *r = (resizer){0};
    dt_status st = dt_resize_table_make(filter, shrinks, width, new_width, &r->tx, err);
    if (st == DT_OK) st = dt_resize_table_make(filter, shrinks, height, new_height, &r->ty, err);
    if (st == DT_OK) {
        const size_t n = (size_t)new_width * (size_t)r->tx.size;
        r->weight = dt_malloc(n * sizeof *r->weight);
        r->acc = dt_malloc((size_t)width * (size_t)channels * sizeof *r->acc);
        r->row = dt_malloc((size_t)new_width * (size_t)channels * sizeof *r->row);
        if (!r->weight || !r->acc || !r->row) st = dt_fail_memory(err, n * sizeof *r->weight, "resize");
        for (size_t i = 0; i < n && st == DT_OK; i++)
            r->weight[i] = (float)r->tx.weight[i];
    }
    if (st != DT_OK) resizer_free(r);
    return st;
}

dt_status dt_resize_float(const dt_image *src, int width, int height, dt_resize_filter filter, uint8_t *dst,
                          size_t stride, dt_error *err)
{
    resizer r;
    const size_t across = (size_t)src->width * (size_t)src->channels,
                 out = (size_t)width * (size_t)src->channels;
    DT_TRY(resizer_make(filter, src->width, src->height, width, height, src->channels, &r, err));
    for (int y = 0; y < height; y++) {
        add_byte_rows(src->data + (size_t)r.ty.first[y] * across, across,
                      r.ty.weight + (size_t)y * (size_t)r.ty.size, r.ty.count[y], r.acc, across);
        filter_row(r.acc, &r.tx, r.weight, width, src->channels, r.row);
        to_bytes(r.row, dst + (size_t)y * stride, out);
    }
    resizer_free(&r);
    return DT_OK;
}

dt_status dt_planes_resize(const float *src, int planes, int width, int height, int new_width, int new_height,
                           dt_resize_filter filter, float *dst, dt_error *err)
{
    resizer r;
    if (planes < 1 || width < 1 || height < 1 || new_width < 1 || new_height < 1 ||
        width > DT_IMAGE_MAX_SIDE || height > DT_IMAGE_MAX_SIDE || new_width > DT_IMAGE_MAX_SIDE ||
        new_height > DT_IMAGE_MAX_SIDE)
        return dt_fail(err, DT_ERR_ARG, "resize of %d planes of %dx%d to %dx%d", planes, width, height,
                       new_width, new_height);
    DT_TRY(resizer_make(filter, width, height, new_width, new_height, 1, &r, err));
    for (int p = 0; p < planes; p++) {
        const float *from = src + (size_t)p * (size_t)width * (size_t)height;
        float *to = dst + (size_t)p * (size_t)new_width * (size_t)new_height;
        for (int y = 0; y < new_height; y++) {
            add_float_rows(from + (size_t)r.ty.first[y] * (size_t)width, (size_t)width,
                           r.ty.weight + (size_t)y * (size_t)r.ty.size, r.ty.count[y], r.acc, (size_t)width);
            filter_row(r.acc, &r.tx, r.weight, new_width, 1, to + (size_t)y * (size_t)new_width);
        }
    }
    resizer_free(&r);
    return DT_OK;
}
