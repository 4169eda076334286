#include "core/mem.h"
#include "core/ops.h"
#include "test.h"

static dt_ctx *ctx;

static dt_tensor *leaf(double value)
{
    dt_tensor *t = dt_full(ctx, DT_F64, DT_SHAPE(2), value);
    dt_require_grad(ctx, t, 1);
    return t;
}

static double grad_of(const dt_tensor *t)
{
    return t->grad ? dt_get(t->grad, 0) : NAN;
}

static void shared_gradients_are_not_overwritten(void)
{
    dt_scope s = dt_scope_open(ctx);
    dt_tensor *a = leaf(3), *b = leaf(5);
    /* add hands one tensor to both operands; a gets more on top of it, b must not see that. */
    dt_tensor *y = dt_add(ctx, dt_add(ctx, a, b), dt_add(ctx, a, dt_mul(ctx, a, b)));
    CHECK_INT(dt_backward(ctx, dt_sum(ctx, y, 0, 0), NULL), DT_OK);
    CHECK_NEAR(grad_of(a), 1 + 1 + 5, 0);
    CHECK_NEAR(grad_of(b), 1 + 3, 0);
    CHECK(a->grad->storage != b->grad->storage);
    dt_scope_close(ctx, s);
}

static void operand_used_twice(void)
{
    dt_scope s = dt_scope_open(ctx);
    dt_tensor *a = leaf(3);
    CHECK_INT(dt_backward(ctx, dt_sum(ctx, dt_mul(ctx, a, a), 0, 0), NULL), DT_OK);
    CHECK_NEAR(grad_of(a), 6, 0);
    CHECK_INT(dt_backward(ctx, dt_sum(ctx, a, 0, 0), NULL), DT_OK); /* adds up until it is cleared */
    CHECK_NEAR(grad_of(a), 7, 0);
    dt_zero_grad(a);
    CHECK(a->grad == NULL);
    dt_scope_close(ctx, s);
}

static void a_seed_stays_as_it_was(void)
{
    dt_scope s = dt_scope_open(ctx);
    dt_tensor *a = leaf(3), *seed = dt_full(ctx, DT_F64, DT_SHAPE(2), 2);
    CHECK_INT(dt_backward(ctx, dt_add(ctx, a, a), seed), DT_OK);
    CHECK_NEAR(grad_of(a), 4, 0);
    CHECK_NEAR(dt_get(seed, 0), 2, 0);
    dt_scope_close(ctx, s);
}

static void changes_in_place_are_found(void)
{
    dt_scope s = dt_scope_open(ctx);
    dt_tensor *a = leaf(3), *b = dt_full(ctx, DT_F64, DT_SHAPE(2), 2);
    dt_tensor *y = dt_sum(ctx, dt_mul(ctx, a, b), 0, 0);
    dt_fill(ctx, b, 7);
    CHECK_INT(dt_backward(ctx, y, NULL), DT_ERR_STATE);
    CHECK(strstr(dt_ctx_error(ctx)->text, "mul: operand 1 was changed in place") != NULL);
    dt_ctx_clear_error(ctx);
    dt_tensor *e = dt_exp(ctx, a);
    y = dt_sum(ctx, e, 0, 0);
    dt_fill(ctx, e, 0);
    CHECK_INT(dt_backward(ctx, y, NULL), DT_ERR_STATE);
    CHECK(strstr(dt_ctx_error(ctx)->text, "exp: result 0 was changed in place") != NULL);
    dt_ctx_clear_error(ctx);
    dt_scope_close(ctx, s);
}

static void detached_and_disabled(void)
{
    dt_scope s = dt_scope_open(ctx);
    dt_tensor *a = leaf(3);
    dt_tensor *y = dt_mul(ctx, dt_detach(ctx, dt_square(ctx, a)), a);
    CHECK_INT(dt_backward(ctx, dt_sum(ctx, y, 0, 0), NULL), DT_OK);
    CHECK_NEAR(grad_of(a), 9, 0);
    int was = dt_grad_enable(ctx, 0);
    y = dt_square(ctx, a);
    dt_grad_enable(ctx, was);
    CHECK(!dt_needs_grad(ctx, y));
    CHECK_INT(dt_backward(ctx, y, NULL), DT_ERR_STATE);
    dt_ctx_clear_error(ctx);
    y = dt_square(ctx, a);
    CHECK_INT(dt_backward(ctx, y, NULL), DT_ERR_SHAPE); /* two elements and no seed */
    dt_ctx_clear_error(ctx);
    dt_scope_close(ctx, s);
}

static void results_in_place(void)
{
    dt_scope s = dt_scope_open(ctx);
    dt_tensor *x = dt_full(ctx, DT_F32, DT_SHAPE(1001), -2), *y = dt_full(ctx, DT_F32, DT_SHAPE(1001), 3);
    dt_tensor *const one[] = {x}, *const two[] = {x, y};
    CHECK_INT(dt_op_into(ctx, &dt_op_abs, one, 1, NULL, one), DT_OK);
    CHECK_INT(dt_op_into(ctx, &dt_op_mul, two, 2, NULL, one), DT_OK);
    for (int i = 0; i < 1001; i++)
        CHECK_NEAR(dt_get(x, i), 6, 0);
    dt_scope_close(ctx, s);
}

int main(void)
{
    dt_error err = {0};
    if (!CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = 2}, &ctx, &err), &err)) return 1;
    RUN(shared_gradients_are_not_overwritten);
    RUN(operand_used_twice);
    RUN(a_seed_stays_as_it_was);
    RUN(changes_in_place_are_found);
    RUN(detached_and_disabled);
    RUN(results_in_place);
    dt_ctx_destroy(ctx);
    CHECK_INT(dt_mem_live(), 0);
    return dt_test_end();
}
