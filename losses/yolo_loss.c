#include "losses/yolo_loss.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "losses/iou.h"
#include "losses/loss.h"

dt_yolo_loss_opts dt_yolo_loss_defaults(void)
{
    return (dt_yolo_loss_opts){7.5, 0.5, 1.5, dt_assign_defaults()};
}

/* Host arrays of one step. */
typedef struct work {
    int64_t images, anchors, positives;
    int classes, bins;
    const dt_points *points;
    const dt_yolo_labels *labels;
    const dt_assign_opts *assign;
    float *boxes, *scores; /* predictions (N, 4, A), (N, classes, A) */
    int32_t *owner;        /* (N, A): index of the label, or DT_ASSIGN_* */
    float *target;         /* (N, A) */
    int64_t *first;        /* (N + 1): labels of image i are [first[i], first[i + 1]) */
    dt_error *errors;      /* (N) */
    double target_sum;
    int any_ignored;
} work;

static void work_free(work *w)
{
    dt_free(w->boxes);
    dt_free(w->scores);
    dt_free(w->owner);
    dt_free(w->target);
    dt_free(w->first);
    dt_free(w->errors);
}

static dt_status work_alloc(dt_ctx *ctx, work *w)
{
    size_t n = (size_t)w->images, na = n * (size_t)w->anchors;
    w->boxes = dt_malloc(na * 4 * sizeof *w->boxes);
    w->scores = dt_malloc(na * (size_t)w->classes * sizeof *w->scores);
    w->owner = dt_malloc(na * sizeof *w->owner);
    w->target = dt_malloc(na * sizeof *w->target);
    w->first = dt_calloc(n + 1, sizeof *w->first);
    w->errors = dt_calloc(n, sizeof *w->errors);
    if (w->boxes && w->scores && w->owner && w->target && w->first && w->errors) return DT_OK;
    return dt_ctx_fail_memory(ctx, na * (4 + (size_t)w->classes + 2) * sizeof(float), "assignment");
}

static dt_status check_labels(dt_ctx *ctx, work *w)
{
    const dt_yolo_labels *l = w->labels;
    for (int64_t i = 0; i < l->n; i++) {
        if (l->image[i] < 0 || l->image[i] >= w->images || (i > 0 && l->image[i] < l->image[i - 1]))
            return dt_ctx_fail(ctx, DT_ERR_ARG, "label %lld: image %d after %d in a batch of %lld",
                               (long long)i, l->image[i], i > 0 ? l->image[i - 1] : 0, (long long)w->images);
        if (l->cls[i] < 0 || l->cls[i] >= w->classes)
            return dt_ctx_fail(ctx, DT_ERR_ARG,
                               "label %lld of image %d: class %d; the network has %d classes", (long long)i,
                               l->image[i], l->cls[i], w->classes);
        for (int k = 0; k < 4; k++)
            if (!isfinite(l->boxes[4 * i + k]))
                return dt_ctx_fail(ctx, DT_ERR_ARG, "label %lld of image %d: box coordinate %g", (long long)i,
                                   l->image[i], (double)l->boxes[4 * i + k]);
        w->first[l->image[i] + 1]++;
    }
    for (int64_t i = 0; i < w->images; i++)
        w->first[i + 1] += w->first[i];
    return DT_OK;
}

/* What the network predicts now, on the host. */
static dt_status read_predictions(dt_ctx *ctx, work *w, dt_tensor *box_logits, dt_tensor *cls_logits)
{
    size_t na = (size_t)w->images * (size_t)w->anchors;
    dt_scope scope = dt_scope_open(ctx);
    int was = dt_grad_enable(ctx, 0);
    dt_tensor *boxes = dt_points_decode(ctx, w->points, box_logits, w->bins);
    dt_tensor *scores = dt_sigmoid(ctx, cls_logits);
    if (boxes && boxes->dtype != DT_F32) boxes = dt_cast(ctx, boxes, DT_F32);
    if (scores && scores->dtype != DT_F32) scores = dt_cast(ctx, scores, DT_F32);
    dt_status st = dt_ctx_status(ctx);
    if (st == DT_OK) st = dt_read(ctx, boxes, w->boxes, na * 4 * sizeof(float));
    if (st == DT_OK) st = dt_read(ctx, scores, w->scores, na * (size_t)w->classes * sizeof(float));
    dt_grad_enable(ctx, was);
    dt_scope_close(ctx, scope);
    return st;
}

static void assign_images(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    work *w = arg;
    const dt_yolo_labels *l = w->labels;
    for (int64_t i = begin; i < end; i++) {
        int64_t first = w->first[i], na = w->anchors;
        dt_assign_input in = {
            .anchors = na,
            .points = w->points->xy,
            .classes = w->classes,
            .boxes = w->boxes + i * 4 * na,
            .scores = w->scores + i * w->classes * na,
            .objects = w->first[i + 1] - first,
            .gt_boxes = l->boxes + 4 * first,
            .gt_cls = l->cls + first,
            .ignore = l->ignore ? l->ignore + first : NULL,
        };
        int32_t *owner = w->owner + i * na;
        if (dt_assign(&in, w->assign, owner, w->target + i * na, &w->errors[i]) != DT_OK) continue;
        for (int64_t a = 0; a < na; a++)
            if (owner[a] >= 0) owner[a] += (int32_t)first;
    }
}

static dt_status assign_all(dt_ctx *ctx, work *w)
{
    dt_parallel(dt_ctx_pool(ctx), w->images, 1, assign_images, w);
    for (int64_t i = 0; i < w->images; i++)
        if (w->errors[i].status != DT_OK)
            return dt_ctx_fail(ctx, w->errors[i].status, "%s", w->errors[i].text);
    for (int64_t i = 0; i < w->images * w->anchors; i++) {
        if (w->owner[i] >= 0) {
            w->positives++;
            w->target_sum += w->target[i];
        } else if (w->owner[i] == DT_ASSIGN_IGNORE) {
            w->any_ignored = 1;
        }
    }
    return DT_OK;
}

static dt_tensor *constant(dt_ctx *ctx, dt_dtype dtype, dt_shape shape, const float *values)
{
    dt_tensor *t = dt_from(ctx, DT_F32, shape, values);
    return t && dtype != DT_F32 ? dt_cast(ctx, t, dtype) : t;
}

/* Sum of the cross entropies of all anchors and classes; ignored anchors count nothing. */
static dt_tensor *class_loss(dt_ctx *ctx, const work *w, dt_tensor *cls_logits)
{
    int64_t n = w->images, na = w->anchors;
    size_t count = (size_t)(n * w->classes * na);
    float *target = dt_calloc(count, sizeof *target);
    float *mask = w->any_ignored ? dt_malloc((size_t)(n * na) * sizeof *mask) : NULL;
    dt_tensor *loss = NULL;
    if (!target || (w->any_ignored && !mask)) {
        dt_ctx_fail_memory(ctx, count * sizeof *target, "class targets");
        goto done;
    }
    for (int64_t i = 0; i < n * na; i++) {
        int32_t g = w->owner[i];
        if (mask) mask[i] = g != DT_ASSIGN_IGNORE;
        if (g >= 0) target[(i / na * w->classes + w->labels->cls[g]) * na + i % na] = w->target[i];
    }
    dt_tensor *t = constant(ctx, cls_logits->dtype, cls_logits->shape, target);
    loss = dt_bce_with_logits(ctx, cls_logits, t);
    if (mask) loss = dt_mul(ctx, loss, constant(ctx, cls_logits->dtype, DT_SHAPE(n, 1, na), mask));
    loss = dt_sum(ctx, loss, 0, 0);
done:
    dt_free(target);
    dt_free(mask);
    return loss;
}

/* What the assigned anchors (P of them) are compared with. Rows in the order of image and anchor. */
typedef struct positives {
    int64_t *index;  /* (P) into (N * A) */
    float *boxes;    /* (P, 4) objects */
    float *weight;   /* (P) target score */
    float *centre;   /* (P, 4) x, y, x, y */
    float *scale;    /* (P, 4) -s, -s, s, s */
    float *distance; /* (P, 4) to the object's sides, in strides */
} positives;

static void positives_free(positives *p)
{
    dt_free(p->index);
    dt_free(p->boxes);
}

static dt_status positives_collect(dt_ctx *ctx, const work *w, positives *p)
{
    size_t n = (size_t)w->positives;
    p->index = dt_malloc(n * sizeof *p->index);
    p->boxes = dt_malloc(n * 17 * sizeof *p->boxes);
    if (!p->index || !p->boxes) return dt_ctx_fail_memory(ctx, n * 17 * sizeof *p->boxes, "assigned anchors");
    p->centre = p->boxes + 4 * n;
    p->scale = p->centre + 4 * n;
    p->distance = p->scale + 4 * n;
    p->weight = p->distance + 4 * n;
    size_t row = 0;
    for (int64_t i = 0; i < w->images * w->anchors; i++) {
        if (w->owner[i] < 0) continue;
        const float *box = w->labels->boxes + 4 * (int64_t)w->owner[i],
                    *xy = w->points->xy + 2 * (i % w->anchors);
        float stride = w->points->stride[i % w->anchors];
        p->index[row] = i;
        p->weight[row] = w->target[i];
        for (int k = 0; k < 4; k++) {
            float scale = k < 2 ? -stride : stride;
            p->boxes[4 * row + k] = box[k];
            p->centre[4 * row + k] = xy[k % 2];
            p->scale[4 * row + k] = scale;
            p->distance[4 * row + k] = (box[k] - xy[k % 2]) / scale;
        }
        row++;
    }
    return DT_OK;
}

/* Weighted sums of 1 - CIoU and of the distribution focal loss over the assigned anchors. */
static dt_status box_losses(dt_ctx *ctx, const work *w, dt_tensor *logits, dt_tensor **box, dt_tensor **dfl)
{
    int64_t n = w->positives;
    dt_dtype dtype = logits->dtype;
    positives p = {0};
    dt_status st = positives_collect(ctx, w, &p);
    if (st == DT_OK) {
        dt_tensor *rows =
            dt_reshape(ctx, dt_transpose(ctx, logits, 1, 2), DT_SHAPE(w->images * w->anchors, 4 * w->bins));
        rows = dt_index_select(ctx, rows, 0, dt_from(ctx, DT_I64, DT_SHAPE(n), p.index));
        rows = dt_reshape(ctx, rows, DT_SHAPE(4 * n, w->bins));
        dt_tensor *weight = constant(ctx, dtype, DT_SHAPE(n), p.weight);

        float ramp[256];
        for (int i = 0; i < w->bins; i++)
            ramp[i] = (float)i;
        dt_tensor *mean = dt_sum(
            ctx, dt_mul(ctx, dt_softmax(ctx, rows, 1), constant(ctx, dtype, DT_SHAPE(1, w->bins), ramp)),
            DT_BIT(1), 0);
        dt_tensor *pred =
            dt_mul(ctx, dt_reshape(ctx, mean, DT_SHAPE(n, 4)), constant(ctx, dtype, DT_SHAPE(n, 4), p.scale));
        pred = dt_add(ctx, pred, constant(ctx, dtype, DT_SHAPE(n, 4), p.centre));
        dt_tensor *ciou = dt_iou_loss(ctx, pred, constant(ctx, dtype, DT_SHAPE(n, 4), p.boxes), DT_CIOU);
        *box = dt_sum(ctx, dt_mul(ctx, ciou, weight), 0, 0);

        dt_tensor *sides = dt_reshape(ctx, dt_dfl_loss(ctx, rows, p.distance, 4 * n), DT_SHAPE(n, 4));
        *dfl = dt_sum(ctx, dt_mul(ctx, dt_mean(ctx, sides, DT_BIT(1), 0), weight), 0, 0);
        st = dt_ctx_status(ctx);
    }
    positives_free(&p);
    return st;
}

static dt_status check_shapes(dt_ctx *ctx, const dt_tensor *box, const dt_tensor *cls, int bins,
                              const dt_points *points)
{
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    if (bins >= 2 && bins <= 256 && box->shape.rank == 3 && cls->shape.rank == 3 &&
        box->shape.dim[1] == 4 * bins && box->shape.dim[0] == cls->shape.dim[0] &&
        box->shape.dim[2] == points->n && cls->shape.dim[2] == points->n)
        return DT_OK;
    return dt_ctx_fail(ctx, DT_ERR_SHAPE,
                       "yolo_loss: box logits %s, class logits %s; expected (N, %d, %lld) and "
                       "(N, classes, %lld)",
                       dt_shape_text(&box->shape, a), dt_shape_text(&cls->shape, b), 4 * bins,
                       (long long)points->n, (long long)points->n);
}

dt_tensor *dt_yolo_loss(dt_ctx *ctx, dt_tensor *box_logits, dt_tensor *cls_logits, int bins,
                        const dt_points *points, const dt_yolo_labels *labels, const dt_yolo_loss_opts *opts,
                        dt_yolo_losses *losses)
{
    *losses = (dt_yolo_losses){0};
    if (!box_logits || !cls_logits) return NULL;
    if (check_shapes(ctx, box_logits, cls_logits, bins, points) != DT_OK) return NULL;
    work w = {.images = box_logits->shape.dim[0],
              .anchors = points->n,
              .classes = (int)cls_logits->shape.dim[1],
              .bins = bins,
              .points = points,
              .labels = labels,
              .assign = &opts->assign};
    dt_tensor *total = NULL, *box = NULL, *dfl = NULL;
    if (work_alloc(ctx, &w) != DT_OK || check_labels(ctx, &w) != DT_OK ||
        read_predictions(ctx, &w, box_logits, cls_logits) != DT_OK || assign_all(ctx, &w) != DT_OK)
        goto done;
    double norm = w.target_sum > 1 ? w.target_sum : 1;
    dt_tensor *cls = dt_affine(ctx, class_loss(ctx, &w, cls_logits), opts->cls_gain / norm, 0);
    total = cls;
    if (w.positives > 0 && box_losses(ctx, &w, box_logits, &box, &dfl) == DT_OK) {
        box = dt_affine(ctx, box, opts->box_gain / norm, 0);
        dfl = dt_affine(ctx, dfl, opts->dfl_gain / norm, 0);
        total = dt_add(ctx, dt_add(ctx, box, cls), dfl);
    }
    if (dt_ctx_status(ctx) != DT_OK) {
        total = NULL;
        goto done;
    }
    losses->cls = dt_item(ctx, cls);
    losses->box = box ? dt_item(ctx, box) : 0;
    losses->dfl = dfl ? dt_item(ctx, dfl) : 0;
    losses->total = losses->box + losses->cls + losses->dfl;
    losses->positives = w.positives;
done:
    work_free(&w);
    return total;
}
