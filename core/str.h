/** Growing text buffer. Errors are remembered: append freely, check `failed` (or dt_str_take) once at the
 * end. */
#ifndef DT_CORE_STR_H
#define DT_CORE_STR_H

#include <stdarg.h>
#include <stddef.h>

#include "core/status.h"

typedef struct dt_str {
    char *data; /* NUL-terminated once anything was appended; NULL before */
    size_t len, capacity;
    int failed; /* an allocation failed; the content is incomplete */
} dt_str;

void dt_str_append(dt_str *s, const char *text);
void dt_str_append_n(dt_str *s, const char *text, size_t len);
void dt_str_char(dt_str *s, char c);
void dt_str_printf(dt_str *s, const char *fmt, ...) DT_PRINTF(2, 3);
void dt_str_vprintf(dt_str *s, const char *fmt, va_list args);
void dt_str_clear(dt_str *s);
void dt_str_free(dt_str *s);

/** Hands the text over (dt_free it); NULL if an allocation had failed. The buffer is empty afterwards. */
char *dt_str_take(dt_str *s);

/** A new string from a format; NULL when out of memory. */
char *dt_format(const char *fmt, ...) DT_PRINTF(1, 2);

/** Shell-style match of the whole text: '*' any run, '?' any one character, '[a-z]' a set. */
int dt_glob_match(const char *pattern, const char *text);

/** Bytes of the UTF-8 character that begins here; 0: none does. (Too long forms, surrogates and what lies
 * beyond U+10FFFF are none.) */
size_t dt_utf8_length(const char *text);
/** 1 if all of the text is UTF-8. */
int dt_utf8_is(const char *text);

/** Levenshtein distance, for did-you-mean (texts over 63 bytes compare by their first 63). */
int dt_edit_distance(const char *a, const char *b);

#endif
