/** Small charts as inline SVG. Colours come from the page's CSS: classes bar, cell, grid, label. */
#ifndef DT_TOOLS_SVG_CHART_H
#define DT_TOOLS_SVG_CHART_H

#include "core/str.h"

typedef struct dt_svg_bars {
    const char *title, *x_title, *y_title; /* plain text; escaped here. y_title: what is counted */
    const size_t *counts;
    int count;
    const char *const *labels; /* (count): of each bar, for reader and pointer */
    const char *const
        *ticks;      /* (count + 1): of the edges between bars; NULL: the labels stand under the bars */
    int label_every; /* every n-th tick or label is drawn under the axis */
} dt_svg_bars;

/** A bar chart with grid lines at round counts, and its numbers as a table in a <details> element for those
 *  who cannot see it. */
void dt_svg_bar_chart(dt_str *out, const dt_svg_bars *bars);

/** A map of side x side cells over a picture, darker where there is more, with a scale of counts. counts:
 * rows, top first. */
void dt_svg_heat_map(dt_str *out, const char *title, const char *unit, const size_t *counts, int side);

#endif
