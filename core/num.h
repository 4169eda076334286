/** Numbers in text, independent of the locale (strtod and printf obey LC_NUMERIC). */
#ifndef DT_CORE_NUM_H
#define DT_CORE_NUM_H

#include <stddef.h>
#include <stdint.h>

/** Parses a decimal number at `text` (at most `len` bytes; need not be NUL-terminated):
 *  [+-]digits[.digits][e[+-]d], ".5" and "5." included; "nan" and "inf"/"infinity" in any case, too.
 *  Correctly rounded. Returns the bytes used, 0 if there is no number. Overflow gives +-inf. Blanks are not
 *  skipped. */
size_t dt_parse_f64(const char *text, size_t len, double *value);

/** Parses [+-]digits. Returns the bytes used; 0 if there is no number or it does not fit in 64 bits. */
size_t dt_parse_i64(const char *text, size_t len, int64_t *value);

/** As the two above, but the whole NUL-terminated text (blanks around it allowed) must be the number: 0 or
 * -1. */
int dt_parse_f64_all(const char *text, double *value);
int dt_parse_i64_all(const char *text, int64_t *value);

#define DT_NUM_MAX 32

/** Shortest decimal text that reads back as the same double, laid out as Python's repr(): "0.339", "169.5",
 *  "1e-05", "1e+16", "3.0". Returns the length. */
int dt_format_f64(char out[DT_NUM_MAX], double value);

/** Fixed number of decimals ("%.6f") with '.' whatever the locale. |value| must be under 1e15, decimals <=
 * 12. */
int dt_format_fixed(char out[DT_NUM_MAX], double value, int decimals);

#endif
