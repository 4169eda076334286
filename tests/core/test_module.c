/* The network is that of tests/golden/make_module.py. */
#include "test.h"

#include "core/autograd.h"
#include "core/device.h"
#include "core/file.h"
#include "core/layers.h"
#include "core/mem.h"

typedef struct block {
    dt_module base;
    dt_module *conv, *bn, *act;
} block;

typedef struct net {
    dt_module base;
    dt_module *stem, *blocks, *norms, *head, *first_conv;
} net;

static dt_tensor *block_forward(dt_ctx *ctx, dt_module *self, dt_tensor *x)
{
    block *b = (block *)self;
    x = dt_forward(ctx, b->conv, x);
    x = dt_forward(ctx, b->bn, x);
    return dt_forward(ctx, b->act, x);
}

static const dt_module_class block_class = {"Block", sizeof(block), block_forward, NULL, NULL};
static const dt_module_class net_class = {"Net", sizeof(net), NULL, NULL, NULL};

static void block_new(dt_ctx *ctx, dt_module *parent)
{
    block *b = dt_module_new(ctx, &block_class, parent, NULL);
    if (!b) return;
    b->conv = dt_conv2d_new(ctx, &b->base, "conv", 16, 16,
                            &(dt_conv_opts){.kernel_hw = {3, 5}, .stride = 2, .pad = -1, .groups = 4});
    b->bn = dt_batch_norm_new(ctx, &b->base, "bn", 16, 0.03, 1e-3);
    b->act = dt_activation_new(ctx, &b->base, "act", DT_ACT_SILU);
}

static dt_module *net_new(dt_ctx *ctx)
{
    net *n = dt_module_new(ctx, &net_class, NULL, NULL);
    if (!n) return NULL;
    n->stem = dt_sequential_new(ctx, &n->base, "stem");
    n->first_conv = dt_conv2d_new(ctx, n->stem, NULL, 3, 16,
                                  &(dt_conv_opts){.kernel = 7, .stride = 2, .pad = 3, .bias = 1});
    dt_batch_norm_new(ctx, n->stem, NULL, 16, 0, 0);
    dt_activation_new(ctx, n->stem, NULL, DT_ACT_RELU);
    dt_max_pool_new(ctx, n->stem, NULL, 3, 2, 1);
    n->blocks = dt_module_list_new(ctx, &n->base, "blocks");
    block_new(ctx, n->blocks);
    block_new(ctx, n->blocks);
    n->norms = dt_sequential_new(ctx, &n->base, "norms");
    dt_group_norm_new(ctx, n->norms, NULL, 4, 16, 0);
    dt_conv2d_new(ctx, n->norms, NULL, 16, 8,
                  &(dt_conv_opts){.kernel = 3, .pad = -1, .dilation = 2, .bias = 1});
    dt_activation_new(ctx, n->norms, NULL, DT_ACT_LEAKY_RELU);
    dt_activation_new(ctx, n->norms, NULL, DT_ACT_GELU);
    dt_activation_new(ctx, n->norms, NULL, DT_ACT_NONE);
    dt_upsample_new(ctx, n->norms, NULL, 2);
    dt_avg_pool_new(ctx, n->norms, NULL, 2, 0, 0);
    dt_adaptive_avg_pool_new(ctx, n->norms, NULL, 2, 3);
    dt_activation_new(ctx, n->norms, NULL, DT_ACT_HARDSWISH);
    dt_activation_new(ctx, n->norms, NULL, DT_ACT_MISH);
    dt_activation_new(ctx, n->norms, NULL, DT_ACT_SIGMOID);
    n->head = dt_sequential_new(ctx, &n->base, "head");
    dt_flatten_new(ctx, n->head, NULL);
    dt_dropout_new(ctx, n->head, NULL, 0.5);
    dt_linear_new(ctx, n->head, NULL, 48, 5, 1);
    dt_linear_new(ctx, n->head, NULL, 5, 4, 0);
    dt_layer_norm_new(ctx, n->head, NULL, 4, 1e-6);
    return dt_module_finish(ctx, &n->base);
}

static dt_ctx *ctx_new(int threads, uint64_t seed)
{
    dt_ctx *ctx;
    dt_error err = {0};
    CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = threads, .seed = seed}, &ctx, &err), &err);
    return ctx;
}

static char *read_golden(const char *name)
{
    char *text = NULL;
    size_t size;
    dt_error err = {0};
    CHECK_OK(dt_file_read(dt_test_golden(name), 100000, &text, &size, &err), &err);
    return text;
}

static dt_status append_name(void *arg, const char *full_name, dt_module *owner, dt_param *param)
{
    char shape[DT_SHAPE_TEXT];
    (void)owner;
    dt_shape_text(&param->tensor->shape, shape);
    if (param->tensor->shape.rank == 1) sprintf(shape, "(%lld,)", (long long)param->tensor->shape.dim[0]);
    dt_str_printf(arg, "%s %s\n", full_name, shape);
    return DT_OK;
}

static void test_as_pytorch(void)
{
    dt_ctx *ctx = ctx_new(1, 0);
    dt_module *m = net_new(ctx);
    if (!CHECK_OK(dt_ctx_status(ctx), dt_ctx_error(ctx))) return;
    char *want = read_golden("core/module.txt");
    dt_str text = {0};
    dt_module_print(m, &text);
    dt_str_char(&text, '\n');
    CHECK_STR(text.data, want);
    dt_free(want);
    dt_str_clear(&text);
    dt_module_each_param(m, append_name, &text);
    want = read_golden("core/names.txt");
    CHECK_STR(text.data, want);
    dt_free(want);
    dt_str_free(&text);
    CHECK_INT(dt_module_count_params(m, 0), 5849);
    dt_module_destroy(m);
    dt_ctx_destroy(ctx);
}

static void test_find(void)
{
    dt_ctx *ctx = ctx_new(1, 0);
    net *n = (net *)net_new(ctx);
    dt_module *m = &n->base;
    CHECK(dt_module_find(m, "") == m && dt_module_find(m, "stem.0") == n->first_conv);
    CHECK(dt_module_find(m, "stem.9") == NULL && dt_module_find(m, "ste") == NULL &&
          dt_module_find(m, "stem.") == n->stem);
    dt_param *p = dt_module_find_param(m, "blocks.1.bn.running_var");
    CHECK(p && p->is_buffer && p->persistent && !p->tensor->requires_grad && dt_f32(p->tensor)[15] == 1);
    p = dt_module_find_param(m, "blocks.1.bn.num_batches_tracked");
    CHECK(p && p->on_host && p->tensor->dtype == DT_I64 && p->tensor->shape.rank == 0);
    CHECK(dt_module_find_param(m, "weight") == NULL && dt_module_find_param(m, "no.weight") == NULL);
    char path[DT_MODULE_PATH_MAX];
    dt_module_path(dt_module_find(m, "blocks.0.conv"), path, sizeof path);
    CHECK_STR(path, "blocks.0.conv");
    dt_module_destroy(m);
    dt_ctx_destroy(ctx);
}

/* Bounds of the uniform distribution: 1/sqrt(fan_in); the largest of many values is close to it. */
static void test_initial_values(void)
{
    dt_ctx *ctx = ctx_new(1, 1);
    dt_module *l = dt_linear_new(ctx, NULL, "l", 400, 1000, 1);
    dt_module *c = dt_conv2d_new(ctx, NULL, "c", 8, 4, &(dt_conv_opts){.kernel = 5, .groups = 2, .bias = 1});
    struct {
        dt_module *m;
        const char *name;
        double bound;
    } cases[] = {{l, "weight", 0.05}, {l, "bias", 0.05}, {c, "weight", 0.1}};
    for (int i = 0; i < 3; i++) {
        const dt_tensor *t = dt_module_find_param(cases[i].m, cases[i].name)->tensor;
        double largest = 0, sum = 0, squares = 0;
        for (int64_t k = 0; k < dt_numel(t); k++) {
            double v = (double)dt_f32(t)[k];
            largest = fmax(largest, fabs(v));
            sum += v;
            squares += v * v;
        }
        double count = (double)dt_numel(t), b = cases[i].bound;
        CHECK(largest <= b && largest > 0.98 * b);
        CHECK_NEAR(sum / count, 0, 5 * b / sqrt(3 * count));
        CHECK_NEAR(squares / count, b * b / 3, b * b * 2 / sqrt(count));
    }
    dt_tensor *w = dt_module_find_param(l, "weight")->tensor;
    CHECK_OK(dt_init_normal(ctx, l, w, 1, 2), dt_ctx_error(ctx));
    double sum = 0, squares = 0;
    for (int64_t k = 0; k < dt_numel(w); k++) {
        sum += (double)dt_f32(w)[k];
        squares += ((double)dt_f32(w)[k] - 1) * ((double)dt_f32(w)[k] - 1);
    }
    CHECK_NEAR(sum / 400000, 1, 0.02);
    CHECK_NEAR(squares / 400000, 4, 0.05);
    CHECK_INT(dt_init_normal(ctx, l, dt_zeros(ctx, DT_F32, DT_SHAPE(1)), 0, 1), DT_ERR_ARG);
    dt_module_destroy(l);
    dt_module_destroy(c);
    dt_ctx_destroy(ctx);
}

/* The values are a function of seed and name: not of threads, nor of what was built before. */
static void test_initial_values_repeat(void)
{
    dt_ctx *a = ctx_new(1, 5), *b = ctx_new(3, 5), *c = ctx_new(1, 6);
    dt_module *x = dt_linear_new(a, NULL, NULL, 300, 200, 1);
    dt_module_destroy(dt_linear_new(b, NULL, "other", 10, 10, 1));
    dt_module *y = dt_linear_new(b, NULL, NULL, 300, 200, 1), *z = dt_linear_new(c, NULL, NULL, 300, 200, 1);
    const void *vx = dt_data(dt_module_find_param(x, "weight")->tensor);
    CHECK(memcmp(vx, dt_data(dt_module_find_param(y, "weight")->tensor), 240000) == 0);
    CHECK(memcmp(vx, dt_data(dt_module_find_param(z, "weight")->tensor), 240000) != 0);
    CHECK(memcmp(vx, dt_data(dt_module_find_param(x, "bias")->tensor), 800) != 0);
    dt_module_destroy(x);
    dt_module_destroy(y);
    dt_module_destroy(z);
    dt_ctx_destroy(a);
    dt_ctx_destroy(b);
    dt_ctx_destroy(c);
}

static void test_freeze(void)
{
    dt_ctx *ctx = ctx_new(1, 0);
    dt_module *m = net_new(ctx);
    int64_t all = dt_module_count_params(m, 1);
    CHECK_INT(all, 5849);
    CHECK_INT(dt_module_freeze(m, "stem.*", 1), 4);
    CHECK_INT(all - dt_module_count_params(m, 1), 3 * 16 * 49 + 16 + 32);
    CHECK_INT(dt_module_find(m, "stem.1")->frozen_stats, 1);
    CHECK_INT(dt_module_find(m, "blocks.0.bn")->frozen_stats, 0);
    CHECK(dt_module_find_param(m, "stem.0.weight")->tensor->requires_grad == 0);
    /* a norm layer with one frozen parameter still learns: its statistics go on */
    CHECK_INT(dt_module_freeze(m, "blocks.0.bn.bias", 1), 1);
    CHECK_INT(dt_module_find(m, "blocks.0.bn")->frozen_stats, 0);
    CHECK_INT(dt_module_freeze(m, "*.bn.weight", 1), 2);
    CHECK_INT(dt_module_find(m, "blocks.0.bn")->frozen_stats, 1);
    CHECK_INT(dt_module_find(m, "blocks.1.bn")->frozen_stats, 0);
    CHECK_INT(dt_module_freeze(m, "nothing*", 1), 0);
    CHECK_INT(dt_module_freeze(m, "*", 0), 20);
    CHECK_INT(dt_module_find(m, "stem.1")->frozen_stats, 0);
    CHECK_INT(dt_module_count_params(m, 1), all);
    dt_module_train(m, 0);
    CHECK(dt_module_find(m, "blocks.1.act")->training == 0);
    dt_module_destroy(m);
    dt_ctx_destroy(ctx);
}

static void test_surgery(void)
{
    dt_ctx *ctx = ctx_new(1, 0);
    net *n = (net *)net_new(ctx);
    dt_module *m = &n->base;
    /* the struct's pointer follows the replacement, under the old name */
    dt_module *flatten = dt_flatten_new(ctx, NULL, "other");
    CHECK_OK(dt_module_replace(ctx, m, "stem", flatten), dt_ctx_error(ctx));
    CHECK(n->stem == flatten && dt_module_find(m, "stem") == flatten && m->children[0] == flatten);
    CHECK(n->first_conv == NULL); /* it was below */
    CHECK_INT(m->child_count, 4);
    CHECK_OK(dt_module_remove(ctx, m, "norms"), dt_ctx_error(ctx));
    CHECK(n->norms == NULL && m->child_count == 3 && n->head == m->children[2]);
    CHECK(dt_forward(ctx, n->norms, dt_zeros(ctx, DT_F32, DT_SHAPE(1))) == NULL);
    CHECK(strstr(dt_ctx_error(ctx)->text, "removed"));
    dt_ctx_clear_error(ctx);
    /* children named by position are numbered anew */
    CHECK_OK(dt_module_remove(ctx, n->head, "1"), dt_ctx_error(ctx));
    CHECK_INT(n->head->child_count, 4);
    CHECK_STR(n->head->children[1]->name, "1");
    CHECK_STR(n->head->children[1]->cls->name, "Linear");
    CHECK_OK(dt_module_append(ctx, n->head, NULL, dt_linear_new(ctx, NULL, NULL, 4, 2, 1)),
             dt_ctx_error(ctx));
    CHECK(dt_module_find_param(m, "head.4.bias") != NULL);
    CHECK_OK(dt_module_slice(ctx, n->head, 1, 3), dt_ctx_error(ctx));
    CHECK_INT(n->head->child_count, 2);
    CHECK(dt_module_find_param(m, "head.0.weight") &&
          dt_numel(dt_module_find_param(m, "head.1.weight")->tensor) == 20);
    block *b = (block *)dt_module_find(m, "blocks.1");
    CHECK_OK(dt_module_remove(ctx, n->blocks, "0"), dt_ctx_error(ctx));
    CHECK(dt_module_find(m, "blocks.0") == &b->base && b->conv != NULL);
    dt_module_destroy(m);
    dt_ctx_destroy(ctx);
}

static void expect_error(dt_ctx *ctx, dt_status st, dt_status want, const char *part)
{
    CHECK_INT(st, want);
    CHECK_MSG(strstr(dt_ctx_error(ctx)->text, part), "\"%s\" lacks \"%s\"", dt_ctx_error(ctx)->text, part);
    dt_ctx_clear_error(ctx);
}

static void test_refuses(void)
{
    dt_ctx *ctx = ctx_new(1, 0);
    dt_module *m = net_new(ctx), *head = dt_module_find(m, "head");
    CHECK(!dt_linear_new(ctx, head, "0", 1, 1, 1));
    expect_error(ctx, dt_ctx_status(ctx), DT_ERR_ARG, "head: Sequential: there is a child \"0\" already");
    CHECK(!dt_linear_new(ctx, head, "a.b", 1, 1, 1));
    expect_error(ctx, dt_ctx_status(ctx), DT_ERR_ARG, "\"a.b\"");
    CHECK(!dt_conv2d_new(ctx, head, "x", 3, 4, &(dt_conv_opts){.kernel = 3, .groups = 2}));
    expect_error(ctx, dt_ctx_status(ctx), DT_ERR_ARG, "head.x: Conv2d: 3 channels in, 4 out, 2 groups");
    CHECK(dt_module_find(m, "head.x") == NULL); /* a layer that failed leaves the tree */
    CHECK(!dt_dropout_new(ctx, head, "x", 1.5) && dt_ctx_status(ctx) == DT_ERR_ARG);
    /* after an error everything is silent, also with the missing parent */
    CHECK(!dt_linear_new(ctx, NULL, "y", 1, 1, 1));
    expect_error(ctx, dt_ctx_status(ctx), DT_ERR_ARG, "1.5");
    expect_error(ctx, dt_module_remove(ctx, m, "tail"), DT_ERR_NOT_FOUND, "no child \"tail\"");
    expect_error(ctx, dt_module_slice(ctx, head, 3, 2), DT_ERR_ARG, "3 to 2");
    expect_error(ctx, dt_module_replace(ctx, m, "tail", dt_flatten_new(ctx, NULL, NULL)), DT_ERR_NOT_FOUND,
                 "tail");
    expect_error(ctx, dt_module_append(ctx, head, "z", m), DT_ERR_ARG, "contain itself");
    expect_error(ctx, dt_module_append(ctx, m, "z", head), DT_ERR_ARG, "has a parent");
    dt_module *deep = dt_sequential_new(ctx, NULL, NULL), *at = deep;
    for (int i = 1; i < DT_MODULE_DEPTH_MAX; i++)
        at = dt_sequential_new(ctx, at, NULL);
    CHECK_OK(dt_ctx_status(ctx), dt_ctx_error(ctx));
    CHECK(!dt_sequential_new(ctx, at, NULL));
    expect_error(ctx, dt_ctx_status(ctx), DT_ERR_ARG, "levels deep");
    expect_error(ctx, dt_module_append(ctx, m, "deep", deep), DT_ERR_ARG, "too deeply");
    char name[DT_MODULE_PATH_MAX + 1];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    CHECK(!dt_flatten_new(ctx, m, name));
    expect_error(ctx, dt_ctx_status(ctx), DT_ERR_ARG, "bytes");
    CHECK(!dt_forward(ctx, dt_module_find(m, "blocks"), dt_zeros(ctx, DT_F32, DT_SHAPE(1))));
    expect_error(ctx, dt_ctx_status(ctx), DT_ERR_UNSUPPORTED, "blocks: ModuleList has no forward");
    dt_module_destroy(m);
    dt_ctx_destroy(ctx);
}

/* Parts of a result die with the call; an error names the whole path. */
static void test_forward(void)
{
    dt_ctx *ctx = ctx_new(1, 0);
    dt_module *s = dt_sequential_new(ctx, NULL, NULL), *inner = dt_sequential_new(ctx, s, "inner");
    dt_flatten_new(ctx, inner, "flat");
    dt_activation_new(ctx, inner, "act", DT_ACT_RELU);
    float values[] = {-1, 2, -3, 4, 5, -6};
    dt_tensor *x = dt_from(ctx, DT_F32, DT_SHAPE(1, 2, 3), values);
    dt_tensor *y = dt_forward(ctx, s, x);
    if (CHECK_OK(dt_ctx_status(ctx), dt_ctx_error(ctx))) {
        CHECK(y->shape.rank == 2 && dt_dim(y, 1) == 6 && dt_f32(y)[0] == 0 && dt_f32(y)[1] == 2 &&
              dt_f32(y)[5] == 0);
        CHECK_INT(y->refs, 1);
    }
    CHECK(!dt_forward(ctx, s, dt_zeros(ctx, DT_I32, DT_SHAPE(2, 2))));
    CHECK(strncmp(dt_ctx_error(ctx)->text, "inner.act: ", 11) == 0);
    dt_ctx_clear_error(ctx);
    dt_ctx_fail(ctx, DT_ERR_ARG, "x"); /* the path is empty again */
    CHECK_STR(dt_ctx_error(ctx)->text, "x");
    dt_module_destroy(s);
    dt_ctx_destroy(ctx);
}

static void test_moves(void)
{
    dt_ctx *ctx = ctx_new(1, 0);
    dt_module *m = net_new(ctx);
    const dt_tensor *w = dt_module_find_param(m, "stem.0.weight")->tensor;
    const void *before = dt_data(w);
    CHECK_OK(dt_module_to(ctx, m, dt_cpu(ctx)), dt_ctx_error(ctx));
    CHECK(dt_data(w) == before); /* it is there already */
    dt_module_destroy(m);
    dt_ctx_destroy(ctx);
}

static void test_out_of_memory(void)
{
    size_t live = dt_mem_live();
    int fired = 1, count = 0;
    for (uint64_t k = 1; fired; k++, count++) {
        dt_ctx *ctx = ctx_new(1, 0);
        dt_mem_fail_at(k);
        dt_module *m = net_new(ctx);
        fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK_INT(dt_ctx_status(ctx), fired ? DT_ERR_MEMORY : DT_OK);
        CHECK(fired == (m == NULL));
        dt_module_destroy(m);
        dt_ctx_destroy(ctx);
        CHECK_INT(dt_mem_live(), live);
    }
    CHECK(count > 100);
    fired = 1;
    for (uint64_t k = 1; fired; k++) {
        dt_ctx *ctx = ctx_new(1, 0);
        dt_module *m = net_new(ctx);
        dt_mem_fail_at(k);
        dt_module_append(ctx, m, "more", dt_linear_new(ctx, NULL, NULL, 2, 2, 1));
        dt_module_replace(ctx, m, "stem", dt_flatten_new(ctx, NULL, NULL));
        fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK_INT(dt_ctx_status(ctx), fired ? DT_ERR_MEMORY : DT_OK);
        dt_module_destroy(m);
        dt_ctx_destroy(ctx);
        CHECK_INT(dt_mem_live(), live);
    }
}

int main(void)
{
    RUN(test_as_pytorch);
    RUN(test_find);
    RUN(test_initial_values);
    RUN(test_initial_values_repeat);
    RUN(test_freeze);
    RUN(test_surgery);
    RUN(test_refuses);
    RUN(test_forward);
    RUN(test_moves);
    RUN(test_out_of_memory);
    return dt_test_end();
}
