#include "core/str.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"

void dt_str_append_n(dt_str *s, const char *text, size_t len)
{
    if (s->failed) return;
    if (len > (size_t)-1 - s->len - 1 || dt_grow(&s->data, &s->capacity, s->len + len + 1, 1) != 0) {
        s->failed = 1;
        return;
    }
    if (len) memcpy(s->data + s->len, text, len);
    s->len += len;
    s->data[s->len] = '\0';
}

void dt_str_append(dt_str *s, const char *text)
{
    dt_str_append_n(s, text, strlen(text));
}

void dt_str_char(dt_str *s, char c)
{
    dt_str_append_n(s, &c, 1);
}

void dt_str_vprintf(dt_str *s, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    if (n < 0 || s->failed || dt_grow(&s->data, &s->capacity, s->len + (size_t)n + 1, 1) != 0) {
        s->failed = 1;
    } else {
        vsnprintf(s->data + s->len, (size_t)n + 1, fmt, again);
        s->len += (size_t)n;
    }
    va_end(again);
}

void dt_str_printf(dt_str *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    dt_str_vprintf(s, fmt, args);
    va_end(args);
}

void dt_str_clear(dt_str *s)
{
    s->len = 0;
    s->failed = 0;
    if (s->data) s->data[0] = '\0';
}

void dt_str_free(dt_str *s)
{
    dt_free(s->data);
    *s = (dt_str){0};
}

char *dt_str_take(dt_str *s)
{
    if (!s->failed && !s->data) dt_str_append_n(s, "", 0);
    if (s->failed) {
        dt_str_free(s);
        return NULL;
    }
    char *text = s->data;
    *s = (dt_str){0};
    return text;
}

char *dt_format(const char *fmt, ...)
{
    dt_str s = {0};
    va_list args;
    va_start(args, fmt);
    dt_str_vprintf(&s, fmt, args);
    va_end(args);
    return dt_str_take(&s);
}

static const char *match_set(const char *p, char c, int *matched)
{
    int invert = *p == '!' || *p == '^';
    if (invert) p++;
    int hit = 0;
    const char *first = p;
    while (*p && (*p != ']' || p == first)) {
        if (p[1] == '-' && p[2] && p[2] != ']') {
            if ((unsigned char)c >= (unsigned char)p[0] && (unsigned char)c <= (unsigned char)p[2]) hit = 1;
            p += 3;
        } else {
            if (*p == c) hit = 1;
            p++;
        }
    }
    *matched = hit != invert;
    return *p ? p + 1 : NULL;
}

int dt_glob_match(const char *p, const char *t)
{
    const char *star = NULL, *resume = NULL;
    while (*t) {
        int matched = 0;
        const char *next = p;
        if (*p == '*') {
            star = ++p;
            resume = t;
            continue;
        }
        if (*p == '?') {
            matched = 1;
            next = p + 1;
        } else if (*p == '[') {
            next = match_set(p + 1, *t, &matched);
            if (!next) {
                matched = *t == '[';
                next = p + 1;
            }
        } else if (*p) {
            matched = *p == *t;
            next = p + 1;
        }
        if (matched) {
            p = next;
            t++;
        } else if (star) {
            p = star;
            t = ++resume;
        } else {
            return 0;
        }
    }
    while (*p == '*')
        p++;
    return *p == '\0';
}

int dt_edit_distance(const char *a, const char *b)
{
    int na = (int)strnlen(a, 63), nb = (int)strnlen(b, 63);
    int row[64];
    for (int j = 0; j <= nb; j++)
        row[j] = j;
    for (int i = 1; i <= na; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= nb; j++) {
            int up = row[j];
            int best = diagonal + (a[i - 1] != b[j - 1]);
            if (up + 1 < best) best = up + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = up;
            row[j] = best;
        }
    }
    return row[nb];
}

size_t dt_utf8_length(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    if (p[0] < 0x80) return 1;
    size_t n = p[0] >= 0xC2 && p[0] <= 0xDF   ? 2
               : (p[0] & 0xF0) == 0xE0        ? 3
               : p[0] >= 0xF0 && p[0] <= 0xF4 ? 4
                                              : 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    if (n == 3 && ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] >= 0xA0))) return 0;
    if (n == 4 && ((p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] >= 0x90))) return 0;
    return n;
}

int dt_utf8_is(const char *text)
{
    size_t n;
    while (*text && (n = dt_utf8_length(text)) > 0)
        text += n;
    return *text == '\0';
}
