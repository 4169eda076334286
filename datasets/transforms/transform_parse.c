/* Text -> pipeline. */
#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "datasets/transforms/transform_impl.h"

enum { TEXT_MAX = 1 << 16, NAME_MAX_SHOWN = 40 };

typedef struct reader {
    const char *text, *p;
    const char *file; /* NULL: from the command line */
    int number;       /* steps begun so far */
    int depth, mixing;
    const dt_step *step; /* being read, for messages */
    dt_error *err;
} reader;

/* ---- messages ---- */

static dt_status fail_at(reader *r, const char *at, const char *fmt, ...) DT_PRINTF(3, 4);
static dt_status fail_at(reader *r, const char *at, const char *fmt, ...)
{
    int line = 1;
    const char *begin = r->text;
    for (const char *p = r->text; p < at; p++)
        if (*p == '\n') line++, begin = p + 1;
    const int lines = r->file != NULL || strchr(r->text, '\n') != NULL;
    char where[64], name[64] = "";
    if (lines)
        snprintf(where, sizeof where, "line %d, column %d", line, (int)(at - begin) + 1);
    else
        snprintf(where, sizeof where, "column %d", (int)(at - begin) + 1);
    if (r->step && r->step->kind) snprintf(name, sizeof name, " (%s)", r->step->kind->name);
    va_list args;
    va_start(args, fmt);
    dt_failv(r->err, DT_ERR_ARG, fmt, args);
    va_end(args);
    return dt_error_prefix(r->err, "%s: step %d%s, %s: ", r->file ? r->file : "transforms", r->number, name,
                           where);
}

/* The closest of the names so far; one with the word in it ("erasing") is as close as a slip of one letter. */
typedef struct nearest {
    const char *name;
    int distance;
    dt_str list;
} nearest;

static void offer(nearest *n, const char *name, const char *word)
{
    enum { WHOLE_WORD = 4 };
    const int part = strlen(word) >= WHOLE_WORD && strstr(name, word) != NULL;
    const int d = part ? 1 : dt_edit_distance(name, word);
    if (!n->name || d < n->distance) {
        n->name = name;
        n->distance = d;
    }
    dt_str_printf(&n->list, "%s%s", n->list.len ? ", " : "", name);
}

static dt_status fail_name(reader *r, const char *at, const char *what, const char *word, nearest *n)
{
    const int close = n->name && n->distance <= 1 + (int)strlen(word) / 3;
    dt_status st =
        fail_at(r, at, "there is no %s \"%s\"%s%s%s (%s)", what, word, close ? "; did you mean \"" : "",
                close ? n->name : "", close ? "\"?" : "", n->list.data ? n->list.data : "it has none");
    dt_str_free(&n->list);
    return st;
}

/* ---- words ---- */

static void skip_blanks(reader *r)
{
    while (isspace((unsigned char)*r->p) || *r->p == '#') {
        if (*r->p == '#')
            r->p += strcspn(r->p, "\n");
        else
            r->p++;
    }
}

static int word_length(const char *p)
{
    int n = 0;
    if (!isalpha((unsigned char)*p)) return 0;
    while (n < INT_MAX && (isalnum((unsigned char)p[n]) || p[n] == '-' || p[n] == '_'))
        n++;
    return n;
}

/* '-' and '_' are the same. */
static int same_word(const char *name, const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (name[i] != word[i] && !(strchr("-_", name[i]) && name[i] && strchr("-_", word[i]) && word[i]))
            return 0;
    return name[n] == '\0' || name[n] == '|';
}

/* Position of the word in "a|b|c", or -1. */
static int find_choice(const char *choices, const char *word, size_t n)
{
    int i = 0;
    for (const char *c = choices; c; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL, i++)
        if (same_word(c, word, n)) return i;
    return -1;
}

static void copy_word(char out[NAME_MAX_SHOWN + 1], const char *word, int n)
{
    snprintf(out, NAME_MAX_SHOWN + 1, "%.*s", n < NAME_MAX_SHOWN ? n : NAME_MAX_SHOWN, word);
}

static dt_status find_kind(reader *r, const char *word, int n, const dt_transform **kind)
{
    for (int i = 0; dt_transform_kinds[i]; i++) {
        *kind = dt_transform_kinds[i];
        if (same_word((*kind)->name, word, (size_t)n) || find_choice((*kind)->alias, word, (size_t)n) >= 0)
            return DT_OK;
    }
    char shown[NAME_MAX_SHOWN + 1];
    nearest near = {0};
    copy_word(shown, word, n);
    for (int i = 0; dt_transform_kinds[i]; i++)
        offer(&near, dt_transform_kinds[i]->name, shown);
    return fail_name(r, word, "step", shown, &near);
}

/* ---- values ---- */

static int most_values(const dt_arg *a)
{
    return a->most ? a->most : 1;
}

static dt_status read_number(reader *r, const dt_arg *a, double *value)
{
    const char *at = r->p;
    size_t n = dt_parse_f64(r->p, strlen(r->p), value);
    if (n == 0) {
        char word[NAME_MAX_SHOWN + 1];
        copy_word(word, r->p, (int)strcspn(r->p, " ,;()[]|\n"));
        return fail_at(r, at, "%s: \"%s\" is not a number", a->name, word);
    }
    r->p += n;
    if (*r->p == '/') { /* 4/3 */
        double below = 0;
        n = dt_parse_f64(r->p + 1, strlen(r->p + 1), &below);
        if (n == 0 || below == 0) return fail_at(r, r->p + 1, "%s: a number is wanted behind '/'", a->name);
        r->p += 1 + n;
        *value /= below;
    }
    if (!(*value >= a->min && *value <= a->max))
        return fail_at(r, at, "%s = %g is not in %g..%g", a->name, *value, a->min, a->max);
    if (a->type == DT_ARG_INT && *value != floor(*value))
        return fail_at(r, at, "%s = %g is not a whole number", a->name, *value);
    return DT_OK;
}

static dt_status read_value(reader *r, const dt_arg *a, double *value)
{
    if (a->type == DT_ARG_F64 || a->type == DT_ARG_INT) return read_number(r, a, value);
    const char *choices = a->type == DT_ARG_BOOL ? "false|true|0|1|no|yes" : a->choices;
    const int n = a->type == DT_ARG_BOOL && isdigit((unsigned char)*r->p) ? 1 : word_length(r->p);
    const int found = n ? find_choice(choices, r->p, (size_t)n) : -1;
    if (found < 0) {
        char word[NAME_MAX_SHOWN + 1];
        copy_word(word, r->p, n ? n : (int)strcspn(r->p, " ,;()[]|\n"));
        return fail_at(r, r->p, "%s: \"%s\" is none of %s", a->name, word,
                       a->type == DT_ARG_BOOL ? "true, false" : choices);
    }
    *value = a->type == DT_ARG_BOOL ? found % 2 : found;
    r->p += n;
    return DT_OK;
}

static dt_status add_value(reader *r, const dt_arg *a, dt_values *v)
{
    if (v->count == most_values(a))
        return fail_at(r, r->p, "%s takes %d value%s", a->name, v->count, v->count == 1 ? "" : "s");
    DT_TRY(read_value(r, a, &v->v[v->count]));
    v->count++;
    return DT_OK;
}

/* "(a, b)" or "[a, b]", or one value. */
static dt_status read_list(reader *r, const dt_arg *a, dt_values *v)
{
    const char close = *r->p == '(' ? ')' : ']';
    if (*r->p != '(' && *r->p != '[') return add_value(r, a, v);
    do {
        r->p++;
        skip_blanks(r);
        DT_TRY(add_value(r, a, v));
        skip_blanks(r);
    } while (*r->p == ',');
    if (*r->p != close) return fail_at(r, r->p, "%s: '%c' is missing behind the values", a->name, close);
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
        if (*p == ';' && depth == 0) return 1;
        if (*p == '|' && depth == 0) return 0;
        if (strchr("([", *p)) depth++;
        if (strchr(")]", *p) && depth-- == 0) return 0;
    }
    return 0;
}

static dt_status find_arg(reader *r, const dt_transform *kind, const char *word, int n, int *arg)
{
    const int count = count_args(kind);
    for (*arg = 0; *arg < count; ++*arg)
        if (same_word(kind->args[*arg].name, word, (size_t)n)) return DT_OK;
    char shown[NAME_MAX_SHOWN + 1];
    nearest near = {0};
    copy_word(shown, word, n);
    for (int i = 0; i < count; i++)
        offer(&near, kind->args[i].name, shown);
    return fail_name(r, word, "option", shown, &near);
}

static dt_status read_by_name(reader *r, dt_step *s, int n)
{
    int arg;
    const char *at = r->p;
    DT_TRY(find_arg(r, s->kind, at, n, &arg));
    if (s->args[arg].count) return fail_at(r, at, "%s is given twice", s->kind->args[arg].name);
    r->p += n;
    skip_blanks(r);
    r->p++; /* the '=' */
    skip_blanks(r);
    return read_list(r, &s->kind->args[arg], &s->args[arg]);
}

/* 1: "word =". */
static int is_name(const char *p, int n)
{
    if (!n) return 0;
    p += n;
    while (isspace((unsigned char)*p))
        p++;
    return *p == '=';
}

/* Up to ')' or '|'. */
static dt_status read_args(reader *r, dt_step *s)
{
    const dt_arg *args = s->kind->args;
    const int count = count_args(s->kind), grouped = has_semicolon(r->p);
    int at = 0, named = 0;
    for (skip_blanks(r); *r->p != ')' && *r->p != '|'; skip_blanks(r)) {
        const int n = word_length(r->p);
        if (*r->p == '\0') return fail_at(r, r->p, "')' is missing");
        if (is_name(r->p, n)) {
            DT_TRY(read_by_name(r, s, n));
            named = 1;
        } else {
            if (named) return fail_at(r, r->p, "a value without a name behind one with a name");
            const int brackets = *r->p == '(' || *r->p == '[';
            while (at < count && s->args[at].count &&
                   (brackets ||
                    s->args[at].count >=
                        (args[at].in_order && !grouped ? args[at].in_order : most_values(&args[at]))))
                at++;
            if (at >= count) return fail_at(r, r->p, "more values than there are options (%d)", count);
            DT_TRY(read_list(r, &args[at], &s->args[at]));
            if (brackets) at++;
        }
        skip_blanks(r);
        if (*r->p == ',')
            r->p++;
        else if (*r->p == ';')
            r->p++, at++;
        else if (*r->p && *r->p != ')' && *r->p != '|')
            return fail_at(r, r->p, "',' or ')' is wanted, not \"%c\"", *r->p);
    }
    return DT_OK;
}

dt_status dt_arg_usual(const dt_arg *a, dt_values *v, dt_error *err)
{
    reader r = {.text = a->usual, .p = a->usual, .err = err};
    *v = (dt_values){0};
    for (; *r.p; r.p += strspn(r.p, ", "))
        DT_TRY(add_value(&r, a, v));
    return DT_OK;
}

static dt_status complete_args(reader *r, const char *at, dt_step *s)
{
    for (int i = 0; s->kind->args && s->kind->args[i].name; i++) {
        const dt_arg *a = &s->kind->args[i];
        if (s->args[i].count == 0 && !a->usual) return fail_at(r, at, "%s must be given", a->name);
        if (s->args[i].count == 0) DT_TRY(dt_arg_usual(a, &s->args[i], r->err));
        if (s->args[i].count < a->least)
            return fail_at(r, at, "%s takes %d values, not %d", a->name, a->least, s->args[i].count);
    }
    if (s->kind->check && s->kind->check(s, r->err) != DT_OK) {
        const dt_error said = *r->err;
        return fail_at(r, at, "%s", said.text);
    }
    return DT_OK;
}

/* ---- steps ---- */

static dt_status read_steps(reader *r, dt_steps *steps);

static dt_status add_branch(reader *r, dt_step *s)
{
    dt_steps *more = dt_realloc_array(s->branches, (size_t)s->branch_count + 1, sizeof *more);
    if (!more) return dt_fail_memory(r->err, sizeof *more, "transforms");
    s->branches = more;
    s->branches[s->branch_count++] = (dt_steps){0};
    const char *at = r->p;
    DT_TRY(read_steps(r, &s->branches[s->branch_count - 1]));
    r->step = s;
    if (s->kind->flow != DT_FLOW_ONE_OF && s->branches[s->branch_count - 1].count == 0)
        return fail_at(r, at, "a step is wanted");
    return DT_OK;
}

/* "values | steps | steps": without values the steps come at once. */
static dt_status read_branches(reader *r, dt_step *s)
{
    skip_blanks(r);
    const int n = word_length(r->p);
    if (isdigit((unsigned char)*r->p) || strchr("(.[", *r->p) || is_name(r->p, n)) {
        DT_TRY(read_args(r, s));
        if (*r->p != '|') return fail_at(r, r->p, "'|' and the steps are missing");
        r->p++;
    }
    if (++r->depth > DT_STEP_DEPTH) return fail_at(r, r->p, "more than %d levels", DT_STEP_DEPTH);
    for (;; r->p++) {
        DT_TRY(add_branch(r, s));
        if (*r->p != '|') break;
    }
    r->depth--;
    if (*r->p != ')') return fail_at(r, r->p, "')' is missing");
    if (s->kind->flow == DT_FLOW_APPLY && s->branch_count > 1)
        return fail_at(r, r->p, "it has one branch, not %d", s->branch_count);
    if (s->kind->flow != DT_FLOW_APPLY && s->branch_count > DT_ARG_VALUES)
        return fail_at(r, r->p, "more than %d branches", DT_ARG_VALUES);
    return DT_OK;
}

static dt_status check_place(reader *r, const char *at, const dt_step *s)
{
    const int top = r->depth == 0;
    if (s->kind->flow == DT_FLOW_NORMALIZE && !top)
        return fail_at(r, at, "it is the last step, not one of a branch");
    if (s->kind->others == DT_OTHERS_NONE) return DT_OK;
    if (!top) return fail_at(r, at, "it takes in other pictures, and cannot be within a branch");
    if (++r->mixing > DT_MIX_STEPS)
        return fail_at(r, at, "more than %d steps that take in other pictures", DT_MIX_STEPS);
    return DT_OK;
}

static dt_status read_step(reader *r, dt_step *s)
{
    const char *at = r->p;
    const int n = word_length(r->p);
    r->number++;
    r->step = NULL;
    if (n == 0) return fail_at(r, at, "the name of a step is wanted, not \"%c\"", *at);
    if (r->number > DT_STEPS) return fail_at(r, at, "more than %d steps", DT_STEPS);
    DT_TRY(find_kind(r, at, n, &s->kind));
    r->step = s;
    r->p += n;
    DT_TRY(check_place(r, at, s));
    const char *behind = r->p;
    skip_blanks(r);
    const int composed = s->kind->flow != DT_FLOW_STEP && s->kind->flow != DT_FLOW_NORMALIZE;
    if (*r->p == '(') {
        r->p++;
        DT_TRY(composed ? read_branches(r, s) : read_args(r, s));
        if (*r->p != ')') return fail_at(r, r->p, "')' is wanted, not '|'");
        r->p++;
    } else {
        r->p = behind;
        if (composed) return fail_at(r, behind, "its steps are missing: %s(... | ...)", s->kind->name);
    }
    r->step = s;
    return complete_args(r, at, s);
}

static uint64_t step_tag(const dt_steps *steps, const dt_transform *kind)
{
    uint64_t tag = dt_hash64(kind->name, strlen(kind->name));
    for (int i = 0; i < steps->count; i++)
        tag += steps->items[i].kind == kind;
    return tag;
}

static dt_status read_steps(reader *r, dt_steps *steps)
{
    for (skip_blanks(r); *r->p && *r->p != '|' && *r->p != ')'; skip_blanks(r)) {
        const dt_step *last = steps->count ? &steps->items[steps->count - 1] : NULL;
        if (last && last->kind->flow == DT_FLOW_NORMALIZE) {
            r->step = last;
            return fail_at(r, r->p, "it must be the last step");
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
    reader r = {.text = text, .p = text, .file = file, .err = err};
    dt_status st = read_steps(&r, &t->steps);
    if (st == DT_OK && *r.p) {
        r.step = NULL;
        st = fail_at(&r, r.p, "'%c' where a step is wanted", *r.p);
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
