#include <string.h>

#include "core/num.h"
#include "core/str.h"
#include "tools/cli_internal.h"

enum { HELP_COLUMN = 28, HELP_WIDTH = 100 };

typedef struct spelling {
    dt_str *text;
    int want_short;
} spelling;

static int add_spelling(void *arg, const char *name, size_t len)
{
    spelling *s = arg;
    if ((len == 1) != s->want_short) return 0;
    if (s->text->len > 0) dt_str_append(s->text, ", ");
    dt_str_append(s->text, len == 1 ? "-" : "--");
    dt_str_append_n(s->text, name, len);
    return 0;
}

/* "-j, --jobs, --workers N" */
static void spell_option(const dt_opt *o, dt_str *out)
{
    spelling s = {out, 1};
    dt_cli_each_name(o->alias, add_spelling, &s);
    s.want_short = 0;
    dt_cli_each_name(o->name, add_spelling, &s);
    dt_cli_each_name(o->alias, add_spelling, &s);
    if (o->kind == DT_OPT_CHOICE && !o->arg)
        dt_str_printf(out, " %s", o->choices);
    else if (o->kind != DT_OPT_FLAG)
        dt_str_printf(out, " %s", o->arg ? o->arg : "VALUE");
}

static void spell_default(const dt_opt *o, dt_str *out)
{
    char number[DT_NUM_MAX];
    switch (o->kind) {
    case DT_OPT_FLAG:
        if (*(const int *)o->value) dt_str_printf(out, " (default: on; --no-%s turns it off)", o->name);
        break;
    case DT_OPT_INT:
        dt_str_printf(out, " (default: %lld)", (long long)*(const int64_t *)o->value);
        break;
    case DT_OPT_F64:
        dt_format_f64(number, *(const double *)o->value);
        dt_str_printf(out, " (default: %s)", number);
        break;
    case DT_OPT_CHOICE:
        if (o->arg) dt_str_printf(out, ": %s", o->choices);
        /* fall through */
    case DT_OPT_STR:
        if (*(const char **)o->value) dt_str_printf(out, " (default: %s)", *(const char **)o->value);
        break;
    case DT_OPT_LIST:
        dt_str_append(out, " (may be repeated)");
        break;
    }
}

/* Words from HELP_COLUMN on; `at` is the column where the line stands. */
static void print_wrapped(const char *text, size_t at, FILE *out)
{
    if (at + 2 > HELP_COLUMN) {
        fputc('\n', out);
        at = 0;
    }
    fprintf(out, "%*s", (int)(HELP_COLUMN - at), "");
    at = HELP_COLUMN;
    for (int first = 1; *text; first = 0) {
        size_t len = strcspn(text, " ");
        if (!first && at + 1 + len > HELP_WIDTH) {
            fprintf(out, "\n%*s", HELP_COLUMN, "");
            at = HELP_COLUMN;
        } else if (!first) {
            fputc(' ', out);
            at++;
        }
        fwrite(text, 1, len, out);
        at += len;
        text += len;
        while (*text == ' ')
            text++;
    }
    fputc('\n', out);
}

void dt_cli_print_help(const dt_command *command, const dt_opt *opts, FILE *out)
{
    fprintf(out, "Usage: %s\n\n%s\n\nOptions:\n", command->usage, command->summary);
    dt_str left = {0}, right = {0};
    for (const dt_opt *o = opts; o->name; o++) {
        dt_str_clear(&left);
        dt_str_clear(&right);
        spell_option(o, &left);
        dt_str_append(&right, o->help);
        spell_default(o, &right);
        if (left.failed || right.failed) break;
        fprintf(out, "  %s", left.data);
        print_wrapped(right.data, left.len + 2, out);
    }
    dt_str_free(&left);
    dt_str_free(&right);
    fputs("  -h, --help", out);
    print_wrapped("this text", 12, out);
    if (command->details && *command->details) {
        fprintf(out, "\n%s", command->details);
        if (command->details[strlen(command->details) - 1] != '\n') fputc('\n', out);
    }
}
