#include "datasets/transforms/warp.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/transforms/warp_row.h"

dt_affine dt_affine_translate(double x, double y)
{
    return (dt_affine){{1, 0, x, 0, 1, y}};
}

dt_affine dt_affine_scale(double x, double y)
{
    return (dt_affine){{x, 0, 0, 0, y, 0}};
}

dt_affine dt_affine_mul(dt_affine a, dt_affine b)
{
    const double *p = a.m, *q = b.m;
    return (dt_affine){{p[0] * q[0] + p[1] * q[3], p[0] * q[1] + p[1] * q[4],
                        p[0] * q[2] + p[1] * q[5] + p[2], p[3] * q[0] + p[4] * q[3],
                        p[3] * q[1] + p[4] * q[4], p[3] * q[2] + p[4] * q[5] + p[5]}};
}

double dt_affine_det(dt_affine a)
{
    return a.m[0] * a.m[4] - a.m[1] * a.m[3];
}

int dt_affine_invert(dt_affine a, dt_affine *out)
{
    const double *m = a.m, det = dt_affine_det(a);
    if (!(fabs(det) > 1e-12)) return -1;
    double p = m[4] / det, q = -m[1] / det, r = -m[3] / det, s = m[0] / det;
    *out = (dt_affine){{p, q, -(p * m[2] + q * m[5]), r, s, -(r * m[2] + s * m[5])}};
    return 0;
}

dt_box dt_affine_box(dt_affine a, dt_box box)
{
    dt_box out = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (int i = 0; i < 4; i++) {
        double x = i & 1 ? box.x2 : box.x1, y = i & 2 ? box.y2 : box.y1;
        double u = a.m[0] * x + a.m[1] * y + a.m[2], v = a.m[3] * x + a.m[4] * y + a.m[5];
        out.x1 = fmin(out.x1, u);
        out.y1 = fmin(out.y1, v);
        out.x2 = fmax(out.x2, u);
        out.y2 = fmax(out.y2, v);
    }
    return out;
}

static int clamp_int(double v, int lo, int hi)
{
    return v <= lo ? lo : v >= hi ? hi : (int)v;
}

/* The integers x of [0, n) with lo <= slope * x + offset < hi. The bounds are functions of the edge alone, so
 * that spans of neighbouring parts meet exactly. */
static dt_span solve_span(double slope, double offset, double lo, double hi, int n)
{
    if (slope == 0) return lo <= offset && offset < hi ? (dt_span){0, n} : (dt_span){0, 0};
    double a = (lo - offset) / slope, b = (hi - offset) / slope;
    if (slope > 0) return (dt_span){clamp_int(ceil(a), 0, n), clamp_int(ceil(b), 0, n)};
    return (dt_span){clamp_int(floor(b) + 1, 0, n), clamp_int(floor(a) + 1, 0, n)};
}

static dt_span intersect(dt_span a, dt_span b)
{
    dt_span out = {a.begin > b.begin ? a.begin : b.begin, a.end < b.end ? a.end : b.end};
    if (out.end < out.begin) out.end = out.begin;
    return out;
}

/* Source positions in 32.32 fixed point; the 11 bits behind the point are the weights. */
typedef struct scan {
    int64_t u, v, du, dv;
} scan;

static scan make_scan(dt_affine back, int x, int y)
{
    const double *m = back.m, one = 4294967296.0;
    double u = m[0] * (x + .5) + m[1] * (y + .5) + m[2] - .5,
           v = m[3] * (x + .5) + m[4] * (y + .5) + m[5] - .5;
    /* Half a weight step is added, so that cutting to 11 bits rounds. */
    const double half_step = 0.5 / DT_TAP_ONE;
    return (scan){(int64_t)((u + half_step) * one), (int64_t)((v + half_step) * one), (int64_t)(m[0] * one),
                  (int64_t)(m[3] * one)};
}

static int blend4(int a, int b, int c, int d, int fx, int fy)
{
    int top = a * (DT_TAP_ONE - fx) + b * fx, bottom = c * (DT_TAP_ONE - fx) + d * fx;
    return (top * (DT_TAP_ONE - fy) + bottom * fy + (1 << 21)) >> 22;
}

/* Pixels of a row, neighbours beyond the border taken from `outside` (channels bytes). */
static void scan_row_fill(const dt_image *src, scan s, int count, const uint8_t *outside, uint8_t *dst)
{
    const int w = src->width, h = src->height, channels = src->channels;
    for (int i = 0; i < count; i++, s.u += s.du, s.v += s.dv) {
        int x = (int)(s.u >> 32), y = (int)(s.v >> 32);
        int fx = (int)(s.u >> 21) & (DT_TAP_ONE - 1), fy = (int)(s.v >> 21) & (DT_TAP_ONE - 1);
        const uint8_t *p[4];
        for (int k = 0; k < 4; k++) {
            int px = x + (k & 1), py = y + (k >> 1);
            int inside = px >= 0 && px < w && py >= 0 && py < h;
            p[k] = inside ? src->data + ((size_t)py * (size_t)w + (size_t)px) * (size_t)channels : outside;
        }
        for (int c = 0; c < channels; c++)
            *dst++ = (uint8_t)blend4(p[0][c], p[1][c], p[2][c], p[3][c], fx, fy);
    }
}

/* Pixels of a row, neighbours beyond the border repeated. Three channels. */
static void scan_row_repeat(const dt_image *src, scan s, int count, uint8_t *dst)
{
    int32_t x[DT_WARP_PIECE], y[DT_WARP_PIECE];
    for (int begin = 0; begin < count; begin += DT_WARP_PIECE, dst += 3 * DT_WARP_PIECE) {
        const int n = count - begin < DT_WARP_PIECE ? count - begin : DT_WARP_PIECE;
        for (int i = 0; i < n; i++, s.u += s.du, s.v += s.dv) {
            x[i] = (int32_t)(s.u >> 21);
            y[i] = (int32_t)(s.v >> 21);
        }
        dt_warp_row(src, x, y, n, dst);
    }
}

dt_status dt_warp_affine(const dt_image *src, dt_affine map, const uint8_t *fill, dt_image *dst,
                         dt_error *err)
{
    dt_affine back;
    if (!src->data || !dst->data || src->channels != dst->channels || src->channels > 4)
        return dt_fail(err, DT_ERR_ARG, "warp: image with %d channels into one with %d", src->channels,
                       dst->channels);
    if (dt_affine_invert(map, &back) != 0) return dt_fail(err, DT_ERR_ARG, "warp: singular map");
    const size_t channels = (size_t)dst->channels;
    const double *m = back.m;
    for (int y = 0; y < dst->height; y++) {
        uint8_t *row = dst->data + (size_t)y * (size_t)dst->width * channels;
        for (size_t x = 0; x < (size_t)dst->width; x++)
            memcpy(row + x * channels, fill, channels);
        double u = m[0] * .5 + m[1] * (y + .5) + m[2], v = m[3] * .5 + m[4] * (y + .5) + m[5];
        dt_span s = intersect(solve_span(m[0], u, -.5, src->width + .5, dst->width),
                              solve_span(m[3], v, -.5, src->height + .5, dst->width));
        scan_row_fill(src, make_scan(back, s.begin, y), s.end - s.begin, fill,
                      row + (size_t)s.begin * channels);
    }
    return DT_OK;
}

/* Without rotation and shear, columns and rows separate. */
static dt_status warp_part_upright(const dt_image *src, dt_affine back, dt_span xs, dt_span ys, dt_image *dst,
                                   dt_error *err)
{
    int columns = xs.end - xs.begin, rows = ys.end - ys.begin;
    if (columns == 0 || rows == 0) return DT_OK;
    size_t bytes = ((size_t)columns + (size_t)rows) * sizeof(dt_tap);
    dt_tap *taps = dt_malloc(bytes);
    if (!taps) return dt_fail_memory(err, bytes, "warp table");
    for (int i = 0; i < columns; i++)
        taps[i] = dt_tap_column(back.m[0] * (xs.begin + i + .5) + back.m[2] - .5, src->width);
    for (int i = 0; i < rows; i++)
        taps[columns + i] = dt_tap_column(back.m[4] * (ys.begin + i + .5) + back.m[5] - .5, src->height);
    const size_t stride = (size_t)dst->width * 3;
    uint8_t *out = dst->data + (size_t)ys.begin * stride + 3 * (size_t)xs.begin;
    dt_status status = dt_bilinear_render(src, taps, columns, taps + columns, rows, out, stride, err);
    dt_free(taps);
    return status;
}

dt_status dt_warp_part(const dt_image *src, dt_affine place, dt_affine view, dt_box part, dt_image *dst,
                       dt_error *err)
{
    dt_affine to_collage, from_collage;
    if (!src->data || !dst->data || src->channels != 3 || dst->channels != 3)
        return dt_fail(err, DT_ERR_ARG, "warp: image with %d channels into one with %d, both must have 3",
                       src->channels, dst->channels);
    if (dt_affine_invert(view, &to_collage) != 0 || dt_affine_invert(place, &from_collage) != 0)
        return dt_fail(err, DT_ERR_ARG, "warp: singular map");
    dt_affine back = dt_affine_mul(from_collage, to_collage);
    const double *m = to_collage.m;
    if (m[1] == 0 && m[3] == 0) {
        dt_span xs = solve_span(m[0], m[0] * .5 + m[2], part.x1, part.x2, dst->width);
        dt_span ys = solve_span(m[4], m[4] * .5 + m[5], part.y1, part.y2, dst->height);
        return warp_part_upright(src, back, xs, ys, dst, err);
    }
    for (int y = 0; y < dst->height; y++) {
        double u = m[0] * .5 + m[1] * (y + .5) + m[2], v = m[3] * .5 + m[4] * (y + .5) + m[5];
        dt_span s = intersect(solve_span(m[0], u, part.x1, part.x2, dst->width),
                              solve_span(m[3], v, part.y1, part.y2, dst->width));
        scan_row_repeat(src, make_scan(back, s.begin, y), s.end - s.begin,
                        dst->data + ((size_t)y * (size_t)dst->width + (size_t)s.begin) * 3);
    }
    return DT_OK;
}
