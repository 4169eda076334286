#include "tools/cli.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "core/num.h"
#include "core/str.h"
#include "tools/cli_internal.h"

enum { MAX_OPTIONS = 128, MAX_NAME = 64 };

/* The options of the one command that this process runs, for dt_cli_typed: the value text of each typed
 * option. */
static struct {
    const dt_opt *opts;
    const char *text[MAX_OPTIONS];
} typed;

/* ---- names ---- */

/* "save_txt" and "save-txt" are the same option. */
static int same_name(const char *a, size_t a_len, const char *b, size_t b_len)
{
    if (a_len != b_len) return 0;
    for (size_t i = 0; i < a_len; i++)
        if ((a[i] == '_' ? '-' : a[i]) != (b[i] == '_' ? '-' : b[i])) return 0;
    return 1;
}

int dt_cli_each_name(const char *names, int (*use)(void *arg, const char *name, size_t len), void *arg)
{
    while (names && *names) {
        size_t len = strcspn(names, "|");
        if (len && use(arg, names, len)) return 1;
        names += len;
        if (*names) names++;
    }
    return 0;
}

typedef struct name_query {
    const char *name;
    size_t len;
} name_query;

static int name_matches(void *arg, const char *name, size_t len)
{
    const name_query *q = arg;
    return same_name(q->name, q->len, name, len);
}

static int name_is(void *arg, const char *name, size_t len)
{
    const name_query *q = arg;
    return q->len == len && memcmp(q->name, name, len) == 0;
}

static int find_option(const dt_opt *opts, const char *name, size_t len)
{
    name_query q = {name, len};
    for (int i = 0; opts[i].name; i++)
        if (dt_cli_each_name(opts[i].name, name_matches, &q) ||
            dt_cli_each_name(opts[i].alias, name_matches, &q))
            return i;
    return -1;
}

void dt_suggest_offer(dt_suggestion *s, const char *candidate)
{
    int distance = dt_edit_distance(s->typed, candidate);
    int length = (int)strlen(s->typed);
    int limit = length <= 3 ? 1 : length <= 6 ? 2 : length / 3;
    /* A typed beginning ("conf-thr") is nearer than its length says. */
    int begins = length >= 3 && strncmp(s->typed, candidate, (size_t)length) == 0;
    if (begins) distance = 1;
    if (distance <= limit && (!s->best || distance < s->distance)) {
        s->best = candidate;
        s->distance = distance;
    }
}

/* ---- messages ---- */

static void print_error(const dt_command *command, const char *fmt, va_list args)
{
    dt_progress_clear_line();
    fprintf(stderr, "dettool%s%s: error: ", command ? " " : "", command ? command->name : "");
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
}

int dt_cli_usage_error(const dt_command *command, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print_error(command, fmt, args);
    va_end(args);
    fprintf(stderr, "See: dettool%s%s --help\n", command ? " " : "", command ? command->name : "");
    return DT_EXIT_USAGE;
}

DT_PRINTF(2, 3) static void print_failure(const dt_command *command, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print_error(command, fmt, args);
    va_end(args);
}

int dt_cli_fail(const dt_command *command, const dt_error *err)
{
    print_failure(command, "%s", err->text[0] ? err->text : dt_status_text(err->status));
    return DT_EXIT_FAILED;
}

/* Offers "conf" and "no-conf" style spellings to the suggestion; the texts must outlive it. */
typedef struct offer_arg {
    dt_suggestion *suggestion;
    char (*names)[MAX_NAME];
    int count, max;
} offer_arg;

static int offer_name(void *arg, const char *name, size_t len)
{
    offer_arg *o = arg;
    if (len > 1 && len < MAX_NAME && o->count < o->max) {
        memcpy(o->names[o->count], name, len);
        o->names[o->count][len] = '\0';
        dt_suggest_offer(o->suggestion, o->names[o->count++]);
    }
    return 0;
}

static int unknown_option(const dt_command *command, const dt_opt *opts, const char *token, const char *name,
                          size_t len)
{
    char wanted[MAX_NAME], names[2 * MAX_OPTIONS][MAX_NAME];
    snprintf(wanted, sizeof wanted, "%.*s", (int)len, name);
    for (char *c = wanted; *c; c++)
        if (*c == '_') *c = '-';
    dt_suggestion s = {.typed = wanted};
    offer_arg offers = {.suggestion = &s, .names = names, .max = 2 * MAX_OPTIONS};
    for (const dt_opt *o = opts; o->name; o++) {
        dt_cli_each_name(o->name, offer_name, &offers);
        dt_cli_each_name(o->alias, offer_name, &offers);
    }
    dt_suggest_offer(&s, "help");
    if (s.best) return dt_cli_usage_error(command, "unknown option %s; did you mean --%s?", token, s.best);
    if (token[0] != '-')
        return dt_cli_usage_error(command, "unknown option %s (a file of that name is written ./%s)", token,
                                  token);
    return dt_cli_usage_error(command, "unknown option %s", token);
}

/* ---- values ---- */

static int parse_flag_word(const char *text, int *value)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1", "False", "True"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i]) == 0) {
            *value = (int)(i & 1);
            return 0;
        }
    return -1;
}

static int set_int(const dt_command *command, const dt_opt *o, const char *text)
{
    int64_t v;
    if (dt_parse_i64_all(text, &v) != 0)
        return dt_cli_usage_error(command, "--%s: '%s' is not a whole number", o->name, text);
    if ((o->min != 0 || o->max != 0) && ((double)v < o->min || (double)v > o->max))
        return dt_cli_usage_error(command, "--%s: %s is outside %.0f to %.0f", o->name, text, o->min, o->max);
    *(int64_t *)o->value = v;
    return -1;
}

static int set_f64(const dt_command *command, const dt_opt *o, const char *text)
{
    double v;
    if (dt_parse_f64_all(text, &v) != 0 || !isfinite(v))
        return dt_cli_usage_error(command, "--%s: '%s' is not a number", o->name, text);
    if ((o->min != 0 || o->max != 0) && !(v >= o->min && v <= o->max))
        return dt_cli_usage_error(command, "--%s: %s is outside %g to %g", o->name, text, o->min, o->max);
    *(double *)o->value = v;
    return -1;
}

static int set_choice(const dt_command *command, const dt_opt *o, const char *text)
{
    name_query q = {text, strlen(text)};
    if (strchr(text, '|') == NULL && dt_cli_each_name(o->choices, name_is, &q)) {
        *(const char **)o->value = text;
        return -1;
    }
    char names[MAX_OPTIONS][MAX_NAME];
    dt_suggestion s = {.typed = text};
    offer_arg offers = {.suggestion = &s, .names = names, .max = MAX_OPTIONS};
    dt_cli_each_name(o->choices, offer_name, &offers);
    if (s.best)
        return dt_cli_usage_error(command, "--%s: '%s' is none of %s; did you mean %s?", o->name, text,
                                  o->choices, s.best);
    return dt_cli_usage_error(command, "--%s: '%s' is none of %s", o->name, text, o->choices);
}

/* Stores one typed option. -1 = go on. */
static int set_option(const dt_command *command, const dt_opt *opts, int index, const char *text)
{
    const dt_opt *o = &opts[index];
    const char *before = typed.text[index];
    if (before && o->kind != DT_OPT_LIST && strcmp(before, text) != 0)
        return dt_cli_usage_error(command, "--%s is given twice, as '%s' and as '%s'", o->name, before, text);
    typed.text[index] = text;
    switch (o->kind) {
    case DT_OPT_FLAG:
        if (parse_flag_word(text, o->value) != 0)
            return dt_cli_usage_error(command, "--%s: '%s' is neither true nor false", o->name, text);
        return -1;
    case DT_OPT_INT:
        return set_int(command, o, text);
    case DT_OPT_F64:
        return set_f64(command, o, text);
    case DT_OPT_CHOICE:
        return set_choice(command, o, text);
    case DT_OPT_STR:
        if (!*text) return dt_cli_usage_error(command, "--%s: the value is empty", o->name);
        *(const char **)o->value = text;
        return -1;
    case DT_OPT_LIST: {
        dt_opt_list *list = o->value;
        int max = (int)(sizeof list->items / sizeof *list->items);
        if (list->count == max)
            return dt_cli_usage_error(command, "--%s is given more than %d times", o->name, max);
        list->items[list->count++] = text;
        return -1;
    }
    }
    return -1;
}

/* ---- tokens ---- */

typedef struct token {
    int index;         /* option, -1 unknown option, -2 operand */
    const char *value; /* text after '=' or glued to a short option; NULL if there is none */
    int negated;       /* --no-NAME */
    const char *name;  /* as typed, without dashes */
    size_t name_len;
} token;

/* "key=value" is an option if key is one. Otherwise it is an operand if a file has that name, else a slip. */
static token read_bare(const dt_opt *opts, const char *text)
{
    token t = {.index = -2};
    const char *eq = strchr(text, '=');
    if (!eq || !isalpha((unsigned char)text[0])) return t;
    t.name = text;
    t.name_len = (size_t)(eq - text);
    for (size_t i = 0; i < t.name_len; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '-') return t;
    t.index = find_option(opts, t.name, t.name_len);
    t.value = eq + 1;
    if (t.index < 0 && access(text, F_OK) == 0) t.index = -2;
    return t;
}

static token read_token(const dt_opt *opts, const char *text)
{
    if (text[0] != '-' || text[1] == '\0') return read_bare(opts, text);
    int dashes = text[1] == '-' ? 2 : 1;
    token t = {.index = -1, .name = text + dashes};
    t.name_len = strcspn(t.name, "=");
    if (t.name[t.name_len] == '=') t.value = t.name + t.name_len + 1;
    t.index = find_option(opts, t.name, t.name_len);
    if (t.index < 0 && dashes == 2 && t.name_len > 3 && strncmp(t.name, "no-", 3) == 0) {
        int positive = find_option(opts, t.name + 3, t.name_len - 3);
        if (positive >= 0 && opts[positive].kind == DT_OPT_FLAG) {
            t.index = positive;
            t.negated = 1;
        }
    }
    if (t.index < 0 && dashes == 1 && t.name_len > 1) { /* -j8 */
        int glued = find_option(opts, t.name, 1);
        if (glued >= 0 && opts[glued].kind != DT_OPT_FLAG) {
            t.index = glued;
            t.value = t.name + 1;
            t.name_len = 1;
        }
    }
    return t;
}

/* The next argument is taken as the value unless it looks like an option: "--weights --json" lacks a value,
 * while
 * "--bias -0.5" and "--out -" are fine. A value that begins with '-' and a letter is written --key=-value. */
static const char *following_value(int argc, char **argv, int i)
{
    if (i + 1 >= argc) return NULL;
    const char *next = argv[i + 1];
    if (next[0] == '-' && (next[1] == '-' || isalpha((unsigned char)next[1]))) return NULL;
    return next;
}

static int wants_help(const dt_opt *opts, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0) return 1;
        if (strcmp(argv[i], "-h") == 0 && find_option(opts, "h", 1) < 0) return 1;
    }
    return 0;
}

int dt_cli_parse(const dt_command *command, const dt_opt *opts, int argc, char **argv, const char **operands,
                 int max_operands, int *count)
{
    memset(&typed, 0, sizeof typed);
    typed.opts = opts;
    *count = 0;
    if (wants_help(opts, argc, argv)) {
        dt_cli_print_help(command, opts, stdout);
        return DT_EXIT_OK;
    }
    int only_operands = 0;
    for (int i = 1; i < argc; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = 1;
            continue;
        }
        token t = {.index = -2};
        if (!only_operands) t = read_token(opts, argv[i]);
        if (t.index == -2) {
            if (*count == max_operands)
                return max_operands == 0 ? dt_cli_usage_error(command, "unexpected argument '%s'", argv[i])
                                         : dt_cli_usage_error(command, "unexpected argument '%s' after %d",
                                                              argv[i], max_operands);
            operands[(*count)++] = argv[i];
            continue;
        }
        if (t.index == -1) return unknown_option(command, opts, argv[i], t.name, t.name_len);
        const dt_opt *o = &opts[t.index];
        if (o->kind == DT_OPT_FLAG) {
            if (t.negated && t.value) return dt_cli_usage_error(command, "--no-%s takes no value", o->name);
            if (!t.value) t.value = t.negated ? "0" : "1";
        } else if (!t.value) {
            t.value = following_value(argc, argv, i++);
            if (!t.value)
                return dt_cli_usage_error(command, "%s needs a value (%s)", argv[i - 1],
                                          o->arg ? o->arg : "VALUE");
        }
        int rc = set_option(command, opts, t.index, t.value);
        if (rc >= 0) return rc;
    }
    return -1;
}

int dt_cli_typed(const dt_opt *opts, const char *name)
{
    int index = find_option(opts, name, strlen(name));
    return index >= 0 && typed.opts == opts && typed.text[index] != NULL;
}
