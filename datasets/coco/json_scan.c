#include "datasets/coco/json_scan_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"

enum {
    WINDOW = 256 << 10, /* stays in the second-level cache */
    SLACK = 8,          /* bytes behind the window that may be loaded, never used */
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

size_t dt_scan_fill(dt_scan *s, size_t need)
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
    if (dt_scan_fill(s, 3) >= 3 && memcmp(s->pos, "\xef\xbb\xbf", 3) == 0) s->pos += 3;
    return s->status;
}

/* A named pipe that nobody writes to must not hang it: it reads as empty. One with a writer, such as <(...)
 * of a shell, is read to its end. */
static int open_input(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), flags = fd >= 0 ? fcntl(fd, F_GETFL) : -1;
    if (flags >= 0) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    return fd;
}

dt_status dt_scan_open_at(dt_scan *s, const char *path, uint64_t offset, dt_error *err)
{
    *s = (dt_scan){.name = path, .err = err, .fd = -1};
    int fd = open_input(path);
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
    if (offset > 0) {
        if (lseek(fd, (off_t)offset, SEEK_SET) < 0)
            return dt_scan_fail(s, DT_ERR_IO, "byte %llu can not be reached: %s", (unsigned long long)offset,
                                strerror(errno));
        s->base = offset;
        return DT_OK;
    }
    return start(s);
}

dt_status dt_scan_open(dt_scan *s, const char *path, dt_error *err)
{
    return dt_scan_open_at(s, path, 0, err);
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

dt_status dt_scan_unexpected(dt_scan *s, const char *wanted)
{
    int c = dt_scan_next(s);
    if (s->status != DT_OK) return s->status;
    if (c == 0)
        return dt_scan_fail(s, DT_ERR_FORMAT, "the file ends where %s is expected: is it truncated?", wanted);
    dt_scan_fill(s, 16);
    int len = 0;
    while (len < 16 && s->pos[len] > ' ' && s->pos[len] < 127)
        len++;
    if (len == 0)
        return dt_scan_fail(s, DT_ERR_FORMAT, "%s is expected, found byte 0x%02x", wanted, (unsigned)c);
    return dt_scan_fail(s, DT_ERR_FORMAT, "%s is expected, found '%.*s'", wanted, len, s->pos);
}

dt_scan_kind dt_scan_peek(dt_scan *s)
{
    int c = dt_scan_next(s);
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
        dt_scan_unexpected(s, "a value");
        return DT_SCAN_NONE;
    }
}

static dt_status enter(dt_scan *s, int bracket, const char *what)
{
    if (dt_scan_next(s) != bracket) return dt_scan_unexpected(s, what);
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
    int c = dt_scan_next(s);
    if (c == closing) {
        s->pos++;
        s->after_value = 1;
        return 0;
    }
    if (!s->after_value) {
        if (c == 0) dt_scan_unexpected(s, wanted_first);
        return s->status == DT_OK;
    }
    if (c != ',') {
        dt_scan_unexpected(s, wanted_after);
        return 0;
    }
    s->pos++;
    if (dt_scan_next(s) == closing || s->pos == s->end) dt_scan_unexpected(s, wanted_first);
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
    if (dt_scan_next(s) != '"') {
        dt_scan_unexpected(s, "a key in quotes");
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
        if (dt_scan_next(s) != ':') {
            dt_scan_unexpected(s, "':'");
            return 0;
        }
    }
    s->pos++;
    return 1;
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
        if (dt_scan_fill(s, need) < need)
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
                return dt_scan_unexpected(s, c == '}' ? "']'" : "'}'");
            s->pos++;
        } else if (s->pos < s->end) {
            return dt_scan_fail(s, DT_ERR_FORMAT, "a NUL byte");
        } else if (dt_scan_fill(s, 1) == 0) {
            return dt_scan_unexpected(s, "a closing bracket");
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
        return dt_scan_word(s, "null");
    case DT_SCAN_NONE:
        break;
    }
    return dt_scan_unexpected(s, "a value");
}

dt_status dt_scan_end(dt_scan *s)
{
    if (dt_scan_next(s) != 0) return dt_scan_unexpected(s, "the end of the file");
    return s->status;
}

uint64_t dt_scan_offset(dt_scan *s)
{
    dt_scan_next(s);
    return s->base + (uint64_t)(s->pos - s->window);
}
