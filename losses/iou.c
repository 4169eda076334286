#include "losses/iou.h"

#include <math.h>

#define EPS 1e-7

/* A set of boxes as columns of shape (1, N). */
typedef struct columns {
    dt_tensor *x1, *y1, *x2, *y2, *w, *h;
} columns;

static columns split(dt_ctx *ctx, dt_tensor *boxes)
{
    dt_tensor *t = dt_contiguous(ctx, dt_transpose(ctx, boxes, 0, 1));
    columns c = {.x1 = dt_slice(ctx, t, 0, 0, 1, 1),
                 .y1 = dt_slice(ctx, t, 0, 1, 2, 1),
                 .x2 = dt_slice(ctx, t, 0, 2, 3, 1),
                 .y2 = dt_slice(ctx, t, 0, 3, 4, 1)};
    c.w = dt_sub(ctx, c.x2, c.x1);
    c.h = dt_sub(ctx, c.y2, c.y1);
    return c;
}

/* max(min(a2, b2) - max(a1, b1), 0) */
static dt_tensor *overlap(dt_ctx *ctx, dt_tensor *a1, dt_tensor *a2, dt_tensor *b1, dt_tensor *b2)
{
    return dt_clamp(ctx, dt_sub(ctx, dt_minimum(ctx, a2, b2), dt_maximum(ctx, a1, b1)), 0, INFINITY);
}

/* max(a2, b2) - min(a1, b1) */
static dt_tensor *hull(dt_ctx *ctx, dt_tensor *a1, dt_tensor *a2, dt_tensor *b1, dt_tensor *b2)
{
    return dt_sub(ctx, dt_maximum(ctx, a2, b2), dt_minimum(ctx, a1, b1));
}

static dt_tensor *divide_eps(dt_ctx *ctx, dt_tensor *a, dt_tensor *b)
{
    return dt_div(ctx, a, dt_affine(ctx, b, 1, EPS));
}

static dt_tensor *distance_term(dt_ctx *ctx, const columns *p, const columns *g, dt_tensor *cw, dt_tensor *ch)
{
    dt_tensor *dx = dt_sub(ctx, dt_add(ctx, p->x1, p->x2), dt_add(ctx, g->x1, g->x2));
    dt_tensor *dy = dt_sub(ctx, dt_add(ctx, p->y1, p->y2), dt_add(ctx, g->y1, g->y2));
    dt_tensor *d2 = dt_affine(ctx, dt_add(ctx, dt_square(ctx, dx), dt_square(ctx, dy)), 0.25, 0);
    return divide_eps(ctx, d2, dt_add(ctx, dt_square(ctx, cw), dt_square(ctx, ch)));
}

static dt_tensor *aspect_term(dt_ctx *ctx, const columns *p, const columns *g, dt_tensor *iou)
{
    dt_tensor *diff =
        dt_sub(ctx, dt_atan(ctx, divide_eps(ctx, g->w, g->h)), dt_atan(ctx, divide_eps(ctx, p->w, p->h)));
    dt_tensor *v = dt_affine(ctx, dt_square(ctx, diff), 4 / (M_PI * M_PI), 0);
    int was = dt_grad_enable(ctx, 0);
    dt_tensor *alpha = divide_eps(ctx, v, dt_sub(ctx, dt_affine(ctx, v, 1, 1), iou));
    dt_grad_enable(ctx, was);
    return dt_mul(ctx, v, alpha);
}

dt_tensor *dt_iou_loss(dt_ctx *ctx, dt_tensor *pred, dt_tensor *target, dt_iou_kind kind)
{
    if (!pred || !target) return NULL;
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    if (pred->shape.rank != 2 || pred->shape.dim[1] != 4 || !dt_shape_equal(&pred->shape, &target->shape)) {
        dt_ctx_fail(ctx, DT_ERR_SHAPE, "iou_loss: boxes %s and %s; both must be (N, 4)",
                    dt_shape_text(&pred->shape, a), dt_shape_text(&target->shape, b));
        return NULL;
    }
    int64_t n = pred->shape.dim[0];
    columns p = split(ctx, pred), g = split(ctx, target);
    dt_tensor *inter =
        dt_mul(ctx, overlap(ctx, p.x1, p.x2, g.x1, g.x2), overlap(ctx, p.y1, p.y2, g.y1, g.y2));
    dt_tensor *areas = dt_add(ctx, dt_mul(ctx, p.w, p.h), dt_mul(ctx, g.w, g.h));
    dt_tensor *both = dt_sub(ctx, areas, inter);
    dt_tensor *iou = divide_eps(ctx, inter, both);
    if (kind == DT_IOU_LOG)
        return dt_reshape(ctx, dt_neg(ctx, dt_log(ctx, dt_clamp(ctx, iou, EPS, INFINITY))), DT_SHAPE(n));

    dt_tensor *loss = dt_affine(ctx, iou, -1, 1);
    if (kind != DT_IOU) {
        dt_tensor *cw = hull(ctx, p.x1, p.x2, g.x1, g.x2), *ch = hull(ctx, p.y1, p.y2, g.y1, g.y2);
        if (kind == DT_GIOU) {
            dt_tensor *c = dt_mul(ctx, cw, ch);
            loss = dt_add(ctx, loss, divide_eps(ctx, dt_sub(ctx, c, both), c));
        } else {
            loss = dt_add(ctx, loss, distance_term(ctx, &p, &g, cw, ch));
        }
        if (kind == DT_CIOU) loss = dt_add(ctx, loss, aspect_term(ctx, &p, &g, iou));
    }
    return dt_reshape(ctx, loss, DT_SHAPE(n));
}
