/* i = {kernel y, x, stride y, x, pad y, x, ceil_mode, count_include_pad, height and width of x}. */
#include "core/ops/nn.h"
#include "tests/ops/harness.h"

static dt_pool2d_args args_of(const dt_op_case *c)
{
    return (dt_pool2d_args){
        .kernel = {(int)c->i[0], (int)c->i[1]},
        .stride = {(int)c->i[2], (int)c->i[3]},
        .pad = {(int)c->i[4], (int)c->i[5]},
        .ceil_mode = (int)c->i[6],
        .count_include_pad = (int)c->i[7],
    };
}

static void max_pool(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_pool2d_args args = args_of(c);
    dt_op_apply(ctx, &dt_op_max_pool2d, in, 1, &args, out);
}

static void avg_pool(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_pool2d_args args = args_of(c);
    out[0] = dt_avg_pool2d(ctx, in[0], &args);
}

static void avg_pool_dx(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_pool2d_dx_args args = {args_of(c), c->i[8], c->i[9]};
    out[0] = dt_op_apply1(ctx, &dt_op_avg_pool2d_dx, in, 1, &args);
}

static void max_pool_dx(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_size2d_args args = {c->i[0], c->i[1]};
    out[0] = dt_op_apply1(ctx, &dt_op_max_pool2d_dx, in, 2, &args);
}

static void adaptive(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_adaptive_avg_pool2d(ctx, in[0], (int)c->i[0], (int)c->i[1]);
}

static void adaptive_dx(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_size2d_args args = {c->i[0], c->i[1]};
    out[0] = dt_op_apply1(ctx, &dt_op_adaptive_avg_pool2d_dx, in, 1, &args);
}

#define D(...) DT_DIMS(__VA_ARGS__)
#define MAX(text, x, ...)                                                                                    \
    {                                                                                                        \
        .name = text, .run = max_pool, .n_in = 1, .n_out = 2,                                                \
        .in = {{.shape = x, .fill = DT_FILL_DISTINCT}}, .i = {                                               \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }
#define ONE(text, fn, x, ...)                                                                                \
    {                                                                                                        \
        .name = text, .run = fn, .n_in = 1, .in = {{.shape = x}}, .i = { __VA_ARGS__ }                       \
    }
#define BACK(text, fn, x, ...)                                                                               \
    {                                                                                                        \
        .name = text, .run = fn, .n_in = 1, .in = {{.shape = x}}, .i = {__VA_ARGS__},                        \
        .flags = DT_CASE_NO_GRAD                                                                             \
    }

static const dt_op_case max_cases[] = {
    MAX("2x2", D(2, 3, 6, 8), 2, 2, 2, 2, 0, 0, 0),
    MAX("3x3 stride 2", D(2, 3, 7, 9), 3, 3, 2, 2, 1, 1, 0),
    MAX("3x3 stride 2, ceil", D(1, 2, 8, 10), 3, 3, 2, 2, 0, 0, 1),
    MAX("ceil with padding", D(1, 2, 5, 6), 2, 2, 2, 2, 1, 1, 1),
    MAX("5x5 stride 1", D(1, 2, 9, 21), 5, 5, 1, 1, 2, 2, 0),
    MAX("asymmetric", D(1, 2, 9, 10), 3, 2, 1, 3, 1, 0, 0),
    MAX("zero batch", D(0, 2, 6, 6), 2, 2, 2, 2, 0, 0, 0),
    MAX("several chunks", D(3, 40, 21, 33), 3, 3, 2, 2, 1, 1, 0),
    {.name = "special values",
     .run = max_pool,
     .n_in = 1,
     .n_out = 1,
     .i = {3, 3, 1, 1, 1, 1},
     .in = {{.shape = D(1, 2, 9, 20), .fill = DT_FILL_SPECIAL}},
     .flags = DT_CASE_NO_GRAD},
    {.name = "ties",
     .run = max_pool,
     .n_in = 1,
     .n_out = 2,
     .i = {3, 3, 2, 2, 1, 1},
     .in = {{.shape = D(1, 2, 9, 20), .fill = DT_FILL_INTEGERS, .lo = 0, .hi = 3}},
     .flags = DT_CASE_NO_GRAD},
};
DT_OP_CASES(max_pool2d, max_cases);

static const dt_op_case max_dx_cases[] = {
    {.name = "indices repeat",
     .run = max_pool_dx,
     .n_in = 2,
     .i = {4, 5},
     .flags = DT_CASE_NO_GRAD,
     .in = {{.shape = D(2, 2, 3, 3)},
            {.shape = D(2, 2, 3, 3), .dtype = DT_I32, .fill = DT_FILL_INTEGERS, .lo = 0, .hi = 20}}},
};
DT_OP_CASES(max_pool2d_dx, max_dx_cases);

static const dt_op_case avg_cases[] = {
    ONE("2x2", avg_pool, D(2, 3, 6, 8), 2, 2, 2, 2, 0, 0, 0, 0),
    ONE("3x3 padded, counted", avg_pool, D(2, 3, 7, 9), 3, 3, 2, 2, 1, 1, 0, 1),
    ONE("3x3 padded, not counted", avg_pool, D(2, 3, 7, 9), 3, 3, 2, 2, 1, 1, 0, 0),
    ONE("ceil, counted", avg_pool, D(1, 2, 8, 10), 3, 3, 2, 2, 1, 1, 1, 1),
    ONE("asymmetric", avg_pool, D(1, 2, 9, 10), 3, 2, 1, 3, 1, 0, 0, 0),
    ONE("zero batch", avg_pool, D(0, 2, 6, 6), 2, 2, 2, 2, 0, 0, 0, 0),
};
DT_OP_CASES(avg_pool2d, avg_cases);

static const dt_op_case avg_dx_cases[] = {
    BACK("3x3 padded, counted", avg_pool_dx, D(2, 3, 4, 5), 3, 3, 2, 2, 1, 1, 0, 1, 7, 9),
    BACK("ceil, not counted", avg_pool_dx, D(1, 2, 5, 6), 3, 3, 2, 2, 1, 1, 1, 0, 8, 10),
};
DT_OP_CASES(avg_pool2d_dx, avg_dx_cases);

static const dt_op_case adaptive_cases[] = {
    ONE("to one", adaptive, D(2, 3, 7, 5), 1, 1),
    ONE("overlapping windows", adaptive, D(2, 3, 7, 10), 3, 4),
    ONE("larger than the input", adaptive, D(1, 2, 3, 4), 5, 7),
    ONE("zero batch", adaptive, D(0, 2, 6, 6), 2, 2),
};
DT_OP_CASES(adaptive_avg_pool2d, adaptive_cases);

static const dt_op_case adaptive_dx_cases[] = {
    BACK("overlapping windows", adaptive_dx, D(2, 3, 3, 4), 7, 10),
    BACK("from one", adaptive_dx, D(2, 3, 1, 1), 7, 5),
};
DT_OP_CASES(adaptive_avg_pool2d_dx, adaptive_dx_cases);
