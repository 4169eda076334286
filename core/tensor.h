/** Tensors: row-major, PyTorch's order (N,C,H,W), strides in elements, rank <= 6. Views share storage.
 *
 * Ownership: a tensor that a function returns belongs to the open scope of the context (core/ctx.h) and dies
 * with it. dt_tensor_retain keeps it beyond; every retain needs one dt_tensor_release. */
#ifndef DT_CORE_TENSOR_H
#define DT_CORE_TENSOR_H

#include "core/types.h"

typedef struct dt_storage {
    dt_device *device;
    void *data;
    size_t bytes;
    int refs;
    uint32_t version; /* bumped by every write in place: backward refuses a saved operand that changed */
    int borrowed;     /* data belongs to somebody else */
} dt_storage;

/** Fields are for reading; write through the functions. */
struct dt_tensor {
    dt_dtype dtype;
    dt_shape shape;
    int64_t stride[DT_MAX_RANK];
    int64_t offset; /* elements from the start of the storage */
    dt_storage *storage;
    dt_device *device;
    int refs;
    int requires_grad; /* a leaf whose gradient is wanted */
    dt_tensor *grad;   /* of a leaf, after dt_backward; owned by the tensor */
    /* place on the tape that recorded it */
    uint32_t tape_generation;
    int32_t var;
};

/* --- making --- (on the context's default device unless said otherwise) */
dt_tensor *dt_empty(dt_ctx *ctx, dt_dtype dtype, dt_shape shape);
dt_tensor *dt_empty_on(dt_ctx *ctx, dt_device *device, dt_dtype dtype, dt_shape shape);
dt_tensor *dt_zeros(dt_ctx *ctx, dt_dtype dtype, dt_shape shape);
dt_tensor *dt_full(dt_ctx *ctx, dt_dtype dtype, dt_shape shape, double value);
/** data: contiguous elements of `dtype` on the host; copied. */
dt_tensor *dt_from(dt_ctx *ctx, dt_dtype dtype, dt_shape shape, const void *data);
/** The same without a copy, CPU only; `data` must outlive the tensor and all its views. */
dt_tensor *dt_from_borrowed(dt_ctx *ctx, dt_dtype dtype, dt_shape shape, void *data);
dt_tensor *dt_zeros_like(dt_ctx *ctx, const dt_tensor *t);
/** A copy of its own, contiguous, on `device` (NULL: the tensor's own). Not recorded on the tape. */
dt_tensor *dt_clone_to(dt_ctx *ctx, const dt_tensor *t, dt_device *device);
/** A new dtype by value, as a copy. Not differentiable. */
dt_tensor *dt_cast(dt_ctx *ctx, dt_tensor *t, dt_dtype dtype);

/* --- ownership --- */
dt_tensor *dt_tensor_retain(dt_tensor *t);
void dt_tensor_release(dt_tensor *t);

/* --- reading --- */
int64_t dt_numel(const dt_tensor *t);
/** shape.dim[axis]; negative axes count from the end. */
int64_t dt_dim(const dt_tensor *t, int axis);
int dt_is_contiguous(const dt_tensor *t);
/** First element on the device (an address of the host for CPU tensors only). */
void *dt_data(const dt_tensor *t);
float *dt_f32(const dt_tensor *t);
double *dt_f64(const dt_tensor *t);
int64_t *dt_i64(const dt_tensor *t);
int32_t *dt_i32(const dt_tensor *t);
uint8_t *dt_u8(const dt_tensor *t);
/** Copies all elements in row-major order to the host, whatever device and strides. */
dt_status dt_read(dt_ctx *ctx, const dt_tensor *t, void *host, size_t bytes);
/** Value of a one-element tensor; NaN (and an error in the context) if it is not one. */
double dt_item(dt_ctx *ctx, const dt_tensor *t);

/* --- writing in place (never recorded) --- */
dt_status dt_write(dt_ctx *ctx, dt_tensor *t, const void *host, size_t bytes);
dt_status dt_copy_into(dt_ctx *ctx, dt_tensor *dst,
                       const dt_tensor *src); /* same shape and dtype; any devices */
dt_status dt_fill(dt_ctx *ctx, dt_tensor *t, double value);

/** Element index of flat position `i` (row-major) of a tensor with these dims, through strides. */
int64_t dt_strided_index(const dt_shape *shape, const int64_t *stride, int64_t i);

/** One element of a CPU tensor's storage as a double, `index` in elements from dt_data. For reference
 * kernels. */
double dt_get(const dt_tensor *t, int64_t index);
void dt_set(const dt_tensor *t, int64_t index, double value);

#endif
