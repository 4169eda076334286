/* The options of a step: text -> values. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "core/num.h"
#include "datasets/transforms/transform_reader.h"

/* ---- values ---- */

static int most_values(const dt_arg *a)
{
    return a->most ? a->most : 1;
}

static dt_status read_number(transform_reader *r, const dt_arg *a, double *value)
{
    const char *at = r->p;
    size_t n = dt_parse_f64(r->p, strlen(r->p), value);
    if (n == 0) {
        char word[TRANSFORM_NAME_SHOWN + 1];
        transform_copy_word(word, r->p, (int)strcspn(r->p, " ,;()[]|\n"));
        return transform_fail_at(r, at, "%s: \"%s\" is not a number", a->name, word);
    }
    r->p += n;
    if (*r->p == '/') { /* 4/3 */
        double below = 0;
        n = dt_parse_f64(r->p + 1, strlen(r->p + 1), &below);
        if (n == 0 || below == 0)
            return transform_fail_at(r, r->p + 1, "%s: a number is wanted behind '/'", a->name);
        r->p += 1 + n;
        *value /= below;
    }
    if (!(*value >= a->min && *value <= a->max))
        return transform_fail_at(r, at, "%s = %g is not in %g..%g", a->name, *value, a->min, a->max);
    if (a->type == DT_ARG_INT && *value != floor(*value))
        return transform_fail_at(r, at, "%s = %g is not a whole number", a->name, *value);
    return DT_OK;
}

static dt_status read_value(transform_reader *r, const dt_arg *a, double *value)
{
    if (a->type == DT_ARG_F64 || a->type == DT_ARG_INT) return read_number(r, a, value);
    const char *choices = a->type == DT_ARG_BOOL ? "false|true|0|1|no|yes" : a->choices;
    const int n = a->type == DT_ARG_BOOL && isdigit((unsigned char)*r->p) ? 1 : transform_word_length(r->p);
    const int found = n ? transform_find_choice(choices, r->p, (size_t)n) : -1;
    if (found < 0) {
        char word[TRANSFORM_NAME_SHOWN + 1];
        transform_copy_word(word, r->p, n ? n : (int)strcspn(r->p, " ,;()[]|\n"));
        return transform_fail_at(r, r->p, "%s: \"%s\" is none of %s", a->name, word,
                                 a->type == DT_ARG_BOOL ? "true, false" : choices);
    }
    *value = a->type == DT_ARG_BOOL ? found % 2 : found;
    r->p += n;
    return DT_OK;
}

static dt_status add_value(transform_reader *r, const dt_arg *a, dt_values *v)
{
    if (v->count == most_values(a))
        return transform_fail_at(r, r->p, "%s takes %d value%s", a->name, v->count, v->count == 1 ? "" : "s");
    DT_TRY(read_value(r, a, &v->v[v->count]));
    v->count++;
    return DT_OK;
}

/* "(a, b)" or "[a, b]", or one value. */
static dt_status read_list(transform_reader *r, const dt_arg *a, dt_values *v)
{
    const char close = *r->p == '(' ? ')' : ']';
    if (*r->p != '(' && *r->p != '[') return add_value(r, a, v);
    do {
        r->p++;
        transform_skip_blanks(r);
        DT_TRY(add_value(r, a, v));
        transform_skip_blanks(r);
    } while (*r->p == ',');
    if (*r->p != close)
        return transform_fail_at(r, r->p, "%s: '%c' is missing behind the values", a->name, close);
    r->p++;
    return DT_OK;
}

/* ---- options ---- */

static int count_args(const dt_transform *kind)
{
    int n = 0;
    while (kind->args && kind->args[n].name)
        n++;
    return n;
}

/* 1: a ';' ends the values of an option before the closing bracket. */
static int has_semicolon(const char *p)
{
    for (int depth = 0; *p; p++) {
        if (*p == '#') { /* a comment, to the end of its line */
            p += strcspn(p, "\n");
            if (!*p) return 0;
        }
        if (*p == ';' && depth == 0) return 1;
        if (*p == '|' && depth == 0) return 0;
        if (strchr("([", *p)) depth++;
        if (strchr(")]", *p) && depth-- == 0) return 0;
    }
    return 0;
}

static dt_status find_arg(transform_reader *r, const dt_transform *kind, const char *word, int n, int *arg)
{
    const int count = count_args(kind);
    for (*arg = 0; *arg < count; ++*arg)
        if (transform_same_word(kind->args[*arg].name, word, (size_t)n)) return DT_OK;
    char shown[TRANSFORM_NAME_SHOWN + 1];
    transform_nearest near = {0};
    transform_copy_word(shown, word, n);
    for (int i = 0; i < count; i++)
        transform_offer(&near, kind->args[i].name, shown);
    return transform_fail_name(r, word, "option", shown, &near);
}

static dt_status read_by_name(transform_reader *r, dt_step *s, int n)
{
    int arg;
    const char *at = r->p;
    DT_TRY(find_arg(r, s->kind, at, n, &arg));
    if (s->args[arg].count) return transform_fail_at(r, at, "%s is given twice", s->kind->args[arg].name);
    r->p += n;
    transform_skip_blanks(r);
    r->p++; /* the '=' */
    transform_skip_blanks(r);
    return read_list(r, &s->kind->args[arg], &s->args[arg]);
}

int transform_is_name(const char *p, int n)
{
    if (!n) return 0;
    p += n;
    while (isspace((unsigned char)*p) || *p == '#')
        p += *p == '#' ? strcspn(p, "\n") : 1;
    return *p == '=';
}

dt_status transform_read_args(transform_reader *r, dt_step *s)
{
    const dt_arg *args = s->kind->args;
    const int count = count_args(s->kind), grouped = has_semicolon(r->p);
    int at = 0, named = 0;
    for (transform_skip_blanks(r); *r->p != ')' && *r->p != '|'; transform_skip_blanks(r)) {
        const int n = transform_word_length(r->p);
        if (*r->p == '\0') return transform_fail_at(r, r->p, "')' is missing");
        if (transform_is_name(r->p, n)) {
            DT_TRY(read_by_name(r, s, n));
            named = 1;
        } else {
            if (named) return transform_fail_at(r, r->p, "a value without a name behind one with a name");
            const int brackets = *r->p == '(' || *r->p == '[';
            while (at < count && s->args[at].count &&
                   (brackets ||
                    s->args[at].count >=
                        (args[at].in_order && !grouped ? args[at].in_order : most_values(&args[at]))))
                at++;
            if (at >= count)
                return transform_fail_at(r, r->p, "more values than there are options (%d)", count);
            DT_TRY(read_list(r, &args[at], &s->args[at]));
            if (brackets) at++;
        }
        transform_skip_blanks(r);
        if (*r->p == ',')
            r->p++;
        else if (*r->p == ';')
            r->p++, at++;
        else if (*r->p && *r->p != ')' && *r->p != '|')
            return transform_fail_at(r, r->p, "',' or ')' is wanted, not \"%c\"", *r->p);
    }
    return DT_OK;
}

dt_status dt_arg_usual(const dt_arg *a, dt_values *v, dt_error *err)
{
    transform_reader r = {.text = a->usual, .p = a->usual, .err = err};
    *v = (dt_values){0};
    for (; *r.p; r.p += strspn(r.p, ", "))
        DT_TRY(add_value(&r, a, v));
    return DT_OK;
}

dt_status transform_complete_args(transform_reader *r, const char *at, dt_step *s)
{
    for (int i = 0; s->kind->args && s->kind->args[i].name; i++) {
        const dt_arg *a = &s->kind->args[i];
        if (s->args[i].count == 0 && !a->usual) return transform_fail_at(r, at, "%s must be given", a->name);
        if (s->args[i].count == 0) DT_TRY(dt_arg_usual(a, &s->args[i], r->err));
        if (s->args[i].count < a->least)
            return transform_fail_at(r, at, "%s takes %d values, not %d", a->name, a->least,
                                     s->args[i].count);
        if (a->whole && s->args[i].count != 1 && s->args[i].count != a->most)
            return transform_fail_at(r, at, "%s takes one value or %d, not %d", a->name, a->most,
                                     s->args[i].count);
    }
    if (s->kind->check && s->kind->check(s, r->err) != DT_OK) {
        const dt_error said = *r->err;
        return transform_fail_at(r, at, "%s", said.text);
    }
    return DT_OK;
}
