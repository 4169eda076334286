#include <stdint.h>

#include "core/cpu.h"

#define SIMD           dt_simd_base
#define VL             4
#define MR             4
#define NV             2
#define MADD(a, b, c)  ((a) * (b) + (c))
#define MADD1(a, b, c) ((a) * (b) + (c))
#define TB             8
#define COPY_TAIL(dst, src, n)                                                                               \
    do {                                                                                                     \
        for (int64_t t = 0; t < (n); t++)                                                                    \
            (dst)[t] = (src)[t];                                                                             \
    } while (0)

static inline void transpose_block(float *dst, int64_t dst_ld, const float *src, int64_t src_ld)
{
    for (int i = 0; i < TB; i++)
        for (int j = 0; j < TB; j++)
            dst[j * dst_ld + i] = src[i * src_ld + j];
}

#include "core/ops/gemm_body.h"

const dt_simd *dt_simd_get(void)
{
#if defined(__x86_64__)
    dt_cpu_level level = dt_cpu_get_level();
    if (level == DT_CPU_AVX512) return &dt_simd_avx512;
    if (level == DT_CPU_AVX2) return &dt_simd_avx2;
#endif
    return &dt_simd_base;
}
