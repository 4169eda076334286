/* Elementwise ops of one operand: each over the same shapes, in a range where it is smooth, and over special
 * values. */
#include <math.h>

#include "tests/ops/harness.h"

/* What each op takes: f[0], f[1] are its parameters. */
#define PLAIN(op)                                                                                            \
    static void run_##op(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)            \
    {                                                                                                        \
        (void)c;                                                                                             \
        out[0] = dt_##op(ctx, in[0]);                                                                        \
    }
PLAIN(neg)
PLAIN(abs)
PLAIN(exp)
PLAIN(log)
PLAIN(sqrt)
PLAIN(square)
PLAIN(sin)
PLAIN(cos)
PLAIN(atan)
PLAIN(sigmoid)
PLAIN(tanh)
PLAIN(relu)
PLAIN(silu)
PLAIN(gelu)
PLAIN(hardswish)
PLAIN(mish)
PLAIN(softplus)

static void run_affine(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_affine(ctx, in[0], c->f[0], c->f[1]);
}

static void run_pow(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_pow(ctx, in[0], c->f[0]);
}

static void run_clamp(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_clamp(ctx, in[0], c->f[0], c->f[1]);
}

static void run_leaky_relu(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_leaky_relu(ctx, in[0], c->f[0]);
}

#define RANGE(lo_, hi_) .fill = DT_FILL_AWAY, .lo = lo_, .hi = hi_

#define SHAPES(op, range, flags_, ...)                                                                       \
    {.name = "scalar", .run = run_##op, .n_in = 1, .in = {{range}}, .flags = flags_, .f = {__VA_ARGS__}},    \
        {.name = "zero size",                                                                                \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .in = {{range, .shape = DT_DIMS(0, 3)}},                                                            \
         .f = {__VA_ARGS__}},                                                                                \
        {.name = "odd",                                                                                      \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .in = {{range, .shape = DT_DIMS(3, 1, 41)}},                                                        \
         .flags = flags_,                                                                                    \
         .f = {__VA_ARGS__}},                                                                                \
        {.name = "offset",                                                                                   \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .in = {{range, .shape = DT_DIMS(35), .layout = DT_LAYOUT_OFFSET}},                                  \
         .f = {__VA_ARGS__}},                                                                                \
        {.name = "transposed",                                                                               \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .in = {{range, .shape = DT_DIMS(7, 10), .layout = DT_LAYOUT_TRANSPOSED}},                           \
         .f = {__VA_ARGS__}},                                                                                \
        {.name = "channels last",                                                                            \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .in = {{range, .shape = DT_DIMS(2, 5, 3, 4), .layout = DT_LAYOUT_CHANNELS_LAST}},                   \
         .f = {__VA_ARGS__}},                                                                                \
    {                                                                                                        \
        .name = "several chunks", .run = run_##op, .n_in = 1, .in = {{range, .shape = DT_DIMS(140003)}},     \
        .flags = flags_, .f = {                                                                              \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

#define SPECIAL(op, flags_, ...)                                                                             \
    {                                                                                                        \
        .name = "special values", .run = run_##op, .n_in = 1, .flags = DT_CASE_NO_GRAD | (flags_),           \
        .in = {{.fill = DT_FILL_SPECIAL, .lo = -30, .hi = 30, .shape = DT_DIMS(901)}}, .f = {                \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

#define TABLE(op, ...)                                                                                       \
    static const dt_op_case op##_cases[] = {__VA_ARGS__};                                                    \
    DT_OP_CASES(op, op##_cases)

#define REL DT_CASE_RELATIVE

TABLE(neg, SHAPES(neg, RANGE(-2, 2), REL, 0), SPECIAL(neg, REL, 0));
TABLE(abs, SHAPES(abs, RANGE(-2, 2), REL, 0), SPECIAL(abs, REL, 0));
TABLE(affine, SHAPES(affine, RANGE(-2, 2), 0, -1.5, 0.25), SPECIAL(affine, 0, 0.5, 1));
TABLE(exp, SHAPES(exp, RANGE(-9, 9), REL, 0), SPECIAL(exp, REL, 0));
TABLE(log, SHAPES(log, RANGE(0.1, 9), 0, 0), SPECIAL(log, REL, 0));
TABLE(sqrt, SHAPES(sqrt, RANGE(0.1, 9), REL, 0), SPECIAL(sqrt, REL, 0));
TABLE(square, SHAPES(square, RANGE(-3, 3), REL, 0), SPECIAL(square, REL, 0));
TABLE(sin, SHAPES(sin, RANGE(-9, 9), 0, 0), SPECIAL(sin, 0, 0));
TABLE(cos, SHAPES(cos, RANGE(-9, 9), 0, 0), SPECIAL(cos, 0, 0));
TABLE(atan, SHAPES(atan, RANGE(-9, 9), REL, 0), SPECIAL(atan, REL, 0));
TABLE(sigmoid, SHAPES(sigmoid, RANGE(-9, 9), 0, 0), SPECIAL(sigmoid, REL, 0));
TABLE(tanh, SHAPES(tanh, RANGE(-5, 5), 0, 0), SPECIAL(tanh, REL, 0));
TABLE(relu, SHAPES(relu, RANGE(-2, 2), REL, 0), SPECIAL(relu, REL, 0));
TABLE(silu, SHAPES(silu, RANGE(-9, 9), 0, 0), SPECIAL(silu, REL, 0));
TABLE(gelu, SHAPES(gelu, RANGE(-5, 5), 0, 0), SPECIAL(gelu, 0, 0));
TABLE(hardswish, SHAPES(hardswish, RANGE(-5, 5), 0, 0), SPECIAL(hardswish, 0, 0));
TABLE(mish, SHAPES(mish, RANGE(-9, 9), 0, 0), SPECIAL(mish, 0, 0));
TABLE(softplus, SHAPES(softplus, RANGE(-9, 9), REL, 0), SPECIAL(softplus, REL, 0));
TABLE(clamp, SHAPES(clamp, RANGE(-2, 2), REL, -0.5, 1), SPECIAL(clamp, REL, -1, 1),
      {.name = "open above",
       .run = run_clamp,
       .n_in = 1,
       .in = {{RANGE(-2, 2), .shape = DT_DIMS(33)}},
       .f = {0, INFINITY}});
TABLE(leaky_relu, SHAPES(leaky_relu, RANGE(-2, 2), REL, 0.1), SPECIAL(leaky_relu, REL, 0.1));
TABLE(pow, SHAPES(pow, RANGE(0.2, 3), 0, 1.7), SPECIAL(pow, REL, 0.5),
      {.name = "square of negatives", .run = run_pow, .n_in = 1, .in = {{.shape = DT_DIMS(19)}}, .f = {2}},
      {.name = "cube", .run = run_pow, .n_in = 1, .in = {{.shape = DT_DIMS(19)}}, .f = {3}},
      {.name = "to the 0", .run = run_pow, .n_in = 1, .in = {{.shape = DT_DIMS(19)}}, .f = {0}},
      {.name = "reciprocal",
       .run = run_pow,
       .n_in = 1,
       .in =
           {
               {.shape = DT_DIMS(19), .lo = 0.5},
           },
       .f = {-1}},
      {.name = "inverse root",
       .run = run_pow,
       .n_in = 1,
       .in =
           {
               {.shape = DT_DIMS(19), .lo = 0.5, .hi = 3},
           },
       .f = {-0.5}});

/* ---- gradient ops: (g, what was saved) with the parameters as argument ---- */

typedef struct unary_args {
    double p[2];
} unary_args;

#define GRADIENT(op, lo_, hi_, ...)                                                                          \
    static void run_##op##_grad(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)     \
    {                                                                                                        \
        out[0] = dt_op_apply1(ctx, &dt_op_##op##_grad, in, 2, &(unary_args){{c->f[0], c->f[1]}});            \
    }                                                                                                        \
    static const dt_op_case op##_grad_cases[] = {                                                            \
        {.name = "scalar",                                                                                   \
         .run = run_##op##_grad,                                                                             \
         .n_in = 2,                                                                                          \
         .in = {{.lo = -2, .hi = 2}, {RANGE(lo_, hi_)}},                                                     \
         .f = {__VA_ARGS__}},                                                                                \
        {.name = "odd",                                                                                      \
         .run = run_##op##_grad,                                                                             \
         .n_in = 2,                                                                                          \
         .in = {{.shape = DT_DIMS(5, 23)}, {RANGE(lo_, hi_), .shape = DT_DIMS(5, 23)}},                      \
         .f = {__VA_ARGS__}},                                                                                \
        {.name = "strided",                                                                                  \
         .run = run_##op##_grad,                                                                             \
         .n_in = 2,                                                                                          \
         .in = {{.shape = DT_DIMS(5, 23), .layout = DT_LAYOUT_TRANSPOSED},                                   \
                {RANGE(lo_, hi_), .shape = DT_DIMS(5, 23)}},                                                 \
         .f = {__VA_ARGS__}},                                                                                \
        {.name = "special values",                                                                           \
         .run = run_##op##_grad,                                                                             \
         .n_in = 2,                                                                                          \
         .in = {{.shape = DT_DIMS(901)},                                                                     \
                {.fill = DT_FILL_SPECIAL, .lo = 2 * lo_, .hi = 2 * hi_, .shape = DT_DIMS(901)}},             \
         .f = {__VA_ARGS__}},                                                                                \
        {.name = "several chunks",                                                                           \
         .run = run_##op##_grad,                                                                             \
         .n_in = 2,                                                                                          \
         .in = {{.shape = DT_DIMS(140003)}, {RANGE(lo_, hi_), .shape = DT_DIMS(140003)}},                    \
         .f = {__VA_ARGS__}},                                                                                \
    };                                                                                                       \
    DT_OP_CASES(op##_grad, op##_grad_cases)

GRADIENT(abs, -2, 2, 0);
GRADIENT(clamp, -2, 2, -0.5, 1);
GRADIENT(relu, -2, 2, 0);
GRADIENT(leaky_relu, -2, 2, 0.1);
GRADIENT(sigmoid, 0, 1, 0);
GRADIENT(tanh, -1, 1, 0);
GRADIENT(silu, -9, 9, 0);
GRADIENT(gelu, -9, 9, 0);
GRADIENT(hardswish, -5, 5, 0);
GRADIENT(mish, -9, 9, 0);
GRADIENT(softplus, -9, 9, 0);
