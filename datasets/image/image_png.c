/* PNG through libpng. 16-bit samples keep their upper 8 bits (as Pillow and OpenCV do); gamma and colour
 * profiles are left alone; transparent pixels are laid over white. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <png.h>

#include "core/mem.h"
#include "datasets/image/image_codec.h"

enum { FILL = 255, MAX_CHUNK_BYTES = 64 << 20 };

typedef struct png_trap {
    char text[200];
    int warnings, no_memory;
} png_trap;

typedef struct decoder {
    png_structp png;
    png_infop info;
    const uint8_t *data;
    size_t size, at;
    const dt_image_load_opts *opts;
    dt_image *image;
    uint8_t *rows; /* the picture as libpng gives it, where that is not yet the result */
    int channels;  /* of `rows` */
    int tolerant;
    png_trap trap;
    const char *name;
    dt_error *err;
} decoder;

static png_voidp take(png_structp png, png_alloc_size_t bytes)
{
    void *ptr = dt_malloc(bytes);
    if (!ptr) ((png_trap *)png_get_mem_ptr(png))->no_memory = 1;
    return ptr;
}

static void give_back(png_structp png, png_voidp ptr)
{
    (void)png;
    dt_free(ptr);
}

static void on_error(png_structp png, png_const_charp message)
{
    png_trap *trap = png_get_error_ptr(png);
    snprintf(trap->text, sizeof trap->text, "%s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)message;
    ((png_trap *)png_get_error_ptr(png))->warnings++;
}

static void on_read(png_structp png, png_bytep out, size_t n)
{
    decoder *d = png_get_io_ptr(png);
    if (n > d->size - d->at) png_error(png, "the file ends in the middle");
    memcpy(out, d->data + d->at, n);
    d->at += n;
}

static void compose(uint8_t *out, const uint8_t *px, int width, int channels, int gray)
{
    int colours = channels <= 2 ? 1 : 3, has_alpha = channels == 2 || channels == 4;
    for (int x = 0; x < width; x++, px += channels) {
        uint8_t v[3];
        for (int c = 0; c < colours; c++)
            v[c] = has_alpha
                       ? (uint8_t)((px[c] * px[channels - 1] + FILL * (255 - px[channels - 1]) + 127) / 255)
                       : px[c];
        if (colours == 1) v[1] = v[2] = v[0];
        if (gray) {
            *out++ = colours == 1 ? v[0] : dt_luma(v);
        } else {
            memcpy(out, v, 3);
            out += 3;
        }
    }
}

static void take_palette(const decoder *d, dt_palette *palette)
{
    png_colorp colors;
    int count = 0;
    palette->count = 0;
    if (!png_get_PLTE(d->png, d->info, &colors, &count)) return;
    for (int i = 0; i < count && i < 256; i++) {
        palette->rgb[i][0] = colors[i].red;
        palette->rgb[i][1] = colors[i].green;
        palette->rgb[i][2] = colors[i].blue;
    }
    palette->count = count;
}

/* 1 if the pixels are to come out as the numbers that they are stored as. */
static int wants_numbers(const decoder *d)
{
    int kind = png_get_color_type(d->png, d->info);
    return d->opts->numbers && (kind == PNG_COLOR_TYPE_PALETTE || kind == PNG_COLOR_TYPE_GRAY);
}

/* Runs under setjmp: everything that must survive a jump lives in *d. */
static dt_status decode(decoder *d)
{
    png_structp png = d->png;
    png_set_user_limits(png, DT_IMAGE_MAX_SIDE, DT_IMAGE_MAX_SIDE);
    png_set_chunk_malloc_max(png, MAX_CHUNK_BYTES);
    png_set_chunk_cache_max(png, 128);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    png_set_read_fn(png, d, on_read);
    png_read_info(png, d->info);
    int width = (int)png_get_image_width(png, d->info), height = (int)png_get_image_height(png, d->info);
    /* Deflate packs at most 1032 : 1, so a small file never makes us take a gigabyte. */
    if ((double)png_get_rowbytes(png, d->info) * height > 1032.0 * (double)d->size + 65536.0)
        return dt_fail(d->err, DT_ERR_FORMAT, "%s: damaged or truncated PNG: %d x %d pixels in %zu bytes",
                       d->name, width, height, d->size);
    int numbers = wants_numbers(d);
    if (d->opts->numbers) {
        *d->opts->numbers = (dt_palette){0};
        if (png_get_color_type(png, d->info) == PNG_COLOR_TYPE_PALETTE) take_palette(d, d->opts->numbers);
        if (png_get_bit_depth(png, d->info) == 16)
            return dt_fail(d->err, DT_ERR_UNSUPPORTED, "%s: 16 bits a sample; numbers of 8 bits are read",
                           d->name);
    }
    if (numbers)
        png_set_packing(png);
    else
        png_set_expand(png); /* palette to RGB, 1/2/4 bit gray to 8, tRNS to alpha */
    png_set_strip_16(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, d->info);
    d->channels = png_get_channels(png, d->info);
    size_t stride = png_get_rowbytes(png, d->info);
    int out_channels = d->opts->gray || numbers ? 1 : 3;
    DT_TRY(dt_image_create(d->image, width, height, out_channels, d->err));
    uint8_t *rows = d->image->data;
    if (d->channels != out_channels) {
        if (!(d->rows = dt_calloc((size_t)height, stride)))
            return dt_fail_memory(d->err, (size_t)height * stride, d->name);
        rows = d->rows;
    } else {
        memset(rows, 0, (size_t)height * stride);
    }
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < height; y++)
            png_read_row(png, rows + (size_t)y * stride, NULL);
    png_read_end(png, NULL);
    return DT_OK;
}

static void finish(const decoder *d)
{
    dt_image *image = d->image;
    if (!d->rows) return;
    for (int y = 0; y < image->height; y++)
        compose(image->data + (size_t)y * (size_t)image->width * (size_t)image->channels,
                d->rows + (size_t)y * (size_t)image->width * (size_t)d->channels, image->width, d->channels,
                image->channels == 1);
}

/* 0: libpng gave up by a long jump. A frame of its own, so that no local lives across the jump. */
static int decode_guarded(decoder *d, dt_status *st)
{
    if (setjmp(png_jmpbuf(d->png)) != 0) return 0;
    *st = decode(d);
    return 1;
}

dt_status dt_png_decode(const void *data, size_t size, const char *name, const dt_image_load_opts *opts,
                        int tolerant, dt_image *image, int *warnings, dt_error *err)
{
    decoder d = {.data = data,
                 .size = size,
                 .opts = opts,
                 .image = image,
                 .tolerant = tolerant,
                 .name = name,
                 .err = err};
    dt_status st = DT_OK;
    d.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &d.trap, on_error, on_warning, &d.trap, take,
                                     give_back);
    if (d.png) d.info = png_create_info_struct(d.png);
    if (!d.info) {
        png_destroy_read_struct(&d.png, NULL, NULL);
        return dt_fail(err, DT_ERR_MEMORY, "%s: out of memory in the PNG decoder", name);
    }
    if (!decode_guarded(&d, &st)) {
        if (d.trap.no_memory)
            st = dt_fail(err, DT_ERR_MEMORY, "%s: out of memory in the PNG decoder", name);
        else if (tolerant && image->data && (d.rows || d.channels == image->channels))
            d.trap.warnings++;
        else
            st = dt_fail(err, DT_ERR_FORMAT, "%s: damaged or truncated PNG: %s", name, d.trap.text);
    }
    if (st == DT_OK) finish(&d);
    *warnings = d.trap.warnings;
    png_destroy_read_struct(&d.png, &d.info, NULL);
    dt_free(d.rows);
    return st;
}

static void on_write(png_structp png, png_bytep data, size_t n)
{
    dt_str *out = png_get_io_ptr(png);
    dt_str_append_n(out, (const char *)data, n);
    if (out->failed) png_error(png, "out of memory");
}

static void on_flush(png_structp png)
{
    (void)png;
}

typedef struct encoder {
    png_structp png;
    png_infop info;
    png_trap trap;
    dt_str *out;
} encoder;

static void encode(encoder *e, const dt_image *image)
{
    png_set_write_fn(e->png, e->out, on_write, on_flush);
    png_set_IHDR(e->png, e->info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
                 image->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(e->png, e->info);
    for (int y = 0; y < image->height; y++)
        png_write_row(e->png, image->data + (size_t)y * (size_t)image->width * (size_t)image->channels);
    png_write_end(e->png, NULL);
}

dt_status dt_png_encode(const dt_image *image, dt_str *out, dt_error *err)
{
    encoder e = {.out = out};
    int jumped;
    e.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &e.trap, on_error, on_warning, &e.trap, take,
                                      give_back);
    if (e.png) e.info = png_create_info_struct(e.png);
    if (!e.info) {
        png_destroy_write_struct(&e.png, NULL);
        return dt_fail(err, DT_ERR_MEMORY, "out of memory in the PNG encoder");
    }
    if (setjmp(png_jmpbuf(e.png)) == 0) {
        encode(&e, image);
        jumped = 0;
    } else {
        jumped = 1;
    }
    png_destroy_write_struct(&e.png, &e.info);
    if (!jumped) return DT_OK;
    if (e.trap.no_memory || out->failed)
        return dt_fail(err, DT_ERR_MEMORY, "out of memory in the PNG encoder");
    return dt_fail(err, DT_ERR_FORMAT, "PNG encoder: %s", e.trap.text);
}
