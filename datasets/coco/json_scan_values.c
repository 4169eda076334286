#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/num.h"
#include "datasets/coco/json_scan_internal.h"

/* ---- strings ---- */

static int hex4(const char *p, unsigned *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned c = (unsigned char)p[i], d;
        if (c - '0' < 10u)
            d = c - '0';
        else if ((c | 32) - 'a' < 6u)
            d = (c | 32) - 'a' + 10;
        else
            return -1;
        *value = *value * 16 + d;
    }
    return 0;
}

static size_t put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* raw (len bytes, behind which a quote stands) into s->text; never longer than raw. */
static dt_status unescape(dt_scan *s, const char *raw, size_t len, size_t *out_len)
{
    static const char codes[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (dt_grow(&s->text, &s->text_capacity, len + 1, 1) != 0)
        return s->status = dt_fail_memory(s->err, len + 1, s->name);
    size_t o = 0;
    for (size_t i = 0; i < len;) {
        if (raw[i] != '\\') {
            s->text[o++] = raw[i++];
            continue;
        }
        const char *at = strchr(codes, raw[i + 1]);
        if (raw[i + 1] != 'u') {
            if (!at || !*at)
                return dt_scan_fail(s, DT_ERR_FORMAT, "unknown escape \\%c in a string", raw[i + 1]);
            s->text[o++] = values[at - codes];
            i += 2;
            continue;
        }
        unsigned c, low;
        if (len - i < 6 || hex4(raw + i + 2, &c) != 0)
            return dt_scan_fail(s, DT_ERR_FORMAT, "\\u is not followed by four hexadecimal digits");
        i += 6;
        if (c >= 0xd800 && c < 0xdc00 && len - i >= 6 && raw[i] == '\\' && raw[i + 1] == 'u' &&
            hex4(raw + i + 2, &low) == 0 && low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            i += 6;
        } else if (c >= 0xd800 && c < 0xe000) {
            c = 0xfffd; /* half of a pair */
        }
        o += put_utf8(s->text + o, c);
    }
    *out_len = o;
    return DT_OK;
}

dt_status dt_scan_string(dt_scan *s, const char **text, size_t *len)
{
    if (dt_scan_next(s) != '"') return dt_scan_unexpected(s, "a string");
    int escapes = 0;
    size_t n = 1;
    for (;;) {
        unsigned char c = (unsigned char)s->pos[n];
        if (c == '"') break;
        if (c >= ' ' && c != '\\') {
            n++;
            continue;
        }
        /* A backslash or the end of the window: two more bytes are needed. */
        if (s->pos + n + 2 > s->end) {
            if (n > DT_SCAN_MAX_STRING)
                return dt_scan_fail(s, DT_ERR_FORMAT, "a string is longer than %d bytes", DT_SCAN_MAX_STRING);
            size_t want = n + 2 > 2 * n ? n + 2 : 2 * n;
            size_t have = dt_scan_fill(s, want);
            if (s->status != DT_OK) return s->status;
            if (have < n + 2 && (have <= n || s->pos[n] != '"'))
                return dt_scan_fail(s, DT_ERR_FORMAT, "the file ends inside a string: is it truncated?");
            continue;
        }
        if (c != '\\') {
            s->pos += n;
            return dt_scan_fail(s, DT_ERR_FORMAT, "control character 0x%02x inside a string", c);
        }
        escapes = 1;
        n += 2;
    }
    *text = s->pos + 1;
    *len = n - 1;
    if (escapes) {
        DT_TRY(unescape(s, s->pos + 1, n - 1, len));
        *text = s->text;
    }
    s->pos += n + 1;
    s->after_value = 1;
    return DT_OK;
}

/* ---- numbers ---- */

static inline int is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* Appends the digits at p to *digits (modulo 2^64) and returns their end. Eight bytes at once: the place of
 * the first that is no digit comes from a mask, the value from three multiplications that join neighbours.
 * Loads up to 8 bytes beyond the last digit. */
static inline const char *take_digits(const char *p, uint64_t *digits)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    static const uint64_t power[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    const uint64_t ones = 0x0101010101010101u;
    for (;;) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        v ^= ones * '0';
        uint64_t other = (v | (v + ones * 0x76)) & (ones * 0x80); /* bytes above 9 */
        int n = other ? __builtin_ctzll(other) / 8 : 8;
        if (n == 0) return p;
        v <<= 64 - 8 * n; /* zeros in front */
        v = (v * 10 + (v >> 8)) & 0x00ff00ff00ff00ffu;
        v = (v * 100 + (v >> 16)) & 0x0000ffff0000ffffu;
        v = (v * 10000 + (v >> 32)) & 0xffffffffu;
        *digits = *digits * power[n] + v;
        p += n;
        if (n < 8) return p;
    }
#else
    while (is_digit(*p))
        *digits = *digits * 10 + (uint64_t)(*p++ - '0');
    return p;
#endif
}

dt_status dt_scan_f64(dt_scan *s, double *value)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int c = dt_scan_next(s);
    if (c != '-' && !is_digit((char)c)) return dt_scan_unexpected(s, "a number");
    dt_scan_fill(s, DT_SCAN_MAX_NUMBER);
    const char *p = s->pos;
    int negative = *p == '-';
    p += negative;
    const char *first = p;
    uint64_t digits = 0; /* meaningless beyond 19 digits, then unused */
    p = take_digits(p, &digits);
    ptrdiff_t count = p - first, decimals = 0;
    if (count == 0 || (count > 1 && *first == '0')) return dt_scan_unexpected(s, "a number");
    if (*p == '.') {
        const char *dot = ++p;
        p = take_digits(p, &digits);
        decimals = p - dot;
        if (decimals == 0) return dt_scan_unexpected(s, "a number");
        count += decimals;
    }
    int exponent = 0;
    if (*p == 'e' || *p == 'E') {
        exponent = 1;
        p++;
        if (*p == '+' || *p == '-') p++;
        if (!is_digit(*p)) return dt_scan_unexpected(s, "a number");
        while (is_digit(*p))
            p++;
    }
    if (p - s->pos >= DT_SCAN_MAX_NUMBER)
        return dt_scan_fail(s, DT_ERR_FORMAT, "a number has more than %d characters", DT_SCAN_MAX_NUMBER - 1);
    /* Up to 2^53 and 22 decimals both factors are exact, so one division rounds correctly. */
    if (!exponent && count <= 19 && digits <= (uint64_t)1 << 53 && decimals <= 22) {
        double v = (double)digits / power[decimals];
        *value = negative ? -v : v;
    } else {
        dt_parse_f64(s->pos, (size_t)(p - s->pos), value);
        if (!isfinite(*value))
            return dt_scan_fail(s, DT_ERR_FORMAT, "the number %.*s does not fit in a double",
                                (int)(p - s->pos < 40 ? p - s->pos : 40), s->pos);
    }
    s->pos = (char *)p;
    s->after_value = 1;
    return DT_OK;
}

dt_status dt_scan_i64(dt_scan *s, int64_t *value)
{
    int c = dt_scan_next(s);
    if (c != '-' && !is_digit((char)c)) return dt_scan_unexpected(s, "a whole number");
    dt_scan_fill(s, DT_SCAN_MAX_NUMBER);
    const char *first = s->pos + (*s->pos == '-'), *p = first;
    int64_t v = 0;
    while (is_digit(*p) && p - first < 18)
        v = v * 10 + (*p++ - '0');
    int leading_zero = *first == '0' && is_digit(first[1]); /* dt_scan_f64 refuses it */
    if (p > first && !leading_zero && *p != '.' && *p != 'e' && *p != 'E' && !is_digit(*p)) {
        *value = *s->pos == '-' ? -v : v;
        s->pos = (char *)p;
        s->after_value = 1;
        return DT_OK;
    }
    size_t used = dt_parse_i64(s->pos, (size_t)(s->end - s->pos), value);
    if (used > 0 && !leading_zero && s->pos[used] != '.' && s->pos[used] != 'e' && s->pos[used] != 'E') {
        s->pos += used;
        s->after_value = 1;
        return DT_OK;
    }
    char *start_of_number = s->pos;
    double d;
    DT_TRY(dt_scan_f64(s, &d));
    if (d != floor(d) || fabs(d) > 9007199254740992.0) {
        int len = (int)(s->pos - start_of_number < 40 ? s->pos - start_of_number : 40);
        s->pos = start_of_number;
        return dt_scan_fail(s, DT_ERR_FORMAT, "%.*s is not a whole number of 64 bits", len, start_of_number);
    }
    *value = (int64_t)d;
    return DT_OK;
}

dt_status dt_scan_word(dt_scan *s, const char *word)
{
    size_t n = strlen(word);
    if (dt_scan_next(s) == 0 || dt_scan_fill(s, n) < n || memcmp(s->pos, word, n) != 0)
        return dt_scan_unexpected(s, word);
    s->pos += n;
    s->after_value = 1;
    return DT_OK;
}

dt_status dt_scan_bool(dt_scan *s, int *value)
{
    int c = dt_scan_next(s);
    if (c == 't' || c == 'f') {
        *value = c == 't';
        return dt_scan_word(s, c == 't' ? "true" : "false");
    }
    double d;
    if (c != '-' && !is_digit((char)c)) return dt_scan_unexpected(s, "true, false or a number");
    DT_TRY(dt_scan_f64(s, &d));
    *value = d != 0;
    return DT_OK;
}
