#include "datasets/target/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"

dt_status dt_output_add(dt_output_list *list, const char *path, const char *link, const char *sha256,
                        dt_error *err)
{
    dt_output_file file = {.path = dt_arena_text(&list->texts, path)};
    if (link) file.link = dt_arena_text(&list->texts, link);
    if (sha256) memcpy(file.sha256, sha256, sizeof file.sha256);
    if (!file.path || (link && !file.link) ||
        dt_grow(&list->items, &list->capacity, list->count + 1, sizeof *list->items) != 0)
        return dt_fail_memory(err, sizeof file, "a list of files");
    list->items[list->count++] = file;
    return DT_OK;
}

void dt_output_free(dt_output_list *list)
{
    dt_free(list->items);
    dt_names_free(&list->folders);
    dt_arena_free(&list->texts);
    *list = (dt_output_list){0};
}

dt_status dt_output_append(dt_output_list *list, dt_output_list *from, dt_error *err)
{
    if (!from->count) return DT_OK;
    if (dt_grow(&list->items, &list->capacity, list->count + from->count, sizeof *list->items) != 0)
        return dt_fail_memory(err, from->count * sizeof *list->items, "a list of files");
    memcpy(list->items + list->count, from->items, from->count * sizeof *list->items);
    list->count += from->count;
    dt_arena_adopt(&list->texts, &from->texts);
    dt_output_free(from);
    return DT_OK;
}

void dt_stream_abort(dt_output_stream *s)
{
    if (s->fd >= 0) close(s->fd);
    dt_free(s->full);
    dt_free(s->path);
    *s = (dt_output_stream){.fd = -1};
}

dt_status dt_stream_open(dt_output_stream *s, const char *root, const char *path, dt_error *err)
{
    *s = (dt_output_stream){.fd = -1, .full = dt_path_join(root, path), .path = dt_strdup(path)};
    dt_status st = DT_OK;
    if (!s->full || !s->path)
        st = dt_fail_memory(err, strlen(path), "a path");
    else if ((s->fd = open(s->full, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) < 0)
        st = dt_fail(err, DT_ERR_IO, "%s: cannot be written: %s", s->full, strerror(errno));
    if (st != DT_OK) dt_stream_abort(s);
    dt_sha256_begin(&s->hash);
    return st;
}

dt_status dt_stream_write(dt_output_stream *s, const void *data, size_t size, dt_error *err)
{
    const char *at = data;
    dt_sha256_add(&s->hash, data, size);
    while (size > 0) {
        ssize_t n = write(s->fd, at, size);
        if (n < 0 && errno != EINTR) {
            dt_status st = dt_fail(err, DT_ERR_IO, "%s: write failed: %s", s->full, strerror(errno));
            dt_stream_abort(s);
            return st;
        }
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        }
    }
    return DT_OK;
}

dt_status dt_stream_flush(dt_output_stream *s, dt_str *text, size_t limit, dt_error *err)
{
    if (text->failed) return dt_fail_memory(err, text->len, s->path);
    if (text->len < limit || !text->len) return DT_OK;
    DT_TRY(dt_stream_write(s, text->data, text->len, err));
    dt_str_clear(text);
    return DT_OK;
}

dt_status dt_stream_close(dt_output_stream *s, dt_output_list *list, dt_error *err)
{
    char sha256[DT_SHA256_TEXT];
    if (s->fd < 0) return DT_OK;
    int failed = close(s->fd) != 0 ? errno : 0;
    s->fd = -1;
    dt_sha256_end(&s->hash, sha256);
    dt_status st = failed ? dt_fail(err, DT_ERR_IO, "%s: write failed: %s", s->full, strerror(failed))
                          : dt_output_add(list, s->path, NULL, sha256, err);
    dt_stream_abort(s);
    return st;
}

dt_status dt_output_write(dt_output_list *list, const char *root, const char *path, const void *data,
                          size_t size, dt_error *err)
{
    dt_output_stream s;
    DT_TRY(dt_stream_open(&s, root, path, err));
    DT_TRY(dt_stream_write(&s, data, size, err));
    return dt_stream_close(&s, list, err);
}

dt_status dt_output_copy(dt_output_list *list, const char *root, const char *path, const char *image,
                         dt_error *err)
{
    enum { MAX_IMAGE_BYTES = 1 << 30 };
    char *data;
    size_t size;
    DT_TRY(dt_file_read(image, MAX_IMAGE_BYTES, &data, &size, err));
    dt_status st = dt_output_write(list, root, path, data, size, err);
    dt_free(data);
    return st;
}

dt_status dt_output_link(dt_output_list *list, const char *root, const char *path, const char *image,
                         const char *here, dt_error *err)
{
    char *full = dt_path_join(root, path), *target = dt_path_join(here, image);
    dt_status st = !full || !target ? dt_fail_memory(err, strlen(path), "a path")
                   : symlink(target, full) != 0
                       ? dt_fail(err, DT_ERR_IO, "%s: cannot be linked: %s", full, strerror(errno))
                       : dt_output_add(list, path, target, NULL, err);
    dt_free(full);
    dt_free(target);
    return st;
}

dt_status dt_output_folder(dt_output_list *list, const char *root, const char *path, dt_error *err)
{
    char *full = dt_path_join(root, path);
    dt_status st = full ? dt_mkdirs(full, err) : dt_fail_memory(err, strlen(path), "a path");
    dt_free(full);
    return st == DT_OK ? dt_names_add(&list->folders, path, err) : st;
}
