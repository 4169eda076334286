/* Taking a conversion back. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/sha256.h"
#include "core/strmap.h"
#include "datasets/target/certificate_read.h"
#include "datasets/target/target.h"

void dt_undo_report_free(dt_undo_report *report)
{
    dt_names_free(&report->kept);
    *report = (dt_undo_report){0};
}

typedef struct undo {
    const char *target;
    int root; /* the open target */
    dt_undo_report *report;
    dt_strmap folders;
    dt_names folder_list; /* those in which files were listed, and the ones above */
    dt_output_list files;
    dt_error *err;
} undo;

/* Opens the folder of a relative path, one piece at a time: a symbolic link on the way is not followed. -1
 * with errno.
 * *name: the last piece. */
static int open_folder(int root, const char *path, const char **name)
{
    char piece[256];
    int fd = fcntl(root, F_DUPFD_CLOEXEC, 0);
    *name = path;
    for (const char *slash; fd >= 0 && (slash = strchr(*name, '/')); *name = slash + 1) {
        size_t n = (size_t)(slash - *name);
        int next = -1;
        if (n < sizeof piece) {
            memcpy(piece, *name, n);
            piece[n] = '\0';
            next = openat(fd, n ? piece : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        } else {
            errno = ENAMETOOLONG;
        }
        int code = errno;
        close(fd);
        errno = code;
        fd = next;
    }
    return fd;
}

static int hash_file(int folder, const char *name, char text[DT_SHA256_TEXT])
{
    enum { PIECE = 64 << 10 };
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char *data = dt_malloc(PIECE);
    dt_sha256 hash;
    ssize_t n = -1;
    dt_sha256_begin(&hash);
    while (fd >= 0 && data && ((n = read(fd, data, PIECE)) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0) dt_sha256_add(&hash, data, (size_t)n);
    dt_sha256_end(&hash, text);
    dt_free(data);
    if (fd >= 0) close(fd);
    return n == 0 ? 0 : -1;
}

/* 1 if the file is the one that was written. */
static int is_ours(int folder, const char *name, const struct stat *st, const dt_output_file *file)
{
    if (S_ISLNK(st->st_mode)) {
        char target[4096];
        ssize_t n = readlinkat(folder, name, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        return file->link && strcmp(file->link, target) == 0;
    }
    char text[DT_SHA256_TEXT];
    return S_ISREG(st->st_mode) && !file->link && hash_file(folder, name, text) == 0 &&
           strcmp(file->sha256, text) == 0;
}

static dt_status note_folder(undo *u, const char *path, size_t len)
{
    if (dt_strmap_get_n(&u->folders, path, len, 0)) return DT_OK;
    const char *folder = dt_arena_text_n(&u->files.texts, path, len);
    if (!folder || dt_strmap_add(&u->folders, folder, 1) < 0)
        return dt_fail_memory(u->err, len, "a list of folders");
    return dt_names_add(&u->folder_list, folder, u->err);
}

/* Remembers the folders above a path. */
static dt_status note_folders(undo *u, const char *path)
{
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
        DT_TRY(note_folder(u, path, (size_t)(slash - path)));
    return DT_OK;
}

static dt_status undo_file(undo *u, const dt_output_file *file)
{
    const char *path = file->path;
    const char *name;
    struct stat st;
    int folder = open_folder(u->root, path, &name);
    dt_status status = DT_OK;
    if (folder < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) {
        /* The folder is gone, or a link to another one stands in its place. */
        u->report->missing++;
        return DT_OK;
    }
    if (folder < 0) return dt_fail(u->err, DT_ERR_IO, "%s/%s: %s", u->target, path, strerror(errno));
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        u->report->missing++;
    else if (!is_ours(folder, name, &st, file))
        status = dt_names_add(&u->report->kept, path, u->err);
    else if (unlinkat(folder, name, 0) != 0)
        status = dt_fail(u->err, DT_ERR_IO, "%s/%s: cannot be removed: %s", u->target, path, strerror(errno));
    else
        u->report->removed++;
    close(folder);
    return status;
}

/* Longest first, so that a folder comes before the one that it is in. */
static int compare_depth(const void *pa, const void *pb)
{
    size_t a = strlen(*(char *const *)pa), b = strlen(*(char *const *)pb);
    return (a < b) - (a > b);
}

static void remove_folders(undo *u)
{
    if (u->folder_list.count)
        qsort(u->folder_list.items, u->folder_list.count, sizeof *u->folder_list.items, compare_depth);
    for (size_t i = 0; i < u->folder_list.count; i++) {
        const char *name;
        int folder = open_folder(u->root, u->folder_list.items[i], &name);
        if (folder < 0) continue;
        unlinkat(folder, name, AT_REMOVEDIR); /* one that is not empty stays */
        close(folder);
    }
}

static dt_status undo_all(undo *u)
{
    for (size_t i = 0; i < u->files.folders.count; i++) { /* the empty ones, too */
        const char *path = u->files.folders.items[i];
        DT_TRY(note_folders(u, path));
        DT_TRY(note_folder(u, path, strlen(path)));
    }
    for (size_t i = 0; i < u->files.count; i++) {
        DT_TRY(note_folders(u, u->files.items[i].path));
        DT_TRY(undo_file(u, &u->files.items[i]));
    }
    if (unlinkat(u->root, "conversion.json", 0) != 0)
        return dt_fail(u->err, DT_ERR_IO, "%s/conversion.json: cannot be removed: %s", u->target,
                       strerror(errno));
    remove_folders(u);
    rmdir(u->target); /* stays if there is anything else in it */
    return DT_OK;
}

dt_status dt_convert_undo(const char *target, dt_undo_report *report, dt_error *err)
{
    undo u = {.target = target, .root = -1, .report = report, .err = err};
    char *path = dt_path_join(target, "conversion.json");
    *report = (dt_undo_report){0};
    if (!path) return dt_fail_memory(err, strlen(target), "a path");
    dt_status st = DT_OK;
    if (!dt_is_file(path))
        st = dt_fail(err, DT_ERR_NOT_FOUND, "%s: there is no conversion.json in it, so nothing to undo",
                     target);
    /* All of it is read before anything goes: one path that leads out, and nothing is removed. */
    if (st == DT_OK) st = dt_certificate_read(path, &u.files, err);
    if (st == DT_OK && (u.root = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        st = dt_fail(err, DT_ERR_IO, "%s: %s", target, strerror(errno));
    if (st == DT_OK) st = undo_all(&u);
    if (u.root >= 0) close(u.root);
    dt_strmap_free(&u.folders);
    dt_names_free(&u.folder_list);
    dt_output_free(&u.files);
    dt_free(path);
    return st;
}
