/* index_select, gather, scatter_add. i[0]: axis */
#include "tests/ops/harness.h"

#define INDEX(n) .dtype = DT_I64, .fill = DT_FILL_INTEGERS, .lo = 0, .hi = n

static void run_index_select(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_index_select(ctx, in[0], (int)c->i[0], in[1]);
}

static const dt_op_case index_select_cases[] = {
    {.name = "rank 1",
     .run = run_index_select,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(7)}, {INDEX(7), .shape = DT_DIMS(12)}}},
    {.name = "middle axis",
     .run = run_index_select,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(3, 5, 4)}, {INDEX(5), .shape = DT_DIMS(9)}},
     .i = {1}},
    {.name = "no index",
     .run = run_index_select,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(3, 5)}, {INDEX(1), .shape = DT_DIMS(0)}},
     .i = {-1}},
    {.name = "strided",
     .run = run_index_select,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(6, 5), .layout = DT_LAYOUT_TRANSPOSED},
            {INDEX(6), .shape = DT_DIMS(4), .layout = DT_LAYOUT_STEP}}},
    {.name = "many rows",
     .run = run_index_select,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(50, 40)}, {INDEX(50), .shape = DT_DIMS(2000)}}},
};
DT_OP_CASES(index_select, index_select_cases);

static void run_gather(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_gather(ctx, in[0], (int)c->i[0], in[1]);
}

static const dt_op_case gather_cases[] = {
    {.name = "class scores",
     .run = run_gather,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(9, 5)}, {INDEX(5), .shape = DT_DIMS(9, 1)}},
     .i = {1}},
    {.name = "fewer rows",
     .run = run_gather,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(4, 6, 3)}, {INDEX(6), .shape = DT_DIMS(2, 8, 3)}},
     .i = {-2}},
    {.name = "zero size",
     .run = run_gather,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(4, 6)}, {INDEX(1), .shape = DT_DIMS(0, 3)}},
     .i = {1}},
    {.name = "strided",
     .run = run_gather,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(5, 7), .layout = DT_LAYOUT_TRANSPOSED},
            {INDEX(5), .shape = DT_DIMS(3, 7), .layout = DT_LAYOUT_TRANSPOSED}}},
};
DT_OP_CASES(gather, gather_cases);

/* in: index, src; i: axis, length of that axis */
static void run_scatter_add(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_shape shape = c->in[1].shape;
    shape.dim[c->i[0]] = c->i[1];
    out[0] = dt_scatter_add(ctx, shape, (int)c->i[0], in[0], in[1]);
}

static const dt_op_case scatter_add_cases[] = {
    {.name = "repeated indices",
     .run = run_scatter_add,
     .n_in = 2,
     .in = {{INDEX(4), .shape = DT_DIMS(40)}, {.shape = DT_DIMS(40)}},
     .i = {0, 4}},
    {.name = "middle axis",
     .run = run_scatter_add,
     .n_in = 2,
     .in = {{INDEX(5), .shape = DT_DIMS(2, 9, 3)}, {.shape = DT_DIMS(2, 9, 3)}},
     .i = {1, 5}},
    {.name = "nothing added",
     .run = run_scatter_add,
     .n_in = 2,
     .in = {{INDEX(1), .shape = DT_DIMS(0)}, {.shape = DT_DIMS(0)}},
     .i = {0, 3}},
    {.name = "strided",
     .run = run_scatter_add,
     .n_in = 2,
     .in = {{INDEX(5), .shape = DT_DIMS(4, 6), .layout = DT_LAYOUT_TRANSPOSED},
            {.shape = DT_DIMS(4, 6), .layout = DT_LAYOUT_STEP}},
     .i = {1, 5}},
};
DT_OP_CASES(scatter_add, scatter_add_cases);
