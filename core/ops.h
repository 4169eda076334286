/** The ops. Unless said otherwise: operands f32 or f64 on one device; the result belongs to the open scope;
 *  NULL means failure, with the reason in the context, and a NULL operand makes the result NULL, so that a
 *  chain needs one check at its end. Names and semantics are PyTorch's. All results are independent of the
 *  number of threads. */
#ifndef DT_CORE_OPS_H
#define DT_CORE_OPS_H

#include "core/autograd.h"
#include "core/ctx.h"
#include "core/op.h"

/* ---- layout ---- (every dtype) */

/** The same elements, contiguous: t itself if it is so already, else a copy. */
dt_tensor *dt_contiguous(dt_ctx *ctx, dt_tensor *t);
/** A contiguous copy in any case; differentiable. */
dt_tensor *dt_copy(dt_ctx *ctx, dt_tensor *t);
/** One dim may be -1 (the rest decides). A view when t is contiguous, else a view of a copy. */
dt_tensor *dt_reshape(dt_ctx *ctx, dt_tensor *t, dt_shape shape);
/** Merges the axes start..end (inclusive, negative from the end) into one. torch.flatten. */
dt_tensor *dt_flatten(dt_ctx *ctx, dt_tensor *t, int start, int end);
/** Axis i of the result is axis axes[i] of t (rank entries). A view. */
dt_tensor *dt_permute(dt_ctx *ctx, dt_tensor *t, const int *axes);
/** Swaps two axes. A view. */
dt_tensor *dt_transpose(dt_ctx *ctx, dt_tensor *t, int a, int b);
/** Broadcast to `shape` without copying (strides 0). */
dt_tensor *dt_expand(dt_ctx *ctx, dt_tensor *t, dt_shape shape);
/** Elements begin, begin+step, ... below end along one axis; a view. Negative begin and end count from the
 *  end; end = INT64_MAX means all. step >= 1. */
dt_tensor *dt_slice(dt_ctx *ctx, dt_tensor *t, int axis, int64_t begin, int64_t end, int64_t step);
/** n >= 1 tensors whose shapes agree except along `axis`. */
dt_tensor *dt_concat(dt_ctx *ctx, dt_tensor *const *tensors, int n, int axis);

typedef enum dt_pad_mode { DT_PAD_CONSTANT, DT_PAD_EDGE, DT_PAD_REFLECT } dt_pad_mode;
/** Pads the two last axes of (N,C,H,W) (rank >= 2). Reflect: without repeating the border, pad < side. */
dt_tensor *dt_pad2d(dt_ctx *ctx, dt_tensor *x, int left, int right, int top, int bottom, dt_pad_mode mode,
                    double value);

/** result[..., i, ...] = t[..., index[i], ...] along axis; index (n) i64 in [0, dim). torch.index_select. */
dt_tensor *dt_index_select(dt_ctx *ctx, dt_tensor *t, int axis, dt_tensor *index);
/** torch.gather: index i64 of t's rank; result has index's shape. */
dt_tensor *dt_gather(dt_ctx *ctx, dt_tensor *t, int axis, dt_tensor *index);
/** zeros(shape) with src added at index along axis (gradient of gather; repeated indices add in row order). */
dt_tensor *dt_scatter_add(dt_ctx *ctx, dt_shape shape, int axis, dt_tensor *index, dt_tensor *src);

/* ---- arithmetic ---- (operands broadcast as in NumPy) */
dt_tensor *dt_add(dt_ctx *ctx, dt_tensor *a, dt_tensor *b);
dt_tensor *dt_sub(dt_ctx *ctx, dt_tensor *a, dt_tensor *b);
dt_tensor *dt_mul(dt_ctx *ctx, dt_tensor *a, dt_tensor *b);
dt_tensor *dt_div(dt_ctx *ctx, dt_tensor *a, dt_tensor *b);
/** Equal operands share the gradient by halves, as in PyTorch. NaN wins. */
dt_tensor *dt_maximum(dt_ctx *ctx, dt_tensor *a, dt_tensor *b);
dt_tensor *dt_minimum(dt_ctx *ctx, dt_tensor *a, dt_tensor *b);
/** condition (u8 or bool) ? a : b. */
dt_tensor *dt_where(dt_ctx *ctx, dt_tensor *condition, dt_tensor *a, dt_tensor *b);

/** Result is bool. */
typedef enum dt_compare_kind { DT_EQ, DT_NE, DT_LT, DT_LE, DT_GT, DT_GE } dt_compare_kind;
dt_tensor *dt_compare(dt_ctx *ctx, dt_tensor *a, dt_tensor *b, dt_compare_kind kind);

/** scale * x + shift. */
dt_tensor *dt_affine(dt_ctx *ctx, dt_tensor *x, double scale, double shift);
dt_tensor *dt_pow(dt_ctx *ctx, dt_tensor *x, double exponent);
/** Gradient 1 between the bounds, 0 outside and at them (as PyTorch 2.15). -INFINITY / INFINITY leave a side
 *  open. */
dt_tensor *dt_clamp(dt_ctx *ctx, dt_tensor *x, double lo, double hi);
dt_tensor *dt_neg(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_abs(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_exp(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_log(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_sqrt(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_square(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_sin(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_cos(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_atan(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_sigmoid(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_tanh(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_relu(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_leaky_relu(dt_ctx *ctx, dt_tensor *x, double slope);
dt_tensor *dt_silu(dt_ctx *ctx, dt_tensor *x);
/** erf form (PyTorch's default). */
dt_tensor *dt_gelu(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_hardswish(dt_ctx *ctx, dt_tensor *x);
dt_tensor *dt_mish(dt_ctx *ctx, dt_tensor *x);
/** log(1 + exp(x)), stable. */
dt_tensor *dt_softplus(dt_ctx *ctx, dt_tensor *x);

/* ---- reductions ---- */

/** Sum over the axes whose bits are set in `axes` (0: all axes). keepdim: they stay with length 1. Fixed
 *  order: independent of threads. */
dt_tensor *dt_sum(dt_ctx *ctx, dt_tensor *t, uint32_t axes, int keepdim);
dt_tensor *dt_mean(dt_ctx *ctx, dt_tensor *t, uint32_t axes, int keepdim);
/** Largest (smallest) value along one axis and its index (i64; the first of equals). indices may be NULL. NaN
 * wins. */
dt_tensor *dt_max(dt_ctx *ctx, dt_tensor *t, int axis, int keepdim, dt_tensor **indices);
dt_tensor *dt_min(dt_ctx *ctx, dt_tensor *t, int axis, int keepdim, dt_tensor **indices);
dt_tensor *dt_softmax(dt_ctx *ctx, dt_tensor *t, int axis);
dt_tensor *dt_log_softmax(dt_ctx *ctx, dt_tensor *t, int axis);

/** Elementwise, stable: max(x,0) - x*target + log(1 + exp(-|x|)). target: x's shape, no gradient. */
dt_tensor *dt_bce_with_logits(dt_ctx *ctx, dt_tensor *x, dt_tensor *target);

/* ---- neural networks ---- */

/** Batched matrix product, torch.matmul for ranks >= 2: (..., M, K) x (..., K, N), leading axes broadcast.
 *  trans_a, trans_b: that operand's two last axes are read swapped. */
dt_tensor *dt_matmul(dt_ctx *ctx, dt_tensor *a, dt_tensor *b, int trans_a, int trans_b);
/** x (..., in) * w (out, in)^T + b (out) or NULL. */
dt_tensor *dt_linear(dt_ctx *ctx, dt_tensor *x, dt_tensor *w, dt_tensor *b);

typedef struct dt_conv2d_args {
    int stride[2], pad[2], dilation[2]; /* {vertical, horizontal}; strides and dilations >= 1 */
    int groups;
} dt_conv2d_args;
/** y = conv(x, w) + b (cross-correlation). x (N,C,H,W), w (O,C/groups,kh,kw), b (O) or NULL -> y (N,O,H',W')
 *  with H' = (H + 2 pad - dilation (kh - 1) - 1) / stride + 1. */
dt_tensor *dt_conv2d(dt_ctx *ctx, dt_tensor *x, dt_tensor *w, dt_tensor *b, const dt_conv2d_args *args);
/** Its gradients, ops of their own: with respect to x (of height h, width w_) and to w (kernel kh x kw). */
dt_tensor *dt_conv2d_dx(dt_ctx *ctx, dt_tensor *dy, dt_tensor *w, const dt_conv2d_args *args, int64_t h,
                        int64_t w_);
dt_tensor *dt_conv2d_dw(dt_ctx *ctx, dt_tensor *dy, dt_tensor *x, const dt_conv2d_args *args, int64_t kh,
                        int64_t kw);

typedef struct dt_pool2d_args {
    int kernel[2], stride[2], pad[2]; /* pad <= kernel / 2 */
    int ceil_mode;
    int count_include_pad; /* average only */
} dt_pool2d_args;
dt_tensor *dt_max_pool2d(dt_ctx *ctx, dt_tensor *x, const dt_pool2d_args *args);
dt_tensor *dt_avg_pool2d(dt_ctx *ctx, dt_tensor *x, const dt_pool2d_args *args);
/** Average over the windows that PyTorch's AdaptiveAvgPool2d takes. */
dt_tensor *dt_adaptive_avg_pool2d(dt_ctx *ctx, dt_tensor *x, int out_h, int out_w);

/** x (N,C,...) by channel. training: batch statistics, and running_mean/running_var (C; may be NULL) are
 *  moved towards them by `momentum` (the variance unbiased), in place; else the running ones are used.
 *  weight, bias (C) or NULL. */
dt_tensor *dt_batch_norm(dt_ctx *ctx, dt_tensor *x, dt_tensor *weight, dt_tensor *bias,
                         dt_tensor *running_mean, dt_tensor *running_var, int training, double momentum,
                         double eps);
/** Over the last `axes` axes; weight, bias of their shape or NULL. */
dt_tensor *dt_layer_norm(dt_ctx *ctx, dt_tensor *x, int axes, dt_tensor *weight, dt_tensor *bias, double eps);
/** x (N,C,...) in groups of C/groups channels; weight, bias (C) or NULL. */
dt_tensor *dt_group_norm(dt_ctx *ctx, dt_tensor *x, int groups, dt_tensor *weight, dt_tensor *bias,
                         double eps);

/** (N,C,H,W) -> (N,C,out_h,out_w). torch.nn.functional.interpolate: nearest; bilinear with
 * align_corners=False. */
dt_tensor *dt_upsample_nearest(dt_ctx *ctx, dt_tensor *x, int64_t out_h, int64_t out_w);
dt_tensor *dt_upsample_bilinear(dt_ctx *ctx, dt_tensor *x, int64_t out_h, int64_t out_w);

/** Zeroes with probability p and scales the rest by 1/(1-p); the mask is a function of (seed, step, call
 *  number). With training 0: x itself. */
dt_tensor *dt_dropout(dt_ctx *ctx, dt_tensor *x, double p, int training);

#endif
