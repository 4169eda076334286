#include "detect/box.h"

void dt_box_to_cxcywh(dt_box box, double out[4])
{
    out[0] = (box.x1 + box.x2) * 0.5;
    out[1] = (box.y1 + box.y2) * 0.5;
    out[2] = box.x2 - box.x1;
    out[3] = box.y2 - box.y1;
}

dt_box dt_box_from_cxcywh(double cx, double cy, double w, double h)
{
    return (dt_box){cx - w * 0.5, cy - h * 0.5, cx + w * 0.5, cy + h * 0.5};
}

dt_box dt_box_from_xywh(double x, double y, double w, double h)
{
    return (dt_box){x, y, x + w, y + h};
}

double dt_box_area(dt_box box)
{
    double w = box.x2 - box.x1, h = box.y2 - box.y1;
    return w > 0 && h > 0 ? w * h : 0;
}

double dt_box_iou(dt_box a, dt_box b)
{
    dt_box both = {a.x1 > b.x1 ? a.x1 : b.x1, a.y1 > b.y1 ? a.y1 : b.y1, a.x2 < b.x2 ? a.x2 : b.x2,
                   a.y2 < b.y2 ? a.y2 : b.y2};
    /* An inverted box can meet another one on paper; it holds nothing, so it meets nothing. */
    double area_a = dt_box_area(a), area_b = dt_box_area(b);
    if (area_a == 0 || area_b == 0) return 0;
    double inter = dt_box_area(both);
    return inter / (area_a + area_b - inter);
}

static int clip_to(double *v, double max)
{
    /* Written so that NaN becomes 0, too. */
    double before = *v, after = before > 0 ? (before < max ? before : max) : 0;
    *v = after;
    return after != before;
}

int dt_box_clip(dt_box *box, double width, double height)
{
    int changed = clip_to(&box->x1, width);
    changed |= clip_to(&box->y1, height);
    changed |= clip_to(&box->x2, width);
    changed |= clip_to(&box->y2, height);
    return changed;
}
