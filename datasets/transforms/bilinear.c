#include "datasets/transforms/bilinear.h"

#include <math.h>
#include <string.h>

#include "core/cpu.h"
#include "core/mem.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { SLACK = DT_TAP_SLACK };

dt_tap dt_tap_column(double pos, int size)
{
    int first = (int)floor(pos);
    float frac = (float)(pos - first);
    if (first < 0) {
        first = 0;
        frac = 0;
    }
    if (first >= size - 1) {
        first = size - 1;
        frac = 0;
    }
    /* Both weights are rounded by themselves, as OpenCV does; they need not add up to 2048 but do for these
     * values. */
    return (dt_tap){.first = first,
                    .second = first + 1 < size ? first + 1 : first,
                    .weight = {(int16_t)lrintf((1 - frac) * DT_TAP_ONE), (int16_t)lrintf(frac * DT_TAP_ONE)}};
}

/* Filters a source row horizontally: out = sum >> 4, at most 255 * 2048 >> 4 = 32640, so that it fits in 16
 * bits. `src` may be read up to SLACK bytes behind its end. */
static void filter_row_3(const uint8_t *src, const dt_tap *cols, int columns, int16_t *out)
{
#if defined(__x86_64__)
    if (dt_cpu_get_level() >= DT_CPU_AVX2) {
        dt_filter_row_3_avx2(src, cols, columns, out);
        return;
    }
#endif
#if defined(__SSE2__)
    const __m128i zero = _mm_setzero_si128();
    for (int x = 0; x < columns; x++) {
        int32_t pair;
        memcpy(&pair, cols[x].weight, sizeof pair);
        __m128i px = _mm_loadl_epi64((const __m128i *)(const void *)(src + 3 * (ptrdiff_t)cols[x].first));
        px = _mm_unpacklo_epi8(px, zero);                   /* r0 g0 b0 r1 g1 b1 . . */
        px = _mm_unpacklo_epi16(px, _mm_srli_si128(px, 6)); /* r0 r1 g0 g1 b0 b1 . . */
        px = _mm_srai_epi32(_mm_madd_epi16(px, _mm_set1_epi32(pair)), 4);
        _mm_storel_epi64((__m128i *)(void *)(out + 3 * (ptrdiff_t)x), _mm_packs_epi32(px, px));
    }
#else
    for (int x = 0; x < columns; x++) {
        const uint8_t *p = src + 3 * (ptrdiff_t)cols[x].first;
        for (int c = 0; c < 3; c++)
            out[3 * x + c] = (int16_t)((p[c] * cols[x].weight[0] + p[c + 3] * cols[x].weight[1]) >> 4);
    }
#endif
}

static void filter_row_n(const uint8_t *src, const dt_tap *cols, int columns, int channels, int16_t *out)
{
    for (int x = 0; x < columns; x++) {
        const uint8_t *a = src + (ptrdiff_t)channels * cols[x].first,
                      *b = src + (ptrdiff_t)channels * cols[x].second;
        for (int c = 0; c < channels; c++)
            *out++ = (int16_t)((a[c] * cols[x].weight[0] + b[c] * cols[x].weight[1]) >> 4);
    }
}

/* OpenCV's vertical step with its truncations. */
DT_CLONES static void blend_rows(const int16_t *a, const int16_t *b, int wa, int wb, uint8_t *dst, size_t n)
{
    const int16_t ka = (int16_t)wa, kb = (int16_t)wb;
    for (size_t i = 0; i < n; i++) {
        int16_t hi = (int16_t)((a[i] * ka) >> 16), lo = (int16_t)((b[i] * kb) >> 16);
        int16_t v = (int16_t)((int16_t)(hi + lo + 2) >> 2);
        dst[i] = (uint8_t)(v > 255 ? 255 : v);
    }
}

typedef struct row_cache {
    int16_t *data[2];
    int row[2]; /* source row held, -1: none */
} row_cache;

/* The filtered source row y, in the slot that does not hold `keep`. */
static const int16_t *filtered_row(const dt_image *src, const dt_tap *cols, int columns, row_cache *cache,
                                   int y, int keep, uint8_t *padded)
{
    for (int i = 0; i < 2; i++)
        if (cache->row[i] == y) return cache->data[i];
    int slot = cache->row[0] == keep ? 1 : 0;
    size_t bytes = (size_t)src->width * (size_t)src->channels;
    const uint8_t *row = src->data + (size_t)y * bytes;
    if ((size_t)(src->height - y) * bytes < bytes + SLACK) { /* the loads would reach behind the picture */
        memcpy(padded, row, bytes);
        row = padded;
    }
    if (src->channels == 3)
        filter_row_3(row, cols, columns, cache->data[slot]);
    else
        filter_row_n(row, cols, columns, src->channels, cache->data[slot]);
    cache->row[slot] = y;
    return cache->data[slot];
}

dt_status dt_bilinear_render(const dt_image *src, const dt_tap *cols, int columns, const dt_tap *rows,
                             int row_count, uint8_t *dst, size_t stride, dt_error *err)
{
    size_t values = (size_t)columns * (size_t)src->channels;
    size_t row_bytes = (values * sizeof(int16_t) + SLACK + 63) / 64 * 64;
    size_t bytes = 2 * row_bytes + (size_t)src->width * (size_t)src->channels + SLACK;
    uint8_t *block = dt_malloc_aligned(bytes);
    if (!block) return dt_fail_memory(err, bytes, "rows of a resize");
    uint8_t *padded = block + 2 * row_bytes;
    memset(padded, 0, bytes - 2 * row_bytes);
    row_cache cache = {{(int16_t *)(void *)block, (int16_t *)(void *)(block + row_bytes)}, {-1, -1}};
    for (int j = 0; j < row_count; j++) {
        const dt_tap *tap = &rows[j];
        const int16_t *a = filtered_row(src, cols, columns, &cache, tap->first, tap->second, padded);
        const int16_t *b = filtered_row(src, cols, columns, &cache, tap->second, tap->first, padded);
        blend_rows(a, b, tap->weight[0], tap->weight[1], dst + (size_t)j * stride, values);
    }
    dt_free(block);
    return DT_OK;
}
