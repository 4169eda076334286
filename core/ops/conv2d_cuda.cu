#include "core/cuda/conv.cuh"
#include "core/cuda/strides.cuh"

struct forward_way {
    typedef cudnnConvolutionFwdAlgo_t algo;
    typedef cudnnConvolutionFwdAlgoPerf_t perf;
    const void *x_data, *w_data;
    void *y_data;

    static const char *kind() { return "fwd"; }
    static bool exact(algo a)
    {
        return a == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM ||
               a == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM ||
               a == CUDNN_CONVOLUTION_FWD_ALGO_GEMM || a == CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD;
    }
    cudnnStatus_t advise(cudnnHandle_t h, const dt_conv_descriptors &d, int room, int *count, perf *out) const
    {
        return cudnnGetConvolutionForwardAlgorithm_v7(h, d.x, d.w, d.conv, d.y, room, count, out);
    }
    cudnnStatus_t workspace(cudnnHandle_t h, const dt_conv_descriptors &d, algo a, size_t *bytes) const
    {
        return cudnnGetConvolutionForwardWorkspaceSize(h, d.x, d.w, d.conv, d.y, a, bytes);
    }
    cudnnStatus_t run(cudnnHandle_t h, const dt_conv_descriptors &d, algo a, void *memory, size_t bytes) const
    {
        const float one = 1, zero = 0;
        return cudnnConvolutionForward(h, &one, d.x, x_data, d.w, w_data, d.conv, a, memory, bytes, &zero,
                                       d.y, y_data);
    }
};

template <typename T>
__global__ void conv2d_direct(T *y, const T *x, const T *w, dt_conv_geo g, int64_t count)
{
    for (DT_CUDA_LOOP(int64_t, at, count)) {
        int64_t j = at % g.ow, i = at / g.ow % g.oh, o = at / (g.ow * g.oh) % g.o,
                n = at / (g.ow * g.oh * g.o);
        int64_t c0 = o / g.og * g.cg;
        double total = 0;
        for (int64_t c = 0; c < g.cg; c++)
            for (int64_t ky = 0; ky < g.kh; ky++) {
                int64_t iy = i * g.sy - g.py + ky * g.dy;
                if (iy < 0 || iy >= g.h) continue;
                for (int64_t kx = 0; kx < g.kw; kx++) {
                    int64_t ix = j * g.sx - g.px + kx * g.dx;
                    if (ix < 0 || ix >= g.w) continue;
                    total += static_cast<double>(x[((n * g.c + c0 + c) * g.h + iy) * g.w + ix]) *
                             static_cast<double>(w[((o * g.cg + c) * g.kh + ky) * g.kw + kx]);
                }
            }
        y[at] = static_cast<T>(total);
    }
}

template <typename T> static void launch_direct(dt_cuda *cuda, const dt_call *call, const dt_conv_geo &g)
{
    int64_t count = dt_conv_y_count(g);
    conv2d_direct<<<dt_cuda_blocks(cuda, count), DT_CUDA_THREADS, 0, cuda->stream>>>(
        dt_cuda_data<T>(call->out[0]), dt_cuda_data<T>(call->in[0]), dt_cuda_data<T>(call->in[1]), g, count);
}

static dt_status conv2d_cuda(dt_ctx *ctx, const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_begin(call);
    const dt_tensor *x = call->in[0], *w = call->in[1], *b = call->n_in > 2 ? call->in[2] : NULL,
                    *y = call->out[0];
    dt_conv_geo g =
        dt_conv_geo_make(&x->shape, &w->shape, &y->shape, static_cast<const dt_conv2d_args *>(call->args));
    int64_t count = dt_conv_y_count(g);
    if (count == 0) return DT_OK;
    bool done = false;
    if (dt_conv_suits_cudnn(g, x->dtype)) {
        forward_way way = {dt_cuda_data<void>(x), dt_cuda_data<void>(w), dt_cuda_data<void>(y)};
        DT_TRY(dt_conv_cudnn(ctx, cuda, way, g, &done));
    }
    if (!done && x->dtype == DT_F32)
        launch_direct<float>(cuda, call, g);
    else if (!done)
        launch_direct<double>(cuda, call, g);
    if (b)
        dt_cuda_add_bias(cuda, x->dtype, dt_cuda_data<void>(y), dt_cuda_data<void>(b), count, g.o,
                         g.oh * g.ow);
    return dt_cuda_end(ctx, cuda);
}

DT_CUDA_KERNEL(conv2d, conv2d_cuda, DT_M_FLOAT)
