#include "core/module.h"

#include <stdio.h>
#include <string.h>

#include "core/autograd.h"
#include "core/ctx_impl.h"
#include "core/mem.h"
#include "core/module_impl.h"

void dt_module_path(const dt_module *m, char *out, size_t size)
{
    const dt_module *chain[DT_MODULE_DEPTH_MAX];
    int n = 0;
    size_t len = 0;
    for (; m && n < DT_MODULE_DEPTH_MAX; m = m->parent)
        chain[n++] = m;
    out[0] = '\0';
    while (n-- > 0) {
        if (!chain[n]->name[0]) continue;
        int wrote = snprintf(out + len, size - len, "%s%s", len ? "." : "", chain[n]->name);
        if (wrote < 0 || (size_t)wrote >= size - len) return;
        len += (size_t)wrote;
    }
}

dt_status dt_module_fail(dt_ctx *ctx, const dt_module *m, dt_status status, const char *fmt, ...)
{
    char path[DT_MODULE_PATH_MAX], text[DT_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    dt_module_path(m, path, sizeof path);
    return dt_ctx_fail(ctx, status, "%s%s%s: %s", path, path[0] ? ": " : "", m->cls->name, text);
}

long dt_module_child_index(const dt_module *m, const char *name)
{
    for (size_t i = 0; i < m->child_count; i++)
        if (strcmp(m->children[i]->name, name) == 0) return (long)i;
    return -1;
}

dt_status dt_module_check_name(dt_ctx *ctx, const dt_module *m, const char *name, const char *what)
{
    char path[DT_MODULE_PATH_MAX];
    if (!name[0] || strchr(name, '.'))
        return dt_module_fail(ctx, m, DT_ERR_ARG,
                              "\"%s\" cannot be the name of a %s: it must not be empty nor hold a '.'", name,
                              what);
    if (dt_module_child_index(m, name) >= 0)
        return dt_module_fail(ctx, m, DT_ERR_ARG, "there is a child \"%s\" already", name);
    for (size_t i = 0; i < m->param_count; i++)
        if (strcmp(m->params[i].name, name) == 0)
            return dt_module_fail(ctx, m, DT_ERR_ARG, "there is a parameter or buffer \"%s\" already", name);
    dt_module_path(m, path, sizeof path);
    if (strlen(path) + 1 + strlen(name) >= sizeof path)
        return dt_module_fail(ctx, m, DT_ERR_ARG, "the full name of \"%s\" has over %d bytes", name,
                              DT_MODULE_PATH_MAX - 1);
    int depth = 1;
    for (const dt_module *p = m; p; p = p->parent)
        depth++;
    if (depth > DT_MODULE_DEPTH_MAX)
        return dt_module_fail(ctx, m, DT_ERR_ARG, "\"%s\" would be nested over %d levels deep", name,
                              DT_MODULE_DEPTH_MAX);
    return DT_OK;
}

void *dt_module_new(dt_ctx *ctx, const dt_module_class *cls, dt_module *parent, const char *name)
{
    if (dt_ctx_status(ctx) != DT_OK) return NULL;
    char number[24] = "";
    if (!name && parent) snprintf(number, sizeof number, "%zu", parent->child_count);
    if (!name) name = number;
    if (parent && dt_module_check_name(ctx, parent, name, "module") != DT_OK) return NULL;
    dt_module *m = dt_calloc(1, cls->size);
    char *copy = dt_strdup(name);
    if (!m || !copy ||
        (parent && dt_grow(&parent->children, &parent->child_capacity, parent->child_count + 1,
                           sizeof(dt_module *)) != 0)) {
        dt_free(m);
        dt_free(copy);
        dt_ctx_fail_memory(ctx, cls->size, cls->name);
        return NULL;
    }
    m->cls = cls;
    m->name = copy;
    m->parent = parent;
    m->training = 1;
    if (parent) parent->children[parent->child_count++] = m;
    return m;
}

dt_module *dt_module_finish(dt_ctx *ctx, dt_module *m)
{
    if (dt_ctx_status(ctx) == DT_OK) return m;
    dt_module_destroy(m);
    return NULL;
}

static void detach(dt_module *m)
{
    dt_module *parent = m->parent;
    for (size_t i = 0; parent && i < parent->child_count; i++) {
        if (parent->children[i] != m) continue;
        memmove(parent->children + i, parent->children + i + 1,
                (parent->child_count - i - 1) * sizeof(dt_module *));
        parent->child_count--;
        break;
    }
    m->parent = NULL;
}

void dt_module_destroy(dt_module *m)
{
    if (!m) return;
    detach(m);
    while (m->child_count > 0)
        dt_module_destroy(m->children[m->child_count - 1]);
    if (m->cls->destroy) m->cls->destroy(m);
    for (size_t i = 0; i < m->param_count; i++) {
        dt_free(m->params[i].name);
        dt_tensor_release(m->params[i].tensor);
    }
    dt_free(m->params);
    dt_free(m->children);
    dt_free(m->name);
    dt_free(m);
}

static dt_tensor *add_tensor(dt_ctx *ctx, dt_module *m, const char *name, dt_dtype dtype, dt_shape shape,
                             dt_param param)
{
    if (!m || dt_ctx_status(ctx) != DT_OK) return NULL;
    if (dt_module_check_name(ctx, m, name, param.is_buffer ? "buffer" : "parameter") != DT_OK) return NULL;
    dt_device *before = dt_ctx_device(ctx);
    if (param.on_host) dt_ctx_set_device(ctx, dt_cpu(ctx));
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *t = dt_zeros(ctx, dtype, shape);
    dt_ctx_set_device(ctx, before);
    if (t && !param.is_buffer) dt_require_grad(ctx, t, 1);
    if (t && dt_ctx_status(ctx) == DT_OK) {
        param.name = dt_strdup(name);
        if (param.name &&
            dt_grow(&m->params, &m->param_capacity, m->param_count + 1, sizeof *m->params) == 0) {
            param.tensor = dt_tensor_retain(t);
            m->params[m->param_count++] = param;
        } else {
            dt_free(param.name);
            dt_ctx_fail_memory(ctx, strlen(name) + 1, "a parameter");
        }
    }
    dt_scope_close(ctx, scope);
    return dt_ctx_status(ctx) == DT_OK ? t : NULL;
}

dt_tensor *dt_module_param(dt_ctx *ctx, dt_module *m, const char *name, dt_dtype dtype, dt_shape shape)
{
    return add_tensor(ctx, m, name, dtype, shape, (dt_param){.persistent = 1});
}

dt_tensor *dt_module_buffer(dt_ctx *ctx, dt_module *m, const char *name, dt_dtype dtype, dt_shape shape)
{
    return add_tensor(ctx, m, name, dtype, shape, (dt_param){.is_buffer = 1, .persistent = 1});
}

dt_tensor *dt_module_counter(dt_ctx *ctx, dt_module *m, const char *name)
{
    return add_tensor(ctx, m, name, DT_I64, DT_SCALAR,
                      (dt_param){.is_buffer = 1, .persistent = 1, .on_host = 1});
}

dt_tensor *dt_module_temporary(dt_ctx *ctx, dt_module *m, const char *name, dt_dtype dtype, dt_shape shape)
{
    return add_tensor(ctx, m, name, dtype, shape, (dt_param){.is_buffer = 1});
}

dt_tensor *dt_forward(dt_ctx *ctx, dt_module *m, dt_tensor *x)
{
    if (dt_ctx_status(ctx) != DT_OK) return NULL;
    if (!m || !x) {
        dt_ctx_fail(ctx, DT_ERR_ARG, m ? "forward: the input is missing" : "forward: the module was removed");
        return NULL;
    }
    int named = m->name[0] != '\0';
    if (named) dt_path_push(ctx, m->name);
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *y = NULL;
    if (m->cls->forward)
        y = m->cls->forward(ctx, m, x);
    else
        dt_ctx_fail(ctx, DT_ERR_UNSUPPORTED, "%s has no forward of its own", m->cls->name);
    y = dt_scope_return(ctx, scope, dt_ctx_status(ctx) == DT_OK ? y : NULL);
    if (named) dt_path_pop(ctx);
    return y;
}

void dt_module_train(dt_module *m, int training)
{
    m->training = training != 0;
    for (size_t i = 0; i < m->child_count; i++)
        dt_module_train(m->children[i], training);
}
