#include "tests/ops/harness.h"

static void run(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    (void)c;
    out[0] = dt_add(ctx, in[0], in[1]);
}

static const dt_op_case cases[] = {
    {.name = "scalars", .run = run, .n_in = 2},
    {.name = "same shape, odd",
     .run = run,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(37)}, {.shape = DT_DIMS(37)}}},
    {.name = "zero size", .run = run, .n_in = 2, .in = {{.shape = DT_DIMS(0, 3)}, {.shape = DT_DIMS(1, 3)}}},
    {.name = "scalar operand", .run = run, .n_in = 2, .in = {{.shape = DT_DIMS(3, 5)}, {.shape = {0}}}},
    {.name = "per channel",
     .run = run,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(2, 3, 5, 7)}, {.shape = DT_DIMS(1, 3, 1, 1)}}},
    {.name = "both broadcast",
     .run = run,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(4, 1, 5)}, {.shape = DT_DIMS(3, 1)}}},
    {.name = "transposed",
     .run = run,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(9, 6), .layout = DT_LAYOUT_TRANSPOSED}, {.shape = DT_DIMS(9, 6)}}},
    {.name = "several chunks",
     .run = run,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(3, 40001)}, {.shape = DT_DIMS(3, 40001), .layout = DT_LAYOUT_OFFSET}}},
};
DT_OP_CASES(add, cases);
