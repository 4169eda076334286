#include "datasets/transforms/adjust.h"

#include <math.h>
#include <string.h>

#include "core/cpu.h"
#include "core/mem.h"

static dt_status require(const dt_image *image, const char *what, dt_error *err)
{
    if (image->data && (image->channels == 1 || image->channels == 3)) return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "%s of an image with %d channels, not 1 or 3", what, image->channels);
}

static dt_status require_factor(const dt_image *image, const char *what, double factor, double lo, double hi,
                                dt_error *err)
{
    DT_TRY(require(image, what, err));
    if (factor >= lo && factor <= hi) return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "%s factor %g is not in %g..%g", what, factor, lo, hi);
}

static size_t byte_count(const dt_image *image)
{
    return (size_t)image->width * (size_t)image->height * (size_t)image->channels;
}

static void apply_table(dt_image *image, const uint8_t table[256])
{
    const size_t n = byte_count(image);
    for (size_t i = 0; i < n; i++)
        image->data[i] = table[image->data[i]];
}

DT_INLINE float clamp_byte(float v)
{
    v = v > 0 ? v : 0;
    return v < 255 ? v : 255;
}

/* a + b * c with one rounding, as PyTorch's add with alpha: the product of a byte or a mean and a float is
 * exact in double.
 */
DT_INLINE float fused(float a, float b, float c)
{
    return (float)((double)a + (double)b * (double)c);
}

/* Gray levels before they are cut. */
DT_INLINE float luma(uint8_t r, uint8_t g, uint8_t b)
{
    return fused(fused((float)r * 0.2989f, (float)g, 0.587f), (float)b, 0.114f);
}

dt_status dt_image_adjust_brightness(dt_image *image, double factor, dt_error *err)
{
    DT_TRY(require_factor(image, "brightness", factor, 0, 1e9, err));
    uint8_t table[256];
    for (int i = 0; i < 256; i++)
        table[i] = (uint8_t)clamp_byte((float)i * (float)factor);
    apply_table(image, table);
    return DT_OK;
}

/* ---- blends with gray ---- */

DT_CLONES static int64_t sum_luma(const uint8_t *px, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (int32_t)luma(px[3 * i], px[3 * i + 1], px[3 * i + 2]);
    return sum;
}

static float mean_gray(const dt_image *image)
{
    const size_t n = (size_t)image->width * (size_t)image->height;
    int64_t sum = 0;
    if (image->channels == 3) {
        sum = sum_luma(image->data, n);
    } else {
        for (size_t i = 0; i < n; i++)
            sum += image->data[i];
    }
    return (float)sum / (float)n;
}

dt_status dt_image_adjust_contrast(dt_image *image, double factor, dt_error *err)
{
    DT_TRY(require_factor(image, "contrast", factor, 0, 1e9, err));
    const float mean = mean_gray(image), rest = (float)(1 - factor);
    uint8_t table[256];
    for (int i = 0; i < 256; i++)
        table[i] = (uint8_t)clamp_byte(fused((float)i * (float)factor, mean, rest));
    apply_table(image, table);
    return DT_OK;
}

DT_CLONES static void saturate(uint8_t *px, size_t n, float factor, float rest)
{
    for (size_t i = 0; i < n; i++, px += 3) {
        float gray = floorf(luma(px[0], px[1], px[2]));
        for (int c = 0; c < 3; c++)
            px[c] = (uint8_t)(int)clamp_byte(fused((float)px[c] * factor, gray, rest));
    }
}

dt_status dt_image_adjust_saturation(dt_image *image, double factor, dt_error *err)
{
    DT_TRY(require_factor(image, "saturation", factor, 0, 1e9, err));
    if (image->channels == 3)
        saturate(image->data, byte_count(image) / 3, (float)factor, (float)(1 - factor));
    return DT_OK;
}

DT_CLONES static void gray_pixels(const uint8_t *px, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(int)luma(px[3 * i], px[3 * i + 1], px[3 * i + 2]);
}

dt_status dt_image_grayscale(const dt_image *src, int channels, dt_image *dst, dt_error *err)
{
    DT_TRY(require(src, "grayscale", err));
    if (channels != 1 && channels != 3)
        return dt_fail(err, DT_ERR_ARG, "grayscale with %d channels, not 1 or 3", channels);
    DT_TRY(dt_image_create(dst, src->width, src->height, channels, err));
    const size_t n = (size_t)src->width * (size_t)src->height;
    if (src->channels == 3)
        gray_pixels(src->data, n, dst->data);
    else
        memcpy(dst->data, src->data, n);
    if (channels == 3)
        for (size_t i = n; i-- > 0;)
            dst->data[3 * i] = dst->data[3 * i + 1] = dst->data[3 * i + 2] = dst->data[i];
    return DT_OK;
}

/* ---- hue ---- */

DT_INLINE float unit(float v)
{
    v = v > 0 ? v : 0;
    return v < 1 ? v : 1;
}

/* Hue in turns from 0 to 1 of a colour whose channels differ by `range`. */
DT_INLINE float hue_of(float r, float g, float b, float max, float range)
{
    float rc = (max - r) / range, gc = (max - g) / range, bc = (max - b) / range;
    float from_red = bc - gc, from_green = (rc + 2) - bc, from_blue = (gc + 4) - rc;
    float h = max == r ? from_red : max == g ? from_green : from_blue;
    h = h * (1.f / 6) + 1;
    return h - floorf(h);
}

/* Red, by the six sectors of the hue: v q p p t v. Green is red two sectors on, blue four. */
DT_INLINE uint8_t channel_of(int sector, float v, float p, float q, float t)
{
    sector = sector >= 6 ? sector - 6 : sector;
    float x = p;
    x = sector == 4 ? t : x;
    x = sector == 1 ? q : x;
    x = sector == 0 || sector == 5 ? v : x;
    return (uint8_t)(int)(x * 255.999f);
}

DT_CLONES static void turn_hue(uint8_t *px, size_t n, float shift)
{
    const float scale = (float)(1. / 255);
    for (size_t i = 0; i < n; i++) {
        float r = (float)px[3 * i] * scale, g = (float)px[3 * i + 1] * scale,
              b = (float)px[3 * i + 2] * scale;
        float max = r > g ? r : g, min = r < g ? r : g;
        max = max > b ? max : b;
        min = min < b ? min : b;
        float range = max - min, s = range / (range == 0 ? 1 : max);
        float h = hue_of(r, g, b, max, range == 0 ? 1 : range) + shift;
        h -= floorf(h);
        float h6 = h * 6, sector = floorf(h6), f = h6 - sector, sxf = s * f, rest = 1 - s;
        float q = unit((1 - sxf) * max), t = unit((sxf + rest) * max), p = unit(rest * max);
        int k = (int)sector;
        k = k >= 6 ? k - 6 : k;
        px[3 * i] = channel_of(k, max, p, q, t);
        px[3 * i + 1] = channel_of(k + 4, max, p, q, t);
        px[3 * i + 2] = channel_of(k + 2, max, p, q, t);
    }
}

dt_status dt_image_adjust_hue(dt_image *image, double factor, dt_error *err)
{
    DT_TRY(require_factor(image, "hue", factor, -0.5, 0.5, err));
    if (image->channels == 1) return DT_OK;
    turn_hue(image->data, byte_count(image) / 3, (float)factor);
    return DT_OK;
}

/* ---- sharpness ---- */

dt_status dt_image_adjust_sharpness(dt_image *image, double factor, dt_error *err)
{
    DT_TRY(require_factor(image, "sharpness", factor, 0, 1e9, err));
    if (image->width <= 2 || image->height <= 2) return DT_OK;
    const size_t bytes = byte_count(image);
    uint8_t *copy = dt_malloc(bytes);
    if (!copy) return dt_fail_memory(err, bytes, "copy of an image");
    memcpy(copy, image->data, bytes);
    const ptrdiff_t step = image->channels, stride = (ptrdiff_t)image->width * step;
    const float rest = (float)(1 - factor);
    for (int y = 1; y < image->height - 1; y++) {
        for (ptrdiff_t x = step; x < stride - step; x++) {
            const uint8_t *p = copy + y * stride + x;
            int sum = 4 * p[0];
            for (int k = -1; k <= 1; k++)
                sum += p[k * stride - step] + p[k * stride] + p[k * stride + step];
            float blurred = rintf((float)sum / 13);
            image->data[y * stride + x] =
                (uint8_t)clamp_byte(fused((float)p[0], blurred - (float)p[0], rest));
        }
    }
    dt_free(copy);
    return DT_OK;
}

/* ---- tables a channel ---- */

dt_status dt_image_invert(dt_image *image, dt_error *err)
{
    return dt_image_solarize(image, 0, err);
}

dt_status dt_image_posterize(dt_image *image, int bits, dt_error *err)
{
    DT_TRY(require_factor(image, "posterize", bits, 0, 8, err));
    const size_t n = byte_count(image);
    for (size_t i = 0; i < n; i++)
        image->data[i] = (uint8_t)(image->data[i] & (0xff00 >> bits));
    return DT_OK;
}

dt_status dt_image_solarize(dt_image *image, double threshold, dt_error *err)
{
    DT_TRY(require_factor(image, "solarize", threshold, 0, 255, err));
    uint8_t table[256];
    for (int i = 0; i < 256; i++)
        table[i] = (uint8_t)(i >= threshold ? 255 - i : i);
    apply_table(image, table);
    return DT_OK;
}

static void histogram(const dt_image *image, int channel, int64_t hist[256])
{
    const size_t n = byte_count(image), step = (size_t)image->channels;
    memset(hist, 0, 256 * sizeof *hist);
    for (size_t i = (size_t)channel; i < n; i += step)
        hist[image->data[i]]++;
}

static void apply_channel_table(dt_image *image, int channel, const uint8_t table[256])
{
    const size_t n = byte_count(image), step = (size_t)image->channels;
    for (size_t i = (size_t)channel; i < n; i += step)
        image->data[i] = table[image->data[i]];
}

dt_status dt_image_autocontrast(dt_image *image, dt_error *err)
{
    DT_TRY(require(image, "autocontrast", err));
    for (int c = 0; c < image->channels; c++) {
        int64_t hist[256];
        uint8_t table[256];
        histogram(image, c, hist);
        int lo = 0, hi = 255;
        while (!hist[lo])
            lo++;
        while (!hist[hi])
            hi--;
        if (lo == hi) continue;
        const float inverse = (float)(hi - lo) * (float)(1. / 255);
        for (int i = 0; i < 256; i++)
            table[i] = (uint8_t)clamp_byte((float)(i - lo) / inverse);
        apply_channel_table(image, c, table);
    }
    return DT_OK;
}

dt_status dt_image_equalize(dt_image *image, dt_error *err)
{
    DT_TRY(require(image, "equalize", err));
    const int64_t pixels = (int64_t)image->width * image->height;
    for (int c = 0; c < image->channels; c++) {
        int64_t hist[256], below = 0;
        uint8_t table[256];
        histogram(image, c, hist);
        int top = 255;
        while (!hist[top])
            top--;
        const int64_t step = (pixels - hist[top]) / 255;
        if (step == 0) continue;
        for (int i = 0; i < 256; i++) {
            int64_t v = (below + step / 2) / step;
            table[i] = (uint8_t)(i == 0 ? 0 : v < 255 ? v : 255);
            below += hist[i];
        }
        apply_channel_table(image, c, table);
    }
    return DT_OK;
}

dt_status dt_image_permute_channels(dt_image *image, const int order[3], dt_error *err)
{
    int seen = 0;
    for (int c = 0; c < 3; c++)
        seen |= order[c] >= 0 && order[c] < 3 ? 1 << order[c] : 0;
    if (image->channels != 3 || seen != 7)
        return dt_fail(err, DT_ERR_ARG, "channel order %d %d %d for an image with %d channels", order[0],
                       order[1], order[2], image->channels);
    const size_t n = byte_count(image);
    for (uint8_t *px = image->data; px < image->data + n; px += 3) {
        uint8_t old[3] = {px[0], px[1], px[2]};
        for (int c = 0; c < 3; c++)
            px[c] = old[order[c]];
    }
    return DT_OK;
}
