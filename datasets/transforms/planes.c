#include "datasets/transforms/planes.h"

#include <math.h>

#include "core/cpu.h"

/* The value of a byte, each step rounded to float. */
static float byte_value(int byte, float divisor, float mean, float std)
{
    float value = (float)byte / divisor;
    if (mean == 0 && std == 1) return value;
    return (value - mean) / std;
}

static float divide_by_reciprocal(float x, float by, float inv)
{
    const float q = x * inv;
    return fmaf(fmaf(-q, by, x), inv, q);
}

/* 1 if reciprocals give the values of the table, all 256 of them. */
static int try_scale(const float table[256], float divisor, float mean, float std, dt_plane_scale *s)
{
    *s = (dt_plane_scale){divisor, mean, std, 1 / divisor, 1 / std};
    for (int i = 0; i < 256; i++) {
        float value = divide_by_reciprocal((float)i, divisor, s->divisor_inv) - mean;
        if (!(divide_by_reciprocal(value, std, s->std_inv) == table[i])) return 0;
    }
    return 1;
}

void dt_image_to_planes(const dt_image *rgb, float divisor, const float mean[3], const float std[3],
                        float *planes)
{
    const size_t n = (size_t)rgb->width * (size_t)rgb->height;
    float table[3][256];
    size_t done = 0;
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 256; i++)
            table[c][i] = byte_value(i, divisor, mean[c], std[c]);
#if defined(__x86_64__)
    dt_plane_scale scale[3];
    int exact = dt_cpu_get_level() >= DT_CPU_AVX2;
    for (int c = 0; c < 3 && exact; c++)
        exact = try_scale(table[c], divisor, mean[c], std[c], &scale[c]);
    if (exact) {
        done = n / 16 * 16;
        dt_planes_avx2(rgb->data, done, scale, planes, n);
    }
#endif
    for (size_t i = done; i < n; i++)
        for (size_t c = 0; c < 3; c++)
            planes[c * n + i] = table[c][rgb->data[3 * i + c]];
}
