/* Batch normalisation by channel, arithmetic in double, sums in an order that depends on the shape alone. The
 * elements of a channel are cut into chunks; each gives its mean and its squared deviations from it, which
 * combine without loss. */
#include "core/cuda/reduce.cuh"
#include "core/cuda/strides.cuh"

extern "C" {
#include "core/ops/nn.h"
}

enum { PER_THREAD = 16, CHUNK = PER_THREAD * DT_CUDA_THREADS };

/* x (N,C,...) seen as (n, channels, inner); count = n * inner elements a channel, in `chunks` chunks. */
struct bn_geo {
    int64_t channels, inner, count, chunks, total;
};

static bn_geo geo_of(const dt_tensor *x)
{
    bn_geo g;
    g.channels = x->shape.dim[1];
    g.total = dt_shape_numel(&x->shape);
    g.inner = g.total > 0 ? g.total / (x->shape.dim[0] * g.channels) : 0;
    g.count = x->shape.dim[0] * g.inner;
    g.chunks = (g.count + CHUNK - 1) / CHUNK;
    return g;
}

/* Place of element i of channel c. */
static __device__ int64_t place(const bn_geo &g, int64_t c, int64_t i)
{
    int64_t n = i / g.inner;
    return (n * g.channels + c) * g.inner + (i - n * g.inner);
}

template <typename T> __global__ void chunk_moments(double2 *partial, const T *x, bn_geo g)
{
    __shared__ double shared[DT_CUDA_THREADS];
    for (int64_t b = blockIdx.x; b < g.channels * g.chunks; b += gridDim.x) {
        int64_t c = b / g.chunks, begin = b % g.chunks * CHUNK;
        int64_t end = g.count - begin < CHUNK ? g.count : begin + CHUNK;
        double value[PER_THREAD], sum = 0, squares = 0;
        for (int k = 0; k < PER_THREAD; k++) {
            int64_t i = begin + threadIdx.x + k * DT_CUDA_THREADS;
            value[k] = i < end ? static_cast<double>(x[place(g, c, i)]) : 0;
            sum += value[k];
        }
        double mean = dt_cuda_block_sum(sum, shared) / static_cast<double>(end - begin);
        for (int k = 0; k < PER_THREAD; k++) {
            double d = begin + threadIdx.x + k * DT_CUDA_THREADS < end ? value[k] - mean : 0;
            squares += d * d;
        }
        squares = dt_cuda_block_sum(squares, shared);
        if (threadIdx.x == 0) partial[b] = make_double2(mean, squares);
    }
}

static __device__ double chunk_count(const bn_geo &g, int64_t k)
{
    int64_t left = g.count - k * CHUNK;
    return static_cast<double>(left < CHUNK ? left : CHUNK);
}

struct bn_settings {
    int training;
    double momentum, eps;
};

/* One block a channel: statistics from the chunks (training) or from the running ones; stats[c] = {mean, 1 /
 * std}. */
template <typename T>
__global__ void finish_moments(double2 *stats, T *mean_out, T *invstd_out, T *running_mean, T *running_var,
                               const double2 *partial, bn_geo g, bn_settings s)
{
    __shared__ double shared[DT_CUDA_THREADS];
    int64_t c = blockIdx.x;
    double mean = 0, var = 0;
    if (s.training) {
        double sum = 0, squares = 0;
        for (int64_t k = threadIdx.x; k < g.chunks; k += DT_CUDA_THREADS)
            sum += chunk_count(g, k) * partial[c * g.chunks + k].x;
        sum = dt_cuda_block_sum(sum, shared);
        if (g.count > 0) mean = sum / static_cast<double>(g.count);
        for (int64_t k = threadIdx.x; k < g.chunks; k += DT_CUDA_THREADS) {
            double2 p = partial[c * g.chunks + k];
            squares += p.y + chunk_count(g, k) * (p.x - mean) * (p.x - mean);
        }
        squares = dt_cuda_block_sum(squares, shared);
        if (g.count > 0) var = squares / static_cast<double>(g.count);
        if (threadIdx.x == 0 && g.count > 0) {
            if (running_mean)
                running_mean[c] =
                    T((1 - s.momentum) * static_cast<double>(running_mean[c]) + s.momentum * mean);
            if (running_var)
                running_var[c] = T((1 - s.momentum) * static_cast<double>(running_var[c]) +
                                   s.momentum * squares / static_cast<double>(g.count - 1));
        }
    } else {
        mean = static_cast<double>(running_mean[c]);
        var = static_cast<double>(running_var[c]);
    }
    if (threadIdx.x == 0) {
        double invstd = 1 / sqrt(var + s.eps);
        stats[c] = make_double2(mean, invstd);
        mean_out[c] = T(mean);
        invstd_out[c] = T(invstd);
    }
}

template <typename T>
__global__ void normalise(T *y, const T *x, const double2 *stats, const T *weight, const T *bias, bn_geo g)
{
    for (DT_CUDA_LOOP(int64_t, i, g.total)) {
        int64_t c = i / g.inner % g.channels;
        double2 s = stats[c];
        double w = weight ? static_cast<double>(weight[c]) : 1, b = bias ? static_cast<double>(bias[c]) : 0;
        y[i] = T((static_cast<double>(x[i]) - s.x) * s.y * w + b);
    }
}

/* {sum of dy, sum of dy xhat} of a chunk. */
template <typename T>
__global__ void chunk_gradients(double2 *partial, const T *dy, const T *x, const T *mean, const T *invstd,
                                bn_geo g)
{
    __shared__ double shared[DT_CUDA_THREADS];
    for (int64_t b = blockIdx.x; b < g.channels * g.chunks; b += gridDim.x) {
        int64_t c = b / g.chunks, begin = b % g.chunks * CHUNK;
        int64_t end = g.count - begin < CHUNK ? g.count : begin + CHUNK;
        double m = static_cast<double>(mean[c]), r = static_cast<double>(invstd[c]), sum = 0, dot = 0;
        for (int64_t i = begin + threadIdx.x; i < end; i += DT_CUDA_THREADS) {
            int64_t at = place(g, c, i);
            double d = static_cast<double>(dy[at]);
            sum += d;
            dot += d * (static_cast<double>(x[at]) - m) * r;
        }
        sum = dt_cuda_block_sum(sum, shared);
        dot = dt_cuda_block_sum(dot, shared);
        if (threadIdx.x == 0) partial[b] = make_double2(sum, dot);
    }
}

template <typename T>
__global__ void finish_gradients(double2 *sums, T *dweight, T *dbias, const double2 *partial, bn_geo g)
{
    __shared__ double shared[DT_CUDA_THREADS];
    int64_t c = blockIdx.x;
    double sum = 0, dot = 0;
    for (int64_t k = threadIdx.x; k < g.chunks; k += DT_CUDA_THREADS) {
        double2 p = partial[c * g.chunks + k];
        sum += p.x;
        dot += p.y;
    }
    sum = dt_cuda_block_sum(sum, shared);
    dot = dt_cuda_block_sum(dot, shared);
    if (threadIdx.x == 0) {
        sums[c] = make_double2(sum, dot);
        dweight[c] = T(dot);
        dbias[c] = T(sum);
    }
}

template <typename T>
__global__ void spread_gradients(T *dx, const T *dy, const T *x, const T *mean, const T *invstd,
                                 const T *weight, const double2 *sums, bn_geo g, int training)
{
    double share = training ? 1 / static_cast<double>(g.count) : 0;
    for (DT_CUDA_LOOP(int64_t, i, g.total)) {
        int64_t c = i / g.inner % g.channels;
        double r = static_cast<double>(invstd[c]), w = weight ? static_cast<double>(weight[c]) : 1;
        double xhat = (static_cast<double>(x[i]) - static_cast<double>(mean[c])) * r;
        dx[i] = T(w * r * (static_cast<double>(dy[i]) - sums[c].x * share - xhat * sums[c].y * share));
    }
}

static const dt_tensor *operand(const dt_call *call, int i)
{
    return i < call->n_in ? call->in[i] : NULL;
}

template <typename T> static T *data_or_null(const dt_tensor *t)
{
    return t ? dt_cuda_data<T>(t) : NULL;
}

/* Two numbers a channel, then two a chunk. */
static size_t scratch_bytes(const bn_geo &g)
{
    return static_cast<size_t>(g.channels * (1 + g.chunks)) * sizeof(double2);
}

template <typename T> static dt_status forward(dt_ctx *ctx, dt_cuda *cuda, const dt_call *call)
{
    const dt_batch_norm_args *args = static_cast<const dt_batch_norm_args *>(call->args);
    const dt_tensor *x = call->in[0];
    bn_geo g = geo_of(x);
    if (g.channels == 0) return DT_OK;
    dt_cuda_scratch scratch(ctx, cuda, scratch_bytes(g));
    if (!scratch.ptr) return DT_ERR_MEMORY;
    double2 *stats = static_cast<double2 *>(scratch.ptr), *partial = stats + g.channels;
    bn_settings s = {args->training, args->momentum, args->eps};
    if (args->training && g.count > 0)
        chunk_moments<<<dt_cuda_blocks(cuda, g.channels * g.chunks * DT_CUDA_THREADS), DT_CUDA_THREADS, 0,
                        cuda->stream>>>(partial, dt_cuda_data<T>(x), g);
    finish_moments<<<static_cast<unsigned>(g.channels), DT_CUDA_THREADS, 0, cuda->stream>>>(
        stats, dt_cuda_data<T>(call->out[1]), dt_cuda_data<T>(call->out[2]),
        data_or_null<T>(operand(call, 3)), data_or_null<T>(operand(call, 4)), partial, g, s);
    if (g.total > 0)
        normalise<<<dt_cuda_blocks(cuda, g.total), DT_CUDA_THREADS, 0, cuda->stream>>>(
            dt_cuda_data<T>(call->out[0]), dt_cuda_data<T>(x), stats, data_or_null<T>(operand(call, 1)),
            data_or_null<T>(operand(call, 2)), g);
    return dt_cuda_end(ctx, cuda);
}

template <typename T> static dt_status backward(dt_ctx *ctx, dt_cuda *cuda, const dt_call *call)
{
    const dt_batch_norm_args *args = static_cast<const dt_batch_norm_args *>(call->args);
    const T *dy = dt_cuda_data<T>(call->in[0]), *x = dt_cuda_data<T>(call->in[1]);
    const T *mean = dt_cuda_data<T>(call->in[2]), *invstd = dt_cuda_data<T>(call->in[3]);
    bn_geo g = geo_of(call->in[1]);
    if (g.channels == 0) return DT_OK;
    dt_cuda_scratch scratch(ctx, cuda, scratch_bytes(g));
    if (!scratch.ptr) return DT_ERR_MEMORY;
    double2 *sums = static_cast<double2 *>(scratch.ptr), *partial = sums + g.channels;
    if (g.count > 0)
        chunk_gradients<<<dt_cuda_blocks(cuda, g.channels * g.chunks * DT_CUDA_THREADS), DT_CUDA_THREADS, 0,
                          cuda->stream>>>(partial, dy, x, mean, invstd, g);
    finish_gradients<<<static_cast<unsigned>(g.channels), DT_CUDA_THREADS, 0, cuda->stream>>>(
        sums, dt_cuda_data<T>(call->out[1]), dt_cuda_data<T>(call->out[2]), partial, g);
    if (g.total > 0)
        spread_gradients<<<dt_cuda_blocks(cuda, g.total), DT_CUDA_THREADS, 0, cuda->stream>>>(
            dt_cuda_data<T>(call->out[0]), dy, x, mean, invstd, data_or_null<T>(operand(call, 4)), sums, g,
            args->training);
    return dt_cuda_end(ctx, cuda);
}

static dt_status batch_norm_cuda(dt_ctx *ctx, const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_begin(call);
    return call->in[0]->dtype == DT_F32 ? forward<float>(ctx, cuda, call) : forward<double>(ctx, cuda, call);
}

static dt_status batch_norm_dx_cuda(dt_ctx *ctx, const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_begin(call);
    return call->in[0]->dtype == DT_F32 ? backward<float>(ctx, cuda, call)
                                        : backward<double>(ctx, cuda, call);
}

DT_CUDA_KERNEL(batch_norm, batch_norm_cuda, DT_M_FLOAT)
DT_CUDA_KERNEL(batch_norm_dx, batch_norm_dx_cuda, DT_M_FLOAT)
