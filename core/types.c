#include "core/types.h"

#include <stdio.h>

static const struct {
    const char *name;
    size_t bytes;
} dtype_facts[DT_DTYPE_COUNT] = {
#define DT_DTYPE_FACT(code, text, size, st) [code] = {text, size},
    DT_DTYPE_LIST(DT_DTYPE_FACT)
#undef DT_DTYPE_FACT
};

const char *dt_dtype_name(dt_dtype dtype)
{
    return (unsigned)dtype < DT_DTYPE_COUNT ? dtype_facts[dtype].name : "no dtype";
}

size_t dt_dtype_size(dt_dtype dtype)
{
    return (unsigned)dtype < DT_DTYPE_COUNT ? dtype_facts[dtype].bytes : 0;
}

int dt_dtype_is_float(dt_dtype dtype)
{
    return dtype == DT_F32 || dtype == DT_F64 || dtype == DT_F16 || dtype == DT_BF16;
}

int64_t dt_shape_numel(const dt_shape *shape)
{
    int64_t n = 1;
    for (int i = 0; i < shape->rank; i++)
        n *= shape->dim[i];
    return n;
}

int dt_shape_equal(const dt_shape *a, const dt_shape *b)
{
    if (a->rank != b->rank) return 0;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) return 0;
    return 1;
}

const char *dt_shape_text(const dt_shape *shape, char out[DT_SHAPE_TEXT])
{
    int n = snprintf(out, DT_SHAPE_TEXT, "(");
    for (int i = 0; i < shape->rank; i++)
        n +=
            snprintf(out + n, (size_t)(DT_SHAPE_TEXT - n), "%s%lld", i ? ", " : "", (long long)shape->dim[i]);
    snprintf(out + n, (size_t)(DT_SHAPE_TEXT - n), ")");
    return out;
}
