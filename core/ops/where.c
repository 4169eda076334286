#include <string.h>

#include "core/device.h"
#include "core/ops/binary.h"

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_tensor *c = call->in[0], *a = call->in[1], *b = call->in[2];
    char t[3][DT_SHAPE_TEXT];
    if (c->dtype != DT_U8 && c->dtype != DT_BOOL)
        return dt_op_fail(ctx, call, DT_ERR_DTYPE, "the condition is %s; uint8 and bool are possible",
                          dt_dtype_name(c->dtype));
    if (a->dtype != b->dtype)
        return dt_op_fail(ctx, call, DT_ERR_DTYPE, "one choice is %s, the other %s", dt_dtype_name(a->dtype),
                          dt_dtype_name(b->dtype));
    out[0].dtype = a->dtype;
    if (dt_shape_broadcast(&c->shape, &a->shape, &out[0].shape) != 0 ||
        dt_shape_broadcast(&out[0].shape, &b->shape, &out[0].shape) != 0)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "shapes %s, %s and %s do not broadcast",
                          dt_shape_text(&c->shape, t[0]), dt_shape_text(&a->shape, t[1]),
                          dt_shape_text(&b->shape, t[2]));
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    dt_device *before = dt_ctx_device(ctx);
    dt_ctx_set_device(ctx, g->gout[0]->device);
    dt_tensor *zero = dt_zeros(ctx, g->gout[0]->dtype, DT_SCALAR);
    dt_ctx_set_device(ctx, before);
    if (g->needs[1]) g->gin[1] = dt_where(ctx, g->in[0], g->gout[0], zero);
    if (g->needs[2]) g->gin[2] = dt_where(ctx, g->in[0], zero, g->gout[0]);
    return DT_OK;
}

static dt_status where_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *out = call->out[0], *c = call->in[0];
    int64_t stride[3][DT_MAX_RANK], n = dt_numel(out);
    for (int k = 0; k < 3; k++)
        dt_broadcast_strides(call->in[k], &out->shape, stride[k]);
    size_t size = dt_dtype_size(out->dtype);
    for (int64_t i = 0; i < n; i++) {
        int k = dt_u8(c)[dt_strided_index(&out->shape, stride[0], i)] ? 1 : 2;
        const char *chosen = dt_data(call->in[k]);
        memcpy((char *)dt_data(out) + (size_t)i * size,
               chosen + dt_strided_index(&out->shape, stride[k], i) * (int64_t)size, size);
    }
    return DT_OK;
}

const dt_op dt_op_where = {
    DT_OP_NAMED(where),     .n_in = {3, 3}, .n_out = 1,           .save_in = DT_BIT(0),
    .flags = DT_OP_STRIDED, .infer = infer, .backward = backward, .ref = {where_ref, ~0u},
};

dt_tensor *dt_where(dt_ctx *ctx, dt_tensor *condition, dt_tensor *a, dt_tensor *b)
{
    dt_tensor *const in[] = {condition, a, b};
    return dt_op_apply1(ctx, &dt_op_where, in, 3, NULL);
}
