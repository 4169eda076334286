/* JPEG through libjpeg-turbo, with its default (accurate) inverse DCT and smooth chroma upsampling: the same
 * pixels as Pillow and OpenCV give. */
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "core/mem.h"
#include "datasets/image/image_codec.h"

/* A progressive file may repeat scans without end, each costing a pass over all coefficients. */
enum { MAX_SCANS = 100 };

typedef struct jpeg_trap {
    struct jpeg_error_mgr base; /* first: libjpeg hands back a pointer to it */
    jmp_buf jump;
    int lost; /* complaints that mean missing or wrong pixels */
    int failed_code;
    char first[JMSG_LENGTH_MAX]; /* text of the first of them */
    char failed[JMSG_LENGTH_MAX];
} jpeg_trap;

/* Real cameras and tools write these; the pixels are whole. */
static int is_harmless(int code)
{
    return code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR ||
           code == JWRN_NOT_SEQUENTIAL;
}

static void on_error(j_common_ptr cinfo)
{
    jpeg_trap *trap = (jpeg_trap *)cinfo->err;
    trap->failed_code = cinfo->err->msg_code;
    cinfo->err->format_message(cinfo, trap->failed);
    longjmp(trap->jump, 1);
}

static void on_message(j_common_ptr cinfo, int level)
{
    if (level >= 0) return; /* traces */
    jpeg_trap *trap = (jpeg_trap *)cinfo->err;
    cinfo->err->num_warnings++;
    if (!is_harmless(cinfo->err->msg_code) && trap->lost++ == 0)
        cinfo->err->format_message(cinfo, trap->first);
}

static void on_output(j_common_ptr cinfo)
{
    (void)cinfo;
}

static void on_progress(j_common_ptr cinfo)
{
    if (cinfo->is_decompressor && ((j_decompress_ptr)cinfo)->input_scan_number > MAX_SCANS) {
        jpeg_trap *trap = (jpeg_trap *)cinfo->err;
        trap->failed_code = 0;
        snprintf(trap->failed, sizeof trap->failed, "more than %d scans", MAX_SCANS);
        longjmp(trap->jump, 1);
    }
}

static struct jpeg_error_mgr *set_trap(jpeg_trap *trap)
{
    jpeg_std_error(&trap->base);
    trap->base.error_exit = on_error;
    trap->base.emit_message = on_message;
    trap->base.output_message = on_output;
    return &trap->base;
}

typedef struct decoder {
    struct jpeg_decompress_struct jpeg;
    jpeg_trap trap;
    struct jpeg_progress_mgr progress;
    const dt_image_load_opts *opts;
    dt_image *image;
    uint8_t *ink; /* one row of CMYK */
    const char *name;
    size_t size;
    int tolerant;
    dt_status status;
    dt_error *err;
} decoder;

/* Four-colour files hold 255 - ink, as Adobe writes them, and are read so with or without Adobe's marker (as
 * Pillow and OpenCV do): red = (255 - C)(255 - K) / 255, rounded. */
static void cmyk_to_pixels(const uint8_t *ink, uint8_t *out, int width, int gray)
{
    for (int x = 0; x < width; x++, ink += 4) {
        uint8_t rgb[3];
        for (int c = 0; c < 3; c++)
            rgb[c] = (uint8_t)((ink[c] * ink[3] + 127) / 255);
        if (gray) {
            *out++ = dt_luma(rgb);
        } else {
            memcpy(out, rgb, 3);
            out += 3;
        }
    }
}

/* The most pixels a Huffman-coded file of this size can hold: each 8x8 block takes a bit or more, and
 * sampling factors let one block stand for at most 2 x 64 pixels of the picture. So a file of 200 bytes never
 * makes us take a gigabyte. */
static int cannot_be_complete(const decoder *d)
{
    return !d->jpeg.arith_code &&
           (double)d->jpeg.image_width * d->jpeg.image_height > 1024.0 * (double)d->size + 65536.0;
}

/* A side becomes ceil(side / n). */
static unsigned reduction(const decoder *d)
{
    if (d->opts->reduce_to <= 0) return d->opts->reduce ? (unsigned)d->opts->reduce : 1;
    const unsigned width = d->jpeg.image_width, height = d->jpeg.image_height;
    const unsigned side = (width > height) != (d->opts->reduce_shorter != 0) ? width : height;
    unsigned n = 8;
    while (n > 1 && (side + n - 1) / n < (unsigned)d->opts->reduce_to)
        n /= 2;
    return n;
}

/* Runs under setjmp: no locals that must survive, everything lives in *d. */
static dt_status decode(decoder *d, const void *data)
{
    j_decompress_ptr jpeg = &d->jpeg;
    jpeg_create_decompress(jpeg);
    d->progress.progress_monitor = on_progress;
    jpeg->progress = &d->progress;
    jpeg_mem_src(jpeg, data, (unsigned long)d->size);
    jpeg_read_header(jpeg, TRUE);
    if (!d->tolerant && cannot_be_complete(d))
        return dt_fail(d->err, DT_ERR_FORMAT, "%s: damaged or truncated JPEG: %u x %u pixels in %zu bytes",
                       d->name, jpeg->image_width, jpeg->image_height, d->size);
    int four = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
    jpeg->out_color_space = four ? JCS_CMYK : d->opts->gray ? JCS_GRAYSCALE : JCS_RGB;
    jpeg->scale_num = 1;
    jpeg->scale_denom = reduction(d);
    jpeg_calc_output_dimensions(jpeg);
    DT_TRY(dt_image_create(d->image, (int)jpeg->output_width, (int)jpeg->output_height, d->opts->gray ? 1 : 3,
                           d->err));
    if (four && !(d->ink = dt_malloc((size_t)jpeg->output_width * 4)))
        return dt_fail_memory(d->err, (size_t)jpeg->output_width * 4, d->name);
    jpeg_start_decompress(jpeg);
    size_t stride = (size_t)d->image->width * (size_t)d->image->channels;
    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *row = d->image->data + stride * jpeg->output_scanline;
        if (four) {
            JSAMPROW rows[1] = {d->ink};
            jpeg_read_scanlines(jpeg, rows, 1);
            cmyk_to_pixels(d->ink, row, d->image->width, d->opts->gray);
        } else {
            enum { AT_ONCE = 16 };
            JSAMPROW rows[AT_ONCE];
            JDIMENSION left = jpeg->output_height - jpeg->output_scanline;
            JDIMENSION n = left < AT_ONCE ? left : AT_ONCE;
            for (JDIMENSION i = 0; i < n; i++)
                rows[i] = row + stride * i;
            jpeg_read_scanlines(jpeg, rows, n);
        }
    }
    jpeg_finish_decompress(jpeg);
    return DT_OK;
}

dt_status dt_jpeg_decode(const void *data, size_t size, const char *name, const dt_image_load_opts *opts,
                         int tolerant, dt_image *image, int *warnings, dt_error *err)
{
    decoder d = {.opts = opts, .image = image, .name = name, .size = size, .tolerant = tolerant, .err = err};
    int jumped;
    d.jpeg.err = set_trap(&d.trap);
    if (setjmp(d.trap.jump) == 0) {
        d.status = decode(&d, data);
        jumped = 0;
    } else {
        jumped = 1;
    }
    dt_status st = d.status;
    if (jumped && d.trap.failed_code == JERR_OUT_OF_MEMORY)
        st = dt_fail(err, DT_ERR_MEMORY, "%s: out of memory in the JPEG decoder", name);
    else if (jumped)
        st = dt_fail(err, DT_ERR_FORMAT, "%s: damaged JPEG: %s", name, d.trap.failed);
    *warnings = (int)d.trap.base.num_warnings;
    if (st == DT_OK && d.trap.lost && !tolerant)
        st = dt_fail(err, DT_ERR_FORMAT, "%s: damaged or truncated JPEG: %s", name, d.trap.first);
    jpeg_destroy_decompress(&d.jpeg);
    dt_free(d.ink);
    return st;
}

typedef struct encoder {
    struct jpeg_compress_struct jpeg;
    jpeg_trap trap;
    unsigned char *buf; /* libjpeg's own, released with free() */
    unsigned long size;
} encoder;

static void encode(encoder *e, const dt_image *image, int quality)
{
    j_compress_ptr jpeg = &e->jpeg;
    jpeg_create_compress(jpeg);
    jpeg_mem_dest(jpeg, &e->buf, &e->size);
    jpeg->image_width = (JDIMENSION)image->width;
    jpeg->image_height = (JDIMENSION)image->height;
    jpeg->input_components = image->channels;
    jpeg->in_color_space = image->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    if (quality >= 90 &&
        image->channels == 3) { /* full colour resolution: drawn lines and letters stay sharp */
        jpeg->comp_info[0].h_samp_factor = 1;
        jpeg->comp_info[0].v_samp_factor = 1;
    }
    jpeg_start_compress(jpeg, TRUE);
    while (jpeg->next_scanline < jpeg->image_height) {
        size_t stride = (size_t)image->width * (size_t)image->channels;
        JSAMPROW row = image->data + stride * jpeg->next_scanline;
        jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
}

dt_status dt_jpeg_encode(const dt_image *image, int quality, dt_str *out, dt_error *err)
{
    encoder e = {0};
    int jumped;
    e.jpeg.err = set_trap(&e.trap);
    if (setjmp(e.trap.jump) == 0) {
        encode(&e, image, quality);
        jumped = 0;
    } else {
        jumped = 1;
    }
    if (!jumped) dt_str_append_n(out, (const char *)e.buf, e.size);
    jpeg_destroy_compress(&e.jpeg);
    free(e.buf);
    if (out->failed || (jumped && e.trap.failed_code == JERR_OUT_OF_MEMORY))
        return dt_fail(err, DT_ERR_MEMORY, "out of memory in the JPEG encoder");
    return jumped ? dt_fail(err, DT_ERR_FORMAT, "JPEG encoder: %s", e.trap.failed) : DT_OK;
}
