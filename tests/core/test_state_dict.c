#include "test.h"

#include <unistd.h>

#include "core/autograd.h"
#include "core/layers.h"
#include "core/mem.h"
#include "core/state_dict.h"

static char *temporary(const char *name)
{
    static char path[2][256];
    static int next;
    char *out = path[next++ % 2];
    snprintf(out, sizeof path[0], "/tmp/dettool-test-%ld-%s", (long)getpid(), name);
    return out;
}

static dt_ctx *ctx_new(uint64_t seed)
{
    dt_ctx *ctx;
    dt_error err = {0};
    CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = 1, .seed = seed}, &ctx, &err), &err);
    return ctx;
}

/* conv (weight), bn (5 entries), fc (weight, bias): 8 entries */
static dt_module *net_new(dt_ctx *ctx, int classes)
{
    dt_module *m = dt_sequential_new(ctx, NULL, NULL);
    dt_conv2d_new(ctx, m, "conv", 3, 4, &(dt_conv_opts){.kernel = 3});
    dt_batch_norm_new(ctx, m, "bn", 4, 0, 0);
    dt_linear_new(ctx, m, "fc", 4, classes, 1);
    if (m) dt_module_temporary(ctx, m, "scratch", DT_F32, DT_SHAPE(2));
    return dt_module_finish(ctx, m);
}

static dt_status save(dt_ctx *ctx, dt_module *m, const char *prefix, const char *path)
{
    dt_st_writer w = {0};
    dt_error err = {0};
    dt_status st = dt_state_dict_save(ctx, m, prefix, &w);
    if (st == DT_OK) st = dt_st_save(&w, path, &err);
    dt_st_writer_free(&w);
    return st;
}

/* A net of other values saved to a file, and that file read. */
static dt_st_file saved(int classes, const char *prefix)
{
    dt_ctx *ctx = ctx_new(99);
    dt_module *m = net_new(ctx, classes);
    char *path = temporary("state.safetensors");
    dt_st_file f;
    dt_error err = {0};
    dt_i64(dt_module_find_param(m, "bn.num_batches_tracked")->tensor)[0] = 7;
    dt_f32(dt_module_find_param(m, "bn.running_mean")->tensor)[2] = 0.5f;
    CHECK_OK(save(ctx, m, prefix, path), dt_ctx_error(ctx));
    CHECK_OK(dt_st_read(path, &f, &err), &err);
    unlink(path);
    dt_module_destroy(m);
    dt_ctx_destroy(ctx);
    return f;
}

static int equals_file(dt_module *m, const char *name, const dt_st_file *f, const char *entry)
{
    const dt_tensor *t = dt_module_find_param(m, name)->tensor;
    const dt_st_entry *e = dt_st_find(f, entry);
    return e && e->bytes == (size_t)dt_numel(t) * dt_dtype_size(t->dtype) &&
           memcmp(dt_data(t), e->data, e->bytes) == 0;
}

static void test_round_trip(void)
{
    dt_ctx *ctx = ctx_new(1);
    dt_module *m = net_new(ctx, 5);
    dt_st_file f = saved(5, "");
    dt_load_report r;
    CHECK_INT(f.count, 8); /* without the buffer that is not persistent */
    CHECK(!equals_file(m, "fc.weight", &f, "fc.weight"));
    CHECK_OK(dt_state_dict_load(ctx, m, &f, NULL, &r), dt_ctx_error(ctx));
    CHECK_INT(r.loaded, 8);
    for (size_t i = 0; i < f.count; i++)
        CHECK(equals_file(m, f.entries[i].name, &f, f.entries[i].name));
    CHECK_INT(dt_i64(dt_module_find_param(m, "bn.num_batches_tracked")->tensor)[0], 7);
    CHECK(dt_module_find_param(m, "fc.weight")->tensor->requires_grad);
    /* equal content gives equal bytes */
    char *again = temporary("again.safetensors");
    dt_st_file g;
    dt_error err = {0};
    CHECK_OK(save(ctx, m, "", again), dt_ctx_error(ctx));
    CHECK_OK(dt_st_read(again, &g, &err), &err);
    CHECK(g.memory_size == f.memory_size && memcmp(g.memory, f.memory, f.memory_size) == 0);
    unlink(again);
    dt_st_free(&g);
    dt_load_report_free(&r);
    dt_st_free(&f);
    dt_module_destroy(m);
    dt_ctx_destroy(ctx);
}

static void test_prefix_and_drop(void)
{
    dt_ctx *ctx = ctx_new(1);
    dt_module *m = net_new(ctx, 5);
    dt_st_file f = saved(3, "ema.");
    dt_load_report r;
    CHECK_INT(dt_state_dict_load(ctx, m, &f, NULL, &r), DT_ERR_NOT_FOUND);
    CHECK_INT(r.missing_count, 7); /* not the counter */
    CHECK_INT(r.unexpected_count, 8);
    CHECK(strstr(dt_ctx_error(ctx)->text,
                 "state.safetensors: 7 missing in the file (the first: conv.weight); "
                 "8 unexpected in the file (the first: ema.bn.bias)"));
    dt_ctx_clear_error(ctx);
    dt_load_report_free(&r);
    dt_load_opts opts = {.prefix = "ema.", .drop = "fc.*", .strict = 1};
    CHECK_OK(dt_state_dict_load(ctx, m, &f, &opts, &r), dt_ctx_error(ctx));
    CHECK_INT(r.loaded, 6);
    CHECK(r.missing_count == 0 && r.unexpected_count == 0);
    CHECK(equals_file(m, "conv.weight", &f, "ema.conv.weight"));
    dt_load_report_free(&r);
    dt_st_free(&f);
    dt_module_destroy(m);
    dt_ctx_destroy(ctx);
}

static void test_mismatch(void)
{
    dt_ctx *ctx = ctx_new(1);
    dt_module *m = net_new(ctx, 5);
    dt_st_file f = saved(3, "");
    dt_load_report r;
    float before = dt_f32(dt_module_find_param(m, "conv.weight")->tensor)[0];
    for (int strict = 0; strict < 2; strict++) {
        CHECK_INT(dt_state_dict_load(ctx, m, &f, &(dt_load_opts){.strict = strict}, &r), DT_ERR_SHAPE);
        CHECK(strstr(dt_ctx_error(ctx)->text,
                     "2 entries do not fit the model (the first: fc.weight: file (3, 4), "
                     "model (5, 4))"));
        CHECK_INT(r.mismatched_count, 2);
        CHECK_STR(r.mismatched[1], "fc.bias: file (3), model (5)");
        dt_ctx_clear_error(ctx);
        dt_load_report_free(&r);
        CHECK(dt_f32(dt_module_find_param(m, "conv.weight")->tensor)[0] == before); /* all or nothing */
    }
    CHECK_OK(dt_state_dict_load(ctx, m, &f, &(dt_load_opts){.skip_mismatched = 1}, &r), dt_ctx_error(ctx));
    CHECK_INT(r.loaded, 6);
    CHECK_INT(r.mismatched_count, 2);
    CHECK(equals_file(m, "conv.weight", &f, "conv.weight"));
    dt_load_report_free(&r);
    dt_st_free(&f);
    dt_module_destroy(m);
    dt_ctx_destroy(ctx);
}

/* strict 0: what is missing or unexpected is told, the rest is loaded. */
static void test_not_strict(void)
{
    dt_ctx *ctx = ctx_new(1);
    dt_module *m = net_new(ctx, 5);
    dt_st_file f = saved(5, "");
    dt_load_report r;
    CHECK_OK(dt_module_remove(ctx, m, "conv"), dt_ctx_error(ctx));
    dt_linear_new(ctx, m, "extra", 2, 2, 0);
    CHECK_OK(dt_state_dict_load(ctx, m, &f, &(dt_load_opts){0}, &r), dt_ctx_error(ctx));
    CHECK_INT(r.loaded, 7);
    CHECK_INT(r.missing_count, 1);
    CHECK_STR(r.missing[0], "extra.weight");
    CHECK_INT(r.unexpected_count, 1);
    CHECK_STR(r.unexpected[0], "conv.weight");
    dt_load_report_free(&r);
    dt_st_free(&f);
    dt_module_destroy(m);
    dt_ctx_destroy(ctx);
}

static void test_converts(void)
{
    dt_ctx *ctx = ctx_new(1);
    dt_module *m = dt_linear_new(ctx, NULL, NULL, 2, 1, 1);
    uint16_t half[2] = {0x3C00, 0xC100}, brain = 0x4049; /* 1, -2.5; 3.140625 */
    int64_t whole[2] = {1, 2};
    double wide = 0.1;
    const struct {
        dt_dtype dtype;
        const void *data;
        dt_dtype bias_dtype;
        const void *bias;
        float want[3];
    } cases[] = {{DT_F16, half, DT_BF16, &brain, {1, -2.5f, 3.140625f}},
                 {DT_F16, half, DT_F64, &wide, {1, -2.5f, 0.1f}}};
    for (int i = 0; i < 3; i++) {
        dt_st_writer w = {0};
        dt_error err = {0};
        dt_st_file f;
        char *path = temporary("types.safetensors");
        int wrong = i == 2;
        dt_st_add(&w, "weight", wrong ? DT_I64 : cases[i].dtype, &DT_SHAPE(1, 2),
                  wrong ? whole : cases[i].data, 0, &err);
        dt_st_add(&w, "bias", cases[wrong ? 0 : i].bias_dtype, &DT_SHAPE(1), cases[wrong ? 0 : i].bias, 0,
                  &err);
        CHECK_OK(dt_st_save(&w, path, &err), &err);
        CHECK_OK(dt_st_read(path, &f, &err), &err);
        dt_status st = dt_state_dict_load(ctx, m, &f, NULL, NULL);
        if (wrong) {
            CHECK_INT(st, DT_ERR_SHAPE);
            CHECK(strstr(dt_ctx_error(ctx)->text, "weight: file int64, model float32"));
        } else {
            const float *v = dt_f32(dt_module_find_param(m, "weight")->tensor);
            CHECK(st == DT_OK && v[0] == cases[i].want[0] && v[1] == cases[i].want[1]);
            CHECK(dt_f32(dt_module_find_param(m, "bias")->tensor)[0] == cases[i].want[2]);
        }
        dt_st_free(&f);
        dt_st_writer_free(&w);
        unlink(path);
    }
    dt_module_destroy(m);
    dt_ctx_destroy(ctx);
}

static void test_out_of_memory(void)
{
    dt_st_file f = saved(5, "");
    size_t live = dt_mem_live();
    int fired = 1;
    for (uint64_t k = 1; fired; k++) {
        dt_ctx *ctx = ctx_new(1);
        dt_module *m = net_new(ctx, 5);
        dt_linear_new(ctx, m, "extra", 2, 2, 0);
        float before = dt_f32(dt_module_find_param(m, "conv.weight")->tensor)[0];
        dt_load_report r;
        dt_mem_fail_at(k);
        dt_status st = dt_state_dict_load(ctx, m, &f, &(dt_load_opts){0}, &r);
        fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK_INT(st, fired ? DT_ERR_MEMORY : DT_OK);
        if (fired) CHECK(dt_f32(dt_module_find_param(m, "conv.weight")->tensor)[0] == before);
        dt_load_report_free(&r);
        dt_module_destroy(m);
        dt_ctx_destroy(ctx);
        CHECK_INT(dt_mem_live(), live);
    }
    dt_st_free(&f);
}

int main(void)
{
    RUN(test_round_trip);
    RUN(test_prefix_and_drop);
    RUN(test_mismatch);
    RUN(test_not_strict);
    RUN(test_converts);
    RUN(test_out_of_memory);
    return dt_test_end();
}
