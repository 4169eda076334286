#include "core/mem.h"
#include "core/ops.h"
#include "test.h"

static dt_ctx *ctx;

static void scopes_own_results(void)
{
    dt_scope outer = dt_scope_open(ctx);
    dt_scope inner = dt_scope_open(ctx);
    dt_tensor *x = dt_full(ctx, DT_F32, DT_SHAPE(3), 2);
    dt_tensor *y = dt_scope_return(ctx, inner, dt_square(ctx, x));
    CHECK_NEAR(dt_get(y, 2), 4, 0);
    dt_tensor *kept = dt_tensor_retain(y);
    dt_scope_close(ctx, outer);
    CHECK_INT(kept->refs, 1);
    CHECK_NEAR(dt_get(kept, 0), 4, 0);
    dt_tensor_release(kept);
    CHECK(dt_scope_return(ctx, dt_scope_open(ctx), NULL) == NULL);
}

static void views_share_storage(void)
{
    dt_scope s = dt_scope_open(ctx);
    float values[6] = {0, 1, 2, 3, 4, 5}, back[6];
    dt_tensor *x = dt_from(ctx, DT_F32, DT_SHAPE(2, 3), values), *t = dt_transpose(ctx, x, 0, 1);
    CHECK(t->storage == x->storage && !dt_is_contiguous(t));
    CHECK_INT(dt_read(ctx, t, back, sizeof back), DT_OK);
    CHECK(back[0] == 0 && back[1] == 3 && back[2] == 1 && back[5] == 5);
    dt_fill(ctx, dt_slice(ctx, x, 1, 1, 2, 1), 9);
    CHECK(dt_get(x, 1) == 9 && dt_get(x, 4) == 9 && dt_get(x, 0) == 0);
    CHECK_INT(dt_write(ctx, t, values, sizeof values), DT_ERR_ARG);
    dt_ctx_clear_error(ctx);
    CHECK(isnan(dt_item(ctx, x)));
    CHECK_INT(dt_ctx_status(ctx), DT_ERR_SHAPE);
    dt_ctx_clear_error(ctx);
    CHECK_NEAR(dt_item(ctx, dt_full(ctx, DT_I64, DT_SCALAR, 7)), 7, 0);
    dt_tensor *b = dt_from_borrowed(ctx, DT_F32, DT_SHAPE(6), values);
    dt_fill(ctx, b, 1);
    CHECK_NEAR(values[5], 1, 0);
    dt_scope_close(ctx, s);
}

static void the_first_error_stays(void)
{
    dt_scope s = dt_scope_open(ctx);
    dt_path_push(ctx, "backbone");
    dt_path_push(ctx, "conv1");
    dt_tensor *a = dt_zeros(ctx, DT_F32, DT_SHAPE(2, 3)), *b = dt_zeros(ctx, DT_F32, DT_SHAPE(4));
    dt_tensor *y = dt_relu(ctx, dt_add(ctx, a, b));
    CHECK(y == NULL);
    CHECK_STR(dt_ctx_error(ctx)->text, "backbone.conv1: add: shapes (2, 3) and (4) do not broadcast");
    dt_path_pop(ctx);
    dt_path_pop(ctx);
    CHECK_INT(dt_ctx_status(ctx), DT_ERR_SHAPE);
    dt_ctx_clear_error(ctx);
    CHECK(dt_zeros(ctx, DT_F32, DT_SHAPE(INT64_MAX, 8)) == NULL);
    dt_ctx_clear_error(ctx);
    dt_scope_close(ctx, s);
}

int main(void)
{
    dt_error err = {0};
    if (!CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = 1}, &ctx, &err), &err)) return 1;
    RUN(scopes_own_results);
    RUN(views_share_storage);
    RUN(the_first_error_stays);
    dt_ctx_destroy(ctx);
    CHECK_INT(dt_mem_live(), 0);
    return dt_test_end();
}
