/** Inside warps: bilinear sampling of single pixels. */
#ifndef DT_DATASETS_TRANSFORMS_WARP_ROW_H
#define DT_DATASETS_TRANSFORMS_WARP_ROW_H

#include "datasets/image/image.h"
#include "datasets/transforms/bilinear.h"

/** A row is rendered in pieces of at most this many pixels. */
enum { DT_WARP_PIECE = 256 };

/** The integers x of [0, n), begin included, end not. */
typedef struct dt_span {
    int begin, end;
} dt_span;

/** Writes n <= DT_WARP_PIECE pixels of three channels. x, y: source positions, pixel centres at integers, in
 * units of 1 / DT_TAP_ONE. Neighbours beyond the border repeat it. */
void dt_warp_row(const dt_image *src, const int32_t *x, const int32_t *y, int n, uint8_t *dst);

/** The same by itself; dt_warp_row calls it where the processor can. */
void dt_warp_row_avx2(const dt_image *src, const int32_t *x, const int32_t *y, int n, uint8_t *dst);

/** One pixel of either. */
void dt_warp_pixel(const dt_image *src, int32_t x, int32_t y, uint8_t *dst);

#endif
