#include "detect/nms_tensor.h"

#include <string.h>

#include "core/ops.h"

static dt_status check(dt_ctx *ctx, const dt_tensor *boxes, const dt_tensor *scores, const dt_tensor *classes,
                       const dt_nms_opts *opts)
{
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT], c[DT_SHAPE_TEXT];
    int64_t n = boxes->shape.dim[0];
    int fits = boxes->shape.rank == 2 && boxes->shape.dim[1] == 4 && scores->shape.rank == 1 &&
               scores->shape.dim[0] == n &&
               (!classes || (classes->shape.rank == 1 && classes->shape.dim[0] == n));
    if (!fits)
        return dt_ctx_fail(ctx, DT_ERR_SHAPE,
                           "nms: boxes %s, scores %s, classes %s; (N,4), (N) and (N) are wanted",
                           dt_shape_text(&boxes->shape, a), dt_shape_text(&scores->shape, b),
                           classes ? dt_shape_text(&classes->shape, c) : "absent");
    if (boxes->dtype != DT_F32 || scores->dtype != DT_F32 || (classes && classes->dtype != DT_I32))
        return dt_ctx_fail(ctx, DT_ERR_DTYPE,
                           "nms: boxes %s, scores %s, classes %s; float32, float32 and int32 are wanted",
                           dt_dtype_name(boxes->dtype), dt_dtype_name(scores->dtype),
                           classes ? dt_dtype_name(classes->dtype) : "absent");
    if (scores->device != boxes->device || (classes && classes->device != boxes->device))
        return dt_ctx_fail(ctx, DT_ERR_DEVICE, "nms: boxes on %s, scores on %s, classes on %s",
                           boxes->device->name, scores->device->name,
                           classes ? classes->device->name : "no device");
    if (n > INT32_MAX || !(opts->iou >= 0 && opts->iou <= 1) || opts->max_det < 0)
        return dt_ctx_fail(ctx, DT_ERR_ARG, "nms: %lld boxes, IoU threshold %g, max_det %lld", (long long)n,
                           opts->iou, (long long)opts->max_det);
    return DT_OK;
}

static dt_status run(dt_ctx *ctx, dt_tensor *boxes, dt_tensor *scores, dt_tensor *classes,
                     const dt_nms_opts *opts, int32_t *keep, int64_t *kept)
{
    dt_device *device = boxes->device;
    int64_t n = boxes->shape.dim[0];
    boxes = dt_contiguous(ctx, boxes);
    scores = dt_contiguous(ctx, scores);
    if (classes) classes = dt_contiguous(ctx, classes);
    if (dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    const int32_t *labels = classes ? dt_i32(classes) : NULL;
    if (device == dt_cpu(ctx)) {
        dt_error err = {0};
        if (dt_nms(dt_f32(boxes), dt_f32(scores), labels, n, opts, keep, kept, &err) == DT_OK) return DT_OK;
        return dt_ctx_fail(ctx, err.status, "%s", err.text);
    }
    void *symbol = dt_device_symbol(ctx, device, DT_NMS_SYMBOL);
    if (!symbol) return dt_ctx_fail(ctx, DT_ERR_UNSUPPORTED, "nms: there is none on %s", device->name);
    dt_nms_fn fn;
    memcpy(&fn, &symbol, sizeof fn); /* ISO C has no cast from an object pointer to a function pointer */
    return fn(ctx, device, dt_f32(boxes), dt_f32(scores), labels, n, opts, keep, kept);
}

dt_status dt_nms_tensors(dt_ctx *ctx, dt_tensor *boxes, dt_tensor *scores, dt_tensor *classes,
                         const dt_nms_opts *opts, int32_t *keep, int64_t *kept)
{
    *kept = 0;
    if (dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    if (!boxes || !scores) return dt_ctx_fail(ctx, DT_ERR_ARG, "nms: boxes or scores are missing");
    DT_TRY(check(ctx, boxes, scores, classes, opts));
    if (boxes->shape.dim[0] == 0) return DT_OK;
    dt_scope scope = dt_scope_open(ctx);
    int was = dt_grad_enable(ctx, 0);
    dt_status st = run(ctx, boxes, scores, classes, opts, keep, kept);
    dt_grad_enable(ctx, was);
    dt_scope_close(ctx, scope);
    return st;
}
