/** What the files of the CUDA module share. Everything here is inside dettool_cuda.so; the program sees only
 *  dt_backend_module (core/device.h) and the functions marked DT_CUDA_EXPORT.
 *
 *  A kernel file core/ops/<op>_cuda.cu ends with DT_CUDA_KERNEL(op, fn, dtypes); module.cu finds it by the
 * op's name in core/ops/op_list.def. A kernel function may rely on what the op's infer checked, begins with
 * dt_cuda_begin, launches on cuda->stream and returns dt_cuda_end. It does not wait: errors of the run itself
 * appear at the next copy_out or sync (DT_CUDA_SYNC=1 in the environment waits after every kernel, so that
 * the message names the right one). */
#ifndef DT_CORE_CUDA_BACKEND_H
#define DT_CORE_CUDA_BACKEND_H

#include <cuda_runtime.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

extern "C" {
#include "core/device.h"
#include "core/tensor.h"
}

struct cublasContext; /* cublasHandle_t and cudnnHandle_t point to these */
struct cudnnContext;

/** A ring of pinned buffers of the host through which copies go, so that copy_in need not wait for the
 * kernels that were launched before. */
enum { DT_CUDA_STAGES = 8 };
struct dt_cuda_stage {
    void *host;
    cudaEvent_t done; /* the copy that used the buffer last */
};

struct dt_cuda_memo;

/** dt_device.state of a CUDA device. */
struct dt_cuda {
    const dt_host *host;
    dt_device *device;
    cudaStream_t stream; /* the only one: all work of a device is in order */
    struct cublasContext *blas;
    struct cudnnContext *dnn;
    void *blas_workspace;
    dt_cuda_stage stage[DT_CUDA_STAGES];
    unsigned next_stage;
    int multiprocessors;
    int tf32; /* DT_CUDA_TF32=1: matrix products and convolutions may round operands to 10 bits of mantissa */
    int sync_each;    /* DT_CUDA_SYNC=1 */
    const char *last; /* the op that was launched last, for messages */
    dt_cuda_memo *memo;
};

static inline dt_cuda *dt_cuda_of(const dt_device *device)
{
    return static_cast<dt_cuda *>(device->state);
}

/** Makes the device current for this thread. */
dt_cuda *dt_cuda_begin(const dt_call *call);
/** Reports a launch that failed, under the op's name. */
dt_status dt_cuda_end(dt_ctx *ctx, dt_cuda *cuda);

/** "cuda:0: conv2d: out of memory"; DT_ERR_MEMORY or DT_ERR_DEVICE. */
dt_status dt_cuda_fail(dt_ctx *ctx, dt_cuda *cuda, cudaError_t error);
/** The same without a context. `doing`: what was asked for. */
dt_status dt_cuda_fail_err(dt_error *err, const dt_cuda *cuda, cudaError_t error, const char *doing);

/** Failure of cuBLAS or cuDNN, `text` theirs. */
dt_status dt_cuda_fail_library(dt_ctx *ctx, dt_cuda *cuda, const char *call, const char *text);

/* memory.cu */
dt_status dt_cuda_stages_create(dt_cuda *cuda, dt_error *err);
void dt_cuda_stages_destroy(dt_cuda *cuda);
dt_status dt_cuda_alloc(dt_device *device, size_t bytes, void **ptr, dt_error *err);
void dt_cuda_free(dt_device *device, void *ptr);
dt_status dt_cuda_host_alloc(dt_device *device, size_t bytes, void **ptr, dt_error *err);
void dt_cuda_host_free(dt_device *device, void *ptr);
dt_status dt_cuda_copy_in(dt_device *device, void *dst, const void *host, size_t bytes, dt_error *err);
dt_status dt_cuda_copy_out(dt_device *device, void *host, const void *src, size_t bytes, dt_error *err);
dt_status dt_cuda_copy_within(dt_device *device, void *dst, const void *src, size_t bytes, dt_error *err);
dt_status dt_cuda_zero(dt_device *device, void *dst, size_t bytes, dt_error *err);
dt_status dt_cuda_sync(dt_device *device, dt_error *err);

/* gemm.cu */

/** Row-major products c[i] = op(a[i]) op(b[i]) of `batch` matrices that lie stride_* elements apart (0: the
 * same one): op(a) (m,k), op(b) (k,n), c (m,n). f32 or f64; sizes may be 0. */
struct dt_cuda_gemm_args {
    dt_dtype dtype;
    int trans_a, trans_b;
    int64_t m, n, k, batch, stride_a, stride_b, stride_c;
};
dt_status dt_cuda_gemm(dt_ctx *ctx, dt_cuda *cuda, const dt_cuda_gemm_args &g, const void *a, const void *b,
                       void *c);

/** y[i] += bias[i / inner % channels] for n elements. */
void dt_cuda_add_bias(dt_cuda *cuda, dt_dtype dtype, void *y, const void *bias, int64_t n, int64_t channels,
                      int64_t inner);

/* memo.cu: what a library advised for a problem, by the bytes of a key (padding zeroed). */
enum { DT_CUDA_MEMO_KEY = 128 };
int dt_cuda_memo_find(const dt_cuda *cuda, const void *key, size_t bytes, int *value);
/** Forgets an older entry when it is full; without memory it remembers nothing. */
void dt_cuda_memo_put(dt_cuda *cuda, const void *key, size_t bytes, int value);
void dt_cuda_memo_destroy(dt_cuda *cuda);

/** Scratch memory of a kernel, given back at the end of the block. ptr is NULL after a failure (the context
 * knows). The next taker's work is behind ours in the stream, so giving back before the kernel has run is
 * safe. */
struct dt_cuda_scratch {
    dt_ctx *ctx;
    dt_cuda *cuda;
    void *ptr;
    dt_cuda_scratch(dt_ctx *c, dt_cuda *d, size_t bytes)
        : ctx(c), cuda(d), ptr(d->host->scratch_take(c, d->device, bytes))
    {
    }
    ~dt_cuda_scratch()
    {
        if (ptr) cuda->host->scratch_give(ctx, cuda->device, ptr);
    }
    dt_cuda_scratch(const dt_cuda_scratch &) = delete;
    dt_cuda_scratch &operator=(const dt_cuda_scratch &) = delete;
};

/** First element, on the device. */
template <typename T> static inline T *dt_cuda_data(const dt_tensor *t)
{
    return reinterpret_cast<T *>(static_cast<char *>(t->storage->data) +
                                 static_cast<size_t>(t->offset) * dt_dtype_size(t->dtype));
}

/** Blocks for n threads' work in a grid-stride loop: enough to fill the GPU, never more than that. */
enum { DT_CUDA_THREADS = 256 };
static inline unsigned dt_cuda_blocks(const dt_cuda *cuda, int64_t n)
{
    int64_t blocks = (n + DT_CUDA_THREADS - 1) / DT_CUDA_THREADS, most = 32LL * cuda->multiprocessors;
    return static_cast<unsigned>(blocks < 1 ? 1 : blocks < most ? blocks : most);
}

#define DT_CUDA_KERNEL(op, function, dtypes)                                                                 \
    extern "C" {                                                                                             \
    extern const dt_kernel dt_cuda_##op;                                                                     \
    const dt_kernel dt_cuda_##op = {function, dtypes};                                                       \
    }

#define DT_CUDA_EXPORT extern "C" __attribute__((visibility("default")))

#endif
