/* where, compare */
#include "tests/ops/harness.h"

static void run_where(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    (void)c;
    out[0] = dt_where(ctx, in[0], in[1], in[2]);
}

#define CONDITION .fill = DT_FILL_INTEGERS, .lo = 0, .hi = 2

static const dt_op_case where_cases[] = {
    {.name = "scalars", .run = run_where, .n_in = 3, .in = {{CONDITION, .dtype = DT_BOOL}}},
    {.name = "same shape",
     .run = run_where,
     .n_in = 3,
     .in = {{CONDITION, .dtype = DT_U8, .shape = DT_DIMS(3, 7)},
            {.shape = DT_DIMS(3, 7)},
            {.shape = DT_DIMS(3, 7)}}},
    {.name = "zero size",
     .run = run_where,
     .n_in = 3,
     .in = {{CONDITION, .dtype = DT_U8, .shape = DT_DIMS(0, 7)}, {.shape = DT_DIMS(1, 7)}, {.shape = {0}}}},
    {.name = "all broadcast",
     .run = run_where,
     .n_in = 3,
     .in = {{CONDITION, .dtype = DT_BOOL, .shape = DT_DIMS(3, 1, 1)},
            {.shape = DT_DIMS(4, 1)},
            {.shape = DT_DIMS(5)}}},
    {.name = "transposed",
     .run = run_where,
     .n_in = 3,
     .in = {{CONDITION, .dtype = DT_BOOL, .shape = DT_DIMS(4, 6), .layout = DT_LAYOUT_TRANSPOSED},
            {.shape = DT_DIMS(4, 6), .layout = DT_LAYOUT_STEP},
            {.shape = DT_DIMS(4, 6)}}},
    {.name = "index tensors",
     .run = run_where,
     .n_in = 3,
     .in = {{CONDITION, .dtype = DT_BOOL, .shape = DT_DIMS(9)},
            {.dtype = DT_I64, .shape = DT_DIMS(9), .fill = DT_FILL_INTEGERS, .lo = -50, .hi = 50},
            {.dtype = DT_I64, .shape = DT_DIMS(9), .fill = DT_FILL_INTEGERS, .lo = -50, .hi = 50}}},
    {.name = "several chunks",
     .run = run_where,
     .n_in = 3,
     .in = {{CONDITION, .dtype = DT_BOOL, .shape = DT_DIMS(90001)},
            {.shape = DT_DIMS(90001)},
            {.shape = {0}}}},
};
DT_OP_CASES(where, where_cases);

static void run_compare(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    (void)c;
    for (int kind = 0; kind < 4; kind++)
        out[kind] = dt_compare(ctx, in[0], in[1], kind == 3 ? DT_GE : (dt_compare_kind)(kind + (kind > 1)));
    out[2] = dt_compare(ctx, in[0], in[1], DT_LE);
}

static void run_compare_rest(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    (void)c;
    out[0] = dt_compare(ctx, in[0], in[1], DT_LT);
    out[1] = dt_compare(ctx, in[0], in[1], DT_GT);
}

static const dt_op_case compare_cases[] = {
    {.name = "scalars", .run = run_compare, .n_in = 2, .n_out = 4},
    {.name = "ties",
     .run = run_compare,
     .n_in = 2,
     .n_out = 4,
     .in = {{.shape = DT_DIMS(5, 9), .fill = DT_FILL_INTEGERS},
            {.shape = DT_DIMS(5, 9), .fill = DT_FILL_INTEGERS}}},
    {.name = "special values",
     .run = run_compare_rest,
     .n_in = 2,
     .n_out = 2,
     .in = {{.shape = DT_DIMS(301), .fill = DT_FILL_SPECIAL},
            {.shape = DT_DIMS(301), .fill = DT_FILL_SPECIAL}}},
    {.name = "zero size",
     .run = run_compare,
     .n_in = 2,
     .n_out = 4,
     .in = {{.shape = DT_DIMS(0)}, {.shape = {0}}}},
    {.name = "index tensors, broadcast",
     .run = run_compare_rest,
     .n_in = 2,
     .n_out = 2,
     .in = {{.dtype = DT_I64, .shape = DT_DIMS(4, 1), .fill = DT_FILL_INTEGERS},
            {.dtype = DT_I64, .shape = DT_DIMS(5), .fill = DT_FILL_INTEGERS}}},
    {.name = "several chunks",
     .run = run_compare_rest,
     .n_in = 2,
     .n_out = 2,
     .in = {{.shape = DT_DIMS(300, 301), .fill = DT_FILL_INTEGERS},
            {.shape = DT_DIMS(301), .fill = DT_FILL_INTEGERS}}},
};
DT_OP_CASES(compare, compare_cases);
