#include <string.h>

#include "core/safetensors.h"

/* IEEE half: 1 sign, 5 exponent, 10 fraction bits. */
static float from_half(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 1023, bits;
    if (exponent == 31) {
        bits = sign | 0x7F800000u | fraction << 13;
    } else if (exponent) {
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    } else {
        float v = (float)fraction * 0x1p-24f; /* subnormal or zero: exact */
        memcpy(&bits, &v, sizeof bits);
        bits |= sign;
    }
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static float from_bfloat(uint16_t h)
{
    uint32_t bits = (uint32_t)h << 16;
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

int dt_st_can_convert(dt_dtype from, dt_dtype to)
{
    return from == to || (dt_dtype_is_float(from) && (to == DT_F32 || to == DT_F64));
}

int dt_st_convert(const dt_st_entry *e, dt_dtype dtype, void *out)
{
    if (!dt_st_can_convert(e->dtype, dtype)) return -1;
    if (e->dtype == dtype) {
        memcpy(out, e->data, e->bytes);
        return 0;
    }
    size_t n = e->bytes / dt_dtype_size(e->dtype);
    for (size_t i = 0; i < n; i++) {
        double v = e->dtype == DT_F16    ? (double)from_half(((const uint16_t *)e->data)[i])
                   : e->dtype == DT_BF16 ? (double)from_bfloat(((const uint16_t *)e->data)[i])
                   : e->dtype == DT_F32  ? (double)((const float *)e->data)[i]
                                         : ((const double *)e->data)[i];
        if (dtype == DT_F32)
            ((float *)out)[i] = (float)v;
        else
            ((double *)out)[i] = v;
    }
    return 0;
}
