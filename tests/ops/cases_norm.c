/* batch_norm, layer_norm, group_norm and their gradient ops. f = {eps, momentum}. */
#include "core/ops/nn.h"
#include "tests/ops/harness.h"

static void batch(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_batch_norm(ctx, in[0], in[1], in[2], in[3], in[4], (int)c->i[0], 0.1, 1e-5);
    if (c->n_out == 3) {
        out[1] = in[3];
        out[2] = in[4];
    }
}

static void batch_dx(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_batch_norm_args args = {(int)c->i[0], 0.1, 1e-5};
    dt_op_apply(ctx, &dt_op_batch_norm_dx, in, c->n_in, &args, out);
}

static void layer(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_layer_norm(ctx, in[0], (int)c->i[0], in[1], in[2], 1e-5);
}

static void group(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_group_norm(ctx, in[0], (int)c->i[0], in[1], in[2], 1e-5);
}

static void rows_dx(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_norm_args args = {(int)c->i[0], 1e-5};
    dt_op_apply(ctx, c->i[1] ? &dt_op_group_norm_dx : &dt_op_layer_norm_dx, in, c->n_in, &args, out);
}

#define D(...) DT_DIMS(__VA_ARGS__)
#define VAR(n)                                                                                               \
    {                                                                                                        \
        .shape = D(n), .lo = 0.3, .hi = 2, .no_grad = 1                                                      \
    }
#define BATCH(x, n)                                                                                          \
    {                                                                                                        \
        {.shape = x}, {.shape = D(n)}, {.shape = D(n)}, {.shape = D(n), .no_grad = 1}, VAR(n)                \
    }
/* The running statistics depend on x too, but not for the tape: they are compared in a case of their own. */
#define TRAIN(text, x, n)                                                                                    \
    {.name = text, .run = batch, .n_in = 5, .i = {1}, .grad_tol = 1e-4, .in = BATCH(x, n)},                  \
    {                                                                                                        \
        .name = text ", running statistics", .run = batch, .n_in = 5, .n_out = 3, .i = {1},                  \
        .flags = DT_CASE_NO_GRAD, .in = BATCH(x, n)                                                          \
    }

static const dt_op_case batch_cases[] = {
    TRAIN("training", D(2, 3, 5, 7), 3),
    TRAIN("training, rank 2", D(9, 4), 4),
    TRAIN("training, rank 3", D(3, 4, 6), 4),
    TRAIN("training, blocks", D(3, 2, 50, 61), 2),
    TRAIN("zero batch", D(0, 3, 2, 2), 3),
    {.name = "far from zero",
     .run = batch,
     .n_in = 5,
     .i = {1},
     .tol = 1e-4,
     .grad_tol = 1e-3,
     .in = {{.shape = D(2, 3, 5, 7), .lo = 90, .hi = 110},
            {.absent = 1},
            {.absent = 1},
            {.absent = 1},
            {.absent = 1}}},
    {.name = "inference",
     .run = batch,
     .n_in = 5,
     .n_out = 3,
     .in =
         {{.shape = D(2, 3, 5, 7)}, {.shape = D(3)}, {.shape = D(3)}, {.shape = D(3), .no_grad = 1}, VAR(3)}},
    {.name = "inference, no weight",
     .run = batch,
     .n_in = 5,
     .in = {{.shape = D(2, 3, 5, 7)}, {.absent = 1}, {.absent = 1}, {.shape = D(3), .no_grad = 1}, VAR(3)}},
};
DT_OP_CASES(batch_norm, batch_cases);

#define POSITIVE(n)                                                                                          \
    {                                                                                                        \
        .shape = D(n), .lo = 0.5, .hi = 2                                                                    \
    }
static const dt_op_case batch_dx_cases[] = {
    {.name = "training",
     .run = batch_dx,
     .n_in = 5,
     .n_out = 3,
     .i = {1},
     .flags = DT_CASE_NO_GRAD,
     .in =
         {{.shape = D(2, 3, 5, 7)}, {.shape = D(2, 3, 5, 7)}, {.shape = D(3)}, POSITIVE(3), {.shape = D(3)}}},
    {.name = "inference, no weight",
     .run = batch_dx,
     .n_in = 4,
     .n_out = 3,
     .flags = DT_CASE_NO_GRAD,
     .in = {{.shape = D(2, 3, 5, 7)}, {.shape = D(2, 3, 5, 7)}, {.shape = D(3)}, POSITIVE(3)}},
};
DT_OP_CASES(batch_norm_dx, batch_dx_cases);

static const dt_op_case layer_cases[] = {
    {.name = "one axis",
     .run = layer,
     .n_in = 3,
     .i = {1},
     .grad_tol = 1e-4,
     .in = {{.shape = D(2, 3, 37)}, {.shape = D(37)}, {.shape = D(37)}}},
    {.name = "two axes",
     .run = layer,
     .n_in = 3,
     .i = {2},
     .grad_tol = 1e-4,
     .in = {{.shape = D(4, 5, 7)}, {.shape = D(5, 7)}, {.shape = D(5, 7)}}},
    {.name = "no weight",
     .run = layer,
     .n_in = 3,
     .i = {1},
     .grad_tol = 1e-4,
     .in = {{.shape = D(3, 20)}, {.absent = 1}, {.absent = 1}}},
    {.name = "no rows",
     .run = layer,
     .n_in = 3,
     .i = {1},
     .in = {{.shape = D(0, 5)}, {.shape = D(5)}, {.shape = D(5)}}},
    {.name = "several blocks of rows",
     .run = layer,
     .n_in = 3,
     .i = {1},
     .grad_tol = 1e-4,
     .in = {{.shape = D(301, 65)}, {.shape = D(65)}, {.shape = D(65)}}},
};
DT_OP_CASES(layer_norm, layer_cases);

static const dt_op_case layer_dx_cases[] = {
    {.name = "two axes",
     .run = rows_dx,
     .n_in = 5,
     .n_out = 3,
     .i = {2, 0},
     .flags = DT_CASE_NO_GRAD,
     .in = {{.shape = D(4, 5, 7)}, {.shape = D(4, 5, 7)}, {.shape = D(4)}, POSITIVE(4), {.shape = D(5, 7)}}},
};
DT_OP_CASES(layer_norm_dx, layer_dx_cases);

static const dt_op_case group_cases[] = {
    {.name = "three groups",
     .run = group,
     .n_in = 3,
     .i = {3},
     .grad_tol = 1e-4,
     .in = {{.shape = D(2, 6, 5, 7)}, {.shape = D(6)}, {.shape = D(6)}}},
    {.name = "one group",
     .run = group,
     .n_in = 3,
     .i = {1},
     .grad_tol = 1e-4,
     .in = {{.shape = D(2, 6, 35)}, {.shape = D(6)}, {.shape = D(6)}}},
    {.name = "rank 2",
     .run = group,
     .n_in = 3,
     .i = {2},
     .grad_tol = 1e-4,
     .in = {{.shape = D(3, 8)}, {.shape = D(8)}, {.shape = D(8)}}},
    {.name = "no weight",
     .run = group,
     .n_in = 3,
     .i = {2},
     .grad_tol = 1e-4,
     .in = {{.shape = D(2, 4, 3, 5)}, {.absent = 1}, {.absent = 1}}},
};
DT_OP_CASES(group_norm, group_cases);

static const dt_op_case group_dx_cases[] = {
    {.name = "three groups",
     .run = rows_dx,
     .n_in = 5,
     .n_out = 3,
     .i = {3, 1},
     .flags = DT_CASE_NO_GRAD,
     .in =
         {{.shape = D(2, 6, 5, 7)}, {.shape = D(2, 6, 5, 7)}, {.shape = D(6)}, POSITIVE(6), {.shape = D(6)}}},
};
DT_OP_CASES(group_norm_dx, group_dx_cases);
