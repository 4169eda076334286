#include "tests/ops/harness.h"

static void mul(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_matmul(ctx, in[0], in[1], (int)c->i[0], (int)c->i[1]);
}

static void linear(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_linear(ctx, in[0], in[1], c->n_in > 2 ? in[2] : NULL);
}

#define D(...) DT_DIMS(__VA_ARGS__)
#define CASE(text, a, b, ta, tb)                                                                             \
    {                                                                                                        \
        .name = text, .run = mul, .n_in = 2, .in = {{.shape = a}, {.shape = b}}, .i = { ta, tb }             \
    }

static const dt_op_case cases[] = {
    CASE("one element", D(1, 1), D(1, 1), 0, 0),
    CASE("odd", D(5, 7), D(7, 3), 0, 0),
    CASE("a transposed", D(7, 5), D(7, 3), 1, 0),
    CASE("b transposed", D(5, 7), D(3, 7), 0, 1),
    CASE("both transposed", D(7, 5), D(3, 7), 1, 1),
    CASE("batch", D(2, 3, 4, 5), D(2, 3, 5, 6), 0, 0),
    CASE("batch, transposed", D(2, 3, 5, 4), D(2, 3, 6, 5), 1, 1),
    CASE("batch broadcast", D(2, 1, 4, 5), D(3, 5, 6), 0, 0),
    CASE("one b for all", D(3, 4, 5), D(5, 6), 0, 0),
    CASE("one a for all", D(4, 5), D(3, 5, 6), 0, 0),
    CASE("no rows", D(0, 5), D(5, 3), 0, 0),
    CASE("nothing to sum", D(4, 0), D(0, 3), 0, 0),
    CASE("several tiles", D(203, 65), D(65, 301), 0, 0),
    CASE("several tiles, transposed", D(65, 203), D(301, 65), 1, 1),
    {.name = "strided",
     .run = mul,
     .n_in = 2,
     .in = {{.shape = D(5, 7), .layout = DT_LAYOUT_TRANSPOSED},
            {.shape = D(7, 3), .layout = DT_LAYOUT_STEP}}},
};
DT_OP_CASES(matmul, cases);

static const dt_op_case linear_cases[] = {
    {.name = "bias",
     .run = linear,
     .n_in = 3,
     .in = {{.shape = D(3, 7)}, {.shape = D(5, 7)}, {.shape = D(5)}}},
    {.name = "no bias", .run = linear, .n_in = 2, .in = {{.shape = D(3, 7)}, {.shape = D(5, 7)}}},
    {.name = "one row",
     .run = linear,
     .n_in = 3,
     .in = {{.shape = D(7)}, {.shape = D(5, 7)}, {.shape = D(5)}}},
    {.name = "rank 4",
     .run = linear,
     .n_in = 3,
     .in = {{.shape = D(2, 3, 2, 7)}, {.shape = D(5, 7)}, {.shape = D(5)}}},
    {.name = "zero batch",
     .run = linear,
     .n_in = 3,
     .in = {{.shape = D(0, 7)}, {.shape = D(5, 7)}, {.shape = D(5)}}},
    {.name = "several tiles",
     .run = linear,
     .n_in = 3,
     .in = {{.shape = D(100, 33)}, {.shape = D(270, 33)}, {.shape = D(270)}}},
};
DT_OP_CASES(linear, linear_cases);
