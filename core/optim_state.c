/* State of optimizers in checkpoints. */
#include <string.h>

#include "core/mem.h"
#include "core/optim_impl.h"

static dt_status fail(dt_ctx *ctx, const dt_error *err)
{
    return dt_ctx_fail(ctx, err->status, "%s", err->text);
}

static dt_status save_state(dt_ctx *ctx, const char *param, const char *kind, const dt_tensor *t,
                            dt_st_writer *w)
{
    size_t bytes = (size_t)dt_numel(t) * dt_dtype_size(t->dtype);
    char *name = dt_format("optim.%s.%s", param, kind);
    void *host = dt_malloc(bytes);
    dt_error err = {0};
    dt_status st = name && host ? dt_read(ctx, t, host, bytes) : dt_ctx_fail_memory(ctx, bytes, param);
    if (st != DT_OK)
        dt_free(host);
    else if (dt_st_add(w, name, t->dtype, &t->shape, host, 1, &err) != DT_OK)
        st = fail(ctx, &err);
    dt_free(name);
    return st;
}

static dt_status save_steps(dt_ctx *ctx, const dt_optim_param *p, dt_st_writer *w)
{
    char *name = dt_format("optim.%s.step", p->name);
    int64_t *steps = dt_malloc(sizeof *steps);
    dt_error err = {0};
    if (!name || !steps) {
        dt_free(name);
        dt_free(steps);
        return dt_ctx_fail_memory(ctx, sizeof *steps, p->name);
    }
    *steps = p->steps;
    dt_status st = dt_st_add(w, name, DT_I64, &DT_SCALAR, steps, 1, &err);
    dt_free(name);
    return st == DT_OK ? st : fail(ctx, &err);
}

dt_status dt_optim_save(dt_ctx *ctx, dt_optim *o, dt_st_writer *w)
{
    dt_error err = {0};
    if (!o || dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    if (dt_st_add_meta(w, "optim.kind", o->rule->name, &err) != DT_OK) return fail(ctx, &err);
    for (size_t i = 0; i < o->count; i++) {
        const dt_optim_param *p = &o->params[i];
        DT_TRY(save_steps(ctx, p, w));
        for (int k = 0; k < DT_OPTIM_STATES; k++)
            if (p->state[k]) DT_TRY(save_state(ctx, p->name, o->rule->state_names[k], p->state[k], w));
    }
    return DT_OK;
}

/* What is loaded takes the place of the present state only when all of it is there. */
typedef struct loaded {
    int64_t steps;
    dt_tensor *state[DT_OPTIM_STATES];
} loaded;

static dt_status find(dt_ctx *ctx, const dt_st_file *file, const char *param, const char *kind,
                      const dt_st_entry **out)
{
    char *name = dt_format("optim.%s.%s", param, kind);
    if (!name) return dt_ctx_fail_memory(ctx, strlen(param), "a name");
    *out = dt_st_find(file, name);
    dt_free(name);
    return DT_OK;
}

static dt_status load_state(dt_ctx *ctx, const dt_st_file *file, const dt_optim_param *p,
                            const dt_st_entry *e, dt_tensor **out)
{
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    if (e->dtype != p->tensor->dtype || !dt_shape_equal(&e->shape, &p->tensor->shape))
        return dt_ctx_fail(ctx, DT_ERR_SHAPE, "%s: \"%s\" is %s %s, the parameter %s %s", file->name, e->name,
                           dt_dtype_name(e->dtype), dt_shape_text(&e->shape, a),
                           dt_dtype_name(p->tensor->dtype), dt_shape_text(&p->tensor->shape, b));
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *t = dt_empty_on(ctx, p->tensor->device, e->dtype, e->shape);
    if (t && dt_write(ctx, t, e->data, e->bytes) == DT_OK) *out = dt_tensor_retain(t);
    dt_scope_close(ctx, scope);
    return dt_ctx_status(ctx);
}

static dt_status load_param(dt_ctx *ctx, const dt_optim *o, const dt_st_file *file, const dt_optim_param *p,
                            loaded *l)
{
    const dt_st_entry *e = NULL;
    DT_TRY(find(ctx, file, p->name, "step", &e));
    if (!e || e->dtype != DT_I64 || e->shape.rank != 0)
        return dt_ctx_fail(ctx, DT_ERR_NOT_FOUND, "%s: no state of the optimizer for the parameter \"%s\"",
                           file->name, p->name);
    memcpy(&l->steps, e->data, sizeof l->steps);
    int need = l->steps > 0 ? o->rule->states(&o->groups[p->group].opts) : 0;
    for (int k = 0; k < DT_OPTIM_STATES && o->rule->state_names[k]; k++) {
        DT_TRY(find(ctx, file, p->name, o->rule->state_names[k], &e));
        if (e)
            DT_TRY(load_state(ctx, file, p, e, &l->state[k]));
        else if (k < need)
            return dt_ctx_fail(ctx, DT_ERR_NOT_FOUND, "%s: no \"optim.%s.%s\", which %s needs", file->name,
                               p->name, o->rule->state_names[k], o->rule->name);
    }
    return DT_OK;
}

dt_status dt_optim_load(dt_ctx *ctx, dt_optim *o, const dt_st_file *file)
{
    if (!o || dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    const char *kind = dt_st_get_meta(file, "optim.kind");
    if (!kind || strcmp(kind, o->rule->name) != 0)
        return dt_ctx_fail(ctx, DT_ERR_STATE, "%s holds the state of %s; the optimizer is %s", file->name,
                           kind ? kind : "no optimizer", o->rule->name);
    loaded *all = dt_calloc(o->count, sizeof *all);
    if (!all) return dt_ctx_fail_memory(ctx, o->count * sizeof *all, "the optimizer's state");
    dt_status st = DT_OK;
    for (size_t i = 0; i < o->count && st == DT_OK; i++)
        st = load_param(ctx, o, file, &o->params[i], &all[i]);
    for (size_t i = 0; i < o->count; i++) {
        dt_optim_param *p = &o->params[i];
        for (int k = 0; k < DT_OPTIM_STATES; k++) {
            dt_tensor *old = p->state[k];
            if (st == DT_OK) p->state[k] = all[i].state[k];
            dt_tensor_release(st == DT_OK ? old : all[i].state[k]);
        }
        if (st == DT_OK) p->steps = all[i].steps;
    }
    dt_free(all);
    return st;
}
