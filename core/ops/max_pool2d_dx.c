#include "core/ops/nn.h"

/* (dy, index) -> dx: every gradient goes to the pixel that won. */
static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_size2d_args *args = call->args;
    const dt_tensor *dy = call->in[0], *index = call->in[1];
    DT_TRY(dt_check_images(ctx, call, dy, "dy"));
    if (index->dtype != DT_I32 || !dt_shape_equal(&index->shape, &dy->shape))
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "the indices do not belong to dy");
    out[0].dtype = dy->dtype;
    out[0].shape = DT_SHAPE(dy->shape.dim[0], dy->shape.dim[1], args->h, args->w);
    return DT_OK;
}

static dt_status max_pool2d_dx_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *dy = call->in[0], *index = call->in[1], *dx = call->out[0];
    int64_t plane_y = dy->shape.dim[2] * dy->shape.dim[3], plane_x = dx->shape.dim[2] * dx->shape.dim[3];
    int64_t n = dt_numel(dx), m = dt_numel(dy);
    for (int64_t i = 0; i < n; i++)
        dt_set(dx, i, 0);
    for (int64_t i = 0; i < m; i++) {
        int64_t at = i / plane_y * plane_x + dt_i32(index)[i];
        dt_set(dx, at, dt_get(dx, at) + dt_get(dy, i));
    }
    return DT_OK;
}

const dt_op dt_op_max_pool2d_dx = {
    DT_OP_NAMED(max_pool2d_dx),
    .n_in = {2, 2},
    .n_out = 1,
    .args_size = sizeof(dt_size2d_args),
    .flags = DT_OP_NO_GRAD,
    .infer = infer,
    .ref = {max_pool2d_dx_ref, DT_M_FLOAT},
    .cpu = {dt_max_pool2d_dx_cpu, DT_M_F32},
};
