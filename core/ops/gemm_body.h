/* The body of gemm_cpu.c, gemm_avx2.c and gemm_avx512.c, which define before:
 *   SIMD        name of the table
 *   VL          floats in a vector register
 *   MR, NV      rows and vectors in a row of a tile
 *   MADD(a,b,c) a b + c */
#include <string.h>

#include "core/ops/gemm.h"

enum { NR = NV * VL };

typedef float vec __attribute__((vector_size(VL * 4), aligned(4), may_alias));
typedef float reg __attribute__((vector_size(VL * 4)));

static inline reg load(const float *p)
{
    return *(const vec *)p;
}

static inline void store(float *p, reg v)
{
    *(vec *)p = v;
}

static inline reg splat(float v)
{
    return v - (reg){0};
}

static void tile(int64_t k, const float *a, const float *b, float *c, int64_t ldc, int accumulate)
{
    reg acc[MR][NV];
#pragma GCC unroll 16
    for (int i = 0; i < MR; i++)
#pragma GCC unroll 16
        for (int j = 0; j < NV; j++)
            acc[i][j] = (reg){0};
    for (int64_t p = 0; p < k; p++) {
        reg col[NV];
#pragma GCC unroll 16
        for (int j = 0; j < NV; j++)
            col[j] = load(b + j * VL);
#pragma GCC unroll 16
        for (int i = 0; i < MR; i++) {
            reg row = splat(a[i]);
#pragma GCC unroll 16
            for (int j = 0; j < NV; j++)
                acc[i][j] = MADD(row, col[j], acc[i][j]);
        }
        a += MR;
        b += NR;
    }
    if (accumulate) {
#pragma GCC unroll 16
        for (int i = 0; i < MR; i++)
#pragma GCC unroll 16
            for (int j = 0; j < NV; j++)
                store(c + i * ldc + j * VL, load(c + i * ldc + j * VL) + acc[i][j]);
    } else {
#pragma GCC unroll 16
        for (int i = 0; i < MR; i++)
#pragma GCC unroll 16
            for (int j = 0; j < NV; j++)
                store(c + i * ldc + j * VL, acc[i][j]);
    }
}

static inline void copy_run(float *dst, const float *src, int64_t len, int64_t stride)
{
    int64_t i = 0;
    if (stride == 1) {
        for (; i + VL <= len; i += VL)
            store(dst + i, load(src + i));
        COPY_TAIL(dst + i, src + i, len - i);
        return;
    }
    for (; i < len; i++)
        dst[i] = src[i * stride];
}

static void copy_runs(float *dst, int64_t dst_step, int64_t width, const float *src, int64_t src_step,
                      int64_t count, const dt_run *runs, int n_runs, int64_t stride)
{
    int64_t filled = 0;
    for (int r = 0; r < n_runs; r++)
        filled += runs[r].len;
    for (int64_t i = 0; i < count; i++) {
        if (filled < width) memset(dst, 0, (size_t)width * sizeof *dst);
        for (int r = 0; r < n_runs; r++)
            copy_run(dst + runs[r].dst, src + runs[r].src, runs[r].len, stride);
        dst += dst_step;
        src += src_step;
    }
}

static void write_run(float *dst, int64_t stride, const float *src, int64_t len, float bias)
{
    int64_t i = 0;
    if (stride == 1) {
        reg b = splat(bias);
        for (; i + VL <= len; i += VL)
            store(dst + i, load(src + i) + b);
    }
    for (; i < len; i++)
        dst[i * stride] = src[i] + bias;
}

static void transpose(float *dst, int64_t dst_ld, const float *src, int64_t src_ld, int64_t rows,
                      int64_t cols)
{
    int64_t i = 0;
    for (; i + TB <= rows; i += TB) {
        int64_t j = 0;
        for (; j + TB <= cols; j += TB)
            transpose_block(dst + j * dst_ld + i, dst_ld, src + i * src_ld + j, src_ld);
        for (; j < cols; j++)
            for (int64_t q = i; q < i + TB; q++)
                dst[j * dst_ld + q] = src[q * src_ld + j];
    }
    for (; i < rows; i++)
        for (int64_t j = 0; j < cols; j++)
            dst[j * dst_ld + i] = src[i * src_ld + j];
}

static inline double add_lanes(reg v)
{
    double total = 0;
    for (int i = 0; i < VL; i++)
        total += (double)v[i];
    return total;
}

/* Blocks that stay in the first cache: mean first, then squares around it; blocks are joined by Chan's
 * formula. */
enum { MOMENT_BLOCK = 2048 };

static void block_moments(const float *x, int64_t n, double *mean, double *m2)
{
    reg s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    int64_t i = 0;
    double total = 0, squares = 0;
    for (; i + 4 * VL <= n; i += 4 * VL) {
        s0 += load(x + i);
        s1 += load(x + i + VL);
        s2 += load(x + i + 2 * VL);
        s3 += load(x + i + 3 * VL);
    }
    for (; i < n; i++)
        total += (double)x[i];
    total += add_lanes((s0 + s1) + (s2 + s3));
    *mean = total / (double)n;
    float m = (float)*mean;
    reg mv = splat(m);
    s0 = s1 = s2 = s3 = (reg){0};
    for (i = 0; i + 4 * VL <= n; i += 4 * VL) {
        reg a = load(x + i) - mv, b = load(x + i + VL) - mv, c = load(x + i + 2 * VL) - mv,
            d = load(x + i + 3 * VL) - mv;
        s0 = MADD(a, a, s0);
        s1 = MADD(b, b, s1);
        s2 = MADD(c, c, s2);
        s3 = MADD(d, d, s3);
    }
    for (; i < n; i++) {
        double d = (double)x[i] - (double)m;
        squares += d * d;
    }
    squares += add_lanes((s0 + s1) + (s2 + s3));
    double off = *mean - (double)m;
    *m2 = squares - off * off * (double)n;
}

static void moments(const float *x, int64_t n, double *mean, double *m2)
{
    double count = 0, m = 0, q = 0;
    for (int64_t i = 0; i < n; i += MOMENT_BLOCK) {
        int64_t len = n - i < MOMENT_BLOCK ? n - i : MOMENT_BLOCK;
        double bm, bq;
        block_moments(x + i, len, &bm, &bq);
        double joined = count + (double)len, d = bm - m;
        q += bq + d * d * count * (double)len / joined;
        m += d * (double)len / joined;
        count = joined;
    }
    *mean = m;
    *m2 = q > 0 ? q : 0 * q; /* never below 0; NaN stays */
}

static void normalise(float *y, const float *x, int64_t n, float mean, float scale, float shift)
{
    reg m = splat(mean), a = splat(scale), b = splat(shift);
    int64_t i = 0;
    for (; i + VL <= n; i += VL)
        store(y + i, MADD(load(x + i) - m, a, b));
    for (; i < n; i++)
        y[i] = MADD1(x[i] - mean, scale, shift);
}

static void grad_sums(const float *dy, const float *x, int64_t n, float mean, double *sum, double *dot)
{
    reg m = splat(mean);
    double total = 0, product = 0;
    for (int64_t begin = 0; begin < n; begin += MOMENT_BLOCK) {
        int64_t end = n - begin < MOMENT_BLOCK ? n : begin + MOMENT_BLOCK, i = begin;
        reg s0 = {0}, s1 = {0}, d0 = {0}, d1 = {0};
        for (; i + 2 * VL <= end; i += 2 * VL) {
            reg a = load(dy + i), b = load(dy + i + VL);
            s0 += a;
            s1 += b;
            d0 = MADD(a, load(x + i) - m, d0);
            d1 = MADD(b, load(x + i + VL) - m, d1);
        }
        for (; i < end; i++) {
            total += (double)dy[i];
            product += (double)dy[i] * (double)(x[i] - mean);
        }
        total += add_lanes(s0 + s1);
        product += add_lanes(d0 + d1);
    }
    *sum = total;
    *dot = product;
}

static void grad_apply(float *dx, const float *dy, const float *x, int64_t n, float mean, float scale,
                       float m0, float m1)
{
    reg m = splat(mean), s = splat(scale), a = splat(m0), b = splat(-m1);
    int64_t i = 0;
    for (; i + VL <= n; i += VL)
        store(dx + i, s * MADD(load(x + i) - m, b, load(dy + i) - a));
    for (; i < n; i++)
        dx[i] = scale * MADD1(x[i] - mean, -m1, dy[i] - m0);
}

static void axpy(float *dst, const float *src, int64_t n, float a)
{
    reg v = splat(a);
    int64_t i = 0;
    for (; i + VL <= n; i += VL)
        store(dst + i, MADD(v, load(src + i), load(dst + i)));
    for (; i < n; i++)
        dst[i] = MADD1(a, src[i], dst[i]);
}

#include "core/ops/winograd_body.h"

const dt_simd SIMD = {
    .mr = MR,
    .nr = NR,
    .tile = tile,
    .copy_runs = copy_runs,
    .write_run = write_run,
    .transpose = transpose,
    .moments = moments,
    .normalise = normalise,
    .grad_sums = grad_sums,
    .grad_apply = grad_apply,
    .axpy = axpy,
    .wino_input = wino_input,
    .wino_output = wino_output,
    .wino_weights = wino_weights,
};
