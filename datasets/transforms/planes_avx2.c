#include <immintrin.h>

#include "datasets/transforms/planes.h"

static inline __m256 divide(__m256 x, __m256 by, __m256 inv)
{
    const __m256 q = _mm256_mul_ps(x, inv);
    return _mm256_fmadd_ps(_mm256_fnmadd_ps(q, by, x), inv, q);
}

typedef struct scale8 {
    __m256 divisor, divisor_inv, mean, std, std_inv;
    int plain; /* mean 0, std 1 */
} scale8;

static inline __m256 scaled(__m128i bytes, const scale8 *s)
{
    __m256 v = divide(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)), s->divisor, s->divisor_inv);
    if (s->plain) return v;
    return divide(_mm256_sub_ps(v, s->mean), s->std, s->std_inv);
}

/* The batch is larger than the caches and is read later, by another thread: where alignment allows it, it is
 * written past them. */
static inline void store(float *to, __m256 v, int aligned)
{
    if (aligned)
        _mm256_stream_ps(to, v);
    else
        _mm256_storeu_ps(to, v);
}

static inline __attribute__((always_inline)) void
planes_loop(const uint8_t *rgb, size_t count, const scale8 s[3], float *planes, size_t stride, int aligned)
{
    /* Where the bytes of a channel are in the three thirds of 16 pixels; -1 gives 0. */
    const __m128i pick[3][3] = {
        {_mm_setr_epi8(0, 3, 6, 9, 12, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1),
         _mm_setr_epi8(-1, -1, -1, -1, -1, -1, 2, 5, 8, 11, 14, -1, -1, -1, -1, -1),
         _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1, 4, 7, 10, 13)},
        {_mm_setr_epi8(1, 4, 7, 10, 13, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1),
         _mm_setr_epi8(-1, -1, -1, -1, -1, 0, 3, 6, 9, 12, 15, -1, -1, -1, -1, -1),
         _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 2, 5, 8, 11, 14)},
        {_mm_setr_epi8(2, 5, 8, 11, 14, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1),
         _mm_setr_epi8(-1, -1, -1, -1, -1, 1, 4, 7, 10, 13, -1, -1, -1, -1, -1, -1),
         _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 3, 6, 9, 12, 15)},
    };
    for (size_t i = 0; i < count; i += 16) {
        const __m128i *in = (const __m128i *)(const void *)(rgb + 3 * i);
        const __m128i a = _mm_loadu_si128(in), b = _mm_loadu_si128(in + 1), d = _mm_loadu_si128(in + 2);
        for (int c = 0; c < 3; c++) {
            const __m128i bytes =
                _mm_or_si128(_mm_or_si128(_mm_shuffle_epi8(a, pick[c][0]), _mm_shuffle_epi8(b, pick[c][1])),
                             _mm_shuffle_epi8(d, pick[c][2]));
            float *to = planes + (size_t)c * stride + i;
            store(to, scaled(bytes, &s[c]), aligned);
            store(to + 8, scaled(_mm_unpackhi_epi64(bytes, bytes), &s[c]), aligned);
        }
    }
}

void dt_planes_avx2(const uint8_t *rgb, size_t count, const dt_plane_scale scale[3], float *planes,
                    size_t stride)
{
    scale8 s[3];
    for (int c = 0; c < 3; c++)
        s[c] = (scale8){_mm256_set1_ps(scale[c].divisor), _mm256_set1_ps(scale[c].divisor_inv),
                        _mm256_set1_ps(scale[c].mean),    _mm256_set1_ps(scale[c].std),
                        _mm256_set1_ps(scale[c].std_inv), scale[c].mean == 0 && scale[c].std == 1};
    if ((uintptr_t)planes % 32 == 0 && stride % 8 == 0)
        planes_loop(rgb, count, s, planes, stride, 1);
    else
        planes_loop(rgb, count, s, planes, stride, 0);
}

void dt_plane_fill_avx2(float value, size_t count, float *plane)
{
    const __m256 v = _mm256_set1_ps(value);
    int aligned = (uintptr_t)plane % 32 == 0;
    for (size_t i = 0; i < count; i += 8)
        store(plane + i, v, aligned);
}

void dt_planes_avx2_done(void)
{
    _mm_sfence();
}
