#include "core/cuda/backend.h"

#include <string.h>

/* Bytes of one pinned buffer: large enough to hide what starting a copy costs. */
static const size_t stage_bytes = (size_t)1 << 20;

static dt_cuda_stage *take_stage(dt_cuda *cuda)
{
    return &cuda->stage[cuda->next_stage++ % DT_CUDA_STAGES];
}

static size_t part_bytes(size_t bytes, size_t at)
{
    return bytes - at < stage_bytes ? bytes - at : stage_bytes;
}

dt_status dt_cuda_stages_create(dt_cuda *cuda, dt_error *err)
{
    for (dt_cuda_stage &stage : cuda->stage) {
        cudaError_t error = cudaMallocHost(&stage.host, stage_bytes);
        if (error == cudaSuccess) error = cudaEventCreateWithFlags(&stage.done, cudaEventDisableTiming);
        if (error != cudaSuccess) return dt_cuda_fail_err(err, cuda, error, "making a pinned buffer");
    }
    return DT_OK;
}

void dt_cuda_stages_destroy(dt_cuda *cuda)
{
    for (dt_cuda_stage &stage : cuda->stage) {
        if (stage.done) cudaEventDestroy(stage.done);
        cudaFreeHost(stage.host);
    }
}

dt_status dt_cuda_alloc(dt_device *device, size_t bytes, void **ptr, dt_error *err)
{
    *ptr = NULL;
    cudaSetDevice(device->index);
    cudaError_t error = cudaMalloc(ptr, bytes ? bytes : 1);
    if (error == cudaSuccess) return DT_OK;
    cudaGetLastError();
    if (error != cudaErrorMemoryAllocation)
        return dt_cuda_fail_err(err, dt_cuda_of(device), error, "making a tensor");
    size_t unused = 0, total = 0;
    if (cudaMemGetInfo(&unused, &total) != cudaSuccess) cudaGetLastError();
    return dt_fail(err, DT_ERR_MEMORY,
                   "out of memory: %zu bytes for a tensor on %s (%zu of %zu MiB are free)", bytes,
                   device->name, unused >> 20, total >> 20);
}

void dt_cuda_free(dt_device *device, void *ptr)
{
    cudaSetDevice(device->index);
    cudaFree(ptr);
}

dt_status dt_cuda_host_alloc(dt_device *device, size_t bytes, void **ptr, dt_error *err)
{
    *ptr = NULL;
    cudaSetDevice(device->index);
    cudaError_t error = cudaHostAlloc(ptr, bytes ? bytes : 1, cudaHostAllocDefault);
    if (error == cudaSuccess) return DT_OK;
    cudaGetLastError();
    return dt_cuda_fail_err(err, dt_cuda_of(device), error, "making a page-locked buffer");
}

void dt_cuda_host_free(dt_device *device, void *ptr)
{
    cudaSetDevice(device->index);
    cudaFreeHost(ptr);
}

/* Returns when the last part lies in a pinned buffer: waits only when the ring is full of copies on their
 * way. */
dt_status dt_cuda_copy_in(dt_device *device, void *dst, const void *host, size_t bytes, dt_error *err)
{
    dt_cuda *cuda = dt_cuda_of(device);
    cudaError_t error = cudaSetDevice(device->index);
    for (size_t at = 0; at < bytes && error == cudaSuccess; at += stage_bytes) {
        dt_cuda_stage *stage = take_stage(cuda);
        size_t part = part_bytes(bytes, at);
        error = cudaEventSynchronize(stage->done);
        if (error != cudaSuccess) break;
        memcpy(stage->host, static_cast<const char *>(host) + at, part);
        error = cudaMemcpyAsync(static_cast<char *>(dst) + at, stage->host, part, cudaMemcpyHostToDevice,
                                cuda->stream);
        if (error == cudaSuccess) error = cudaEventRecord(stage->done, cuda->stream);
    }
    return error == cudaSuccess ? DT_OK : dt_cuda_fail_err(err, cuda, error, "copying to the GPU");
}

/* Starts the copy of a part, then empties the buffer of the part before it. */
dt_status dt_cuda_copy_out(dt_device *device, void *host, const void *src, size_t bytes, dt_error *err)
{
    dt_cuda *cuda = dt_cuda_of(device);
    dt_cuda_stage *before = NULL;
    cudaError_t error = cudaSetDevice(device->index);
    for (size_t at = 0; (at < bytes || before) && error == cudaSuccess; at += stage_bytes) {
        dt_cuda_stage *stage = at < bytes ? take_stage(cuda) : NULL;
        if (stage)
            error = cudaMemcpyAsync(stage->host, static_cast<const char *>(src) + at, part_bytes(bytes, at),
                                    cudaMemcpyDeviceToHost, cuda->stream);
        if (stage && error == cudaSuccess) error = cudaEventRecord(stage->done, cuda->stream);
        if (before && error == cudaSuccess) error = cudaEventSynchronize(before->done);
        if (before && error == cudaSuccess)
            memcpy(static_cast<char *>(host) + (at - stage_bytes), before->host,
                   part_bytes(bytes, at - stage_bytes));
        before = stage;
    }
    return error == cudaSuccess ? DT_OK : dt_cuda_fail_err(err, cuda, error, "copying from the GPU");
}

dt_status dt_cuda_copy_within(dt_device *device, void *dst, const void *src, size_t bytes, dt_error *err)
{
    dt_cuda *cuda = dt_cuda_of(device);
    cudaError_t error = cudaSetDevice(device->index);
    if (error == cudaSuccess && bytes)
        error = cudaMemcpyAsync(dst, src, bytes, cudaMemcpyDeviceToDevice, cuda->stream);
    return error == cudaSuccess ? DT_OK : dt_cuda_fail_err(err, cuda, error, "copying on the GPU");
}

dt_status dt_cuda_zero(dt_device *device, void *dst, size_t bytes, dt_error *err)
{
    dt_cuda *cuda = dt_cuda_of(device);
    cudaError_t error = cudaSetDevice(device->index);
    if (error == cudaSuccess && bytes) error = cudaMemsetAsync(dst, 0, bytes, cuda->stream);
    return error == cudaSuccess ? DT_OK : dt_cuda_fail_err(err, cuda, error, "zeroing");
}

dt_status dt_cuda_sync(dt_device *device, dt_error *err)
{
    dt_cuda *cuda = dt_cuda_of(device);
    cudaError_t error = cudaSetDevice(device->index);
    if (error == cudaSuccess) error = cudaStreamSynchronize(cuda->stream);
    if (error == cudaSuccess) error = cudaGetLastError();
    return error == cudaSuccess ? DT_OK : dt_cuda_fail_err(err, cuda, error, "waiting for the GPU");
}
