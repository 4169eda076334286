#include "core/state_dict.h"

#include <stdio.h>
#include <string.h>

#include "core/device.h"
#include "core/mem.h"

/* --- saving --- */

typedef struct saving {
    dt_ctx *ctx;
    dt_st_writer *w;
    const char *prefix;
} saving;

static dt_status save_param(void *arg, const char *full_name, dt_module *owner, dt_param *param)
{
    saving *s = arg;
    (void)owner;
    if (!param->persistent) return DT_OK;
    const dt_tensor *t = param->tensor;
    size_t bytes = (size_t)dt_numel(t) * dt_dtype_size(t->dtype);
    char *name = dt_format("%s%s", s->prefix, full_name);
    void *host = dt_malloc(bytes);
    if (!name || !host) {
        dt_free(name);
        dt_free(host);
        return dt_ctx_fail_memory(s->ctx, bytes, full_name);
    }
    dt_status st = dt_read(s->ctx, t, host, bytes);
    dt_error err = {0};
    if (st != DT_OK)
        dt_free(host);
    else if (dt_st_add(s->w, name, t->dtype, &t->shape, host, 1, &err) != DT_OK)
        st = dt_ctx_fail(s->ctx, err.status, "%s", err.text);
    dt_free(name);
    return st;
}

dt_status dt_state_dict_save(dt_ctx *ctx, dt_module *m, const char *prefix, dt_st_writer *w)
{
    saving s = {ctx, w, prefix};
    if (!m || dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    return dt_module_each_param(m, save_param, &s);
}

/* --- loading --- */

/* One parameter and the entry that goes into it. */
typedef struct pair {
    dt_tensor *tensor;
    const dt_st_entry *entry;
    void *converted; /* host values where the file's type is another */
} pair;

typedef struct loading {
    dt_ctx *ctx;
    dt_module *m;
    const dt_st_file *file;
    dt_load_opts opts;
    dt_load_report *report;
    pair *pairs;
    size_t count, capacity;
    char *key; /* prefix + name */
    size_t key_capacity;
} loading;

static dt_status add_line(loading *l, char ***lines, size_t *count, size_t *capacity, char *line)
{
    if (!line || dt_grow(lines, capacity, *count + 1, sizeof **lines) != 0) {
        dt_free(line);
        return dt_ctx_fail_memory(l->ctx, (*count + 1) * sizeof **lines, "a list of names");
    }
    (*lines)[(*count)++] = line;
    return DT_OK;
}

#define ADD_LINE(l, list, line)                                                                              \
    add_line(l, &(l)->report->list, &(l)->report->list##_count, &(l)->report->list##_capacity, line)

static int is_dropped(const loading *l, const char *name)
{
    return l->opts.drop && dt_glob_match(l->opts.drop, name);
}

static char *describe_mismatch(const char *name, const dt_st_entry *e, const dt_tensor *t)
{
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    dt_shape_text(&e->shape, a);
    dt_shape_text(&t->shape, b);
    if (dt_shape_equal(&e->shape, &t->shape))
        return dt_format("%s: file %s, model %s", name, dt_dtype_name(e->dtype), dt_dtype_name(t->dtype));
    return dt_format("%s: file %s, model %s", name, a, b);
}

static dt_status match_param(void *arg, const char *full_name, dt_module *owner, dt_param *param)
{
    loading *l = arg;
    (void)owner;
    if (!param->persistent || is_dropped(l, full_name)) return DT_OK;
    size_t need = strlen(l->opts.prefix) + strlen(full_name) + 1;
    if (dt_grow(&l->key, &l->key_capacity, need, 1) != 0) return dt_ctx_fail_memory(l->ctx, need, "a name");
    snprintf(l->key, need, "%s%s", l->opts.prefix, full_name);
    const dt_st_entry *e = dt_st_find(l->file, l->key);
    dt_tensor *t = param->tensor;
    if (!e) return param->on_host ? DT_OK : ADD_LINE(l, missing, dt_strdup(full_name));
    if (!dt_shape_equal(&e->shape, &t->shape) || !dt_st_can_convert(e->dtype, t->dtype))
        return ADD_LINE(l, mismatched, describe_mismatch(full_name, e, t));
    if (dt_grow(&l->pairs, &l->capacity, l->count + 1, sizeof *l->pairs) != 0)
        return dt_ctx_fail_memory(l->ctx, (l->count + 1) * sizeof *l->pairs, "loading");
    l->pairs[l->count++] = (pair){.tensor = t, .entry = e};
    return DT_OK;
}

static dt_status find_unexpected(loading *l)
{
    size_t n = strlen(l->opts.prefix);
    for (size_t i = 0; i < l->file->count; i++) {
        const char *name = l->file->by_name[i]->name;
        if (strncmp(name, l->opts.prefix, n) != 0 || is_dropped(l, name + n)) continue;
        const dt_param *param = dt_module_find_param(l->m, name + n);
        if (!param || !param->persistent) DT_TRY(ADD_LINE(l, unexpected, dt_strdup(name + n)));
    }
    return DT_OK;
}

static void append_first(char *out, size_t size, const char *what, char **lines, size_t count)
{
    size_t len = strlen(out);
    if (count)
        snprintf(out + len, size - len, "%s%zu %s (%s%.200s)", len ? "; " : "", count, what,
                 count > 1 ? "the first: " : "", lines[0]);
}

static dt_status judge(const loading *l)
{
    const dt_load_report *r = l->report;
    int shapes_count = l->opts.strict || !l->opts.skip_mismatched;
    if (!(r->mismatched_count && shapes_count) &&
        !(l->opts.strict && (r->missing_count || r->unexpected_count)))
        return DT_OK;
    char text[DT_ERROR_TEXT_MAX] = "";
    if (shapes_count)
        append_first(text, sizeof text, "entries do not fit the model", r->mismatched, r->mismatched_count);
    if (l->opts.strict) {
        append_first(text, sizeof text, "missing in the file", r->missing, r->missing_count);
        append_first(text, sizeof text, "unexpected in the file", r->unexpected, r->unexpected_count);
    }
    return dt_ctx_fail(l->ctx, r->mismatched_count && shapes_count ? DT_ERR_SHAPE : DT_ERR_NOT_FOUND,
                       "%s: %s", l->file->name, text);
}

static dt_status convert(loading *l)
{
    for (size_t i = 0; i < l->count; i++) {
        pair *p = &l->pairs[i];
        if (p->entry->dtype == p->tensor->dtype) continue;
        size_t bytes = (size_t)dt_numel(p->tensor) * dt_dtype_size(p->tensor->dtype);
        p->converted = dt_malloc(bytes);
        if (!p->converted) return dt_ctx_fail_memory(l->ctx, bytes, p->entry->name);
        dt_st_convert(p->entry, p->tensor->dtype, p->converted);
    }
    return DT_OK;
}

/* Everything that can be wrong was found out before; what remains are copies. */
static dt_status write_all(loading *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const pair *p = &l->pairs[i];
        size_t bytes = (size_t)dt_numel(p->tensor) * dt_dtype_size(p->tensor->dtype);
        DT_TRY(dt_write(l->ctx, p->tensor, p->converted ? p->converted : p->entry->data, bytes));
    }
    l->report->loaded = (int64_t)l->count;
    return DT_OK;
}

static dt_status load(loading *l)
{
    DT_TRY(dt_module_each_param(l->m, match_param, l));
    DT_TRY(find_unexpected(l));
    DT_TRY(judge(l));
    DT_TRY(convert(l));
    return write_all(l);
}

dt_status dt_state_dict_load(dt_ctx *ctx, dt_module *m, const dt_st_file *file, const dt_load_opts *opts,
                             dt_load_report *report)
{
    dt_load_report own = {0};
    if (report) *report = own;
    if (!m || dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    loading l = {.ctx = ctx, .m = m, .file = file, .report = report ? report : &own};
    l.opts = opts ? *opts : (dt_load_opts){.strict = 1};
    if (!l.opts.prefix) l.opts.prefix = "";
    dt_status st = load(&l);
    for (size_t i = 0; i < l.count; i++)
        dt_free(l.pairs[i].converted);
    dt_free(l.pairs);
    dt_free(l.key);
    dt_load_report_free(&own);
    return st;
}

static void free_lines(char **lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        dt_free(lines[i]);
    dt_free(lines);
}

void dt_load_report_free(dt_load_report *r)
{
    free_lines(r->missing, r->missing_count);
    free_lines(r->unexpected, r->unexpected_count);
    free_lines(r->mismatched, r->mismatched_count);
    *r = (dt_load_report){0};
}
