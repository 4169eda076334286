#include "datasets/transforms/homography.h"

#include <math.h>
#include <string.h>

#include "core/cpu.h"
#include "datasets/transforms/warp_row.h"

dt_homography dt_homography_from_affine(dt_affine a)
{
    return (dt_homography){{a.m[0], a.m[1], a.m[2], a.m[3], a.m[4], a.m[5], 0, 0, 1}};
}

dt_homography dt_homography_mul(dt_homography a, dt_homography b)
{
    dt_homography out;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            out.m[3 * i + j] =
                a.m[3 * i] * b.m[j] + a.m[3 * i + 1] * b.m[3 + j] + a.m[3 * i + 2] * b.m[6 + j];
    return out;
}

static double cofactor(const double *m, int i, int j)
{
    int r0 = (i + 1) % 3, r1 = (i + 2) % 3, c0 = (j + 1) % 3, c1 = (j + 2) % 3;
    return m[3 * r0 + c0] * m[3 * r1 + c1] - m[3 * r0 + c1] * m[3 * r1 + c0];
}

static double determinant(const double *m)
{
    return m[0] * cofactor(m, 0, 0) + m[1] * cofactor(m, 0, 1) + m[2] * cofactor(m, 0, 2);
}

int dt_homography_invert(dt_homography h, dt_homography *out)
{
    const double det = determinant(h.m);
    dt_homography inverse;
    if (!(fabs(det) > 1e-12)) return -1;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            inverse.m[3 * i + j] = cofactor(h.m, j, i) / det;
    *out = inverse;
    return 0;
}

int dt_homography_is_affine(dt_homography h, dt_affine *out)
{
    const double *m = h.m;
    if (m[6] != 0 || m[7] != 0 || m[8] == 0) return 0;
    *out = (dt_affine){{m[0] / m[8], m[1] / m[8], m[2] / m[8], m[3] / m[8], m[4] / m[8], m[5] / m[8]}};
    return 1;
}

/* Gauss with pivots; a: n rows of n + 1. */
static int solve(double a[8][9], double x[8])
{
    enum { N = 8 };
    for (int k = 0; k < N; k++) {
        int pivot = k;
        for (int i = k + 1; i < N; i++)
            if (fabs(a[i][k]) > fabs(a[pivot][k])) pivot = i;
        if (!(fabs(a[pivot][k]) > 1e-10)) return -1;
        for (int j = 0; j <= N; j++) {
            double t = a[k][j];
            a[k][j] = a[pivot][j];
            a[pivot][j] = t;
        }
        for (int i = k + 1; i < N; i++) {
            double f = a[i][k] / a[k][k];
            for (int j = k; j <= N; j++)
                a[i][j] -= f * a[k][j];
        }
    }
    for (int k = N - 1; k >= 0; k--) {
        x[k] = a[k][N];
        for (int j = k + 1; j < N; j++)
            x[k] -= a[k][j] * x[j];
        x[k] /= a[k][k];
    }
    return 0;
}

int dt_homography_from_points(const double start[4][2], const double end[4][2], dt_homography *out)
{
    double a[8][9], x[8];
    for (int i = 0; i < 4; i++) {
        const double sx = start[i][0], sy = start[i][1], ex = end[i][0], ey = end[i][1];
        const double rows[2][9] = {{sx, sy, 1, 0, 0, 0, -sx * ex, -sy * ex, ex},
                                   {0, 0, 0, sx, sy, 1, -sx * ey, -sy * ey, ey}};
        memcpy(a[2 * i], rows, sizeof rows);
    }
    if (solve(a, x) != 0) return -1;
    *out = (dt_homography){{x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], 1}};
    return 0;
}

/* Before the viewer: nearer than this the image of a point is beyond every picture. */
#define NEAREST_W 1e-6

static void add_point(dt_box *box, const double p[3])
{
    box->x1 = fmin(box->x1, p[0] / p[2]);
    box->y1 = fmin(box->y1, p[1] / p[2]);
    box->x2 = fmax(box->x2, p[0] / p[2]);
    box->y2 = fmax(box->y2, p[1] / p[2]);
}

int dt_homography_box(dt_homography h, dt_box b, dt_box *out)
{
    const double corner[4][2] = {{b.x1, b.y1}, {b.x2, b.y1}, {b.x2, b.y2}, {b.x1, b.y2}};
    double p[4][3];
    dt_box hull = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++)
            p[i][k] = h.m[3 * k] * corner[i][0] + h.m[3 * k + 1] * corner[i][1] + h.m[3 * k + 2];
    for (int i = 0; i < 4; i++) {
        const double *from = p[i], *to = p[(i + 1) % 4];
        if (from[2] >= NEAREST_W) add_point(&hull, from);
        if ((from[2] < NEAREST_W) == (to[2] < NEAREST_W)) continue;
        double t = (NEAREST_W - from[2]) / (to[2] - from[2]);
        add_point(&hull, (const double[3]){from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1]),
                                           NEAREST_W});
    }
    if (!(hull.x1 <= hull.x2)) return -1;
    *out = hull;
    return 0;
}

double dt_homography_area_scale(dt_homography h, double x, double y)
{
    const double w = h.m[6] * x + h.m[7] * y + h.m[8];
    return fabs(determinant(h.m) / (w * w * w));
}

/* ---- pictures ---- */

typedef struct sampler {
    const dt_image *src;
    const uint8_t *fill;
    dt_homography back; /* dst -> src */
} sampler;

/* Source position of a pixel's centre; 0: it lies behind the viewer. */
static int locate(const double *m, int x, int y, double *u, double *v)
{
    const double cx = x + .5, cy = y + .5, w = m[6] * cx + m[7] * cy + m[8];
    *u = (m[0] * cx + m[1] * cy + m[2]) / w;
    *v = (m[3] * cx + m[4] * cy + m[5]) / w;
    return w > 0 && fabs(*u) < 1e8 && fabs(*v) < 1e8;
}

static const uint8_t *pixel(const dt_image *src, int x, int y, const uint8_t *outside)
{
    if (x < 0 || y < 0 || x >= src->width || y >= src->height) return outside;
    return src->data + ((size_t)y * (size_t)src->width + (size_t)x) * (size_t)src->channels;
}

static void sample_bilinear(const sampler *s, dt_warp_border border, double u, double v, uint8_t *out)
{
    static const uint8_t black[4];
    const double left = floor(u - .5), top = floor(v - .5);
    const float fx = (float)(u - .5 - left), fy = (float)(v - .5 - top);
    const float weight[4] = {(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy};
    const uint8_t *outside = border == DT_BORDER_FILL ? s->fill : black, *p[4];
    float cover = border == DT_BORDER_FILL ? 1 : 0;
    for (int k = 0; k < 4; k++) {
        p[k] = pixel(s->src, (int)left + (k & 1), (int)top + (k >> 1), outside);
        if (border == DT_BORDER_MASK && p[k] != black) cover += weight[k];
    }
    for (int c = 0; c < s->src->channels; c++) {
        float value = 0;
        for (int k = 0; k < 4; k++)
            value += weight[k] * (float)p[k][c];
        value = cover * value + (1 - cover) * (float)s->fill[c];
        out[c] = (uint8_t)lrintf(value);
    }
}

static void sample_pixel(const sampler *s, int nearest, dt_warp_border border, double u, double v,
                         uint8_t *out)
{
    if (nearest)
        memcpy(out, pixel(s->src, (int)floor(u), (int)floor(v), s->fill), (size_t)s->src->channels);
    else
        sample_bilinear(s, border, u, v, out);
}

dt_status dt_warp_perspective(const dt_image *src, dt_homography map, int nearest, dt_warp_border border,
                              const uint8_t *fill, dt_image *dst, dt_error *err)
{
    sampler s = {src, fill, {{0}}};
    if (!src->data || !dst->data || src->channels != dst->channels || src->channels > 4)
        return dt_fail(err, DT_ERR_ARG, "warp: image with %d channels into one with %d", src->channels,
                       dst->channels);
    if (dt_homography_invert(map, &s.back) != 0) return dt_fail(err, DT_ERR_ARG, "warp: singular map");
    uint8_t *out = dst->data;
    for (int y = 0; y < dst->height; y++) {
        for (int x = 0; x < dst->width; x++, out += dst->channels) {
            double u, v;
            if (locate(s.back.m, x, y, &u, &v))
                sample_pixel(&s, nearest, border, u, v, out);
            else
                memcpy(out, fill, (size_t)dst->channels);
        }
    }
    return DT_OK;
}

/* Cuts the integers of a span to those where a * x + b >= 0 (or, strict, < 0). The same numbers with the
 * other sign give the rest of the span, so that neighbouring parts leave no gap. */
static dt_span half_line(dt_span s, double a, double b, int below)
{
    const double edge = ceil(-b / a); /* the first x on the side where a rising line is >= 0 */
    int cut = edge >= s.end ? s.end : edge <= s.begin ? s.begin : (int)edge;
    if (a == 0) return (b < 0) == below ? s : (dt_span){0, 0};
    if (a < 0) { /* falling: >= 0 up to and with -b / a */
        const double last = floor(-b / a) + 1;
        cut = last >= s.end ? s.end : last <= s.begin ? s.begin : (int)last;
    }
    return (a < 0) == below ? (dt_span){cut, s.end} : (dt_span){s.begin, cut};
}

/* The pixels of a row that show `part`: u >= x1 is m0 x + .. >= x1 (m6 x + ..) before the viewer, and so on. */
static dt_span part_span(const double *m, int y, dt_box part, int width)
{
    double at[3]; /* the rows at x = 0 */
    for (int k = 0; k < 3; k++)
        at[k] = m[3 * k] * .5 + m[3 * k + 1] * (y + .5) + m[3 * k + 2];
    dt_span s = half_line((dt_span){0, width}, m[6], at[2] - NEAREST_W, 0);
    s = half_line(s, m[0] - part.x1 * m[6], at[0] - part.x1 * at[2], 0);
    s = half_line(s, m[0] - part.x2 * m[6], at[0] - part.x2 * at[2], 1);
    s = half_line(s, m[3] - part.y1 * m[6], at[1] - part.y1 * at[2], 0);
    return half_line(s, m[3] - part.y2 * m[6], at[1] - part.y2 * at[2], 1);
}

/* Source positions of n pixels from (x, y) on, in units of 1 / DT_TAP_ONE. */
DT_CLONES static void project(const double *m, int x, int y, int n, int32_t *restrict px,
                              int32_t *restrict py)
{
    const double u = m[1] * (y + .5) + m[2], v = m[4] * (y + .5) + m[5], w = m[7] * (y + .5) + m[8];
    for (int i = 0; i < n; i++) {
        const double cx = x + i + .5, scale = DT_TAP_ONE / (m[6] * cx + w);
        px[i] = (int32_t)floor((m[0] * cx + u) * scale - (DT_TAP_ONE / 2 - .5));
        py[i] = (int32_t)floor((m[3] * cx + v) * scale - (DT_TAP_ONE / 2 - .5));
    }
}

dt_status dt_warp_part_projective(const dt_image *src, dt_affine place, dt_homography view, dt_box part,
                                  dt_image *dst, dt_error *err)
{
    dt_affine from_collage;
    dt_homography to_collage;
    if (!src->data || !dst->data || src->channels != 3 || dst->channels != 3)
        return dt_fail(err, DT_ERR_ARG, "warp: image with %d channels into one with %d, both must have 3",
                       src->channels, dst->channels);
    if (dt_homography_invert(view, &to_collage) != 0 || dt_affine_invert(place, &from_collage) != 0)
        return dt_fail(err, DT_ERR_ARG, "warp: singular map");
    const dt_homography back = dt_homography_mul(dt_homography_from_affine(from_collage), to_collage);
    int32_t px[DT_WARP_PIECE], py[DT_WARP_PIECE];
    for (int y = 0; y < dst->height; y++) {
        const dt_span s = part_span(to_collage.m, y, part, dst->width);
        for (int x = s.begin; x < s.end; x += DT_WARP_PIECE) {
            const int n = s.end - x < DT_WARP_PIECE ? s.end - x : DT_WARP_PIECE;
            project(back.m, x, y, n, px, py);
            dt_warp_row(src, px, py, n, dst->data + ((size_t)y * (size_t)dst->width + (size_t)x) * 3);
        }
    }
    return DT_OK;
}

dt_affine dt_affine_torchvision(double angle, double tx, double ty, double scale, double shear_x,
                                double shear_y, int width, int height)
{
    const double radians = 3.14159265358979323846 / 180, rot = angle * radians, sx = shear_x * radians,
                 sy = shear_y * radians, cx = width * .5, cy = height * .5;
    const double a = scale * cos(rot - sy) / cos(sy), c = scale * sin(rot - sy) / cos(sy);
    const double b = -a * tan(sx) - scale * sin(rot), d = -c * tan(sx) + scale * cos(rot);
    return (dt_affine){{a, b, cx + tx - a * cx - b * cy, c, d, cy + ty - c * cx - d * cy}};
}
