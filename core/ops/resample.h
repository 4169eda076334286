/** What adaptive pooling and upsampling share: (N,C,H,W) -> (N,C,args.h,args.w) and the gradient back. */
#ifndef DT_CORE_OPS_RESAMPLE_H
#define DT_CORE_OPS_RESAMPLE_H

#include "core/ops/nn.h"

static inline dt_status dt_resample_infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_size2d_args *args = call->args;
    const dt_tensor *x = call->in[0];
    char text[DT_SHAPE_TEXT];
    DT_TRY(dt_check_images(ctx, call, x, "the operand"));
    if (args->h < 1 || args->w < 1 || x->shape.dim[2] < 1 || x->shape.dim[3] < 1)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "from %s to a size of %lld x %lld", dt_shape_text(&x->shape, text),
                          (long long)args->h, (long long)args->w);
    out[0].dtype = x->dtype;
    out[0].shape = DT_SHAPE(x->shape.dim[0], x->shape.dim[1], args->h, args->w);
    return DT_OK;
}

/** The gradient op with the size of the operand. */
static inline dt_status dt_resample_backward(dt_ctx *ctx, const dt_grad_call *g, const dt_op *dx)
{
    dt_size2d_args args = {g->in_meta[0].shape.dim[2], g->in_meta[0].shape.dim[3]};
    g->gin[0] = dt_op_apply1(ctx, dx, &g->gout[0], 1, &args);
    return dt_ctx_status(ctx);
}

static inline void dt_ref_zero(const dt_tensor *t)
{
    int64_t n = dt_numel(t);
    for (int64_t i = 0; i < n; i++)
        dt_set(t, i, 0);
}

static inline void dt_ref_add(const dt_tensor *t, int64_t at, double value)
{
    dt_set(t, at, dt_get(t, at) + value);
}

#endif
