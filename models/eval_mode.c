#include "models/eval_mode.h"

#include "core/autograd.h"
#include "core/mem.h"

static dt_status push_mode(void *arg, const char *name, dt_module *m)
{
    (void)name;
    dt_eval_mode *l = arg;
    if (dt_grow(&l->modes, &l->capacity, l->count + 1, 1) != 0) return DT_ERR_MEMORY;
    l->modes[l->count++] = (unsigned char)m->training;
    return DT_OK;
}

static dt_status pop_mode(void *arg, const char *name, dt_module *m)
{
    (void)name;
    dt_eval_mode *l = arg;
    m->training = l->modes[l->count++];
    return DT_OK;
}

dt_status dt_eval_mode_begin(dt_ctx *ctx, dt_module *net, dt_eval_mode *mode)
{
    *mode = (dt_eval_mode){0};
    if (dt_module_each(net, push_mode, mode) != DT_OK) {
        dt_free(mode->modes);
        return dt_ctx_fail_memory(ctx, mode->count + 1, "module modes");
    }
    dt_module_train(net, 0);
    mode->grad = dt_grad_enable(ctx, 0);
    return DT_OK;
}

void dt_eval_mode_end(dt_ctx *ctx, dt_module *net, dt_eval_mode *mode)
{
    dt_grad_enable(ctx, mode->grad);
    mode->count = 0;
    dt_module_each(net, pop_mode, mode);
    dt_free(mode->modes);
    *mode = (dt_eval_mode){0};
}
