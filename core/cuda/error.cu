#include "core/cuda/backend.h"

static dt_status status_of(cudaError_t error)
{
    return error == cudaErrorMemoryAllocation ? DT_ERR_MEMORY : DT_ERR_DEVICE;
}

dt_cuda *dt_cuda_begin(const dt_call *call)
{
    dt_cuda *cuda = dt_cuda_of(call->out[0]->device);
    cuda->last = call->op->name;
    cudaSetDevice(cuda->device->index);
    return cuda;
}

/* cudaGetLastError also forgets an error that is not fatal to the device. */
dt_status dt_cuda_end(dt_ctx *ctx, dt_cuda *cuda)
{
    cudaError_t error = cudaGetLastError();
    if (error == cudaSuccess && cuda->sync_each) error = cudaStreamSynchronize(cuda->stream);
    return error == cudaSuccess ? DT_OK : dt_cuda_fail(ctx, cuda, error);
}

dt_status dt_cuda_fail(dt_ctx *ctx, dt_cuda *cuda, cudaError_t error)
{
    cudaGetLastError();
    return cuda->host->ctx_fail(ctx, status_of(error), "%s: %s: %s (%s)", cuda->device->name, cuda->last,
                                cudaGetErrorString(error), cudaGetErrorName(error));
}

dt_status dt_cuda_fail_err(dt_error *err, const dt_cuda *cuda, cudaError_t error, const char *doing)
{
    cudaGetLastError();
    return dt_fail(err, status_of(error), "%s: %s: %s (%s); launched last: %s", cuda->device->name, doing,
                   cudaGetErrorString(error), cudaGetErrorName(error), cuda->last);
}

dt_status dt_cuda_fail_library(dt_ctx *ctx, dt_cuda *cuda, const char *call, const char *text)
{
    return cuda->host->ctx_fail(ctx, DT_ERR_DEVICE, "%s: %s: %s: %s", cuda->device->name, cuda->last, call,
                                text);
}
