/* Files of an output and their hashes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/sha256.h"
#include "datasets/convert.h"

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
    dt_arena_free(&list->texts);
    *list = (dt_output_list){0};
}

static dt_status write_new(const char *path, const char *data, size_t size, dt_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), code = 0;
    if (fd < 0) return dt_fail(err, DT_ERR_IO, "%s: cannot be written: %s", path, strerror(errno));
    while (size > 0 && !code) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno != EINTR) code = errno;
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
    if (close(fd) != 0 && !code) code = errno;
    return code ? dt_fail(err, DT_ERR_IO, "%s: write failed: %s", path, strerror(code)) : DT_OK;
}

dt_status dt_output_write(dt_output_list *list, const char *root, const char *path, const void *data,
                          size_t size, dt_error *err)
{
    char sha256[DT_SHA256_TEXT];
    dt_sha256 hash;
    char *full = dt_path_join(root, path);
    if (!full) return dt_fail_memory(err, strlen(path), "a path");
    dt_status st = write_new(full, data, size, err);
    dt_free(full);
    DT_TRY(st);
    dt_sha256_begin(&hash);
    dt_sha256_add(&hash, data, size);
    dt_sha256_end(&hash, sha256);
    return dt_output_add(list, path, NULL, sha256, err);
}
