#include "losses/loss.h"

#include <math.h>

#include "core/mem.h"

dt_tensor *dt_reduce(dt_ctx *ctx, dt_tensor *x, dt_reduction reduction)
{
    if (reduction == DT_REDUCE_NONE) return x;
    return reduction == DT_REDUCE_SUM ? dt_sum(ctx, x, 0, 0) : dt_mean(ctx, x, 0, 0);
}

/* A constant of the dtype of `like`, from doubles. */
static dt_tensor *constant(dt_ctx *ctx, const dt_tensor *like, dt_shape shape, const double *values)
{
    dt_tensor *t = dt_from(ctx, DT_F64, shape, values);
    return t && like->dtype != DT_F64 ? dt_cast(ctx, t, like->dtype) : t;
}

static int is_matrix(dt_ctx *ctx, const char *what, const dt_tensor *t, int64_t rows)
{
    char text[DT_SHAPE_TEXT];
    if (t->shape.rank == 2 && t->shape.dim[0] == rows && t->shape.dim[1] > 0) return 1;
    dt_ctx_fail(ctx, DT_ERR_SHAPE, "%s: logits %s for %lld targets", what, dt_shape_text(&t->shape, text),
                (long long)rows);
    return 0;
}

/* Rows of the target distribution. Returns the number of rows that count, -1 on failure. */
static int64_t fill_targets(dt_ctx *ctx, double *out, const int64_t *target, int64_t n, int64_t classes,
                            double smoothing, int64_t ignore)
{
    int64_t counted = 0;
    for (int64_t i = 0; i < n; i++) {
        if (target[i] == ignore) continue;
        if (target[i] < 0 || target[i] >= classes) {
            dt_ctx_fail(ctx, DT_ERR_ARG, "cross_entropy: target %lld of row %lld; there are %lld classes",
                        (long long)target[i], (long long)i, (long long)classes);
            return -1;
        }
        for (int64_t c = 0; c < classes; c++)
            out[i * classes + c] = smoothing / (double)classes;
        out[i * classes + target[i]] += 1 - smoothing;
        counted++;
    }
    return counted;
}

dt_tensor *dt_cross_entropy(dt_ctx *ctx, dt_tensor *logits, const int64_t *target, int64_t n,
                            const dt_cross_entropy_opts *opts)
{
    static const dt_cross_entropy_opts plain = {0};
    if (!opts) opts = &plain;
    if (!logits || !is_matrix(ctx, "cross_entropy", logits, n)) return NULL;
    if (!(opts->label_smoothing >= 0 && opts->label_smoothing < 1)) {
        dt_ctx_fail(ctx, DT_ERR_ARG, "cross_entropy: label smoothing %g is not in [0, 1)",
                    opts->label_smoothing);
        return NULL;
    }
    int64_t classes = logits->shape.dim[1];
    double *dense = dt_calloc((size_t)(n * classes), sizeof *dense);
    if (!dense) {
        dt_ctx_fail_memory(ctx, (size_t)(n * classes) * sizeof *dense, "targets");
        return NULL;
    }
    int64_t counted = fill_targets(ctx, dense, target, n, classes, opts->label_smoothing,
                                   opts->ignore_index ? opts->ignore_index : -100);
    dt_tensor *t = counted < 0 ? NULL : constant(ctx, logits, logits->shape, dense);
    dt_free(dense);
    dt_tensor *rows = dt_neg(ctx, dt_sum(ctx, dt_mul(ctx, dt_log_softmax(ctx, logits, 1), t), DT_BIT(1), 0));
    if (opts->reduction != DT_REDUCE_MEAN) return dt_reduce(ctx, rows, opts->reduction);
    return dt_affine(ctx, dt_sum(ctx, rows, 0, 0), counted > 0 ? 1.0 / (double)counted : 0, 0);
}

dt_tensor *dt_bce_loss(dt_ctx *ctx, dt_tensor *logits, dt_tensor *target, dt_reduction reduction)
{
    return dt_reduce(ctx, dt_bce_with_logits(ctx, logits, target), reduction);
}

dt_tensor *dt_focal_loss(dt_ctx *ctx, dt_tensor *logits, dt_tensor *target, double alpha, double gamma,
                         dt_reduction reduction)
{
    dt_tensor *p = dt_sigmoid(ctx, logits);
    /* 1 - p_t = p + t - 2 p t */
    dt_tensor *miss = dt_sub(ctx, dt_add(ctx, p, target), dt_affine(ctx, dt_mul(ctx, p, target), 2, 0));
    dt_tensor *loss = dt_mul(ctx, dt_bce_with_logits(ctx, logits, target), dt_pow(ctx, miss, gamma));
    if (alpha >= 0) loss = dt_mul(ctx, loss, dt_affine(ctx, target, 2 * alpha - 1, 1 - alpha));
    return dt_reduce(ctx, loss, reduction);
}

dt_tensor *dt_l1_loss(dt_ctx *ctx, dt_tensor *a, dt_tensor *b, dt_reduction reduction)
{
    return dt_reduce(ctx, dt_abs(ctx, dt_sub(ctx, a, b)), reduction);
}

dt_tensor *dt_l2_loss(dt_ctx *ctx, dt_tensor *a, dt_tensor *b, dt_reduction reduction)
{
    return dt_reduce(ctx, dt_square(ctx, dt_sub(ctx, a, b)), reduction);
}

dt_tensor *dt_smooth_l1_loss(dt_ctx *ctx, dt_tensor *a, dt_tensor *b, double beta, dt_reduction reduction)
{
    if (!(beta > 0)) return dt_l1_loss(ctx, a, b, reduction);
    dt_tensor *d = dt_abs(ctx, dt_sub(ctx, a, b));
    dt_tensor *m = dt_clamp(ctx, d, -INFINITY, beta);
    /* m (d - m / 2) / beta is both cases in one. */
    dt_tensor *loss = dt_mul(ctx, dt_affine(ctx, m, 1 / beta, 0), dt_sub(ctx, d, dt_affine(ctx, m, 0.5, 0)));
    return dt_reduce(ctx, loss, reduction);
}

dt_tensor *dt_dfl_loss(dt_ctx *ctx, dt_tensor *logits, const float *target, int64_t n)
{
    if (!logits || !is_matrix(ctx, "dfl_loss", logits, n)) return NULL;
    int64_t bins = logits->shape.dim[1];
    double *dense = dt_calloc((size_t)(n * bins), sizeof *dense);
    if (!dense) {
        dt_ctx_fail_memory(ctx, (size_t)(n * bins) * sizeof *dense, "targets");
        return NULL;
    }
    double top = bins > 1 ? (double)(bins - 1) - 0.01 : 0;
    for (int64_t i = 0; i < n; i++) {
        double v = target[i] > 0 ? target[i] : 0; /* NaN becomes 0 */
        if (v > top) v = top;
        int64_t low = (int64_t)v;
        dense[i * bins + low] = (double)(low + 1) - v;
        if (low + 1 < bins) dense[i * bins + low + 1] = v - (double)low;
    }
    dt_tensor *t = constant(ctx, logits, logits->shape, dense);
    dt_free(dense);
    return dt_neg(ctx, dt_sum(ctx, dt_mul(ctx, dt_log_softmax(ctx, logits, 1), t), DT_BIT(1), 0));
}
