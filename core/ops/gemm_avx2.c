#include <immintrin.h>
#include <stdint.h>

#define SIMD dt_simd_avx2
#define VL 8
#define MR 4
#define NV 3
#define MADD(a, b, c) ((reg)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define MADD1(a, b, c) __builtin_fmaf(a, b, c)
#define TB 8
#define COPY_TAIL(dst, src, n)                                                                                         \
    do {                                                                                                               \
        for (int64_t t = 0; t < (n); t++)                                                                              \
            (dst)[t] = (src)[t];                                                                                       \
    } while (0)

#include "core/ops/transpose8.h"

#include "core/ops/gemm_body.h"
