#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "datasets/transforms/transform_reader.h"

/* ---- messages ---- */

dt_status transform_fail_at(transform_reader *r, const char *at, const char *fmt, ...)
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

void transform_offer(transform_nearest *n, const char *name, const char *word)
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

dt_status transform_fail_name(transform_reader *r, const char *at, const char *what, const char *word,
                              transform_nearest *n)
{
    const int close = n->name && n->distance <= 1 + (int)strlen(word) / 3;
    dt_status st = transform_fail_at(r, at, "there is no %s \"%s\"%s%s%s (%s)", what, word,
                                     close ? "; did you mean \"" : "", close ? n->name : "",
                                     close ? "\"?" : "", n->list.data ? n->list.data : "it has none");
    dt_str_free(&n->list);
    return st;
}

/* ---- words ---- */

void transform_skip_blanks(transform_reader *r)
{
    while (isspace((unsigned char)*r->p) || *r->p == '#') {
        if (*r->p == '#')
            r->p += strcspn(r->p, "\n");
        else
            r->p++;
    }
}

int transform_word_length(const char *p)
{
    int n = 0;
    if (!isalpha((unsigned char)*p)) return 0;
    while (n < INT_MAX && (isalnum((unsigned char)p[n]) || p[n] == '-' || p[n] == '_'))
        n++;
    return n;
}

int transform_same_word(const char *name, const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (name[i] != word[i] && !(strchr("-_", name[i]) && name[i] && strchr("-_", word[i]) && word[i]))
            return 0;
    return name[n] == '\0' || name[n] == '|';
}

int transform_find_choice(const char *choices, const char *word, size_t n)
{
    int i = 0;
    for (const char *c = choices; c; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL, i++)
        if (transform_same_word(c, word, n)) return i;
    return -1;
}

void transform_copy_word(char out[TRANSFORM_NAME_SHOWN + 1], const char *word, int n)
{
    snprintf(out, TRANSFORM_NAME_SHOWN + 1, "%.*s", n < TRANSFORM_NAME_SHOWN ? n : TRANSFORM_NAME_SHOWN,
             word);
}
