/** Weights and inputs as a pure function of name and position; tests/golden/make_models.py has the same one. */
#ifndef DT_TESTS_MODELS_FORMULA_H
#define DT_TESTS_MODELS_FORMULA_H

#include <stdint.h>

#include "core/module.h"
#include "golden_file.h"

static uint32_t formula_hash(const char *text)
{
    uint32_t h = 2166136261u;
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 16777619u;
    return h;
}

/* Number i of the sequence of this hash, in [-1, 1). */
static double formula_noise(uint32_t hash, int64_t i)
{
    uint32_t h = (uint32_t)i * 2654435761u + hash;
    h = (h ^ (h >> 16)) * 0x85EBCA6Bu;
    h = (h ^ (h >> 13)) * 0xC2B2AE35u;
    h ^= h >> 16;
    return h / 2147483648.0 - 1.0;
}

static int formula_ends(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static dt_status formula_fill_param(void *arg, const char *name, dt_module *owner, dt_param *p)
{
    (void)arg;
    (void)owner;
    if (formula_ends(name, "num_batches_tracked")) return DT_OK;
    dt_tensor *t = p->tensor;
    uint32_t hash = formula_hash(name);
    int64_t n = dt_numel(t);
    double scale = t->shape.rank > 1 ? sqrt(6.0 / (double)(n / t->shape.dim[0])) : 0.1, base = 0;
    if (t->shape.rank == 1 && formula_ends(name, "running_var")) {
        scale = 0.2;
        base = 1;
    } else if (t->shape.rank == 1 && formula_ends(name, "weight")) {
        base = 1;
    }
    for (int64_t i = 0; i < n; i++)
        dt_set(t, i, base + scale * formula_noise(hash, i));
    t->storage->version++;
    return DT_OK;
}

static void formula_fill(dt_module *m)
{
    dt_module_each_param(m, formula_fill_param, NULL);
}

static dt_tensor *formula_tensor(dt_ctx *ctx, const char *name, dt_shape shape)
{
    dt_tensor *t = dt_empty(ctx, DT_F32, shape);
    uint32_t hash = formula_hash(name);
    for (int64_t i = 0; t && i < dt_numel(t); i++)
        dt_set(t, i, formula_noise(hash, i));
    return t;
}

/* Norm and projection, compared with two golden numbers; tol relative to the norm. */
static void formula_check_digest(const char *what, const dt_tensor *t, const double want[2], double tol)
{
    double norm = 0, projection = 0;
    uint32_t hash = formula_hash("digest");
    if (!CHECK_MSG(t != NULL, "%s: missing", what)) return;
    for (int64_t i = 0; i < dt_numel(t); i++) {
        double v = dt_get(t, i);
        norm += v * v;
        projection += v * formula_noise(hash, i);
    }
    norm = sqrt(norm);
    CHECK_MSG(fabs(norm - want[0]) <= tol * want[0] + 1e-12, "%s: norm %.9g, expected %.9g", what, norm,
              want[0]);
    CHECK_MSG(fabs(projection - want[1]) <= 4 * tol * want[0] + 1e-12,
              "%s: projection %.9g, expected %.9g (norm %g)", what, projection, want[1], want[0]);
}

typedef struct formula_grads {
    const double *want;
    int64_t count, next;
    double tol;
} formula_grads;

static dt_status formula_check_grad(void *arg, const char *name, dt_module *owner, dt_param *p)
{
    (void)owner;
    formula_grads *g = arg;
    if (p->is_buffer || !p->tensor->grad) return DT_OK;
    if (!CHECK_MSG(g->next + 2 <= g->count, "%s: one gradient too many", name)) return DT_OK;
    formula_check_digest(name, p->tensor->grad, g->want + g->next, g->tol);
    g->next += 2;
    return DT_OK;
}

/* All gradients of m, in registration order, against the golden entry. */
__attribute__((unused)) static void formula_check_grads(dt_module *m, const char *key, double tol)
{
    int64_t n = 0;
    double *want = golden_read("models.txt", key, &n);
    formula_grads g = {want, n, 0, tol};
    if (want) {
        dt_module_each_param(m, formula_check_grad, &g);
        CHECK_INT(g.next, n);
    }
    free(want);
}

#endif
