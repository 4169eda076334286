/** Geometry of fitting a picture into a network's input: scale, pads, and boxes there and back. No pixels
 * here.
 *
 * With s = source size, d = size of the network's input, n = size of the resized picture (all per axis):
 *
 *   center    r = min(dw/sw, dh/sh), with no_upscale r = min(r, 1); n = round_half_even(s * r);
 *             p = (d - n) / 2; left, top = round(p - 0.1); right, bottom = round(p + 0.1)     (Ultralytics)
 *   top-left  the same r; n = trunc(s * r); left = top = 0; the rest right and below          (YOLOX)
 *   stretch   n = d; no pads                                                    (Darknet's default)
 *   darknet   dw/sw < dh/sh ? n = (dw, sh * dw / sw) : n = (sw * dh / sh, dh);
 *             left, top = (d - n) / 2; all divisions of integers                (Darknet, letter_box=1)
 *
 * n is at least 1 in every mode. Boxes: x' = x * nw / sw + left, y' = y * nh / sh + top. That is where a
 * resize with pixel centres at half-integers puts the pixels; r alone would be wrong by the rounding of n, up
 * to half a pixel at the far edge. */
#ifndef DT_DETECT_LETTERBOX_H
#define DT_DETECT_LETTERBOX_H

#include "core/status.h"
#include "detect/box.h"

typedef enum dt_letterbox_mode {
    DT_LETTERBOX_CENTER,
    DT_LETTERBOX_TOP_LEFT,
    DT_LETTERBOX_STRETCH,
    DT_LETTERBOX_DARKNET,
} dt_letterbox_mode;

/** Gray level that pads are filled with in Ultralytics and YOLOX. */
enum { DT_LETTERBOX_FILL = 114 };

typedef struct dt_letterbox {
    int src_width, src_height; /* the picture */
    int dst_width, dst_height; /* the network's input */
    int new_width, new_height; /* the picture within the input */
    int left, top, right, bottom;
} dt_letterbox;

/** Fills *out. All sizes in 1..65500; DT_ERR_ARG otherwise. no_upscale counts in modes center and top-left
 * only. */
dt_status dt_letterbox_make(dt_letterbox_mode mode, int no_upscale, int src_width, int src_height,
                            int dst_width, int dst_height, dt_letterbox *out, dt_error *err);

/** Where a picture of this size within the input lies. */
void dt_letterbox_place(dt_letterbox_mode mode, int dst_width, int dst_height, int new_width, int new_height,
                        int *left, int *top);

/** Source pixels -> network pixels, and back. Neither clips. */
dt_box dt_letterbox_forward(const dt_letterbox *lb, dt_box box);
dt_box dt_letterbox_inverse(const dt_letterbox *lb, dt_box box);

/** "center", "top-left", "stretch", "darknet". Parsing an unknown name is DT_ERR_ARG with the list of names.
 */
const char *dt_letterbox_mode_name(dt_letterbox_mode mode);
/** The program whose letterbox it is; DT_LETTERBOX_PROGRAMS has them in the order of the enum. */
#define DT_LETTERBOX_PROGRAMS "ultralytics|yolox|stretch|darknet"
const char *dt_letterbox_program(dt_letterbox_mode mode);
dt_status dt_letterbox_mode_parse(const char *name, dt_letterbox_mode *mode, dt_error *err);

#endif
