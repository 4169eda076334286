#include "core/cuda/strides.cuh"

extern "C" {
#include "core/ops/layout.h"
}

/* Writes operand i into its place: rows of `width` elements, `pitch` apart in the result. */
template <typename T> __global__ void place_rows(T *y, const T *x, int64_t n, int64_t width, int64_t pitch)
{
    for (DT_CUDA_LOOP(int64_t, i, n)) {
        int64_t row = i / width;
        y[row * pitch + (i - row * width)] = x[i];
    }
}

template <typename T> static void concat_as(dt_cuda *cuda, const dt_call *call, int axis)
{
    const dt_tensor *y = call->out[0];
    int64_t inner = 1, at = 0;
    for (int i = axis + 1; i < y->shape.rank; i++)
        inner *= y->shape.dim[i];
    int64_t pitch = y->shape.dim[axis] * inner;
    for (int i = 0; i < call->n_in; i++) {
        const dt_tensor *x = call->in[i];
        int64_t n = dt_shape_numel(&x->shape), width = x->shape.dim[axis] * inner;
        if (n > 0)
            place_rows<<<dt_cuda_blocks(cuda, n), DT_CUDA_THREADS, 0, cuda->stream>>>(
                dt_cuda_data<T>(y) + at, dt_cuda_data<T>(x), n, width, pitch);
        at += width;
    }
}

static dt_status concat_cuda(dt_ctx *ctx, const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_begin(call);
    const dt_tensor *y = call->out[0];
    int axis = dt_axis(static_cast<const dt_concat_args *>(call->args)->axis, y->shape.rank);
    switch (dt_dtype_size(y->dtype)) {
    case 1:
        concat_as<uint8_t>(cuda, call, axis);
        break;
    case 2:
        concat_as<uint16_t>(cuda, call, axis);
        break;
    case 4:
        concat_as<uint32_t>(cuda, call, axis);
        break;
    default:
        concat_as<uint64_t>(cuda, call, axis);
        break;
    }
    return dt_cuda_end(ctx, cuda);
}

DT_CUDA_KERNEL(concat, concat_cuda, ~0u)
