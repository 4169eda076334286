#include "datasets/synthetic.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"

const char *const dt_synthetic_class_names[DT_SYNTHETIC_CLASSES] = {"disc", "square", "star", "triangle"};

enum { DISC, SQUARE, STAR, TRIANGLE };
enum { MAX_CORNERS = 10, MAX_OBJECTS = 7 };

typedef struct color3 {
    double v[3];
} color3;

typedef struct shape {
    int cls, corners;
    double cx, cy, radius;
    double x[MAX_CORNERS], y[MAX_CORNERS]; /* not for the disc */
    color3 fill, second;                   /* second: of stripes, rings or the shaded side */
    int pattern;                           /* 0 plain, 1 shaded, 2 stripes, 3 rim */
    double angle, period;
    dt_box box; /* whole pixels inside the picture */
} shape;

/* ---- textures ---- */

static double lattice(uint32_t seed, int x, int y)
{
    uint32_t h = seed ^ ((uint32_t)x * 0x9e3779b1u) ^ ((uint32_t)y * 0x85ebca77u);
    h = (h ^ (h >> 15)) * 0x2c1b3c6du;
    h = (h ^ (h >> 12)) * 0x297a2d39u;
    return (double)(h ^ (h >> 15)) / 4294967296.0;
}

/* Smooth value noise in 0..1 with features of about one unit. */
static double noise(uint32_t seed, double x, double y)
{
    int ix = (int)floor(x), iy = (int)floor(y);
    double fx = x - ix, fy = y - iy;
    fx = fx * fx * (3 - 2 * fx);
    fy = fy * fy * (3 - 2 * fy);
    double top = lattice(seed, ix, iy) * (1 - fx) + lattice(seed, ix + 1, iy) * fx;
    double bottom = lattice(seed, ix, iy + 1) * (1 - fx) + lattice(seed, ix + 1, iy + 1) * fx;
    return top * (1 - fy) + bottom * fy;
}

static color3 hsv_color(double h, double s, double v)
{
    color3 c;
    for (int i = 0; i < 3; i++) {
        double k = fmod((i == 0 ? 5 : i == 1 ? 3 : 1) + h * 6, 6);
        c.v[i] = 255 * (v - v * s * fmax(0, fmin(fmin(k, 4 - k), 1)));
    }
    return c;
}

static color3 mix(color3 a, color3 b, double t)
{
    for (int i = 0; i < 3; i++)
        a.v[i] += (b.v[i] - a.v[i]) * t;
    return a;
}

static double luma(color3 c)
{
    return 0.3 * c.v[0] + 0.6 * c.v[1] + 0.1 * c.v[2];
}

typedef struct ground {
    color3 a, b;
    uint32_t seed;
    double coarse, weave, lines, line_angle;
} ground;

static ground draw_ground(dt_rng *rng)
{
    double hue = dt_rng_f64(rng), value = dt_rng_uniform(rng, 0.25, 0.85);
    ground g = {.seed = dt_rng_u32(rng)};
    g.a = hsv_color(hue, dt_rng_uniform(rng, 0.05, 0.45), value);
    g.b = hsv_color(fmod(hue + dt_rng_uniform(rng, 0, 0.15), 1), dt_rng_uniform(rng, 0.05, 0.45),
                    value * dt_rng_uniform(rng, 0.6, 0.9));
    g.coarse = dt_rng_uniform(rng, 30, 120);
    g.weave = dt_rng_uniform(rng, 2, 9);
    g.lines = dt_rng_f64(rng) < 0.5 ? dt_rng_uniform(rng, 14, 50) : 0; /* planks or tiles */
    g.line_angle = dt_rng_f64(rng) < 0.5 ? 0 : dt_rng_uniform(rng, 0, 3.14159265358979);
    return g;
}

static color3 ground_color(const ground *g, double x, double y)
{
    double t = 0.6 * noise(g->seed, x / g->coarse, y / g->coarse) +
               0.25 * noise(g->seed + 1, x / (g->coarse * 0.3), y / (g->coarse * 0.3)) +
               0.15 * noise(g->seed + 2, x / g->weave, y / (g->weave * 0.5));
    color3 c = mix(g->a, g->b, t * 1.4 - 0.2);
    if (g->lines > 0) {
        double u = x * cos(g->line_angle) + y * sin(g->line_angle),
               d = fabs(u / g->lines - rint(u / g->lines)) * g->lines;
        if (d < 1) c = mix(c, (color3){{0, 0, 0}}, 0.25 * (1 - d));
    }
    return c;
}

/* ---- shapes ---- */

static void make_corners(shape *s)
{
    const double turn = 6.283185307179586;
    s->corners = s->cls == DISC ? 0 : s->cls == SQUARE ? 4 : s->cls == TRIANGLE ? 3 : 10;
    for (int i = 0; i < s->corners; i++) {
        double r = s->cls == STAR && i % 2 ? s->radius * 0.45 : s->radius,
               a = s->angle + turn * i / s->corners;
        s->x[i] = s->cx + r * cos(a);
        s->y[i] = s->cy + r * sin(a);
    }
}

/* Distance to the border in pixels, negative inside. */
static double signed_distance(const shape *s, double px, double py)
{
    if (s->cls == DISC) return hypot(px - s->cx, py - s->cy) - s->radius;
    double best = INFINITY;
    int inside = 0;
    for (int i = 0, j = s->corners - 1; i < s->corners; j = i++) {
        double ex = s->x[j] - s->x[i], ey = s->y[j] - s->y[i], wx = px - s->x[i], wy = py - s->y[i];
        double t = fmin(fmax((wx * ex + wy * ey) / (ex * ex + ey * ey), 0), 1);
        double dx = wx - t * ex, dy = wy - t * ey;
        best = fmin(best, dx * dx + dy * dy);
        if ((s->y[i] > py) != (s->y[j] > py) && px < s->x[i] + ex * (py - s->y[i]) / ey) inside = !inside;
    }
    return inside ? -sqrt(best) : sqrt(best);
}

static dt_box extent(const shape *s)
{
    if (s->cls == DISC)
        return (dt_box){s->cx - s->radius, s->cy - s->radius, s->cx + s->radius, s->cy + s->radius};
    dt_box b = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (int i = 0; i < s->corners; i++) {
        b.x1 = fmin(b.x1, s->x[i]);
        b.y1 = fmin(b.y1, s->y[i]);
        b.x2 = fmax(b.x2, s->x[i]);
        b.y2 = fmax(b.y2, s->y[i]);
    }
    return b;
}

static color3 shape_color(const shape *s, double px, double py, double distance)
{
    double u = (px - s->cx) * cos(s->angle) + (py - s->cy) * sin(s->angle);
    switch (s->pattern) {
    case 1:
        return mix(s->fill, s->second, fmin(fmax(0.5 + u / (2 * s->radius), 0), 1));
    case 2:
        return fmod(fabs(u) / s->period, 2) < 1 ? s->fill : s->second;
    case 3:
        return distance > -s->period * 0.7 ? s->second : s->fill;
    default:
        return s->fill;
    }
}

static double area_shared(dt_box a, dt_box b)
{
    return dt_box_area((dt_box){fmax(a.x1, b.x1), fmax(a.y1, b.y1), fmin(a.x2, b.x2), fmin(a.y2, b.y2)});
}

/* A shape at a random place; 0 if it would hide too much of an earlier one or leave the picture. */
static int draw_shape(dt_rng *rng, int width, int height, const ground *g, const shape *earlier, int count,
                      shape *s)
{
    *s = (shape){.cls = (int)dt_rng_below(rng, DT_SYNTHETIC_CLASSES)};
    s->radius = 14 * pow(4.2, dt_rng_f64(rng)); /* 14 to 59 pixels, small ones more often */
    if (s->cls == TRIANGLE || s->cls == STAR) s->radius *= 1.15;
    s->cx = dt_rng_uniform(rng, 0, width);
    s->cy = dt_rng_uniform(rng, 0, height);
    s->angle = dt_rng_uniform(rng, 0, 6.283185307179586);
    s->pattern = (int)dt_rng_below(rng, 4);
    s->period = dt_rng_uniform(rng, 0.15, 0.35) * s->radius + 2;
    /* Any hue for any class: only the form tells them apart. The lightness keeps away from that of the
     * ground. */
    double hue = dt_rng_f64(rng), sat = dt_rng_uniform(rng, 0.5, 1);
    double contrast = dt_rng_uniform(rng, 0.3, 0.45), under = luma(mix(g->a, g->b, 0.5)) / 255;
    double value = under > 0.5 ? under - contrast : under + contrast;
    s->fill = hsv_color(hue, sat, fmin(fmax(value, 0.15), 1));
    s->second = mix(s->fill, under > 0.5 ? (color3){{10, 10, 10}} : (color3){{250, 250, 250}}, 0.45);
    make_corners(s);
    dt_box whole = extent(s);
    s->box = (dt_box){floor(whole.x1 + 0.25), floor(whole.y1 + 0.25), ceil(whole.x2 - 0.25),
                      ceil(whole.y2 - 0.25)};
    dt_box_clip(&s->box, width, height);
    if (dt_box_area(s->box) < 0.7 * dt_box_area(whole)) return 0;
    for (int i = 0; i < count; i++) {
        double shared = area_shared(s->box, earlier[i].box);
        if (shared > 0.3 * dt_box_area(earlier[i].box) || shared > 0.6 * dt_box_area(s->box)) return 0;
    }
    return 1;
}

static uint8_t to_byte(double v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : lrint(v));
}

static void blend(uint8_t *p, color3 c, double cover)
{
    for (int i = 0; i < 3; i++)
        p[i] = to_byte(p[i] + (c.v[i] - p[i]) * cover);
}

static void paint_shape(dt_image *image, const shape *s)
{
    const double shadow = 2 + s->radius * 0.06;
    int x1 = (int)fmax(s->box.x1 - 8, 0), x2 = (int)fmin(s->box.x2 + 8, image->width);
    int y1 = (int)fmax(s->box.y1 - 8, 0), y2 = (int)fmin(s->box.y2 + 8, image->height);
    for (int y = y1; y < y2; y++) {
        uint8_t *p = image->data + ((size_t)y * (size_t)image->width + (size_t)x1) * 3;
        for (int x = x1; x < x2; x++, p += 3) {
            double d = signed_distance(s, x + 0.5, y + 0.5);
            double dark = 0.5 - signed_distance(s, x + 0.5 - shadow, y + 0.5 - shadow) / 4;
            if (dark > 0 && d > -1) blend(p, (color3){{0, 0, 0}}, 0.3 * fmin(dark, 1));
            if (d < 0.5) blend(p, shape_color(s, x + 0.5, y + 0.5, d), fmin(0.5 - d, 1));
        }
    }
}

static void add_grain(dt_image *image, dt_rng *rng)
{
    const int level = 3 + (int)dt_rng_below(rng, 8);
    const uint32_t seed = dt_rng_u32(rng);
    for (int y = 0; y < image->height; y++) {
        for (int x = 0; x < image->width; x++) {
            uint8_t *p = image->data + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
            double v = (lattice(seed, x, y) + lattice(seed + 1, x, y) - 1) * level;
            for (int c = 0; c < 3; c++)
                p[c] = to_byte(p[c] + v);
        }
    }
}

dt_status dt_synthetic_render(uint64_t seed, int64_t index, dt_sample *out, dt_error *err)
{
    static const char name[] = "synthetic";
    dt_rng rng = dt_rng_make(seed, DT_RNG_SAMPLER, dt_hash64(name, sizeof name), (uint64_t)index);
    const int step = (int)dt_rng_below(&rng, 6), width = 320 + 32 * step, height = 240 + 24 * step;
    DT_TRY(dt_image_create(&out->image, width, height, 3, err));
    out->index = index;
    out->original_width = width;
    out->original_height = height;
    const ground g = draw_ground(&rng);
    for (int y = 0; y < height; y++) {
        uint8_t *p = out->image.data + (size_t)y * (size_t)width * 3;
        for (int x = 0; x < width; x++, p += 3) {
            color3 c = ground_color(&g, x, y);
            for (int i = 0; i < 3; i++)
                p[i] = to_byte(c.v[i]);
        }
    }
    shape shapes[MAX_OBJECTS];
    int wanted = 2 + (int)dt_rng_below(&rng, MAX_OBJECTS - 1), count = 0;
    for (int attempt = 0; attempt < 200 && count < wanted; attempt++)
        if (draw_shape(&rng, width, height, &g, shapes, count, &shapes[count])) count++;
    for (int i = 0; i < count; i++) {
        paint_shape(&out->image, &shapes[i]);
        DT_TRY(dt_sample_add_label(out, (dt_label){shapes[i].box, shapes[i].cls, 0, i}, err));
    }
    add_grain(&out->image, &rng);
    return DT_OK;
}
