#include "detect/assign.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"

dt_assign_opts dt_assign_defaults(void)
{
    return (dt_assign_opts){0.5, 6, 10, 0.5};
}

enum { MAX_TOPK = 64 };

typedef struct candidate {
    int64_t anchor;
    double align, iou;
} candidate;

/* What the anchors know about the object that owns them so far. */
typedef struct claims {
    double *iou, *align;         /* (anchors) */
    double *max_iou, *max_align; /* (objects) */
} claims;

static double iou_with(const dt_assign_input *in, int64_t a, const float *g)
{
    const float *b = in->boxes;
    int64_t n = in->anchors;
    double x1 = b[a], y1 = b[n + a], x2 = b[2 * n + a], y2 = b[3 * n + a];
    double w = fmin(x2, g[2]) - fmax(x1, g[0]), h = fmin(y2, g[3]) - fmax(y1, g[1]);
    if (!(w > 0 && h > 0)) return 0;
    double inter = w * h, area = ((double)g[2] - g[0]) * ((double)g[3] - g[1]);
    return inter / ((x2 - x1) * (y2 - y1) + area - inter);
}

static int inside(const float *point, const float *g)
{
    return point[0] > g[0] && point[1] > g[1] && point[0] < g[2] && point[1] < g[3];
}

/* The topk best anchors of object g, best first. */
static int select_top(const dt_assign_input *in, const dt_assign_opts *opts, int64_t g, candidate *top)
{
    const float *box = in->gt_boxes + 4 * g;
    const float *scores = in->scores + (int64_t)in->gt_cls[g] * in->anchors;
    int count = 0;
    for (int64_t a = 0; a < in->anchors; a++) {
        if (!inside(in->points + 2 * a, box)) continue;
        double iou = iou_with(in, a, box);
        double align = iou > 0 ? pow(scores[a], opts->alpha) * pow(iou, opts->beta) : 0;
        if (!(align > 0) || (count == opts->topk && align <= top[count - 1].align)) continue;
        int k = count < opts->topk ? count++ : count - 1;
        for (; k > 0 && top[k - 1].align < align; k--)
            top[k] = top[k - 1];
        top[k] = (candidate){a, align, iou};
    }
    return count;
}

/* Background anchors that touch an ignored object. */
static void mark_ignored(const dt_assign_input *in, const dt_assign_opts *opts, const float *g,
                         int32_t *owner)
{
    for (int64_t a = 0; a < in->anchors; a++)
        if (owner[a] == DT_ASSIGN_NONE &&
            (inside(in->points + 2 * a, g) || iou_with(in, a, g) >= opts->ignore_iou))
            owner[a] = DT_ASSIGN_IGNORE;
}

static void assign(const dt_assign_input *in, const dt_assign_opts *opts, claims *c, int32_t *owner,
                   float *target)
{
    candidate top[MAX_TOPK];
    for (int64_t a = 0; a < in->anchors; a++) {
        owner[a] = DT_ASSIGN_NONE;
        target[a] = 0;
    }
    for (int64_t g = 0; g < in->objects; g++) {
        const float *box = in->gt_boxes + 4 * g;
        if ((in->ignore && in->ignore[g]) || !(box[2] > box[0] && box[3] > box[1])) continue;
        int count = select_top(in, opts, g, top);
        for (int k = 0; k < count; k++) {
            int64_t a = top[k].anchor;
            if (owner[a] >= 0 && c->iou[a] >= top[k].iou) continue;
            owner[a] = (int32_t)g;
            c->iou[a] = top[k].iou;
            c->align[a] = top[k].align;
        }
    }
    for (int64_t a = 0; a < in->anchors; a++) {
        if (owner[a] < 0) continue;
        c->max_iou[owner[a]] = fmax(c->max_iou[owner[a]], c->iou[a]);
        c->max_align[owner[a]] = fmax(c->max_align[owner[a]], c->align[a]);
    }
    for (int64_t a = 0; a < in->anchors; a++)
        if (owner[a] >= 0) target[a] = (float)(c->align[a] / c->max_align[owner[a]] * c->max_iou[owner[a]]);
    for (int64_t g = 0; in->ignore && g < in->objects; g++)
        if (in->ignore[g]) mark_ignored(in, opts, in->gt_boxes + 4 * g, owner);
}

dt_status dt_assign(const dt_assign_input *in, const dt_assign_opts *opts, int32_t *owner, float *target,
                    dt_error *err)
{
    if (opts->topk < 1 || opts->topk > MAX_TOPK)
        return dt_fail(err, DT_ERR_ARG, "topk %d is not in 1..%d", opts->topk, MAX_TOPK);
    for (int64_t g = 0; g < in->objects; g++)
        if (in->gt_cls[g] < 0 || in->gt_cls[g] >= in->classes)
            return dt_fail(err, DT_ERR_ARG, "object %lld has class %d; there are %d classes", (long long)g,
                           in->gt_cls[g], in->classes);
    size_t count = 2 * ((size_t)in->anchors + (size_t)in->objects);
    double *memory = dt_calloc(count, sizeof *memory);
    if (!memory) return dt_fail_memory(err, count * sizeof *memory, "assignment");
    claims c = {.iou = memory, .align = memory + in->anchors, .max_iou = memory + 2 * in->anchors};
    c.max_align = c.max_iou + in->objects;
    assign(in, opts, &c, owner, target);
    dt_free(memory);
    return DT_OK;
}
