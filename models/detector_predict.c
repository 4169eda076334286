/* From the network's raw results to detections in the original pictures. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "detect/nms.h"
#include "models/detector_impl.h"
#include "models/eval_mode.h"

dt_predict_opts dt_detector_predict_defaults(const dt_detector *d)
{
    return (dt_predict_opts){.conf = d->opts.conf, .iou = d->opts.iou, .max_det = d->opts.max_det};
}

dt_predict_opts dt_detector_eval_defaults(const dt_detector *d)
{
    return (dt_predict_opts){.conf = 0.001, .iou = d->opts.iou, .max_det = d->opts.max_det, .multi_label = 1};
}

void dt_detections_free(dt_detections *out)
{
    dt_free(out->items);
    dt_free(out->begin);
    *out = (dt_detections){0};
}

/* Host arrays of one picture. */
typedef struct candidates {
    float *boxes, *scores; /* (capacity, 4), (capacity) */
    int32_t *classes, *keep;
    size_t capacity;
    int64_t n;
} candidates;

static void candidates_free(candidates *c)
{
    dt_free(c->boxes);
    dt_free(c->scores);
    dt_free(c->classes);
    dt_free(c->keep);
}

/* Room for n candidates; what was there is gone. */
static int candidates_reserve(candidates *c, size_t n)
{
    c->n = 0;
    if (n <= c->capacity) return 0;
    candidates_free(c);
    *c = (candidates){.capacity = n};
    c->boxes = dt_malloc(n * 4 * sizeof *c->boxes);
    c->scores = dt_malloc(n * sizeof *c->scores);
    c->classes = dt_malloc(n * sizeof *c->classes);
    c->keep = dt_malloc(n * sizeof *c->keep);
    return c->boxes && c->scores && c->classes && c->keep ? 0 : -1;
}

static int is_finite_box(const float *b)
{
    return isfinite(b[0]) && isfinite(b[1]) && isfinite(b[2]) && isfinite(b[3]);
}

static void add(candidates *c, const float *box, float score, int32_t cls)
{
    if (!is_finite_box(box)) return;
    memcpy(c->boxes + 4 * c->n, box, 4 * sizeof *box);
    c->scores[c->n] = score;
    c->classes[c->n++] = cls;
}

static int32_t best_class(const float *row, int classes)
{
    int32_t best = 0;
    for (int32_t k = 1; k < classes; k++)
        if (row[k] > row[best]) best = k;
    return best;
}

/* boxes (A, 4), scores (A, classes) of one picture. */
static int select_candidates(candidates *c, const float *boxes, const float *scores, int64_t anchors,
                             int classes, const dt_predict_opts *opts)
{
    size_t count = 0;
    for (int64_t i = 0; i < anchors * classes; i++)
        count += scores[i] >= opts->conf;
    if (candidates_reserve(c, count) != 0) return -1;
    for (int64_t a = 0; a < anchors && count > 0; a++) {
        const float *row = scores + a * classes;
        if (!opts->multi_label) {
            int32_t best = best_class(row, classes);
            if (row[best] >= opts->conf) add(c, boxes + 4 * a, row[best], best);
            continue;
        }
        for (int32_t k = 0; k < classes; k++)
            if (row[k] >= opts->conf) add(c, boxes + 4 * a, row[k], k);
    }
    return 0;
}

/* Into the original picture, cut to it. */
static dt_detection make_detection(const candidates *c, int32_t i, const dt_letterbox *lb)
{
    const float *b = c->boxes + 4 * i;
    dt_box box = dt_letterbox_inverse(lb, (dt_box){b[0], b[1], b[2], b[3]});
    dt_box_clip(&box, lb->src_width, lb->src_height);
    return (dt_detection){
        {(float)box.x1, (float)box.y1, (float)box.x2, (float)box.y2}, c->scores[i], c->classes[i]};
}

static dt_status suppress(dt_ctx *ctx, candidates *c, const dt_letterbox *lb, const dt_predict_opts *opts,
                          dt_detections *out)
{
    dt_error err = {0};
    int64_t kept = 0;
    dt_nms_opts nms = {.iou = opts->iou, .max_det = opts->max_det, .class_agnostic = opts->class_agnostic};
    if (c->n > 0 && dt_nms(c->boxes, c->scores, c->classes, c->n, &nms, c->keep, &kept, &err) != DT_OK)
        return dt_ctx_fail(ctx, err.status, "%s", err.text);
    size_t capacity = (size_t)out->capacity;
    if (dt_grow(&out->items, &capacity, (size_t)(out->count + kept), sizeof *out->items) != 0)
        return dt_ctx_fail_memory(ctx, (size_t)(out->count + kept) * sizeof *out->items, "detections");
    out->capacity = (int64_t)capacity;
    for (int64_t i = 0; i < kept; i++)
        out->items[out->count++] = make_detection(c, c->keep[i], lb);
    return DT_OK;
}

static dt_status check(dt_ctx *ctx, const dt_tensor *images, const dt_letterbox *geometry,
                       const dt_predict_opts *o)
{
    if (!(o->conf >= 0 && o->conf <= 1) || !(o->iou >= 0 && o->iou <= 1) || o->max_det < 1)
        return dt_ctx_fail(ctx, DT_ERR_ARG,
                           "predict: conf %g and iou %g must be in 0..1, max_det %d at least 1", o->conf,
                           o->iou, o->max_det);
    for (int64_t i = 0; images && images->shape.rank == 4 && i < images->shape.dim[0]; i++)
        if (geometry[i].dst_width != images->shape.dim[3] || geometry[i].dst_height != images->shape.dim[2])
            return dt_ctx_fail(ctx, DT_ERR_SHAPE,
                               "predict: picture %lld is fitted into %d x %d, the input is %lld x %lld",
                               (long long)i, geometry[i].dst_width, geometry[i].dst_height,
                               (long long)images->shape.dim[3], (long long)images->shape.dim[2]);
    return DT_OK;
}

/* Host copies of the decoded results of the batch. */
static dt_status read_results(dt_ctx *ctx, dt_detector *d, dt_tensor *images, float **boxes, float **scores,
                              int64_t *anchors)
{
    dt_tensor *b, *s;
    dt_scope scope = dt_scope_open(ctx);
    dt_status st = dt_detector_forward(ctx, d, images, &b, &s);
    if (st == DT_OK) {
        size_t box_bytes = (size_t)dt_numel(b) * sizeof(float),
               score_bytes = (size_t)dt_numel(s) * sizeof(float);
        *anchors = b->shape.dim[1];
        *boxes = dt_malloc(box_bytes);
        *scores = dt_malloc(score_bytes);
        if (!*boxes || !*scores)
            st = dt_ctx_fail_memory(ctx, box_bytes + score_bytes, "detections");
        else if ((st = dt_read(ctx, b, *boxes, box_bytes)) == DT_OK)
            st = dt_read(ctx, s, *scores, score_bytes);
    }
    dt_scope_close(ctx, scope);
    return st;
}

static dt_status predict(dt_ctx *ctx, dt_detector *d, dt_tensor *images, const dt_letterbox *geometry,
                         const dt_predict_opts *opts, dt_detections *out)
{
    float *boxes = NULL, *scores = NULL;
    int64_t anchors = 0, n;
    candidates c = {0};
    dt_status st = read_results(ctx, d, images, &boxes, &scores, &anchors);
    if (st != DT_OK) goto done;
    n = images->shape.dim[0];
    size_t capacity = (size_t)out->image_capacity;
    if (dt_grow(&out->begin, &capacity, (size_t)n + 1, sizeof *out->begin) != 0) {
        st = dt_ctx_fail_memory(ctx, (size_t)(n + 1) * sizeof *out->begin, "detections");
        goto done;
    }
    out->image_capacity = (int64_t)capacity;
    out->begin[0] = 0;
    int classes = d->opts.class_count;
    for (int64_t i = 0; i < n && st == DT_OK; i++) {
        if (select_candidates(&c, boxes + i * anchors * 4, scores + i * anchors * classes, anchors, classes,
                              opts) != 0)
            st = dt_ctx_fail_memory(ctx, c.capacity * 7 * sizeof(float), "candidates");
        else
            st = suppress(ctx, &c, &geometry[i], opts, out);
        out->begin[i + 1] = out->count;
    }
    if (st == DT_OK) out->images = n;
done:
    candidates_free(&c);
    dt_free(boxes);
    dt_free(scores);
    return st;
}

dt_status dt_detector_predict(dt_ctx *ctx, dt_detector *d, dt_tensor *images, const dt_letterbox *geometry,
                              const dt_predict_opts *opts, dt_detections *out)
{
    out->count = out->images = 0;
    if (dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    DT_TRY(check(ctx, images, geometry, opts));
    dt_eval_mode mode;
    DT_TRY(dt_eval_mode_begin(ctx, d->net, &mode));
    dt_status st = predict(ctx, d, images, geometry, opts, out);
    dt_eval_mode_end(ctx, d->net, &mode);
    if (st != DT_OK) out->count = out->images = 0;
    return st;
}
