#include "core/optim.h"

#include <string.h>

#include "core/autograd.h"
#include "core/ctx_impl.h"
#include "core/mem.h"
#include "core/optim_impl.h"

static const dt_optim_rule *const rules[] = {
    [DT_SGD] = &dt_optim_sgd,         [DT_ADAMW] = &dt_optim_adamw,     [DT_ADAM] = &dt_optim_adam,
    [DT_RMSPROP] = &dt_optim_rmsprop, [DT_ADAGRAD] = &dt_optim_adagrad,
};

dt_group_opts dt_group_defaults(dt_optim_kind kind)
{
    dt_group_opts o = {.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .alpha = 0.99};
    if (kind == DT_ADAMW) o.weight_decay = 1e-2;
    if (kind == DT_RMSPROP || kind == DT_ADAGRAD) o.lr = 1e-2;
    if (kind == DT_ADAGRAD) o.eps = 1e-10;
    return o;
}

const char *dt_optim_kind_name(dt_optim_kind kind)
{
    return rules[kind]->name;
}

dt_optim *dt_optim_create(dt_ctx *ctx, dt_optim_kind kind)
{
    if (dt_ctx_status(ctx) != DT_OK) return NULL;
    dt_optim *o = dt_calloc(1, sizeof *o);
    if (!o) {
        dt_ctx_fail_memory(ctx, sizeof *o, "the optimizer");
        return NULL;
    }
    o->kind = kind;
    o->rule = rules[kind];
    return o;
}

void dt_optim_destroy(dt_optim *o)
{
    if (!o) return;
    for (size_t i = 0; i < o->count; i++) {
        for (int k = 0; k < DT_OPTIM_STATES; k++)
            dt_tensor_release(o->params[i].state[k]);
        dt_tensor_release(o->params[i].tensor);
        dt_free(o->params[i].name);
    }
    for (size_t i = 0; i < o->group_count; i++)
        dt_free(o->groups[i].name);
    dt_free(o->groups);
    dt_free(o->params);
    dt_free(o);
}

/* The message for options that PyTorch refuses, too; NULL if they are good. NaN is refused. */
static const char *option_fault(const dt_group_opts *g)
{
    if (!(g->lr >= 0)) return "lr must not be negative";
    if (!(g->weight_decay >= 0)) return "weight_decay must not be negative";
    if (!(g->momentum >= 0)) return "momentum must not be negative";
    if (g->nesterov && !(g->momentum > 0 && g->dampening == 0))
        return "nesterov wants momentum and no dampening";
    if (!(g->beta1 >= 0 && g->beta1 < 1 && g->beta2 >= 0 && g->beta2 < 1)) return "betas must be in [0, 1)";
    if (!(g->eps >= 0)) return "eps must not be negative";
    if (!(g->alpha >= 0)) return "alpha must not be negative";
    if (!(g->lr_decay >= 0)) return "lr_decay must not be negative";
    return NULL;
}

int dt_optim_add_group(dt_ctx *ctx, dt_optim *o, const char *name, const dt_group_opts *opts)
{
    if (!o || dt_ctx_status(ctx) != DT_OK) return -1;
    const char *fault = option_fault(opts);
    if (fault) {
        dt_ctx_fail(ctx, DT_ERR_ARG, "%s, group \"%s\": %s", o->rule->name, name, fault);
        return -1;
    }
    char *copy = dt_strdup(name);
    if (!copy || dt_grow(&o->groups, &o->group_capacity, o->group_count + 1, sizeof *o->groups) != 0) {
        dt_free(copy);
        dt_ctx_fail_memory(ctx, (o->group_count + 1) * sizeof *o->groups, "a parameter group");
        return -1;
    }
    o->groups[o->group_count] = (dt_optim_group_data){copy, *opts};
    return (int)o->group_count++;
}

dt_status dt_optim_add_param(dt_ctx *ctx, dt_optim *o, int group, const char *full_name, dt_tensor *param)
{
    if (!o || !param || dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    if (group < 0 || (size_t)group >= o->group_count)
        return dt_ctx_fail(ctx, DT_ERR_ARG, "%s: parameter \"%s\": there is no group %d", o->rule->name,
                           full_name, group);
    for (size_t i = 0; i < o->count; i++)
        if (o->params[i].tensor == param || strcmp(o->params[i].name, full_name) == 0)
            return dt_ctx_fail(ctx, DT_ERR_ARG, "%s: parameter \"%s\" was added twice", o->rule->name,
                               full_name);
    char *copy = dt_strdup(full_name);
    if (!copy || dt_grow(&o->params, &o->capacity, o->count + 1, sizeof *o->params) != 0) {
        dt_free(copy);
        return dt_ctx_fail_memory(ctx, (o->count + 1) * sizeof *o->params, "a parameter of the optimizer");
    }
    o->params[o->count++] = (dt_optim_param){.name = copy, .tensor = dt_tensor_retain(param), .group = group};
    return DT_OK;
}

int dt_optim_group_count(const dt_optim *o)
{
    return (int)o->group_count;
}

dt_group_opts *dt_optim_group(dt_optim *o, int group)
{
    return &o->groups[group].opts;
}

const char *dt_optim_group_name(const dt_optim *o, int group)
{
    return o->groups[group].name;
}

void dt_optim_zero_grad(dt_optim *o)
{
    for (size_t i = 0; i < o->count; i++)
        dt_zero_grad(o->params[i].tensor);
}

dt_status dt_optim_check(dt_ctx *ctx, const dt_optim *o, const dt_optim_param *p)
{
    const dt_tensor *t = p->tensor, *g = t->grad;
    if (t->device->type != DT_CPU || g->device->type != DT_CPU)
        return dt_ctx_fail(ctx, DT_ERR_UNSUPPORTED,
                           "%s: parameter \"%s\" is on %s; optimizers run on the CPU only", o->rule->name,
                           p->name, t->device->name);
    if (t->dtype != DT_F32 || g->dtype != DT_F32)
        return dt_ctx_fail(ctx, DT_ERR_UNSUPPORTED, "%s: parameter \"%s\" is %s; optimizers want float32",
                           o->rule->name, p->name, dt_dtype_name(t->dtype));
    if (!dt_shape_equal(&t->shape, &g->shape) || !dt_is_contiguous(t) || !dt_is_contiguous(g))
        return dt_ctx_fail(ctx, DT_ERR_STATE, "%s: parameter \"%s\" and its gradient are not laid out alike",
                           o->rule->name, p->name);
    return DT_OK;
}

/* Everything that can fail, before any parameter moves. fresh[i]: the first state of parameter i is new. */
static dt_status prepare(dt_ctx *ctx, dt_optim *o, unsigned char *fresh)
{
    for (size_t i = 0; i < o->count; i++) {
        dt_optim_param *p = &o->params[i];
        if (!dt_optim_grad(p)) continue;
        DT_TRY(dt_optim_check(ctx, o, p));
        int need = o->rule->states(&o->groups[p->group].opts);
        for (int k = 0; k < need; k++) {
            if (p->state[k]) continue;
            dt_scope scope = dt_scope_open(ctx);
            dt_tensor *t = dt_zeros_like(ctx, p->tensor);
            if (t) p->state[k] = dt_tensor_retain(t);
            dt_scope_close(ctx, scope);
            if (!t) return dt_ctx_status(ctx);
            if (k == 0) fresh[i] = 1;
        }
    }
    return DT_OK;
}

typedef struct job {
    const dt_optim_rule *rule;
    dt_optim_update u;
} job;

static void run_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    const job *j = arg;
    (void)worker;
    j->rule->update(&j->u, begin, end);
}

static void update_param(dt_ctx *ctx, const dt_optim *o, dt_optim_param *p, int fresh)
{
    job j = {.rule = o->rule};
    j.u = (dt_optim_update){.opts = o->groups[p->group].opts, .step = ++p->steps, .fresh = fresh};
    j.u.p = dt_f32(p->tensor);
    j.u.g = dt_f32(p->tensor->grad);
    for (int k = 0; k < DT_OPTIM_STATES; k++)
        if (p->state[k]) j.u.state[k] = dt_f32(p->state[k]);
    dt_parallel(dt_ctx_pool(ctx), dt_numel(p->tensor), DT_OPTIM_GRAIN, run_chunk, &j);
    p->tensor->storage->version++;
}

/* New states of a step that did not happen are taken back, so that the next one counts as their first. */
static void drop_fresh(dt_optim *o, const unsigned char *fresh)
{
    for (size_t i = 0; i < o->count; i++) {
        if (!fresh[i]) continue;
        dt_tensor_release(o->params[i].state[0]);
        o->params[i].state[0] = NULL;
    }
}

dt_status dt_optim_step(dt_ctx *ctx, dt_optim *o)
{
    if (!o || dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    unsigned char *fresh = dt_calloc(o->count, 1);
    if (!fresh) return dt_ctx_fail_memory(ctx, o->count, "the optimizer's step");
    dt_status st = prepare(ctx, o, fresh);
    if (st != DT_OK) drop_fresh(o, fresh);
    for (size_t i = 0; i < o->count && st == DT_OK; i++)
        if (dt_optim_grad(&o->params[i])) update_param(ctx, o, &o->params[i], fresh[i]);
    dt_free(fresh);
    return st;
}
