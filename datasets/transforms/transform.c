#include "datasets/transforms/transform.h"

#include <string.h>

#include "core/mem.h"
#include "datasets/transforms/step.h"

#define DT_STEP(name) &dt_step_##name,
static const dt_step_kind *const kinds[] = {
#include "datasets/transforms/step_list.def"
};
#undef DT_STEP

const dt_step_kind *const *dt_step_kinds(size_t *count)
{
    *count = sizeof kinds / sizeof *kinds;
    return kinds;
}

static int first_value(const dt_step *s, int option)
{
    int at = 0;
    for (int i = 0; i < option; i++)
        at += s->kind->options[i].most;
    return at;
}

int dt_step_count(const dt_step *s, int option)
{
    return s->count[option];
}

double dt_step_value(const dt_step *s, int option, int i)
{
    if (!s->count[option]) return 0;
    return s->values[first_value(s, option) + (i < s->count[option]    ? i
                                               : s->count[option] == 1 ? 0
                                                                       : s->count[option] - 1)];
}

const char *dt_step_name(const dt_step *s)
{
    return s->kind->name;
}

void dt_transforms_size(const dt_transforms *t, int *width, int *height)
{
    *width = *height = 0;
    for (int i = 0; i < t->count; i++)
        if (t->steps[i].kind->size) t->steps[i].kind->size(&t->steps[i], width, height);
}

/* The sample of a chain in the making: borrowed until a step makes one of its own. */
typedef struct chain {
    const dt_sample *now;
    dt_sample mine, spare;
} chain;

static dt_status apply_step(const dt_step *s, chain *c, dt_rng *rng, dt_str *said, dt_error *err)
{
    if (s->kind->apply) {
        DT_TRY(s->kind->apply(s, c->now, rng, &c->spare, said, err));
        dt_sample made = c->spare;
        c->spare = c->mine;
        c->mine = made;
    } else if (s->kind->change) {
        if (c->now != &c->mine) {
            dt_sample_free(&c->mine);
            DT_TRY(dt_sample_copy(c->now, &c->mine, err));
        }
        c->now = &c->mine;
        return s->kind->change(s, &c->mine, rng, said, err);
    } else {
        return DT_OK;
    }
    c->now = &c->mine;
    return DT_OK;
}

dt_status dt_transforms_apply(const dt_transforms *t, const dt_sample *src, const dt_rng *rng, dt_sample *out,
                              dt_str *said, dt_error *err)
{
    chain c = {.now = src, .mine = *out};
    dt_status st = DT_OK;
    *out = (dt_sample){0};
    for (int i = 0; i < t->count && st == DT_OK; i++) {
        dt_rng own = dt_rng_fork(rng, (uint64_t)i + 1);
        dt_error inner = {0};
        DT_SAY(said, "%s%s", i ? "\n" : "", t->steps[i].kind->name);
        st = apply_step(&t->steps[i], &c, &own, said, &inner);
        if (st != DT_OK)
            st = dt_fail(err, st, "transforms: step %d, %s: %s", i + 1, t->steps[i].kind->name, inner.text);
    }
    if (st == DT_OK && c.now == src) {
        dt_sample_free(&c.mine);
        st = dt_sample_copy(src, &c.mine, err);
    }
    dt_sample_free(&c.spare);
    *out = c.mine;
    if (st == DT_OK) {
        out->cls = src->cls;
        out->index = src->index;
    }
    return st;
}
