#include <immintrin.h>
#include <string.h>

#include "datasets/transforms/resize_table.h"

enum { BITS = 22 };

void dt_resize_row_3_avx2(const uint8_t *src, const int *first, const int *count, const int32_t *weight,
                          int size, int width, uint8_t *dst)
{
    const __m128i two_pixels = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, -1, -1, -1, -1, -1, -1, -1, -1),
                  bytes = _mm_setr_epi8(0, 4, 8, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1),
                  half = _mm_set1_epi32(1 << (BITS - 1)), zero = _mm_setzero_si128(),
                  most = _mm_set1_epi32(255);
    const __m256i spread = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
    for (int x = 0; x < width; x++) {
        const uint8_t *p = src + 3 * (size_t)first[x];
        const int32_t *w = weight + (size_t)x * (size_t)size;
        __m256i sums = _mm256_setzero_si256();
        for (int i = 0; i < count[x]; i += 2, p += 6) {
            const __m128i pixels =
                              _mm_shuffle_epi8(_mm_loadl_epi64((const __m128i *)(const void *)p), two_pixels),
                          pair = _mm_loadl_epi64((const __m128i *)(const void *)(w + i));
            sums = _mm256_add_epi32(
                sums, _mm256_mullo_epi32(_mm256_cvtepu8_epi32(pixels),
                                         _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(pair), spread)));
        }
        __m128i sum = _mm_add_epi32(
            half, _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1)));
        sum = _mm_min_epi32(_mm_max_epi32(_mm_srai_epi32(sum, BITS), zero), most);
        const int32_t three = _mm_cvtsi128_si32(_mm_shuffle_epi8(sum, bytes));
        memcpy(dst + 3 * (size_t)x, &three, 3);
    }
}
