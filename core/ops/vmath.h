/** Elementary functions in float32 that compilers turn into vector code: no branches, no tables, no calls.
 *  Use them in loops of functions marked DT_CLONES. All versions give the same bits (there is no
 *  contraction).
 *
 *  The largest errors found against double precision over all floats are about 1 to 2 units in the last
 *  place. Polynomials are minimax fits (Lawson's iteration) on the reduced range. NaN, infinities, signed
 *  zeros and denormals behave as in the C library. */
#ifndef DT_CORE_OPS_VMATH_H
#define DT_CORE_OPS_VMATH_H

#include <math.h>
#include <stdint.h>

#include "core/cpu.h"

typedef union dt_float_bits {
    float f;
    uint32_t u;
    int32_t i;
} dt_float_bits;

DT_INLINE float dt_float_of(uint32_t bits)
{
    return (dt_float_bits){.u = bits}.f;
}

DT_INLINE uint32_t dt_bits_of(float x)
{
    return (dt_float_bits){.f = x}.u;
}

/** exp(x): x = n ln 2 + r, |r| <= ln 2 / 2. 2^n goes in by two factors, so that denormal results round once. */
DT_INLINE float dt_vexp(float x)
{
    const float shift =
        12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer, which stands in the low bits */
    float c = x > 89.0f ? 89.0f : x;
    c = c < -105.0f ? -105.0f : c;
    float k = c * 1.44269504f + shift;
    uint32_t n = dt_bits_of(k) - dt_bits_of(shift);
    k -= shift;
    float r = c - k * 0.693359375f;
    r = r + k * 2.12194440e-4f;
    float p = 1.9789266e-4f;
    p = p * r + 1.3945753e-3f;
    p = p * r + 8.3335038e-3f;
    p = p * r + 4.1666280e-2f;
    p = p * r + 1.6666666e-1f;
    p = p * r + 0.5f;
    p = p * (r * r) + r + 1.0f;
    uint32_t half = (uint32_t)((int32_t)n >> 1);
    return p * dt_float_of((half + 127u) << 23) * dt_float_of((n - half + 127u) << 23);
}

/** log(x): x = m 2^e, m in [sqrt(1/2), sqrt(2)). */
DT_INLINE float dt_vlog(float x)
{
    int tiny = x < 1.17549435e-38f;
    float scaled = tiny ? x * 8388608.0f : x;
    uint32_t bits = dt_bits_of(scaled) - 0x3f3504f3u;
    int32_t e = (int32_t)bits >> 23;
    float f = dt_float_of((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    float n = (float)(e - (tiny ? 23 : 0));
    float p = 6.7659597e-2f;
    p = p * f - 1.1708734e-1f;
    p = p * f + 1.1897642e-1f;
    p = p * f - 1.2401138e-1f;
    p = p * f + 1.4217779e-1f;
    p = p * f - 1.6668165e-1f;
    p = p * f + 2.0002205e-1f;
    p = p * f - 2.5000008e-1f;
    p = p * f + 3.3333311e-1f;
    float f2 = f * f;
    float y = p * (f2 * f);
    y = y - n * 2.12194440e-4f;
    y = y - 0.5f * f2;
    y = f + y;
    y = y + n * 0.693359375f;
    y = x == 0.0f ? -INFINITY : y;
    y = x < 0.0f ? NAN : y;
    y = x == INFINITY ? INFINITY : y;
    return x != x ? x : y;
}

/** log(1 + u) for u >= 0, exact for small u: the part of u that 1 + u rounded away is put back. */
DT_INLINE float dt_vlog1p(float u)
{
    float w = 1.0f + u;
    return dt_vlog(w) + (u - (w - 1.0f)) / w;
}

DT_INLINE float dt_vtanh(float x)
{
    float a = fabsf(x), s = x * x;
    float p = -5.6973871e-3f;
    p = p * s + 2.0632549e-2f;
    p = p * s - 5.3737800e-2f;
    p = p * s + 1.3331420e-1f;
    p = p * s - 3.3333281e-1f;
    float small = x + x * s * p;
    float large = 1.0f - 2.0f / (dt_vexp(a + a) + 1.0f);
    large = x < 0.0f ? -large : large;
    return a < 0.625f ? small : large;
}

DT_INLINE float dt_vsigmoid(float x)
{
    float e = dt_vexp(-fabsf(x));
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

/** log(1 + exp(x)). */
DT_INLINE float dt_vsoftplus(float x)
{
    return (x < 0.0f ? 0.0f : x) + dt_vlog1p(dt_vexp(-fabsf(x)));
}

/** The normal distribution function, given x and e = exp(-x^2 / 2): erfc(z) = exp(-z^2) t Q(t), t = 1 / (1 +
 * z / 2). */
DT_INLINE float dt_vnormal_cdf(float x, float e)
{
    float t = 1.0f / (1.0f + fabsf(x) * 0.35355339f);
    float q = 3.5375778e-2f;
    q = q * t - 1.8870808e-1f;
    q = q * t + 3.7536246e-1f;
    q = q * t - 2.8050336e-1f;
    q = q * t - 3.0638772e-2f;
    q = q * t + 4.0902610e-2f;
    q = q * t + 5.2545334e-2f;
    q = q * t + 1.8624821e-1f;
    q = q * t + 2.4506393e-1f;
    q = q * t + 2.8226394e-1f;
    q = q * t + 2.8208802e-1f;
    float tail = 0.5f * e * t * q;
    return x < 0.0f ? tail : 1.0f - tail;
}

#endif
