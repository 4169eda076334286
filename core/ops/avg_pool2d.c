#include "core/ops/nn.h"

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    DT_TRY(dt_check_images(ctx, call, call->in[0], "x"));
    DT_TRY(dt_pool2d_check(ctx, call, call->args, &call->in[0]->shape, &out[0].shape));
    out[0].dtype = call->in[0]->dtype;
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const dt_shape *x = &g->in_meta[0].shape;
    dt_pool2d_dx_args args = {*(const dt_pool2d_args *)g->args, x->dim[2], x->dim[3]};
    g->gin[0] = dt_op_apply1(ctx, &dt_op_avg_pool2d_dx, &g->gout[0], 1, &args);
    return dt_ctx_status(ctx);
}

static dt_status avg_pool2d_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_pool2d_args *a = call->args;
    const dt_tensor *x = call->in[0], *y = call->out[0];
    int64_t planes = x->shape.dim[0] * x->shape.dim[1], h = x->shape.dim[2], w = x->shape.dim[3];
    int64_t oh = y->shape.dim[2], ow = y->shape.dim[3], at = 0;
    for (int64_t p = 0; p < planes; p++)
        for (int64_t i = 0; i < oh; i++)
            for (int64_t j = 0; j < ow; j++) {
                int64_t y0, y1, x0, x1;
                int64_t full = dt_pool2d_window(a, 0, h, i, &y0, &y1) * dt_pool2d_window(a, 1, w, j, &x0, &x1);
                double total = 0;
                for (int64_t v = y0; v < y1; v++)
                    for (int64_t u = x0; u < x1; u++)
                        total += dt_get(x, (p * h + v) * w + u);
                dt_set(y, at++, total / (double)(a->count_include_pad ? full : (y1 - y0) * (x1 - x0)));
            }
    return DT_OK;
}

const dt_op dt_op_avg_pool2d = {
    DT_OP_NAMED(avg_pool2d),
    .n_in = {1, 1},
    .n_out = 1,
    .args_size = sizeof(dt_pool2d_args),
    .infer = infer,
    .backward = backward,
    .ref = {avg_pool2d_ref, DT_M_FLOAT},
    .cpu = {dt_avg_pool2d_cpu, DT_M_F32},
};

dt_tensor *dt_avg_pool2d(dt_ctx *ctx, dt_tensor *x, const dt_pool2d_args *args)
{
    return dt_op_apply1(ctx, &dt_op_avg_pool2d, &x, 1, args);
}
