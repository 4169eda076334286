#include "datasets/json_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/num.h"

enum {
    WINDOW = 1 << 20,
    SLACK = 8, /* bytes behind the window that may be loaded, never used */
};

/* ---- the window ---- */

static uint64_t count_lines(const char *from, const char *to)
{
    uint64_t n = 0;
    while (from < to) {
        size_t block = (size_t)(to - from) < 128 ? (size_t)(to - from) : 128;
        uint8_t in_block = 0; /* of one byte, so that the loop runs on bytes in vector registers */
        for (size_t i = 0; i < block; i++)
            in_block = (uint8_t)(in_block + (from[i] == '\n'));
        n += in_block;
        from += block;
    }
    return n;
}

dt_status dt_scan_fail(dt_scan *s, dt_status status, const char *fmt, ...)
{
    if (s->status != DT_OK) return s->status;
    va_list args;
    va_start(args, fmt);
    s->status = dt_failv(s->err, status, fmt, args);
    va_end(args);
    dt_error_prefix(s->err, "%s: line %llu, byte %llu: ", s->name,
                    (unsigned long long)(s->lines + count_lines(s->window, s->pos) + 1),
                    (unsigned long long)(s->base + (uint64_t)(s->pos - s->window)));
    s->pos = s->end; /* nothing more is read */
    s->eof = 1;
    return status;
}

/* Makes at least `need` bytes stand behind pos if the file has them. Returns the number that do. Pointers
 * into the window are void afterwards. */
static size_t fill(dt_scan *s, size_t need)
{
    size_t have = (size_t)(s->end - s->pos);
    if (have >= need || s->eof) return have;
    s->lines += count_lines(s->window, s->pos);
    s->base += (uint64_t)(s->pos - s->window);
    memmove(s->window, s->pos, have);
    if (need + 1 + SLACK > s->capacity) {
        size_t capacity = s->capacity;
        while (need + 1 + SLACK > capacity)
            capacity *= 2;
        char *window = dt_realloc(s->window, capacity);
        if (!window) {
            s->pos = s->window;
            s->end = s->window + have;
            *s->end = '\0';
            s->status = dt_fail_memory(s->err, capacity, s->name);
            s->pos = s->end;
            s->eof = 1;
            return 0;
        }
        s->window = window;
        s->capacity = capacity;
    }
    s->pos = s->window;
    size_t room = s->capacity - 1 - SLACK;
    while (have < room) {
        ssize_t got = read(s->fd, s->window + have, room - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            s->end = s->window + have;
            *s->end = '\0';
            dt_scan_fail(s, DT_ERR_IO, "reading failed: %s", strerror(errno));
            return 0;
        }
        if (got == 0) {
            s->eof = 1;
            break;
        }
        have += (size_t)got;
    }
    s->end = s->window + have;
    *s->end = '\0';
    return have;
}

static dt_status start(dt_scan *s)
{
    if (fill(s, 3) >= 3 && memcmp(s->pos, "\xef\xbb\xbf", 3) == 0) s->pos += 3;
    return s->status;
}

dt_status dt_scan_open(dt_scan *s, const char *path, dt_error *err)
{
    *s = (dt_scan){.name = path, .err = err, .fd = -1};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return s->status = dt_fail(err, DT_ERR_IO, "%s: %s", path, strerror(errno));
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        return s->status = dt_fail(err, DT_ERR_IO, "%s: this is a folder", path);
    }
    s->window = dt_calloc(1, WINDOW);
    if (!s->window) {
        close(fd);
        return s->status = dt_fail_memory(err, WINDOW, path);
    }
    s->fd = fd;
    s->capacity = WINDOW;
    s->pos = s->end = s->window;
    *s->end = '\0';
    return start(s);
}

dt_status dt_scan_open_text(dt_scan *s, const char *name, const char *text, size_t len, dt_error *err)
{
    *s = (dt_scan){.name = name, .err = err, .fd = -1, .eof = 1, .capacity = len + 1 + SLACK};
    s->window = dt_calloc(1, len + 1 + SLACK);
    if (!s->window) return s->status = dt_fail_memory(err, len + 1, name);
    memcpy(s->window, text, len);
    s->pos = s->window;
    s->end = s->window + len;
    return start(s);
}

void dt_scan_close(dt_scan *s)
{
    if (s->fd >= 0) close(s->fd);
    dt_free(s->window);
    dt_free(s->text);
    s->window = s->text = s->pos = s->end = NULL;
    s->fd = -1;
}

/* ---- tokens ---- */

/* The next character that is not blank; 0 at the end of the text. */
static inline int next_char(dt_scan *s)
{
    for (;;) {
        while (*s->pos == ' ' || *s->pos == '\n' || *s->pos == '\r' || *s->pos == '\t')
            s->pos++;
        if (*s->pos != '\0') return (unsigned char)*s->pos;
        if (s->pos < s->end) {
            dt_scan_fail(s, DT_ERR_FORMAT, "a NUL byte");
            return 0;
        }
        if (fill(s, 1) == 0) return 0;
    }
}

static dt_status unexpected(dt_scan *s, const char *wanted)
{
    int c = next_char(s);
    if (s->status != DT_OK) return s->status;
    if (c == 0)
        return dt_scan_fail(s, DT_ERR_FORMAT, "the file ends where %s is expected: is it truncated?", wanted);
    fill(s, 16);
    int len = 0;
    while (len < 16 && s->pos[len] > ' ' && s->pos[len] < 127)
        len++;
    if (len == 0)
        return dt_scan_fail(s, DT_ERR_FORMAT, "%s is expected, found byte 0x%02x", wanted, (unsigned)c);
    return dt_scan_fail(s, DT_ERR_FORMAT, "%s is expected, found '%.*s'", wanted, len, s->pos);
}

dt_scan_kind dt_scan_peek(dt_scan *s)
{
    int c = next_char(s);
    switch (c) {
    case 0:
        return DT_SCAN_NONE;
    case '{':
        return DT_SCAN_OBJECT;
    case '[':
        return DT_SCAN_ARRAY;
    case '"':
        return DT_SCAN_STRING;
    case 't':
    case 'f':
        return DT_SCAN_BOOL;
    case 'n':
        return DT_SCAN_NULL;
    default:
        if (c == '-' || (c >= '0' && c <= '9')) return DT_SCAN_NUMBER;
        unexpected(s, "a value");
        return DT_SCAN_NONE;
    }
}

static dt_status enter(dt_scan *s, int bracket, const char *what)
{
    if (next_char(s) != bracket) return unexpected(s, what);
    s->pos++;
    s->after_value = 0;
    return DT_OK;
}

dt_status dt_scan_object(dt_scan *s)
{
    return enter(s, '{', "an object");
}

dt_status dt_scan_array(dt_scan *s)
{
    return enter(s, '[', "an array");
}

/* Stands in front of the next member of a container, or behind its closing bracket (0). */
static int next_member(dt_scan *s, int closing, const char *wanted_after, const char *wanted_first)
{
    int c = next_char(s);
    if (c == closing) {
        s->pos++;
        s->after_value = 1;
        return 0;
    }
    if (!s->after_value) {
        if (c == 0) unexpected(s, wanted_first);
        return s->status == DT_OK;
    }
    if (c != ',') {
        unexpected(s, wanted_after);
        return 0;
    }
    s->pos++;
    if (next_char(s) == closing || s->pos == s->end) unexpected(s, wanted_first);
    return s->status == DT_OK;
}

int dt_scan_item(dt_scan *s)
{
    int more = next_member(s, ']', "',' or ']'", "a value");
    s->after_value = 1;
    return more;
}

int dt_scan_key(dt_scan *s, const char **key, size_t *len)
{
    int more = next_member(s, '}', "',' or '}'", "a key");
    if (!more) return 0;
    if (next_char(s) != '"') {
        unexpected(s, "a key in quotes");
        return 0;
    }
    if (dt_scan_string(s, key, len) != DT_OK) return 0;
    /* The colon may stand behind the end of the window; the key must stay. */
    if (*s->pos != ':') {
        if (*key != s->text) {
            if (dt_grow(&s->text, &s->text_capacity, *len + 1, 1) != 0) {
                s->status = dt_fail_memory(s->err, *len + 1, s->name);
                return 0;
            }
            memcpy(s->text, *key, *len);
            *key = s->text;
        }
        if (next_char(s) != ':') {
            unexpected(s, "':'");
            return 0;
        }
    }
    s->pos++;
    return 1;
}

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
    if (next_char(s) != '"') return unexpected(s, "a string");
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
            size_t have = fill(s, want);
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
    int c = next_char(s);
    if (c != '-' && !is_digit((char)c)) return unexpected(s, "a number");
    fill(s, DT_SCAN_MAX_NUMBER);
    const char *p = s->pos;
    int negative = *p == '-';
    p += negative;
    const char *first = p;
    uint64_t digits = 0; /* meaningless beyond 19 digits, then unused */
    p = take_digits(p, &digits);
    ptrdiff_t count = p - first, decimals = 0;
    if (count == 0 || (count > 1 && *first == '0')) return unexpected(s, "a number");
    if (*p == '.') {
        const char *dot = ++p;
        p = take_digits(p, &digits);
        decimals = p - dot;
        if (decimals == 0) return unexpected(s, "a number");
        count += decimals;
    }
    int exponent = 0;
    if (*p == 'e' || *p == 'E') {
        exponent = 1;
        p++;
        if (*p == '+' || *p == '-') p++;
        if (!is_digit(*p)) return unexpected(s, "a number");
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
    int c = next_char(s);
    if (c != '-' && !is_digit((char)c)) return unexpected(s, "a whole number");
    fill(s, DT_SCAN_MAX_NUMBER);
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

static dt_status take_word(dt_scan *s, const char *word)
{
    size_t n = strlen(word);
    if (next_char(s) == 0 || fill(s, n) < n || memcmp(s->pos, word, n) != 0) return unexpected(s, word);
    s->pos += n;
    s->after_value = 1;
    return DT_OK;
}

dt_status dt_scan_bool(dt_scan *s, int *value)
{
    int c = next_char(s);
    if (c == 't' || c == 'f') {
        *value = c == 't';
        return take_word(s, c == 't' ? "true" : "false");
    }
    double d;
    if (c != '-' && !is_digit((char)c)) return unexpected(s, "true, false or a number");
    DT_TRY(dt_scan_f64(s, &d));
    *value = d != 0;
    return DT_OK;
}

/* ---- passing over ---- */

static dt_status skip_string(dt_scan *s)
{
    s->pos++;
    for (;;) {
        while (*s->pos != '"' && *s->pos != '\\' && *s->pos != '\0')
            s->pos++;
        if (*s->pos == '"') break;
        size_t need = *s->pos == '\\' ? 2 : 1;
        if (fill(s, need) < need)
            return dt_scan_fail(s, DT_ERR_FORMAT, "the file ends inside a string: is it truncated?");
        if (*s->pos == '\\')
            s->pos += 2;
        else if (*s->pos == '\0')
            return dt_scan_fail(s, DT_ERR_FORMAT, "a NUL byte inside a string");
    }
    s->pos++;
    return DT_OK;
}

/* 1 for the bytes at which skip_container must stop. */
static const uint8_t structural[256] = {['\0'] = 1, ['"'] = 1, ['['] = 1, [']'] = 1, ['{'] = 1, ['}'] = 1};

static dt_status skip_container(dt_scan *s)
{
    uint64_t is_object[DT_SCAN_MAX_DEPTH / 64] = {0};
    int depth = 0;
    do {
        while (!structural[(unsigned char)*s->pos])
            s->pos++;
        char c = *s->pos;
        uint64_t bit = (uint64_t)1 << (depth % 64);
        if (c == '"') {
            DT_TRY(skip_string(s));
        } else if (c == '[' || c == '{') {
            if (depth == DT_SCAN_MAX_DEPTH)
                return dt_scan_fail(s, DT_ERR_FORMAT, "nested deeper than %d", DT_SCAN_MAX_DEPTH);
            uint64_t *word = &is_object[depth / 64];
            *word = c == '{' ? *word | bit : *word & ~bit;
            depth++;
            s->pos++;
        } else if (c == ']' || c == '}') {
            depth--;
            if ((is_object[depth / 64] >> (depth % 64) & 1) != (c == '}'))
                return unexpected(s, c == '}' ? "']'" : "'}'");
            s->pos++;
        } else if (s->pos < s->end) {
            return dt_scan_fail(s, DT_ERR_FORMAT, "a NUL byte");
        } else if (fill(s, 1) == 0) {
            return unexpected(s, "a closing bracket");
        }
    } while (depth > 0);
    s->after_value = 1;
    return DT_OK;
}

dt_status dt_scan_skip(dt_scan *s)
{
    double number;
    int flag;
    switch (dt_scan_peek(s)) {
    case DT_SCAN_OBJECT:
    case DT_SCAN_ARRAY:
        return skip_container(s);
    case DT_SCAN_STRING:
        s->after_value = 1;
        return skip_string(s);
    case DT_SCAN_NUMBER:
        return dt_scan_f64(s, &number);
    case DT_SCAN_BOOL:
        return dt_scan_bool(s, &flag);
    case DT_SCAN_NULL:
        return take_word(s, "null");
    case DT_SCAN_NONE:
        break;
    }
    return unexpected(s, "a value");
}

dt_status dt_scan_end(dt_scan *s)
{
    if (next_char(s) != 0) return unexpected(s, "the end of the file");
    return s->status;
}

uint64_t dt_scan_offset(dt_scan *s)
{
    next_char(s);
    return s->base + (uint64_t)(s->pos - s->window);
}
