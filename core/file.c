#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/rng.h"
#include "core/str.h"

dt_status dt_file_read(const char *path, size_t max_bytes, char **data, size_t *size, dt_error *err)
{
    *data = NULL;
    *size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang it */
    if (fd < 0) {
        int code = errno;
        return dt_fail(err, code == ENOENT || code == ENOTDIR ? DT_ERR_NOT_FOUND : DT_ERR_IO, "%s: %s", path,
                       strerror(code));
    }
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return dt_fail(err, DT_ERR_IO, "%s: not a regular file", path);
    }
    if ((uint64_t)st.st_size > max_bytes) {
        close(fd);
        return dt_fail(err, DT_ERR_FORMAT, "%s: %lld bytes; at most %zu are read", path,
                       (long long)st.st_size, max_bytes);
    }
    size_t want = (size_t)st.st_size, have = 0;
    char *buf = dt_malloc(want + 1);
    if (!buf) {
        close(fd);
        return dt_fail_memory(err, want + 1, path);
    }
    while (have < want) {
        ssize_t n = read(fd, buf + have, want - have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            int code = errno;
            close(fd);
            dt_free(buf);
            return dt_fail(err, DT_ERR_IO, "%s: %s", path, strerror(code));
        }
        if (n == 0) break; /* the file shrank meanwhile */
        have += (size_t)n;
    }
    close(fd);
    buf[have] = '\0';
    *data = buf;
    *size = have;
    return DT_OK;
}

dt_status dt_atomic_open(dt_atomic_file *file, const char *path, int durable, dt_error *err)
{
    *file = (dt_atomic_file){.fd = -1, .durable = durable};
    file->path = dt_strdup(path);
    file->tmp_path = dt_format("%s.tmp-XXXXXX", path);
    if (!file->path || !file->tmp_path) {
        dt_atomic_abort(file);
        return dt_fail_memory(err, strlen(path), "a path");
    }
    file->fd = mkostemp(file->tmp_path, O_CLOEXEC);
    if (file->fd < 0) {
        int code = errno;
        dt_free(file->tmp_path);
        file->tmp_path = NULL;
        dt_atomic_abort(file);
        return dt_fail(err, DT_ERR_IO, "%s: cannot be written: %s", path, strerror(code));
    }
    mode_t mask = umask(0);
    umask(mask);
    fchmod(file->fd, 0666 & ~mask);
    return DT_OK;
}

dt_status dt_atomic_write(dt_atomic_file *file, const void *data, size_t size, dt_error *err)
{
    const char *p = data;
    while (size > 0) {
        ssize_t n = write(file->fd, p, size < (1u << 30) ? size : 1u << 30);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return dt_fail(err, DT_ERR_IO, "%s: write failed: %s", file->path, strerror(errno));
        p += n;
        size -= (size_t)n;
    }
    return DT_OK;
}

dt_status dt_atomic_commit(dt_atomic_file *file, dt_error *err)
{
    int code = 0;
    if (file->durable && fsync(file->fd) != 0) code = errno;
    if (close(file->fd) != 0 && !code) code = errno;
    file->fd = -1;
    if (!code && rename(file->tmp_path, file->path) != 0) code = errno;
    if (code) {
        dt_fail(err, DT_ERR_IO, "%s: write failed: %s", file->path, strerror(code));
        dt_atomic_abort(file);
        return DT_ERR_IO;
    }
    if (file->durable) {
        char *dir = dt_path_dir(file->path);
        int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        if (fd >= 0) {
            fsync(fd);
            close(fd);
        }
        dt_free(dir);
    }
    dt_free(file->path);
    dt_free(file->tmp_path);
    *file = (dt_atomic_file){.fd = -1};
    return DT_OK;
}

void dt_atomic_abort(dt_atomic_file *file)
{
    if (file->fd >= 0) close(file->fd);
    if (file->tmp_path) unlink(file->tmp_path);
    dt_free(file->path);
    dt_free(file->tmp_path);
    *file = (dt_atomic_file){.fd = -1};
}

dt_status dt_file_write_atomic(const char *path, const void *data, size_t size, dt_error *err)
{
    dt_atomic_file file;
    DT_TRY(dt_atomic_open(&file, path, 1, err));
    dt_status st = dt_atomic_write(&file, data, size, err);
    if (st != DT_OK) {
        dt_atomic_abort(&file);
        return st;
    }
    return dt_atomic_commit(&file, err);
}

dt_status dt_mkdirs(const char *path, dt_error *err)
{
    char *copy = dt_strdup(path);
    if (!copy) return dt_fail_memory(err, strlen(path) + 1, "a path");
    int failed = 0;
    for (char *p = copy + 1; *copy && !failed; p++) {
        if (*p != '/' && *p != '\0') continue;
        char c = *p;
        *p = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) failed = errno;
        if (!failed && c == '\0' && !dt_is_dir(copy)) failed = ENOTDIR;
        *p = c;
        if (c == '\0') break;
    }
    dt_free(copy);
    if (failed) return dt_fail(err, DT_ERR_IO, "%s: the folder cannot be made: %s", path, strerror(failed));
    return DT_OK;
}

uint64_t dt_file_mark(const char *path)
{
    enum { TAIL = 4096 };
    struct {
        uint64_t size;
        char tail[TAIL];
    } content = {0};
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would be waited for */
    if (fd < 0) return 0;
    int ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (ok) {
        const size_t n = st.st_size < TAIL ? (size_t)st.st_size : TAIL;
        content.size = (uint64_t)st.st_size;
        ok = pread(fd, content.tail, n, st.st_size - (off_t)n) == (ssize_t)n;
    }
    close(fd);
    return ok ? dt_hash64(&content, sizeof content) : 0;
}

int dt_is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int dt_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

const char *dt_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *dt_path_extension(const char *path)
{
    const char *base = dt_path_base(path);
    const char *dot = strrchr(base, '.');
    return dot && dot != base ? dot : base + strlen(base);
}

char *dt_path_stem(const char *path)
{
    const char *base = dt_path_base(path);
    return dt_strndup(base, (size_t)(dt_path_extension(path) - base));
}

char *dt_path_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return dt_strdup(".");
    if (slash == path) return dt_strdup("/");
    return dt_strndup(path, (size_t)(slash - path));
}

char *dt_path_join(const char *dir, const char *name)
{
    if (name[0] == '/' || dir[0] == '\0') return dt_strdup(name);
    size_t n = strlen(dir);
    return dt_format("%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

dt_status dt_names_add(dt_names *names, const char *name, dt_error *err)
{
    char *copy = dt_strdup(name);
    if (!copy || dt_grow(&names->items, &names->capacity, names->count + 1, sizeof *names->items) != 0) {
        dt_free(copy);
        return dt_fail_memory(err, strlen(name) + 1, "a list of names");
    }
    names->items[names->count++] = copy;
    return DT_OK;
}

dt_status dt_dir_list(const char *path, dt_names *names, dt_error *err)
{
    *names = (dt_names){0};
    DIR *dir = opendir(path);
    if (!dir) {
        int code = errno;
        return dt_fail(err, code == ENOENT || code == ENOTDIR ? DT_ERR_NOT_FOUND : DT_ERR_IO,
                       "%s: the folder cannot be read: %s", path, strerror(code));
    }
    dt_status st = DT_OK;
    for (struct dirent *e; st == DT_OK && (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        st = dt_names_add(names, e->d_name, err);
    }
    closedir(dir);
    if (st != DT_OK) {
        dt_names_free(names);
        return st;
    }
    if (names->count) qsort(names->items, names->count, sizeof *names->items, compare_names);
    return DT_OK;
}

void dt_names_free(dt_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        dt_free(names->items[i]);
    dt_free(names->items);
    *names = (dt_names){0};
}

double dt_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
