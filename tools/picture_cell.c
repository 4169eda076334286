#include "tools/picture_cell.h"

#include <math.h>

#include "datasets/image/draw.h"
#include "datasets/transforms/resize.h"

dt_status dt_cell_make(const dt_image *image, int most, double *scale, dt_image *cell, dt_error *err)
{
    const int longer = image->width > image->height ? image->width : image->height;
    const int times = DT_CELL_SMALL / longer;
    const double factor = times > 1 ? times : fmin(1, (double)most / longer);
    if (scale) *scale = factor;
    return dt_image_resize(image, (int)fmax(1, lround(image->width * factor)),
                           (int)fmax(1, lround(image->height * factor)),
                           times > 1 ? DT_RESIZE_NEAREST : DT_RESIZE_BILINEAR_AA, cell, err);
}

void dt_cell_name(dt_image *cell, int32_t cls, const char *name)
{
    const dt_rgb color = dt_class_color(cls);
    const double size = cell->width < 160 ? .75 : 1;
    const int top = cell->height - (int)ceil(dt_text_height(size)) - 2;
    dt_draw_fill(cell, 0, top, cell->width, cell->height, color);
    dt_draw_text(cell, 3, top + 1, name, size, dt_text_color_on(color));
}
