#include <string.h>

#include "core/ops.h"

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    (void)ctx;
    g->gin[0] = g->gout[0];
    return DT_OK;
}

/* Rows of the innermost axis are copied at once when they are dense. */
static dt_status copy_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *x = call->in[0], *y = call->out[0];
    size_t size = dt_dtype_size(x->dtype);
    int64_t n = dt_numel(x);
    if (n == 0) return DT_OK;
    const char *src = dt_data(x);
    char *dst = dt_data(y);
    if (dt_is_contiguous(x)) {
        memcpy(dst, src, (size_t)n * size);
        return DT_OK;
    }
    int last = x->shape.rank - 1;
    int64_t inner = x->shape.dim[last], step = x->stride[last];
    int64_t at[DT_MAX_RANK] = {0}, index = 0;
    for (int64_t done = 0; done < n; done += inner) {
        if (step == 1) {
            memcpy(dst, src + index * (int64_t)size, (size_t)inner * size);
        } else if (size == 4) {
            for (int64_t i = 0; i < inner; i++)
                ((uint32_t *)(void *)dst)[i] = ((const uint32_t *)(const void *)src)[index + i * step];
        } else {
            for (int64_t i = 0; i < inner; i++)
                memcpy(dst + i * (int64_t)size, src + (index + i * step) * (int64_t)size, size);
        }
        dst += inner * (int64_t)size;
        for (int axis = last - 1; axis >= 0; axis--) {
            index += x->stride[axis];
            if (++at[axis] < x->shape.dim[axis]) break;
            index -= x->stride[axis] * at[axis];
            at[axis] = 0;
        }
    }
    return DT_OK;
}

const dt_op dt_op_copy = {
    DT_OP_NAMED(copy),    .n_in = {1, 1},         .n_out = 1, .flags = DT_OP_STRIDED, .infer = dt_infer_same,
    .backward = backward, .ref = {copy_ref, ~0u},
};

dt_tensor *dt_copy(dt_ctx *ctx, dt_tensor *t)
{
    return dt_op_apply1(ctx, &dt_op_copy, &t, 1, NULL);
}

dt_tensor *dt_contiguous(dt_ctx *ctx, dt_tensor *t)
{
    return t && dt_is_contiguous(t) ? t : dt_copy(ctx, t);
}
