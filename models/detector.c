#include "models/detector.h"

#include <math.h>
#include <string.h>

#include "core/autograd.h"
#include "core/mem.h"
#include "models/blocks.h"
#include "models/detector_impl.h"
#include "models/registry.h"
#include "models/yolo.h"

dt_detector_opts dt_detector_defaults(void)
{
    return (dt_detector_opts){
        .imgsz = 640,
        .letterbox = DT_LETTERBOX_CENTER,
        .filter = DT_RESIZE_BILINEAR,
        .fill = DT_LETTERBOX_FILL,
        .divisor = 255,
        .std = {1, 1, 1},
        .conf = 0.25,
        .iou = 0.7,
        .max_det = 300,
    };
}

static dt_status check_opts(dt_ctx *ctx, const dt_detector_opts *o)
{
    if (!o->model || o->class_count < 1 || !o->names)
        return dt_ctx_fail(ctx, DT_ERR_ARG, "a detector needs a model and at least one class name");
    for (int i = 0; i < o->class_count; i++)
        if (!o->names[i]) return dt_ctx_fail(ctx, DT_ERR_ARG, "class %d has no name", i);
    if (o->class_base != 0 && o->class_base != 1)
        return dt_ctx_fail(ctx, DT_ERR_ARG, "class base %d is neither 0 nor 1", o->class_base);
    int step = dt_yolo_strides[DT_YOLO_LEVELS - 1];
    if (o->imgsz < step || o->imgsz > 8192 || o->imgsz % step)
        return dt_ctx_fail(ctx, DT_ERR_ARG, "input size %d is not a multiple of %d in %d..8192", o->imgsz,
                           step, step);
    if (o->fill < 0 || o->fill > 255)
        return dt_ctx_fail(ctx, DT_ERR_ARG, "fill %d is not in 0..255", o->fill);
    if (!(o->divisor > 0 && isfinite(o->divisor)))
        return dt_ctx_fail(ctx, DT_ERR_ARG, "divisor %g is not above 0", o->divisor);
    for (int i = 0; i < 3; i++)
        if (!isfinite(o->mean[i]) || !(o->std[i] > 0 && isfinite(o->std[i])))
            return dt_ctx_fail(ctx, DT_ERR_ARG, "mean %g, standard deviation %g of channel %d", o->mean[i],
                               o->std[i], i);
    if (!(o->conf >= 0 && o->conf <= 1) || !(o->iou >= 0 && o->iou <= 1) || o->max_det < 1)
        return dt_ctx_fail(ctx, DT_ERR_ARG, "conf %g and iou %g must be in 0..1, max_det %d at least 1",
                           o->conf, o->iou, o->max_det);
    return DT_OK;
}

static dt_status copy_opts(dt_ctx *ctx, dt_detector *d, const dt_detector_opts *o)
{
    d->opts = *o;
    d->opts.model = dt_strdup(o->model);
    char **names = dt_calloc((size_t)o->class_count, sizeof *names);
    d->opts.names = (const char *const *)names;
    int ok = d->opts.model && names;
    for (int i = 0; i < o->class_count && ok; i++) {
        names[i] = dt_strdup(o->names[i]);
        ok = names[i] != NULL;
    }
    return ok ? DT_OK : dt_ctx_fail_memory(ctx, (size_t)o->class_count * sizeof *names, "class names");
}

dt_detector *dt_detector_create(dt_ctx *ctx, const dt_detector_opts *opts)
{
    dt_error err = {0};
    if (dt_ctx_status(ctx) != DT_OK || check_opts(ctx, opts) != DT_OK) return NULL;
    const dt_model_entry *entry = dt_model_find(opts->model, DT_TASK_DETECT, &err);
    if (!entry) {
        dt_ctx_fail(ctx, err.status, "%s", err.text);
        return NULL;
    }
    dt_detector *d = dt_calloc(1, sizeof *d);
    if (!d) {
        dt_ctx_fail_memory(ctx, sizeof *d, "detector");
        return NULL;
    }
    d->loss = dt_yolo_loss_defaults();
    if (copy_opts(ctx, d, opts) == DT_OK) d->net = entry->make(ctx, NULL, "", opts->class_count);
    if (d->net) return d;
    dt_detector_destroy(d);
    return NULL;
}

void dt_detector_destroy(dt_detector *d)
{
    if (!d) return;
    dt_module_destroy(d->net);
    for (int i = 0; i < d->opts.class_count && d->opts.names; i++)
        dt_free((char *)d->opts.names[i]);
    dt_free((void *)d->opts.names);
    dt_free((char *)d->opts.model);
    dt_points_free(&d->points);
    dt_free(d);
}

const dt_detector_opts *dt_detector_info(const dt_detector *d)
{
    return &d->opts;
}
dt_module *dt_detector_net(dt_detector *d)
{
    return d->net;
}
void dt_detector_train(dt_detector *d, int training)
{
    dt_module_train(d->net, training);
}

dt_status dt_detector_points(dt_ctx *ctx, dt_detector *d, int64_t width, int64_t height)
{
    if (d->points.n > 0 && d->points_width == width && d->points_height == height) return DT_OK;
    dt_error err = {0};
    dt_points_free(&d->points);
    if (width > 1 << 15 || height > 1 << 15)
        return dt_ctx_fail(ctx, DT_ERR_SHAPE, "input of %lld x %lld pixels", (long long)width,
                           (long long)height);
    if (dt_points_make((int)width, (int)height, dt_yolo_strides, DT_YOLO_LEVELS, &d->points, &err) != DT_OK)
        return dt_ctx_fail(ctx, err.status, "%s", err.text);
    d->points_width = (int)width;
    d->points_height = (int)height;
    return DT_OK;
}

/* Raw results of the network for a checked input. */
static dt_status run_net(dt_ctx *ctx, dt_detector *d, dt_tensor *images, dt_tensor **box, dt_tensor **cls)
{
    char text[DT_SHAPE_TEXT];
    *box = *cls = NULL;
    if (dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    if (!images) return dt_ctx_fail(ctx, DT_ERR_ARG, "detector: the images are missing");
    if (images->shape.rank != 4 || images->shape.dim[0] < 1 || images->shape.dim[1] != 3)
        return dt_ctx_fail(ctx, DT_ERR_SHAPE, "images %s; expected (N, 3, H, W)",
                           dt_shape_text(&images->shape, text));
    DT_TRY(dt_detector_points(ctx, d, images->shape.dim[3], images->shape.dim[2]));
    return dt_yolo_forward(ctx, d->net, images, box, cls);
}

dt_tensor *dt_detector_loss(dt_ctx *ctx, dt_detector *d, dt_tensor *images, const dt_detector_labels *labels,
                            dt_detector_losses *losses)
{
    dt_tensor *box, *cls;
    *losses = (dt_detector_losses){0};
    if (d->fused) {
        dt_ctx_fail(ctx, DT_ERR_STATE, "this detector's batch norms are folded away: it can not be trained");
        return NULL;
    }
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *total = NULL;
    if (run_net(ctx, d, images, &box, &cls) == DT_OK)
        total = dt_yolo_loss(ctx, box, cls, DT_YOLO_BINS, &d->points, labels, &d->loss, losses);
    if (total) total = dt_affine(ctx, total, (double)images->shape.dim[0], 0);
    return dt_scope_return(ctx, scope, total);
}

dt_status dt_detector_forward(dt_ctx *ctx, dt_detector *d, dt_tensor *images, dt_tensor **boxes,
                              dt_tensor **scores)
{
    dt_tensor *box, *cls;
    *boxes = *scores = NULL;
    DT_TRY(run_net(ctx, d, images, &box, &cls));
    *boxes =
        dt_contiguous(ctx, dt_transpose(ctx, dt_points_decode(ctx, &d->points, box, DT_YOLO_BINS), 1, 2));
    *scores = dt_contiguous(ctx, dt_transpose(ctx, dt_sigmoid(ctx, cls), 1, 2));
    return dt_ctx_status(ctx);
}

dt_status dt_detector_fuse(dt_ctx *ctx, dt_detector *d)
{
    if (d->fused) return DT_OK;
    d->fused = 1;
    return dt_module_fold_norms(ctx, d->net);
}
