/** Where the pixels of a resized row (or column) come from. */
#ifndef DT_DATASETS_TRANSFORMS_RESIZE_TABLE_H
#define DT_DATASETS_TRANSFORMS_RESIZE_TABLE_H

#include "datasets/transforms/resize.h"

/** Output pixel x is the sum of weight[x * size + i] * source[first[x] + i] for i < count[x]; weights add up
 * to 1. */
typedef struct dt_resize_table {
    int size;
    int *first, *count;
    double *weight;
} dt_resize_table;

/** Antialiased filters are as wide as the scale, and cut off at the border; the others sample the source as
 *  it is, and what they would take from beyond the border is taken from its outermost pixel. shrinks: no side
 *  of the picture grows (area asks). DT_ERR_ARG for nearest filters. */
dt_status dt_resize_table_make(dt_resize_filter filter, int shrinks, int in_size, int out_size,
                               dt_resize_table *table, dt_error *err);
void dt_resize_table_free(dt_resize_table *table);

/** In floating point, columns first, rounded once. */
dt_status dt_resize_float(const dt_image *src, int width, int height, dt_resize_filter filter, uint8_t *dst,
                          size_t stride, dt_error *err);

/** Pillow's 8-bit arithmetic: 22-bit weights, 8 bits between the passes. */
dt_status dt_resize_pillow(const dt_image *src, int width, int height, dt_resize_filter filter, uint8_t *dst,
                           size_t stride, dt_error *err);

/** A row of three channels across with Pillow's weights, `size` (even) of them a pixel, zeros behind the last
 *  that counts. May read DT_RESIZE_SLACK bytes behind the row. Processors with AVX2. */
enum { DT_RESIZE_SLACK = 16 };
void dt_resize_row_3_avx2(const uint8_t *src, const int *first, const int *count, const int32_t *weight,
                          int size, int width, uint8_t *dst);

#endif
