#include "core/cuda/strides.cuh"

extern "C" {
#include "core/ops/layout.h"
}

/* Each element of the result: that of g which the slice took from there, or zero. Axes: outer, n, inner. */
template <typename T>
__global__ void spread_slice(T *y, const T *g, int64_t total, int64_t n, int64_t inner, int64_t begin,
                             int64_t step, int64_t count)
{
    for (DT_CUDA_LOOP(int64_t, at, total)) {
        int64_t i = at / inner % n - begin, outer = at / (inner * n);
        bool taken = i >= 0 && i % step == 0 && i / step < count;
        y[at] = taken ? g[(outer * count + i / step) * inner + at % inner] : T(0);
    }
}

template <typename T> static void launch(dt_cuda *cuda, const dt_call *call)
{
    const dt_slice_grad_args *args = static_cast<const dt_slice_grad_args *>(call->args);
    const dt_tensor *g = call->in[0], *y = call->out[0];
    int64_t total = dt_shape_numel(&y->shape), inner = 1;
    for (int i = args->axis + 1; i < y->shape.rank; i++)
        inner *= y->shape.dim[i];
    if (total > 0)
        spread_slice<<<dt_cuda_blocks(cuda, total), DT_CUDA_THREADS, 0, cuda->stream>>>(
            dt_cuda_data<T>(y), dt_cuda_data<T>(g), total, y->shape.dim[args->axis], inner, args->begin,
            args->step, g->shape.dim[args->axis]);
}

static dt_status slice_grad_cuda(dt_ctx *ctx, const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_begin(call);
    if (call->in[0]->dtype == DT_F32)
        launch<float>(cuda, call);
    else
        launch<double>(cuda, call);
    return dt_cuda_end(ctx, cuda);
}

DT_CUDA_KERNEL(slice_grad, slice_grad_cuda, DT_M_FLOAT)
