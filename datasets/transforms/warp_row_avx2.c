#include <immintrin.h>
#include <string.h>

#include "datasets/transforms/warp_row.h"

/* Two neighbours of three channels as pairs r0 r1 g0 g1 b0 b1, 16 bits each; two bytes behind them are read. */
static inline __m128i load_pair(const uint8_t *p)
{
    const __m128i pairs = _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
    return _mm_shuffle_epi8(_mm_loadl_epi64((const __m128i *)(const void *)p), pairs);
}

/* Four bytes are written; the fourth belongs to the next pixel. */
static inline void blend(const uint8_t *upper, const uint8_t *lower, int fx, int fy, uint8_t *dst)
{
    const __m256i rows = _mm256_set_m128i(load_pair(lower), load_pair(upper));
    const __m256i across = _mm256_madd_epi16(rows, _mm256_set1_epi32((fx << 16) | (DT_TAP_ONE - fx)));
    const __m256i down = _mm256_set_m128i(_mm_set1_epi32(fy), _mm_set1_epi32(DT_TAP_ONE - fy));
    const __m256i parts = _mm256_mullo_epi32(across, down);
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(parts), _mm256_extracti128_si256(parts, 1));
    sum = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(1 << 21)), 22);
    const __m128i bytes =
        _mm_shuffle_epi8(sum, _mm_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
    const int32_t four = _mm_cvtsi128_si32(bytes);
    memcpy(dst, &four, sizeof four);
}

void dt_warp_row_avx2(const dt_image *src, const int32_t *x, const int32_t *y, int n, uint8_t *dst)
{
    const size_t stride = (size_t)src->width * 3;
    for (int i = 0; i < n; i++, dst += 3) {
        const int left = x[i] >> 11, top = y[i] >> 11;
        /* The loads take two pixels and two bytes more; the store one byte more than the pixel. */
        if (left < 0 || left >= src->width - 2 || top < 0 || top >= src->height - 1 || i == n - 1) {
            dt_warp_pixel(src, x[i], y[i], dst);
            continue;
        }
        const uint8_t *p = src->data + (size_t)top * stride + 3 * (size_t)left;
        blend(p, p + stride, x[i] & (DT_TAP_ONE - 1), y[i] & (DT_TAP_ONE - 1), dst);
    }
}
