/* Results and gradients of the ops against PyTorch's (tests/golden/make_ops.py). */
#include "golden_file.h"

#include "core/ops.h"

enum { MAX_IN = 3 };

typedef struct golden_case {
    const char *name;
    dt_tensor *(*apply)(dt_ctx *ctx, dt_tensor *const *in);
    dt_shape in[MAX_IN];
    dt_dtype dtype[MAX_IN]; /* DT_F32: the float type of the run */
    int n_in;
} golden_case;

static dt_ctx *ctx;

static double *values_of(const char *op, const char *what, int k, int64_t *n)
{
    char key[64];
    snprintf(key, sizeof key, k < 0 ? "%s.%s" : "%s.%s%d", op, what, k);
    return golden_read("ops.txt", key, n);
}

static dt_tensor *tensor_of(const golden_case *c, int k, dt_dtype type)
{
    int64_t n = 0;
    double *values = values_of(c->name, "in", k, &n);
    dt_tensor *t = dt_empty(ctx, c->dtype[k] == DT_F32 ? type : c->dtype[k], c->in[k]);
    if (!values || !CHECK(t != NULL) || !CHECK_INT(dt_numel(t), n)) {
        free(values);
        return NULL;
    }
    for (int64_t i = 0; i < n; i++)
        dt_set(t, i, values[i]);
    free(values);
    return t;
}

static void check_close(const char *op, const char *what, int k, const dt_tensor *t, double tol)
{
    int64_t n = 0;
    double *want = values_of(op, what, k, &n);
    if (!want || !CHECK_MSG(t && dt_numel(t) == n, "%s.%s: not there or of another size", op, what)) {
        free(want);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        double have = dt_get(t, dt_strided_index(&t->shape, t->stride, i)), size = fabs(want[i]);
        CHECK_MSG(fabs(have - want[i]) <= tol * (size > 0.1 ? size : 0.1),
                  "%s.%s%d[%lld] = %.9g, PyTorch has %.9g", op, what, k, (long long)i, have, want[i]);
    }
    free(want);
}

static void run_case(const golden_case *c, dt_dtype type)
{
    dt_tensor *in[MAX_IN] = {0};
    dt_scope scope = dt_scope_open(ctx);
    for (int k = 0; k < c->n_in; k++) {
        in[k] = tensor_of(c, k, type);
        if (in[k] && dt_dtype_is_float(in[k]->dtype)) dt_require_grad(ctx, in[k], 1);
    }
    dt_tensor *y = c->apply(ctx, in);
    CHECK_MSG(y != NULL, "%s: %s", c->name, dt_ctx_error(ctx)->text);
    check_close(c->name, "out", -1, y, 1e-5);
    if (y && dt_needs_grad(ctx, y)) {
        dt_tensor *w = dt_empty(ctx, y->dtype, y->shape);
        for (int64_t i = 0; w && i < dt_numel(w); i++)
            dt_set(w, i, 0.25 * (double)(i + 1));
        CHECK_MSG(dt_backward(ctx, y, w) == DT_OK, "%s: %s", c->name, dt_ctx_error(ctx)->text);
        for (int k = 0; k < c->n_in; k++)
            if (in[k] && in[k]->requires_grad)
                check_close(c->name, "grad", k, in[k]->grad, type == DT_F64 ? 1e-10 : 2e-5);
    }
    dt_tape_clear(ctx);
    dt_ctx_clear_error(ctx);
    dt_scope_close(ctx, scope);
}

#define EXPR(op, expr)                                                                                       \
    static dt_tensor *apply_##op(dt_ctx *c, dt_tensor *const *in)                                            \
    {                                                                                                        \
        return expr;                                                                                         \
    }
#define UNARY_LIST(X)                                                                                        \
    X(neg, dt_neg(c, in[0]))                                                                                 \
    X(abs, dt_abs(c, in[0]))                                                                                 \
    X(exp, dt_exp(c, in[0]))                                                                                 \
    X(log, dt_log(c, in[0]))                                                                                 \
    X(sqrt, dt_sqrt(c, in[0]))                                                                               \
    X(square, dt_square(c, in[0]))                                                                           \
    X(sin, dt_sin(c, in[0]))                                                                                 \
    X(cos, dt_cos(c, in[0]))                                                                                 \
    X(atan, dt_atan(c, in[0]))                                                                               \
    X(sigmoid, dt_sigmoid(c, in[0]))                                                                         \
    X(tanh, dt_tanh(c, in[0]))                                                                               \
    X(relu, dt_relu(c, in[0]))                                                                               \
    X(silu, dt_silu(c, in[0]))                                                                               \
    X(gelu, dt_gelu(c, in[0]))                                                                               \
    X(hardswish, dt_hardswish(c, in[0]))                                                                     \
    X(mish, dt_mish(c, in[0]))                                                                               \
    X(softplus, dt_softplus(c, in[0]))                                                                       \
    X(leaky_relu, dt_leaky_relu(c, in[0], 0.1))                                                              \
    X(clamp, dt_clamp(c, in[0], -0.5, 1.0))                                                                  \
    X(affine, dt_affine(c, in[0], -1.5, 0.25))                                                               \
    X(pow, dt_pow(c, in[0], 1.7))
/* One operand (2, 3, 4). */
#define CUBE_LIST(X)                                                                                         \
    X(sum, dt_sum(c, in[0], 1 | 4, 0))                                                                       \
    X(mean, dt_mean(c, in[0], 2 | 4, 1))                                                                     \
    X(max, dt_max(c, in[0], 2, 0, NULL))                                                                     \
    X(max_index, (dt_max(c, in[0], 2, 0, &index_out), index_out))                                            \
    X(min, dt_min(c, in[0], 1, 0, NULL))                                                                     \
    X(min_index, (dt_min(c, in[0], 1, 0, &index_out), index_out))                                            \
    X(softmax, dt_softmax(c, in[0], 1))                                                                      \
    X(log_softmax, dt_log_softmax(c, in[0], -1))                                                             \
    X(slice, dt_slice(c, in[0], 2, 1, 4, 2))                                                                 \
    X(permute, dt_permute(c, in[0], (const int[]){2, 0, 1}))                                                 \
    X(pad_constant, dt_pad2d(c, in[0], 1, 2, 0, 3, DT_PAD_CONSTANT, 0.5))                                    \
    X(pad_edge, dt_pad2d(c, in[0], 1, 2, 0, 3, DT_PAD_EDGE, 0))                                              \
    X(pad_reflect, dt_pad2d(c, in[0], 1, 2, 0, 2, DT_PAD_REFLECT, 0))

static dt_tensor *index_out;
UNARY_LIST(EXPR)
CUBE_LIST(EXPR)
EXPR(add, dt_add(c, in[0], in[1]))
EXPR(sub, dt_sub(c, in[0], in[1]))
EXPR(mul, dt_mul(c, in[0], in[1]))
EXPR(div, dt_div(c, in[0], in[1]))
EXPR(maximum, dt_maximum(c, in[0], in[1]))
EXPR(minimum, dt_minimum(c, in[0], in[1]))
EXPR(where, dt_where(c, in[0], in[1], in[2]))
EXPR(compare, dt_compare(c, in[0], in[1], DT_GE))
EXPR(concat, dt_concat(c, in, 2, 1))
EXPR(expand, dt_expand(c, in[0], DT_SHAPE(2, 3, 4)))
EXPR(index_select, dt_index_select(c, in[0], 1, in[1]))
EXPR(gather, dt_gather(c, in[0], 2, in[1]))
EXPR(scatter_add, dt_scatter_add(c, DT_SHAPE(2, 3, 5), 2, in[0], in[1]))

#define LINE(op, expr) {#op, apply_##op, {{1, {24}}}, {DT_F32}, 1},
#define CUBE(op, expr) {#op, apply_##op, {{3, {2, 3, 4}}}, {DT_F32}, 1},
#define A                                                                                                    \
    {                                                                                                        \
        3,                                                                                                   \
        {                                                                                                    \
            2, 3, 4                                                                                          \
        }                                                                                                    \
    }
#define B                                                                                                    \
    {                                                                                                        \
        2,                                                                                                   \
        {                                                                                                    \
            3, 1                                                                                             \
        }                                                                                                    \
    }

static const golden_case cases[] = {
    UNARY_LIST(LINE) CUBE_LIST(CUBE){"add", apply_add, {A, B}, {DT_F32, DT_F32}, 2},
    {"sub", apply_sub, {A, B}, {DT_F32, DT_F32}, 2},
    {"mul", apply_mul, {A, B}, {DT_F32, DT_F32}, 2},
    {"div", apply_div, {A, B}, {DT_F32, DT_F32}, 2},
    {"maximum", apply_maximum, {A, {2, {3, 4}}}, {DT_F32, DT_F32}, 2},
    {"minimum", apply_minimum, {A, {2, {3, 4}}}, {DT_F32, DT_F32}, 2},
    {"where", apply_where, {{2, {3, 4}}, A, B}, {DT_BOOL, DT_F32, DT_F32}, 3},
    {"compare", apply_compare, {A, {1, {1}}}, {DT_F32, DT_F32}, 2},
    {"concat", apply_concat, {A, {3, {2, 2, 4}}}, {DT_F32, DT_F32}, 2},
    {"expand", apply_expand, {B}, {DT_F32}, 1},
    {"index_select", apply_index_select, {A, {1, {4}}}, {DT_F32, DT_I64}, 2},
    {"gather", apply_gather, {A, {3, {2, 3, 2}}}, {DT_F32, DT_I64}, 2},
    {"scatter_add", apply_scatter_add, {A, A}, {DT_I64, DT_F32}, 2},
};

static void all_ops_equal_pytorch(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run_case(&cases[i], DT_F32);
        run_case(&cases[i], DT_F64);
    }
}

static dt_tensor *bce(dt_ctx *c, dt_tensor *const *in)
{
    int64_t n = 0;
    double *target = golden_read("ops.txt", "bce_with_logits.target", &n);
    dt_tensor *t = dt_empty(c, in[0]->dtype, in[0]->shape);
    for (int64_t i = 0; target && t && i < n; i++)
        dt_set(t, i, target[i]);
    free(target);
    return dt_bce_with_logits(c, in[0], t);
}

static void bce_equals_pytorch(void)
{
    const golden_case c = {"bce_with_logits", bce, {{1, {24}}}, {DT_F32}, 1};
    run_case(&c, DT_F32);
    run_case(&c, DT_F64);
}

int main(void)
{
    dt_error err = {0};
    if (!CHECK_OK(dt_ctx_create(&(dt_ctx_opts){.threads = 2}, &ctx, &err), &err)) return 1;
    RUN(all_ops_equal_pytorch);
    RUN(bce_equals_pytorch);
    dt_ctx_destroy(ctx);
    return dt_test_end();
}
