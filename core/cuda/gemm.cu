#include "core/cuda/strides.cuh"

#include <cublas_v2.h>

/* cuBLAS is column-major: it sees our row-major matrices transposed, so it is asked for c^T = op(b)^T
 * op(a)^T. */
dt_status dt_cuda_gemm(dt_ctx *ctx, dt_cuda *cuda, const dt_cuda_gemm_args &g, const void *a, const void *b,
                       void *c)
{
    if (g.m == 0 || g.n == 0 || g.batch == 0) return DT_OK;
    if (g.k == 0) {
        for (int64_t i = 0; i < g.batch; i++) {
            char *at = static_cast<char *>(c) + static_cast<size_t>(i * g.stride_c) * dt_dtype_size(g.dtype);
            size_t bytes = static_cast<size_t>(g.m * g.n) * dt_dtype_size(g.dtype);
            cudaError_t error = cudaMemsetAsync(at, 0, bytes, cuda->stream);
            if (error != cudaSuccess) return dt_cuda_fail(ctx, cuda, error);
        }
        return DT_OK;
    }
    cublasOperation_t ta = g.trans_a ? CUBLAS_OP_T : CUBLAS_OP_N, tb = g.trans_b ? CUBLAS_OP_T : CUBLAS_OP_N;
    int64_t lda = g.trans_a ? g.m : g.k, ldb = g.trans_b ? g.k : g.n, ldc = g.n;
    cublasStatus_t st;
    if (g.dtype == DT_F32) {
        const float one = 1, zero = 0;
        st = cublasSgemmStridedBatched_64(cuda->blas, tb, ta, g.n, g.m, g.k, &one,
                                          static_cast<const float *>(b), ldb, g.stride_b,
                                          static_cast<const float *>(a), lda, g.stride_a, &zero,
                                          static_cast<float *>(c), ldc, g.stride_c, g.batch);
    } else {
        const double one = 1, zero = 0;
        st = cublasDgemmStridedBatched_64(cuda->blas, tb, ta, g.n, g.m, g.k, &one,
                                          static_cast<const double *>(b), ldb, g.stride_b,
                                          static_cast<const double *>(a), lda, g.stride_a, &zero,
                                          static_cast<double *>(c), ldc, g.stride_c, g.batch);
    }
    if (st == CUBLAS_STATUS_SUCCESS) return DT_OK;
    return dt_cuda_fail_library(ctx, cuda, "cuBLAS", cublasGetStatusString(st));
}

template <typename T>
__global__ void add_bias(T *y, const T *bias, int64_t n, int64_t channels, int64_t inner)
{
    for (DT_CUDA_LOOP(int64_t, i, n))
        y[i] += bias[i / inner % channels];
}

void dt_cuda_add_bias(dt_cuda *cuda, dt_dtype dtype, void *y, const void *bias, int64_t n, int64_t channels,
                      int64_t inner)
{
    if (n == 0) return;
    unsigned blocks = dt_cuda_blocks(cuda, n);
    if (dtype == DT_F32)
        add_bias<<<blocks, DT_CUDA_THREADS, 0, cuda->stream>>>(
            static_cast<float *>(y), static_cast<const float *>(bias), n, channels, inner);
    else
        add_bias<<<blocks, DT_CUDA_THREADS, 0, cuda->stream>>>(
            static_cast<double *>(y), static_cast<const double *>(bias), n, channels, inner);
}
