/* The decoder by itself: what remains of the loader's time is ours. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "core/mem.h"
#include "tools/bench_loader.h"

typedef struct trap {
    struct jpeg_error_mgr base; /* first: libjpeg hands back a pointer to it */
    jmp_buf jump;
} trap;

typedef struct buffer {
    unsigned char *data;
    size_t capacity;
} buffer;

typedef struct decoders {
    const dt_bench_files *files;
    buffer *buffers; /* one a thread */
} decoders;

static void on_error(j_common_ptr jpeg)
{
    longjmp(((trap *)jpeg->err)->jump, 1);
}

static void on_message(j_common_ptr jpeg, int level)
{
    (void)jpeg;
    (void)level;
}

/* Runs under setjmp. Returns 0 when memory is out. */
static int decode(j_decompress_ptr jpeg, const char *data, size_t size, buffer *out)
{
    jpeg_create_decompress(jpeg);
    jpeg_mem_src(jpeg, (const unsigned char *)data, (unsigned long)size);
    jpeg_read_header(jpeg, TRUE);
    jpeg->out_color_space = jpeg->num_components == 4 ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(jpeg);
    size_t stride = (size_t)jpeg->output_width * (size_t)jpeg->output_components;
    if (dt_grow(&out->data, &out->capacity, stride * jpeg->output_height, 1) != 0) return 0;
    while (jpeg->output_scanline < jpeg->output_height) {
        enum { AT_ONCE = 16 };
        JSAMPROW rows[AT_ONCE];
        for (unsigned i = 0; i < AT_ONCE; i++)
            rows[i] = out->data + stride * (jpeg->output_scanline + i);
        unsigned left = jpeg->output_height - jpeg->output_scanline;
        jpeg_read_scanlines(jpeg, rows, left < AT_ONCE ? left : AT_ONCE);
    }
    jpeg_finish_decompress(jpeg);
    return 1;
}

static dt_status decode_one(void *arg, int thread, int64_t i, dt_error *err)
{
    decoders *d = arg;
    int64_t k = i % d->files->count;
    struct jpeg_decompress_struct jpeg;
    trap t;
    jpeg.err = jpeg_std_error(&t.base);
    t.base.error_exit = on_error;
    t.base.emit_message = on_message;
    volatile int done = 0, failed = 1;
    if (setjmp(t.jump) == 0) {
        done = decode(&jpeg, d->files->data[k], d->files->size[k], &d->buffers[thread]);
        failed = 0;
    }
    jpeg_destroy_decompress(&jpeg);
    if (failed) return dt_fail(err, DT_ERR_FORMAT, "%s: damaged JPEG", d->files->names[k]);
    return done ? DT_OK : dt_fail_memory(err, 0, "a picture");
}

dt_status dt_bench_jpeg(const dt_bench_files *files, int threads, double seconds, double *rate, dt_error *err)
{
    decoders d = {files, dt_calloc((size_t)threads, sizeof *d.buffers)};
    if (!d.buffers) return dt_fail_memory(err, (size_t)threads * sizeof *d.buffers, "buffers");
    dt_status st = dt_bench_rate(decode_one, &d, threads, seconds, rate, err);
    for (int i = 0; i < threads; i++)
        dt_free(d.buffers[i].data);
    dt_free(d.buffers);
    return st;
}
