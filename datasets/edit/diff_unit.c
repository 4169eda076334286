/* How precisely a set is written, and what is the same box then. */
#include <math.h>

#include "datasets/edit/diff_parts.h"

enum { MAX_DECIMALS = 6 };

/* Noise of the arithmetic between files and boxes. */
static const double NOISE = 1e-6;

static int decimals_of(double v, int at_least)
{
    double scale = pow(10, at_least);
    int n = at_least;
    for (; n < MAX_DECIMALS; n++, scale *= 10)
        if (fabs(v * scale - nearbyint(v * scale)) <= 1e-9 * (fabs(v) * scale + 1)) break;
    return n;
}

double dt_diff_unit(const dt_dataset *set, dt_convert_format format)
{
    int n = 0;
    if (format == DT_FORMAT_YOLO) return 1e-6;
    for (size_t i = 0; i < set->object_count && n < MAX_DECIMALS; i++) {
        dt_box b = set->objects[i].box;
        const double v[4] = {b.x1, b.y1, b.x2, b.y2};
        for (int k = 0; k < 4; k++)
            n = decimals_of(v[k], n);
    }
    return pow(10, -n);
}

double dt_diff_width(const dt_record *r)
{
    return r->real_width ? r->real_width : r->width;
}

double dt_diff_height(const dt_record *r)
{
    return r->real_height ? r->real_height : r->height;
}

static int is_near(double a, double b, double by)
{
    return fabs(a - b) <= by + NOISE;
}

static int same_corners(dt_box a, dt_box b, double by)
{
    return is_near(a.x1, b.x1, by) && is_near(a.y1, b.y1, by) && is_near(a.x2, b.x2, by) &&
           is_near(a.y2, b.y2, by);
}

/* One may be what the other becomes when it is written in this format with this unit. */
static int is_rounded(dt_box a, dt_box b, dt_convert_format format, double unit, double width, double height)
{
    const double aw = a.x2 - a.x1, ah = a.y2 - a.y1, bw = b.x2 - b.x1, bh = b.y2 - b.y1;
    const double x = unit / 2 * width, y = unit / 2 * height;
    switch (format) {
    case DT_FORMAT_YOLO:
        return is_near((a.x1 + a.x2) / 2, (b.x1 + b.x2) / 2, x) && is_near(aw, bw, x) &&
               is_near((a.y1 + a.y2) / 2, (b.y1 + b.y2) / 2, y) && is_near(ah, bh, y);
    case DT_FORMAT_COCO:
        return is_near(a.x1, b.x1, unit / 2) && is_near(a.y1, b.y1, unit / 2) && is_near(aw, bw, unit / 2) &&
               is_near(ah, bh, unit / 2);
    default:
        return same_corners(a, b, unit / 2);
    }
}

int dt_diff_same_box(const dt_differ *d, dt_box a, dt_box b, double width, double height)
{
    const dt_convert_format *formats = d->opts->formats;
    const double *units = d->diff->units;
    if (d->opts->tolerance >= 0) return same_corners(a, b, d->opts->tolerance);
    if (formats[0] == formats[1])
        return is_rounded(a, b, formats[0], fmin(units[0], units[1]), width, height);
    return is_rounded(a, b, formats[0], units[0], width, height) ||
           is_rounded(a, b, formats[1], units[1], width, height);
}
