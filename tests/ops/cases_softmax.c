/* softmax, log_softmax (i[0]: axis) and their gradients; bce_with_logits. */
#include "tests/ops/harness.h"

static void run_softmax(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_softmax(ctx, in[0], (int)c->i[0]);
}

static void run_log_softmax(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_log_softmax(ctx, in[0], (int)c->i[0]);
}

/* The gradient ops are reached through the argument struct of the op they belong to: one int, the axis. */
static void run_softmax_grad(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    int axis = (int)c->i[0];
    out[0] = dt_op_apply1(ctx, &dt_op_softmax_grad, in, 2, &axis);
}

static void run_log_softmax_grad(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    int axis = (int)c->i[0];
    out[0] = dt_op_apply1(ctx, &dt_op_log_softmax_grad, in, 2, &axis);
}

#define SHAPES(op)                                                                                           \
    {.name = "one element", .run = run_##op, .n_in = 1, .in = {{.shape = DT_DIMS(1)}}},                      \
        {.name = "last",                                                                                     \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .in = {{.shape = DT_DIMS(5, 23), .lo = -6, .hi = 6}},                                               \
         .i = {-1}},                                                                                         \
        {.name = "first", .run = run_##op, .n_in = 1, .in = {{.shape = DT_DIMS(17, 9)}}, .i = {0}},          \
        {.name = "channels", .run = run_##op, .n_in = 1, .in = {{.shape = DT_DIMS(2, 16, 5, 7)}}, .i = {1}}, \
        {.name = "zero size", .run = run_##op, .n_in = 1, .in = {{.shape = DT_DIMS(0, 4)}}, .i = {1}},       \
        {.name = "axis of length 1",                                                                         \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .in = {{.shape = DT_DIMS(3, 1, 5)}},                                                                \
         .i = {1}},                                                                                          \
        {.name = "transposed",                                                                               \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .in = {{.shape = DT_DIMS(6, 9), .layout = DT_LAYOUT_TRANSPOSED}},                                   \
         .i = {1}},                                                                                          \
        {.name = "far apart",                                                                                \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .in = {{.shape = DT_DIMS(4, 9), .lo = -80, .hi = 80}},                                              \
         .i = {1},                                                                                           \
         .grad_tol = 1e-4},                                                                                  \
        {.name = "large", .run = run_##op, .n_in = 1, .in = {{.shape = DT_DIMS(700, 131)}}, .i = {1}},       \
    {                                                                                                        \
        .name = "large, channels", .run = run_##op, .n_in = 1, .in = {{.shape = DT_DIMS(3, 17, 41, 43)}},    \
        .i = {                                                                                               \
            1                                                                                                \
        }                                                                                                    \
    }

static const dt_op_case softmax_cases[] = {SHAPES(softmax)};
static const dt_op_case log_softmax_cases[] = {SHAPES(log_softmax)};
DT_OP_CASES(softmax, softmax_cases);
DT_OP_CASES(log_softmax, log_softmax_cases);

#define GRADIENT_SHAPES(op)                                                                                  \
    {.name = "last",                                                                                         \
     .run = run_##op,                                                                                        \
     .n_in = 2,                                                                                              \
     .in = {{.shape = DT_DIMS(5, 23)}, {.shape = DT_DIMS(5, 23), .lo = -3, .hi = -0.1}},                     \
     .i = {1}},                                                                                              \
        {.name = "channels",                                                                                 \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .in = {{.shape = DT_DIMS(2, 7, 3, 5)}, {.shape = DT_DIMS(2, 7, 3, 5), .lo = -3, .hi = -0.1}},       \
         .i = {1}},                                                                                          \
    {                                                                                                        \
        .name = "large", .run = run_##op, .n_in = 2,                                                         \
        .in = {{.shape = DT_DIMS(700, 131)}, {.shape = DT_DIMS(700, 131), .lo = -3, .hi = -0.1}}, .i = {     \
            1                                                                                                \
        }                                                                                                    \
    }

static const dt_op_case softmax_grad_cases[] = {GRADIENT_SHAPES(softmax_grad)};
static const dt_op_case log_softmax_grad_cases[] = {GRADIENT_SHAPES(log_softmax_grad)};
DT_OP_CASES(softmax_grad, softmax_grad_cases);
DT_OP_CASES(log_softmax_grad, log_softmax_grad_cases);

static void run_bce(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    (void)c;
    out[0] = dt_bce_with_logits(ctx, in[0], in[1]);
}

static void run_bce_grad(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    (void)c;
    out[0] = dt_op_apply1(ctx, &dt_op_bce_with_logits_grad, in, 3, NULL);
}

#define TARGET .no_grad = 1, .lo = 0, .hi = 1

static const dt_op_case bce_cases[] = {
    {.name = "scalar", .run = run_bce, .n_in = 2, .in = {{.lo = -3, .hi = 3}, {TARGET}}},
    {.name = "odd",
     .run = run_bce,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(3, 37), .lo = -30, .hi = 30}, {TARGET, .shape = DT_DIMS(3, 37)}}},
    {.name = "zero size",
     .run = run_bce,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(0)}, {TARGET, .shape = DT_DIMS(0)}}},
    {.name = "strided",
     .run = run_bce,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(9, 7), .layout = DT_LAYOUT_TRANSPOSED},
            {TARGET, .shape = DT_DIMS(9, 7), .layout = DT_LAYOUT_STEP}}},
    {.name = "special values",
     .run = run_bce,
     .n_in = 2,
     .flags = DT_CASE_NO_GRAD,
     .in = {{.shape = DT_DIMS(301), .fill = DT_FILL_SPECIAL}, {TARGET, .shape = DT_DIMS(301)}}},
    {.name = "large",
     .run = run_bce,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(90001), .lo = -9, .hi = 9}, {TARGET, .shape = DT_DIMS(90001)}}},
};
DT_OP_CASES(bce_with_logits, bce_cases);

static const dt_op_case bce_grad_cases[] = {
    {.name = "odd",
     .run = run_bce_grad,
     .n_in = 3,
     .in = {{.shape = DT_DIMS(37)},
            {.shape = DT_DIMS(37), .lo = -30, .hi = 30},
            {.shape = DT_DIMS(37), .lo = 0, .hi = 1}}},
    {.name = "large",
     .run = run_bce_grad,
     .n_in = 3,
     .in = {{.shape = DT_DIMS(90001)},
            {.shape = DT_DIMS(90001), .lo = -9, .hi = 9},
            {.shape = DT_DIMS(90001), .lo = 0, .hi = 1}}},
};
DT_OP_CASES(bce_with_logits_grad, bce_grad_cases);
