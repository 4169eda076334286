/** Inside of image*.c: the two decoders and encoders behind datasets/image/image.h, and the header walk. */
#ifndef DT_DATASETS_IMAGE_CODEC_H
#define DT_DATASETS_IMAGE_CODEC_H

#include "core/str.h"
#include "datasets/image/image.h"

/** Bytes of a file or of memory by position. A file is read through a small window, so that the headers of a
 * 10 MB picture cost a few kilobytes. */
typedef struct dt_image_source {
    const uint8_t *memory; /* NULL: fd is read */
    int fd;
    uint64_t size;
    uint64_t window_at;
    size_t window_len;
    uint8_t window[4096];
} dt_image_source;

/** The n (<= 64) bytes at `at`, or NULL if they are not all there. Valid until the next call. */
const uint8_t *dt_image_source_get(dt_image_source *source, uint64_t at, size_t n);

/** Walks the header. `name` is used in messages. */
dt_status dt_image_walk(dt_image_source *source, const char *name, dt_image_info *info, dt_error *err);

/** Orientation 1..8 from a TIFF block of `size` bytes at `at`; 1 if it is absent, out of range or malformed.
 */
int dt_exif_orientation(dt_image_source *source, uint64_t at, uint64_t size);

/** Turns the pixels upright. The image may get a new buffer. */
dt_status dt_image_orient(dt_image *image, int orientation, dt_error *err);

/** Decoders: `image` is empty on entry; on failure it may hold a buffer that the caller frees. *warnings
 * counts the decoder's complaints; with `tolerant` those that mean lost pixels are no error. */
dt_status dt_jpeg_decode(const void *data, size_t size, const char *name, const dt_image_load_opts *opts,
                         int tolerant, dt_image *image, int *warnings, dt_error *err);
dt_status dt_png_decode(const void *data, size_t size, const char *name, const dt_image_load_opts *opts,
                        int tolerant, dt_image *image, int *warnings, dt_error *err);

dt_status dt_jpeg_encode(const dt_image *image, int quality, dt_str *out, dt_error *err);
dt_status dt_png_encode(const dt_image *image, dt_str *out, dt_error *err);

/** Gray value of an RGB pixel: ITU-R BT.601 in 16-bit fixed point, rounded. */
static inline uint8_t dt_luma(const uint8_t *rgb)
{
    return (uint8_t)((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16);
}

#endif
