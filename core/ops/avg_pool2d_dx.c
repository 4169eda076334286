#include "core/ops/nn.h"

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_pool2d_dx_args *args = call->args;
    const dt_tensor *dy = call->in[0];
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    dt_shape y;
    DT_TRY(dt_check_images(ctx, call, dy, "dy"));
    out[0].dtype = dy->dtype;
    out[0].shape = DT_SHAPE(dy->shape.dim[0], dy->shape.dim[1], args->h, args->w);
    DT_TRY(dt_pool2d_check(ctx, call, &args->pool, &out[0].shape, &y));
    if (!dt_shape_equal(&y, &dy->shape))
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "dy is %s, the pooling gives %s", dt_shape_text(&dy->shape, a),
                          dt_shape_text(&y, b));
    return DT_OK;
}

static dt_status avg_pool2d_dx_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_pool2d_dx_args *args = call->args;
    const dt_pool2d_args *a = &args->pool;
    const dt_tensor *dy = call->in[0], *dx = call->out[0];
    int64_t planes = dy->shape.dim[0] * dy->shape.dim[1], oh = dy->shape.dim[2], ow = dy->shape.dim[3];
    int64_t h = args->h, w = args->w, n = dt_numel(dx), at = 0;
    for (int64_t i = 0; i < n; i++)
        dt_set(dx, i, 0);
    for (int64_t p = 0; p < planes; p++)
        for (int64_t i = 0; i < oh; i++)
            for (int64_t j = 0; j < ow; j++) {
                int64_t y0, y1, x0, x1;
                int64_t full = dt_pool2d_window(a, 0, h, i, &y0, &y1) * dt_pool2d_window(a, 1, w, j, &x0, &x1);
                double share = dt_get(dy, at++) / (double)(a->count_include_pad ? full : (y1 - y0) * (x1 - x0));
                for (int64_t v = y0; v < y1; v++)
                    for (int64_t u = x0; u < x1; u++) {
                        int64_t k = (p * h + v) * w + u;
                        dt_set(dx, k, dt_get(dx, k) + share);
                    }
            }
    return DT_OK;
}

const dt_op dt_op_avg_pool2d_dx = {
    DT_OP_NAMED(avg_pool2d_dx),
    .n_in = {1, 1},
    .n_out = 1,
    .args_size = sizeof(dt_pool2d_dx_args),
    .flags = DT_OP_NO_GRAD,
    .infer = infer,
    .ref = {avg_pool2d_dx_ref, DT_M_FLOAT},
    .cpu = {dt_avg_pool2d_dx_cpu, DT_M_F32},
};
