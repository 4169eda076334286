/* A temporary folder that a test fills with small files. */
#ifndef DT_TESTS_DATASETS_FIXTURE_H
#define DT_TESTS_DATASETS_FIXTURE_H

#include <ftw.h>
#include <stdarg.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "test.h"

typedef struct fixture {
    char root[64];
} fixture;

__attribute__((unused)) static fixture fixture_new(void)
{
    fixture f;
    snprintf(f.root, sizeof f.root, "/tmp/dt_test_XXXXXX");
    if (!mkdtemp(f.root)) abort();
    return f;
}

/* Path below the fixture, in one of four static buffers. */
__attribute__((unused)) static const char *fixture_path(const fixture *f, const char *name)
{
    static char path[4][600];
    static int next;
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", f->root, name);
    return out;
}

__attribute__((unused)) static void fixture_bytes(const fixture *f, const char *name, const void *data,
                                                  size_t size)
{
    const char *path = fixture_path(f, name);
    char *dir = dt_path_dir(path);
    dt_error err = {0};
    CHECK_OK(dt_mkdirs(dir, &err), &err);
    dt_free(dir);
    FILE *out = fopen(path, "wb");
    if (!CHECK(out != NULL)) return;
    CHECK(fwrite(data, 1, size, out) == size);
    fclose(out);
}

__attribute__((unused)) static void fixture_text(const fixture *f, const char *name, const char *text)
{
    fixture_bytes(f, name, text, strlen(text));
}

/* One of the golden images (16 x 12 pixels upright, but for exif5 to exif8). */
__attribute__((unused)) static void fixture_image(const fixture *f, const char *name, const char *golden)
{
    char *data, from[128];
    size_t size;
    dt_error err = {0};
    snprintf(from, sizeof from, "images/%s", golden);
    if (!CHECK_OK(dt_file_read(dt_test_golden(from), 1 << 20, &data, &size, &err), &err)) return;
    fixture_bytes(f, name, data, size);
    dt_free(data);
}

__attribute__((unused)) static int fixture_unlink(const char *path, const struct stat *st, int type,
                                                  struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

__attribute__((unused)) static void fixture_free(const fixture *f)
{
    nftw(f->root, fixture_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
