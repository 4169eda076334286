#include "datasets/transforms/warp_row.h"

#include "core/cpu.h"

static int clamp(int v, int hi)
{
    return v < 0 ? 0 : v > hi ? hi : v;
}

void dt_warp_pixel(const dt_image *src, int32_t x, int32_t y, uint8_t *dst)
{
    const int right = src->width - 1, bottom = src->height - 1, left = x >> 11, top = y >> 11;
    const int fx = x & (DT_TAP_ONE - 1), fy = y & (DT_TAP_ONE - 1);
    const size_t stride = (size_t)src->width * 3;
    const uint8_t *r0 = src->data + (size_t)clamp(top, bottom) * stride,
                  *r1 = src->data + (size_t)clamp(top + 1, bottom) * stride;
    const size_t a = 3 * (size_t)clamp(left, right), b = 3 * (size_t)clamp(left + 1, right);
    for (size_t c = 0; c < 3; c++) {
        const int upper = r0[a + c] * (DT_TAP_ONE - fx) + r0[b + c] * fx,
                  lower = r1[a + c] * (DT_TAP_ONE - fx) + r1[b + c] * fx;
        dst[c] = (uint8_t)((upper * (DT_TAP_ONE - fy) + lower * fy + (1 << 21)) >> 22);
    }
}

void dt_warp_row(const dt_image *src, const int32_t *x, const int32_t *y, int n, uint8_t *dst)
{
#if defined(__x86_64__)
    if (dt_cpu_get_level() >= DT_CPU_AVX2) {
        dt_warp_row_avx2(src, x, y, n, dst);
        return;
    }
#endif
    for (int i = 0; i < n; i++)
        dt_warp_pixel(src, x[i], y[i], dst + 3 * (size_t)i);
}
