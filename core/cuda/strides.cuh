/** Index arithmetic of kernels that read operands of any strides. */
#ifndef DT_CORE_CUDA_STRIDES_CUH
#define DT_CORE_CUDA_STRIDES_CUH

#include "core/cuda/backend.h"

/** Axes of a loop over a shape and the strides of N operands along them, in elements; axis 0 is the
 * innermost. Index is uint32_t where every index fits, else uint64_t: dividing 64-bit numbers is slow on a
 * GPU. */
template <int N, typename Index> struct dt_cuda_axes {
    int rank;
    Index dim[DT_MAX_RANK];
    Index stride[N][DT_MAX_RANK];

    /** Positions of the operands at flat (row-major) position i. */
    __device__ void locate(Index i, Index at[N]) const
    {
        for (int k = 0; k < N; k++)
            at[k] = 0;
        for (int axis = 0; axis < rank - 1; axis++) {
            Index q = i / dim[axis], r = i - q * dim[axis];
            for (int k = 0; k < N; k++)
                at[k] += r * stride[k][axis];
            i = q;
        }
        if (rank > 0)
            for (int k = 0; k < N; k++)
                at[k] += i * stride[k][rank - 1];
    }
};

/** The loop over `shape` with axes merged wherever all operands step through them as through one, and axes of
 * length 1 left out. */
template <int N>
static inline dt_cuda_axes<N, uint64_t> dt_cuda_merge(const dt_shape &shape,
                                                      const int64_t (&stride)[N][DT_MAX_RANK])
{
    dt_cuda_axes<N, uint64_t> a = {};
    for (int i = shape.rank - 1; i >= 0; i--) {
        if (shape.dim[i] == 1) continue;
        bool merges = a.rank > 0;
        for (int k = 0; k < N && merges; k++)
            merges = static_cast<uint64_t>(stride[k][i]) == a.stride[k][a.rank - 1] * a.dim[a.rank - 1];
        if (merges) {
            a.dim[a.rank - 1] *= static_cast<uint64_t>(shape.dim[i]);
            continue;
        }
        a.dim[a.rank] = static_cast<uint64_t>(shape.dim[i]);
        for (int k = 0; k < N; k++)
            a.stride[k][a.rank] = static_cast<uint64_t>(stride[k][i]);
        a.rank++;
    }
    return a;
}

/** True if n and every position an operand can have are below 2^31. */
template <int N> static inline bool dt_cuda_is_small(const dt_cuda_axes<N, uint64_t> &a, int64_t n)
{
    const uint64_t limit = (uint64_t)1 << 31;
    bool small = static_cast<uint64_t>(n) < limit;
    for (int k = 0; k < N; k++) {
        uint64_t last = 0;
        for (int i = 0; i < a.rank; i++)
            last += (a.dim[i] - 1) * a.stride[k][i];
        small = small && last < limit;
    }
    return small;
}

template <int N> static inline dt_cuda_axes<N, uint32_t> dt_cuda_narrow(const dt_cuda_axes<N, uint64_t> &a)
{
    dt_cuda_axes<N, uint32_t> b = {};
    b.rank = a.rank;
    for (int i = 0; i < a.rank; i++) {
        b.dim[i] = static_cast<uint32_t>(a.dim[i]);
        for (int k = 0; k < N; k++)
            b.stride[k][i] = static_cast<uint32_t>(a.stride[k][i]);
    }
    return b;
}

/** True if operand k is read in order. */
template <int N> static inline bool dt_cuda_is_flat(const dt_cuda_axes<N, uint64_t> &a)
{
    for (int k = 0; k < N; k++)
        if (a.rank > 1 || (a.rank == 1 && a.stride[k][0] != 1)) return false;
    return true;
}

/** Strides with which x is read to give the elements of the result's shape (0 where it broadcasts). */
static inline void dt_cuda_broadcast(const dt_tensor *x, const dt_shape &shape,
                                     int64_t (&stride)[DT_MAX_RANK])
{
    int lead = shape.rank - x->shape.rank;
    for (int i = 0; i < shape.rank; i++)
        stride[i] = i < lead || x->shape.dim[i - lead] != shape.dim[i] ? 0 : x->stride[i - lead];
}

/** A grid-stride loop: `for (DT_CUDA_LOOP(Index, i, n))`. */
#define DT_CUDA_LOOP(Index, i, n)                                                                            \
    Index i = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;                                     \
    i < (n);                                                                                                 \
    i += static_cast<Index>(gridDim.x) * blockDim.x

#endif
