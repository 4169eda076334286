#include "core/cuda/conv.cuh"
#include "core/cuda/reduce.cuh"

struct dw_way {
    typedef cudnnConvolutionBwdFilterAlgo_t algo;
    typedef cudnnConvolutionBwdFilterAlgoPerf_t perf;
    const void *dy_data, *x_data;
    void *dw_data;

    static const char *kind() { return "dw"; }
    static bool exact(algo a) { return a == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1; }
    cudnnStatus_t advise(cudnnHandle_t h, const dt_conv_descriptors &d, int room, int *count, perf *out) const
    {
        return cudnnGetConvolutionBackwardFilterAlgorithm_v7(h, d.x, d.y, d.conv, d.w, room, count, out);
    }
    cudnnStatus_t workspace(cudnnHandle_t h, const dt_conv_descriptors &d, algo a, size_t *bytes) const
    {
        return cudnnGetConvolutionBackwardFilterWorkspaceSize(h, d.x, d.y, d.conv, d.w, a, bytes);
    }
    cudnnStatus_t run(cudnnHandle_t h, const dt_conv_descriptors &d, algo a, void *memory, size_t bytes) const
    {
        const float one = 1, zero = 0;
        return cudnnConvolutionBackwardFilter(h, &one, d.x, x_data, d.y, dy_data, d.conv, a, memory, bytes,
                                              &zero, d.w, dw_data);
    }
};

/* One block a weight: its threads share the positions of dy. */
template <typename T>
__global__ void conv2d_dw_direct(T *dw, const T *dy, const T *x, dt_conv_geo g, int64_t count)
{
    __shared__ double shared[DT_CUDA_THREADS];
    for (int64_t at = blockIdx.x; at < count; at += gridDim.x) {
        int64_t kx = at % g.kw, ky = at / g.kw % g.kh, c = at / (g.kw * g.kh) % g.cg,
                o = at / (g.kw * g.kh * g.cg);
        int64_t channel = o / g.og * g.cg + c, positions = g.n * g.oh * g.ow;
        double total = 0;
        for (int64_t p = threadIdx.x; p < positions; p += DT_CUDA_THREADS) {
            int64_t j = p % g.ow, i = p / g.ow % g.oh, n = p / (g.ow * g.oh);
            int64_t y = i * g.sy - g.py + ky * g.dy, xx = j * g.sx - g.px + kx * g.dx;
            if (y < 0 || y >= g.h || xx < 0 || xx >= g.w) continue;
            total += static_cast<double>(dy[((n * g.o + o) * g.oh + i) * g.ow + j]) *
                     static_cast<double>(x[((n * g.c + channel) * g.h + y) * g.w + xx]);
        }
        total = dt_cuda_block_sum(total, shared);
        if (threadIdx.x == 0) dw[at] = static_cast<T>(total);
    }
}

template <typename T> static void launch_direct(dt_cuda *cuda, const dt_call *call, const dt_conv_geo &g)
{
    int64_t count = dt_conv_w_count(g);
    conv2d_dw_direct<<<dt_cuda_blocks(cuda, count * DT_CUDA_THREADS), DT_CUDA_THREADS, 0, cuda->stream>>>(
        dt_cuda_data<T>(call->out[0]), dt_cuda_data<T>(call->in[0]), dt_cuda_data<T>(call->in[1]), g, count);
}

static dt_status conv2d_dw_cuda(dt_ctx *ctx, const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_begin(call);
    const dt_tensor *dy = call->in[0], *x = call->in[1], *dw = call->out[0];
    dt_conv_geo g = dt_conv_geo_make(&x->shape, &dw->shape, &dy->shape,
                                     &static_cast<const dt_conv2d_dw_args *>(call->args)->conv);
    if (dt_conv_w_count(g) == 0) return DT_OK;
    bool done = false;
    if (dt_conv_suits_cudnn(g, dy->dtype)) {
        dw_way way = {dt_cuda_data<void>(dy), dt_cuda_data<void>(x), dt_cuda_data<void>(dw)};
        DT_TRY(dt_conv_cudnn(ctx, cuda, way, g, &done));
    }
    if (!done && dy->dtype == DT_F32)
        launch_direct<float>(cuda, call, g);
    else if (!done)
        launch_direct<double>(cuda, call, g);
    return dt_cuda_end(ctx, cuda);
}

DT_CUDA_KERNEL(conv2d_dw, conv2d_dw_cuda, DT_M_FLOAT)
