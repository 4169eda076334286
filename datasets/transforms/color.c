#include "datasets/transforms/color.h"

#include <math.h>
#include <string.h>

#include "core/cpu.h"

/* ---- HSV ----
 * OpenCV computes RGB -> HSV with reciprocals of 12 fractional bits, 255 / v and 30 / diff, rounded to
 * nearest. Divided as floats they come out equal for every byte, and loops without tables become vector code. */

enum { HSV_SHIFT = 12, CHUNK = 256 };

DT_INLINE int reciprocal(float scale, int byte)
{
    return (int)(scale / (float)(byte > 0 ? byte : 1) + 0.5f);
}

DT_INLINE void to_hsv(int r, int g, int b, int *h, int *s, int *v)
{
    int max = r > g ? r : g, min = r < g ? r : g;
    max = max > b ? max : b;
    min = min < b ? min : b;
    int diff = max - min;
    int sector = max == r ? g - b : max == g ? b - r + 2 * diff : r - g + 4 * diff;
    int hue = (sector * reciprocal(30 << HSV_SHIFT, diff) + (1 << (HSV_SHIFT - 1))) >> HSV_SHIFT;
    *h = hue + (hue < 0 ? 180 : 0);
    *s = (diff * reciprocal(255 << HSV_SHIFT, max) + (1 << (HSV_SHIFT - 1))) >> HSV_SHIFT;
    *v = max;
}

/* How much of the saturation a channel loses at this hue, 0..30: nothing within a sixth of a turn (30 steps
 * of 2 degrees) of the channel's own hue, all of it from a third on. `k`: hue + 150 for red, + 90 for green,
 * + 30 for blue. */
DT_INLINE int hue_distance(int k)
{
    k = k >= 180 ? k - 180 : k;
    int d = k < 120 - k ? k : 120 - k;
    d = d < 30 ? d : 30;
    return d > 0 ? d : 0;
}

/* v * (1 - s / 255 * distance / 30), rounded. Integers up to the one division, so that every compiler can
 * turn it into vector code without assumptions about floating point. */
DT_INLINE int hsv_channel(int s, int v, int distance)
{
    int scaled = v * (255 * 30 - s * distance);
    return (int)((float)scaled * (1.f / (255 * 30)) + 0.5f);
}

DT_INLINE void from_hsv(int h, int s, int v, int *r, int *g, int *b)
{
    *r = hsv_channel(s, v, hue_distance(h + 150));
    *g = hsv_channel(s, v, hue_distance(h + 90));
    *b = hsv_channel(s, v, hue_distance(h + 30));
}

void dt_rgb_to_hsv(const uint8_t rgb[3], uint8_t hsv[3])
{
    int h, s, v;
    to_hsv(rgb[0], rgb[1], rgb[2], &h, &s, &v);
    hsv[0] = (uint8_t)h;
    hsv[1] = (uint8_t)s;
    hsv[2] = (uint8_t)v;
}

void dt_hsv_to_rgb(const uint8_t hsv[3], uint8_t rgb[3])
{
    int r, g, b;
    from_hsv(hsv[0], hsv[1], hsv[2], &r, &g, &b);
    rgb[0] = (uint8_t)r;
    rgb[1] = (uint8_t)g;
    rgb[2] = (uint8_t)b;
}

/* Where the arithmetic gives every entry of the tables (nearly always), it takes their place. */
typedef struct jitter {
    int32_t lut_h[256], lut_s[256], lut_v[256];
    int32_t shift;
    float gain_s, gain_v;
    int tables;
} jitter;

DT_INLINE int shifted_hue(int h, int shift)
{
    h += shift;
    return h >= 180 ? h - 180 : h;
}

DT_INLINE int scaled_byte(int v, float gain)
{
    const int scaled = (int)((float)v * gain);
    return scaled < 255 ? scaled : 255;
}

/* A chunk at a time through small planes, which the compiler turns into vector code. */
DT_CLONES static void jitter_pixels(const jitter *j, uint8_t *restrict px, size_t count)
{
    int32_t r[CHUNK], g[CHUNK], b[CHUNK], h[CHUNK], s[CHUNK], v[CHUNK];
    for (size_t begin = 0; begin < count; begin += CHUNK, px += 3 * CHUNK) {
        size_t n = count - begin < CHUNK ? count - begin : CHUNK;
        for (size_t i = 0; i < n; i++) {
            r[i] = px[3 * i];
            g[i] = px[3 * i + 1];
            b[i] = px[3 * i + 2];
        }
        for (size_t i = 0; i < n; i++) {
            int hue, sat, val;
            to_hsv(r[i], g[i], b[i], &hue, &sat, &val);
            h[i] = hue;
            s[i] = sat;
            v[i] = val;
        }
        if (j->tables) {
            for (size_t i = 0; i < n; i++) {
                h[i] = j->lut_h[h[i]];
                s[i] = j->lut_s[s[i]];
                v[i] = j->lut_v[v[i]];
            }
        } else {
            for (size_t i = 0; i < n; i++) {
                h[i] = shifted_hue(h[i], j->shift);
                s[i] = scaled_byte(s[i], j->gain_s);
                v[i] = scaled_byte(v[i], j->gain_v);
            }
        }
        for (size_t i = 0; i < n; i++) {
            int red, green, blue;
            from_hsv(h[i], s[i], v[i], &red, &green, &blue);
            r[i] = red;
            g[i] = green;
            b[i] = blue;
        }
        for (size_t i = 0; i < n; i++) {
            px[3 * i] = (uint8_t)r[i];
            px[3 * i + 1] = (uint8_t)g[i];
            px[3 * i + 2] = (uint8_t)b[i];
        }
    }
}

static double clip_byte(double v)
{
    return v < 0 ? 0 : v > 255 ? 255 : v;
}

static void make_jitter(jitter *j, double hue, double sat, double val)
{
    for (int i = 0; i < 256; i++) {
        double shifted = fmod(i + hue * 180, 180);
        if (shifted < 0) shifted += 180;
        int h = (int)shifted;
        j->lut_h[i] = h < 180 ? h : 0; /* -1e-20 + 180 is 180 */
        j->lut_s[i] = (int)clip_byte(i * (sat + 1));
        j->lut_v[i] = (int)clip_byte(i * (val + 1));
    }
    j->shift = j->lut_h[0];
    j->gain_s = (float)fmin(fmax(sat + 1, 0), 256);
    j->gain_v = (float)fmin(fmax(val + 1, 0), 256);
    j->tables = 0;
    for (int i = 0; i < 256; i++)
        j->tables |= (i < 180 && j->lut_h[i] != shifted_hue(i, j->shift)) ||
                     j->lut_s[i] != scaled_byte(i, j->gain_s) || j->lut_v[i] != scaled_byte(i, j->gain_v);
}

dt_status dt_image_hsv_jitter(dt_image *image, double hue, double sat, double val, dt_error *err)
{
    if (!image->data || image->channels != 3)
        return dt_fail(err, DT_ERR_ARG, "hsv jitter of an image with %d channels", image->channels);
    if (hue == 0 && sat == 0 && val == 0) return DT_OK;
    jitter j;
    make_jitter(&j, hue, sat, val);
    jitter_pixels(&j, image->data, (size_t)image->width * (size_t)image->height);
    return DT_OK;
}

/* ---- blending ---- */

DT_CLONES static void blend_bytes(const uint8_t *a, const uint8_t *b, int wa, uint8_t *dst, size_t n)
{
    const int wb = 65536 - wa;
    for (size_t i = 0; i < n; i++)
        dst[i] = (uint8_t)((a[i] * wa + b[i] * wb + 32768) >> 16);
}

dt_status dt_image_blend(const dt_image *a, const dt_image *b, double ratio, dt_image *dst, dt_error *err)
{
    if (a->width != b->width || a->height != b->height || a->channels != b->channels ||
        a->width != dst->width || a->height != dst->height || a->channels != dst->channels)
        return dt_fail(err, DT_ERR_SHAPE, "blend: images of %dx%dx%d and %dx%dx%d into %dx%dx%d", a->width,
                       a->height, a->channels, b->width, b->height, b->channels, dst->width, dst->height,
                       dst->channels);
    if (!(ratio >= 0 && ratio <= 1)) return dt_fail(err, DT_ERR_ARG, "blend: ratio %g is not in 0..1", ratio);
    size_t n = (size_t)a->width * (size_t)a->height * (size_t)a->channels;
    blend_bytes(a->data, b->data, (int)lrint(ratio * 65536), dst->data, n);
    return DT_OK;
}
