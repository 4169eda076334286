/* Reader. The header has one fixed form of objects in one object, so the parser needs no recursion; what else
 * JSON could hold is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/safetensors.h"
#include "core/safetensors_checksum.h"

enum { NAME_SHOWN = 120 };
#define HEADER_MAX ((uint64_t)100 * 1000 * 1000) /* limit of the original library */
#define FILE_MAX   ((size_t)64 << 30)

typedef struct parser {
    const char *text;
    size_t len, pos;
    const char *file;
    dt_error *err;
    dt_st_file *out;
    size_t data_size;
    char *scratch; /* one string, unescaped */
    size_t scratch_capacity;
} parser;

/* A name of the file as it can be shown on a terminal. */
static const char *shown(const char *name, char out[NAME_SHOWN])
{
    size_t n = 0;
    for (; name[n] && n < NAME_SHOWN - 4; n++)
        out[n] = (unsigned char)name[n] < 0x20 || name[n] == 0x7F ? '?' : name[n];
    strcpy(out + n, name[n] ? "..." : "");
    return out;
}

static dt_status bad(parser *p, const char *what)
{
    return dt_fail(p->err, DT_ERR_FORMAT, "%s: header, byte %zu: %s", p->file, p->pos + 8, what);
}

static dt_status bad_tensor(parser *p, const char *name, dt_status status, const char *fmt, ...)
    DT_PRINTF(4, 5);
static dt_status bad_tensor(parser *p, const char *name, dt_status status, const char *fmt, ...)
{
    char text[DT_ERROR_TEXT_MAX], who[NAME_SHOWN];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return dt_fail(p->err, status, "%s: tensor \"%s\": %s", p->file, shown(name, who), text);
}

/* --- JSON --- */

static void skip_blanks(parser *p)
{
    while (p->pos < p->len && strchr(" \t\r\n", p->text[p->pos]) && p->text[p->pos])
        p->pos++;
}

static int accept(parser *p, char c)
{
    skip_blanks(p);
    if (p->pos >= p->len || p->text[p->pos] != c) return 0;
    p->pos++;
    return 1;
}

static dt_status expect(parser *p, char c)
{
    if (accept(p, c)) return DT_OK;
    char what[32];
    snprintf(what, sizeof what, "'%c' expected", c);
    return bad(p, what);
}

static int hex4(const parser *p, size_t at)
{
    if (p->len - at < 4) return -1;
    int v = 0;
    for (size_t i = at; i < at + 4; i++) {
        char c = p->text[i];
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0) return -1;
        v = v * 16 + d;
    }
    return v;
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* "\uXXXX" with p->pos behind the 'u'; a pair of surrogates is one character. */
static dt_status read_unicode(parser *p, uint32_t *c)
{
    int hi = hex4(p, p->pos);
    if (hi < 0) return bad(p, "four hexadecimal digits expected");
    p->pos += 4;
    *c = (uint32_t)hi;
    if (hi >= 0xD800 && hi < 0xDC00) {
        int lo = p->len - p->pos >= 6 && p->text[p->pos] == '\\' && p->text[p->pos + 1] == 'u'
                     ? hex4(p, p->pos + 2)
                     : -1;
        if (lo < 0xDC00 || lo > 0xDFFF) return bad(p, "half of a surrogate pair");
        p->pos += 6;
        *c = 0x10000 + ((uint32_t)(hi - 0xD800) << 10) + (uint32_t)(lo - 0xDC00);
    } else if (hi >= 0xDC00 && hi <= 0xDFFF) {
        return bad(p, "half of a surrogate pair");
    }
    return *c ? DT_OK : bad(p, "a text with a zero byte");
}

/* A string into p->scratch, until the next call. */
static dt_status read_string(parser *p)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    DT_TRY(expect(p, '"'));
    const char *close = p->text + p->pos;
    size_t left = p->len - p->pos, longest = 0;
    /* no escape grows, so the distance to the closing quote bounds the text */
    while (longest < left && close[longest] != '"')
        longest += close[longest] == '\\' ? 2 : 1;
    if (longest >= left) return bad(p, "a text without end");
    if (dt_grow(&p->scratch, &p->scratch_capacity, longest + 1, 1) != 0)
        return dt_fail_memory(p->err, longest + 1, p->file);
    size_t n = 0;
    while (p->text[p->pos] != '"') {
        char c = p->text[p->pos++];
        if ((unsigned char)c < 0x20) return bad(p, "a control character in a text");
        if (c != '\\') {
            p->scratch[n++] = c;
            continue;
        }
        c = p->text[p->pos++];
        const char *known = c ? strchr(from, c) : NULL;
        if (known) {
            p->scratch[n++] = to[known - from];
        } else if (c == 'u') {
            uint32_t code = 0;
            DT_TRY(read_unicode(p, &code));
            n += put_utf8(p->scratch + n, code);
        } else {
            return bad(p, "unknown escape");
        }
    }
    p->pos++;
    p->scratch[n] = '\0';
    return DT_OK;
}

/* A whole number in [0, 2^63). */
static dt_status read_number(parser *p, int64_t *value)
{
    skip_blanks(p);
    size_t start = p->pos;
    int64_t v = 0;
    for (; p->pos < p->len && p->text[p->pos] >= '0' && p->text[p->pos] <= '9'; p->pos++)
        if (__builtin_mul_overflow(v, (int64_t)10, &v) ||
            __builtin_add_overflow(v, (int64_t)(p->text[p->pos] - '0'), &v))
            return bad(p, "a number that is too large");
    if (p->pos == start || (p->pos < p->len && strchr(".eE+-", p->text[p->pos]) && p->text[p->pos]))
        return bad(p, "a whole number that is not negative expected");
    if (p->text[start] == '0' && p->pos > start + 1) return bad(p, "a number with a leading zero");
    *value = v;
    return DT_OK;
}

/* --- entries --- */

static dt_status read_dtype(parser *p, dt_st_entry *e)
{
    static const char *const names[DT_DTYPE_COUNT] = {
#define DT_ST_NAME(code, name, bytes, st) [code] = st,
        DT_DTYPE_LIST(DT_ST_NAME)
#undef DT_ST_NAME
    };
    DT_TRY(read_string(p));
    for (int i = 0; i < DT_DTYPE_COUNT; i++) {
        if (strcmp(p->scratch, names[i]) != 0) continue;
        e->dtype = (dt_dtype)i;
        return DT_OK;
    }
    char what[NAME_SHOWN];
    return bad_tensor(p, e->name, DT_ERR_UNSUPPORTED, "data type \"%s\" is not supported",
                      shown(p->scratch, what));
}

static dt_status read_shape(parser *p, dt_st_entry *e)
{
    DT_TRY(expect(p, '['));
    if (accept(p, ']')) return DT_OK;
    do {
        int64_t dim = 0;
        DT_TRY(read_number(p, &dim));
        if (e->shape.rank == DT_MAX_RANK)
            return bad_tensor(p, e->name, DT_ERR_UNSUPPORTED, "more than %d axes", DT_MAX_RANK);
        e->shape.dim[e->shape.rank++] = dim;
    } while (accept(p, ','));
    return expect(p, ']');
}

static dt_status read_offsets(parser *p, dt_st_entry *e, int64_t offsets[2])
{
    DT_TRY(expect(p, '['));
    DT_TRY(read_number(p, &offsets[0]));
    DT_TRY(expect(p, ','));
    DT_TRY(read_number(p, &offsets[1]));
    DT_TRY(expect(p, ']'));
    if (offsets[0] > offsets[1] || (uint64_t)offsets[1] > p->data_size)
        return bad_tensor(p, e->name, DT_ERR_FORMAT,
                          "its data [%lld, %lld) is outside of the %zu bytes that there are",
                          (long long)offsets[0], (long long)offsets[1], p->data_size);
    return DT_OK;
}

static dt_status check_size(parser *p, const dt_st_entry *e)
{
    size_t need = dt_dtype_size(e->dtype);
    char text[DT_SHAPE_TEXT];
    int too_large = 0, empty = 0;
    /* axes of length 0 count as 1 here, so that no product of dims overflows later, whatever its order */
    for (int i = 0; i < e->shape.rank; i++) {
        int64_t dim = e->shape.dim[i];
        if (dim == 0) empty = 1;
        too_large |= __builtin_mul_overflow(need, (size_t)(dim ? dim : 1), &need) || need > INT64_MAX;
    }
    if (empty && !too_large) need = 0;
    if (too_large || need != e->bytes)
        return bad_tensor(p, e->name, DT_ERR_FORMAT, "shape %s of %s does not make the %zu bytes of its data",
                          dt_shape_text(&e->shape, text), dt_dtype_name(e->dtype), e->bytes);
    return DT_OK;
}

/* {"dtype": .., "shape": [..], "data_offsets": [begin, end]} in any order, for the tensor e->name. */
static dt_status read_entry(parser *p, dt_st_entry *e)
{
    enum { DTYPE = 1, SHAPE = 2, OFFSETS = 4 };
    int seen = 0;
    int64_t offsets[2] = {0, 0};
    DT_TRY(expect(p, '{'));
    do {
        DT_TRY(read_string(p));
        int key = strcmp(p->scratch, "dtype") == 0          ? DTYPE
                  : strcmp(p->scratch, "shape") == 0        ? SHAPE
                  : strcmp(p->scratch, "data_offsets") == 0 ? OFFSETS
                                                            : 0;
        if (key == 0 || seen & key)
            return bad_tensor(p, e->name, DT_ERR_FORMAT, "a key of its entry is %s",
                              key ? "there twice" : "unknown");
        seen |= key;
        DT_TRY(expect(p, ':'));
        DT_TRY(key == DTYPE   ? read_dtype(p, e)
               : key == SHAPE ? read_shape(p, e)
                              : read_offsets(p, e, offsets));
    } while (accept(p, ','));
    DT_TRY(expect(p, '}'));
    if (seen != (DTYPE | SHAPE | OFFSETS))
        return bad_tensor(p, e->name, DT_ERR_FORMAT, "its entry has no %s",
                          !(seen & DTYPE)   ? "dtype"
                          : !(seen & SHAPE) ? "shape"
                                            : "data_offsets");
    e->bytes = (size_t)(offsets[1] - offsets[0]);
    e->data = p->text + p->len + offsets[0];
    return check_size(p, e);
}

static dt_status read_tensor(parser *p)
{
    dt_st_file *f = p->out;
    char *name = dt_strdup(p->scratch);
    if (!name || dt_grow(&f->entries, &f->capacity, f->count + 1, sizeof *f->entries) != 0) {
        dt_free(name);
        return dt_fail_memory(p->err, (f->count + 1) * sizeof *f->entries, p->file);
    }
    dt_st_entry *e = &f->entries[f->count++];
    *e = (dt_st_entry){.name = name};
    return read_entry(p, e);
}

static dt_status read_meta(parser *p)
{
    dt_st_file *f = p->out;
    DT_TRY(expect(p, '{'));
    if (f->meta_count) return bad(p, "__metadata__ is there twice");
    if (accept(p, '}')) return DT_OK;
    do {
        if (dt_grow(&f->meta, &f->meta_capacity, f->meta_count + 1, sizeof *f->meta) != 0)
            return dt_fail_memory(p->err, (f->meta_count + 1) * sizeof *f->meta, p->file);
        dt_st_meta *m = &f->meta[f->meta_count++];
        *m = (dt_st_meta){0};
        DT_TRY(read_string(p));
        m->key = dt_strdup(p->scratch);
        DT_TRY(expect(p, ':'));
        DT_TRY(read_string(p));
        m->value = dt_strdup(p->scratch);
        if (!m->key || !m->value) return dt_fail_memory(p->err, strlen(p->scratch) + 1, p->file);
    } while (accept(p, ','));
    return expect(p, '}');
}

static dt_status read_header(parser *p)
{
    DT_TRY(expect(p, '{'));
    if (!accept(p, '}')) {
        do {
            DT_TRY(read_string(p));
            int is_meta = strcmp(p->scratch, "__metadata__") == 0;
            DT_TRY(expect(p, ':'));
            DT_TRY(is_meta ? read_meta(p) : read_tensor(p));
        } while (accept(p, ','));
        DT_TRY(expect(p, '}'));
    }
    skip_blanks(p);
    return p->pos == p->len ? DT_OK : bad(p, "the header goes on after its end");
}

/* --- what the entries make together --- */

static int compare_place(const void *a, const void *b)
{
    const dt_st_entry *x = a, *y = b;
    const char *dx = x->data, *dy = y->data;
    if (dx != dy) return dx < dy ? -1 : 1;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int compare_name(const void *a, const void *b)
{
    return strcmp((*(dt_st_entry *const *)a)->name, (*(dt_st_entry *const *)b)->name);
}

static dt_status check_cover(parser *p)
{
    dt_st_file *f = p->out;
    const char *base = p->text + p->len;
    size_t at = 0;
    if (f->count) qsort(f->entries, f->count, sizeof *f->entries, compare_place);
    for (size_t i = 0; i < f->count; i++) {
        const dt_st_entry *e = &f->entries[i];
        size_t begin = (size_t)((const char *)e->data - base);
        if (begin != at)
            return bad_tensor(p, e->name, DT_ERR_FORMAT,
                              "its data begins at %zu, but the data before it ends at %zu (%s)", begin, at,
                              begin < at ? "they overlap" : "a gap");
        at += e->bytes;
    }
    if (at != p->data_size)
        return dt_fail(p->err, DT_ERR_FORMAT, "%s: %zu bytes of data, but the header accounts for %zu",
                       p->file, p->data_size, at);
    return DT_OK;
}

static dt_status index_names(parser *p)
{
    dt_st_file *f = p->out;
    f->by_name = dt_malloc(f->count * sizeof *f->by_name);
    if (!f->by_name) return dt_fail_memory(p->err, f->count * sizeof *f->by_name, p->file);
    for (size_t i = 0; i < f->count; i++)
        f->by_name[i] = &f->entries[i];
    if (f->count) qsort(f->by_name, f->count, sizeof *f->by_name, compare_name);
    for (size_t i = 1; i < f->count; i++)
        if (strcmp(f->by_name[i - 1]->name, f->by_name[i]->name) == 0)
            return bad_tensor(p, f->by_name[i]->name, DT_ERR_FORMAT, "the name is there twice");
    return DT_OK;
}

static dt_status align_data(parser *p)
{
    for (size_t i = 0; i < p->out->count; i++) {
        dt_st_entry *e = &p->out->entries[i];
        if ((uintptr_t)e->data % dt_dtype_size(e->dtype) == 0) continue;
        e->copy = dt_malloc_aligned(e->bytes);
        if (!e->copy) return dt_fail_memory(p->err, e->bytes, e->name);
        memcpy(e->copy, e->data, e->bytes);
        e->data = e->copy;
    }
    return DT_OK;
}

/* Before anything in the header is believed. */
static dt_status check_sum(const parser *p, const unsigned char *memory, size_t size)
{
    static const char zeros[] = "00000000";
    const char *digits = dt_st_checksum_find(p->text, p->len), *begin = (const char *)memory;
    if (!digits) return DT_OK;
    const size_t before = (size_t)(digits - begin), behind = before + DT_ST_CHECKSUM_DIGITS;
    uint32_t crc = dt_st_crc(0, begin, before);
    crc = dt_st_crc(crc, zeros, DT_ST_CHECKSUM_DIGITS);
    crc = dt_st_crc(crc, begin + behind, size - behind);
    char have[DT_ST_CHECKSUM_DIGITS + 1];
    dt_st_checksum_text(crc, have);
    p->out->has_checksum = 1;
    if (memcmp(digits, have, DT_ST_CHECKSUM_DIGITS) == 0) return DT_OK;
    return dt_fail(p->err, DT_ERR_FORMAT, "%s: damaged: its checksum is %s, not %.8s as written in it",
                   p->file, have, digits);
}

static dt_status parse(parser *p, const unsigned char *memory, size_t size)
{
    if (size < 8)
        return dt_fail(p->err, DT_ERR_FORMAT, "%s: %zu bytes are too few for a safetensors file", p->file,
                       size);
    uint64_t header = 0;
    for (int i = 7; i >= 0; i--)
        header = header << 8 | memory[i];
    if (header > HEADER_MAX || header > size - 8)
        return dt_fail(p->err, DT_ERR_FORMAT,
                       "%s: a header of %llu bytes in a file of %zu bytes; this is no safetensors file",
                       p->file, (unsigned long long)header, size);
    p->text = (const char *)memory + 8;
    p->len = (size_t)header;
    p->data_size = size - 8 - p->len;
    DT_TRY(check_sum(p, memory, size));
    DT_TRY(read_header(p));
    DT_TRY(check_cover(p));
    DT_TRY(index_names(p));
    return align_data(p);
}

dt_status dt_st_parse(void *memory, size_t size, const char *name, dt_st_file *file, dt_error *err)
{
    *file = (dt_st_file){.memory = memory, .memory_size = size, .name = dt_strdup(name)};
    parser p = {.file = name, .err = err, .out = file};
    dt_status st = file->name ? parse(&p, memory, size) : dt_fail_memory(err, strlen(name) + 1, name);
    dt_free(p.scratch);
    if (st != DT_OK) dt_st_free(file);
    return st;
}

dt_status dt_st_read(const char *path, dt_st_file *file, dt_error *err)
{
    char *memory;
    size_t size;
    *file = (dt_st_file){0};
    DT_TRY(dt_file_read(path, FILE_MAX, &memory, &size, err));
    return dt_st_parse(memory, size, path, file, err);
}

void dt_st_free(dt_st_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        dt_free(file->entries[i].name);
        dt_free(file->entries[i].copy);
    }
    for (size_t i = 0; i < file->meta_count; i++) {
        dt_free(file->meta[i].key);
        dt_free(file->meta[i].value);
    }
    dt_free(file->entries);
    dt_free(file->by_name);
    dt_free(file->meta);
    dt_free(file->memory);
    dt_free(file->name);
    *file = (dt_st_file){0};
}

const dt_st_entry *dt_st_find(const dt_st_file *file, const char *name)
{
    size_t lo = 0, hi = file->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = strcmp(file->by_name[mid]->name, name);
        if (c == 0) return file->by_name[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

const char *dt_st_get_meta(const dt_st_file *file, const char *key)
{
    for (size_t i = 0; i < file->meta_count; i++)
        if (strcmp(file->meta[i].key, key) == 0) return file->meta[i].value;
    return NULL;
}
