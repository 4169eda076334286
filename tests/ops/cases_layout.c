/* copy, reshape, permute, expand, slice, concat, pad2d */
#include "core/ops/layout.h"
#include "tests/ops/harness.h"

static void run_copy(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    (void)c;
    out[0] = dt_copy(ctx, in[0]);
}

static const dt_op_case copy_cases[] = {
    {.name = "scalar", .run = run_copy, .n_in = 1},
    {.name = "dense", .run = run_copy, .n_in = 1, .in = {{.shape = DT_DIMS(3, 5)}}},
    {.name = "zero size",
     .run = run_copy,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(3, 0, 2), .layout = DT_LAYOUT_TRANSPOSED}}},
    {.name = "bytes, transposed",
     .run = run_copy,
     .n_in = 1,
     .in = {{.dtype = DT_U8,
             .fill = DT_FILL_INTEGERS,
             .lo = 0,
             .hi = 256,
             .shape = DT_DIMS(33, 18),
             .layout = DT_LAYOUT_TRANSPOSED}}},
    {.name = "indices, step",
     .run = run_copy,
     .n_in = 1,
     .in = {{.dtype = DT_I64,
             .fill = DT_FILL_INTEGERS,
             .lo = -9,
             .hi = 9,
             .shape = DT_DIMS(3, 5),
             .layout = DT_LAYOUT_STEP}}},
    {.name = "transposed, odd",
     .run = run_copy,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(2, 3, 37, 19), .layout = DT_LAYOUT_TRANSPOSED}}},
    {.name = "channels last",
     .run = run_copy,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(2, 17, 9, 11), .layout = DT_LAYOUT_CHANNELS_LAST}}},
    {.name = "rows with gaps",
     .run = run_copy,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(4, 5, 9), .layout = DT_LAYOUT_ROWS}}},
    {.name = "large, channels last",
     .run = run_copy,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(3, 37, 45, 41), .layout = DT_LAYOUT_CHANNELS_LAST}}},
    {.name = "large, transposed",
     .run = run_copy,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(7, 150, 131), .layout = DT_LAYOUT_TRANSPOSED}}},
};
DT_OP_CASES(copy, copy_cases);

/* i: rank, dims */
static void run_reshape(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_shape shape = {.rank = (int)c->i[0]};
    for (int k = 0; k < shape.rank; k++)
        shape.dim[k] = c->i[k + 1];
    out[0] = dt_reshape(ctx, in[0], shape);
}

static void run_flatten(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_flatten(ctx, in[0], (int)c->i[0], (int)c->i[1]);
}

static const dt_op_case reshape_cases[] = {
    {.name = "scalar to (1, 1)", .run = run_reshape, .n_in = 1, .i = {2, 1, 1}},
    {.name = "to scalar", .run = run_reshape, .n_in = 1, .in = {{.shape = DT_DIMS(1, 1)}}, .i = {0}},
    {.name = "open dim",
     .run = run_reshape,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(4, 3, 5)}},
     .i = {3, 2, -1, 6}},
    {.name = "of a transposed",
     .run = run_reshape,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(4, 6), .layout = DT_LAYOUT_TRANSPOSED}},
     .i = {2, 8, 3}},
    {.name = "zero size", .run = run_reshape, .n_in = 1, .in = {{.shape = DT_DIMS(0, 3)}}, .i = {2, 5, 0}},
    {.name = "flatten", .run = run_flatten, .n_in = 1, .in = {{.shape = DT_DIMS(2, 3, 4, 5)}}, .i = {1, -1}},
    {.name = "flatten a scalar", .run = run_flatten, .n_in = 1, .i = {0, -1}},
};
DT_OP_CASES(reshape, reshape_cases);

static void run_permute(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    int axes[DT_MAX_RANK];
    for (int k = 0; k < DT_MAX_RANK; k++)
        axes[k] = (int)c->i[k];
    out[0] = dt_permute(ctx, in[0], axes);
}

static void run_transpose(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_transpose(ctx, in[0], (int)c->i[0], (int)c->i[1]);
}

static const dt_op_case permute_cases[] = {
    {.name = "scalar", .run = run_permute, .n_in = 1},
    {.name = "attention",
     .run = run_permute,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(2, 5, 3, 4)}},
     .i = {0, 2, 1, 3}},
    {.name = "to channels last",
     .run = run_permute,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(2, 5, 3, 4)}},
     .i = {0, 2, 3, 1}},
    {.name = "rank 6",
     .run = run_permute,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(2, 1, 3, 2, 1, 2)}},
     .i = {5, 3, 1, 0, 2, 4}},
    {.name = "zero size", .run = run_permute, .n_in = 1, .in = {{.shape = DT_DIMS(2, 0, 3)}}, .i = {1, 2, 0}},
    {.name = "transpose", .run = run_transpose, .n_in = 1, .in = {{.shape = DT_DIMS(2, 5, 3)}}, .i = {-1, 0}},
};
DT_OP_CASES(permute, permute_cases);

static void run_expand(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_shape shape = {.rank = (int)c->i[0]};
    for (int k = 0; k < shape.rank; k++)
        shape.dim[k] = c->i[k + 1];
    out[0] = dt_expand(ctx, in[0], shape);
}

static const dt_op_case expand_cases[] = {
    {.name = "scalar", .run = run_expand, .n_in = 1, .i = {2, 3, 2}},
    {.name = "leading and inner",
     .run = run_expand,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(3, 1, 4)}},
     .i = {4, 2, 3, 5, 4}},
    {.name = "to zero size", .run = run_expand, .n_in = 1, .in = {{.shape = DT_DIMS(1, 4)}}, .i = {2, 0, 4}},
    {.name = "nothing to do", .run = run_expand, .n_in = 1, .in = {{.shape = DT_DIMS(3)}}, .i = {1, 3}},
};
DT_OP_CASES(expand, expand_cases);

/* i: axis, begin, end, step */
static void run_slice(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_slice(ctx, in[0], (int)c->i[0], c->i[1], c->i[2], c->i[3]);
}

static const dt_op_case slice_cases[] = {
    {.name = "middle", .run = run_slice, .n_in = 1, .in = {{.shape = DT_DIMS(3, 7, 2)}}, .i = {1, 2, 5, 1}},
    {.name = "negative, to the end",
     .run = run_slice,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(7)}},
     .i = {-1, -3, INT64_MAX, 1}},
    {.name = "step", .run = run_slice, .n_in = 1, .in = {{.shape = DT_DIMS(2, 11, 3)}}, .i = {1, 1, -1, 3}},
    {.name = "step 2 of all",
     .run = run_slice,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(8, 5)}},
     .i = {0, 0, INT64_MAX, 2}},
    {.name = "step at rank 6",
     .run = run_slice,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(1, 2, 1, 5, 1, 2)}},
     .i = {3, 1, INT64_MAX, 2}},
    {.name = "step larger than the axis",
     .run = run_slice,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(3, 5)}},
     .i = {1, 3, INT64_MAX, 1000000}},
    {.name = "empty", .run = run_slice, .n_in = 1, .in = {{.shape = DT_DIMS(3, 5)}}, .i = {1, 2, 2, 1}},
    {.name = "of a transposed",
     .run = run_slice,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(4, 6), .layout = DT_LAYOUT_TRANSPOSED}},
     .i = {1, 1, 5, 2}},
};
DT_OP_CASES(slice, slice_cases);

/* The gradient of slice, by its own argument struct: zeros of `shape` with the operand written at begin,
 * begin + step... */
static void run_slice_grad(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    dt_slice_grad_args args = {
        .axis = (int)c->i[0], .begin = c->i[1], .step = c->i[2], .shape = c->in[0].shape};
    args.shape.dim[args.axis] = c->i[3];
    out[0] = dt_op_apply1(ctx, &dt_op_slice_grad, in, 1, &args);
}

static const dt_op_case slice_grad_cases[] = {
    {.name = "middle",
     .run = run_slice_grad,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(3, 4, 2)}},
     .i = {1, 2, 1, 9}},
    {.name = "step", .run = run_slice_grad, .n_in = 1, .in = {{.shape = DT_DIMS(3, 4)}}, .i = {1, 1, 3, 12}},
    {.name = "empty", .run = run_slice_grad, .n_in = 1, .in = {{.shape = DT_DIMS(0, 4)}}, .i = {0, 0, 1, 3}},
};
DT_OP_CASES(slice_grad, slice_grad_cases);

static void run_concat(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_concat(ctx, in, c->n_in, (int)c->i[0]);
}

static const dt_op_case concat_cases[] = {
    {.name = "one", .run = run_concat, .n_in = 1, .in = {{.shape = DT_DIMS(3)}}},
    {.name = "channels",
     .run = run_concat,
     .n_in = 3,
     .in = {{.shape = DT_DIMS(2, 3, 5, 3)}, {.shape = DT_DIMS(2, 1, 5, 3)}, {.shape = DT_DIMS(2, 4, 5, 3)}},
     .i = {1}},
    {.name = "last axis, with an empty one",
     .run = run_concat,
     .n_in = 3,
     .in = {{.shape = DT_DIMS(2, 3)}, {.shape = DT_DIMS(2, 0)}, {.shape = DT_DIMS(2, 5)}},
     .i = {-1}},
    {.name = "strided",
     .run = run_concat,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(4, 3), .layout = DT_LAYOUT_TRANSPOSED},
            {.shape = DT_DIMS(2, 3), .layout = DT_LAYOUT_STEP}}},
    {.name = "indices",
     .run = run_concat,
     .n_in = 2,
     .in = {{.dtype = DT_I64, .fill = DT_FILL_INTEGERS, .shape = DT_DIMS(4)},
            {.dtype = DT_I64, .fill = DT_FILL_INTEGERS, .shape = DT_DIMS(3)}}},
    {.name = "large",
     .run = run_concat,
     .n_in = 2,
     .in = {{.shape = DT_DIMS(2, 40, 41, 37)}, {.shape = DT_DIMS(2, 24, 41, 37)}},
     .i = {1}},
};
DT_OP_CASES(concat, concat_cases);

/* i: left, right, top, bottom, mode; f: value */
static void run_pad2d(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_pad2d(ctx, in[0], (int)c->i[0], (int)c->i[1], (int)c->i[2], (int)c->i[3],
                      (dt_pad_mode)c->i[4], c->f[0]);
}

static const dt_op_case pad2d_cases[] = {
    {.name = "constant",
     .run = run_pad2d,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(2, 3, 4, 5)}},
     .i = {1, 2, 3, 0, DT_PAD_CONSTANT},
     .f = {0.5}},
    {.name = "constant, of nothing",
     .run = run_pad2d,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(2, 0, 3)}},
     .i = {1, 0, 2, 1, DT_PAD_CONSTANT},
     .f = {-1}},
    {.name = "edge",
     .run = run_pad2d,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(2, 3, 4)}},
     .i = {5, 1, 0, 6, DT_PAD_EDGE}},
    {.name = "reflect",
     .run = run_pad2d,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(2, 2, 4, 5)}},
     .i = {4, 1, 3, 2, DT_PAD_REFLECT}},
    {.name = "nothing",
     .run = run_pad2d,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(4, 5)}},
     .i = {0, 0, 0, 0, DT_PAD_REFLECT}},
    {.name = "channels last",
     .run = run_pad2d,
     .n_in = 1,
     .in = {{.shape = DT_DIMS(2, 3, 4, 5), .layout = DT_LAYOUT_CHANNELS_LAST}},
     .i = {1, 1, 1, 1, DT_PAD_CONSTANT}},
};
DT_OP_CASES(pad2d, pad2d_cases);
