#include "core/ops/nn.h"
#include "tests/ops/harness.h"

static void nearest(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_upsample_nearest(ctx, in[0], c->i[0], c->i[1]);
}

static void bilinear(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_upsample_bilinear(ctx, in[0], c->i[0], c->i[1]);
}

static void nearest_dx(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_op_apply1(ctx, &dt_op_upsample_nearest_dx, in, 1, &(dt_size2d_args){c->i[0], c->i[1]});
}

static void bilinear_dx(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_op_apply1(ctx, &dt_op_upsample_bilinear_dx, in, 1, &(dt_size2d_args){c->i[0], c->i[1]});
}

static void dropout(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
{
    out[0] = dt_dropout(ctx, in[0], c->f[0], 1);
}

#define D(...) DT_DIMS(__VA_ARGS__)
#define CASE(text, fn, x, h, w)                                                                              \
    {                                                                                                        \
        .name = text, .run = fn, .n_in = 1, .in = {{.shape = x}}, .i = { h, w }                              \
    }
#define BACK(text, fn, x, h, w)                                                                              \
    {                                                                                                        \
        .name = text, .run = fn, .n_in = 1, .in = {{.shape = x}}, .i = {h, w}, .flags = DT_CASE_NO_GRAD      \
    }
#define SIZES(fn)                                                                                            \
    CASE("twice", fn, D(2, 3, 5, 7), 10, 14), CASE("odd factor", fn, D(1, 2, 5, 7), 13, 9),                  \
        CASE("smaller", fn, D(1, 2, 9, 11), 4, 5), CASE("from one pixel", fn, D(1, 2, 1, 1), 3, 4),          \
        CASE("zero batch", fn, D(0, 2, 3, 3), 6, 6), CASE("several chunks", fn, D(2, 9, 20, 20), 40, 40)

static const dt_op_case nearest_cases[] = {SIZES(nearest)};
DT_OP_CASES(upsample_nearest, nearest_cases);

static const dt_op_case bilinear_cases[] = {SIZES(bilinear)};
DT_OP_CASES(upsample_bilinear, bilinear_cases);

static const dt_op_case nearest_dx_cases[] = {BACK("odd factor", nearest_dx, D(2, 3, 13, 9), 5, 7)};
DT_OP_CASES(upsample_nearest_dx, nearest_dx_cases);

static const dt_op_case bilinear_dx_cases[] = {BACK("odd factor", bilinear_dx, D(2, 3, 13, 9), 5, 7)};
DT_OP_CASES(upsample_bilinear_dx, bilinear_dx_cases);

static const dt_op_case dropout_cases[] = {
    {.name = "half", .run = dropout, .n_in = 1, .in = {{.shape = D(5, 7)}}, .f = {0.5}},
    {.name = "a tenth", .run = dropout, .n_in = 1, .in = {{.shape = D(2, 3, 11)}}, .f = {0.1}},
    {.name = "nothing", .run = dropout, .n_in = 1, .in = {{.shape = D(9)}}, .f = {0}},
    {.name = "all", .run = dropout, .n_in = 1, .in = {{.shape = D(9)}}, .f = {1}},
    {.name = "several chunks", .run = dropout, .n_in = 1, .in = {{.shape = D(3, 20001)}}, .f = {0.3}},
};
DT_OP_CASES(dropout, dropout_cases);
