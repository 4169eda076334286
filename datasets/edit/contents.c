/* Which files are the same bytes: by size first, so that few have to be read. */
#include "datasets/edit/contents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/sha256.h"

typedef struct file {
    size_t index;
    int32_t source;
    dev_t device;
    ino_t number;
    off_t size;
    char digest[DT_SHA256_TEXT]; /* "": not read, or unreadable */
} file;

static int compare_files(const void *pa, const void *pb)
{
    const file *a = pa, *b = pb;
    if (a->size != b->size) return a->size < b->size ? -1 : 1;
    if (a->device != b->device) return a->device < b->device ? -1 : 1;
    if (a->number != b->number) return a->number < b->number ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static int compare_digests(const void *pa, const void *pb)
{
    const file *a = pa, *b = pb;
    int order = strcmp(a->digest, b->digest);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static int same_file(const file *a, const file *b)
{
    return a->device == b->device && a->number == b->number;
}

static size_t list_files(const char *const *paths, const int32_t *sources, size_t count, file *files)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        struct stat st;
        if (!paths[i] || stat(paths[i], &st) != 0 || !S_ISREG(st.st_mode)) continue;
        files[n++] = (file){
            .index = i, .source = sources[i], .device = st.st_dev, .number = st.st_ino, .size = st.st_size};
    }
    return n;
}

static void read_digest(const char *path, char digest[DT_SHA256_TEXT])
{
    uint8_t piece[1 << 16];
    dt_sha256 hash;
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return;
    dt_sha256_begin(&hash);
    while ((n = read(fd, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0) dt_sha256_add(&hash, piece, (size_t)n);
    close(fd);
    if (n == 0) dt_sha256_end(&hash, digest);
}

typedef struct digest_job {
    const char *const *paths;
    file *files;
    const size_t *wanted;
} digest_job;

static void digest_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    const digest_job *job = arg;
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        file *f = &job->files[job->wanted[i]];
        read_digest(job->paths[f->index], f->digest);
    }
}

/* Looks at the files [begin, end) of one size: the numbers of those to be read go to `wanted`. A single file
 * needs no reading: its paths get their content at once. */
static size_t choose(const file *files, size_t begin, size_t end, size_t *wanted, int64_t *content,
                     int64_t *next)
{
    size_t n = 0, sources = 0, inodes = 1;
    for (size_t i = begin + 1; i < end; i++) {
        sources += files[i].source != files[begin].source;
        inodes += !same_file(&files[i], &files[i - 1]);
    }
    if (!sources) return 0;
    for (size_t i = begin; i < end; i++)
        if (inodes == 1)
            content[files[i].index] = *next;
        else if (i == begin || !same_file(&files[i], &files[i - 1]))
            wanted[n++] = i;
    *next += inodes == 1;
    return n;
}

dt_status dt_contents_number(const char *const *paths, const int32_t *sources, size_t path_count,
                             dt_pool *pool, int64_t *content, dt_error *err)
{
    file *files = dt_calloc(path_count, sizeof *files);
    size_t *wanted = dt_calloc(path_count, sizeof *wanted), count = 0, read_count = 0;
    int64_t next = 0;
    if (!files || !wanted) {
        dt_free(files);
        dt_free(wanted);
        return dt_fail_memory(err, path_count * sizeof *files, "files");
    }
    for (size_t i = 0; i < path_count; i++)
        content[i] = -1;
    count = list_files(paths, sources, path_count, files);
    if (count) qsort(files, count, sizeof *files, compare_files);
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && files[end].size == files[begin].size;)
            end++;
        read_count += choose(files, begin, end, wanted + read_count, content, &next);
    }
    digest_job job = {paths, files, wanted};
    dt_parallel(pool, (int64_t)read_count, 4, digest_chunk, &job);
    for (size_t i = 1; i < count; i++)
        if (same_file(&files[i], &files[i - 1])) memcpy(files[i].digest, files[i - 1].digest, DT_SHA256_TEXT);
    if (count) qsort(files, count, sizeof *files, compare_digests);
    for (size_t i = 0; i < count; i++) {
        if (!*files[i].digest) continue;
        if (i && strcmp(files[i].digest, files[i - 1].digest) == 0)
            content[files[i].index] = content[files[i - 1].index];
        else
            content[files[i].index] = next++;
    }
    dt_free(files);
    dt_free(wanted);
    return DT_OK;
}
