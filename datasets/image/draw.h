/** Drawing on 8-bit RGB images: boxes, labels, grids of pictures. Everything is clipped to the image. */
#ifndef DT_DATASETS_DRAW_H
#define DT_DATASETS_DRAW_H

#include "datasets/image/image.h"
#include "detect/box.h"

typedef struct dt_rgb {
    uint8_t r, g, b;
} dt_rgb;

/** One of 20 colours that stay apart under the common kinds of colour blindness as far as 20 can; they
 * repeat. */
dt_rgb dt_class_color(int cls);

/** Black or white, whichever has more contrast on the colour (relative luminance of sRGB). */
dt_rgb dt_text_color_on(dt_rgb background);

/** Filled rectangle of whole pixels [x1, x2) x [y1, y2). */
void dt_draw_fill(dt_image *image, int x1, int y1, int x2, int y2, dt_rgb color);

/** Outline, `thickness` pixels wide, inside the box rounded to whole pixels. */
void dt_draw_rect(dt_image *image, dt_box box, int thickness, dt_rgb color);

/** UTF-8 text with its top-left corner at (x, y). Scale 1: 16 pixels a line, capitals 11 high. Characters
 * outside ASCII are drawn as a box, bytes that are not UTF-8 too. */
void dt_draw_text(dt_image *image, double x, double y, const char *text, double scale, dt_rgb color);
/** The same running upwards, the tops of its letters to the left: it begins at the lower left corner (x, y). */
void dt_draw_text_up(dt_image *image, double x, double y, const char *text, double scale, dt_rgb color);
double dt_text_width(const char *text, double scale);
double dt_text_height(double scale);

/** How the pixels of one number of a mask are shown. */
typedef struct dt_mask_paint {
    dt_rgb color;
    int8_t shown, outlined;
} dt_mask_paint;

/** Lays a mask (one channel of numbers) over an RGB image, half and half; outlined numbers have their edge in
 *  full colour. A mask of another size is stretched over the image, each pixel taking the nearest number. */
void dt_draw_mask(dt_image *image, const dt_image *mask, const dt_mask_paint paint[256]);

/** A box with a label. */
typedef struct dt_draw_item {
    dt_box box; /* pixels of the image */
    dt_rgb color;
    const char *text; /* at most 95 bytes are drawn; NULL: no label */
    double rank;      /* higher ones lie on top; equal ones: earlier on later */
} dt_draw_item;

/** Boxes with labels kept inside the picture and away from each other where there is room. Line width and
 * text grow with the picture. DT_ERR_ARG if the image is not RGB. */
dt_status dt_draw_items(dt_image *image, const dt_draw_item *items, int count, dt_error *err);

/** The same with labels "name score": class colours, the best scores on top. boxes: xyxy in pixels of the
 * image. scores may be NULL (ground truth). names may be NULL or shorter than a class number: then it is
 * "class 7". */
dt_status dt_draw_detections(dt_image *image, const dt_box *boxes, const int32_t *classes,
                             const float *scores, const char *const *names, int name_count, int count,
                             dt_error *err);

/** A new image: a grid of `columns` (0: about square) cells, each picture shrunk (never enlarged) to fit its
 * cell and centred, empty space in `fill`, a gap of 2 pixels between cells. RGB only; NULL or empty pictures
 * leave their cell empty. */
dt_status dt_image_montage(const dt_image *const *images, int count, int columns, int cell_width,
                           int cell_height, dt_rgb fill, dt_image *out, dt_error *err);

#endif
