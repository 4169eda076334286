/* layer_norm and group_norm: both normalise rows of consecutive elements and differ in which scale an element
 * has. */
#include <math.h>

#include "core/ops/nn.h"

dt_norm_geo dt_layer_norm_geo(const dt_shape *x, int axes)
{
    dt_norm_geo g = {1, 1, 1, 1};
    for (int i = 0; i < x->rank; i++)
        *(i < x->rank - axes ? &g.rows : &g.cols) *= x->dim[i];
    return g;
}

dt_norm_geo dt_group_norm_geo(const dt_shape *x, int groups)
{
    dt_norm_geo g = {x->dim[0] * groups, x->dim[1] / groups, groups, 1};
    for (int i = 2; i < x->rank; i++)
        g.span *= x->dim[i];
    g.cols *= g.span;
    return g;
}

static int64_t param_count(const dt_norm_geo *g)
{
    return g->span > 0 ? g->cycle * (g->cols / g->span) : 0;
}

static int64_t param_at(const dt_norm_geo *g, int64_t row, int64_t col)
{
    return row % g->cycle * (g->cols / g->span) + col / g->span;
}

dt_status dt_norm_ref(const dt_call *call, const dt_norm_geo *g, double eps)
{
    const dt_tensor *x = call->in[0], *weight = call->n_in > 1 ? call->in[1] : NULL;
    const dt_tensor *bias = call->n_in > 2 ? call->in[2] : NULL;
    for (int64_t r = 0; r < g->rows; r++) {
        double mean = 0, var = 0;
        for (int64_t j = 0; j < g->cols; j++)
            mean += dt_get(x, r * g->cols + j);
        mean /= (double)g->cols;
        for (int64_t j = 0; j < g->cols; j++) {
            double d = dt_get(x, r * g->cols + j) - mean;
            var += d * d;
        }
        double invstd = 1 / sqrt(var / (double)g->cols + eps);
        dt_set(call->out[1], r, mean);
        dt_set(call->out[2], r, invstd);
        for (int64_t j = 0; j < g->cols; j++) {
            int64_t p = param_at(g, r, j);
            double value = (dt_get(x, r * g->cols + j) - mean) * invstd;
            dt_set(call->out[0], r * g->cols + j,
                   value * (weight ? dt_get(weight, p) : 1) + (bias ? dt_get(bias, p) : 0));
        }
    }
    return DT_OK;
}

dt_status dt_norm_dx_ref(const dt_call *call, const dt_norm_geo *g)
{
    const dt_tensor *dy = call->in[0], *x = call->in[1], *weight = call->n_in > 4 ? call->in[4] : NULL;
    int64_t params = param_count(g);
    for (int64_t p = 0; p < params; p++)
        for (int i = 1; i < 3; i++)
            dt_set(call->out[i], p, 0);
    for (int64_t r = 0; r < g->rows; r++) {
        double mean = dt_get(call->in[2], r), invstd = dt_get(call->in[3], r), sum = 0, dot = 0;
        for (int64_t j = 0; j < g->cols; j++) {
            int64_t p = param_at(g, r, j), at = r * g->cols + j;
            double d = dt_get(dy, at), hat = (dt_get(x, at) - mean) * invstd;
            dt_set(call->out[1], p, dt_get(call->out[1], p) + d * hat);
            dt_set(call->out[2], p, dt_get(call->out[2], p) + d);
            if (weight) d *= dt_get(weight, p);
            sum += d;
            dot += d * hat;
        }
        sum /= (double)g->cols;
        dot /= (double)g->cols;
        for (int64_t j = 0; j < g->cols; j++) {
            int64_t at = r * g->cols + j;
            double d = dt_get(dy, at) * (weight ? dt_get(weight, param_at(g, r, j)) : 1);
            dt_set(call->out[0], at, invstd * (d - sum - (dt_get(x, at) - mean) * invstd * dot));
        }
    }
    return DT_OK;
}

/* --- what the two ops share --- */

static dt_status check_params(dt_ctx *ctx, const dt_call *call, int first, const dt_shape *shape)
{
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    for (int i = first; i < call->n_in; i++) {
        const dt_tensor *t = call->in[i];
        if (t && (t->dtype != call->in[0]->dtype || !dt_shape_equal(&t->shape, shape)))
            return dt_op_fail(ctx, call, DT_ERR_SHAPE, "operand %d is %s %s; %s %s is wanted", i,
                              dt_dtype_name(t->dtype), dt_shape_text(&t->shape, a),
                              dt_dtype_name(call->in[0]->dtype), dt_shape_text(shape, b));
    }
    return DT_OK;
}

static dt_status norm_backward(dt_ctx *ctx, const dt_grad_call *g, const dt_op *dx)
{
    dt_tensor *const in[] = {g->gout[0], g->in[0], g->out[1], g->out[2], g->n_in > 1 ? g->in[1] : NULL};
    dt_tensor *out[3];
    DT_TRY(dt_op_apply(ctx, dx, in, 5, g->args, out));
    for (int i = 0; i < g->n_in; i++)
        if (g->needs[i]) g->gin[i] = out[i];
    return DT_OK;
}

static void meta_of(dt_meta *out, int first, dt_dtype dtype, dt_shape shape)
{
    out[first].dtype = out[first + 1].dtype = dtype;
    out[first].shape = out[first + 1].shape = shape;
}

/* --- layer_norm --- */

static dt_status layer_check(dt_ctx *ctx, const dt_call *call, const dt_tensor *x, dt_shape *param)
{
    const dt_norm_args *args = call->args;
    if (args->n < 1 || args->n > x->shape.rank)
        return dt_op_fail(ctx, call, DT_ERR_ARG, "%d axes of a tensor of rank %d", args->n, x->shape.rank);
    *param = (dt_shape){.rank = args->n};
    for (int i = 0; i < args->n; i++)
        param->dim[i] = x->shape.dim[x->shape.rank - args->n + i];
    return DT_OK;
}

static dt_status layer_infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_norm_args *args = call->args;
    dt_shape param;
    DT_TRY(dt_infer_float(ctx, call, out));
    DT_TRY(layer_check(ctx, call, call->in[0], &param));
    DT_TRY(check_params(ctx, call, 1, &param));
    meta_of(out, 1, out[0].dtype, DT_SHAPE(dt_layer_norm_geo(&out[0].shape, args->n).rows));
    return DT_OK;
}

static dt_status layer_dx_infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    dt_shape param;
    DT_TRY(dt_infer_float(ctx, call, out));
    DT_TRY(layer_check(ctx, call, call->in[0], &param));
    DT_TRY(check_params(ctx, call, 4, &param));
    meta_of(out, 1, out[0].dtype, param);
    return DT_OK;
}

static dt_status layer_backward(dt_ctx *ctx, const dt_grad_call *g)
{
    return norm_backward(ctx, g, &dt_op_layer_norm_dx);
}

#define LAYER_GEO(call) dt_layer_norm_geo(&(call)->in[0]->shape, ((const dt_norm_args *)(call)->args)->n)
#define GROUP_GEO(call) dt_group_norm_geo(&(call)->in[0]->shape, ((const dt_norm_args *)(call)->args)->n)

static dt_status layer_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    dt_norm_geo g = LAYER_GEO(call);
    return dt_norm_ref(call, &g, ((const dt_norm_args *)call->args)->eps);
}

static dt_status layer_cpu(dt_ctx *ctx, const dt_call *call)
{
    dt_norm_geo g = LAYER_GEO(call);
    return dt_norm_cpu(ctx, call, &g, ((const dt_norm_args *)call->args)->eps);
}

static dt_status layer_dx_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    dt_norm_geo g = LAYER_GEO(call);
    return dt_norm_dx_ref(call, &g);
}

static dt_status layer_dx_cpu(dt_ctx *ctx, const dt_call *call)
{
    dt_norm_geo g = LAYER_GEO(call);
    return dt_norm_dx_cpu(ctx, call, &g);
}

const dt_op dt_op_layer_norm = {
    DT_OP_NAMED(layer_norm),
    .n_in = {1, 3},
    .n_out = 3,
    .args_size = sizeof(dt_norm_args),
    .save_in = DT_BIT(0) | DT_BIT(1),
    .save_out = DT_BIT(1) | DT_BIT(2),
    .infer = layer_infer,
    .backward = layer_backward,
    .ref = {layer_ref, DT_M_FLOAT},
    .cpu = {layer_cpu, DT_M_F32},
};

const dt_op dt_op_layer_norm_dx = {
    DT_OP_NAMED(layer_norm_dx),
    .n_in = {4, 5},
    .n_out = 3,
    .args_size = sizeof(dt_norm_args),
    .flags = DT_OP_NO_GRAD,
    .infer = layer_dx_infer,
    .ref = {layer_dx_ref, DT_M_FLOAT},
    .cpu = {layer_dx_cpu, DT_M_F32},
};

dt_tensor *dt_layer_norm(dt_ctx *ctx, dt_tensor *x, int axes, dt_tensor *weight, dt_tensor *bias, double eps)
{
    dt_tensor *const in[] = {x, weight, bias};
    return dt_op_apply1(ctx, &dt_op_layer_norm, in, 3, &(dt_norm_args){axes, eps});
}

/* --- group_norm --- */

static dt_status group_check(dt_ctx *ctx, const dt_call *call, const dt_tensor *x)
{
    const dt_norm_args *args = call->args;
    char text[DT_SHAPE_TEXT];
    if (x->shape.rank < 2 || args->n < 1 || x->shape.dim[1] % args->n != 0)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "%d groups of the channels of %s", args->n,
                          dt_shape_text(&x->shape, text));
    return DT_OK;
}

static dt_status group_infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_norm_args *args = call->args;
    DT_TRY(dt_infer_float(ctx, call, out));
    DT_TRY(group_check(ctx, call, call->in[0]));
    DT_TRY(check_params(ctx, call, 1, &DT_SHAPE(out[0].shape.dim[1])));
    meta_of(out, 1, out[0].dtype, DT_SHAPE(out[0].shape.dim[0] * args->n));
    return DT_OK;
}

static dt_status group_dx_infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    DT_TRY(dt_infer_float(ctx, call, out));
    DT_TRY(group_check(ctx, call, call->in[0]));
    DT_TRY(check_params(ctx, call, 4, &DT_SHAPE(out[0].shape.dim[1])));
    meta_of(out, 1, out[0].dtype, DT_SHAPE(out[0].shape.dim[1]));
    return DT_OK;
}

static dt_status group_backward(dt_ctx *ctx, const dt_grad_call *g)
{
    return norm_backward(ctx, g, &dt_op_group_norm_dx);
}

static dt_status group_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    dt_norm_geo g = GROUP_GEO(call);
    return dt_norm_ref(call, &g, ((const dt_norm_args *)call->args)->eps);
}

static dt_status group_cpu(dt_ctx *ctx, const dt_call *call)
{
    dt_norm_geo g = GROUP_GEO(call);
    return dt_norm_cpu(ctx, call, &g, ((const dt_norm_args *)call->args)->eps);
}

static dt_status group_dx_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    dt_norm_geo g = GROUP_GEO(call);
    return dt_norm_dx_ref(call, &g);
}

static dt_status group_dx_cpu(dt_ctx *ctx, const dt_call *call)
{
    dt_norm_geo g = GROUP_GEO(call);
    return dt_norm_dx_cpu(ctx, call, &g);
}

const dt_op dt_op_group_norm = {
    DT_OP_NAMED(group_norm),
    .n_in = {1, 3},
    .n_out = 3,
    .args_size = sizeof(dt_norm_args),
    .save_in = DT_BIT(0) | DT_BIT(1),
    .save_out = DT_BIT(1) | DT_BIT(2),
    .infer = group_infer,
    .backward = group_backward,
    .ref = {group_ref, DT_M_FLOAT},
    .cpu = {group_cpu, DT_M_F32},
};

const dt_op dt_op_group_norm_dx = {
    DT_OP_NAMED(group_norm_dx),
    .n_in = {4, 5},
    .n_out = 3,
    .args_size = sizeof(dt_norm_args),
    .flags = DT_OP_NO_GRAD,
    .infer = group_dx_infer,
    .ref = {group_dx_ref, DT_M_FLOAT},
    .cpu = {group_dx_cpu, DT_M_F32},
};

dt_tensor *dt_group_norm(dt_ctx *ctx, dt_tensor *x, int groups, dt_tensor *weight, dt_tensor *bias,
                         double eps)
{
    dt_tensor *const in[] = {x, weight, bias};
    return dt_op_apply1(ctx, &dt_op_group_norm, in, 3, &(dt_norm_args){groups, eps});
}
