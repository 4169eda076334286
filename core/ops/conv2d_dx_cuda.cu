#include "core/cuda/conv.cuh"
#include "core/cuda/strides.cuh"

struct dx_way {
    typedef cudnnConvolutionBwdDataAlgo_t algo;
    typedef cudnnConvolutionBwdDataAlgoPerf_t perf;
    const void *dy_data, *w_data;
    void *dx_data;

    static const char *kind() { return "dx"; }
    static bool exact(algo a)
    {
        return a == CUDNN_CONVOLUTION_BWD_DATA_ALGO_1 || a == CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD;
    }
    cudnnStatus_t advise(cudnnHandle_t h, const dt_conv_descriptors &d, int room, int *count, perf *out) const
    {
        return cudnnGetConvolutionBackwardDataAlgorithm_v7(h, d.w, d.y, d.conv, d.x, room, count, out);
    }
    cudnnStatus_t workspace(cudnnHandle_t h, const dt_conv_descriptors &d, algo a, size_t *bytes) const
    {
        return cudnnGetConvolutionBackwardDataWorkspaceSize(h, d.w, d.y, d.conv, d.x, a, bytes);
    }
    cudnnStatus_t run(cudnnHandle_t h, const dt_conv_descriptors &d, algo a, void *memory, size_t bytes) const
    {
        const float one = 1, zero = 0;
        return cudnnConvolutionBackwardData(h, &one, d.w, w_data, d.y, dy_data, d.conv, a, memory, bytes,
                                            &zero, d.x, dx_data);
    }
};

/* A gather: each element of dx adds the products that it took part in, in a fixed order. */
template <typename T>
__global__ void conv2d_dx_direct(T *dx, const T *dy, const T *w, dt_conv_geo g, int64_t count)
{
    for (DT_CUDA_LOOP(int64_t, at, count)) {
        int64_t j = at % g.w, i = at / g.w % g.h, c = at / (g.w * g.h) % g.c, n = at / (g.w * g.h * g.c);
        int64_t o0 = c / g.cg * g.og;
        double total = 0;
        for (int64_t o = o0; o < o0 + g.og; o++)
            for (int64_t ky = 0; ky < g.kh; ky++) {
                int64_t y = i + g.py - ky * g.dy;
                if (y < 0 || y % g.sy != 0 || y / g.sy >= g.oh) continue;
                for (int64_t kx = 0; kx < g.kw; kx++) {
                    int64_t x = j + g.px - kx * g.dx;
                    if (x < 0 || x % g.sx != 0 || x / g.sx >= g.ow) continue;
                    total += static_cast<double>(dy[((n * g.o + o) * g.oh + y / g.sy) * g.ow + x / g.sx]) *
                             static_cast<double>(w[((o * g.cg + c % g.cg) * g.kh + ky) * g.kw + kx]);
                }
            }
        dx[at] = static_cast<T>(total);
    }
}

template <typename T> static void launch_direct(dt_cuda *cuda, const dt_call *call, const dt_conv_geo &g)
{
    int64_t count = dt_conv_x_count(g);
    conv2d_dx_direct<<<dt_cuda_blocks(cuda, count), DT_CUDA_THREADS, 0, cuda->stream>>>(
        dt_cuda_data<T>(call->out[0]), dt_cuda_data<T>(call->in[0]), dt_cuda_data<T>(call->in[1]), g, count);
}

static dt_status conv2d_dx_cuda(dt_ctx *ctx, const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_begin(call);
    const dt_tensor *dy = call->in[0], *w = call->in[1], *dx = call->out[0];
    dt_conv_geo g = dt_conv_geo_make(&dx->shape, &w->shape, &dy->shape,
                                     &static_cast<const dt_conv2d_dx_args *>(call->args)->conv);
    if (dt_conv_x_count(g) == 0) return DT_OK;
    bool done = false;
    if (dt_conv_suits_cudnn(g, dy->dtype)) {
        dx_way way = {dt_cuda_data<void>(dy), dt_cuda_data<void>(w), dt_cuda_data<void>(dx)};
        DT_TRY(dt_conv_cudnn(ctx, cuda, way, g, &done));
    }
    if (!done && dy->dtype == DT_F32)
        launch_direct<float>(cuda, call, g);
    else if (!done)
        launch_direct<double>(cuda, call, g);
    return dt_cuda_end(ctx, cuda);
}

DT_CUDA_KERNEL(conv2d_dx, conv2d_dx_cuda, DT_M_FLOAT)
