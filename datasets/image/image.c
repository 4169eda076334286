/* Images in memory and the way from file to pixels. Transparent PNG pixels are laid over white (255, 255,
 * 255), the paper on which viewers and annotation tools show them; the decoders are in image_jpeg.c and
 * image_png.c. */
#include "datasets/image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "datasets/image/image_codec.h"

enum { MAX_FILE_BYTES = 1 << 30 };

static dt_status check_size(const char *name, int width, int height, dt_error *err)
{
    if (width < 1 || height < 1 || width > DT_IMAGE_MAX_SIDE || height > DT_IMAGE_MAX_SIDE ||
        (int64_t)width * height > DT_IMAGE_MAX_PIXELS)
        return dt_fail(err, DT_ERR_FORMAT,
                       "%s: %d x %d pixels; sides from 1 to %d and at most %d pixels are read", name, width,
                       height, DT_IMAGE_MAX_SIDE, DT_IMAGE_MAX_PIXELS);
    return DT_OK;
}

dt_status dt_image_create(dt_image *image, int width, int height, int channels, dt_error *err)
{
    *image = (dt_image){0};
    DT_TRY(check_size("image", width, height, err));
    if (channels < 1 || channels > 4) return dt_fail(err, DT_ERR_ARG, "image with %d channels", channels);
    size_t bytes = (size_t)width * (size_t)height * (size_t)channels;
    uint8_t *data = dt_malloc_aligned(bytes);
    if (!data) return dt_fail_memory(err, bytes, "an image");
    *image = (dt_image){width, height, channels, data};
    return DT_OK;
}

void dt_image_free(dt_image *image)
{
    dt_free(image->data);
    *image = (dt_image){0};
}

dt_status dt_image_probe_memory(const void *data, size_t size, const char *name, dt_image_info *info,
                                dt_error *err)
{
    dt_image_source source = {.memory = data, .size = size};
    return dt_image_walk(&source, name, info, err);
}

dt_status dt_image_probe(const char *path, dt_image_info *info, dt_error *err)
{
    *info = (dt_image_info){.orientation = 1};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* O_NONBLOCK: a pipe must not stop us */
    if (fd < 0) {
        int code = errno;
        return dt_fail(err, code == ENOENT || code == ENOTDIR ? DT_ERR_NOT_FOUND : DT_ERR_IO, "%s: %s", path,
                       strerror(code));
    }
    struct stat st;
    dt_status status;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        status = dt_fail(err, DT_ERR_IO, "%s: not a regular file", path);
    } else {
        dt_image_source source;
        source.memory = NULL;
        source.fd = fd;
        source.size = (uint64_t)st.st_size;
        source.window_at = 0;
        source.window_len = 0;
        status = dt_image_walk(&source, path, info, err);
    }
    close(fd);
    return status;
}

dt_status dt_image_orient(dt_image *image, int orientation, dt_error *err)
{
    /* Where the upright picture starts in the stored one, and whether its rows are stored as columns. */
    static const struct {
        int8_t from_right, from_bottom, swap;
    } map[9] = {{0}, {0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}, {0, 0, 1}, {0, 1, 1}, {1, 1, 1}, {1, 0, 1}};
    if (orientation <= 1 || orientation > 8) return DT_OK;
    int swap = map[orientation].swap, channels = image->channels;
    dt_image out;
    DT_TRY(dt_image_create(&out, swap ? image->height : image->width, swap ? image->width : image->height,
                           channels, err));
    ptrdiff_t row = (ptrdiff_t)image->width * channels;
    const uint8_t *origin = image->data;
    ptrdiff_t step_x = channels, step_y = row; /* in the stored picture, along its own axes */
    if (map[orientation].from_right) {
        origin += row - channels;
        step_x = -channels;
    }
    if (map[orientation].from_bottom) {
        origin += row * (image->height - 1);
        step_y = -row;
    }
    ptrdiff_t along = swap ? step_y : step_x, across = swap ? step_x : step_y;
    enum { TILE = 32 }; /* columns read at a stride stay in the cache */
    for (int ty = 0; ty < out.height; ty += TILE)
        for (int tx = 0; tx < out.width; tx += TILE)
            for (int y = ty; y < out.height && y < ty + TILE; y++) {
                const uint8_t *src = origin + across * y + along * tx;
                uint8_t *dst = out.data + ((size_t)y * (size_t)out.width + (size_t)tx) * (size_t)channels;
                for (int x = tx; x < out.width && x < tx + TILE; x++, src += along)
                    for (int c = 0; c < channels; c++)
                        *dst++ = src[c];
            }
    dt_image_free(image);
    *image = out;
    return DT_OK;
}

dt_status dt_image_decode(const void *data, size_t size, const char *name, const dt_image_load_opts *opts,
                          dt_image *image, int *warnings, dt_error *err)
{
    static const dt_image_load_opts defaults = {0};
    dt_image_info info;
    int complaints = 0;
    if (!opts) opts = &defaults;
    *image = (dt_image){0};
    if (warnings) *warnings = 0;
    if (opts->reduce != 0 && opts->reduce != 1 && opts->reduce != 2 && opts->reduce != 4 && opts->reduce != 8)
        return dt_fail(err, DT_ERR_ARG, "%s: reduce is %d; 1, 2, 4 or 8 are possible", name, opts->reduce);
    DT_TRY(dt_image_probe_memory(data, size, name, &info, err));
    DT_TRY(check_size(name, info.width, info.height, err));
    if (opts->numbers && info.format != DT_IMAGE_PNG)
        return dt_fail(err, DT_ERR_UNSUPPORTED, "%s: is no PNG file: its pixels are no numbers", name);
    dt_status st = info.format == DT_IMAGE_JPEG
                       ? dt_jpeg_decode(data, size, name, opts, warnings != NULL, image, &complaints, err)
                       : dt_png_decode(data, size, name, opts, warnings != NULL, image, &complaints, err);
    if (st == DT_OK && !opts->raw_orientation) st = dt_image_orient(image, info.orientation, err);
    if (st != DT_OK) dt_image_free(image);
    if (warnings) *warnings = complaints;
    return st;
}

dt_status dt_image_load(const char *path, const dt_image_load_opts *opts, dt_image *image, int *warnings,
                        dt_error *err)
{
    char *data;
    size_t size;
    *image = (dt_image){0};
    if (warnings) *warnings = 0;
    DT_TRY(dt_file_read(path, MAX_FILE_BYTES, &data, &size, err));
    dt_status st = dt_image_decode(data, size, path, opts, image, warnings, err);
    dt_free(data);
    return st;
}

dt_status dt_image_save(const char *path, const dt_image *image, int quality, dt_error *err)
{
    const char *ext = dt_path_extension(path);
    dt_str out = {0};
    dt_status st;
    if (image->width < 1 || image->height < 1 || !image->data ||
        (image->channels != 1 && image->channels != 3))
        return dt_fail(err, DT_ERR_ARG, "%s: an image of %d x %d with %d channels cannot be written", path,
                       image->width, image->height, image->channels);
    if (quality < 0 || quality > 100)
        return dt_fail(err, DT_ERR_ARG, "%s: quality %d; 1 to 100 are possible", path, quality);
    if (strcasecmp(ext, ".png") == 0)
        st = dt_png_encode(image, &out, err);
    else if (strcasecmp(ext, ".jpg") == 0 || strcasecmp(ext, ".jpeg") == 0)
        st = dt_jpeg_encode(image, quality ? quality : 95, &out, err);
    else
        return dt_fail(err, DT_ERR_ARG, "%s: the extension must be .png, .jpg or .jpeg", path);
    if (st != DT_OK) {
        dt_error_prefix(err, "%s: ", path);
    } else {
        dt_atomic_file file;
        st = dt_atomic_open(&file, path, 0, err);
        if (st == DT_OK) {
            st = dt_atomic_write(&file, out.data, out.len, err);
            if (st == DT_OK)
                st = dt_atomic_commit(&file, err);
            else
                dt_atomic_abort(&file);
        }
    }
    dt_str_free(&out);
    return st;
}

int dt_image_has_extension(const char *path)
{
    const char *ext = dt_path_extension(path);
    return strcasecmp(ext, ".jpg") == 0 || strcasecmp(ext, ".jpeg") == 0 || strcasecmp(ext, ".png") == 0;
}
