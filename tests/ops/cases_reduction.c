/* sum (and mean), max, min. i: axes or axis, keepdim, 1 for mean */
#include "tests/ops/harness.h"

static void run_sum(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = (c->i[2] ? dt_mean : dt_sum)(ctx, in[0], (uint32_t)c->i[0], (int)c->i[1]);
}

static const dt_op_case sum_cases[] = {
    {.name = "scalar", .run = run_sum, .n_in = 1},
    {.name = "all", .run = run_sum, .n_in = 1, .in = {{.shape = DT_DIMS(3, 5, 7)}}},
    {.name = "last", .run = run_sum, .n_in = 1, .in = {{.shape = DT_DIMS(6, 37)}}, .i = {2}},
    {.name = "first", .run = run_sum, .n_in = 1, .in = {{.shape = DT_DIMS(37, 19)}}, .i = {1}},
    {.name = "middle, kept", .run = run_sum, .n_in = 1, .in = {{.shape = DT_DIMS(3, 5, 7)}}, .i = {2, 1}},
    {.name = "per channel",
     .run = run_sum,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(3, 4, 5, 6)}},
     .i = {1 | 4 | 8}},
    {.name = "alternate axes",
     .run = run_sum,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(3, 2, 4, 2, 3)}},
     .i = {1 | 4 | 16}},
    {.name = "over nothing", .run = run_sum, .n_in = 1, .in = {{.shape = DT_DIMS(3, 0)}}, .i = {2}},
    {.name = "of nothing", .run = run_sum, .n_in = 1, .in = {{.shape = DT_DIMS(0, 3)}}, .i = {2}},
    {.name = "transposed",
     .run = run_sum,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(9, 14), .layout = DT_LAYOUT_TRANSPOSED}},
     .i = {2}},
    {.name = "mean of channels last",
     .run = run_sum,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(2, 5, 4, 3), .layout = DT_LAYOUT_CHANNELS_LAST}},
     .i = {4 | 8, 1, 1}},
    {.name = "indices",
     .run = run_sum,
     .n_in = 1,
     .in = {{.dtype = DT_I64, .fill = DT_FILL_INTEGERS, .lo = -9, .hi = 9, .shape = DT_DIMS(5, 7)}},
     .i = {1}},
    {.name = "large, all", .run = run_sum, .n_in = 1, .in = {{.shape = DT_DIMS(170001), .lo = -1, .hi = 3}}},
    {.name = "large, last",
     .run = run_sum,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(331, 403), .lo = -1, .hi = 3}},
     .i = {2}},
    {.name = "large, first",
     .run = run_sum,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(1003, 131), .lo = -1, .hi = 3}},
     .i = {1}},
    {.name = "large, per channel",
     .run = run_sum,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(3, 7, 95, 93), .lo = -1, .hi = 3}},
     .i = {1 | 4 | 8}},
    {.name = "large, mean",
     .run = run_sum,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(9, 100, 100), .lo = -1, .hi = 3}},
     .i = {0, 0, 1}},
    {.name = "special values",
     .run = run_sum,
     .n_in = 1,
     .flags = DT_CASE_NO_GRAD,
     .in = {{.shape = DT_DIMS(50, 3), .fill = DT_FILL_SPECIAL, .lo = -1, .hi = 1}},
     .i = {2}},
};
DT_OP_CASES(sum, sum_cases);

static void run_max(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_max(ctx, in[0], (int)c->i[0], (int)c->i[1], &out[1]);
}

static void run_min(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_min(ctx, in[0], (int)c->i[0], (int)c->i[1], &out[1]);
}

#define EXTREMUM(op)                                                                                         \
    {.name = "rank 1",                                                                                       \
     .run = run_##op,                                                                                        \
     .n_in = 1,                                                                                              \
     .n_out = 2,                                                                                             \
     .in = {{.fill = DT_FILL_DISTINCT, .shape = DT_DIMS(37)}}},                                              \
        {.name = "one element",                                                                              \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .n_out = 2,                                                                                         \
         .in = {{.shape = DT_DIMS(1)}},                                                                      \
         .i = {0, 1}},                                                                                       \
        {.name = "last, kept",                                                                               \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .n_out = 2,                                                                                         \
         .in = {{.fill = DT_FILL_DISTINCT, .shape = DT_DIMS(5, 21)}},                                        \
         .i = {-1, 1}},                                                                                      \
        {.name = "middle",                                                                                   \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .n_out = 2,                                                                                         \
         .in = {{.fill = DT_FILL_DISTINCT, .shape = DT_DIMS(3, 8, 5)}},                                      \
         .i = {1}},                                                                                          \
        {.name = "no rows",                                                                                  \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .n_out = 2,                                                                                         \
         .in = {{.shape = DT_DIMS(0, 5)}},                                                                   \
         .i = {1}},                                                                                          \
        {.name = "transposed",                                                                               \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .n_out = 2,                                                                                         \
         .in = {{.fill = DT_FILL_DISTINCT, .shape = DT_DIMS(8, 5), .layout = DT_LAYOUT_TRANSPOSED}},         \
         .i = {1}},                                                                                          \
        {.name = "ties: the first",                                                                          \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .n_out = 2,                                                                                         \
         .flags = DT_CASE_NO_GRAD,                                                                           \
         .in = {{.fill = DT_FILL_INTEGERS, .shape = DT_DIMS(9, 41)}},                                        \
         .i = {1}},                                                                                          \
        {.name = "special values",                                                                           \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .n_out = 2,                                                                                         \
         .flags = DT_CASE_NO_GRAD,                                                                           \
         .in = {{.fill = DT_FILL_SPECIAL, .shape = DT_DIMS(90, 7)}},                                         \
         .i = {1}},                                                                                          \
        {.name = "special values, first axis",                                                               \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .n_out = 2,                                                                                         \
         .flags = DT_CASE_NO_GRAD,                                                                           \
         .in = {{.fill = DT_FILL_SPECIAL, .shape = DT_DIMS(7, 90)}},                                         \
         .i = {0}},                                                                                          \
        {.name = "indices",                                                                                  \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .n_out = 2,                                                                                         \
         .in = {{.dtype = DT_I64, .fill = DT_FILL_INTEGERS, .shape = DT_DIMS(4, 9)}},                        \
         .i = {0}},                                                                                          \
        {.name = "large",                                                                                    \
         .run = run_##op,                                                                                    \
         .n_in = 1,                                                                                          \
         .n_out = 2,                                                                                         \
         .in = {{.fill = DT_FILL_DISTINCT, .shape = DT_DIMS(1300, 85)}},                                     \
         .i = {1}},                                                                                          \
    {                                                                                                        \
        .name = "large, first axis", .run = run_##op, .n_in = 1, .n_out = 2,                                 \
        .in = {{.fill = DT_FILL_DISTINCT, .shape = DT_DIMS(85, 1300)}}, .i = {                               \
            0                                                                                                \
        }                                                                                                    \
    }

static const dt_op_case max_cases[] = {EXTREMUM(max)};
static const dt_op_case min_cases[] = {EXTREMUM(min)};
DT_OP_CASES(max, max_cases);
DT_OP_CASES(min, min_cases);
