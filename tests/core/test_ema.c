/* The averages against tests/golden/make_optim.py. */
#include "test.h"

#include <unistd.h>

#include "core/autograd.h"
#include "core/layers.h"
#include "core/mem.h"
#include "core/optim.h"
#include "core/state_dict.h"

enum { STEPS = 10 };

static dt_ctx *ctx_new(int threads)
{
    dt_ctx *ctx;
    dt_error err = {0};
    CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = threads}, &ctx, &err), &err);
    return ctx;
}

static const dt_module_class holder_class = {"Holder", sizeof(dt_module), NULL, NULL, NULL};

/* w0 as in the golden file, a frozen parameter, a float buffer, a counter. */
static dt_module *holder_new(dt_ctx *ctx)
{
    dt_module *m = dt_module_new(ctx, &holder_class, NULL, NULL);
    dt_module_param(ctx, m, "w0", DT_F32, DT_SHAPE(5, 3));
    dt_require_grad(ctx, dt_module_param(ctx, m, "frozen", DT_F32, DT_SHAPE(15)), 0);
    dt_module_buffer(ctx, m, "mean", DT_F32, DT_SHAPE(15));
    dt_module_counter(ctx, m, "count");
    return dt_module_finish(ctx, m);
}

static void set_live(dt_module *m, const dt_st_file *golden, int step)
{
    const float *g = (const float *)dt_st_find(golden, "grad.w0")->data + step * 15;
    memcpy(dt_data(dt_module_find_param(m, "w0")->tensor), g, 60);
    memcpy(dt_data(dt_module_find_param(m, "frozen")->tensor), g, 60);
    memcpy(dt_data(dt_module_find_param(m, "mean")->tensor), g, 60);
    dt_i64(dt_module_find_param(m, "count")->tensor)[0] = step;
}

static void test_values(void)
{
    dt_ctx *ctx = ctx_new(2);
    dt_module *m = holder_new(ctx);
    dt_st_file golden;
    dt_error err = {0};
    CHECK_OK(dt_st_read(dt_test_golden("core/optim.safetensors"), &golden, &err), &err);
    set_live(m, &golden, 0);
    dt_ema *e = dt_ema_create(ctx, m, 0.99, 5);
    const double *want = dt_st_find(&golden, "ema.w0")->data;
    dt_tensor *w = dt_module_find_param(m, "w0")->tensor, *frozen = dt_module_find_param(m, "frozen")->tensor;
    for (int step = 1; step < STEPS; step++) {
        set_live(m, &golden, step);
        float live[15];
        memcpy(live, dt_data(w), sizeof live);
        CHECK_OK(dt_ema_update(ctx, e), dt_ctx_error(ctx));
        CHECK_INT(dt_ema_updates(e), step);
        CHECK_OK(dt_ema_swap(ctx, e), dt_ctx_error(ctx));
        CHECK(dt_module_find_param(m, "w0")->tensor == w);
        for (int i = 0; i < 15; i++) {
            CHECK_NEAR(dt_f32(w)[i], want[(step - 1) * 15 + i], 1e-6);
            CHECK_NEAR(dt_f32(dt_module_find_param(m, "mean")->tensor)[i], want[(step - 1) * 15 + i], 1e-6);
        }
        CHECK(memcmp(dt_data(frozen), live, sizeof live) == 0);
        CHECK_INT(dt_i64(dt_module_find_param(m, "count")->tensor)[0], step);
        CHECK_INT(dt_ema_update(ctx, e), DT_ERR_STATE); /* not while they are swapped */
        dt_ctx_clear_error(ctx);
        CHECK_OK(dt_ema_swap(ctx, e), dt_ctx_error(ctx));
        CHECK(memcmp(dt_data(w), live, sizeof live) == 0);
    }
    dt_ema_destroy(e);
    dt_st_free(&golden);
    dt_module_destroy(m);
    dt_ctx_destroy(ctx);
}

static void save_ema(dt_ctx *ctx, dt_ema *e, dt_st_file *f)
{
    char path[128];
    snprintf(path, sizeof path, "/tmp/dettool-test-%ld-ema.safetensors", (long)getpid());
    dt_st_writer w = {0};
    dt_error err = {0};
    CHECK_OK(dt_ema_save(ctx, e, &w), dt_ctx_error(ctx));
    CHECK_OK(dt_st_save(&w, path, &err), &err);
    CHECK_OK(dt_st_read(path, f, &err), &err);
    dt_st_writer_free(&w);
    unlink(path);
}

/* Going on from a file gives the same bytes, with another number of threads. */
static void test_resumes_exactly(void)
{
    dt_ctx *a = ctx_new(1), *b = ctx_new(3);
    dt_module *x = dt_linear_new(a, NULL, NULL, 300, 200, 1), *y = dt_linear_new(b, NULL, NULL, 300, 200, 1);
    dt_ema *ex = dt_ema_create(a, x, 0.9, 20);
    dt_st_file f;
    for (int i = 0; i < 3; i++) {
        dt_init_uniform(a, x, dt_module_find_param(x, "weight")->tensor, -i - 1, i + 1);
        CHECK_OK(dt_ema_update(a, ex), dt_ctx_error(a));
    }
    save_ema(a, ex, &f);
    dt_init_uniform(a, x, dt_module_find_param(x, "weight")->tensor, 0, 5);
    dt_init_uniform(b, y, dt_module_find_param(y, "weight")->tensor, 0, 5);
    dt_ema *ey = dt_ema_create(b, y, 0.9, 20);
    CHECK_OK(dt_ema_load(b, ey, &f), dt_ctx_error(b));
    CHECK_INT(dt_ema_updates(ey), 3);
    CHECK_OK(dt_ema_update(a, ex), dt_ctx_error(a));
    CHECK_OK(dt_ema_update(b, ey), dt_ctx_error(b));
    dt_st_file fx, fy;
    save_ema(a, ex, &fx);
    save_ema(b, ey, &fy);
    CHECK(fx.memory_size == fy.memory_size && memcmp(fx.memory, fy.memory, fx.memory_size) == 0);
    /* the averages are a state dict with a prefix */
    CHECK_OK(dt_state_dict_load(b, y, &fy, &(dt_load_opts){.prefix = "ema.", .strict = 1}, NULL),
             dt_ctx_error(b));
    dt_st_free(&fx);
    dt_st_free(&fy);
    dt_st_free(&f);
    dt_ema_destroy(ex);
    dt_ema_destroy(ey);
    dt_module_destroy(x);
    dt_module_destroy(y);
    dt_ctx_destroy(a);
    dt_ctx_destroy(b);
}

static void test_load_refuses(void)
{
    dt_ctx *ctx = ctx_new(1);
    dt_module *small = dt_linear_new(ctx, NULL, NULL, 3, 2, 1),
              *large = dt_linear_new(ctx, NULL, NULL, 3, 4, 1);
    dt_ema *es = dt_ema_create(ctx, small, 0.9, 0), *el = dt_ema_create(ctx, large, 0.9, 0);
    dt_st_file f;
    save_ema(ctx, es, &f);
    CHECK_INT(dt_ema_load(ctx, el, &f), DT_ERR_SHAPE);
    CHECK(strstr(dt_ctx_error(ctx)->text, "\"ema.weight\" is float32 (2, 3), in the model float32 (4, 3)"));
    dt_ctx_clear_error(ctx);
    CHECK(!dt_ema_create(ctx, small, 1.5, 0) && dt_ctx_status(ctx) == DT_ERR_ARG);
    dt_st_free(&f);
    dt_ema_destroy(es);
    dt_ema_destroy(el);
    dt_module_destroy(small);
    dt_module_destroy(large);
    dt_ctx_destroy(ctx);
}

static void test_out_of_memory(void)
{
    size_t live = dt_mem_live();
    int fired = 1, failures = 0;
    for (uint64_t k = 1; fired; k++) {
        dt_ctx *ctx = ctx_new(1);
        dt_module *m = holder_new(ctx);
        dt_mem_fail_at(k);
        dt_ema *e = dt_ema_create(ctx, m, 0.9, 0);
        fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK((e == NULL) == (dt_ctx_status(ctx) == DT_ERR_MEMORY));
        failures += e == NULL;
        dt_ema_destroy(e);
        dt_module_destroy(m);
        dt_ctx_destroy(ctx);
        CHECK_INT(dt_mem_live(), live);
    }
    CHECK(failures > 8);
}

int main(void)
{
    RUN(test_values);
    RUN(test_resumes_exactly);
    RUN(test_load_refuses);
    RUN(test_out_of_memory);
    return dt_test_end();
}
