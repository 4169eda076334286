#include <stdio.h>
#include <string.h>

#include "core/module.h"
#include "core/module_impl.h"

/* A full name that grows and shrinks while walking; it fits because names are checked when they are given. */
typedef struct walk {
    char path[DT_MODULE_PATH_MAX];
    dt_param_visit on_param;
    dt_module_visit on_module;
    void *arg;
} walk;

static size_t append_name(walk *w, size_t len, const char *name)
{
    int n = snprintf(w->path + len, sizeof w->path - len, "%s%s", len ? "." : "", name);
    return len + (size_t)n < sizeof w->path ? len + (size_t)n : sizeof w->path - 1;
}

static dt_status visit_params(walk *w, size_t len, dt_module *m, int buffers)
{
    for (size_t i = 0; i < m->param_count; i++) {
        if (m->params[i].is_buffer != buffers) continue;
        append_name(w, len, m->params[i].name);
        dt_status st = w->on_param(w->arg, w->path, m, &m->params[i]);
        w->path[len] = '\0';
        DT_TRY(st);
    }
    return DT_OK;
}

static dt_status visit_tree(walk *w, size_t len, dt_module *m)
{
    if (w->on_module) DT_TRY(w->on_module(w->arg, w->path, m));
    if (w->on_param) {
        DT_TRY(visit_params(w, len, m, 0));
        DT_TRY(visit_params(w, len, m, 1));
    }
    for (size_t i = 0; i < m->child_count; i++) {
        dt_status st = visit_tree(w, append_name(w, len, m->children[i]->name), m->children[i]);
        w->path[len] = '\0';
        DT_TRY(st);
    }
    return DT_OK;
}

dt_status dt_module_each_param(dt_module *m, dt_param_visit visit, void *arg)
{
    walk w = {.path = "", .on_param = visit, .arg = arg};
    return visit_tree(&w, 0, m);
}

dt_status dt_module_each(dt_module *m, dt_module_visit visit, void *arg)
{
    walk w = {.path = "", .on_module = visit, .arg = arg};
    return visit_tree(&w, 0, m);
}

/* The module that the first `len` bytes of a full name lead to. */
static dt_module *descend(dt_module *m, const char *name, size_t len)
{
    while (len > 0 && m) {
        const char *dot = memchr(name, '.', len);
        size_t part = dot ? (size_t)(dot - name) : len;
        dt_module *next = NULL;
        for (size_t i = 0; i < m->child_count && !next; i++)
            if (strlen(m->children[i]->name) == part && memcmp(m->children[i]->name, name, part) == 0)
                next = m->children[i];
        m = next;
        size_t used = dot ? part + 1 : part;
        name += used;
        len -= used;
    }
    return m;
}

dt_module *dt_module_find(dt_module *m, const char *full_name)
{
    return descend(m, full_name, strlen(full_name));
}

dt_param *dt_module_find_param(dt_module *m, const char *full_name)
{
    const char *dot = strrchr(full_name, '.');
    m = descend(m, full_name, dot ? (size_t)(dot - full_name) : 0);
    const char *name = dot ? dot + 1 : full_name;
    for (size_t i = 0; m && i < m->param_count; i++)
        if (strcmp(m->params[i].name, name) == 0) return &m->params[i];
    return NULL;
}

int64_t dt_module_count_params(dt_module *m, int trainable_only)
{
    int64_t n = 0;
    for (size_t i = 0; i < m->param_count; i++)
        if (!m->params[i].is_buffer && (!trainable_only || m->params[i].tensor->requires_grad))
            n += dt_numel(m->params[i].tensor);
    for (size_t i = 0; i < m->child_count; i++)
        n += dt_module_count_params(m->children[i], trainable_only);
    return n;
}

typedef struct freezing {
    const char *pattern;
    int frozen;
    int64_t matched;
} freezing;

static dt_status freeze_param(void *arg, const char *full_name, dt_module *owner, dt_param *param)
{
    freezing *f = arg;
    if (!dt_glob_match(f->pattern, full_name)) return DT_OK;
    if (!param->is_buffer) {
        param->tensor->requires_grad = !f->frozen;
        f->matched++;
    }
    /* Parameters are visited before buffers and in order, so the last match of a module sees all of them. */
    int all_frozen = f->frozen, any = 0;
    for (size_t i = 0; i < owner->param_count; i++) {
        if (owner->params[i].is_buffer) continue;
        if (!any) all_frozen = 1;
        any = 1;
        if (owner->params[i].tensor->requires_grad) all_frozen = 0;
    }
    owner->frozen_stats = all_frozen;
    return DT_OK;
}

int64_t dt_module_freeze(dt_module *m, const char *pattern, int frozen)
{
    freezing f = {.pattern = pattern, .frozen = frozen};
    dt_module_each_param(m, freeze_param, &f);
    return f.matched;
}

static void print_tree(const dt_module *m, dt_str *out, int indent)
{
    char text[256] = "";
    if (m->cls->describe) m->cls->describe(m, text, sizeof text);
    dt_str_printf(out, "%s(", m->cls->name);
    if (m->child_count == 0) {
        dt_str_printf(out, "%s)", text);
        return;
    }
    dt_str_char(out, '\n');
    if (text[0]) dt_str_printf(out, "%*s%s\n", indent + 2, "", text);
    for (size_t i = 0; i < m->child_count; i++) {
        dt_str_printf(out, "%*s(%s): ", indent + 2, "", m->children[i]->name);
        print_tree(m->children[i], out, indent + 2);
        dt_str_char(out, '\n');
    }
    dt_str_printf(out, "%*s)", indent, "");
}

void dt_module_print(const dt_module *m, dt_str *out)
{
    print_tree(m, out, 0);
}
