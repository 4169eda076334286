/** Sums over the threads of a block, in a fixed order. */
#ifndef DT_CORE_CUDA_REDUCE_CUH
#define DT_CORE_CUDA_REDUCE_CUH

#include "core/cuda/backend.h"

/** Sum of `value` over the DT_CUDA_THREADS threads of the block, the same in all of them. shared: that many
 * elements, free for the next use when the function returns. All threads of the block must call it. */
template <typename S> static __device__ S dt_cuda_block_sum(S value, S *shared)
{
    shared[threadIdx.x] = value;
    __syncthreads();
    for (unsigned half = DT_CUDA_THREADS / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
        __syncthreads();
    }
    S total = shared[0];
    __syncthreads();
    return total;
}

#endif
