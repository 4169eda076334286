#include <immintrin.h>
#include <stdint.h>

#define SIMD dt_simd_avx512
#define VL 16
#define MR 8
#define NV 3
#define MADD(a, b, c) ((reg)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define MADD1(a, b, c) __builtin_fmaf(a, b, c)
#define TB 8
#define COPY_TAIL(dst, src, n)                                                                                         \
    do {                                                                                                               \
        if ((n) > 0) {                                                                                                 \
            __mmask16 mask = (__mmask16)((1u << (n)) - 1);                                                             \
            _mm512_mask_storeu_ps(dst, mask, _mm512_maskz_loadu_ps(mask, src));                                        \
        }                                                                                                              \
    } while (0)

#include "core/ops/transpose8.h"

#include "core/ops/gemm_body.h"
