/* What tools/bench/inspect.sh needs besides dettool: a set of many different JPEG pictures, and libjpeg-turbo alone over it.
 *
 *     bench_inspect make FROM TO COUNT      TO: a YOLO set of COUNT pictures, cut at random from the JPEG files below FROM
 *     bench_inspect decode DIR THREADS      seconds to read and decode all files of DIR/images/train: to RGB in full size, and
 *                                           to gray at the size that `dettool inspect` asks for */
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jpeglib.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/pool.h"
#include "core/rng.h"
#include "datasets/image/image.h"
#include "datasets/transforms/resize.h"

static _Noreturn void stop(const char *text)
{
    fprintf(stderr, "bench_inspect: %s\n", text);
    exit(1);
}

static void expect(dt_status st, const dt_error *err)
{
    if (st != DT_OK) stop(err->text);
}

/* ---- making ---- */

typedef struct maker {
    dt_names from;
    const char *to;
} maker;

static void find_pictures(const char *dir, dt_names *out)
{
    dt_names names;
    dt_error err = {0};
    expect(dt_dir_list(dir, &names, &err), &err);
    for (size_t i = 0; i < names.count; i++) {
        char *path = dt_path_join(dir, names.items[i]);
        if (!path) stop("out of memory");
        if (dt_is_dir(path))
            find_pictures(path, out);
        else if (strcasecmp(dt_path_extension(path), ".jpg") == 0)
            expect(dt_names_add(out, path, &err), &err);
        dt_free(path);
    }
    dt_names_free(&names);
}

/* A part of the picture, mirrored or not, at the size of the whole. */
static void cut(const dt_image *from, dt_rng *rng, dt_image *to, dt_error *err)
{
    double side = 0.45 + 0.5 * dt_rng_f64(rng);
    int w = (int)(from->width * side), h = (int)(from->height * side), mirrored = dt_rng_f64(rng) < 0.5;
    int x0 = (int)((from->width - w) * dt_rng_f64(rng)), y0 = (int)((from->height - h) * dt_rng_f64(rng));
    dt_image part;
    expect(dt_image_create(&part, w, h, 3, err), err);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int at = x0 + (mirrored ? w - 1 - x : x);
            memcpy(part.data + 3 * ((size_t)y * (size_t)w + (size_t)x),
                   from->data + 3 * ((size_t)(y0 + y) * (size_t)from->width + (size_t)at), 3);
        }
    expect(dt_image_resize(&part, from->width, from->height, DT_RESIZE_BILINEAR_AA, to, err), err);
    dt_image_free(&part);
}

static void make_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    maker *m = arg;
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        dt_error err = {0};
        dt_image from, to;
        dt_rng rng = dt_rng_make(1, DT_RNG_TEST, (uint64_t)i, 0);
        char path[600];
        expect(dt_image_load(m->from.items[(size_t)i % m->from.count], NULL, &from, NULL, &err), &err);
        cut(&from, &rng, &to, &err);
        snprintf(path, sizeof path, "%s/images/train/%06lld.jpg", m->to, (long long)i);
        expect(dt_image_save(path, &to, 90, &err), &err);
        snprintf(path, sizeof path, "%s/labels/train/%06lld.txt", m->to, (long long)i);
        FILE *f = fopen(path, "w");
        if (!f) stop(path);
        for (int k = 0; k < 8; k++)
            fprintf(f, "%d %.6f %.6f %.6f %.6f\n", k % 3, 0.2 + 0.6 * dt_rng_f64(&rng),
                    0.2 + 0.6 * dt_rng_f64(&rng), 0.02 + 0.3 * dt_rng_f64(&rng),
                    0.02 + 0.3 * dt_rng_f64(&rng));
        fclose(f);
        dt_image_free(&from);
        dt_image_free(&to);
    }
}

static void make(const char *from, const char *to, int64_t count, dt_pool *pool)
{
    maker m = {.to = to};
    char path[600];
    dt_error err = {0};
    find_pictures(from, &m.from);
    if (!m.from.count) stop("there is no JPEG file to start from");
    snprintf(path, sizeof path, "%s/images/train", to);
    expect(dt_mkdirs(path, &err), &err);
    snprintf(path, sizeof path, "%s/labels/train", to);
    expect(dt_mkdirs(path, &err), &err);
    snprintf(path, sizeof path, "%s/data.yaml", to);
    FILE *f = fopen(path, "w");
    if (!f) stop(path);
    fputs("path: .\ntrain: images/train\nnames: [a, b, c]\n", f);
    fclose(f);
    dt_parallel(pool, count, 8, make_chunk, &m);
    dt_names_free(&m.from);
}

/* ---- libjpeg-turbo alone ---- */

typedef struct decoder {
    dt_names files;
    const char *dir;
    int reduced;
} decoder;

static int scale_for(unsigned width, unsigned height)
{
    unsigned side = width < height ? width : height;
    return side >= 512 ? 8 : side >= 256 ? 4 : side >= 128 ? 2 : 1;
}

static void decode(const char *data, size_t size, int reduced)
{
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&jpeg);
    jpeg_mem_src(&jpeg, (const unsigned char *)data, (unsigned long)size);
    jpeg_read_header(&jpeg, TRUE);
    jpeg.out_color_space = reduced ? JCS_GRAYSCALE : JCS_RGB;
    if (reduced) jpeg.scale_denom = (unsigned)scale_for(jpeg.image_width, jpeg.image_height);
    jpeg_start_decompress(&jpeg);
    size_t stride = (size_t)jpeg.output_width * (size_t)jpeg.output_components;
    unsigned char *pixels = dt_malloc(stride * jpeg.output_height);
    if (!pixels) stop("out of memory");
    while (jpeg.output_scanline < jpeg.output_height) {
        JSAMPROW row = pixels + stride * jpeg.output_scanline;
        jpeg_read_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_decompress(&jpeg);
    jpeg_destroy_decompress(&jpeg);
    dt_free(pixels);
}

static void decode_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    const decoder *d = arg;
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        dt_error err = {0};
        char *path = dt_path_join(d->dir, d->files.items[i]), *data;
        size_t size;
        if (!path) stop("out of memory");
        expect(dt_file_read(path, 1 << 30, &data, &size, &err), &err);
        decode(data, size, d->reduced);
        dt_free(data);
        dt_free(path);
    }
}

static double time_decoding(decoder *d, int reduced, dt_pool *pool)
{
    double start = dt_seconds();
    d->reduced = reduced;
    dt_parallel(pool, (int64_t)d->files.count, 8, decode_chunk, d);
    return dt_seconds() - start;
}

int main(int argc, char **argv)
{
    dt_error err = {0};
    dt_pool *pool;
    int making = argc == 5 && strcmp(argv[1], "make") == 0;
    if (!making && !(argc == 4 && strcmp(argv[1], "decode") == 0))
        stop("make FROM TO COUNT | decode DIR THREADS");
    expect(dt_pool_create(making ? 0 : atoi(argv[3]), &pool, &err), &err);
    if (making) {
        make(argv[2], argv[3], atoll(argv[4]), pool);
    } else {
        char path[600];
        snprintf(path, sizeof path, "%s/images/train", argv[2]);
        decoder d = {.dir = path};
        expect(dt_dir_list(path, &d.files, &err), &err);
        double full = time_decoding(&d, 0, pool);
        printf("%.3f %.3f\n", full, time_decoding(&d, 1, pool));
        dt_names_free(&d.files);
    }
    dt_pool_destroy(pool);
    return 0;
}
