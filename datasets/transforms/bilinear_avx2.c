#include <immintrin.h>
#include <string.h>

#include "datasets/transforms/bilinear.h"

static inline __m256i two_pixels(const uint8_t *src, const dt_tap *a, const dt_tap *b)
{
    /* r0 g0 b0 r1 g1 b1 -> r0 r1 g0 g1 b0 b1, 16 bits each */
    const __m256i pairs = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, 0, -1, 3,
                                           -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
    const __m128i low = _mm_loadu_si128((const __m128i *)(const void *)(src + 3 * (ptrdiff_t)a->first)),
                  high = _mm_loadu_si128((const __m128i *)(const void *)(src + 3 * (ptrdiff_t)b->first));
    int32_t wa, wb;
    memcpy(&wa, a->weight, sizeof wa);
    memcpy(&wb, b->weight, sizeof wb);
    const __m256i weights = _mm256_blend_epi32(_mm256_set1_epi32(wa), _mm256_set1_epi32(wb), 0xF0);
    const __m256i px = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), pairs);
    return _mm256_srai_epi32(_mm256_madd_epi16(px, weights), 4);
}

void dt_filter_row_3_avx2(const uint8_t *src, const dt_tap *cols, int columns, int16_t *out)
{
    /* r g b . r g b . -> r g b r g b, 16 bits each */
    const __m256i close = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1, 0, 1, 2, 3,
                                           4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1);
    int x = 0;
    for (; x + 4 <= columns; x += 4, out += 12) {
        const __m256i even = two_pixels(src, &cols[x], &cols[x + 2]),
                      odd = two_pixels(src, &cols[x + 1], &cols[x + 3]);
        const __m256i four = _mm256_shuffle_epi8(_mm256_packs_epi32(even, odd), close);
        _mm_storeu_si128((__m128i *)(void *)out, _mm256_castsi256_si128(four));
        _mm_storeu_si128((__m128i *)(void *)(out + 6), _mm256_extracti128_si256(four, 1));
    }
    for (; x < columns; x++, out += 3) {
        const uint8_t *p = src + 3 * (ptrdiff_t)cols[x].first;
        for (int c = 0; c < 3; c++)
            out[c] = (int16_t)((p[c] * cols[x].weight[0] + p[c + 3] * cols[x].weight[1]) >> 4);
    }
}
