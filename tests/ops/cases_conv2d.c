/* conv2d and its two gradients. i = {stride y, x, pad y, x, dilation y, x, groups, then what the op needs
 * besides}. */
#include "tests/ops/harness.h"

static dt_conv2d_args args_of(const dt_op_case *c)
{
    return (dt_conv2d_args){
        .stride = {(int)c->i[0], (int)c->i[1]},
        .pad = {(int)c->i[2], (int)c->i[3]},
        .dilation = {(int)c->i[4], (int)c->i[5]},
        .groups = (int)c->i[6],
    };
}

static void conv(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_conv2d_args args = args_of(c);
    out[0] = dt_conv2d(ctx, in[0], in[1], c->n_in > 2 ? in[2] : NULL, &args);
}

static void conv_dx(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_conv2d_args args = args_of(c);
    out[0] = dt_conv2d_dx(ctx, in[0], in[1], &args, c->i[7], c->i[8]);
}

static void conv_dw(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_conv2d_args args = args_of(c);
    out[0] = dt_conv2d_dw(ctx, in[0], in[1], &args, c->i[7], c->i[8]);
}

#define CASE(text, x, w, ...)                                                                                \
    {                                                                                                        \
        .name = text, .run = conv, .n_in = 2, .in = {{.shape = x}, {.shape = w}}, .i = { __VA_ARGS__ }       \
    }
#define BIAS(text, x, w, o, ...)                                                                             \
    {                                                                                                        \
        .name = text, .run = conv, .n_in = 3, .in = {{.shape = x}, {.shape = w}, {.shape = DT_DIMS(o)}},     \
        .i = {                                                                                               \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }
/* Winograd's transforms cost a digit: 4e-6 of the largest value (the harness counts from a tenth of it). */
#define WINO   .tol = 4e-5, .grad_tol = 4e-5
#define D(...) DT_DIMS(__VA_ARGS__)

static const dt_op_case conv_cases[] = {
    BIAS("one pixel", D(1, 1, 1, 1), D(1, 1, 1, 1), 1, 1, 1, 0, 0, 1, 1, 1),
    BIAS("3x3", D(2, 3, 7, 9), D(5, 3, 3, 3), 5, 1, 1, 1, 1, 1, 1, 1),
    BIAS("3x3 no padding", D(1, 9, 11, 13), D(9, 9, 3, 3), 9, 1, 1, 0, 0, 1, 1, 1),
    BIAS("3x3 padding 2", D(1, 2, 5, 6), D(3, 2, 3, 3), 3, 1, 1, 2, 2, 1, 1, 1),
    BIAS("3x3 padding wider than the kernel", D(1, 2, 4, 3), D(3, 2, 3, 3), 3, 1, 1, 4, 3, 1, 1, 1),
    CASE("stride 2, odd", D(2, 4, 9, 11), D(6, 4, 3, 3), 2, 2, 1, 1, 1, 1, 1),
    CASE("stride 2, even", D(1, 4, 10, 12), D(6, 4, 3, 3), 2, 2, 1, 1, 1, 1, 1),
    CASE("rows that no window reads", D(1, 2, 8, 10), D(3, 2, 3, 3), 3, 4, 0, 0, 1, 1, 1),
    CASE("7x7 stride 2", D(1, 3, 17, 19), D(4, 3, 7, 7), 2, 2, 3, 3, 1, 1, 1),
    CASE("stride wider than the kernel", D(1, 2, 9, 9), D(3, 2, 1, 1), 2, 3, 0, 0, 1, 1, 1),
    CASE("strides 1 and 2", D(1, 2, 6, 9), D(3, 2, 3, 2), 1, 2, 1, 0, 1, 1, 1),
    CASE("1x1", D(2, 5, 4, 7), D(9, 5, 1, 1), 1, 1, 0, 0, 1, 1, 1),
    CASE("1x1 padded", D(1, 3, 4, 5), D(2, 3, 1, 1), 1, 1, 1, 2, 1, 1, 1),
    CASE("dilation", D(1, 2, 11, 12), D(3, 2, 3, 3), 1, 1, 2, 3, 2, 3, 1),
    CASE("dilation and stride", D(1, 2, 12, 13), D(3, 2, 3, 3), 2, 3, 2, 2, 2, 3, 1),
    BIAS("groups", D(2, 6, 5, 6), D(4, 3, 3, 3), 4, 1, 1, 1, 1, 1, 1, 2),
    BIAS("depthwise", D(2, 5, 7, 9), D(5, 1, 3, 3), 5, 1, 1, 1, 1, 1, 1, 5),
    CASE("depthwise, stride 2", D(1, 5, 9, 20), D(5, 1, 3, 3), 2, 2, 1, 1, 1, 1, 5),
    CASE("depthwise, 5x5", D(1, 3, 9, 22), D(3, 1, 5, 5), 1, 1, 2, 2, 1, 1, 3),
    CASE("depthwise, two outputs each", D(1, 3, 6, 7), D(6, 1, 3, 3), 1, 1, 1, 1, 1, 1, 3),
    CASE("row kernel", D(1, 2, 5, 9), D(3, 2, 1, 5), 1, 1, 0, 2, 1, 1, 1),
    CASE("one column", D(3, 2, 9, 1), D(3, 2, 3, 1), 1, 1, 1, 0, 1, 1, 1),
    BIAS("zero batch", D(0, 2, 5, 5), D(3, 2, 3, 3), 3, 1, 1, 1, 1, 1, 1, 1),
    CASE("tiles across images", D(5, 9, 7, 7), D(17, 9, 3, 3), 1, 1, 1, 1, 1, 1, 1),
    CASE("several blocks of channels", D(1, 70, 9, 10), D(20, 70, 3, 3), 1, 1, 1, 1, 1, 1, 1),
    CASE("several blocks, 1x1", D(2, 401, 6, 6), D(10, 401, 1, 1), 1, 1, 0, 0, 1, 1, 1),
    CASE("wide", D(2, 8, 40, 75), D(24, 8, 3, 3), 1, 1, 1, 1, 1, 1, 1),
    CASE("wide, stride 2", D(2, 8, 41, 75), D(24, 8, 3, 3), 2, 2, 1, 1, 1, 1, 1),
    {.name = "Winograd",
     .run = conv,
     .n_in = 2,
     .in = {{.shape = D(2, 40, 18, 23)}, {.shape = D(35, 40, 3, 3)}},
     .i = {1, 1, 1, 1, 1, 1, 1},
     WINO},
    {.name = "channels last",
     .run = conv,
     .n_in = 2,
     .i = {1, 1, 1, 1, 1, 1, 1},
     .in = {{.shape = D(1, 3, 5, 6), .layout = DT_LAYOUT_CHANNELS_LAST}, {.shape = D(2, 3, 3, 3)}}},
};
DT_OP_CASES(conv2d, conv_cases);

#define GRAD(text, fn, a, b, ...)                                                                            \
    {                                                                                                        \
        .name = text, .run = fn, .n_in = 2, .in = {{.shape = a}, {.shape = b}}, .i = { __VA_ARGS__ }         \
    }

static const dt_op_case dx_cases[] = {
    GRAD("3x3", conv_dx, D(2, 5, 7, 9), D(5, 3, 3, 3), 1, 1, 1, 1, 1, 1, 1, 7, 9),
    GRAD("stride 2, odd", conv_dx, D(2, 6, 5, 6), D(6, 4, 3, 3), 2, 2, 1, 1, 1, 1, 1, 9, 11),
    GRAD("stride 2, even", conv_dx, D(1, 6, 5, 6), D(6, 4, 3, 3), 2, 2, 1, 1, 1, 1, 1, 10, 12),
    GRAD("1x1 stride 2", conv_dx, D(1, 6, 5, 6), D(6, 4, 1, 1), 2, 2, 0, 0, 1, 1, 1, 10, 12),
    GRAD("7x7 stride 2", conv_dx, D(1, 4, 9, 10), D(4, 3, 7, 7), 2, 2, 3, 3, 1, 1, 1, 17, 19),
    GRAD("dilation and stride", conv_dx, D(1, 3, 6, 4), D(3, 2, 3, 3), 2, 3, 2, 2, 2, 3, 1, 12, 13),
    GRAD("groups", conv_dx, D(2, 4, 5, 6), D(4, 3, 3, 3), 1, 1, 1, 1, 1, 1, 2, 5, 6),
    GRAD("depthwise, stride 2", conv_dx, D(1, 5, 5, 10), D(5, 1, 3, 3), 2, 2, 1, 1, 1, 1, 5, 9, 20),
    GRAD("zero batch", conv_dx, D(0, 3, 5, 5), D(3, 2, 3, 3), 1, 1, 1, 1, 1, 1, 1, 5, 5),
    {.name = "Winograd",
     .run = conv_dx,
     .n_in = 2,
     .in = {{.shape = D(2, 40, 18, 23)}, {.shape = D(40, 35, 3, 3)}},
     .i = {1, 1, 1, 1, 1, 1, 1, 18, 23},
     WINO},
};
DT_OP_CASES(conv2d_dx, dx_cases);

static const dt_op_case dw_cases[] = {
    GRAD("3x3", conv_dw, D(2, 5, 7, 9), D(2, 3, 7, 9), 1, 1, 1, 1, 1, 1, 1, 3, 3),
    GRAD("stride 2, odd", conv_dw, D(2, 6, 5, 6), D(2, 4, 9, 11), 2, 2, 1, 1, 1, 1, 1, 3, 3),
    GRAD("1x1 stride 2", conv_dw, D(1, 6, 5, 6), D(1, 4, 10, 12), 2, 2, 0, 0, 1, 1, 1, 1, 1),
    GRAD("dilation and stride", conv_dw, D(1, 3, 6, 4), D(1, 2, 12, 13), 2, 3, 2, 2, 2, 3, 1, 3, 3),
    GRAD("groups", conv_dw, D(2, 4, 5, 6), D(2, 6, 5, 6), 1, 1, 1, 1, 1, 1, 2, 3, 3),
    GRAD("depthwise", conv_dw, D(2, 5, 7, 20), D(2, 5, 7, 20), 1, 1, 1, 1, 1, 1, 5, 3, 3),
    GRAD("zero batch", conv_dw, D(0, 3, 5, 5), D(0, 2, 5, 5), 1, 1, 1, 1, 1, 1, 1, 3, 3),
    GRAD("several blocks of pixels", conv_dw, D(3, 9, 14, 15), D(3, 7, 14, 15), 1, 1, 1, 1, 1, 1, 1, 3, 3),
    {.name = "Winograd",
     .run = conv_dw,
     .n_in = 2,
     .in = {{.shape = D(2, 40, 18, 23)}, {.shape = D(2, 35, 18, 23)}},
     .i = {1, 1, 1, 1, 1, 1, 1, 3, 3},
     WINO},
};
DT_OP_CASES(conv2d_dw, dw_cases);
