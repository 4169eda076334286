#include <float.h>
#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "tests/ops/harness_impl.h"

double dt_case_value(const dt_case_values *v, int64_t i)
{
    switch (v->dtype) {
    case DT_F32:
        return (double)((const float *)v->data)[i];
    case DT_F64:
        return ((const double *)v->data)[i];
    case DT_I32:
        return (double)((const int32_t *)v->data)[i];
    case DT_I64:
        return (double)((const int64_t *)v->data)[i];
    default:
        return (double)((const uint8_t *)v->data)[i];
    }
}

int dt_case_wants_grad(const dt_op_case *c, int i)
{
    const dt_case_in *in = &c->in[i];
    return !in->absent && !in->no_grad && dt_dtype_is_float(in->dtype);
}

static double special(dt_rng *rng, double ordinary)
{
    static const double values[] = {NAN,    INFINITY, -INFINITY, 0.0,      -0.0,  FLT_MIN, -FLT_MIN,
                                    1e-41,  -3e-44,   FLT_MAX,   -FLT_MAX, 88.5,  89.5,    -87.5,
                                    -104.5, -103.2,   1.0,       -1.0,     1e-20, -1e-20,  20.5,
                                    -20.5,  1e30,     3.0,       -3.0,     6.0,   0.5};
    uint64_t k = dt_rng_below(rng, 2 * sizeof values / sizeof *values);
    return k < sizeof values / sizeof *values ? values[k] : ordinary;
}

/* The nearest value that is at least 0.01 from every multiple of 1/2. */
static double away(double x)
{
    double kink = round(2 * x) / 2, d = x - kink;
    return fabs(d) >= 0.01 ? x : kink + (d < 0 ? -0.0125 : 0.0125);
}

void dt_case_fill(const dt_case_in *in, int slot, double *values, int64_t n)
{
    double lo = in->lo, hi = in->hi;
    if (lo == 0 && hi == 0) lo = -2, hi = 2;
    dt_rng rng = dt_rng_make(2026, DT_RNG_TEST, (uint64_t)slot, (uint64_t)n);
    for (int64_t i = 0; i < n; i++) {
        double x = dt_rng_uniform(&rng, lo, hi);
        switch (in->fill) {
        case DT_FILL_UNIFORM:
            break;
        case DT_FILL_AWAY:
            x = away(x);
            break;
        case DT_FILL_DISTINCT:
            x = lo + (hi - lo) * ((double)i + 0.5) / (double)n;
            break;
        case DT_FILL_INTEGERS:
            x = floor(x);
            break;
        case DT_FILL_SPECIAL:
            x = special(&rng, x);
            break;
        }
        values[i] = (float)x;
    }
    for (int64_t i = n - 1; i > 0 && in->fill == DT_FILL_DISTINCT; i--) {
        int64_t j = (int64_t)dt_rng_below(&rng, (uint64_t)i + 1);
        double t = values[i];
        values[i] = values[j];
        values[j] = t;
    }
}

/* A view that has the operand's shape, on memory laid out otherwise. */
static dt_tensor *view_in(dt_ctx *ctx, const dt_case_in *in, dt_dtype type)
{
    dt_shape shape = in->shape;
    int rank = shape.rank, last = rank - 1;
    int axes[DT_MAX_RANK];
    for (int i = 0; i < rank; i++)
        axes[i] = i;
    switch (in->layout) {
    case DT_LAYOUT_OFFSET: {
        dt_tensor *flat = dt_empty(ctx, type, DT_SHAPE(dt_shape_numel(&shape) + 1));
        return dt_reshape(ctx, dt_slice(ctx, flat, 0, 1, INT64_MAX, 1), shape);
    }
    case DT_LAYOUT_TRANSPOSED:
        axes[last] = last - 1;
        axes[last - 1] = last;
        shape.dim[last] = in->shape.dim[last - 1];
        shape.dim[last - 1] = in->shape.dim[last];
        return dt_permute(ctx, dt_empty(ctx, type, shape), axes);
    case DT_LAYOUT_CHANNELS_LAST:
        for (int i = 1; i < last; i++)
            shape.dim[i] = in->shape.dim[i + 1];
        shape.dim[last] = in->shape.dim[1];
        axes[1] = last;
        for (int i = 2; i < rank; i++)
            axes[i] = i - 1;
        return dt_permute(ctx, dt_empty(ctx, type, shape), axes);
    case DT_LAYOUT_STEP:
        shape.dim[last] *= 2;
        return dt_slice(ctx, dt_empty(ctx, type, shape), last, 0, INT64_MAX, 2);
    case DT_LAYOUT_ROWS:
        shape.dim[last] += 3;
        return dt_slice(ctx, dt_empty(ctx, type, shape), last, 2, 2 + in->shape.dim[last], 1);
    case DT_LAYOUT_DENSE:
        break;
    }
    return dt_empty(ctx, type, shape);
}

dt_tensor *dt_case_operand(dt_ctx *ctx, const dt_case_in *in, const double *values, dt_dtype type)
{
    if (in->absent) return NULL;
    dt_dtype dtype = in->dtype == DT_F32 ? type : in->dtype;
    dt_tensor *t = view_in(ctx, in, dtype);
    if (!t) return NULL;
    for (int64_t i = 0; i < dt_numel(t); i++)
        dt_set(t, dt_strided_index(&t->shape, t->stride, i), values[i]);
    return t;
}
