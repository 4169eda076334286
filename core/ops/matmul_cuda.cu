#include "core/cuda/strides.cuh"

extern "C" {
#include "core/ops/nn.h"
}

/* The leading axes are merged as far as both operands allow; the innermost of what is left is cuBLAS's batch,
 * the others are a loop. A weight that all batches share makes one tall product. */
static dt_status matmul_cuda(dt_ctx *ctx, const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_begin(call);
    const dt_matmul_args *args = static_cast<const dt_matmul_args *>(call->args);
    const dt_tensor *a = call->in[0], *b = call->in[1], *y = call->out[0];
    int rank = y->shape.rank, ra = a->shape.rank, rb = b->shape.rank;
    dt_shape lead = y->shape;
    lead.rank = rank - 2;
    int64_t batch = dt_shape_numel(&lead);
    dt_cuda_gemm_args g = {};
    g.dtype = a->dtype;
    g.trans_a = args->trans_a != 0;
    g.trans_b = args->trans_b != 0;
    g.m = y->shape.dim[rank - 2];
    g.n = y->shape.dim[rank - 1];
    g.k = a->shape.dim[g.trans_a ? ra - 2 : ra - 1];
    g.batch = 1;
    if (batch == 0 || g.m == 0 || g.n == 0) return DT_OK;

    /* Operands are contiguous, so a batch axis that is really there has the stride of its own shape. */
    dt_tensor la = *a, lb = *b;
    la.shape.rank = ra - 2;
    lb.shape.rank = rb - 2;
    int64_t stride[2][DT_MAX_RANK];
    dt_cuda_broadcast(&la, lead, stride[0]);
    dt_cuda_broadcast(&lb, lead, stride[1]);
    dt_cuda_axes<2, uint64_t> axes = dt_cuda_merge<2>(lead, stride);
    int64_t loops = 1;
    for (int i = 1; i < axes.rank; i++)
        loops *= static_cast<int64_t>(axes.dim[i]);
    if (axes.rank > 0) {
        g.batch = static_cast<int64_t>(axes.dim[0]);
        g.stride_a = static_cast<int64_t>(axes.stride[0][0]);
        g.stride_b = static_cast<int64_t>(axes.stride[1][0]);
        g.stride_c = g.m * g.n;
    }
    int64_t per_loop = g.batch * g.m * g.n;
    if (!g.trans_a && g.stride_b == 0 && g.stride_a == g.m * g.k) {
        g.m *= g.batch;
        g.batch = 1;
    }
    size_t size = dt_dtype_size(a->dtype);
    for (int64_t t = 0; t < loops; t++) {
        int64_t at_a = 0, at_b = 0, rest = t;
        for (int i = 1; i < axes.rank; i++) {
            int64_t dim = static_cast<int64_t>(axes.dim[i]), at = rest % dim;
            at_a += at * static_cast<int64_t>(axes.stride[0][i]);
            at_b += at * static_cast<int64_t>(axes.stride[1][i]);
            rest /= dim;
        }
        DT_TRY(dt_cuda_gemm(ctx, cuda, g, dt_cuda_data<char>(a) + static_cast<size_t>(at_a) * size,
                            dt_cuda_data<char>(b) + static_cast<size_t>(at_b) * size,
                            dt_cuda_data<char>(y) + static_cast<size_t>(t * per_loop) * size));
    }
    return dt_cuda_end(ctx, cuda);
}

DT_CUDA_KERNEL(matmul, matmul_cuda, DT_M_FLOAT)
