#include "core/ops/resample.h"

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    return dt_resample_backward(ctx, g, &dt_op_adaptive_avg_pool2d_dx);
}

static dt_status adaptive_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *x = call->in[0], *y = call->out[0];
    int64_t planes = x->shape.dim[0] * x->shape.dim[1], h = x->shape.dim[2], w = x->shape.dim[3];
    int64_t oh = y->shape.dim[2], ow = y->shape.dim[3], at = 0;
    for (int64_t p = 0; p < planes; p++)
        for (int64_t i = 0; i < oh; i++)
            for (int64_t j = 0; j < ow; j++) {
                int64_t y0, y1, x0, x1;
                double total = 0;
                dt_adaptive_window(h, oh, i, &y0, &y1);
                dt_adaptive_window(w, ow, j, &x0, &x1);
                for (int64_t v = y0; v < y1; v++)
                    for (int64_t u = x0; u < x1; u++)
                        total += dt_get(x, (p * h + v) * w + u);
                dt_set(y, at++, total / (double)((y1 - y0) * (x1 - x0)));
            }
    return DT_OK;
}

static dt_status adaptive_dx_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *dy = call->in[0], *dx = call->out[0];
    int64_t planes = dy->shape.dim[0] * dy->shape.dim[1], oh = dy->shape.dim[2], ow = dy->shape.dim[3];
    int64_t h = dx->shape.dim[2], w = dx->shape.dim[3], at = 0;
    dt_ref_zero(dx);
    for (int64_t p = 0; p < planes; p++)
        for (int64_t i = 0; i < oh; i++)
            for (int64_t j = 0; j < ow; j++) {
                int64_t y0, y1, x0, x1;
                dt_adaptive_window(h, oh, i, &y0, &y1);
                dt_adaptive_window(w, ow, j, &x0, &x1);
                double share = dt_get(dy, at++) / (double)((y1 - y0) * (x1 - x0));
                for (int64_t v = y0; v < y1; v++)
                    for (int64_t u = x0; u < x1; u++)
                        dt_ref_add(dx, (p * h + v) * w + u, share);
            }
    return DT_OK;
}

const dt_op dt_op_adaptive_avg_pool2d = {
    DT_OP_NAMED(adaptive_avg_pool2d),
    .n_in = {1, 1},
    .n_out = 1,
    .args_size = sizeof(dt_size2d_args),
    .infer = dt_resample_infer,
    .backward = backward,
    .ref = {adaptive_ref, DT_M_FLOAT},
    .cpu = {dt_adaptive_avg_pool2d_cpu, DT_M_F32},
};

/* dy -> dx, whose size is in the args. */
const dt_op dt_op_adaptive_avg_pool2d_dx = {
    DT_OP_NAMED(adaptive_avg_pool2d_dx),
    .n_in = {1, 1},
    .n_out = 1,
    .args_size = sizeof(dt_size2d_args),
    .flags = DT_OP_NO_GRAD,
    .infer = dt_resample_infer,
    .ref = {adaptive_dx_ref, DT_M_FLOAT},
    .cpu = {dt_adaptive_avg_pool2d_dx_cpu, DT_M_F32},
};

dt_tensor *dt_adaptive_avg_pool2d(dt_ctx *ctx, dt_tensor *x, int out_h, int out_w)
{
    return dt_op_apply1(ctx, &dt_op_adaptive_avg_pool2d, &x, 1, &(dt_size2d_args){out_h, out_w});
}
