#include "core/ops/resample.h"

/* --- nearest --- */

static dt_status nearest_backward(dt_ctx *ctx, const dt_grad_call *g)
{
    return dt_resample_backward(ctx, g, &dt_op_upsample_nearest_dx);
}

static dt_status nearest_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *x = call->in[0], *y = call->out[0];
    int64_t planes = x->shape.dim[0] * x->shape.dim[1], h = x->shape.dim[2], w = x->shape.dim[3];
    int64_t oh = y->shape.dim[2], ow = y->shape.dim[3], at = 0;
    for (int64_t p = 0; p < planes; p++)
        for (int64_t i = 0; i < oh; i++)
            for (int64_t j = 0; j < ow; j++)
                dt_set(y, at++,
                       dt_get(x, (p * h + dt_nearest_source(h, oh, i)) * w + dt_nearest_source(w, ow, j)));
    return DT_OK;
}

static dt_status nearest_dx_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *dy = call->in[0], *dx = call->out[0];
    int64_t planes = dy->shape.dim[0] * dy->shape.dim[1], oh = dy->shape.dim[2], ow = dy->shape.dim[3];
    int64_t h = dx->shape.dim[2], w = dx->shape.dim[3], at = 0;
    dt_ref_zero(dx);
    for (int64_t p = 0; p < planes; p++)
        for (int64_t i = 0; i < oh; i++)
            for (int64_t j = 0; j < ow; j++)
                dt_ref_add(dx, (p * h + dt_nearest_source(h, oh, i)) * w + dt_nearest_source(w, ow, j),
                           dt_get(dy, at++));
    return DT_OK;
}

const dt_op dt_op_upsample_nearest = {
    DT_OP_NAMED(upsample_nearest),
    .n_in = {1, 1},
    .n_out = 1,
    .args_size = sizeof(dt_size2d_args),
    .infer = dt_resample_infer,
    .backward = nearest_backward,
    .ref = {nearest_ref, DT_M_FLOAT},
    .cpu = {dt_upsample_nearest_cpu, DT_M_F32},
};

const dt_op dt_op_upsample_nearest_dx = {
    DT_OP_NAMED(upsample_nearest_dx),
    .n_in = {1, 1},
    .n_out = 1,
    .args_size = sizeof(dt_size2d_args),
    .flags = DT_OP_NO_GRAD,
    .infer = dt_resample_infer,
    .ref = {nearest_dx_ref, DT_M_FLOAT},
    .cpu = {dt_upsample_nearest_dx_cpu, DT_M_F32},
};

dt_tensor *dt_upsample_nearest(dt_ctx *ctx, dt_tensor *x, int64_t out_h, int64_t out_w)
{
    return dt_op_apply1(ctx, &dt_op_upsample_nearest, &x, 1, &(dt_size2d_args){out_h, out_w});
}

/* --- bilinear --- */

static dt_status bilinear_backward(dt_ctx *ctx, const dt_grad_call *g)
{
    return dt_resample_backward(ctx, g, &dt_op_upsample_bilinear_dx);
}

static dt_status bilinear_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_tensor *x = call->in[0], *y = call->out[0];
    int64_t planes = x->shape.dim[0] * x->shape.dim[1], h = x->shape.dim[2], w = x->shape.dim[3];
    int64_t oh = y->shape.dim[2], ow = y->shape.dim[3], at = 0;
    for (int64_t p = 0; p < planes; p++)
        for (int64_t i = 0; i < oh; i++)
            for (int64_t j = 0; j < ow; j++) {
                int64_t y0, y1, x0, x1;
                double ty = dt_bilinear_source(h, oh, i, &y0, &y1), tx = dt_bilinear_source(w, ow, j, &x0, &x1);
                int64_t a = (p * h + y0) * w, b = (p * h + y1) * w;
                dt_set(y, at++,
                       (1 - ty) * ((1 - tx) * dt_get(x, a + x0) + tx * dt_get(x, a + x1)) +
                           ty * ((1 - tx) * dt_get(x, b + x0) + tx * dt_get(x, b + x1)));
            }
    return DT_OK;
}

static dt_status bilinear_dx_ref(dt_ctx *ctx, const dt_call *call)
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
                double ty = dt_bilinear_source(h, oh, i, &y0, &y1), tx = dt_bilinear_source(w, ow, j, &x0, &x1);
                int64_t a = (p * h + y0) * w, b = (p * h + y1) * w;
                double g = dt_get(dy, at++);
                dt_ref_add(dx, a + x0, g * (1 - ty) * (1 - tx));
                dt_ref_add(dx, a + x1, g * (1 - ty) * tx);
                dt_ref_add(dx, b + x0, g * ty * (1 - tx));
                dt_ref_add(dx, b + x1, g * ty * tx);
            }
    return DT_OK;
}

const dt_op dt_op_upsample_bilinear = {
    DT_OP_NAMED(upsample_bilinear),
    .n_in = {1, 1},
    .n_out = 1,
    .args_size = sizeof(dt_size2d_args),
    .infer = dt_resample_infer,
    .backward = bilinear_backward,
    .ref = {bilinear_ref, DT_M_FLOAT},
    .cpu = {dt_upsample_bilinear_cpu, DT_M_F32},
};

const dt_op dt_op_upsample_bilinear_dx = {
    DT_OP_NAMED(upsample_bilinear_dx),
    .n_in = {1, 1},
    .n_out = 1,
    .args_size = sizeof(dt_size2d_args),
    .flags = DT_OP_NO_GRAD,
    .infer = dt_resample_infer,
    .ref = {bilinear_dx_ref, DT_M_FLOAT},
    .cpu = {dt_upsample_bilinear_dx_cpu, DT_M_F32},
};

dt_tensor *dt_upsample_bilinear(dt_ctx *ctx, dt_tensor *x, int64_t out_h, int64_t out_w)
{
    return dt_op_apply1(ctx, &dt_op_upsample_bilinear, &x, 1, &(dt_size2d_args){out_h, out_w});
}
