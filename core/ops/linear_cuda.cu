#include "core/cuda/backend.h"

/* y (rows, out) = x (rows, in) w (out, in)^T + b (out). */
static dt_status linear_cuda(dt_ctx *ctx, const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_begin(call);
    const dt_tensor *x = call->in[0], *w = call->in[1], *b = call->n_in > 2 ? call->in[2] : NULL,
                    *y = call->out[0];
    int64_t n = dt_shape_numel(&y->shape);
    if (n == 0) return DT_OK;
    dt_cuda_gemm_args g = {};
    g.dtype = x->dtype;
    g.trans_b = 1;
    g.n = w->shape.dim[0];
    g.k = w->shape.dim[1];
    g.m = n / g.n;
    g.batch = 1;
    DT_TRY(dt_cuda_gemm(ctx, cuda, g, dt_cuda_data<void>(x), dt_cuda_data<void>(w), dt_cuda_data<void>(y)));
    if (b) dt_cuda_add_bias(cuda, x->dtype, dt_cuda_data<void>(y), dt_cuda_data<void>(b), n, g.n, 1);
    return dt_cuda_end(ctx, cuda);
}

DT_CUDA_KERNEL(linear, linear_cuda, DT_M_FLOAT)
