#include "datasets/transforms/blur.h"

#include <math.h>
#include <string.h>

#include "core/cpu.h"
#include "core/mem.h"

static void gaussian(int size, double sigma, float *weights)
{
    double sum = 0, raw[DT_BLUR_MAX];
    for (int i = 0; i < size; i++) {
        const double x = i - (size - 1) / 2.0;
        raw[i] = exp(-x * x / (2 * sigma * sigma));
        sum += raw[i];
    }
    for (int i = 0; i < size; i++)
        weights[i] = (float)(raw[i] / sum);
}

static int reflect(int i, int n)
{
    i = i < 0 ? -i : i;
    return i < n ? i : 2 * (n - 1) - i;
}

/* out[i] += weight * in[i] */
DT_CLONES static void accumulate_bytes(const uint8_t *in, float weight, float *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] += weight * (float)in[i];
}

DT_CLONES static void accumulate(const float *in, float weight, float *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] += weight * in[i];
}

static dt_status check_kernel(const dt_image *image, int kw, int kh, double sx, double sy, dt_error *err)
{
    if (!image->data || image->channels < 1 || image->channels > 4)
        return dt_fail(err, DT_ERR_ARG, "blur of an image with %d channels", image->channels);
    if (kw < 1 || kh < 1 || kw % 2 == 0 || kh % 2 == 0 || kw > DT_BLUR_MAX || kh > DT_BLUR_MAX ||
        kw / 2 >= image->width || kh / 2 >= image->height)
        return dt_fail(
            err, DT_ERR_ARG,
            "blur: kernel %dx%d, odd numbers up to %d with halves below the sides of %dx%d are wanted", kw,
            kh, DT_BLUR_MAX, image->width, image->height);
    if (!(sx > 0 && sy > 0)) return dt_fail(err, DT_ERR_ARG, "blur: sigma %g, %g, not above 0", sx, sy);
    return DT_OK;
}

/* A row in columns of the kernel's reach on both sides, then summed. */
static void blur_row(const float *row, int width, int channels, const float *weights, int size, float *padded,
                     float *out)
{
    const int reach = size / 2;
    for (int x = -reach; x < width + reach; x++)
        memcpy(padded + (ptrdiff_t)(x + reach) * channels, row + (ptrdiff_t)reflect(x, width) * channels,
               (size_t)channels * sizeof *row);
    const size_t n = (size_t)width * (size_t)channels;
    memset(out, 0, n * sizeof *out);
    for (int k = 0; k < size; k++)
        accumulate(padded + (ptrdiff_t)k * channels, weights[k], out, n);
}

dt_status dt_image_gaussian_blur(dt_image *image, int kw, int kh, double sx, double sy, dt_error *err)
{
    float wx[DT_BLUR_MAX], wy[DT_BLUR_MAX];
    DT_TRY(check_kernel(image, kw, kh, sx, sy, err));
    gaussian(kw, sx, wx);
    gaussian(kh, sy, wy);
    const int channels = image->channels, height = image->height;
    const size_t n = (size_t)image->width * (size_t)channels, bytes = n * (size_t)height;
    const size_t floats = 3 * n + (size_t)(kw * channels);
    uint8_t *copy = dt_malloc(bytes);
    float *sums = dt_malloc(floats * sizeof *sums);
    if (copy && sums) {
        float *padded = sums + n, *out = padded + n + (size_t)(kw * channels);
        memcpy(copy, image->data, bytes);
        for (int y = 0; y < height; y++) {
            memset(sums, 0, n * sizeof *sums);
            for (int k = 0; k < kh; k++)
                accumulate_bytes(copy + (size_t)reflect(y + k - kh / 2, height) * n, wy[k], sums, n);
            blur_row(sums, image->width, channels, wx, kw, padded, out);
            for (size_t i = 0; i < n; i++)
                image->data[(size_t)y * n + i] = (uint8_t)fminf(rintf(out[i]), 255);
        }
    }
    const int failed = !copy || !sums;
    dt_free(copy);
    dt_free(sums);
    return failed ? dt_fail_memory(err, bytes + floats * sizeof *sums, "blur") : DT_OK;
}

/* ---- erasing ---- */

dt_erase_opts dt_erase_defaults(void)
{
    return (dt_erase_opts){.p = .5, .min_area = .02, .max_area = .33, .min_aspect = .3, .max_aspect = 3.3};
}

dt_status dt_erase_check(const dt_erase_opts *o, dt_error *err)
{
    if (o->p >= 0 && o->p <= 1 && o->min_area >= 0 && o->min_area <= o->max_area && o->max_area <= 1 &&
        o->min_aspect > 0 && o->min_aspect <= o->max_aspect && o->max_aspect <= 1e6)
        return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "erasing: p = %g (0..1), area %g..%g (0..1), aspect %g..%g (above 0)",
                   o->p, o->min_area, o->max_area, o->min_aspect, o->max_aspect);
}

dt_erase_params dt_erase_draw(const dt_erase_opts *o, int width, int height, dt_rng *rng)
{
    enum { TRIES = 10 };
    dt_erase_params p = {.noise = o->noise};
    memcpy(p.value, o->value, sizeof p.value);
    const int active = dt_rng_f64(rng) < o->p;
    p.noise_seed = dt_rng_u64(rng);
    for (int i = 0; i < TRIES && active; i++) {
        const double area = (double)width * height * dt_rng_uniform(rng, o->min_area, o->max_area);
        const double aspect = exp(dt_rng_uniform(rng, log(o->min_aspect), log(o->max_aspect)));
        const double h = rint(sqrt(area * aspect)), w = rint(sqrt(area / aspect));
        if (!(h < height && w < width)) continue;
        p.width = (int)w;
        p.height = (int)h;
        p.top = (int)dt_rng_below(rng, (uint64_t)(height - p.height + 1));
        p.left = (int)dt_rng_below(rng, (uint64_t)(width - p.width + 1));
        break;
    }
    return p;
}

dt_status dt_erase_apply(dt_image *image, const dt_erase_params *p, dt_error *err)
{
    if (!image->data || image->channels < 1 || image->channels > 4 || p->left < 0 || p->top < 0 ||
        p->width < 0 || p->height < 0 || p->width > image->width - p->left ||
        p->height > image->height - p->top)
        return dt_fail(err, DT_ERR_ARG, "erasing %dx%d at %d, %d of an image of %dx%dx%d", p->width,
                       p->height, p->left, p->top, image->width, image->height, image->channels);
    const int channels = image->channels;
    for (int y = 0; y < p->height; y++) {
        dt_rng rng = dt_rng_make(p->noise_seed, DT_RNG_AUGMENT, 0, (uint64_t)y);
        uint8_t *row = image->data + ((ptrdiff_t)(p->top + y) * image->width + p->left) * channels;
        for (int i = 0; i < p->width * channels; i++)
            row[i] = p->noise ? (uint8_t)(dt_rng_u32(&rng) >> 24) : p->value[i % channels];
    }
    return DT_OK;
}
