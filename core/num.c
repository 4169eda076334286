#include "core/num.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* The slow path, in the C locale. More than 400 significant digits move a double's rounding only in ties that
 * no data file holds; the ones beyond are dropped, their weight is kept in the exponent. */
static double parse_exact(const char *text, size_t len)
{
    pthread_once(&c_locale_once, make_c_locale);
    char buf[512];
    size_t n = 0, digits = 0, i = 0;
    long scale = 0, exponent = 0;
    int after_dot = 0;
    if (i < len && (text[i] == '+' || text[i] == '-')) i++;
    for (; i < len && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] == '.') {
            after_dot = 1;
        } else if (digits < 400) {
            buf[n++] = text[i];
            digits += digits > 0 || text[i] != '0';
            scale -= after_dot;
            if (digits == 0) n = 0;
        } else {
            scale += !after_dot;
        }
    }
    if (i < len) {
        size_t j = i + 1;
        int negative = j < len && text[j] == '-';
        if (j < len && (text[j] == '+' || text[j] == '-')) j++;
        for (; j < len; j++)
            if (exponent < 100000000) exponent = exponent * 10 + (text[j] - '0');
        if (negative) exponent = -exponent;
    }
    if (n == 0) buf[n++] = '0';
    snprintf(buf + n, sizeof buf - n, "e%ld", scale + exponent);
    double value = c_locale ? strtod_l(buf, NULL, c_locale) : strtod(buf, NULL);
    return text[0] == '-' ? -value : value;
}

static size_t parse_word(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);
    return len >= n && strncasecmp(text, word, n) == 0 ? n : 0;
}

size_t dt_parse_f64(const char *text, size_t len, double *value)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    size_t i = 0;
    int negative = 0;
    if (i < len && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
    size_t word = parse_word(text + i, len - i, "infinity");
    if (!word) word = parse_word(text + i, len - i, "inf");
    if (word) {
        *value = negative ? -INFINITY : INFINITY;
        return i + word;
    }
    word = parse_word(text + i, len - i, "nan");
    if (word) {
        *value = NAN;
        return i + word;
    }
    uint64_t digits = 0;
    int count = 0, seen = 0, scale = 0, exact = 1;
    for (; i < len && text[i] >= '0' && text[i] <= '9'; i++, seen = 1) {
        if (count < 19) {
            digits = digits * 10 + (uint64_t)(text[i] - '0');
            if (digits) count++;
        } else {
            exact = 0;
        }
    }
    if (i < len && text[i] == '.') {
        size_t dot = i++;
        for (; i < len && text[i] >= '0' && text[i] <= '9'; i++, seen = 1) {
            if (count < 19) {
                digits = digits * 10 + (uint64_t)(text[i] - '0');
                if (digits) count++;
                scale--;
            } else if (text[i] != '0') {
                exact = 0;
            }
        }
        if (!seen) i = dot;
    }
    if (!seen) return 0;
    size_t end = i;
    if (i < len && (text[i] == 'e' || text[i] == 'E')) {
        size_t j = i + 1;
        int exp_negative = 0, e = 0;
        if (j < len && (text[j] == '+' || text[j] == '-')) exp_negative = text[j++] == '-';
        if (j < len && text[j] >= '0' && text[j] <= '9') {
            for (; j < len && text[j] >= '0' && text[j] <= '9'; j++)
                if (e < 100000000) e = e * 10 + (text[j] - '0');
            scale += exp_negative ? -e : e;
            end = j;
        }
    }
    /* Both factors are exact doubles here, so one multiplication rounds correctly (Clinger 1990). */
    if (exact && digits <= (uint64_t)1 << 53 && scale >= -22 && scale <= 22) {
        double d = (double)digits;
        d = scale < 0 ? d / power[-scale] : d * power[scale];
        *value = negative ? -d : d;
    } else {
        *value = parse_exact(text, end);
    }
    return end;
}

size_t dt_parse_i64(const char *text, size_t len, int64_t *value)
{
    size_t i = 0;
    int negative = 0;
    if (i < len && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
    size_t first = i;
    int64_t v = 0;
    for (; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
        int d = text[i] - '0';
        if (__builtin_mul_overflow(v, (int64_t)10, &v)) return 0;
        if (negative ? __builtin_sub_overflow(v, (int64_t)d, &v) : __builtin_add_overflow(v, (int64_t)d, &v))
            return 0;
    }
    if (i == first) return 0;
    *value = v;
    return i;
}

static int rest_is_blank(const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    return *text == '\0';
}

int dt_parse_f64_all(const char *text, double *value)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t used = dt_parse_f64(text, strlen(text), value);
    return used && rest_is_blank(text + used) ? 0 : -1;
}

int dt_parse_i64_all(const char *text, int64_t *value)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t used = dt_parse_i64(text, strlen(text), value);
    return used && rest_is_blank(text + used) ? 0 : -1;
}

/* A number as digits d1 d2 d3 ... = d1.d2d3... * 10^exponent. */
typedef struct decimal {
    char digits[24];
    int count, exponent;
} decimal;

/* Numbers of at most 15 digits, as annotations have them, without printf: v is k / 10^places for a whole
 * number k, and since k and 10^places are exact doubles, the one correctly rounded division gives v back
 * exactly if that is so. 15 digits tell doubles apart, so the first number of places that does is the
 * shortest text. 0 if there is none. */
static int split_short(double v, decimal *out)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                                   1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19};
    enum { PLACES = sizeof power / sizeof *power };
    if (!(v >= 1e-4 && v < 1e15)) return 0;
    for (int places = 0; places < PLACES; places++) {
        double scaled = v * power[places];
        if (scaled >= 1e15) return 0;
        uint64_t k = (uint64_t)(scaled + .5);
        if ((double)k / power[places] != v) continue;
        char text[24];
        int n = 0, zeros = 0;
        for (; k; k /= 10)
            text[n++] = (char)('0' + k % 10);
        while (zeros < n - 1 && text[zeros] == '0')
            zeros++;
        out->exponent = n - 1 - places;
        out->count = n - zeros;
        for (int i = 0; i < out->count; i++)
            out->digits[i] = text[n - 1 - i];
        return 1;
    }
    return 0;
}

/* Any finite number >= 0: the first precision from `precision` on that reads back the same. */
static void split_long(double v, int precision, decimal *out)
{
    char sci[40];
    for (; precision <= 16; precision++) {
        double back;
        snprintf(sci, sizeof sci, "%.*e", precision, v);
        for (char *c = sci; *c; c++)
            if (*c == ',') *c = '.';
        dt_parse_f64(sci, strlen(sci), &back);
        if (back == v) break;
    }
    const char *p = sci; /* d[.ddd]e+XX */
    out->count = 0;
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9') out->digits[out->count++] = *p;
    out->exponent = atoi(p + 1);
}

int dt_format_f64(char out[DT_NUM_MAX], double value)
{
    if (isnan(value)) return snprintf(out, DT_NUM_MAX, "nan");
    if (isinf(value)) return snprintf(out, DT_NUM_MAX, value < 0 ? "-inf" : "inf");
    decimal d;
    double v = fabs(value);
    if (!split_short(v, &d)) split_long(v, v >= 1e-4 && v < 1e15 ? 15 : 0, &d);
    char *o = out;
    if (signbit(value)) *o++ = '-';
    if (d.exponent < -4 || d.exponent >= 16) {
        *o++ = d.digits[0];
        if (d.count > 1) {
            *o++ = '.';
            memcpy(o, d.digits + 1, (size_t)(d.count - 1));
            o += d.count - 1;
        }
        o += snprintf(o, 8, "e%c%02d", d.exponent < 0 ? '-' : '+', abs(d.exponent));
    } else if (d.exponent < 0) {
        *o++ = '0';
        *o++ = '.';
        for (int i = -1; i > d.exponent; i--)
            *o++ = '0';
        memcpy(o, d.digits, (size_t)d.count);
        o += d.count;
    } else {
        for (int i = 0; i <= d.exponent; i++)
            *o++ = i < d.count ? d.digits[i] : '0';
        *o++ = '.';
        if (d.count > d.exponent + 1) {
            memcpy(o, d.digits + d.exponent + 1, (size_t)(d.count - d.exponent - 1));
            o += d.count - d.exponent - 1;
        } else {
            *o++ = '0';
        }
    }
    *o = '\0';
    return (int)(o - out);
}

int dt_format_fixed(char out[DT_NUM_MAX], double value, int decimals)
{
    int n = snprintf(out, DT_NUM_MAX, "%.*f", decimals, value);
    for (char *c = out; *c; c++)
        if (*c == ',') *c = '.';
    return n;
}
