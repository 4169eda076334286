/* Against PyTorch: the cases are those of tests/golden/make_optim.py. */
#include "test.h"

#include <unistd.h>

#include "core/autograd.h"
#include "core/mem.h"
#include "core/optim.h"
#include "core/tensor.h"

enum { STEPS = 10, PARAMS = 3 };

static const char *const param_names[PARAMS] = {"w0", "w1", "w2"};

typedef struct net {
    dt_ctx *ctx;
    dt_st_file golden;
    dt_tensor *w[PARAMS];
    dt_optim *optim;
} net;

typedef void (*edit)(dt_group_opts *common, dt_group_opts *second);

#define EDIT(name, body)                                                                                     \
    static void name(dt_group_opts *a, dt_group_opts *b)                                                     \
    {                                                                                                        \
        body;                                                                                                \
    }
/* a: all groups; b: what is different in the second one */
EDIT(sgd, (a->lr = 0.1, *b = *a, b->lr = 0.05))
EDIT(sgd_momentum, (a->lr = 0.1, a->momentum = 0.9, a->weight_decay = 5e-4, *b = *a, b->weight_decay = 0))
EDIT(sgd_dampening,
     (a->lr = 0.1, a->momentum = 0.9, a->dampening = 0.9, a->weight_decay = 1e-2, *b = *a, b->lr = 0.2))
EDIT(sgd_nesterov,
     (a->lr = 0.01, a->momentum = 0.937, a->nesterov = 1, a->weight_decay = 5e-4, *b = *a, b->lr = 0.1))
EDIT(adam, (a->lr = 1e-2, a->weight_decay = 1e-1, *b = *a, b->beta1 = 0.8, b->beta2 = 0.95, b->eps = 1e-6))
EDIT(adamw, (a->lr = 1e-2, *b = *a, b->weight_decay = 0.2, b->beta1 = 0.5, b->beta2 = 0.9))
EDIT(rmsprop, (a->lr = 1e-2, a->alpha = 0.9, a->weight_decay = 1e-2, *b = *a, b->eps = 1e-4))
EDIT(rmsprop_momentum, (a->lr = 1e-2, a->momentum = 0.9, *b = *a, b->momentum = 0.5, b->alpha = 0.8))
EDIT(adagrad, (a->lr = 0.1, a->lr_decay = 0.1, a->weight_decay = 1e-2, *b = *a, b->eps = 1e-3))

static const struct {
    const char *name;
    dt_optim_kind kind;
    edit options;
} cases[] = {
    {"sgd", DT_SGD, sgd},
    {"sgd_momentum", DT_SGD, sgd_momentum},
    {"sgd_dampening", DT_SGD, sgd_dampening},
    {"sgd_nesterov", DT_SGD, sgd_nesterov},
    {"adam", DT_ADAM, adam},
    {"adamw", DT_ADAMW, adamw},
    {"rmsprop", DT_RMSPROP, rmsprop},
    {"rmsprop_momentum", DT_RMSPROP, rmsprop_momentum},
    {"adagrad", DT_ADAGRAD, adagrad},
};
enum { CASES = sizeof cases / sizeof *cases };

static const dt_st_entry *golden(const net *n, const char *group, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "%s.%s", group, name);
    const dt_st_entry *e = dt_st_find(&n->golden, key);
    if (!e) {
        fprintf(stderr, "no golden value %s\n", key);
        exit(1);
    }
    return e;
}

static net net_open(int which)
{
    net n = {0};
    dt_error err = {0};
    CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = 2}, &n.ctx, &err), &err);
    CHECK_OK(dt_st_read(dt_test_golden("core/optim.safetensors"), &n.golden, &err), &err);
    for (int i = 0; i < PARAMS; i++) {
        const dt_st_entry *e = golden(&n, "init", param_names[i]);
        n.w[i] = dt_from(n.ctx, DT_F32, e->shape, e->data);
        dt_require_grad(n.ctx, n.w[i], 1);
    }
    dt_group_opts a = dt_group_defaults(cases[which].kind), b = a;
    cases[which].options(&a, &b);
    n.optim = dt_optim_create(n.ctx, cases[which].kind);
    CHECK_INT(dt_optim_add_group(n.ctx, n.optim, "first", &a), 0);
    CHECK_INT(dt_optim_add_group(n.ctx, n.optim, "second", &b), 1);
    for (int i = 0; i < PARAMS; i++)
        CHECK_OK(dt_optim_add_param(n.ctx, n.optim, i > 0, param_names[i], n.w[i]), dt_ctx_error(n.ctx));
    return n;
}

static void net_close(net *n)
{
    dt_optim_destroy(n->optim);
    dt_st_free(&n->golden);
    dt_ctx_destroy(n->ctx);
}

static void set_grad(net *n, int i, const float *values)
{
    dt_zero_grad(n->w[i]);
    n->w[i]->grad = dt_tensor_retain(dt_from(n->ctx, DT_F32, n->w[i]->shape, values));
}

static void one_step(net *n, int step)
{
    dt_scope scope = dt_scope_open(n->ctx);
    for (int i = 0; i < PARAMS; i++) {
        const dt_st_entry *g = golden(n, "grad", param_names[i]);
        dt_zero_grad(n->w[i]);
        if (i == 2 && (step == 0 || step == 4 || step == 5)) continue;
        set_grad(n, i, (const float *)g->data + step * dt_numel(n->w[i]));
    }
    dt_scope_close(n->ctx, scope);
    CHECK_OK(dt_optim_step(n->ctx, n->optim), dt_ctx_error(n->ctx));
}

static void check_values(const net *n, const char *name, int step)
{
    for (int i = 0; i < PARAMS; i++) {
        int64_t count = dt_numel(n->w[i]);
        const float *want = (const float *)golden(n, name, param_names[i])->data + step * count;
        for (int64_t k = 0; k < count; k++)
            if (!CHECK_MSG(fabs((double)dt_f32(n->w[i])[k] - (double)want[k]) <=
                               1e-6 * fmax(fabs((double)want[k]), 0.1),
                           "%s step %d: %s[%lld] = %.9g, expected %.9g", name, step, param_names[i],
                           (long long)k, (double)dt_f32(n->w[i])[k], (double)want[k]))
                return;
    }
}

static void test_equals_pytorch(void)
{
    for (int c = 0; c < CASES; c++) {
        net n = net_open(c);
        for (int step = 0; step < STEPS; step++) {
            one_step(&n, step);
            check_values(&n, cases[c].name, step);
        }
        net_close(&n);
    }
}

static char *save(net *n)
{
    static char path[128];
    snprintf(path, sizeof path, "/tmp/dettool-test-%ld-optim.safetensors", (long)getpid());
    dt_st_writer w = {0};
    dt_error err = {0};
    CHECK_OK(dt_optim_save(n->ctx, n->optim, &w), dt_ctx_error(n->ctx));
    CHECK_OK(dt_st_save(&w, path, &err), &err);
    dt_st_writer_free(&w);
    return path;
}

/* Saving after step 3 and going on elsewhere gives the same bytes as going on here. */
static void test_resumes_exactly(void)
{
    for (int c = 0; c < CASES; c++) {
        for (int at = 1; at <= 3; at += 2) { /* after one step w2 has no state yet */
            net a = net_open(c), b = net_open(c);
            dt_st_file f;
            dt_error err = {0};
            for (int step = 0; step < at; step++)
                one_step(&a, step);
            char *path = save(&a);
            CHECK_OK(dt_st_read(path, &f, &err), &err);
            CHECK_OK(dt_optim_load(b.ctx, b.optim, &f), dt_ctx_error(b.ctx));
            dt_st_free(&f);
            for (int i = 0; i < PARAMS; i++)
                dt_copy_into(b.ctx, b.w[i], a.w[i]);
            for (int step = at; step < STEPS; step++) {
                one_step(&a, step);
                one_step(&b, step);
            }
            for (int i = 0; i < PARAMS; i++)
                CHECK(memcmp(dt_data(a.w[i]), dt_data(b.w[i]), (size_t)dt_numel(a.w[i]) * 4) == 0);
            unlink(path);
            net_close(&a);
            net_close(&b);
        }
    }
}

static void test_load_refuses(void)
{
    net a = net_open(4), b = net_open(0); /* adam, sgd */
    dt_st_file f;
    dt_error err = {0};
    one_step(&a, 1);
    char *path = save(&a);
    CHECK_OK(dt_st_read(path, &f, &err), &err);
    CHECK_INT(dt_optim_load(b.ctx, b.optim, &f), DT_ERR_STATE);
    CHECK(strstr(dt_ctx_error(b.ctx)->text, "Adam") && strstr(dt_ctx_error(b.ctx)->text, "SGD"));
    dt_ctx_clear_error(b.ctx);
    net_close(&b);
    /* one parameter more than the file has: nothing changes */
    b = net_open(4);
    dt_tensor *extra = dt_zeros(b.ctx, DT_F32, DT_SHAPE(3));
    dt_optim_add_param(b.ctx, b.optim, 0, "extra", extra);
    CHECK_INT(dt_optim_load(b.ctx, b.optim, &f), DT_ERR_NOT_FOUND);
    CHECK(strstr(dt_ctx_error(b.ctx)->text, "\"extra\""));
    dt_ctx_clear_error(b.ctx);
    for (int step = 0; step < STEPS; step++)
        one_step(&b, step);
    check_values(&b, "adam", STEPS - 1);
    dt_st_free(&f);
    unlink(path);
    net_close(&a);
    net_close(&b);
}

static void test_frozen_stays(void)
{
    for (int c = 0; c < CASES; c++) {
        net n = net_open(c);
        float before[15];
        one_step(&n, 0);
        memcpy(before, dt_data(n.w[0]), sizeof before);
        dt_require_grad(n.ctx, n.w[0], 0); /* its gradient of the last step is still there */
        for (int step = 1; step < 4; step++)
            one_step(&n, step);
        CHECK(memcmp(before, dt_data(n.w[0]), sizeof before) == 0);
        net_close(&n);
    }
}

/* Large enough for several chunks, with a last one that is not full. */
static void test_threads_do_not_matter(void)
{
    enum { N = 3 * 16384 + 1001 };
    float *first = NULL;
    double first_norm = 0;
    for (int c = 0; c < CASES; c++) {
        for (int threads = 1; threads <= 3; threads++) {
            dt_ctx *ctx;
            dt_error err = {0};
            CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = threads}, &ctx, &err), &err);
            dt_tensor *w = dt_empty(ctx, DT_F32, DT_SHAPE(N)), *g = dt_empty(ctx, DT_F32, DT_SHAPE(N));
            for (int i = 0; i < N; i++) {
                dt_f32(w)[i] = sinf((float)i);
                dt_f32(g)[i] = cosf((float)i * 0.37f);
            }
            dt_require_grad(ctx, w, 1);
            w->grad = dt_tensor_retain(g);
            dt_group_opts a = dt_group_defaults(cases[c].kind), b = a;
            cases[c].options(&a, &b);
            dt_optim *o = dt_optim_create(ctx, cases[c].kind);
            dt_optim_add_group(ctx, o, "all", &a);
            dt_optim_add_param(ctx, o, 0, "w", w);
            double norm;
            CHECK_OK(dt_optim_clip_norm(ctx, o, 10, &norm), dt_ctx_error(ctx));
            for (int step = 0; step < 2; step++)
                CHECK_OK(dt_optim_step(ctx, o), dt_ctx_error(ctx));
            if (threads == 1) {
                first = malloc(N * sizeof *first);
                memcpy(first, dt_f32(w), N * sizeof *first);
                first_norm = norm;
            }
            CHECK(norm == first_norm && memcmp(first, dt_f32(w), N * sizeof *first) == 0);
            dt_optim_destroy(o);
            dt_ctx_destroy(ctx);
        }
        free(first);
    }
}

static void test_clip_norm(void)
{
    net n = net_open(0);
    double norm;
    for (int i = 0; i < PARAMS; i++)
        set_grad(&n, i, golden(&n, "grad", param_names[i])->data);
    CHECK_OK(dt_optim_clip_norm(n.ctx, n.optim, 1e6, &norm), dt_ctx_error(n.ctx));
    CHECK(memcmp(dt_data(n.w[0]->grad), golden(&n, "grad", "w0")->data, 60) == 0);
    CHECK_OK(dt_optim_clip_norm(n.ctx, n.optim, 0.5, &norm), dt_ctx_error(n.ctx));
    CHECK_NEAR(norm, *(const float *)golden(&n, "clip", "norm")->data, 1e-5);
    for (int i = 0; i < PARAMS; i++)
        for (int64_t k = 0; k < dt_numel(n.w[i]); k++)
            CHECK_NEAR(dt_f32(n.w[i]->grad)[k], ((const float *)golden(&n, "clip", param_names[i])->data)[k],
                       1e-7);
    dt_f32(n.w[1]->grad)[3] = NAN;
    dt_f32(n.w[2]->grad)[0] = INFINITY;
    float before = dt_f32(n.w[0]->grad)[0];
    CHECK_INT(dt_optim_clip_norm(n.ctx, n.optim, 0.5, &norm), DT_ERR_STATE);
    CHECK(strstr(dt_ctx_error(n.ctx)->text, "\"w1\"") && !isfinite(norm));
    CHECK(dt_f32(n.w[0]->grad)[0] == before);
    dt_ctx_clear_error(n.ctx);
    dt_optim_zero_grad(n.optim);
    CHECK(!n.w[0]->grad && !n.w[1]->grad);
    CHECK_OK(dt_optim_clip_norm(n.ctx, n.optim, 0.5, &norm), dt_ctx_error(n.ctx));
    CHECK(norm == 0);
    net_close(&n);
}

static void test_refuses_options(void)
{
    net n = net_open(0);
    struct {
        dt_group_opts o;
        const char *part;
    } bad[] = {
        {{.lr = -1}, "lr"},
        {{.lr = NAN}, "lr"},
        {{.lr = 1, .weight_decay = -1}, "weight_decay"},
        {{.lr = 1, .momentum = -1}, "momentum"},
        {{.lr = 1, .nesterov = 1}, "nesterov"},
        {{.lr = 1, .nesterov = 1, .momentum = 0.9, .dampening = 0.1}, "nesterov"},
        {{.lr = 1, .beta1 = 1}, "betas"},
        {{.lr = 1, .eps = -1}, "eps"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_INT(dt_optim_add_group(n.ctx, n.optim, "bad", &bad[i].o), -1);
        CHECK(strstr(dt_ctx_error(n.ctx)->text, bad[i].part));
        dt_ctx_clear_error(n.ctx);
    }
    CHECK_INT(dt_optim_add_param(n.ctx, n.optim, 0, "w0", n.w[1]), DT_ERR_ARG);
    dt_ctx_clear_error(n.ctx);
    CHECK_INT(dt_optim_add_param(n.ctx, n.optim, 7, "w9", dt_zeros(n.ctx, DT_F32, DT_SHAPE(1))), DT_ERR_ARG);
    dt_ctx_clear_error(n.ctx);
    dt_tensor *d = dt_zeros(n.ctx, DT_F64, DT_SHAPE(1));
    dt_require_grad(n.ctx, d, 1);
    d->grad = dt_tensor_retain(dt_zeros(n.ctx, DT_F64, DT_SHAPE(1)));
    CHECK_OK(dt_optim_add_param(n.ctx, n.optim, 0, "double", d), dt_ctx_error(n.ctx));
    CHECK_INT(dt_optim_step(n.ctx, n.optim), DT_ERR_UNSUPPORTED);
    CHECK(strstr(dt_ctx_error(n.ctx)->text, "\"double\" is float64"));
    net_close(&n);
}

/* Every allocation of the first step fails in turn: nothing moves, and the next try counts as the first step. */
static void test_out_of_memory(void)
{
    for (int c = 0; c < CASES; c++) {
        net n = net_open(c);
        float before[15];
        memcpy(before, dt_data(n.w[0]), sizeof before);
        for (int i = 0; i < PARAMS; i++)
            if (i != 2) set_grad(&n, i, golden(&n, "grad", param_names[i])->data);
        int fired = 1;
        for (uint64_t k = 1; fired; k++) {
            dt_mem_fail_at(k);
            dt_status st = dt_optim_step(n.ctx, n.optim);
            fired = dt_mem_fail_fired();
            dt_mem_fail_at(0);
            CHECK_INT(st, fired ? DT_ERR_MEMORY : DT_OK);
            dt_ctx_clear_error(n.ctx);
            if (fired) CHECK(memcmp(before, dt_data(n.w[0]), sizeof before) == 0);
        }
        check_values(&n, cases[c].name, 0);
        net_close(&n);
    }
}

int main(void)
{
    RUN(test_equals_pytorch);
    RUN(test_resumes_exactly);
    RUN(test_load_refuses);
    RUN(test_frozen_stays);
    RUN(test_threads_do_not_matter);
    RUN(test_clip_norm);
    RUN(test_refuses_options);
    size_t live = dt_mem_live();
    RUN(test_out_of_memory);
    CHECK_INT(dt_mem_live(), live);
    return dt_test_end();
}
