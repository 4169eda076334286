/* Is what lies in a target what an earlier conversion wrote there? */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/sha256.h"
#include "core/strmap.h"
#include "datasets/target/certificate_read.h"
#include "datasets/target/target.h"

enum { MAX_FILE_BYTES = 1 << 30, MAX_DEPTH = 16 };

typedef struct checker {
    const char *target;
    dt_output_list files;
    dt_strmap known; /* path -> index in files */
    dt_error *err;
} checker;

static dt_status in_the_way(const checker *c, const char *path, const char *what)
{
    return dt_fail(c->err, DT_ERR_STATE,
                   "%s: is not empty and %s/%s %s: choose another destination or remove it", c->target,
                   c->target, path, what);
}

static dt_status check_file(const checker *c, const char *full, const char *path, mode_t mode)
{
    int64_t at = dt_strmap_get(&c->known, path, -1);
    if (at < 0) return in_the_way(c, path, "was not written by the earlier conversion");
    const dt_output_file *file = &c->files.items[at];
    if (S_ISLNK(mode)) {
        char target[4096];
        ssize_t n = readlink(full, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        if (file->link && strcmp(file->link, target) == 0) return DT_OK;
        return in_the_way(c, path, "was changed since the earlier conversion");
    }
    char *data, text[DT_SHA256_TEXT];
    size_t size;
    dt_sha256 hash;
    DT_TRY(dt_file_read(full, MAX_FILE_BYTES, &data, &size, c->err));
    dt_sha256_begin(&hash);
    dt_sha256_add(&hash, data, size);
    dt_sha256_end(&hash, text);
    dt_free(data);
    if (!file->link && strcmp(file->sha256, text) == 0) return DT_OK;
    return in_the_way(c, path, "was changed since the earlier conversion");
}

static dt_status check_folder(const checker *c, const char *relative, int depth)
{
    dt_names names;
    char *folder = dt_path_join(c->target, relative);
    dt_status st = folder ? dt_dir_list(folder, &names, c->err) : dt_fail_memory(c->err, 1, "a path");
    dt_free(folder);
    DT_TRY(st);
    for (size_t i = 0; i < names.count && st == DT_OK; i++) {
        struct stat info;
        char *path = *relative ? dt_path_join(relative, names.items[i]) : dt_strdup(names.items[i]);
        char *full = path ? dt_path_join(c->target, path) : NULL;
        if (!full)
            st = dt_fail_memory(c->err, 1, "a path");
        else if (strcmp(path, "conversion.json") == 0)
            st = DT_OK;
        else if (lstat(full, &info) != 0)
            st = dt_fail(c->err, DT_ERR_IO, "%s: %s", full, strerror(errno));
        else if (S_ISDIR(info.st_mode) && depth < MAX_DEPTH)
            st = check_folder(c, path, depth + 1);
        else
            st = check_file(c, full, path, info.st_mode);
        dt_free(path);
        dt_free(full);
    }
    dt_names_free(&names);
    return st;
}

static dt_status check_all(checker *c, const char *certificate)
{
    dt_error problem = {0};
    dt_status st = dt_certificate_read(certificate, &c->files, &problem);
    if (st == DT_ERR_MEMORY) return dt_fail(c->err, st, "%s", problem.text);
    if (st != DT_OK) return in_the_way(c, "conversion.json", "is not of a conversion");
    for (size_t i = 0; i < c->files.count; i++)
        if (dt_strmap_add(&c->known, c->files.items[i].path, (int64_t)i) < 0)
            return dt_fail_memory(c->err, i, "a list of files");
    return check_folder(c, "", 0);
}

dt_status dt_certificate_check(const char *target, int *replace, dt_error *err)
{
    dt_names names;
    checker c = {.target = target, .err = err};
    *replace = 0;
    if (!dt_is_dir(target)) return DT_OK;
    DT_TRY(dt_dir_list(target, &names, err));
    size_t count = names.count;
    int partial = count == 1 && strcmp(names.items[0], ".dettool-partial") == 0;
    char *first = count ? dt_strdup(names.items[0]) : NULL;
    dt_names_free(&names);
    if (count == 0 || partial) {
        dt_free(first);
        return DT_OK;
    }
    char *path = dt_path_join(target, "conversion.json");
    dt_status st = path && first ? DT_OK : dt_fail_memory(err, strlen(target), "a path");
    if (st == DT_OK && !dt_is_file(path)) st = in_the_way(&c, first, "is in it");
    if (st == DT_OK) st = check_all(&c, path);
    if (st == DT_OK) *replace = 1;
    dt_strmap_free(&c.known);
    dt_output_free(&c.files);
    dt_free(first);
    dt_free(path);
    return st;
}
