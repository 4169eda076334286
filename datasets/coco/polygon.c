#include "datasets/coco/polygon.h"

#include <math.h>
#include <string.h>

/* Each of the four cuts can double the points of a polygon that crosses the edge again and again. */
size_t dt_polygon_room(size_t count)
{
    return 16 * count + 16;
}

/* Keeps the points with sign * coordinate <= sign * limit. `axis`: 0 for x, 1 for y. */
static size_t cut(const double *in, size_t count, int axis, double sign, double limit, double *out)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const double *a = in + 2 * i, *b = in + 2 * ((i + 1) % count);
        int a_in = sign * a[axis] <= sign * limit, b_in = sign * b[axis] <= sign * limit;
        if (a_in) {
            memcpy(out + 2 * n, a, 2 * sizeof *a);
            n++;
        }
        if (a_in == b_in) continue;
        double t = (limit - a[axis]) / (b[axis] - a[axis]);
        out[2 * n + (size_t)axis] = limit;
        out[2 * n + (size_t)!axis] = a[!axis] + t * (b[!axis] - a[!axis]);
        n++;
    }
    return n;
}

size_t dt_polygon_clip(const double *points, size_t count, double width, double height, double *out,
                       double *scratch)
{
    size_t n = cut(points, count, 0, -1, 0, scratch);
    n = cut(scratch, n, 0, 1, width, out);
    n = cut(out, n, 1, -1, 0, scratch);
    return cut(scratch, n, 1, 1, height, out);
}

double dt_polygon_area(const double *points, size_t count)
{
    double twice = 0;
    for (size_t i = 0; i < count; i++) {
        const double *a = points + 2 * i, *b = points + 2 * ((i + 1) % count);
        twice += a[0] * b[1] - b[0] * a[1];
    }
    return fabs(twice) / 2;
}
