/** Elementwise ops from one functor each: out = f(a) or f(a, b), operands of any strides that broadcast. */
#ifndef DT_CORE_CUDA_ELEMENTWISE_CUH
#define DT_CORE_CUDA_ELEMENTWISE_CUH

#include "core/cuda/strides.cuh"

template <typename T, typename F> __global__ void dt_cuda_unary_flat(T *y, const T *x, int64_t n, F f)
{
    for (DT_CUDA_LOOP(int64_t, i, n))
        y[i] = f(x[i]);
}

template <typename T, typename F>
__global__ void dt_cuda_binary_flat(T *y, const T *a, const T *b, int64_t n, F f)
{
    for (DT_CUDA_LOOP(int64_t, i, n))
        y[i] = f(a[i], b[i]);
}

template <typename T, typename F, typename Index>
__global__ void dt_cuda_unary_strided(T *y, const T *x, Index n, dt_cuda_axes<1, Index> axes, F f)
{
    for (DT_CUDA_LOOP(Index, i, n)) {
        Index at[1];
        axes.locate(i, at);
        y[i] = f(x[at[0]]);
    }
}

template <typename T, typename F, typename Index>
__global__ void dt_cuda_binary_strided(T *y, const T *a, const T *b, Index n, dt_cuda_axes<2, Index> axes,
                                       F f)
{
    for (DT_CUDA_LOOP(Index, i, n)) {
        Index at[2];
        axes.locate(i, at);
        y[i] = f(a[at[0]], b[at[1]]);
    }
}

template <typename T, typename F> static void dt_cuda_launch_unary(dt_cuda *cuda, const dt_call *call, F f)
{
    const dt_tensor *x = call->in[0], *y = call->out[0];
    int64_t n = dt_shape_numel(&y->shape), stride[1][DT_MAX_RANK];
    if (n == 0) return;
    dt_cuda_broadcast(x, y->shape, stride[0]);
    dt_cuda_axes<1, uint64_t> axes = dt_cuda_merge<1>(y->shape, stride);
    unsigned blocks = dt_cuda_blocks(cuda, n);
    T *out = dt_cuda_data<T>(y);
    const T *in = dt_cuda_data<T>(x);
    if (dt_cuda_is_flat(axes))
        dt_cuda_unary_flat<<<blocks, DT_CUDA_THREADS, 0, cuda->stream>>>(out, in, n, f);
    else if (dt_cuda_is_small(axes, n))
        dt_cuda_unary_strided<<<blocks, DT_CUDA_THREADS, 0, cuda->stream>>>(out, in, static_cast<uint32_t>(n),
                                                                            dt_cuda_narrow(axes), f);
    else
        dt_cuda_unary_strided<<<blocks, DT_CUDA_THREADS, 0, cuda->stream>>>(out, in, static_cast<uint64_t>(n),
                                                                            axes, f);
}

template <typename T, typename F> static void dt_cuda_launch_binary(dt_cuda *cuda, const dt_call *call, F f)
{
    const dt_tensor *a = call->in[0], *b = call->in[1], *y = call->out[0];
    int64_t n = dt_shape_numel(&y->shape), stride[2][DT_MAX_RANK];
    if (n == 0) return;
    dt_cuda_broadcast(a, y->shape, stride[0]);
    dt_cuda_broadcast(b, y->shape, stride[1]);
    dt_cuda_axes<2, uint64_t> axes = dt_cuda_merge<2>(y->shape, stride);
    unsigned blocks = dt_cuda_blocks(cuda, n);
    T *out = dt_cuda_data<T>(y);
    const T *pa = dt_cuda_data<T>(a), *pb = dt_cuda_data<T>(b);
    if (dt_cuda_is_flat(axes))
        dt_cuda_binary_flat<<<blocks, DT_CUDA_THREADS, 0, cuda->stream>>>(out, pa, pb, n, f);
    else if (dt_cuda_is_small(axes, n))
        dt_cuda_binary_strided<<<blocks, DT_CUDA_THREADS, 0, cuda->stream>>>(
            out, pa, pb, static_cast<uint32_t>(n), dt_cuda_narrow(axes), f);
    else
        dt_cuda_binary_strided<<<blocks, DT_CUDA_THREADS, 0, cuda->stream>>>(
            out, pa, pb, static_cast<uint64_t>(n), axes, f);
}

#endif
