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

/* ---- tables for shuffles ---- */

/* Four values from number `first` on; values behind the row's end get the weight 0. */
static int make_lane(const dt_tap *cols, int columns, int first, uint8_t pick[16], int16_t weight[8],
                     int32_t *offset)
{
    int32_t low = INT32_MAX, high = 0;
    for (int k = 0; k < 4 && first + k < 3 * columns; k++) {
        const dt_tap *tap = &cols[(first + k) / 3];
        const int32_t at = 3 * tap->first + (first + k) % 3;
        if (at < low) low = at;
        if (at + 3 > high) high = at + 3;
    }
    memset(pick, 0x80, 16);
    memset(weight, 0, 8 * sizeof *weight);
    *offset = high ? low : 0;
    if (high - *offset > 15) return 0;
    for (int k = 0; k < 4 && first + k < 3 * columns; k++) {
        const dt_tap *tap = &cols[(first + k) / 3];
        const int32_t at = 3 * tap->first + (first + k) % 3 - low;
        pick[4 * k] = (uint8_t)at;
        pick[4 * k + 2] = (uint8_t)(at + 3);
        weight[2 * k] = tap->weight[0];
        weight[2 * k + 1] = tap->weight[1];
    }
    return 1;
}

int dt_tap_pairs_make(const dt_tap *cols, int columns, dt_tap_pair *pairs)
{
    const size_t count = dt_tap_pair_count(columns);
    for (size_t i = 0; i < count; i++) {
        const int first = (int)(i / 2) * 16 + (int)(i % 2) * 4;
        for (int lane = 0; lane < 2; lane++)
            if (!make_lane(cols, columns, first + 8 * lane, pairs[i].pick[lane], pairs[i].weight[lane],
                           &pairs[i].offset[lane]))
                return 0;
    }
    return 1;
}

/* ---- rendering ---- */

typedef struct renderer {
    const dt_image *src;
    const dt_tap *cols;
    int columns;
    const dt_tap_pair *pairs; /* NULL: without */
    uint8_t *padded;          /* a source row, for loads that would reach behind the picture */
    int16_t *filtered[2];
    int row[2]; /* source row held, -1: none */
} renderer;

static void filter_row(const renderer *r, const uint8_t *row, int16_t *out)
{
#if defined(__x86_64__)
    if (r->pairs) {
        dt_filter_row_3_avx2(row, r->pairs, dt_tap_pair_count(r->columns), out);
        return;
    }
#endif
    if (r->src->channels == 3)
        filter_row_3(row, r->cols, r->columns, out);
    else
        filter_row_n(row, r->cols, r->columns, r->src->channels, out);
}

/* The filtered source row y, in the slot that does not hold `keep`. */
static const int16_t *filtered_row(renderer *r, int y, int keep)
{
    const dt_image *src = r->src;
    for (int i = 0; i < 2; i++)
        if (r->row[i] == y) return r->filtered[i];
    const int slot = r->row[0] == keep ? 1 : 0;
    const size_t bytes = (size_t)src->width * (size_t)src->channels;
    const uint8_t *row = src->data + (size_t)y * bytes;
    if ((size_t)(src->height - y) * bytes < bytes + SLACK) {
        memcpy(r->padded, row, bytes);
        row = r->padded;
    }
    filter_row(r, row, r->filtered[slot]);
    r->row[slot] = y;
    return r->filtered[slot];
}

static size_t rounded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

dt_status dt_bilinear_render(const dt_image *src, const dt_tap *cols, int columns, const dt_tap *rows,
                             int row_count, uint8_t *dst, size_t stride, dt_error *err)
{
    const size_t values = (size_t)columns * (size_t)src->channels, pairs = dt_tap_pair_count(columns);
    const int vector = src->channels == 3 && dt_cpu_get_level() >= DT_CPU_AVX2;
    const size_t row_bytes = rounded((vector ? 8 * pairs : values) * sizeof(int16_t) + SLACK),
                 padded_bytes = rounded((size_t)src->width * (size_t)src->channels + SLACK);
    const size_t bytes = 2 * row_bytes + padded_bytes + (vector ? pairs * sizeof(dt_tap_pair) : 0);
    uint8_t *block = dt_malloc_aligned(bytes);
    if (!block) return dt_fail_memory(err, bytes, "rows of a resize");
    renderer r = {.src = src,
                  .cols = cols,
                  .columns = columns,
                  .filtered = {(int16_t *)(void *)block, (int16_t *)(void *)(block + row_bytes)},
                  .padded = block + 2 * row_bytes,
                  .row = {-1, -1}};
    memset(r.padded, 0, padded_bytes);
    dt_tap_pair *tables = (dt_tap_pair *)(void *)(r.padded + padded_bytes);
    if (vector && dt_tap_pairs_make(cols, columns, tables)) r.pairs = tables;
    for (int j = 0; j < row_count; j++) {
        const dt_tap *tap = &rows[j];
        const int16_t *a = filtered_row(&r, tap->first, tap->second);
        const int16_t *b = filtered_row(&r, tap->second, tap->first);
        blend_rows(a, b, tap->weight[0], tap->weight[1], dst + (size_t)j * stride, values);
    }
    dt_free(block);
    return DT_OK;
}
