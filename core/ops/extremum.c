/* max and min along an axis, with the index of the first of equals. NaN wins. */
#include <math.h>

#include "core/ops/reduce.h"

typedef struct extremum_args {
    int axis, keepdim;
} extremum_args;

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const extremum_args *args = call->args;
    const dt_tensor *x = call->in[0];
    char text[DT_SHAPE_TEXT];
    int axis = dt_axis(args->axis, x->shape.rank);
    if (axis < 0)
        return dt_op_fail(ctx, call, DT_ERR_ARG, "axis %d of a tensor of rank %d", args->axis, x->shape.rank);
    if (x->shape.dim[axis] == 0)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "axis %d of %s is empty", axis,
                          dt_shape_text(&x->shape, text));
    out[0].dtype = x->dtype;
    for (int i = 0; i < x->shape.rank; i++)
        if (i != axis || args->keepdim)
            out[0].shape.dim[out[0].shape.rank++] = i == axis ? 1 : x->shape.dim[i];
    out[1].dtype = DT_I64;
    out[1].shape = out[0].shape;
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const extremum_args *args = g->args;
    dt_shape kept = g->in_meta[0].shape;
    int axis = dt_axis(args->axis, kept.rank);
    kept.dim[axis] = 1;
    g->gin[0] = dt_scatter_add(ctx, g->in_meta[0].shape, axis, dt_reshape(ctx, g->out[1], kept),
                               dt_reshape(ctx, g->gout[0], kept));
    return dt_ctx_status(ctx);
}

static void extremum(const dt_call *call, double sign)
{
    const dt_tensor *x = call->in[0];
    dt_axis_view v =
        dt_view_axis(&x->shape, dt_axis(((const extremum_args *)call->args)->axis, x->shape.rank));
    for (int64_t i = 0; i < v.outer * v.inner; i++) {
        int64_t base = i / v.inner * v.n * v.inner + i % v.inner, at = 0;
        double best = dt_get(x, base);
        for (int64_t k = 1; k < v.n && !isnan(best); k++) {
            double value = dt_get(x, base + k * v.inner);
            if (!(sign * value > sign * best) && !isnan(value)) continue;
            best = value;
            at = k;
        }
        dt_set(call->out[0], i, best);
        dt_i64(call->out[1])[i] = at;
    }
}

static dt_status max_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    extremum(call, 1);
    return DT_OK;
}

static dt_status min_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    extremum(call, -1);
    return DT_OK;
}

#define EXTREMUM_OP(op_name)                                                                                 \
    const dt_op dt_op_##op_name = {                                                                          \
        DT_OP_NAMED(op_name),  .n_in = {1, 1}, .n_out = 2,           .args_size = sizeof(extremum_args),     \
        .save_out = DT_BIT(1), .infer = infer, .backward = backward, .ref = {op_name##_ref, DT_M_ALL},       \
    };                                                                                                       \
                                                                                                             \
    dt_tensor *dt_##op_name(dt_ctx *ctx, dt_tensor *t, int axis, int keepdim, dt_tensor **indices)           \
    {                                                                                                        \
        dt_tensor *out[DT_MAX_OUT];                                                                          \
        dt_op_apply(ctx, &dt_op_##op_name, &t, 1, &(extremum_args){axis, keepdim}, out);                     \
        if (indices) *indices = out[1];                                                                      \
        return out[0];                                                                                       \
    }

EXTREMUM_OP(max)
EXTREMUM_OP(min)
