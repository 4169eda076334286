/* The headers of JPEG and PNG files: size, channels, EXIF orientation. No pixel is decoded and no memory is
 * taken. */
#include <string.h>
#include <unistd.h>

#include "datasets/image/image_codec.h"

const uint8_t *dt_image_source_get(dt_image_source *s, uint64_t at, size_t n)
{
    if (at > s->size || n > s->size - at) return NULL;
    if (s->memory) return s->memory + at;
    if (at < s->window_at || at + n > s->window_at + s->window_len) {
        size_t have = 0;
        while (have < n) { /* more than one turn only if the system returns short */
            ssize_t got = pread(s->fd, s->window + have, sizeof s->window - have, (off_t)(at + have));
            if (got <= 0) return NULL;
            have += (size_t)got;
        }
        s->window_at = at;
        s->window_len = have;
    }
    return s->window + (at - s->window_at);
}

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
    return be16(p) << 16 | be16(p + 2);
}

static uint32_t tiff_u16(const uint8_t *p, int big)
{
    return big ? be16(p) : (uint32_t)p[1] << 8 | p[0];
}

static uint32_t tiff_u32(const uint8_t *p, int big)
{
    return big ? be32(p) : tiff_u16(p + 2, 0) << 16 | tiff_u16(p, 0);
}

int dt_exif_orientation(dt_image_source *source, uint64_t at, uint64_t size)
{
    enum { ORIENTATION_TAG = 0x0112, TYPE_SHORT = 3, TYPE_LONG = 4 };
    const uint8_t *p = size >= 8 ? dt_image_source_get(source, at, 8) : NULL;
    if (!p) return 1;
    int big = p[0] == 'M' && p[1] == 'M';
    if (!big && !(p[0] == 'I' && p[1] == 'I')) return 1;
    if (tiff_u16(p + 2, big) != 42) return 1;
    uint64_t ifd = tiff_u32(p + 4, big);
    if (ifd > size - 2 || !(p = dt_image_source_get(source, at + ifd, 2))) return 1;
    uint32_t count = tiff_u16(p, big);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t entry = ifd + 2 + 12 * (uint64_t)i;
        if (entry + 12 > size || !(p = dt_image_source_get(source, at + entry, 12))) return 1;
        if (tiff_u16(p, big) != ORIENTATION_TAG) continue;
        uint32_t type = tiff_u16(p + 2, big);
        if (tiff_u32(p + 4, big) != 1) return 1;
        uint32_t value = type == TYPE_SHORT  ? tiff_u16(p + 8, big)
                         : type == TYPE_LONG ? tiff_u32(p + 8, big)
                                             : 0;
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

static int is_frame_header(int marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

static dt_status walk_jpeg(dt_image_source *s, const char *name, dt_image_info *info, dt_error *err)
{
    uint64_t at = 2;
    int have_exif = 0;
    info->format = DT_IMAGE_JPEG;
    for (;;) {
        const uint8_t *p = dt_image_source_get(s, at, 2);
        while (p && (p[0] != 0xFF || p[1] == 0xFF || p[1] == 0x00))
            p = dt_image_source_get(s, ++at, 2);
        if (!p) break;
        int marker = p[1];
        if (marker == 0xDA || marker == 0xD9) break; /* scan data or the end: no header beyond */
        at += 2;
        if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) continue; /* markers without content */
        if (!(p = dt_image_source_get(s, at, 2))) break;
        uint32_t len = be16(p);
        if (len < 2)
            return dt_fail(err, DT_ERR_FORMAT, "%s: damaged JPEG header at byte %llu", name,
                           (unsigned long long)at);
        if (is_frame_header(marker) && !info->width) {
            if (len < 8 || !(p = dt_image_source_get(s, at + 2, 6))) break;
            info->bits = p[0];
            info->height = (int)be16(p + 1);
            info->width = (int)be16(p + 3);
            info->channels = p[5];
            if (!info->width || !info->height)
                return dt_fail(err, DT_ERR_FORMAT, "%s: JPEG of %d x %d pixels", name, info->width,
                               info->height);
        } else if (marker == 0xE1 && !have_exif && len >= 8 + 8) {
            p = dt_image_source_get(s, at + 2, 6);
            if (p && memcmp(p, "Exif\0\0", 6) == 0) {
                info->orientation = dt_exif_orientation(s, at + 8, len - 8);
                have_exif = 1;
            }
        }
        at += len;
    }
    if (!info->width)
        return dt_fail(err, DT_ERR_FORMAT, "%s: JPEG file is truncated: no frame header in its %llu bytes",
                       name, (unsigned long long)s->size);
    return DT_OK;
}

static dt_status walk_png(dt_image_source *s, const char *name, dt_image_info *info, dt_error *err)
{
    static const uint8_t channels_of_type[7] = {1, 0, 3, 1, 2, 0, 4};
    const uint8_t *p = dt_image_source_get(s, 8, 25);
    info->format = DT_IMAGE_PNG;
    if (!p)
        return dt_fail(err, DT_ERR_FORMAT, "%s: PNG file is truncated: %llu bytes", name,
                       (unsigned long long)s->size);
    if (be32(p) != 13 || memcmp(p + 4, "IHDR", 4) != 0 || p[17] > 6)
        return dt_fail(err, DT_ERR_FORMAT, "%s: damaged PNG header", name);
    uint32_t width = be32(p + 8), height = be32(p + 12);
    if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX)
        return dt_fail(err, DT_ERR_FORMAT, "%s: PNG of %u x %u pixels", name, width, height);
    info->width = (int)width;
    info->height = (int)height;
    info->bits = p[16];
    info->channels = channels_of_type[p[17]];
    /* eXIf may stand before or behind the pixels, so all chunk headers are visited. */
    for (uint64_t at = 33; (p = dt_image_source_get(s, at, 8));) {
        uint32_t len = be32(p);
        if (memcmp(p + 4, "IEND", 4) == 0 || len > INT32_MAX) break;
        if (memcmp(p + 4, "eXIf", 4) == 0) {
            info->orientation = dt_exif_orientation(s, at + 8, len);
            break;
        }
        at += 12 + (uint64_t)len;
    }
    return DT_OK;
}

/* Formats that people feed by mistake, so that the message can name them. */
static const char *other_format(const uint8_t *p, size_t n)
{
    static const struct {
        size_t at;
        const char *magic, *name;
    } known[] = {
        {0, "GIF8", "GIF"},       {0, "BM", "BMP"},
        {8, "WEBP", "WebP"},      {0, "II*", "TIFF"},
        {0, "MM", "TIFF"},        {4, "ftypheic", "HEIC"},
        {4, "ftypmif1", "HEIF"},  {4, "ftypavif", "AVIF"},
        {4, "jP  ", "JPEG 2000"}, {0, "%PDF", "PDF"},
        {0, "<?xml", "XML"},      {0, "<!DOCTYPE", "HTML"},
        {0, "<html", "HTML"},     {0, "version https://git-lfs", "Git LFS pointer"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t len = strlen(known[i].magic);
        if (known[i].at + len <= n && memcmp(p + known[i].at, known[i].magic, len) == 0) return known[i].name;
    }
    return NULL;
}

dt_status dt_image_walk(dt_image_source *s, const char *name, dt_image_info *info, dt_error *err)
{
    static const uint8_t png_magic[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    *info = (dt_image_info){.orientation = 1};
    if (s->size == 0) return dt_fail(err, DT_ERR_FORMAT, "%s: the file is empty (0 bytes)", name);
    size_t n = s->size < 24 ? (size_t)s->size : 24;
    const uint8_t *p = dt_image_source_get(s, 0, n);
    if (!p) return dt_fail(err, DT_ERR_IO, "%s: cannot be read", name);
    if (n >= 3 && p[0] == 0xFF && p[1] == 0xD8 && p[2] == 0xFF) {
        DT_TRY(walk_jpeg(s, name, info, err));
    } else if (n >= 8 && memcmp(p, png_magic, 8) == 0) {
        DT_TRY(walk_png(s, name, info, err));
    } else {
        const char *other = other_format(p, n);
        if (other)
            return dt_fail(err, DT_ERR_UNSUPPORTED, "%s: is a %s file; JPEG and PNG are read", name, other);
        return dt_fail(err, DT_ERR_FORMAT, "%s: neither JPEG nor PNG (starts with bytes %02x %02x)", name,
                       p[0], n > 1 ? p[1] : 0);
    }
    int swap = info->orientation >= 5;
    info->upright_width = swap ? info->height : info->width;
    info->upright_height = swap ? info->width : info->height;
    return DT_OK;
}
