#include "core/ops/nn.h"

static dt_status infer(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    const dt_matmul_args *args = call->args;
    const dt_tensor *a = call->in[0], *b = call->in[1];
    char ta[DT_SHAPE_TEXT], tb[DT_SHAPE_TEXT];
    if (!dt_dtype_is_float(a->dtype) || a->dtype != b->dtype)
        return dt_op_fail(ctx, call, DT_ERR_DTYPE, "operands are %s and %s", dt_dtype_name(a->dtype),
                          dt_dtype_name(b->dtype));
    int ra = a->shape.rank, rb = b->shape.rank, fits = ra >= 2 && rb >= 2;
    if (fits) {
        int64_t k = a->shape.dim[ra - 1 - (args->trans_a != 0)], k2 = b->shape.dim[rb - 2 + (args->trans_b != 0)];
        dt_shape lead_a = a->shape, lead_b = b->shape;
        lead_a.rank -= 2;
        lead_b.rank -= 2;
        fits = k == k2 && dt_shape_broadcast(&lead_a, &lead_b, &out[0].shape) == 0;
    }
    if (!fits)
        return dt_op_fail(ctx, call, DT_ERR_SHAPE, "%s%s and %s%s do not fit", dt_shape_text(&a->shape, ta),
                          args->trans_a ? " transposed" : "", dt_shape_text(&b->shape, tb),
                          args->trans_b ? " transposed" : "");
    dt_shape *y = &out[0].shape;
    y->dim[y->rank++] = a->shape.dim[ra - 2 + (args->trans_a != 0)];
    y->dim[y->rank++] = b->shape.dim[rb - 1 - (args->trans_b != 0)];
    out[0].dtype = a->dtype;
    return DT_OK;
}

static dt_status backward(dt_ctx *ctx, const dt_grad_call *g)
{
    const dt_matmul_args *args = g->args;
    dt_tensor *a = g->in[0], *b = g->in[1], *dy = g->gout[0];
    if (g->needs[0])
        g->gin[0] = args->trans_a ? dt_matmul(ctx, b, dy, args->trans_b, 1) : dt_matmul(ctx, dy, b, 0, !args->trans_b);
    if (g->needs[1])
        g->gin[1] = args->trans_b ? dt_matmul(ctx, dy, a, 1, args->trans_a) : dt_matmul(ctx, a, dy, !args->trans_a, 0);
    return dt_ctx_status(ctx);
}

static dt_status matmul_ref(dt_ctx *ctx, const dt_call *call)
{
    (void)ctx;
    const dt_matmul_args *args = call->args;
    const dt_tensor *a = call->in[0], *b = call->in[1], *y = call->out[0];
    int rank = y->shape.rank, lead = rank - 2;
    dt_shape batch = y->shape;
    batch.rank = lead;
    int64_t m = y->shape.dim[rank - 2], n = y->shape.dim[rank - 1];
    int64_t k = a->shape.dim[a->shape.rank - 1 - (args->trans_a != 0)];
    int64_t sa[DT_MAX_RANK], sb[DT_MAX_RANK], count = dt_shape_numel(&batch);
    for (int i = 0; i < lead; i++) {
        int ia = i - (rank - a->shape.rank), ib = i - (rank - b->shape.rank);
        sa[i] = ia < 0 || a->shape.dim[ia] != batch.dim[i] ? 0 : a->stride[ia];
        sb[i] = ib < 0 || b->shape.dim[ib] != batch.dim[i] ? 0 : b->stride[ib];
    }
    int64_t am = args->trans_a ? 1 : k, ak = args->trans_a ? m : 1, bk = args->trans_b ? 1 : n,
            bn = args->trans_b ? k : 1;
    for (int64_t t = 0; t < count; t++) {
        int64_t a0 = dt_strided_index(&batch, sa, t), b0 = dt_strided_index(&batch, sb, t);
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
                double total = 0;
                for (int64_t q = 0; q < k; q++)
                    total += dt_get(a, a0 + i * am + q * ak) * dt_get(b, b0 + q * bk + j * bn);
                dt_set(y, (t * m + i) * n + j, total);
            }
    }
    return DT_OK;
}

const dt_op dt_op_matmul = {
    DT_OP_NAMED(matmul),
    .n_in = {2, 2},
    .n_out = 1,
    .args_size = sizeof(dt_matmul_args),
    .save_in = DT_BIT(0) | DT_BIT(1),
    .infer = infer,
    .backward = backward,
    .ref = {matmul_ref, DT_M_FLOAT},
    .cpu = {dt_matmul_cpu, DT_M_F32},
};

dt_tensor *dt_matmul(dt_ctx *ctx, dt_tensor *a, dt_tensor *b, int trans_a, int trans_b)
{
    dt_tensor *const in[] = {a, b};
    return dt_op_apply1(ctx, &dt_op_matmul, in, 2, &(dt_matmul_args){trans_a, trans_b});
}
