/* Chains of transforms from text and back. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/num.h"
#include "datasets/transforms/step.h"

enum { WORD = 64, NAMES = 500 };

typedef struct parser {
    const char *text, *at;
    int step; /* from 1 */
    dt_error *err;
} parser;

/* ---- words ---- */

static void skip_blanks(parser *p)
{
    for (;;) {
        p->at += strspn(p->at, " \t\r\n");
        if (*p->at != '#') return;
        p->at += strcspn(p->at, "\n");
    }
}

static void take_word(parser *p, char out[WORD])
{
    size_t n = strcspn(p->at, "(),;= \t\r\n#");
    snprintf(out, WORD, "%.*s", (int)(n < WORD - 1 ? n : WORD - 1), p->at);
    p->at += n;
}

static int column(const parser *p)
{
    return (int)(p->at - p->text) + 1;
}

/* " (did you mean x?)", or nothing. */
static void suggest(const char *word, const char *best, int distance, char *out, size_t size)
{
    *out = '\0';
    if (best && distance <= 2 + (int)strlen(word) / 4) snprintf(out, size, " (did you mean %s?)", best);
}

/* ---- values ---- */

static int index_in(const char *names, const char *word)
{
    size_t n = strlen(word);
    int i = 0;
    for (const char *p = names; p; i++) {
        const char *end = strstr(p, ", ");
        size_t len = end ? (size_t)(end - p) : strlen(p);
        if (len == n && strncmp(p, word, n) == 0) return i;
        p = end ? end + 2 : NULL;
    }
    return -1;
}

static int option_count(const dt_step_kind *k)
{
    int n = 0;
    while (n < DT_STEP_OPTIONS && k->options[n].name)
        n++;
    return n;
}

static int offset_of(const dt_step_kind *k, int option)
{
    int at = 0;
    for (int i = 0; i < option; i++)
        at += k->options[i].most;
    return at;
}

static dt_status add_value(parser *p, dt_step *s, int option, const char *word)
{
    const dt_step_option *o = &s->kind->options[option];
    double v = 0;
    if (o->names) {
        int i = index_in(o->names, word);
        if (i < 0)
            return dt_fail(p->err, DT_ERR_ARG, "transforms: step %d, %s: %s '%s' is none of: %s", p->step,
                           s->kind->name, o->name, word, o->names);
        v = i;
    } else if (dt_parse_f64_all(word, &v) != 0) {
        return dt_fail(p->err, DT_ERR_ARG, "transforms: step %d, %s, column %d: '%s' is no number for %s",
                       p->step, s->kind->name, column(p), word, o->name);
    } else if (!(v >= o->least && v <= o->largest) || (o->whole && v != floor(v))) {
        return dt_fail(p->err, DT_ERR_ARG, "transforms: step %d, %s: %s = %s is no %s from %g to %g", p->step,
                       s->kind->name, o->name, word, o->whole ? "whole number" : "number", o->least,
                       o->largest);
    }
    s->values[offset_of(s->kind, option) + s->count[option]++] = v;
    return DT_OK;
}

static dt_status find_option(parser *p, const dt_step *s, const char *word, int *option)
{
    const dt_step_kind *k = s->kind;
    char hint[WORD + 20], all[NAMES] = "";
    const char *best = NULL;
    int least = 99;
    for (int i = 0; i < option_count(k); i++) {
        if (strcmp(k->options[i].name, word) == 0) {
            *option = i;
            return DT_OK;
        }
        int d = dt_edit_distance(word, k->options[i].name);
        if (d < least) least = d, best = k->options[i].name;
        snprintf(all + strlen(all), NAMES - strlen(all), "%s%s", i ? ", " : "", k->options[i].name);
    }
    suggest(word, best, least, hint, sizeof hint);
    return dt_fail(p->err, DT_ERR_ARG, "transforms: step %d, %s has no option '%s'%s; it has: %s", p->step,
                   k->name, word, hint, *all ? all : "none");
}

static int room(const dt_step_option *o, int named)
{
    return o->alone && !named ? 1 : o->most;
}

/* One value, or name=value, between separators; *option: the one that values go to. */
static dt_status parse_argument(parser *p, dt_step *s, int *option, int *named)
{
    char word[WORD];
    const int options = option_count(s->kind);
    skip_blanks(p);
    take_word(p, word);
    skip_blanks(p);
    if (*p->at == '=') {
        DT_TRY(find_option(p, s, word, option));
        if (s->count[*option])
            return dt_fail(p->err, DT_ERR_ARG, "transforms: step %d, %s: %s is given twice", p->step,
                           s->kind->name, word);
        *named = 1;
        p->at++;
        skip_blanks(p);
        take_word(p, word);
    } else if (*option < options && s->count[*option] >= room(&s->kind->options[*option], *named)) {
        if (*named)
            return dt_fail(p->err, DT_ERR_ARG,
                           "transforms: step %d, %s: %s takes %d value%s; '%s' is too many", p->step,
                           s->kind->name, s->kind->options[*option].name, s->kind->options[*option].most,
                           s->kind->options[*option].most == 1 ? "" : "s", word);
        ++*option;
    }
    if (*option >= options)
        return dt_fail(p->err, DT_ERR_ARG, "transforms: step %d, %s takes fewer values: '%s' is too many",
                       p->step, s->kind->name, word);
    return add_value(p, s, *option, word);
}

static dt_status parse_arguments(parser *p, dt_step *s)
{
    int option = 0, named = 0;
    p->at++;
    skip_blanks(p);
    while (*p->at != ')') {
        DT_TRY(parse_argument(p, s, &option, &named));
        skip_blanks(p);
        if (*p->at == ';') {
            option++;
            p->at++;
        } else if (*p->at == ',') {
            p->at++;
        } else if (*p->at != ')') {
            return dt_fail(p->err, DT_ERR_ARG, "transforms: step %d, %s, column %d: ')' is missing", p->step,
                           s->kind->name, column(p));
        }
    }
    p->at++;
    return DT_OK;
}

static dt_status fill_in(parser *p, dt_step *s)
{
    for (int i = 0; i < option_count(s->kind); i++) {
        const dt_step_option *o = &s->kind->options[i];
        if (s->count[i]) continue;
        if (!o->fallback)
            return dt_fail(p->err, DT_ERR_ARG, "transforms: step %d, %s: %s is needed: %s", p->step,
                           s->kind->name, o->name, o->help);
        parser inner = {o->fallback, o->fallback, p->step, p->err};
        while (*inner.at) {
            char word[WORD];
            inner.at += strspn(inner.at, ", ");
            take_word(&inner, word);
            DT_TRY(add_value(&inner, s, i, word));
        }
    }
    return DT_OK;
}

/* ---- steps ---- */

static dt_status find_kind(parser *p, const char *word, const dt_step_kind **kind)
{
    size_t count;
    const dt_step_kind *const *kinds = dt_step_kinds(&count);
    const char *best = NULL;
    char hint[WORD + 20], all[NAMES] = "";
    int least = 99;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(kinds[i]->name, word) == 0) {
            *kind = kinds[i];
            return DT_OK;
        }
        int d = dt_edit_distance(word, kinds[i]->name);
        if (d < least) least = d, best = kinds[i]->name;
        snprintf(all + strlen(all), NAMES - strlen(all), "%s%s", i ? ", " : "", kinds[i]->name);
    }
    suggest(word, best, least, hint, sizeof hint);
    return dt_fail(p->err, DT_ERR_ARG, "transforms: step %d, column %d: there is no step '%s'%s; steps: %s",
                   p->step, column(p), word, hint, all);
}

static dt_status parse_step(parser *p, dt_transforms *t)
{
    char word[WORD];
    if (t->count == DT_TRANSFORM_STEPS)
        return dt_fail(p->err, DT_ERR_ARG, "transforms: more than %d steps", DT_TRANSFORM_STEPS);
    dt_step *s = &t->steps[t->count];
    *s = (dt_step){0};
    take_word(p, word);
    DT_TRY(find_kind(p, word, &s->kind));
    skip_blanks(p);
    if (*p->at == '(') DT_TRY(parse_arguments(p, s));
    DT_TRY(fill_in(p, s));
    t->count++;
    if (!s->kind->check) return DT_OK;
    dt_error inner = {0};
    dt_status st = s->kind->check(s, &inner);
    return st == DT_OK
               ? st
               : dt_fail(p->err, st, "transforms: step %d, %s: %s", p->step, s->kind->name, inner.text);
}

static dt_status settle(dt_transforms *t, dt_error *err)
{
    for (int i = 0; i < t->count; i++) {
        const dt_step *s = &t->steps[i];
        if (s->kind == &dt_step_recipe) {
            if (i)
                return dt_fail(err, DT_ERR_ARG, "transforms: recipe is step %d, but it can only be the first",
                               i + 1);
            t->recipe = 1;
        }
        if (s->kind != &dt_step_normalize) continue;
        if (i + 1 < t->count) return dt_fail(err, DT_ERR_ARG, "transforms: normalize is not the last step");
        for (int c = 0; c < 3; c++) {
            t->mean[c] = (float)dt_step_value(s, 0, c);
            t->std[c] = (float)dt_step_value(s, 1, c);
        }
    }
    return DT_OK;
}

dt_status dt_transforms_parse(const char *text, dt_transforms *t, dt_error *err)
{
    parser p = {text, text, 0, err};
    *t = (dt_transforms){.std = {1, 1, 1}};
    for (skip_blanks(&p); *p.at; skip_blanks(&p)) {
        p.step++;
        DT_TRY(parse_step(&p, t));
    }
    return settle(t, err);
}

/* ---- back to text ---- */

static void put_value(const dt_step_option *o, double v, dt_str *out)
{
    char number[DT_NUM_MAX];
    if (o->names) {
        const char *p = o->names;
        for (int i = 0; i < (int)v; i++)
            p = strstr(p, ", ") + 2;
        dt_str_append_n(out, p, strcspn(p, ","));
    } else if (v == floor(v) && fabs(v) < 1e15) {
        dt_str_printf(out, "%lld", (long long)v);
    } else {
        dt_format_f64(number, v);
        dt_str_append(out, number);
    }
}

static int is_default(const dt_step *s, int option)
{
    const dt_step_option *o = &s->kind->options[option];
    if (!o->fallback) return 0;
    dt_error none = {0};
    dt_step plain = {.kind = s->kind};
    parser p = {o->fallback, o->fallback, 1, &none};
    while (*p.at) {
        char word[WORD];
        p.at += strspn(p.at, ", ");
        take_word(&p, word);
        if (add_value(&p, &plain, option, word) != DT_OK) return 0;
    }
    int at = offset_of(s->kind, option);
    return plain.count[option] == s->count[option] &&
           memcmp(plain.values + at, s->values + at, s->count[option] * sizeof *s->values) == 0;
}

void dt_transforms_text(const dt_transforms *t, dt_str *out)
{
    for (int i = 0; i < t->count; i++) {
        const dt_step *s = &t->steps[i];
        int shown = 0;
        dt_str_printf(out, "%s%s", i ? " " : "", s->kind->name);
        for (int o = 0; o < option_count(s->kind); o++) {
            if (!s->count[o] || is_default(s, o)) continue;
            dt_str_append(out, shown++ ? ", " : "(");
            dt_str_printf(out, "%s=", s->kind->options[o].name);
            for (int k = 0; k < s->count[o]; k++) {
                if (k) dt_str_append(out, ", ");
                put_value(&s->kind->options[o], s->values[offset_of(s->kind, o) + k], out);
            }
        }
        if (shown) dt_str_char(out, ')');
    }
}
