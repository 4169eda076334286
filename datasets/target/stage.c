#include "datasets/target/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/str.h"

static const char MARKER[] = ".dettool-writing";
enum { MAX_DEPTH = 16 };

/* Removes everything below an open folder; links are removed, never followed. */
static int clear_folder(int parent, const char *name, int depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    int failed = 0;
    if (!dir) {
        if (fd >= 0) close(fd);
        return -1;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        if (unlinkat(dirfd(dir), e->d_name, 0) == 0) continue;
        if (depth >= MAX_DEPTH || clear_folder(dirfd(dir), e->d_name, depth + 1) != 0 ||
            unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR) != 0)
            failed = -1;
    }
    closedir(dir);
    return failed;
}

static int remove_folder(const char *path)
{
    return clear_folder(AT_FDCWD, path, 0) == 0 && rmdir(path) == 0 ? 0 : -1;
}

static void release(dt_stage *stage)
{
    if (stage->lock >= 0) close(stage->lock);
    dt_free(stage->target);
    dt_free(stage->path);
    *stage = (dt_stage){.lock = -1};
}

/* Absolute path of a target that may not exist yet. */
static char *absolute(const char *target)
{
    char buf[PATH_MAX];
    if (realpath(target, buf)) return dt_strdup(buf);
    size_t n = strlen(target);
    while (n > 1 && target[n - 1] == '/')
        n--;
    char *copy = dt_strndup(target, n), *dir = copy ? dt_path_dir(copy) : NULL;
    char *out = NULL;
    if (dir && realpath(dir, buf)) out = dt_path_join(buf, dt_path_base(copy));
    dt_free(copy);
    dt_free(dir);
    return out;
}

/* The hidden folder goes inside where the target cannot be exchanged as a whole: it is the current folder or
 * a mount point, or the folder above it is not ours to write. */
static int must_be_inside(const char *target, const char *parent)
{
    struct stat here, above, cwd;
    if (stat(target, &here) != 0 || stat(parent, &above) != 0) return 0;
    if (here.st_dev != above.st_dev || access(parent, W_OK | X_OK) != 0) return 1;
    return stat(".", &cwd) == 0 && cwd.st_dev == here.st_dev && cwd.st_ino == here.st_ino;
}

static dt_status take_folder(dt_stage *stage, dt_error *err)
{
    char *marker = dt_path_join(stage->path, MARKER);
    if (!marker) return dt_fail_memory(err, strlen(stage->path), "a path");
    dt_status st = DT_OK;
    for (int turn = 0; turn < 2; turn++) {
        if (mkdir(stage->path, 0777) != 0 && errno != EEXIST) {
            st = dt_fail(err, DT_ERR_IO, "%s: cannot be written: %s", stage->target, strerror(errno));
            break;
        }
        stage->lock = open(marker, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (stage->lock < 0) {
            st = dt_fail(err, DT_ERR_IO, "%s: cannot be written: %s", stage->target, strerror(errno));
            break;
        }
        if (flock(stage->lock, LOCK_EX | LOCK_NB) != 0) {
            st = dt_fail(err, DT_ERR_STATE, "%s: another run is writing to it (%s)", stage->target,
                         stage->path);
            break;
        }
        dt_names names;
        st = dt_dir_list(stage->path, &names, err);
        size_t count = names.count;
        dt_names_free(&names);
        if (st != DT_OK || count == 1) break; /* the marker alone: it is fresh */
        close(stage->lock);
        stage->lock = -1;
        if (turn == 1 || remove_folder(stage->path) != 0) {
            st = dt_fail(err, DT_ERR_IO, "%s: what a killed run left there cannot be removed", stage->path);
            break;
        }
    }
    dt_free(marker);
    return st;
}

dt_status dt_stage_begin(dt_stage *stage, const char *target, int replace, dt_error *err)
{
    *stage = (dt_stage){.lock = -1, .replaces = replace};
    struct stat st;
    size_t n = strlen(target);
    if (n == 0) return dt_fail(err, DT_ERR_ARG, "the destination has no name");
    if (stat(target, &st) == 0 && !S_ISDIR(st.st_mode))
        return dt_fail(err, DT_ERR_IO, "%s: is there and is no folder", target);
    if (stat(target, &st) == 0 && access(target, W_OK | X_OK) != 0)
        return dt_fail(err, DT_ERR_IO, "%s: cannot be written: %s", target, strerror(errno));
    char *copy = dt_strndup(target, n), *dir = NULL;
    while (copy && n > 1 && copy[n - 1] == '/')
        copy[--n] = '\0';
    dir = copy ? dt_path_dir(copy) : NULL;
    dt_status status = dir ? dt_mkdirs(dir, err) : dt_fail_memory(err, n, "a path");
    dt_free(copy);
    dt_free(dir);
    DT_TRY(status);
    if (!(stage->target = absolute(target)) || !(dir = dt_path_dir(stage->target))) {
        release(stage);
        return dt_fail(err, DT_ERR_IO, "%s: the path cannot be followed: %s", target, strerror(errno));
    }
    stage->inside = must_be_inside(stage->target, dir);
    stage->path = stage->inside ? dt_path_join(stage->target, ".dettool-partial")
                                : dt_format("%s/.%s.dettool-partial", strcmp(dir, "/") == 0 ? "" : dir,
                                            dt_path_base(stage->target));
    dt_free(dir);
    if (!stage->path) {
        release(stage);
        return dt_fail_memory(err, n, "a path");
    }
    if (replace && stage->inside) {
        status = dt_fail(
            err, DT_ERR_IO,
            "%s: an earlier output can only be replaced from outside of it, in a folder that can be written",
            target);
        release(stage);
        return status;
    }
    status = take_folder(stage, err);
    if (status != DT_OK) release(stage);
    return status;
}

/* Moves the pieces one by one into an existing, empty target; the certificate last. */
static int move_inside(const dt_stage *stage)
{
    dt_names names;
    if (dt_dir_list(stage->path, &names, NULL) != DT_OK) return -1;
    int failed = 0;
    for (int last = 0; last < 2; last++)
        for (size_t i = 0; i < names.count && !failed; i++) {
            if ((strcmp(names.items[i], "conversion.json") == 0) != last) continue;
            char *from = dt_path_join(stage->path, names.items[i]),
                 *to = dt_path_join(stage->target, names.items[i]);
            if (!from || !to || access(to, F_OK) == 0 || rename(from, to) != 0)
                failed = errno ? errno : EEXIST;
            dt_free(from);
            dt_free(to);
        }
    dt_names_free(&names);
    if (!failed) rmdir(stage->path);
    errno = failed;
    return failed ? -1 : 0;
}

static int replace_target(const dt_stage *stage)
{
    if (renameat2(AT_FDCWD, stage->path, AT_FDCWD, stage->target, RENAME_EXCHANGE) == 0) {
        remove_folder(stage->path);
        return 0;
    }
    /* A file system without exchange: step aside first, and back if the second step fails. */
    char *aside = dt_format("%s.old", stage->path);
    if (!aside) return -1;
    int failed = rename(stage->target, aside) != 0;
    if (!failed && rename(stage->path, stage->target) != 0) {
        int code = errno;
        rename(aside, stage->target);
        errno = code;
        failed = 1;
    } else if (!failed) {
        remove_folder(aside);
    }
    dt_free(aside);
    return failed ? -1 : 0;
}

dt_status dt_stage_commit(dt_stage *stage, dt_error *err)
{
    char *marker = dt_path_join(stage->path, MARKER);
    if (!marker) {
        dt_stage_abort(stage);
        return dt_fail_memory(err, sizeof MARKER, "a path");
    }
    unlink(marker);
    dt_free(marker);
    int failed = stage->replaces ? replace_target(stage)
                 : stage->inside ? move_inside(stage)
                                 : rename(stage->path, stage->target);
    if (failed) {
        dt_fail(err, DT_ERR_IO, "%s: cannot be put in place: %s", stage->target, strerror(errno));
        dt_stage_abort(stage);
        return DT_ERR_IO;
    }
    release(stage);
    return DT_OK;
}

void dt_stage_abort(dt_stage *stage)
{
    if (stage->path) remove_folder(stage->path);
    release(stage);
}
