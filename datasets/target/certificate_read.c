#include "datasets/target/certificate_read.h"

#include <string.h>

#include "core/mem.h"
#include "datasets/coco/json_scan.h"
#include "datasets/target/target.h"
#include "datasets/voc/voc_layout.h"

/* One entry of "files" or "folders". */
typedef struct entry {
    const char *path, *link; /* in the list's arena */
    char sha256[65];
} entry;

/* The bytes of a name that is not UTF-8 stand as hexadecimal digits: they replace the text read before. */
static dt_status take_hex(dt_scan *s, const char *hex, size_t len, dt_arena *texts, const char **out)
{
    char *bytes = dt_arena_text_n(texts, hex, len / 2);
    if (!bytes) return dt_scan_fail(s, DT_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < len; i++) {
        char c = hex[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0 || len % 2)
            return dt_scan_fail(s, DT_ERR_FORMAT, "two hexadecimal digits a byte are expected");
        if (i % 2)
            bytes[i / 2] = (char)((unsigned char)bytes[i / 2] << 4 | digit);
        else
            bytes[i / 2] = (char)digit;
    }
    *out = bytes;
    return DT_OK;
}

static dt_status take_text(dt_scan *s, int is_hex, dt_arena *texts, const char **out)
{
    const char *text;
    size_t len;
    DT_TRY(dt_scan_string(s, &text, &len));
    if (is_hex) return take_hex(s, text, len, texts, out);
    if (!(*out = dt_arena_text_n(texts, text, len))) return dt_scan_fail(s, DT_ERR_MEMORY, "out of memory");
    return DT_OK;
}

static dt_status take_hash(dt_scan *s, char sha256[65])
{
    const char *text;
    size_t len;
    DT_TRY(dt_scan_string(s, &text, &len));
    if (len != 64) return dt_scan_fail(s, DT_ERR_FORMAT, "a SHA-256 has 64 digits");
    memcpy(sha256, text, 64);
    sha256[64] = '\0';
    return DT_OK;
}

static dt_status read_entry(dt_scan *s, dt_arena *texts, entry *e)
{
    const char *key;
    size_t len;
    *e = (entry){0};
    DT_TRY(dt_scan_object(s));
    while (dt_scan_key(s, &key, &len)) {
        if (dt_scan_is(key, len, "path") || dt_scan_is(key, len, "path_bytes"))
            take_text(s, len > 4, texts, &e->path);
        else if (dt_scan_is(key, len, "link") || dt_scan_is(key, len, "link_bytes"))
            take_text(s, len > 4, texts, &e->link);
        else if (dt_scan_is(key, len, "sha256"))
            take_hash(s, e->sha256);
        else
            dt_scan_skip(s);
    }
    if (s->status != DT_OK) return s->status;
    if (!e->path || !dt_voc_is_safe_name(e->path))
        return dt_scan_fail(s, DT_ERR_FORMAT, "the path '%.200s' leads out of the folder",
                            e->path ? e->path : "");
    return DT_OK;
}

static dt_status read_list(dt_scan *s, dt_output_list *files, int folders, dt_error *err)
{
    entry e;
    DT_TRY(dt_scan_array(s));
    while (dt_scan_item(s)) {
        DT_TRY(read_entry(s, &files->texts, &e));
        if (folders)
            DT_TRY(dt_names_add(&files->folders, e.path, err));
        else if (dt_grow(&files->items, &files->capacity, files->count + 1, sizeof *files->items) != 0)
            return dt_scan_fail(s, DT_ERR_MEMORY, "out of memory");
        else {
            dt_output_file *file = &files->items[files->count++];
            *file = (dt_output_file){.path = e.path, .link = e.link};
            memcpy(file->sha256, e.sha256, sizeof file->sha256);
        }
    }
    return s->status;
}

static dt_status read_root(dt_scan *s, dt_output_list *files, dt_error *err)
{
    const char *key, *text;
    size_t len;
    int ours = 0, listed = 0;
    DT_TRY(dt_scan_object(s));
    while (dt_scan_key(s, &key, &len)) {
        if (dt_scan_is(key, len, "tool")) {
            DT_TRY(dt_scan_string(s, &text, &len));
            size_t n = strlen(dt_certificate_tool);
            ours = len > n && memcmp(text, dt_certificate_tool, n) == 0;
        } else if (dt_scan_is(key, len, "files")) {
            listed = 1;
            DT_TRY(read_list(s, files, 0, err));
        } else if (dt_scan_is(key, len, "folders")) {
            DT_TRY(read_list(s, files, 1, err));
        } else {
            dt_scan_skip(s);
        }
    }
    DT_TRY(dt_scan_end(s));
    if (!ours || !listed) return dt_scan_fail(s, DT_ERR_FORMAT, "not the certificate of a conversion");
    return DT_OK;
}

dt_status dt_certificate_read(const char *path, dt_output_list *files, dt_error *err)
{
    dt_scan s;
    *files = (dt_output_list){0};
    DT_TRY(dt_scan_open(&s, path, err));
    dt_status st = read_root(&s, files, err);
    dt_scan_close(&s);
    return st;
}
