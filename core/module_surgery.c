#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/autograd.h"
#include "core/ctx_impl.h"
#include "core/mem.h"
#include "core/module.h"
#include "core/module_impl.h"

/* --- pointers that structs of the tree keep to modules below them --- */

static void replace_pointer(dt_module *holder, const dt_module *old, dt_module *now)
{
    for (size_t at = sizeof(dt_module); at + sizeof old <= holder->cls->size; at += sizeof old) {
        char *field = (char *)holder + at;
        if (memcmp(field, &old, sizeof old) == 0) memcpy(field, &now, sizeof now);
    }
}

static void forget_tree(dt_module *holder, const dt_module *old, dt_module *now)
{
    replace_pointer(holder, old, now);
    for (size_t i = 0; i < old->child_count; i++)
        forget_tree(holder, old->children[i], NULL);
}

/* Destroys child i of m. Whoever above points at it points at `now` afterwards; at modules below it, at
 * nothing. */
static void destroy_child(dt_module *m, size_t i, dt_module *now)
{
    for (dt_module *holder = m; holder; holder = holder->parent)
        forget_tree(holder, m->children[i], now);
    dt_module_destroy(m->children[i]);
}

/* --- children that are named by their position --- */

static int is_numbered(const dt_module *m, size_t i)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", i);
    return strcmp(m->children[i]->name, number) == 0;
}

static void remove_child(dt_module *m, size_t at)
{
    for (size_t i = at + 1; i < m->child_count; i++)
        /* a smaller number never needs more room */
        if (is_numbered(m, i)) snprintf(m->children[i]->name, strlen(m->children[i]->name) + 1, "%zu", i - 1);
    destroy_child(m, at, NULL);
}

static dt_status find_child(dt_ctx *ctx, const dt_module *m, const char *name, size_t *index)
{
    long i = dt_module_child_index(m, name);
    if (i < 0) return dt_module_fail(ctx, m, DT_ERR_NOT_FOUND, "there is no child \"%s\"", name);
    *index = (size_t)i;
    return DT_OK;
}

dt_status dt_module_remove(dt_ctx *ctx, dt_module *m, const char *child)
{
    size_t i = 0;
    DT_TRY(find_child(ctx, m, child, &i));
    remove_child(m, i);
    return DT_OK;
}

dt_status dt_module_slice(dt_ctx *ctx, dt_module *m, size_t begin, size_t end)
{
    if (end > m->child_count) end = m->child_count;
    if (begin > end)
        return dt_module_fail(ctx, m, DT_ERR_ARG, "children %zu to %zu of %zu cannot be kept", begin, end,
                              m->child_count);
    while (m->child_count > end)
        remove_child(m, m->child_count - 1);
    while (begin-- > 0)
        remove_child(m, 0);
    return DT_OK;
}

/* --- joining trees --- */

static size_t longest_name(const dt_module *m)
{
    size_t longest = 0;
    for (size_t i = 0; i < m->param_count; i++) {
        size_t n = 1 + strlen(m->params[i].name);
        if (n > longest) longest = n;
    }
    for (size_t i = 0; i < m->child_count; i++) {
        size_t n = 1 + strlen(m->children[i]->name) + longest_name(m->children[i]);
        if (n > longest) longest = n;
    }
    return longest;
}

static int tree_depth(const dt_module *m)
{
    int deepest = 0;
    for (size_t i = 0; i < m->child_count; i++) {
        int d = tree_depth(m->children[i]);
        if (d > deepest) deepest = d;
    }
    return deepest + 1;
}

static dt_status check_joins(dt_ctx *ctx, const dt_module *m, const char *name, const dt_module *child)
{
    char path[DT_MODULE_PATH_MAX];
    if (child->parent)
        return dt_module_fail(ctx, m, DT_ERR_ARG, "the module for \"%s\" has a parent already", name);
    int depth = tree_depth(child);
    for (const dt_module *p = m; p; p = p->parent) {
        if (p == child) return dt_module_fail(ctx, m, DT_ERR_ARG, "\"%s\" would contain itself", name);
        depth++;
    }
    dt_module_path(m, path, sizeof path);
    if (depth > DT_MODULE_DEPTH_MAX || strlen(path) + 1 + strlen(name) + longest_name(child) >= sizeof path)
        return dt_module_fail(ctx, m, DT_ERR_ARG,
                              "\"%s\" would be nested too deeply (%d levels, names of %d bytes)", name,
                              DT_MODULE_DEPTH_MAX, DT_MODULE_PATH_MAX - 1);
    return DT_OK;
}

static dt_status rename_module(dt_ctx *ctx, dt_module *m, const char *name)
{
    char *copy = dt_strdup(name);
    if (!copy) return dt_ctx_fail_memory(ctx, strlen(name) + 1, "a name");
    dt_free(m->name);
    m->name = copy;
    return DT_OK;
}

/* A module that cannot be taken over is destroyed, unless it lives in a tree. */
static dt_status reject(dt_ctx *ctx, dt_module *child)
{
    if (child && !child->parent) dt_module_destroy(child);
    return dt_ctx_status(ctx);
}

dt_status dt_module_replace(dt_ctx *ctx, dt_module *m, const char *child, dt_module *replacement)
{
    size_t i = 0;
    if (!m || !replacement || dt_ctx_status(ctx) != DT_OK) return reject(ctx, replacement);
    for (const dt_module *p = m; p; p = p->parent)
        if (p == replacement) return dt_module_fail(ctx, m, DT_ERR_ARG, "\"%s\" would contain itself", child);
    if (find_child(ctx, m, child, &i) != DT_OK || check_joins(ctx, m, child, replacement) != DT_OK ||
        rename_module(ctx, replacement, child) != DT_OK)
        return reject(ctx, replacement);
    destroy_child(m, i, replacement);
    /* the place of the old child is free: no allocation */
    memmove(m->children + i + 1, m->children + i, (m->child_count - i) * sizeof *m->children);
    m->children[i] = replacement;
    m->child_count++;
    replacement->parent = m;
    return DT_OK;
}

dt_status dt_module_append(dt_ctx *ctx, dt_module *m, const char *name, dt_module *child)
{
    char number[24];
    if (!m || !child || dt_ctx_status(ctx) != DT_OK) return reject(ctx, child);
    snprintf(number, sizeof number, "%zu", m->child_count);
    if (!name) name = number;
    for (const dt_module *p = m; p; p = p->parent)
        if (p == child) return dt_module_fail(ctx, m, DT_ERR_ARG, "\"%s\" would contain itself", name);
    if (dt_module_check_name(ctx, m, name, "module") != DT_OK || check_joins(ctx, m, name, child) != DT_OK ||
        rename_module(ctx, child, name) != DT_OK)
        return reject(ctx, child);
    if (dt_grow(&m->children, &m->child_capacity, m->child_count + 1, sizeof *m->children) != 0) {
        dt_ctx_fail_memory(ctx, (m->child_count + 1) * sizeof *m->children, "children");
        return reject(ctx, child);
    }
    m->children[m->child_count++] = child;
    child->parent = m;
    return DT_OK;
}

/* --- devices --- */

typedef struct move {
    dt_ctx *ctx;
    dt_device *device;
    dt_tensor **copies;
    size_t count, next;
} move;

static int moves(const move *mv, const dt_param *param)
{
    return !param->on_host && param->tensor->device != mv->device;
}

static dt_status count_param(void *arg, const char *full_name, dt_module *owner, dt_param *param)
{
    move *mv = arg;
    (void)full_name, (void)owner;
    mv->count += (size_t)moves(mv, param);
    return DT_OK;
}

static dt_status copy_param(void *arg, const char *full_name, dt_module *owner, dt_param *param)
{
    move *mv = arg;
    (void)full_name, (void)owner;
    if (!moves(mv, param)) return DT_OK;
    dt_tensor *copy = dt_clone_to(mv->ctx, param->tensor, mv->device);
    if (!copy) return dt_ctx_status(mv->ctx);
    mv->copies[mv->next++] = copy;
    return DT_OK;
}

/* The dt_tensor stays, so that the layers' own pointers to it remain good; its storage is exchanged with the
 * copy's. */
static dt_status adopt_copy(void *arg, const char *full_name, dt_module *owner, dt_param *param)
{
    move *mv = arg;
    (void)full_name, (void)owner;
    if (!moves(mv, param)) return DT_OK;
    dt_tensor *t = param->tensor, *copy = mv->copies[mv->next++];
    dt_storage *storage = t->storage;
    dt_zero_grad(t);
    t->storage = copy->storage;
    t->device = copy->device;
    memcpy(t->stride, copy->stride, sizeof t->stride);
    t->offset = copy->offset;
    copy->storage = storage;
    copy->device = storage->device;
    return DT_OK;
}

dt_status dt_module_to(dt_ctx *ctx, dt_module *m, dt_device *device)
{
    move mv = {.ctx = ctx, .device = device};
    if (!m || dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    dt_module_each_param(m, count_param, &mv);
    mv.copies = dt_calloc(mv.count, sizeof *mv.copies);
    if (!mv.copies) return dt_ctx_fail_memory(ctx, mv.count * sizeof *mv.copies, "a move between devices");
    dt_scope scope = dt_scope_open(ctx);
    dt_status st = dt_module_each_param(m, copy_param, &mv);
    if (st == DT_OK) {
        mv.next = 0;
        dt_module_each_param(m, adopt_copy, &mv);
    }
    dt_scope_close(ctx, scope);
    dt_free(mv.copies);
    return st;
}
