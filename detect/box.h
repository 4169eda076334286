/** Boxes: continuous coordinates, 0-based, half-open: a box that covers the pixel columns 3 and 4 is x1 = 3,
 *  x2 = 5. Unless a name says otherwise: xyxy, in pixels of the image named in the text around. */
#ifndef DT_DETECT_BOX_H
#define DT_DETECT_BOX_H

typedef struct dt_box {
    double x1, y1, x2, y2;
} dt_box;

/** xyxy <-> centre form (cx, cy, w, h); same units. out = {cx, cy, w, h}. */
void dt_box_to_cxcywh(dt_box box, double out[4]);
dt_box dt_box_from_cxcywh(double cx, double cy, double w, double h);
dt_box dt_box_from_xywh(double x, double y, double w, double h);

/** 0 for empty and inverted boxes. */
double dt_box_area(dt_box box);

/** Intersection over union in [0, 1]; 0 when both are empty. */
double dt_box_iou(dt_box a, dt_box b);

/** Cuts to [0, width] x [0, height]. Returns 1 if anything changed. */
int dt_box_clip(dt_box *box, double width, double height);

#endif
