/* Text -> pipeline. */
#include <ctype.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "datasets/transforms/transform_reader.h"

enum { TEXT_MAX = 1 << 16 };

/* ---- steps ---- */

static dt_status find_kind(transform_reader *r, const char *word, int n, const dt_transform **kind)
{
    for (int i = 0; dt_transform_kinds[i]; i++) {
        *kind = dt_transform_kinds[i];
        if (transform_same_word((*kind)->name, word, (size_t)n) ||
            transform_find_choice((*kind)->alias, word, (size_t)n) >= 0)
            return DT_OK;
    }
    char shown[TRANSFORM_NAME_SHOWN + 1];
    transform_nearest near = {0};
    transform_copy_word(shown, word, n);
    for (int i = 0; dt_transform_kinds[i]; i++)
        transform_offer(&near, dt_transform_kinds[i]->name, shown);
    return transform_fail_name(r, word, "step", shown, &near);
}

static dt_status read_steps(transform_reader *r, dt_steps *steps);

static dt_status add_branch(transform_reader *r, dt_step *s)
{
    dt_steps *more = dt_realloc_array(s->branches, (size_t)s->branch_count + 1, sizeof *more);
    if (!more) return dt_fail_memory(r->err, sizeof *more, "transforms");
    s->branches = more;
    s->branches[s->branch_count++] = (dt_steps){0};
    const char *at = r->p;
    DT_TRY(read_steps(r, &s->branches[s->branch_count - 1]));
    r->step = s;
    if (s->kind->flow != DT_FLOW_ONE_OF && s->branches[s->branch_count - 1].count == 0)
        return transform_fail_at(r, at, "a step is wanted");
    return DT_OK;
}

/* "values | steps | steps": without values the steps come at once. */
static dt_status read_branches(transform_reader *r, dt_step *s)
{
    transform_skip_blanks(r);
    const int n = transform_word_length(r->p);
    if (isdigit((unsigned char)*r->p) || strchr("(.[", *r->p) || transform_is_name(r->p, n)) {
        DT_TRY(transform_read_args(r, s));
        if (*r->p != '|') return transform_fail_at(r, r->p, "'|' and the steps are missing");
        r->p++;
    }
    if (++r->depth > DT_STEP_DEPTH) return transform_fail_at(r, r->p, "more than %d levels", DT_STEP_DEPTH);
    for (;; r->p++) {
        DT_TRY(add_branch(r, s));
        if (*r->p != '|') break;
    }
    r->depth--;
    if (*r->p != ')') return transform_fail_at(r, r->p, "')' is missing");
    if (s->kind->flow == DT_FLOW_APPLY && s->branch_count > 1)
        return transform_fail_at(r, r->p, "it has one branch, not %d", s->branch_count);
    if (s->kind->flow != DT_FLOW_APPLY && s->branch_count > DT_ARG_VALUES)
        return transform_fail_at(r, r->p, "more than %d branches", DT_ARG_VALUES);
    return DT_OK;
}

static dt_status check_place(transform_reader *r, const char *at, const dt_step *s)
{
    const int top = r->depth == 0;
    if (s->kind->flow == DT_FLOW_NORMALIZE && !top)
        return transform_fail_at(r, at, "it is the last step, not one of a branch");
    if (s->kind->others == DT_OTHERS_NONE) return DT_OK;
    if (!top) return transform_fail_at(r, at, "it takes in other pictures, and cannot be within a branch");
    if (++r->mixing > DT_MIX_STEPS)
        return transform_fail_at(r, at, "more than %d steps that take in other pictures", DT_MIX_STEPS);
    return DT_OK;
}

static dt_status read_step(transform_reader *r, dt_step *s)
{
    const char *at = r->p;
    const int n = transform_word_length(r->p);
    r->number++;
    r->step = NULL;
    if (n == 0) return transform_fail_at(r, at, "the name of a step is wanted, not \"%c\"", *at);
    if (r->number > DT_STEPS) return transform_fail_at(r, at, "more than %d steps", DT_STEPS);
    DT_TRY(find_kind(r, at, n, &s->kind));
    r->step = s;
    r->p += n;
    DT_TRY(check_place(r, at, s));
    const char *behind = r->p;
    transform_skip_blanks(r);
    const int composed = s->kind->flow != DT_FLOW_STEP && s->kind->flow != DT_FLOW_NORMALIZE;
    if (*r->p == '(') {
        r->p++;
        DT_TRY(composed ? read_branches(r, s) : transform_read_args(r, s));
        if (*r->p != ')') return transform_fail_at(r, r->p, "')' is wanted, not '|'");
        r->p++;
    } else {
        r->p = behind;
        if (composed)
            return transform_fail_at(r, behind, "its steps are missing: %s(... | ...)", s->kind->name);
    }
    r->step = s;
    return transform_complete_args(r, at, s);
}

static uint64_t step_tag(const dt_steps *steps, const dt_transform *kind)
{
    uint64_t tag = dt_hash64(kind->name, strlen(kind->name));
    for (int i = 0; i < steps->count; i++)
        tag += steps->items[i].kind == kind;
    return tag;
}

static dt_status read_steps(transform_reader *r, dt_steps *steps)
{
    for (transform_skip_blanks(r); *r->p && *r->p != '|' && *r->p != ')'; transform_skip_blanks(r)) {
        const dt_step *last = steps->count ? &steps->items[steps->count - 1] : NULL;
        if (last && last->kind->flow == DT_FLOW_NORMALIZE) {
            r->step = last;
            return transform_fail_at(r, r->p, "it must be the last step");
        }
        if (dt_grow(&steps->items, &steps->capacity, (size_t)steps->count + 1, sizeof *steps->items) != 0)
            return dt_fail_memory(r->err, sizeof *steps->items, "transforms");
        dt_step *s = &steps->items[steps->count];
        *s = (dt_step){0};
        dt_status st = read_step(r, s);
        if (s->kind) { /* what it has is freed with the others */
            s->tag = step_tag(steps, s->kind);
            steps->count++;
        }
        if (st != DT_OK) return st;
    }
    return DT_OK;
}

/* ---- the pipeline ---- */

void dt_steps_free(dt_steps *steps)
{
    for (int i = 0; i < steps->count; i++) {
        dt_step *s = &steps->items[i];
        for (int b = 0; b < s->branch_count; b++)
            dt_steps_free(&s->branches[b]);
        dt_free(s->branches);
    }
    dt_free(steps->items);
    *steps = (dt_steps){0};
}

void dt_transforms_free(dt_transforms *t)
{
    if (!t) return;
    dt_steps_free(&t->steps);
    dt_free(t);
}

static int draws_nothing(const dt_step *s)
{
    if (s->kind->flow != DT_FLOW_STEP || s->kind->draw || s->kind->others != DT_OTHERS_NONE) return 0;
    for (const dt_arg *a = s->kind->args; a && a->name; a++)
        if (a->chance) return 0;
    return 1;
}

static dt_status parse(const char *text, const char *file, dt_transforms **out, dt_error *err)
{
    dt_transforms *t = dt_calloc(1, sizeof *t);
    if (!t) return dt_fail_memory(err, sizeof *t, "transforms");
    transform_reader r = {.text = text, .p = text, .file = file, .err = err};
    dt_status st = read_steps(&r, &t->steps);
    if (st == DT_OK && *r.p) {
        r.step = NULL;
        st = transform_fail_at(&r, r.p, "'%c' where a step is wanted", *r.p);
    }
    if (st != DT_OK) {
        dt_transforms_free(t);
        return st;
    }
    while (t->constant < t->steps.count && draws_nothing(&t->steps.items[t->constant]))
        t->constant++;
    *out = t;
    return DT_OK;
}

dt_status dt_transforms_parse(const char *text, dt_transforms **out, dt_error *err)
{
    *out = NULL;
    if (text[0] != '@') {
        if (strlen(text) > TEXT_MAX)
            return dt_fail(err, DT_ERR_ARG, "transforms: a text of more than %d bytes", TEXT_MAX);
        return parse(text, NULL, out, err);
    }
    char *content = NULL;
    size_t size;
    DT_TRY(dt_file_read(text + 1, TEXT_MAX, &content, &size, err));
    dt_status st = strlen(content) == size
                       ? parse(content, text + 1, out, err)
                       : dt_fail(err, DT_ERR_FORMAT, "%s: a zero byte in a text", text + 1);
    dt_free(content);
    return st;
}
