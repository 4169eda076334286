/** Polygons of segmentations, cut at the picture's edge. */
#ifndef DT_DATASETS_POLYGON_H
#define DT_DATASETS_POLYGON_H

#include <stddef.h>

/** Cuts the polygon of `count` points (x, y, x, y, ...) to [0, width] x [0, height] (Sutherland and Hodgman,
 *  Reentrant polygon clipping, 1974). `out` has room for dt_polygon_room(count) points. Returns the number of
 *  points; fewer than three: nothing is left. */
size_t dt_polygon_clip(const double *points, size_t count, double width, double height, double *out,
                       double *scratch);

/** Points that dt_polygon_clip needs room for in `out` and in `scratch`. */
size_t dt_polygon_room(size_t count);

/** Area by the shoelace formula, never negative. */
double dt_polygon_area(const double *points, size_t count);

#endif
