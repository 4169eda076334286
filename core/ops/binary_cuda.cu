/* The two-operand elementwise ops. */
#include "core/cuda/elementwise.cuh"

template <typename F> static dt_status run_float(dt_ctx *ctx, const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_begin(call);
    if (call->in[0]->dtype == DT_F32)
        dt_cuda_launch_binary<float>(cuda, call, F());
    else
        dt_cuda_launch_binary<double>(cuda, call, F());
    return dt_cuda_end(ctx, cuda);
}

template <typename F> static dt_status run_number(dt_ctx *ctx, const dt_call *call)
{
    if (call->in[0]->dtype == DT_F32 || call->in[0]->dtype == DT_F64) return run_float<F>(ctx, call);
    dt_cuda *cuda = dt_cuda_begin(call);
    if (call->in[0]->dtype == DT_I32)
        dt_cuda_launch_binary<int32_t>(cuda, call, F());
    else
        dt_cuda_launch_binary<int64_t>(cuda, call, F());
    return dt_cuda_end(ctx, cuda);
}

/* `x != x` is true for NaN alone: NaN wins in maximum and minimum. */
#define BINARY(op, run, dtypes, expr)                                                                        \
    struct op##_of {                                                                                         \
        template <typename T> __device__ T operator()(T a, T b) const { return expr; }                       \
    };                                                                                                       \
    DT_CUDA_KERNEL(op, run<op##_of>, dtypes)

enum { NUMBER = DT_M_FLOAT | DT_BIT(DT_I32) | DT_BIT(DT_I64) };

BINARY(add, run_number, NUMBER, a + b)
BINARY(sub, run_number, NUMBER, a - b)
BINARY(mul, run_number, NUMBER, a *b)
BINARY(div, run_float, DT_M_FLOAT, a / b)
BINARY(maximum, run_float, DT_M_FLOAT, a > b || a != a ? a : b)
BINARY(minimum, run_float, DT_M_FLOAT, a < b || a != a ? a : b)
