/** Separable 2x2 bilinear sampling in OpenCV's fixed point, shared by resize and by warps without rotation.
 */
#ifndef DT_DATASETS_TRANSFORMS_BILINEAR_H
#define DT_DATASETS_TRANSFORMS_BILINEAR_H

#include "datasets/image/image.h"

enum { DT_TAP_ONE = 2048 }; /* weights have 11 bits */

/** Where an output column (or row) comes from: (source[first] * weight[0] + source[second] * weight[1]) /
 * 2048. Both indices lie inside the source. Columns: second = first + 1, or second = first with weight[1] =
 * 0. */
typedef struct dt_tap {
    int32_t first, second;
    int16_t weight[2];
} dt_tap;

/** A tap at source position `pos` (pixel centres at integers), clamped to 0..size-1 as columns need it. */
dt_tap dt_tap_column(double pos, int size);

/** Renders columns x rows output pixels; row j starts at dst + j * stride. DT_ERR_MEMORY only. Equal or
 * repeating source rows of neighbouring output rows are filtered once. */
dt_status dt_bilinear_render(const dt_image *src, const dt_tap *cols, int columns, const dt_tap *rows,
                             int row_count, uint8_t *dst, size_t stride, dt_error *err);

/** What loads may read behind a source row, and stores of three-channel pixels touch behind a filtered one,
 * in bytes. */
enum { DT_TAP_SLACK = 16 };

/** A row of three channels across: out = (a * weight[0] + b * weight[1]) >> 4. Processors with AVX2. */
void dt_filter_row_3_avx2(const uint8_t *src, const dt_tap *cols, int columns, int16_t *out);

#endif
