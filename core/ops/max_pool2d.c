#include <math.h>

#include "core/ops/nn.h"

int64_t dt_pool2d_out(const dt_pool2d_args *a, int i, int64_t size)
{
    int64_t room = size + 2 * (int64_t)a->pad[i] - a->kernel[i];
    if (room < 0) return 0;
    int64_t out = (room + (a->ceil_mode ? a->stride[i] - 1 : 0)) / a->stride[i] + 1;
    /* A window must start inside the input or its left padding. */
    if (a->ceil_mode && (out - 1) * a->stride[i] >= size + a->pad[i]) out--;
    return out;
}

dt_status dt_pool2d_check(dt_ctx *ctx, const dt_call *call, const dt_pool2d_args *a, const dt_shape *x, dt_shape *y)
{
    char text[DT_SHAPE_TEXT];
    *y = *x;
    for (int i = 0; i < 2; i++) {
        if (a->kernel[i] < 1 || a->stride[i] < 1 || a->pad[i] < 0 || a->pad[i] > a->kernel[i] / 2)
            return dt_op_fail(ctx, call, DT_ERR_ARG, "kernel %d, stride %d, pad %d (at most half the kernel)",
                              a->kernel[i], a->stride[i], a->pad[i]);
        y->dim[2 + i] = dt_pool2d_out(a, i, x->dim[2 + i]);
        if (y->dim[2 + i] < 1)
            return dt_op_fail(ctx, call, DT_ERR_SHAPE, "a window of %d x %d does not fit into %s", a->kernel[0],
                              a->kernel[1], dt_shape_text(x, text));
    }
    if (x->dim[2] * x->dim[3] > INT32_MAX)
        return dt_op_fail(ctx, call, DT_ERR_UNSUPPORTED, "planes of %s have more than 2^31 pixels",
                          dt_shape_text(x, text));
    return DT_OK;
}

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    DT_TRY(dt_check_images(ctx, call, call->in[0], "x"));
    DT_TRY(dt_pool2d_check(ctx, call, call->args, &call->in[0]->shape, &out[0].shape));
    out[0].dtype = call->in[0]->dtype;
    out[1].shape = out[0].shape;
    out[1].dtype = DT_I32;
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const dt_shape *x = &g->in_meta[0].shape;
    dt_tensor *const in[] = {g->gout[0], g->out[1]};
    dt_size2d_args args = {x->dim[2], x->dim[3]};
    g->gin[0] = dt_op_apply1(ctx, &dt_op_max_pool2d_dx, in, 2, &args);
    return dt_ctx_status(ctx);
}

/* The index is the pixel's place in its plane: the first of equals, and a NaN wins. */
static dt_status max_pool2d_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_pool2d_args *a = call->args;
    const dt_tensor *x = call->in[0], *y = call->out[0], *index = call->out[1];
    int64_t planes = x->shape.dim[0] * x->shape.dim[1], h = x->shape.dim[2], w = x->shape.dim[3];
    int64_t oh = y->shape.dim[2], ow = y->shape.dim[3], at = 0;
    for (int64_t p = 0; p < planes; p++)
        for (int64_t i = 0; i < oh; i++)
            for (int64_t j = 0; j < ow; j++) {
                int64_t y0, y1, x0, x1;
                dt_pool2d_window(a, 0, h, i, &y0, &y1);
                dt_pool2d_window(a, 1, w, j, &x0, &x1);
                int64_t best = y0 * w + x0;
                double top = dt_get(x, p * h * w + best);
                for (int64_t v = y0; v < y1; v++)
                    for (int64_t u = x0; u < x1; u++) {
                        double value = dt_get(x, p * h * w + v * w + u);
                        if (value > top || (isnan(value) && !isnan(top))) {
                            top = value;
                            best = v * w + u;
                        }
                    }
                dt_set(y, at, top);
                dt_i32(index)[at++] = (int32_t)best;
            }
    return DT_OK;
}

const dt_op dt_op_max_pool2d = {
    DT_OP_NAMED(max_pool2d),
    .n_in = {1, 1},
    .n_out = 2,
    .args_size = sizeof(dt_pool2d_args),
    .save_out = DT_BIT(1),
    .infer = infer,
    .backward = backward,
    .ref = {max_pool2d_ref, DT_M_FLOAT},
    .cpu = {dt_max_pool2d_cpu, DT_M_F32},
};

dt_tensor *dt_max_pool2d(dt_ctx *ctx, dt_tensor *x, const dt_pool2d_args *args)
{
    return dt_op_apply1(ctx, &dt_op_max_pool2d, &x, 1, args);
}
