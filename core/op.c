#include "core/op.h"

#include <stdio.h>
#include <string.h>

#include "core/autograd.h"
#include "core/ctx_impl.h"
#include "core/file.h"
#include "core/mem.h"

const dt_op *const dt_op_table[DT_OP_COUNT] = {
#define DT_OP(op_name) [DT_OP_ID_##op_name] = &dt_op_##op_name,
#include "core/ops/op_list.def"
#undef DT_OP
};

dt_status dt_op_fail(dt_ctx *ctx, const dt_call *call, dt_status status, const char *fmt, ...)
{
    char text[DT_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return dt_ctx_fail(ctx, status, "%s: %s", call->op->name, text);
}

static const dt_tensor *deciding_operand(const dt_call *call)
{
    const dt_tensor *first = NULL;
    for (int i = 0; i < call->n_in; i++) {
        if (!call->in[i]) continue;
        if (dt_dtype_is_float(call->in[i]->dtype)) return call->in[i];
        if (!first) first = call->in[i];
    }
    return first;
}

static dt_status find_kernel(dt_ctx *ctx, const dt_call *call, dt_device *device, dt_kernel_fn *fn)
{
    dt_dtype dtype = deciding_operand(call)->dtype;
    *fn = device->backend->kernel(device, call->op, dtype);
    if (*fn) return DT_OK;
    return dt_op_fail(ctx, call, DT_ERR_UNSUPPORTED, "no kernel for %s on %s", dt_dtype_name(dtype),
                      device->name);
}

static dt_status check_operands(dt_ctx *ctx, const dt_call *call, dt_device **device)
{
    const dt_op *op = call->op;
    if (call->n_in < op->n_in.min || (op->n_in.max >= 0 && call->n_in > op->n_in.max))
        return dt_op_fail(ctx, call, DT_ERR_ARG, "%d operands; %d to %d are possible", call->n_in,
                          op->n_in.min, op->n_in.max);
    *device = NULL;
    for (int i = 0; i < call->n_in; i++) {
        if (!call->in[i]) continue;
        if (*device && call->in[i]->device != *device)
            return dt_op_fail(ctx, call, DT_ERR_DEVICE, "operand %d is on %s, another on %s", i,
                              call->in[i]->device->name, (*device)->name);
        *device = call->in[i]->device;
    }
    return DT_OK;
}

void dt_ctx_set_op_timer(dt_ctx *ctx, dt_op_timer timer, void *arg)
{
    ctx->op_timer = timer;
    ctx->op_timer_arg = arg;
}

static dt_status call_kernel(dt_ctx *ctx, dt_kernel_fn fn, const dt_call *call)
{
    if (!ctx->op_timer) return fn(ctx, call);
    double before = dt_seconds();
    dt_status st = fn(ctx, call);
    ctx->op_timer(ctx->op_timer_arg, call->op, dt_seconds() - before);
    return st;
}

/* Runs the kernel, with contiguous copies of the operands where it wants them. */
static dt_status run_kernel(dt_ctx *ctx, const dt_call *call, dt_device *device)
{
    dt_kernel_fn fn;
    DT_TRY(find_kernel(ctx, call, device, &fn));
    int strided = 0;
    if (!(call->op->flags & DT_OP_STRIDED))
        for (int i = 0; i < call->n_in; i++)
            if (call->in[i] && !dt_is_contiguous(call->in[i])) strided = 1;
    if (!strided) return call_kernel(ctx, fn, call);

    dt_tensor *small[8], **in = small;
    if (call->n_in > 8 && !(in = dt_malloc((size_t)call->n_in * sizeof *in)))
        return dt_ctx_fail_memory(ctx, (size_t)call->n_in * sizeof *in, "operands");
    dt_scope scope = dt_scope_open(ctx);
    int was = dt_grad_enable(ctx, 0);
    dt_status st = DT_OK;
    for (int i = 0; i < call->n_in && st == DT_OK; i++) {
        in[i] = call->in[i];
        if (!in[i] || dt_is_contiguous(in[i])) continue;
        in[i] = dt_op_apply1(ctx, &dt_op_copy, &in[i], 1, NULL);
        if (!in[i]) st = dt_ctx_status(ctx);
    }
    dt_grad_enable(ctx, was);
    if (st == DT_OK) {
        dt_call packed = *call;
        packed.in = in;
        st = call_kernel(ctx, fn, &packed);
    }
    dt_scope_close(ctx, scope);
    if (in != small) dt_free(in);
    return st;
}

dt_status dt_op_apply(dt_ctx *ctx, const dt_op *op, dt_tensor *const *in, int n_in, const void *args,
                      dt_tensor **out)
{
    for (int i = 0; i < op->n_out; i++)
        out[i] = NULL;
    if (ctx->err.status != DT_OK) return ctx->err.status;
    dt_tensor *results[DT_MAX_OUT] = {0};
    dt_call call = {op, in, n_in, results, op->n_out, args};
    for (int i = 0; i < op->n_in.min && i < n_in; i++)
        if (!in[i]) return dt_op_fail(ctx, &call, DT_ERR_ARG, "operand %d is missing", i);
    dt_device *device;
    DT_TRY(check_operands(ctx, &call, &device));
    dt_meta meta[DT_MAX_OUT] = {0};
    DT_TRY(op->infer(ctx, &call, meta));

    dt_status st = DT_OK;
    for (int i = 0; i < op->n_out && st == DT_OK; i++) {
        results[i] = dt_tensor_make(ctx, device, &meta[i], op->flags & DT_OP_VIEW ? in[0]->storage : NULL);
        if (results[i]) results[i] = dt_scope_adopt(ctx, results[i]);
        if (!results[i]) st = dt_ctx_status(ctx);
    }
    if (st == DT_OK && !(op->flags & DT_OP_VIEW)) {
        st = run_kernel(ctx, &call, device);
        if (st != DT_OK) dt_op_fail(ctx, &call, st, "%s", dt_status_text(st));
    }
    if (st == DT_OK) st = dt_tape_record(ctx, &call);
    if (st == DT_OK) memcpy(out, results, (size_t)op->n_out * sizeof *out);
    return st;
}

dt_tensor *dt_op_apply1(dt_ctx *ctx, const dt_op *op, dt_tensor *const *in, int n_in, const void *args)
{
    dt_tensor *out[DT_MAX_OUT];
    return dt_op_apply(ctx, op, in, n_in, args, out) == DT_OK ? out[0] : NULL;
}

dt_status dt_op_into(dt_ctx *ctx, const dt_op *op, dt_tensor *const *in, int n_in, const void *args,
                     dt_tensor *const *out)
{
    if (ctx->err.status != DT_OK) return ctx->err.status;
    dt_tensor *results[DT_MAX_OUT] = {0};
    memcpy(results, out, (size_t)op->n_out * sizeof *results);
    dt_call call = {op, in, n_in, results, op->n_out, args};
    dt_device *device;
    DT_TRY(check_operands(ctx, &call, &device));
    dt_meta meta[DT_MAX_OUT] = {0};
    DT_TRY(op->infer(ctx, &call, meta));
    for (int i = 0; i < op->n_out; i++) {
        char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
        if (!results[i] || !dt_shape_equal(&meta[i].shape, &results[i]->shape) ||
            meta[i].dtype != results[i]->dtype || results[i]->device != device ||
            !dt_is_contiguous(results[i]))
            return dt_op_fail(ctx, &call, DT_ERR_SHAPE, "result %d is %s %s; the target given is %s %s", i,
                              dt_dtype_name(meta[i].dtype), dt_shape_text(&meta[i].shape, a),
                              results[i] ? dt_dtype_name(results[i]->dtype) : "missing",
                              results[i] ? dt_shape_text(&results[i]->shape, b) : "");
        results[i]->storage->version++;
    }
    dt_status st = run_kernel(ctx, &call, device);
    return st == DT_OK ? st : dt_op_fail(ctx, &call, st, "%s", dt_status_text(st));
}

dt_status dt_infer_same(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    (void)ctx;
    out[0].dtype = call->in[0]->dtype;
    out[0].shape = call->in[0]->shape;
    return DT_OK;
}

dt_status dt_infer_float(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    if (!dt_dtype_is_float(call->in[0]->dtype))
        return dt_op_fail(ctx, call, DT_ERR_DTYPE, "wants a floating type, not %s",
                          dt_dtype_name(call->in[0]->dtype));
    return dt_infer_same(ctx, call, out);
}

int dt_shape_broadcast(const dt_shape *a, const dt_shape *b, dt_shape *out)
{
    int rank = a->rank > b->rank ? a->rank : b->rank;
    dt_shape r = {.rank = rank};
    for (int i = 1; i <= rank; i++) {
        int64_t x = i <= a->rank ? a->dim[a->rank - i] : 1, y = i <= b->rank ? b->dim[b->rank - i] : 1;
        if (x != y && x != 1 && y != 1) return -1;
        r.dim[rank - i] = x == 1 ? y : x;
    }
    *out = r;
    return 0;
}

dt_status dt_infer_broadcast(dt_ctx *ctx, const dt_call *call, dt_meta *out)
{
    out[0].dtype = call->in[0]->dtype;
    out[0].shape = call->in[0]->shape;
    for (int i = 1; i < call->n_in; i++) {
        char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
        if (call->in[i]->dtype != out[0].dtype)
            return dt_op_fail(ctx, call, DT_ERR_DTYPE, "operand %d is %s, operand 0 is %s", i,
                              dt_dtype_name(call->in[i]->dtype), dt_dtype_name(out[0].dtype));
        if (dt_shape_broadcast(&out[0].shape, &call->in[i]->shape, &out[0].shape) != 0)
            return dt_op_fail(ctx, call, DT_ERR_SHAPE, "shapes %s and %s do not broadcast",
                              dt_shape_text(&call->in[0]->shape, a), dt_shape_text(&call->in[i]->shape, b));
    }
    return DT_OK;
}
