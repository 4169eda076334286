#include <string.h>

#include "core/mem.h"
#include "core/num.h"
#include "core/str.h"
#include "tools/train.h"

enum { MAX_PATTERNS = 64 };

typedef struct grouping {
    dt_train_run *run;
    char *patterns[MAX_PATTERNS];
    double values[MAX_PATTERNS];
    int64_t matched[MAX_PATTERNS];
    int count;
    int group[MAX_PATTERNS + 1][2]; /* [pattern, the last one: no pattern][decayed]; -1: not made yet */
} grouping;

static dt_optim_kind optimizer_kind(const char *name)
{
    if (strcmp(name, "sgd") == 0) return DT_SGD;
    return strcmp(name, "adam") == 0 ? DT_ADAM : DT_ADAMW;
}

/* "backbone.*=0.001" */
static dt_status parse_patterns(grouping *g)
{
    const dt_opt_list *list = &g->run->opts.lr;
    for (int i = 0; i < list->count; i++) {
        const char *text = list->items[i], *equals = strrchr(text, '=');
        double value;
        if (!equals || equals == text || dt_parse_f64_all(equals + 1, &value) != 0 ||
            !(value >= 0 && value <= 1e3))
            return dt_ctx_fail(g->run->ctx, DT_ERR_ARG,
                               "--lr %s: PATTERN=VALUE is wanted, VALUE from 0 to 1000", text);
        g->patterns[i] = dt_strndup(text, (size_t)(equals - text));
        if (!g->patterns[i]) return dt_ctx_fail_memory(g->run->ctx, strlen(text), "a pattern");
        g->values[i] = value;
        g->count++;
    }
    return DT_OK;
}

static dt_status make_group(grouping *g, int pattern, int decayed, int *group)
{
    dt_train_run *run = g->run;
    dt_optim_kind kind = optimizer_kind(run->opts.optimizer);
    dt_group_opts opts = dt_group_defaults(kind);
    opts.lr = pattern < g->count ? g->values[pattern] : run->opts.lr0;
    opts.weight_decay = decayed ? run->opts.weight_decay : 0;
    if (kind == DT_SGD) {
        opts.momentum = run->opts.momentum;
        opts.nesterov = run->opts.nesterov && opts.momentum > 0;
    } else {
        opts.beta1 = run->opts.momentum;
    }
    char *name =
        dt_format("%s%s", pattern < g->count ? g->patterns[pattern] : "*", decayed ? "" : " (no decay)");
    if (!name) return dt_ctx_fail_memory(run->ctx, 64, "a group's name");
    *group = dt_optim_add_group(run->ctx, run->optim, name, &opts);
    dt_free(name);
    if (*group < 0) return dt_ctx_status(run->ctx);
    double *grown = dt_realloc_array(run->base_lr, (size_t)*group + 1, sizeof *grown);
    if (!grown) return dt_ctx_fail_memory(run->ctx, sizeof *grown, "the learning rates");
    run->base_lr = grown;
    grown[*group] = opts.lr;
    return DT_OK;
}

/* The first pattern that matches wins. */
static dt_status add_param(void *arg, const char *full_name, dt_module *owner, dt_param *param)
{
    (void)owner;
    grouping *g = arg;
    if (param->is_buffer) return DT_OK;
    int pattern = 0;
    while (pattern < g->count && !dt_glob_match(g->patterns[pattern], full_name))
        pattern++;
    g->matched[pattern]++;
    int decayed = g->run->opts.decay_all || param->tensor->shape.rank >= 2;
    int *group = &g->group[pattern][decayed];
    if (*group < 0) DT_TRY(make_group(g, pattern, decayed, group));
    return dt_optim_add_param(g->run->ctx, g->run->optim, *group, full_name, param->tensor);
}

dt_status dt_train_make_groups(dt_train_run *run)
{
    grouping g = {.run = run};
    memset(g.group, 0xff, sizeof g.group);
    run->optim = dt_optim_create(run->ctx, optimizer_kind(run->opts.optimizer));
    dt_status st = run->optim ? parse_patterns(&g) : dt_ctx_status(run->ctx);
    if (st == DT_OK) st = dt_module_each_param(run->net, add_param, &g);
    for (int i = 0; i < g.count && st == DT_OK; i++)
        if (g.matched[i] == 0)
            st = dt_ctx_fail(run->ctx, DT_ERR_ARG,
                             "--lr %s: no parameter of %s that an earlier pattern has not taken matches",
                             g.patterns[i], run->opts.model);
    for (int i = 0; i < g.count; i++)
        dt_free(g.patterns[i]);
    return st;
}
