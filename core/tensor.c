#include "core/tensor.h"

#include <math.h>
#include <string.h>

#include "core/autograd.h"
#include "core/ctx_impl.h"
#include "core/mem.h"
#include "core/ops.h"

void dt_strides_contiguous(const dt_shape *shape, int64_t *stride)
{
    int64_t step = 1;
    for (int i = shape->rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= shape->dim[i] > 0 ? shape->dim[i] : 1;
    }
}

static dt_storage *storage_make(dt_ctx *ctx, dt_device *device, size_t bytes)
{
    dt_storage *storage = dt_calloc(1, sizeof *storage);
    if (!storage) {
        dt_ctx_fail_memory(ctx, sizeof *storage, "a tensor");
        return NULL;
    }
    dt_error err = {0};
    if (dt_cache_alloc(device->cache, bytes, &storage->data, &err) != DT_OK) {
        dt_ctx_fail(ctx, err.status, "%s", err.text);
        dt_free(storage);
        return NULL;
    }
    storage->device = device;
    storage->bytes = bytes;
    storage->refs = 1;
    return storage;
}

static void storage_release(dt_storage *storage)
{
    if (--storage->refs > 0) return;
    if (!storage->borrowed) dt_cache_free(storage->device->cache, storage->data, storage->bytes);
    dt_free(storage);
}

dt_tensor *dt_tensor_make(dt_ctx *ctx, dt_device *device, const dt_meta *meta, dt_storage *storage)
{
    if (meta->shape.rank < 0 || meta->shape.rank > DT_MAX_RANK) {
        dt_ctx_fail(ctx, DT_ERR_SHAPE, "rank %d; at most %d is possible", meta->shape.rank, DT_MAX_RANK);
        return NULL;
    }
    size_t bytes = dt_dtype_size(meta->dtype);
    for (int i = 0; i < meta->shape.rank; i++) {
        if (meta->shape.dim[i] < 0 || __builtin_mul_overflow(bytes, (size_t)meta->shape.dim[i], &bytes) ||
            bytes > (size_t)1 << 46) {
            char text[DT_SHAPE_TEXT];
            dt_ctx_fail(ctx, DT_ERR_SHAPE, "a tensor of shape %s is impossible",
                        dt_shape_text(&meta->shape, text));
            return NULL;
        }
    }
    dt_tensor *t = dt_calloc(1, sizeof *t);
    if (!t) {
        dt_ctx_fail_memory(ctx, sizeof *t, "a tensor");
        return NULL;
    }
    t->dtype = meta->dtype;
    t->shape = meta->shape;
    t->device = device;
    t->refs = 1;
    if (storage) {
        storage->refs++;
        t->storage = storage;
        t->offset = meta->offset;
        memcpy(t->stride, meta->stride, sizeof t->stride);
        return t;
    }
    dt_strides_contiguous(&t->shape, t->stride);
    t->storage = storage_make(ctx, device, bytes);
    if (!t->storage) {
        dt_free(t);
        return NULL;
    }
    return t;
}

dt_tensor *dt_empty_on(dt_ctx *ctx, dt_device *device, dt_dtype dtype, dt_shape shape)
{
    dt_tensor *t = dt_tensor_make(ctx, device, &(dt_meta){.dtype = dtype, .shape = shape}, NULL);
    return t ? dt_scope_adopt(ctx, t) : NULL;
}

dt_tensor *dt_empty(dt_ctx *ctx, dt_dtype dtype, dt_shape shape)
{
    return dt_empty_on(ctx, ctx->device, dtype, shape);
}

static dt_tensor *zeroed(dt_ctx *ctx, dt_tensor *t)
{
    if (!t) return NULL;
    dt_error err = {0};
    if (t->device->backend->zero(t->device, t->storage->data, t->storage->bytes, &err) != DT_OK) {
        dt_ctx_fail(ctx, err.status, "%s", err.text);
        return NULL;
    }
    return t;
}

dt_tensor *dt_zeros(dt_ctx *ctx, dt_dtype dtype, dt_shape shape)
{
    return zeroed(ctx, dt_empty(ctx, dtype, shape));
}

dt_tensor *dt_zeros_like(dt_ctx *ctx, const dt_tensor *like)
{
    return like ? zeroed(ctx, dt_empty_on(ctx, like->device, like->dtype, like->shape)) : NULL;
}

dt_tensor *dt_full(dt_ctx *ctx, dt_dtype dtype, dt_shape shape, double value)
{
    dt_tensor *t = dt_empty(ctx, dtype, shape);
    return t && dt_fill(ctx, t, value) == DT_OK ? t : NULL;
}

dt_tensor *dt_from(dt_ctx *ctx, dt_dtype dtype, dt_shape shape, const void *data)
{
    dt_tensor *t = dt_empty(ctx, dtype, shape);
    return t && dt_write(ctx, t, data, t->storage->bytes) == DT_OK ? t : NULL;
}

dt_tensor *dt_from_borrowed(dt_ctx *ctx, dt_dtype dtype, dt_shape shape, void *data)
{
    dt_storage *storage = dt_calloc(1, sizeof *storage);
    if (!storage) {
        dt_ctx_fail_memory(ctx, sizeof *storage, "a tensor");
        return NULL;
    }
    *storage = (dt_storage){.device = ctx->devices[0],
                            .data = data,
                            .borrowed = 1,
                            .bytes = (size_t)dt_shape_numel(&shape) * dt_dtype_size(dtype)};
    dt_meta meta = {.dtype = dtype, .shape = shape};
    dt_strides_contiguous(&shape, meta.stride);
    dt_tensor *t = dt_tensor_make(ctx, ctx->devices[0], &meta, storage);
    if (!t) {
        dt_free(storage);
        return NULL;
    }
    return dt_scope_adopt(ctx, t);
}

dt_tensor *dt_tensor_retain(dt_tensor *t)
{
    t->refs++;
    return t;
}

void dt_tensor_release(dt_tensor *t)
{
    if (!t || --t->refs > 0) return;
    dt_tensor_release(t->grad);
    storage_release(t->storage);
    dt_free(t);
}

int64_t dt_numel(const dt_tensor *t)
{
    return dt_shape_numel(&t->shape);
}

int64_t dt_dim(const dt_tensor *t, int axis)
{
    return t->shape.dim[axis < 0 ? axis + t->shape.rank : axis];
}

int dt_is_contiguous(const dt_tensor *t)
{
    int64_t step = 1;
    for (int i = t->shape.rank - 1; i >= 0; i--) {
        if (t->shape.dim[i] == 0) return 1;
        if (t->shape.dim[i] == 1) continue;
        if (t->stride[i] != step) return 0;
        step *= t->shape.dim[i];
    }
    return 1;
}

void *dt_data(const dt_tensor *t)
{
    return (char *)t->storage->data + (size_t)t->offset * dt_dtype_size(t->dtype);
}

float *dt_f32(const dt_tensor *t)
{
    return dt_data(t);
}

double *dt_f64(const dt_tensor *t)
{
    return dt_data(t);
}

int64_t *dt_i64(const dt_tensor *t)
{
    return dt_data(t);
}

int32_t *dt_i32(const dt_tensor *t)
{
    return dt_data(t);
}

uint8_t *dt_u8(const dt_tensor *t)
{
    return dt_data(t);
}

int64_t dt_strided_index(const dt_shape *shape, const int64_t *stride, int64_t i)
{
    int64_t index = 0;
    for (int axis = shape->rank - 1; axis >= 0; axis--) {
        index += i % shape->dim[axis] * stride[axis];
        i /= shape->dim[axis];
    }
    return index;
}

double dt_get(const dt_tensor *t, int64_t i)
{
    switch (t->dtype) {
    case DT_F32:
        return (double)dt_f32(t)[i];
    case DT_F64:
        return dt_f64(t)[i];
    case DT_I32:
        return (double)dt_i32(t)[i];
    case DT_I64:
        return (double)dt_i64(t)[i];
    case DT_U8:
    case DT_BOOL:
        return (double)dt_u8(t)[i];
    default:
        return NAN;
    }
}

void dt_set(const dt_tensor *t, int64_t i, double value)
{
    switch (t->dtype) {
    case DT_F32:
        dt_f32(t)[i] = (float)value;
        break;
    case DT_F64:
        dt_f64(t)[i] = value;
        break;
    case DT_I32:
        dt_i32(t)[i] = (int32_t)value;
        break;
    case DT_I64:
        dt_i64(t)[i] = (int64_t)value;
        break;
    case DT_U8:
        dt_u8(t)[i] = (uint8_t)value;
        break;
    case DT_BOOL:
        dt_u8(t)[i] = value != 0;
        break;
    default:
        break;
    }
}

/* The same elements, contiguous on the same device: t itself or a copy in the open scope. */
static const dt_tensor *packed(dt_ctx *ctx, const dt_tensor *t)
{
    if (dt_is_contiguous(t)) return t;
    int was = dt_grad_enable(ctx, 0);
    dt_tensor *const in[] = {(dt_tensor *)t};
    const dt_tensor *copy = dt_op_apply1(ctx, &dt_op_copy, in, 1, NULL);
    dt_grad_enable(ctx, was);
    return copy;
}

static dt_status size_check(dt_ctx *ctx, const char *what, const dt_tensor *t, size_t bytes)
{
    size_t need = (size_t)dt_numel(t) * dt_dtype_size(t->dtype);
    if (bytes == need) return DT_OK;
    return dt_ctx_fail(ctx, DT_ERR_ARG, "%s: the buffer has %zu bytes, the tensor %zu", what, bytes, need);
}

static dt_status check(dt_ctx *ctx, dt_error *err)
{
    return err->status == DT_OK ? DT_OK : dt_ctx_fail(ctx, err->status, "%s", err->text);
}

dt_status dt_read(dt_ctx *ctx, const dt_tensor *t, void *host, size_t bytes)
{
    if (!t) return dt_ctx_status(ctx);
    DT_TRY(size_check(ctx, "read", t, bytes));
    dt_scope scope = dt_scope_open(ctx);
    const dt_tensor *p = packed(ctx, t);
    dt_error err = {0};
    dt_status st = dt_ctx_status(ctx);
    if (p) {
        p->device->backend->copy_out(p->device, host, dt_data(p), bytes, &err);
        st = check(ctx, &err);
    }
    dt_scope_close(ctx, scope);
    return st;
}

double dt_item(dt_ctx *ctx, const dt_tensor *t)
{
    if (!t) return NAN;
    if (dt_numel(t) != 1) {
        dt_ctx_fail(ctx, DT_ERR_SHAPE, "item: the tensor has %lld elements, not one", (long long)dt_numel(t));
        return NAN;
    }
    double raw = 0; /* large enough for every dtype */
    dt_storage storage = {.device = ctx->devices[0], .data = &raw};
    dt_tensor host = {.dtype = t->dtype, .storage = &storage, .device = ctx->devices[0]};
    dt_error err = {0};
    t->device->backend->copy_out(t->device, &raw, dt_data(t), dt_dtype_size(t->dtype), &err);
    return check(ctx, &err) == DT_OK ? dt_get(&host, 0) : NAN;
}

dt_status dt_write(dt_ctx *ctx, dt_tensor *t, const void *host, size_t bytes)
{
    if (!t) return dt_ctx_status(ctx);
    DT_TRY(size_check(ctx, "write", t, bytes));
    if (!dt_is_contiguous(t))
        return dt_ctx_fail(ctx, DT_ERR_ARG, "write: the tensor is a view that is not contiguous");
    dt_error err = {0};
    t->storage->version++;
    t->device->backend->copy_in(t->device, dt_data(t), host, bytes, &err);
    return check(ctx, &err);
}

dt_status dt_copy_into(dt_ctx *ctx, dt_tensor *dst, const dt_tensor *src)
{
    if (!dst || !src) return dt_ctx_status(ctx);
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    if (!dt_shape_equal(&dst->shape, &src->shape) || dst->dtype != src->dtype)
        return dt_ctx_fail(ctx, DT_ERR_SHAPE, "copy: from %s %s into %s %s", dt_dtype_name(src->dtype),
                           dt_shape_text(&src->shape, a), dt_dtype_name(dst->dtype),
                           dt_shape_text(&dst->shape, b));
    if (!dt_is_contiguous(dst))
        return dt_ctx_fail(ctx, DT_ERR_ARG, "copy: the target is a view that is not contiguous");
    dt_scope scope = dt_scope_open(ctx);
    const dt_tensor *p = packed(ctx, src);
    dt_status st = dt_ctx_status(ctx);
    if (p) {
        size_t bytes = (size_t)dt_numel(p) * dt_dtype_size(p->dtype);
        dt_error err = {0};
        dst->storage->version++;
        if (p->device == dst->device) {
            if (dt_data(p) != dt_data(dst))
                p->device->backend->copy_within(p->device, dt_data(dst), dt_data(p), bytes, &err);
        } else if (p->device->type == DT_CPU) {
            dst->device->backend->copy_in(dst->device, dt_data(dst), dt_data(p), bytes, &err);
        } else if (dst->device->type == DT_CPU) {
            p->device->backend->copy_out(p->device, dt_data(dst), dt_data(p), bytes, &err);
        } else {
            void *host = dt_malloc(bytes);
            if (!host) {
                dt_fail_memory(&err, bytes, "a copy between devices");
            } else if (p->device->backend->copy_out(p->device, host, dt_data(p), bytes, &err) == DT_OK) {
                dst->device->backend->copy_in(dst->device, dt_data(dst), host, bytes, &err);
            }
            dt_free(host);
        }
        st = check(ctx, &err);
    }
    dt_scope_close(ctx, scope);
    return st;
}

dt_tensor *dt_clone_to(dt_ctx *ctx, const dt_tensor *t, dt_device *device)
{
    if (!t) return NULL;
    dt_tensor *copy = dt_empty_on(ctx, device ? device : t->device, t->dtype, t->shape);
    return copy && dt_copy_into(ctx, copy, t) == DT_OK ? copy : NULL;
}

dt_status dt_fill(dt_ctx *ctx, dt_tensor *t, double value)
{
    if (!t) return dt_ctx_status(ctx);
    if (t->device->type == DT_CPU) {
        int64_t n = dt_numel(t);
        t->storage->version++;
        for (int64_t i = 0; i < n; i++)
            dt_set(t, dt_strided_index(&t->shape, t->stride, i), value);
        return DT_OK;
    }
    dt_device *before = ctx->device;
    dt_scope scope = dt_scope_open(ctx);
    ctx->device = ctx->devices[0];
    dt_tensor *host = dt_full(ctx, t->dtype, t->shape, value);
    ctx->device = before;
    dt_status st = dt_copy_into(ctx, t, host);
    dt_scope_close(ctx, scope);
    return st;
}

dt_tensor *dt_cast(dt_ctx *ctx, dt_tensor *t, dt_dtype dtype)
{
    if (!t) return NULL;
    if (t->device->type != DT_CPU) {
        dt_ctx_fail(ctx, DT_ERR_UNSUPPORTED, "cast: on the CPU only; the tensor is on %s", t->device->name);
        return NULL;
    }
    dt_tensor *out = dt_empty_on(ctx, t->device, dtype, t->shape);
    if (!out) return NULL;
    int64_t n = dt_numel(t);
    for (int64_t i = 0; i < n; i++)
        dt_set(out, i, dt_get(t, dt_strided_index(&t->shape, t->stride, i)));
    return out;
}
