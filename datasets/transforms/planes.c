#include "datasets/transforms/planes.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/cpu.h"

/* The value of a byte, each step rounded to float. */
static float byte_value(int byte, float divisor, float mean, float std)
{
    float value = (float)byte / divisor;
    if (mean == 0 && std == 1) return value;
    return (value - mean) / std;
}

static float divide_by_reciprocal(float x, float by, float inv)
{
    const float q = x * inv;
    return fmaf(fmaf(-q, by, x), inv, q);
}

/* 1 if reciprocals give the values of the table, all 256 of them. */
static int try_scale(const float table[256], float divisor, float mean, float std, dt_plane_scale *s)
{
    *s = (dt_plane_scale){divisor, mean, std, 1 / divisor, 1 / std};
    for (int i = 0; i < 256; i++) {
        float value = divide_by_reciprocal((float)i, divisor, s->divisor_inv) - mean;
        if (!(divide_by_reciprocal(value, std, s->std_inv) == table[i])) return 0;
    }
    return 1;
}

/* One conversion. */
typedef struct conversion {
    float table[3][256];
    dt_plane_scale scale[3];
    int vector; /* the vector code runs here and gives the values of the table */
    float *planes;
    size_t stride; /* between planes */
} conversion;

static void convert_some(const conversion *c, const uint8_t *rgb, size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < 3; k++)
            c->planes[k * c->stride + at + i] = c->table[k][rgb[3 * i + k]];
}

/* Values until the next address that is a multiple of 32 bytes, at most `count`. */
static size_t until_aligned(const float *to, size_t count)
{
    size_t n = (size_t)(-(uintptr_t)to / sizeof *to % 8);
    return n < count ? n : count;
}

static void convert(const conversion *c, const uint8_t *rgb, size_t count, size_t at)
{
    size_t head = c->vector ? until_aligned(c->planes + at, count) : count;
    convert_some(c, rgb, head, at);
#if defined(__x86_64__)
    size_t body = (count - head) / 16 * 16;
    if (body) dt_planes_avx2(rgb + 3 * head, body, c->scale, c->planes + at + head, c->stride);
    head += body;
#endif
    convert_some(c, rgb + 3 * head, count - head, at + head);
}

static void fill(const conversion *c, uint8_t byte, size_t count, size_t at)
{
    for (size_t k = 0; k < 3; k++) {
        float *to = c->planes + k * c->stride + at, value = c->table[k][byte];
        size_t i = 0, body = 0, head = c->vector ? until_aligned(to, count) : count;
        for (; i < head; i++)
            to[i] = value;
#if defined(__x86_64__)
        body = (count - head) / 8 * 8;
        if (body) dt_plane_fill_avx2(value, body, to + head);
#endif
        for (i = head + body; i < count; i++)
            to[i] = value;
    }
}

/* A row of the canvas with pads at its sides goes through a buffer, so that the planes are written in whole,
 * aligned runs. */
static void convert_padded_row(const conversion *c, const uint8_t *rgb, size_t across,
                               const dt_canvas *canvas, size_t at)
{
    enum { RUN = 512 };
    uint8_t run[3 * RUN];
    const size_t width = (size_t)canvas->width, left = (size_t)canvas->left, right = left + across;
    for (size_t x = 0; x < width; x += RUN) {
        const size_t end = x + RUN < width ? x + RUN : width;
        const size_t from = left < x ? x : left < end ? left : end;
        const size_t to = right < from ? from : right < end ? right : end;
        memset(run, canvas->fill, 3 * (from - x));
        if (from < to) memcpy(run + 3 * (from - x), rgb + 3 * (from - left), 3 * (to - from));
        memset(run + 3 * (to - x), canvas->fill, 3 * (end - to));
        convert(c, run, end - x, at + x);
    }
}

static void convert_on(const conversion *c, const dt_image *rgb, const dt_canvas *canvas)
{
    const size_t width = (size_t)canvas->width, across = (size_t)rgb->width, rows = (size_t)rgb->height;
    const size_t first = (size_t)canvas->top * width, after = first + rows * width;
    fill(c, canvas->fill, first, 0);
    if (across == width)
        convert(c, rgb->data, rows * width, first);
    else
        for (size_t y = 0; y < rows; y++)
            convert_padded_row(c, rgb->data + 3 * y * across, across, canvas, first + y * width);
    fill(c, canvas->fill, width * (size_t)canvas->height - after, after);
}

void dt_image_to_planes_on(const dt_image *rgb, const dt_canvas *canvas, float divisor, const float mean[3],
                           const float std[3], float *planes)
{
    conversion c = {.planes = planes, .stride = (size_t)canvas->width * (size_t)canvas->height};
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 256; i++)
            c.table[k][i] = byte_value(i, divisor, mean[k], std[k]);
#if defined(__x86_64__)
    c.vector = dt_cpu_get_level() >= DT_CPU_AVX2;
    for (int k = 0; k < 3 && c.vector; k++)
        c.vector = try_scale(c.table[k], divisor, mean[k], std[k], &c.scale[k]);
#endif
    convert_on(&c, rgb, canvas);
#if defined(__x86_64__)
    if (c.vector) dt_planes_avx2_done();
#endif
}

void dt_image_to_planes(const dt_image *rgb, float divisor, const float mean[3], const float std[3],
                        float *planes)
{
    const dt_canvas all = {.width = rgb->width, .height = rgb->height};
    dt_image_to_planes_on(rgb, &all, divisor, mean, std, planes);
}
