/** 8-bit images in memory and their files. */
#ifndef DT_DATASETS_IMAGE_H
#define DT_DATASETS_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/** Pixels: height rows of width * channels bytes, no padding, top row first; channels interleaved (R,G,B).
 *  The image owns `data`. Zero-initialised means empty. */
typedef struct dt_image {
    int width, height, channels;
    uint8_t *data;
} dt_image;

dt_status dt_image_create(dt_image *image, int width, int height, int channels, dt_error *err);
void dt_image_free(dt_image *image);

/** Pictures beyond this are refused before any memory is taken. */
enum { DT_IMAGE_MAX_SIDE = 65500, DT_IMAGE_MAX_PIXELS = 1 << 28 };

/** Colours of a palette file, entry by entry. */
typedef struct dt_palette {
    int count; /* 0: the file has none */
    uint8_t rgb[256][3];
} dt_palette;

typedef struct dt_image_load_opts {
    int raw_orientation; /* 1: leave the EXIF orientation alone (default: pixels come out upright) */
    int gray;            /* 1: one channel out (default: three, RGB) */
    int reduce;          /* JPEG only: decode at 1/reduce size (1, 2, 4, 8); 0 = 1. Changes pixels */
    int reduce_to; /* JPEG only, > 0: the smallest of these sizes whose longer side is still at least this long */
    int reduce_shorter; /* 1: whose shorter side is */
    dt_palette
        *numbers; /* PNG only, not NULL: what a palette or gray file has stored comes out as one channel of
                            numbers, not as colours, and the palette is filled in. Other kinds of PNG come out as colours,
                            3 channels; 16 bits a sample are DT_ERR_UNSUPPORTED */
} dt_image_load_opts;

/** What a file holds, from its header. width and height are those of the stored picture; upright_* those
 * after the EXIF orientation (swapped for 5 to 8). */
typedef struct dt_image_info {
    enum { DT_IMAGE_UNKNOWN, DT_IMAGE_JPEG, DT_IMAGE_PNG } format;
    int width, height, upright_width, upright_height;
    int channels, bits; /* of the file */
    int orientation;    /* EXIF tag 1..8; 1 if absent or out of range */
} dt_image_info;

/** Header only: fast, decodes no pixels. */
dt_status dt_image_probe(const char *path, dt_image_info *info, dt_error *err);
dt_status dt_image_probe_memory(const void *data, size_t size, const char *name, dt_image_info *info,
                                dt_error *err);

/** Decodes JPEG (gray, YCbCr, CMYK/YCCK) and PNG (8/16 bit, gray, palette, alpha: laid over white)
 *  whatever the file's extension says. `name` is used in messages. A truncated or damaged file is an error,
 * unless *warnings is given: then what could be decoded is returned and *warnings counts the decoder's
 * complaints. */
dt_status dt_image_load(const char *path, const dt_image_load_opts *opts, dt_image *image, int *warnings,
                        dt_error *err);
dt_status dt_image_decode(const void *data, size_t size, const char *name, const dt_image_load_opts *opts,
                          dt_image *image, int *warnings, dt_error *err);

/** Written atomically (temporary file, then rename). Format by extension: .png, .jpg/.jpeg (quality 1..100, 0
 * = 95). */
dt_status dt_image_save(const char *path, const dt_image *image, int quality, dt_error *err);

/** 1 if the extension is one that the decoders read (.jpg .jpeg .png, any case). */
int dt_image_has_extension(const char *path);

#endif
