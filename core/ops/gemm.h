/** The inner loops of convolutions and norms, compiled once for each instruction set (gemm_body.h) and chosen
 *  at run time.
 *
 * A product C (M,N) = A (M,K) B (K,N) is made of tiles of mr x nr. A is packed into panels of mr rows,
 * element (m, k) of a panel at k * mr + m; B into panels of nr columns, element (k, n) at k * nr + n. Missing
 * rows and columns are 0. */
#ifndef DT_CORE_OPS_GEMM_H
#define DT_CORE_OPS_GEMM_H

#include <stdint.h>

enum { DT_GEMM_MR_MAX = 8, DT_GEMM_NR_MAX = 48 };

/** `len` columns from dst on come from src on, every `stride`th element. */
typedef struct dt_run {
    int32_t dst, len;
    int64_t src;
} dt_run;

typedef struct dt_simd {
    int mr, nr;
    /** C tile (mr,nr; row stride ldc) = or += A panel x B panel. */
    void (*tile)(int64_t k, const float *a, const float *b, float *c, int64_t ldc, int accumulate);
    /** For i in [0, count): row i (`width` columns, at dst + i dst_step) = the runs read from src + i
     *  src_step, 0 elsewhere. */
    void (*copy_runs)(float *dst, int64_t dst_step, int64_t width, const float *src, int64_t src_step,
                      int64_t count, const dt_run *runs, int n_runs, int64_t stride);
    /** dst[i * stride] = src[i] + bias */
    void (*write_run)(float *dst, int64_t stride, const float *src, int64_t len, float bias);
    /** dst[j * dst_ld + i] = src[i * src_ld + j] for i < rows, j < cols. */
    void (*transpose)(float *dst, int64_t dst_ld, const float *src, int64_t src_ld, int64_t rows,
                      int64_t cols);
    /** Mean of n >= 1 values and sum of squared differences from it. */
    void (*moments)(const float *x, int64_t n, double *mean, double *m2);
    /** y = (x - mean) scale + shift */
    void (*normalise)(float *y, const float *x, int64_t n, float mean, float scale, float shift);
    /** sum of dy and of dy (x - mean) */
    void (*grad_sums)(const float *dy, const float *x, int64_t n, float mean, double *sum, double *dot);
    /** dx = scale (dy - m0 - (x - mean) m1) */
    void (*grad_apply)(float *dx, const float *dy, const float *x, int64_t n, float mean, float scale,
                       float m0, float m1);
    /** dst = dst + a src */
    void (*axpy)(float *dst, const float *src, int64_t n, float a);
    /** Winograd, eight tiles at a time. Input: tile t is the 6 x 6 pixels (8 are read in a row) from src +
     *  at[t] on, rows `pitch` apart; value i of the 36 goes to out + i out_step, a lane for each tile. */
    void (*wino_input)(float *out, int64_t out_step, const float *src, int64_t pitch, const int64_t *at);
    /** Output: 36 values of eight tiles -> out[tile][4][4], plus the bias. */
    void (*wino_output)(float *out, const float *m, int64_t m_step, float bias);
    /** Weights: g[9][mr] -> 36 values of mr lanes. */
    void (*wino_weights)(float *out, int64_t out_step, const float *g);
} dt_simd;

extern const dt_simd dt_simd_base, dt_simd_avx2, dt_simd_avx512;

/** For the processor this runs on. */
const dt_simd *dt_simd_get(void);

#endif
