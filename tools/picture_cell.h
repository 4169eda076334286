/** Pictures as cells of a sheet that a person looks at. */
#ifndef DT_TOOLS_PICTURE_CELL_H
#define DT_TOOLS_PICTURE_CELL_H

#include "datasets/image/image.h"

/** A new image: shrunk so that its longer side is at most `most` pixels; one of at most half of
 *  DT_CELL_SMALL is enlarged by a whole number, each pixel to a square, so that what is drawn on it can be
 *  read. *scale (may be NULL): how many times as large. */
enum { DT_CELL_SMALL = 192 };
dt_status dt_cell_make(const dt_image *image, int most, double *scale, dt_image *cell, dt_error *err);

/** The class's name on a strip of its colour along the lower edge. */
void dt_cell_name(dt_image *cell, int32_t cls, const char *name);

#endif
