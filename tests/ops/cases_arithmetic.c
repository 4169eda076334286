/* sub, mul, div, maximum, minimum: the same shapes for all; add stands in a file of its own as the example. */
#include "tests/ops/harness.h"

#define RUN(op)                                                                                              \
    static void run_##op(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)            \
    {                                                                                                        \
        (void)c;                                                                                             \
        out[0] = dt_##op(ctx, in[0], in[1]);                                                                 \
    }
RUN(sub)
RUN(mul)
RUN(div)
RUN(maximum)
RUN(minimum)

#define SHAPES(op, ...)                                                                                      \
    {.name = "scalars",                                                                                      \
     .run = run_##op,                                                                                        \
     .n_in = 2,                                                                                              \
     .flags = DT_CASE_RELATIVE,                                                                              \
     .in = {{__VA_ARGS__}, {.lo = 0.5, .hi = 2}}},                                                           \
        {.name = "odd",                                                                                      \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .in = {{__VA_ARGS__, .shape = DT_DIMS(37)}, {.lo = 0.5, .hi = 2, .shape = DT_DIMS(37)}}},           \
        {.name = "zero size",                                                                                \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .in = {{.shape = DT_DIMS(0, 3)}, {.shape = DT_DIMS(3)}}},                                           \
        {.name = "scalar on the left",                                                                       \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .in = {{__VA_ARGS__}, {.lo = 0.5, .hi = 2, .shape = DT_DIMS(3, 5)}}},                               \
        {.name = "scalar on the right",                                                                      \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .in = {{__VA_ARGS__, .shape = DT_DIMS(3, 5)}, {.lo = 0.5, .hi = 2, .shape = DT_DIMS(1)}}},          \
        {.name = "channel",                                                                                  \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .in = {{__VA_ARGS__, .shape = DT_DIMS(2, 3, 5, 7)},                                                 \
                {.lo = 0.5, .hi = 2, .shape = DT_DIMS(1, 3, 1, 1)}}},                                        \
        {.name = "sample and channel",                                                                       \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .in = {{__VA_ARGS__, .shape = DT_DIMS(2, 3, 1, 1)},                                                 \
                {.lo = 0.5, .hi = 2, .shape = DT_DIMS(2, 3, 4, 5)}}},                                        \
        {.name = "row",                                                                                      \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .in = {{__VA_ARGS__, .shape = DT_DIMS(4, 19)}, {.lo = 0.5, .hi = 2, .shape = DT_DIMS(19)}}},        \
        {.name = "outer product",                                                                            \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .in = {{__VA_ARGS__, .shape = DT_DIMS(6, 1)}, {.lo = 0.5, .hi = 2, .shape = DT_DIMS(1, 9)}}},       \
        {.name = "pairs of boxes",                                                                           \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .in = {{__VA_ARGS__, .shape = DT_DIMS(2, 5, 1, 2)},                                                 \
                {.lo = 0.5, .hi = 2, .shape = DT_DIMS(2, 1, 4, 2)}}},                                        \
        {.name = "transposed",                                                                               \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .in = {{__VA_ARGS__, .shape = DT_DIMS(9, 6), .layout = DT_LAYOUT_TRANSPOSED},                       \
                {.lo = 0.5, .hi = 2, .shape = DT_DIMS(9, 6)}}},                                              \
        {.name = "step",                                                                                     \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .in = {{__VA_ARGS__, .shape = DT_DIMS(2, 3, 11), .layout = DT_LAYOUT_STEP},                         \
                {.lo = 0.5, .hi = 2, .shape = DT_DIMS(2, 3, 11), .layout = DT_LAYOUT_ROWS}}},                \
        {.name = "special values",                                                                           \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .flags = DT_CASE_NO_GRAD | DT_CASE_RELATIVE,                                                        \
         .in = {{.shape = DT_DIMS(301), .fill = DT_FILL_SPECIAL},                                            \
                {.shape = DT_DIMS(301), .fill = DT_FILL_SPECIAL}}},                                          \
    {                                                                                                        \
        .name = "several chunks", .run = run_##op, .n_in = 2, .in = {                                        \
            {__VA_ARGS__, .shape = DT_DIMS(3, 40001)},                                                       \
            {.lo = 0.5, .hi = 2, .shape = DT_DIMS(3, 40001), .layout = DT_LAYOUT_OFFSET}                     \
        }                                                                                                    \
    }

/* Without gradients for maximum and minimum: among so many pairs some nearly tie. */
#define LARGE(op, flags_)                                                                                    \
    {.name = "several chunks, channel",                                                                      \
     .run = run_##op,                                                                                        \
     .n_in = 2,                                                                                              \
     .flags = flags_,                                                                                        \
     .in = {{.lo = -2, .hi = 2, .shape = DT_DIMS(3, 5, 101, 83)},                                            \
            {.lo = 0.5, .hi = 2, .shape = DT_DIMS(5, 1, 1)}}},                                               \
        {.name = "several chunks, row",                                                                      \
         .run = run_##op,                                                                                    \
         .n_in = 2,                                                                                          \
         .flags = flags_,                                                                                    \
         .in = {{.lo = -2, .hi = 2, .shape = DT_DIMS(700, 131)},                                             \
                {.lo = 0.5, .hi = 2, .shape = DT_DIMS(131)}}},                                               \
    {                                                                                                        \
        .name = "several chunks, column", .run = run_##op, .n_in = 2, .flags = flags_, .in = {               \
            {.lo = -2, .hi = 2, .shape = DT_DIMS(700, 1)},                                                   \
            {.lo = 0.5, .hi = 2, .shape = DT_DIMS(1, 131)}                                                   \
        }                                                                                                    \
    }

static const dt_op_case sub_cases[] = {SHAPES(sub, .lo = -2, .hi = 2), LARGE(sub, 0)};
static const dt_op_case mul_cases[] = {SHAPES(mul, .lo = -2, .hi = 2), LARGE(mul, 0)};
static const dt_op_case div_cases[] = {SHAPES(div, .lo = -2, .hi = 2), LARGE(div, 0)};
DT_OP_CASES(sub, sub_cases);
DT_OP_CASES(mul, mul_cases);
DT_OP_CASES(div, div_cases);

/* Where operands tie there is no derivative; the halves are checked against PyTorch in test_golden.c. */
static const dt_op_case maximum_cases[] = {
    SHAPES(maximum, .lo = -2, .hi = 2),
    LARGE(maximum, DT_CASE_NO_GRAD),
    {.name = "ties",
     .run = run_maximum,
     .n_in = 2,
     .flags = DT_CASE_NO_GRAD,
     .in = {{.shape = DT_DIMS(67), .fill = DT_FILL_INTEGERS},
            {.shape = DT_DIMS(67), .fill = DT_FILL_INTEGERS}}},
};
static const dt_op_case minimum_cases[] = {
    SHAPES(minimum, .lo = -2, .hi = 2),
    LARGE(minimum, DT_CASE_NO_GRAD),
    {.name = "ties",
     .run = run_minimum,
     .n_in = 2,
     .flags = DT_CASE_NO_GRAD,
     .in = {{.shape = DT_DIMS(67), .fill = DT_FILL_INTEGERS},
            {.shape = DT_DIMS(67), .fill = DT_FILL_INTEGERS}}},
};
DT_OP_CASES(maximum, maximum_cases);
DT_OP_CASES(minimum, minimum_cases);
