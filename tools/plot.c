#include "tools/plot.h"

#include <math.h>
#include <stdio.h>

static const dt_rgb ink = {40, 40, 40}, grid_color = {225, 225, 225};

static void blend(dt_image *image, int x, int y, double alpha, dt_rgb c)
{
    if (x < 0 || y < 0 || x >= image->width || y >= image->height || !(alpha > 0)) return;
    if (alpha > 1) alpha = 1;
    uint8_t *p = image->data + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
    const uint8_t color[3] = {c.r, c.g, c.b};
    for (int k = 0; k < 3; k++)
        p[k] = (uint8_t)lround(p[k] + alpha * (color[k] - p[k]));
}

void dt_plot_line(dt_image *image, double x1, double y1, double x2, double y2, double width, dt_rgb color)
{
    double dx = x2 - x1, dy = y2 - y1, length2 = dx * dx + dy * dy, reach = width / 2 + 1;
    int left = (int)floor(fmin(x1, x2) - reach), right = (int)ceil(fmax(x1, x2) + reach);
    int top = (int)floor(fmin(y1, y2) - reach), bottom = (int)ceil(fmax(y1, y2) + reach);
    for (int y = top; y <= bottom; y++) {
        for (int x = left; x <= right; x++) {
            double px = x + .5 - x1, py = y + .5 - y1;
            double t = length2 > 0 ? fmin(fmax((px * dx + py * dy) / length2, 0), 1) : 0;
            blend(image, x, y, width / 2 + .5 - hypot(px - t * dx, py - t * dy), color);
        }
    }
}

/* The step of 1, 2 or 5 times a power of ten that gives about `wanted` ticks. */
static double tick_step(double span, int wanted)
{
    double raw = span / wanted, base = pow(10, floor(log10(raw)));
    for (int i = 0; i < 3; i++) {
        static const double steps[] = {1, 2, 5};
        if (raw <= steps[i] * base * 1.0001) return steps[i] * base;
    }
    return 10 * base;
}

typedef struct axis {
    double low, high;
    int from, to; /* pixels */
} axis;

static double place(const axis *a, double value)
{
    return a->from + (value - a->low) / (a->high - a->low) * (a->to - a->from);
}

/* Beyond 1e300, the length of an axis would overflow. */
static int is_point(const dt_curve *c, int i)
{
    return fabs(c->x[i]) < 1e300 && fabs(c->y[i]) < 1e300;
}

static void span_of(const dt_curve *curves, int count, int vertical, axis *a)
{
    a->low = INFINITY;
    a->high = -INFINITY;
    for (int c = 0; c < count; c++) {
        for (int i = 0; i < curves[c].count; i++) {
            double v = vertical ? curves[c].y[i] : curves[c].x[i];
            if (!is_point(&curves[c], i)) continue;
            a->low = fmin(a->low, v);
            a->high = fmax(a->high, v);
        }
    }
    if (!isfinite(a->low)) {
        a->low = 0;
        a->high = 1;
    }
    /* Far from zero, half a unit would be nothing: the span must be one that doubles can tell apart. */
    double size = fmax(fabs(a->low), fabs(a->high));
    if (a->high - a->low < 1e-9 * fmax(size, 1)) {
        a->low -= fmax(.5, 1e-3 * size);
        a->high += fmax(.5, 1e-3 * size);
    }
}

static int all_whole(const dt_curve *curves, int count)
{
    for (int c = 0; c < count; c++)
        for (int i = 0; i < curves[c].count; i++)
            if (curves[c].x[i] != floor(curves[c].x[i])) return 0;
    return 1;
}

/* whole: what the horizontal axis counts has no fractions. */
static void draw_ticks(dt_image *image, const axis *x, const axis *y, int whole)
{
    char text[32];
    double step = fmax(tick_step(x->high - x->low, 8), whole ? 1 : 0);
    for (double k = ceil(x->low / step), v; (v = k * step) <= x->high + 1e-9 * step; k++) {
        int at = (int)lround(place(x, v));
        dt_draw_fill(image, at, y->to, at + 1, y->from, grid_color);
        snprintf(text, sizeof text, "%.10g", fabs(v) < 1e-12 ? 0 : v);
        dt_draw_text(image, at - dt_text_width(text, .9) / 2, y->from + 6, text, .9, ink);
    }
    step = tick_step(y->high - y->low, 6);
    for (double k = ceil(y->low / step), v; (v = k * step) <= y->high + 1e-9 * step; k++) {
        int at = (int)lround(place(y, v));
        dt_draw_fill(image, x->from, at, x->to, at + 1, grid_color);
        snprintf(text, sizeof text, "%.4g", fabs(v) < 1e-12 ? 0 : v);
        dt_draw_text(image, x->from - 8 - dt_text_width(text, .9), at - dt_text_height(.9) / 2, text, .9,
                     ink);
    }
}

static void draw_curve(dt_image *image, const dt_curve *c, const axis *x, const axis *y)
{
    double last_x = 0, last_y = 0;
    int open = 0;
    for (int i = 0; i < c->count; i++) {
        if (!is_point(c, i)) continue; /* a gap is bridged: epochs that were not evaluated */
        double px = place(x, c->x[i]), py = place(y, c->y[i]);
        if (open) dt_plot_line(image, last_x, last_y, px, py, 2, c->color);
        dt_plot_line(image, px, py, px, py, open ? 2 : 4, c->color);
        last_x = px;
        last_y = py;
        open = 1;
    }
}

void dt_plot_chart(dt_image *image, int left, int top, int width, int height, const char *title,
                   const dt_curve *curves, int count, int from_zero)
{
    axis x, y;
    span_of(curves, count, 0, &x);
    span_of(curves, count, 1, &y);
    if (from_zero && y.low > 0) y.low = 0;
    y.high += (y.high - y.low) * .05;
    x.from = left + 64;
    x.to = left + width - 16;
    y.from = top + height - 32;
    y.to = top + 52;
    draw_ticks(image, &x, &y, all_whole(curves, count));
    dt_draw_fill(image, x.from, y.from, x.to, y.from + 1, ink);
    dt_draw_fill(image, x.from, y.to, x.from + 1, y.from, ink);
    dt_draw_text(image, x.from, top + 4, title, 1.2, ink);
    double at = x.from;
    for (int c = 0; c < count; c++) {
        dt_plot_line(image, at, top + 38, at + 20, top + 38, 3, curves[c].color);
        dt_draw_text(image, at + 26, top + 30, curves[c].name, .9, ink);
        at += 26 + dt_text_width(curves[c].name, .9) + 24;
        draw_curve(image, &curves[c], &x, &y);
    }
}
