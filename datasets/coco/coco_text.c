#include "datasets/coco/coco_text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "datasets/coco/json_scan.h"

enum { MAX_BYTES = 1 << 30 };

void dt_coco_texts_close(dt_coco_texts *t)
{
    if (t->fd >= 0) close(t->fd);
    dt_free(t->piece);
    *t = (dt_coco_texts){.fd = -1};
}

static dt_status open_file(dt_coco_texts *t, const char *path, dt_error *err)
{
    if (t->fd >= 0 && strcmp(t->path, path) == 0) return DT_OK;
    if (t->fd >= 0) close(t->fd);
    t->path = path;
    t->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return t->fd >= 0 ? DT_OK
                      : dt_fail(err, DT_ERR_IO, "%s: cannot be read again: %s", path, strerror(errno));
}

dt_status dt_coco_text(dt_coco_texts *t, const char *path, uint64_t offset, size_t bytes, const char **text,
                       dt_error *err)
{
    if (bytes > MAX_BYTES)
        return dt_fail(err, DT_ERR_UNSUPPORTED, "%s: byte %llu: a record of %zu bytes", path,
                       (unsigned long long)offset, bytes);
    DT_TRY(open_file(t, path, err));
    if (dt_grow(&t->piece, &t->capacity, bytes + 1, 1) != 0) return dt_fail_memory(err, bytes, path);
    size_t have = 0;
    int code = 0;
    while (have < bytes) {
        ssize_t n = pread(t->fd, t->piece + have, bytes - have, (off_t)(offset + have));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) code = errno;
        if (n <= 0) break;
        have += (size_t)n;
    }
    if (have < bytes)
        return dt_fail(err, DT_ERR_IO, "%s: byte %llu cannot be read again: %s", path,
                       (unsigned long long)(offset + have),
                       code ? strerror(code) : "the file is shorter than before");
    t->piece[bytes] = '\0';
    *text = t->piece;
    return DT_OK;
}

/* ---- patching ---- */

static int find_change(const dt_json_change *changes, size_t count, const char *key, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (dt_scan_is(key, len, changes[i].key)) return (int)i;
    return -1;
}

static void put_change(dt_json *j, const dt_json_change *change)
{
    if (!change->value) return;
    dt_json_key(j, change->key);
    dt_json_raw(j, change->value, strlen(change->value));
}

static dt_status copy_members(dt_json *j, dt_scan *s, const char *text, const dt_json_change *changes,
                              size_t count)
{
    const char *key;
    size_t len;
    unsigned done = 0;
    dt_str name = {0};
    dt_scan_object(s);
    while (dt_scan_key(s, &key, &len)) {
        int change = find_change(changes, count, key, len);
        dt_str_clear(&name);
        dt_str_append_n(&name, key, len);
        uint64_t from = dt_scan_offset(s);
        dt_scan_skip(s);
        uint64_t to = s->base + (uint64_t)(s->pos - s->window);
        if (name.failed) j->out->failed = 1;
        if (s->status != DT_OK || name.failed) break;
        if (change >= 0) {
            if (!(done >> change & 1)) put_change(j, &changes[change]);
            done |= 1u << change;
        } else {
            dt_json_key(j, name.data ? name.data : "");
            dt_json_raw(j, text + from, (size_t)(to - from));
        }
    }
    for (size_t i = 0; i < count && s->status == DT_OK; i++)
        if (!(done >> i & 1)) put_change(j, &changes[i]);
    dt_str_free(&name);
    return s->status;
}

dt_status dt_json_patch(dt_json *j, const char *name, const char *text, size_t len,
                        const dt_json_change *changes, size_t count, dt_error *err)
{
    dt_scan s;
    dt_status st = dt_scan_open_text(&s, name, text, len, err);
    if (st == DT_OK) st = copy_members(j, &s, text, changes, count);
    dt_scan_close(&s);
    return st == DT_OK && j->out->failed ? dt_fail_memory(err, len, name) : st;
}
