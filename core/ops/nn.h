/** What the files of the neural-network ops share: argument structs of the ops that have no public ones, and
 * geometry. */
#ifndef DT_CORE_OPS_NN_H
#define DT_CORE_OPS_NN_H

#include "core/ops.h"

typedef struct dt_matmul_args {
    int trans_a, trans_b;
} dt_matmul_args;

typedef struct dt_conv2d_dx_args {
    dt_conv2d_args conv;
    int64_t h, w; /* of x */
} dt_conv2d_dx_args;

typedef struct dt_conv2d_dw_args {
    dt_conv2d_args conv;
    int64_t kh, kw;
} dt_conv2d_dw_args;

typedef struct dt_pool2d_dx_args {
    dt_pool2d_args pool;
    int64_t h, w; /* of x */
} dt_pool2d_dx_args;

/** Height and width of the result: of y for adaptive pooling and upsampling, of x for their gradients. */
typedef struct dt_size2d_args {
    int64_t h, w;
} dt_size2d_args;

typedef struct dt_batch_norm_args {
    int training;
    double momentum, eps;
} dt_batch_norm_args;

typedef struct dt_norm_args {
    int n; /* layer_norm: how many axes; group_norm: how many groups */
    double eps;
} dt_norm_args;

typedef struct dt_dropout_args {
    double p;
    uint64_t seed, step, draw;
} dt_dropout_args;

/** A convolution in numbers. */
typedef struct dt_conv_geo {
    int64_t n, c, h, w;     /* x */
    int64_t o, oh, ow;      /* y */
    int64_t kh, kw, cg, og; /* kernel; channels of x and of y in a group */
    int sy, sx, py, px, dy, dx, groups;
} dt_conv_geo;

/** Shapes x (N,C,H,W), w (O,C/groups,kh,kw), y (N,O,H',W'), already checked. */
static inline dt_conv_geo dt_conv_geo_make(const dt_shape *x, const dt_shape *w, const dt_shape *y,
                                           const dt_conv2d_args *a)
{
    return (dt_conv_geo){
        x->dim[0],
        x->dim[1],
        x->dim[2],
        x->dim[3],
        w->dim[0],
        y->dim[2],
        y->dim[3],
        w->dim[2],
        w->dim[3],
        w->dim[1],
        w->dim[0] / a->groups,
        a->stride[0],
        a->stride[1],
        a->pad[0],
        a->pad[1],
        a->dilation[0],
        a->dilation[1],
        a->groups,
    };
}

/** Shape rule of y from x and w; also checks everything that the three convolution ops want of them. */
dt_status dt_conv2d_shape(dt_ctx *ctx, const dt_call *call, const dt_conv2d_args *args, const dt_shape *x,
                          const dt_shape *w, dt_shape *y);

/** (N,C,H,W), floating. what: name of the operand in the message. */
dt_status dt_check_images(dt_ctx *ctx, const dt_call *call, const dt_tensor *x, const char *what);

/** Output size of pooling along one axis, PyTorch's rule; i = 0 vertical, 1 horizontal. */
int64_t dt_pool2d_out(const dt_pool2d_args *args, int i, int64_t size);
dt_status dt_pool2d_check(dt_ctx *ctx, const dt_call *call, const dt_pool2d_args *args, const dt_shape *x,
                          dt_shape *y);

/** Window [begin, end) of output o along one axis, cut to the input. Returns its length before it was cut to
 *  the input but after it was cut to the padded input (what count_include_pad divides by). */
static inline int64_t dt_pool2d_window(const dt_pool2d_args *args, int i, int64_t size, int64_t o,
                                       int64_t *begin, int64_t *end)
{
    int64_t b = o * args->stride[i] - args->pad[i], e = b + args->kernel[i];
    if (e > size + args->pad[i]) e = size + args->pad[i];
    int64_t length = e - b;
    *begin = b < 0 ? 0 : b;
    *end = e > size ? size : e;
    return length;
}

/** Window of adaptive average pooling: [floor(o in / out), ceil((o + 1) in / out)). */
static inline void dt_adaptive_window(int64_t in, int64_t out, int64_t o, int64_t *begin, int64_t *end)
{
    *begin = o * in / out;
    *end = ((o + 1) * in + out - 1) / out;
}

/** Source of bilinear upsampling along one axis (align_corners=False): value = (1 - t) in[i] + t in[j]. */
static inline double dt_bilinear_source(int64_t in, int64_t out, int64_t o, int64_t *i, int64_t *j)
{
    double at = ((double)o + 0.5) * ((double)in / (double)out) - 0.5;
    if (at < 0) at = 0;
    *i = (int64_t)at;
    *j = *i + (*i < in - 1);
    return at - (double)*i;
}

/** Source row or column of nearest upsampling. The scale is rounded to float32, as PyTorch's is. */
static inline int64_t dt_nearest_source(int64_t in, int64_t out, int64_t o)
{
    int64_t i = (int64_t)((float)o * ((float)in / (float)out));
    return i < in - 1 ? i : in - 1;
}

/** layer_norm and group_norm normalise rows of `cols` elements. Element j of row r has the scale
 *  weight[r % cycle * (cols / span) + j / span]. */
typedef struct dt_norm_geo {
    int64_t rows, cols, cycle, span;
} dt_norm_geo;

dt_norm_geo dt_layer_norm_geo(const dt_shape *x, int axes);
dt_norm_geo dt_group_norm_geo(const dt_shape *x, int groups);

/* Kernels that both share: (x, weight, bias) -> y, mean, invstd and (dy, x, mean, invstd, weight) -> dx,
 * dweight, dbias. */
dt_status dt_norm_ref(const dt_call *call, const dt_norm_geo *geo, double eps);
dt_status dt_norm_dx_ref(const dt_call *call, const dt_norm_geo *geo);
dt_status dt_norm_cpu(dt_ctx *ctx, const dt_call *call, const dt_norm_geo *geo, double eps);
dt_status dt_norm_dx_cpu(dt_ctx *ctx, const dt_call *call, const dt_norm_geo *geo);

/* Fast float32 kernels, core/ops/<op>_cpu.c. */
dt_status dt_matmul_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_linear_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_conv2d_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_conv2d_dx_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_conv2d_dw_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_max_pool2d_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_max_pool2d_dx_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_avg_pool2d_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_avg_pool2d_dx_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_batch_norm_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_batch_norm_dx_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_adaptive_avg_pool2d_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_adaptive_avg_pool2d_dx_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_upsample_nearest_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_upsample_nearest_dx_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_upsample_bilinear_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_upsample_bilinear_dx_cpu(dt_ctx *ctx, const dt_call *call);
dt_status dt_dropout_cpu(dt_ctx *ctx, const dt_call *call);

#endif
