#include <immintrin.h>

#include "datasets/transforms/bilinear.h"

static inline __m128i load16(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m256i load32(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

static inline __m256i eight_values(const uint8_t *src, const dt_tap_pair *p)
{
    const __m256i bytes = _mm256_set_m128i(load16(src + p->offset[1]), load16(src + p->offset[0]));
    const __m256i neighbours = _mm256_shuffle_epi8(bytes, load32(p->pick));
    return _mm256_srai_epi32(_mm256_madd_epi16(neighbours, load32(p->weight)), 4);
}

void dt_filter_row_3_avx2(const uint8_t *src, const dt_tap_pair *pairs, size_t count, int16_t *out)
{
    for (size_t i = 0; i < count; i += 2, out += 16) {
        const __m256i sixteen =
            _mm256_packs_epi32(eight_values(src, &pairs[i]), eight_values(src, &pairs[i + 1]));
        _mm256_storeu_si256((__m256i *)(void *)out, sixteen);
    }
}
