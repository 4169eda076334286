#include "core/cuda/backend.h"

#include <cublas_v2.h>
#include <cudnn.h>
#include <stdlib.h>
#include <string.h>

/* Every op's kernel, if some file of the module defines it. */
extern "C" {
#define DT_OP(name) extern const dt_kernel dt_cuda_##name __attribute__((weak, visibility("default")));
#include "core/ops/op_list.def"
#undef DT_OP
}

static const dt_kernel *const kernels[DT_OP_COUNT] = {
#define DT_OP(name) &dt_cuda_##name,
#include "core/ops/op_list.def"
#undef DT_OP
};

static dt_kernel_fn find_kernel(dt_device *device, const dt_op *op, dt_dtype dtype)
{
    (void)device;
    const dt_kernel *kernel = kernels[op->id];
    return kernel && kernel->dtypes & DT_BIT(dtype) ? kernel->fn : NULL;
}

static void close_device(dt_device *device)
{
    dt_cuda *cuda = dt_cuda_of(device);
    if (!cuda) return;
    cudaSetDevice(device->index);
    if (cuda->stream) cudaStreamSynchronize(cuda->stream);
    if (cuda->dnn) cudnnDestroy(cuda->dnn);
    if (cuda->blas) cublasDestroy(cuda->blas);
    cudaFree(cuda->blas_workspace);
    dt_cuda_stages_destroy(cuda);
    dt_cuda_memo_destroy(cuda);
    if (cuda->stream) cudaStreamDestroy(cuda->stream);
    cuda->host->free(cuda);
    device->state = NULL;
}

static const dt_backend backend = {
    "cuda",          dt_cuda_alloc,    dt_cuda_free,        dt_cuda_host_alloc, dt_cuda_host_free,
    dt_cuda_copy_in, dt_cuda_copy_out, dt_cuda_copy_within, dt_cuda_zero,       dt_cuda_sync,
    find_kernel,     close_device,
};

static int env_is_one(const char *name)
{
    const char *text = getenv(name);
    return text && strcmp(text, "1") == 0;
}

static dt_status check_gpu(const dt_device *device, dt_error *err)
{
    int count = 0;
    cudaError_t error = cudaGetDeviceCount(&count);
    if (error == cudaErrorInsufficientDriver || error == cudaErrorNoDevice ||
        (error == cudaSuccess && count == 0)) {
        int driver = 0, runtime = 0;
        cudaDriverGetVersion(&driver);
        cudaRuntimeGetVersion(&runtime);
        cudaGetLastError(); /* forgets the error */
        if (driver == 0)
            return dt_fail(err, DT_ERR_DEVICE, "%s: no NVIDIA driver is installed", device->name);
        if (driver < runtime && error == cudaErrorInsufficientDriver)
            return dt_fail(err, DT_ERR_DEVICE, "%s: the NVIDIA driver is for CUDA %d.%d; %d.%d is needed",
                           device->name, driver / 1000, driver % 1000 / 10, runtime / 1000,
                           runtime % 1000 / 10);
        return dt_fail(err, DT_ERR_DEVICE, "%s: there is no GPU", device->name);
    }
    if (error != cudaSuccess) {
        cudaGetLastError();
        return dt_fail(err, DT_ERR_DEVICE, "%s: looking for GPUs failed: %s", device->name,
                       cudaGetErrorString(error));
    }
    if (device->index >= count)
        return dt_fail(err, DT_ERR_DEVICE, "%s: there %s only %d GPU%s (cuda:0%s)", device->name,
                       count == 1 ? "is" : "are", count, count == 1 ? "" : "s", count == 1 ? "" : " and on");
    return DT_OK;
}

/* The workspace is ours, so that cuBLAS gives the same bits on every run. 32 MiB is what Hopper wants; all
 * take it. */
static dt_status open_blas(dt_cuda *cuda, dt_error *err)
{
    const size_t workspace = (size_t)32 << 20;
    cudaError_t error = cudaMalloc(&cuda->blas_workspace, workspace);
    if (error != cudaSuccess) return dt_cuda_fail_err(err, cuda, error, "making the workspace of cuBLAS");
    cublasStatus_t st = cublasCreate(&cuda->blas);
    if (st == CUBLAS_STATUS_SUCCESS) st = cublasSetStream(cuda->blas, cuda->stream);
    if (st == CUBLAS_STATUS_SUCCESS) st = cublasSetWorkspace(cuda->blas, cuda->blas_workspace, workspace);
    if (st == CUBLAS_STATUS_SUCCESS)
        st = cublasSetMathMode(cuda->blas, cuda->tf32 ? CUBLAS_TF32_TENSOR_OP_MATH : CUBLAS_DEFAULT_MATH);
    if (st == CUBLAS_STATUS_SUCCESS) st = cublasSetAtomicsMode(cuda->blas, CUBLAS_ATOMICS_NOT_ALLOWED);
    if (st == CUBLAS_STATUS_SUCCESS) return DT_OK;
    return dt_fail(err, st == CUBLAS_STATUS_ALLOC_FAILED ? DT_ERR_MEMORY : DT_ERR_DEVICE,
                   "%s: opening cuBLAS: %s", cuda->device->name, cublasGetStatusString(st));
}

static dt_status open_dnn(dt_cuda *cuda, dt_error *err)
{
    cudnnStatus_t st = cudnnCreate(&cuda->dnn);
    if (st == CUDNN_STATUS_SUCCESS) st = cudnnSetStream(cuda->dnn, cuda->stream);
    if (st == CUDNN_STATUS_SUCCESS) return DT_OK;
    return dt_fail(err, st == CUDNN_STATUS_ALLOC_FAILED ? DT_ERR_MEMORY : DT_ERR_DEVICE,
                   "%s: opening cuDNN %zu: %s", cuda->device->name, cudnnGetVersion(),
                   cudnnGetErrorString(st));
}

static dt_status open_parts(dt_cuda *cuda, dt_error *err)
{
    const dt_device *device = cuda->device;
    cudaDeviceProp facts;
    cudaError_t error = cudaSetDevice(device->index);
    if (error == cudaSuccess) error = cudaGetDeviceProperties(&facts, device->index);
    if (error != cudaSuccess) return dt_cuda_fail_err(err, cuda, error, "opening the GPU");
    cuda->multiprocessors = facts.multiProcessorCount;
    error = cudaStreamCreateWithFlags(&cuda->stream, cudaStreamNonBlocking);
    if (error != cudaSuccess) return dt_cuda_fail_err(err, cuda, error, "making a stream");
    DT_TRY(dt_cuda_stages_create(cuda, err));
    DT_TRY(open_blas(cuda, err));
    return open_dnn(cuda, err);
}

static dt_status open_device(const dt_host *host, dt_device *device, dt_error *err)
{
    DT_TRY(check_gpu(device, err));
    dt_cuda *cuda = static_cast<dt_cuda *>(host->calloc(1, sizeof *cuda));
    if (!cuda) return dt_fail_memory(err, sizeof *cuda, "the CUDA device");
    cuda->host = host;
    cuda->device = device;
    cuda->tf32 = env_is_one("DT_CUDA_TF32");
    cuda->sync_each = env_is_one("DT_CUDA_SYNC");
    cuda->last = "nothing";
    device->state = cuda;
    device->backend = &backend;
    dt_status st = open_parts(cuda, err);
    if (st != DT_OK) close_device(device);
    return st;
}

DT_CUDA_EXPORT const dt_backend_module dt_backend_entry;
const dt_backend_module dt_backend_entry = {DT_BACKEND_VERSION, DT_OP_COUNT, open_device};
