#include "tests/ops/harness.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cache.h"
#include "core/mem.h"
#include "core/rng.h"
#include "tests/ops/guard.h"
#include "tests/ops/harness_impl.h"

enum { MAX_FAIL_POINTS = 4000, MAX_PERTURBED = 24 };

static void complain(const dt_case_job *job, const char *fmt, ...) DT_PRINTF(2, 3);
static void complain(const dt_case_job *job, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "%s: %s: ", job->op->name, job->c->name);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    job->counts->failures++;
}

/* Everything the kernels may have overwritten shows up in the guards. */
static void check_guards(const dt_case_job *job, const char *where)
{
    const char *text = dt_guard_take_report();
    if (text) complain(job, "%s: %s", where, text);
}

static int use_operands(dt_ctx *ctx, const dt_case_job *job, dt_dtype type, dt_device *device, int grads,
                        dt_tensor **in)
{
    for (int i = 0; i < job->c->n_in; i++) {
        in[i] = dt_case_operand(ctx, &job->c->in[i], job->values[i], type);
        if (in[i] && device) in[i] = dt_clone_to(ctx, in[i], device);
        if (!in[i] && !job->c->in[i].absent) return -1;
        if (grads && in[i] && dt_case_wants_grad(job->c, i)) dt_require_grad(ctx, in[i], 1);
    }
    return 0;
}

/* A weight for each place of result k, the same in all runs. */
static double weight(int k, int64_t i)
{
    dt_rng rng = dt_rng_make(99, DT_RNG_TEST, (uint64_t)k, (uint64_t)i);
    return (float)dt_rng_uniform(&rng, 0.5, 1.5) * (dt_rng_u32(&rng) & 1 ? 1 : -1);
}

static dt_tensor *weights_like(dt_ctx *ctx, const dt_tensor *t, int k)
{
    dt_tensor *w = dt_empty_on(ctx, dt_cpu(ctx), t->dtype, t->shape);
    if (!w) return NULL;
    for (int64_t i = 0; i < dt_numel(t); i++)
        dt_set(w, i, weight(k, i));
    return t->device == w->device ? w : dt_clone_to(ctx, w, t->device);
}

/* sum over the results of <weights, result>: backward of it reaches every operand. */
static dt_status run_backward(dt_ctx *ctx, const dt_case_job *job, dt_tensor *const *out)
{
    dt_tensor *loss = NULL;
    int used = 0, only = -1;
    for (int k = 0; k < job->n_out; k++)
        if (dt_needs_grad(ctx, out[k])) used++, only = k;
    if (used == 0) return DT_OK;
    if (used == 1) return dt_backward(ctx, out[only], weights_like(ctx, out[only], only));
    for (int k = 0; k < job->n_out; k++) {
        if (!dt_needs_grad(ctx, out[k])) continue;
        dt_tensor *part = dt_sum(ctx, dt_mul(ctx, out[k], weights_like(ctx, out[k], k)), 0, 0);
        loss = loss ? dt_add(ctx, loss, part) : part;
    }
    return dt_backward(ctx, loss, NULL);
}

static void result_free(dt_case_result *r)
{
    for (int k = 0; k < DT_MAX_OUT; k++)
        dt_free(r->out[k].data);
    for (int i = 0; i < DT_CASE_MAX_IN; i++)
        dt_free(r->grad[i].data);
    *r = (dt_case_result){0};
}

static int keep(dt_ctx *ctx, const dt_tensor *t, dt_case_values *v)
{
    v->dtype = t->dtype;
    v->shape = t->shape;
    v->n = dt_numel(t);
    v->bytes = (size_t)v->n * dt_dtype_size(t->dtype);
    v->data = dt_malloc(v->bytes);
    return v->data && dt_read(ctx, t, v->data, v->bytes) == DT_OK ? 0 : -1;
}

/* Applies the case once; results and gradients are copied into *r (NULL: thrown away). */
static dt_status run_once(dt_ctx *ctx, const dt_case_job *job, dt_dtype type, dt_device *device, int grads,
                          dt_case_result *r)
{
    dt_tensor *in[DT_CASE_MAX_IN] = {0}, *out[DT_MAX_OUT] = {0};
    dt_scope scope = dt_scope_open(ctx);
    grads = grads && !(job->c->flags & DT_CASE_NO_GRAD) && !(job->op->flags & DT_OP_NO_GRAD);
    dt_ctx_set_step(ctx, 1);
    if (device) dt_ctx_set_device(ctx, device);
    int was = dt_grad_enable(ctx, 0);
    int ready = use_operands(ctx, job, type, device, grads, in) == 0;
    dt_grad_enable(ctx, was);
    if (ready) job->c->run(ctx, job->c, in, out);
    dt_status st = dt_ctx_status(ctx);
    for (int k = 0; st == DT_OK && r && k < job->n_out; k++)
        if (!out[k] || keep(ctx, out[k], &r->out[k]) != 0) st = DT_ERR_STATE;
    if (st == DT_OK && grads) st = run_backward(ctx, job, out);
    for (int i = 0; st == DT_OK && r && grads && i < job->c->n_in; i++)
        if (in[i] && in[i]->grad && keep(ctx, in[i]->grad, &r->grad[i]) != 0) st = DT_ERR_STATE;
    dt_tape_clear(ctx);
    dt_ctx_set_device(ctx, dt_cpu(ctx));
    dt_scope_close(ctx, scope);
    return st;
}

static int run_kept(dt_ctx *ctx, const dt_case_job *job, dt_dtype type, dt_device *device, const char *what,
                    dt_case_result *r)
{
    dt_status st = run_once(ctx, job, type, device, 1, r);
    if (st != DT_OK) complain(job, "%s: %s", what, dt_ctx_error(ctx)->text);
    dt_ctx_clear_error(ctx);
    check_guards(job, what);
    return st == DT_OK ? 0 : -1;
}

static void compare(const dt_case_job *job, const char *what, const dt_case_values *have,
                    const dt_case_values *want, double tol)
{
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    if (!have->data && !want->data) return;
    if (!have->data || !want->data || !dt_shape_equal(&have->shape, &want->shape)) {
        complain(job, "%s: %s instead of %s", what, have->data ? dt_shape_text(&have->shape, a) : "nothing",
                 want->data ? dt_shape_text(&want->shape, b) : "nothing");
        return;
    }
    double floor = 0;
    for (int64_t i = 0; i < want->n && !(job->c->flags & DT_CASE_RELATIVE); i++) {
        double x = fabs(dt_case_value(want, i));
        if (isfinite(x) && x > floor) floor = x;
    }
    floor *= 0.1;
    if (floor < FLT_MIN) floor = FLT_MIN;
    int64_t bad = 0, first = -1;
    for (int64_t i = 0; i < want->n; i++) {
        double x = dt_case_value(have, i), y = dt_case_value(want, i);
        int same = isnan(y) ? isnan(x) : (x == y || fabs(x - y) <= tol * (fabs(y) > floor ? fabs(y) : floor));
        /* Beyond the largest float32 the fast result is infinite. */
        if (!same && have->dtype == DT_F32 && fabs(y) > FLT_MAX) same = x == (y > 0 ? INFINITY : -INFINITY);
        if (!same && bad++ == 0) first = i;
    }
    if (bad)
        complain(job, "%s: %lld of %lld differ; at %lld: %.9g instead of %.9g (tolerance %g)", what,
                 (long long)bad, (long long)want->n, (long long)first, dt_case_value(have, first),
                 dt_case_value(want, first), tol);
}

static void compare_results(const dt_case_job *job, const char *what, const dt_case_result *have,
                            const dt_case_result *want, double tol, double grad_tol)
{
    char text[64];
    for (int k = 0; k < job->n_out; k++) {
        snprintf(text, sizeof text, "%s, result %d", what, k);
        compare(job, text, &have->out[k], &want->out[k], dt_dtype_is_float(want->out[k].dtype) ? tol : 0);
    }
    for (int i = 0; i < job->c->n_in; i++) {
        snprintf(text, sizeof text, "%s, gradient of operand %d", what, i);
        compare(job, text, &have->grad[i], &want->grad[i], grad_tol);
    }
}

static int same_bits(const dt_case_values *a, const dt_case_values *b)
{
    return !a->data == !b->data && a->bytes == b->bytes &&
           (a->bytes == 0 || memcmp(a->data, b->data, a->bytes) == 0);
}

static void check_threads(const dt_case_job *job, const dt_case_result *one)
{
    for (int t = 1; t < DT_HARNESS_POOLS; t++) {
        char what[32];
        dt_case_result r = {0};
        snprintf(what, sizeof what, "%d threads", t + 1);
        if (run_kept(job->h->ctx[t], job, DT_F32, NULL, what, &r) == 0) {
            for (int k = 0; k < job->n_out; k++)
                if (!same_bits(&r.out[k], &one->out[k]))
                    complain(job, "%s: result %d is not the same to the bit", what, k);
            for (int i = 0; i < job->c->n_in; i++)
                if (!same_bits(&r.grad[i], &one->grad[i]))
                    complain(job, "%s: gradient %d is not the same to the bit", what, i);
        }
        result_free(&r);
    }
}

/* ---- gradients against finite differences ---- */

/* Adds factor * <weights, results> with operand i moved by `shift` at `at` to *sum. */
static int add_moved(const dt_case_job *job, const dt_case_result *base, int i, int64_t at, double shift,
                     double factor, double *sum)
{
    dt_case_result r = {0};
    double before = job->values[i][at];
    job->values[i][at] = before + shift;
    dt_status st = run_once(job->h->ref, job, DT_F64, NULL, 0, &r);
    job->values[i][at] = before;
    if (st != DT_OK) complain(job, "finite differences: %s", dt_ctx_error(job->h->ref)->text);
    dt_ctx_clear_error(job->h->ref);
    for (int k = 0; st == DT_OK && k < job->n_out; k++) {
        if (!job->grad_out[k]) continue;
        for (int64_t j = 0; j < r.out[k].n; j++) {
            double moved = dt_case_value(&r.out[k], j) - dt_case_value(&base->out[k], j);
            if (moved != 0) *sum += factor * moved * weight(k, j);
        }
    }
    result_free(&r);
    return st == DT_OK ? 0 : -1;
}

/* Central differences of fourth order: error h^4, so that 1e-6 is far above both it and the rounding. */
static void check_finite_differences(const dt_case_job *job, const dt_case_result *base)
{
    static const double at_step[4] = {-2, -1, 1, 2}, factor[4] = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12};
    dt_rng rng = dt_rng_make(7, DT_RNG_TEST, 1, 2);
    for (int i = 0; i < job->c->n_in; i++) {
        const dt_case_values *g = &base->grad[i];
        if (job->c->in[i].absent || !dt_case_wants_grad(job->c, i) || job->numel[i] == 0) continue;
        double largest = 1e-3;
        for (int64_t j = 0; g->data && j < g->n; j++)
            if (fabs(dt_case_value(g, j)) > largest) largest = fabs(dt_case_value(g, j));
        int64_t tries = job->numel[i] < MAX_PERTURBED ? job->numel[i] : MAX_PERTURBED;
        if (job->total > 20000 && tries > 4) tries = 4;
        for (int64_t k = 0; k < tries; k++) {
            int64_t at = tries == job->numel[i] ? k : (int64_t)dt_rng_below(&rng, (uint64_t)job->numel[i]);
            double h = 1e-4, slope = 0, have = g->data ? dt_case_value(g, at) : 0;
            for (int s = 0; s < 4; s++)
                if (add_moved(job, base, i, at, at_step[s] * h, factor[s] / h, &slope) != 0) return;
            double scale = fabs(slope) > 0.1 * largest ? fabs(slope) : 0.1 * largest;
            if (fabs(slope - have) <= 1e-6 * scale) continue;
            complain(job, "gradient of operand %d at %lld is %.12g, finite differences give %.12g", i,
                     (long long)at, have, slope);
            return;
        }
    }
}

/* ---- failing allocations ---- */

static void check_memory(const dt_case_job *job, const dt_case_result *want)
{
    dt_ctx *ctx = job->h->ctx[0];
    if (run_once(ctx, job, DT_F32, NULL, 1, NULL) != DT_OK) return; /* arrays that stay have grown now */
    size_t before = dt_mem_live();
    for (int n = 1; n <= MAX_FAIL_POINTS; n++) {
        dt_mem_fail_at((uint64_t)n);
        dt_status st = run_once(ctx, job, DT_F32, NULL, 1, NULL);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        if (!fired) break;
        if (st != DT_ERR_MEMORY || dt_ctx_status(ctx) != DT_ERR_MEMORY)
            complain(job, "allocation %d failed: the status is '%s' (%s)", n, dt_status_text(st),
                     dt_ctx_error(ctx)->text);
        dt_ctx_clear_error(ctx);
        if (dt_mem_live() != before) {
            complain(job, "allocation %d failed: %lld bytes leaked", n,
                     (long long)dt_mem_live() - (long long)before);
            before = dt_mem_live();
        }
    }
    dt_case_result r = {0};
    if (run_kept(ctx, job, DT_F32, NULL, "after failed allocations", &r) == 0)
        for (int k = 0; k < job->n_out; k++)
            if (!same_bits(&r.out[k], &want->out[k]))
                complain(job, "after failed allocations result %d differs", k);
    result_free(&r);
}

/* ---- CUDA ---- */

static void check_cuda(const dt_case_job *job, const dt_case_result *want, double tol, double grad_tol)
{
    dt_case_counts *counts = job->counts;
    dt_ctx *ctx = job->h->ctx[0];
    if (!job->h->cuda) {
        counts->cuda_skipped++;
        return;
    }
    dt_case_result r = {0};
    dt_status st = run_once(ctx, job, DT_F32, job->h->cuda, 1, &r);
    if (st == DT_ERR_UNSUPPORTED && strstr(dt_ctx_error(ctx)->text, "no kernel")) {
        counts->cuda_no_kernel++;
    } else if (st != DT_OK) {
        complain(job, "cuda: %s", dt_ctx_error(ctx)->text);
    } else {
        counts->cuda_run++;
        compare_results(job, "cuda", &r, want, tol, grad_tol);
    }
    dt_ctx_clear_error(ctx);
    result_free(&r);
}

static int make_values(dt_case_job *job)
{
    for (int i = 0; i < job->c->n_in; i++) {
        const dt_case_in *in = &job->c->in[i];
        if (in->absent) continue;
        job->numel[i] = dt_shape_numel(&in->shape);
        job->total += job->numel[i];
        job->values[i] = dt_malloc((size_t)job->numel[i] * sizeof(double));
        if (!job->values[i]) return -1;
        dt_case_fill(in, i, job->values[i], job->numel[i]);
    }
    return 0;
}

void dt_harness_run(dt_harness *h, const dt_op *op, const dt_op_case *c, dt_case_counts *counts)
{
    dt_case_job job = {.h = h, .op = op, .c = c, .counts = counts, .n_out = c->n_out ? c->n_out : 1};
    double tol = c->tol > 0 ? c->tol : 1e-5, grad_tol = c->grad_tol > 0 ? c->grad_tol : 2e-5;
    dt_case_result fast = {0}, ref = {0}, exact = {0};
    counts->cases++;
    if (make_values(&job) != 0) {
        complain(&job, "the test ran out of memory");
        goto done;
    }
    dt_guard_forget_ops();
    if (run_kept(h->ref, &job, DT_F64, NULL, "float64", &exact) != 0) goto done;
    if (!(op->flags & DT_OP_VIEW) && !dt_guard_saw_op(op)) complain(&job, "the case never applies the op");
    for (int k = 0; k < job.n_out; k++)
        job.grad_out[k] = dt_dtype_is_float(exact.out[k].dtype);
    if (run_kept(h->ref, &job, DT_F32, NULL, "float32 reference", &ref) != 0) goto done;
    compare_results(&job, "float32 reference", &ref, &exact, tol, grad_tol);
    if (run_kept(h->ctx[0], &job, DT_F32, NULL, "float32", &fast) != 0) goto done;
    compare_results(&job, "float32", &fast, &exact, tol, grad_tol);
    check_threads(&job, &fast);
    if (!(c->flags & DT_CASE_NO_GRAD) && !(op->flags & DT_OP_NO_GRAD)) check_finite_differences(&job, &exact);
    if (!(c->flags & DT_CASE_NO_OOM) && job.total <= 20000) check_memory(&job, &fast);
    check_cuda(&job, &exact, tol, grad_tol);
    check_guards(&job, "at the end");
done:
    result_free(&fast);
    result_free(&ref);
    result_free(&exact);
    for (int i = 0; i < c->n_in; i++)
        dt_free(job.values[i]);
}
