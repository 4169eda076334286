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

/** Eight values of a filtered row of three channels, as two lanes of four for 16-byte shuffles. */
typedef struct dt_tap_pair {
    uint8_t pick[2][16];  /* of the 16 bytes from `offset` on: both neighbours of each value, 16 bits each */
    int16_t weight[2][8]; /* of each neighbour */
    int32_t offset[2];    /* in the source row, bytes */
} dt_tap_pair;

/** Pairs of a row, an even number: two of them are 16 values, the first with values 0-3 and 8-11, the second with the others;
 *  the last ones may stand behind the row's end. */
static inline size_t dt_tap_pair_count(int columns)
{
    return ((size_t)columns * 3 + 15) / 16 * 2;
}

/** Fills all of them. 0 if the neighbours of four values lie too far apart, as in pictures that shrink to less than a third. */
int dt_tap_pairs_make(const dt_tap *cols, int columns, dt_tap_pair *pairs);

/** A row across: out = (a * weight[0] + b * weight[1]) >> 4, 8 values a pair. Processors with AVX2. */
void dt_filter_row_3_avx2(const uint8_t *src, const dt_tap_pair *pairs, size_t count, int16_t *out);

#endif
