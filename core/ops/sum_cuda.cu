/* Sums over any axes, in double for floating types, in an order that depends on the shape alone: the terms of
 * one result are cut into chunks; the threads of a block add a chunk in a fixed tree; a second pass adds the
 * chunks. */
#include "core/cuda/reduce.cuh"
#include "core/cuda/strides.cuh"

extern "C" {
#include "core/ops/sum.h"
}

template <typename T> struct sum_type {
    typedef double type;
};
template <> struct sum_type<int32_t> {
    typedef int64_t type;
};
template <> struct sum_type<int64_t> {
    typedef int64_t type;
};

/* Terms that a block adds: 16 a thread. */
enum { CHUNK = 16 * DT_CUDA_THREADS };

struct sum_plan {
    dt_cuda_axes<1, uint64_t> outer, inner; /* axes that stay, axes that go */
    int64_t n, m;                           /* results, terms of each */
};

static sum_plan make_plan(const dt_tensor *x, uint32_t axes)
{
    dt_shape outer = {}, inner = {};
    int64_t outer_stride[1][DT_MAX_RANK] = {}, inner_stride[1][DT_MAX_RANK] = {};
    for (int i = 0; i < x->shape.rank; i++) {
        bool gone = (axes & DT_BIT(i)) != 0;
        dt_shape *s = gone ? &inner : &outer;
        (gone ? inner_stride : outer_stride)[0][s->rank] = x->stride[i];
        s->dim[s->rank++] = x->shape.dim[i];
    }
    sum_plan plan;
    plan.n = dt_shape_numel(&outer);
    plan.m = dt_shape_numel(&inner);
    plan.outer = dt_cuda_merge<1>(outer, outer_stride);
    plan.inner = dt_cuda_merge<1>(inner, inner_stride);
    return plan;
}

/* One thread a result, for sums of few terms or along an axis that is not the innermost: neighbours read
 * neighbours. */
template <typename T, typename Index>
__global__ void sum_by_thread(T *y, const T *x, Index n, Index m, dt_cuda_axes<1, Index> outer,
                              dt_cuda_axes<1, Index> inner)
{
    for (DT_CUDA_LOOP(Index, i, n)) {
        Index base[1], at[1];
        outer.locate(i, base);
        typename sum_type<T>::type total = 0;
        for (Index j = 0; j < m; j++) {
            inner.locate(j, at);
            total += x[base[0] + at[0]];
        }
        y[i] = static_cast<T>(total);
    }
}

/* Block b adds chunk b % chunks of result b / chunks. */
template <typename T, typename S, typename Index>
__global__ void sum_chunks(S *partial, const T *x, int64_t blocks, Index m, Index chunks,
                           dt_cuda_axes<1, Index> outer, dt_cuda_axes<1, Index> inner)
{
    __shared__ S shared[DT_CUDA_THREADS];
    for (int64_t b = blockIdx.x; b < blocks; b += gridDim.x) {
        Index result = static_cast<Index>(b / chunks), chunk = static_cast<Index>(b % chunks), base[1], at[1];
        outer.locate(result, base);
        Index begin = chunk * CHUNK, end = m - begin < CHUNK ? m : begin + CHUNK;
        S total = 0;
        for (Index j = begin + threadIdx.x; j < end; j += DT_CUDA_THREADS) {
            inner.locate(j, at);
            total += x[base[0] + at[0]];
        }
        total = dt_cuda_block_sum(total, shared);
        if (threadIdx.x == 0) partial[b] = total;
    }
}

template <typename T, typename S>
__global__ void add_chunks(T *y, const S *partial, int64_t n, int64_t chunks)
{
    __shared__ S shared[DT_CUDA_THREADS];
    for (int64_t i = blockIdx.x; i < n; i += gridDim.x) {
        S total = 0;
        for (int64_t j = threadIdx.x; j < chunks; j += DT_CUDA_THREADS)
            total += partial[i * chunks + j];
        total = dt_cuda_block_sum(total, shared);
        if (threadIdx.x == 0) y[i] = static_cast<T>(total);
    }
}

template <typename T, typename Index>
static dt_status launch(dt_ctx *ctx, dt_cuda *cuda, const dt_call *call, const sum_plan &plan,
                        const dt_cuda_axes<1, Index> &outer, const dt_cuda_axes<1, Index> &inner)
{
    typedef typename sum_type<T>::type S;
    T *y = dt_cuda_data<T>(call->out[0]);
    const T *x = dt_cuda_data<T>(call->in[0]);
    bool innermost_stays = plan.outer.rank > 0 && plan.outer.stride[0][0] == 1 && plan.n >= 4096;
    if (plan.m <= 32 || innermost_stays) {
        sum_by_thread<<<dt_cuda_blocks(cuda, plan.n), DT_CUDA_THREADS, 0, cuda->stream>>>(
            y, x, static_cast<Index>(plan.n), static_cast<Index>(plan.m), outer, inner);
        return dt_cuda_end(ctx, cuda);
    }
    int64_t chunks = (plan.m + CHUNK - 1) / CHUNK, blocks = plan.n * chunks;
    dt_cuda_scratch partial(ctx, cuda, static_cast<size_t>(blocks) * sizeof(S));
    if (!partial.ptr) return DT_ERR_MEMORY;
    S *sums = static_cast<S *>(partial.ptr);
    unsigned grid = dt_cuda_blocks(cuda, blocks * DT_CUDA_THREADS);
    sum_chunks<T, S, Index><<<grid, DT_CUDA_THREADS, 0, cuda->stream>>>(
        sums, x, blocks, static_cast<Index>(plan.m), static_cast<Index>(chunks), outer, inner);
    add_chunks<T, S><<<dt_cuda_blocks(cuda, plan.n * DT_CUDA_THREADS), DT_CUDA_THREADS, 0, cuda->stream>>>(
        y, sums, plan.n, chunks);
    return dt_cuda_end(ctx, cuda);
}

template <typename T> static dt_status sum_as(dt_ctx *ctx, dt_cuda *cuda, const dt_call *call)
{
    const dt_tensor *x = call->in[0];
    sum_plan plan = make_plan(x, static_cast<const dt_sum_args *>(call->args)->axes);
    if (plan.n == 0) return DT_OK;
    if (plan.m == 0) {
        cudaError_t error = cudaMemsetAsync(dt_cuda_data<T>(call->out[0]), 0,
                                            static_cast<size_t>(plan.n) * sizeof(T), cuda->stream);
        return error == cudaSuccess ? DT_OK : dt_cuda_fail(ctx, cuda, error);
    }
    bool small = dt_cuda_is_small(plan.outer, plan.n) && dt_cuda_is_small(plan.inner, plan.m) &&
                 dt_shape_numel(&x->shape) < (int64_t)1 << 31;
    for (int i = 0; i < x->shape.rank && small; i++) /* six such axes stay below 2^31 */
        small = x->shape.dim[i] * x->stride[i] < (int64_t)1 << 28;
    if (small)
        return launch<T, uint32_t>(ctx, cuda, call, plan, dt_cuda_narrow(plan.outer),
                                   dt_cuda_narrow(plan.inner));
    return launch<T, uint64_t>(ctx, cuda, call, plan, plan.outer, plan.inner);
}

static dt_status sum_cuda(dt_ctx *ctx, const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_begin(call);
    switch (call->in[0]->dtype) {
    case DT_F32:
        return sum_as<float>(ctx, cuda, call);
    case DT_F64:
        return sum_as<double>(ctx, cuda, call);
    case DT_I32:
        return sum_as<int32_t>(ctx, cuda, call);
    default:
        return sum_as<int64_t>(ctx, cuda, call);
    }
}

DT_CUDA_KERNEL(sum, sum_cuda, DT_M_FLOAT | DT_BIT(DT_I32) | DT_BIT(DT_I64))
