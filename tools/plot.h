/** Line charts as pictures, for the curves of a training. */
#ifndef DT_TOOLS_PLOT_H
#define DT_TOOLS_PLOT_H

#include "datasets/image/draw.h"

typedef struct dt_curve {
    const char *name;
    const double *x, *y; /* count values; not finite, or beyond 1e300: no point there */
    int count;
    dt_rgb color;
} dt_curve;

/** A chart with axes, grid, ticks and legend in the rectangle (left, top, width, height) of an RGB image. The
 *  axes span the data; from_zero: the vertical one starts at 0. Where all x are whole numbers, so are their
 *  ticks. No point at all: an empty frame. */
void dt_plot_chart(dt_image *image, int left, int top, int width, int height, const char *title,
                   const dt_curve *curves, int curve_count, int from_zero);

/** A line of this width, with smoothed edges. */
void dt_plot_line(dt_image *image, double x1, double y1, double x2, double y2, double width, dt_rgb color);

#endif
