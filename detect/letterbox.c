#include "detect/letterbox.h"

#include <math.h>
#include <string.h>

enum { MAX_SIDE = 65500 };

static const char *const mode_names[] = {
    [DT_LETTERBOX_CENTER] = "center",
    [DT_LETTERBOX_TOP_LEFT] = "top-left",
    [DT_LETTERBOX_STRETCH] = "stretch",
    [DT_LETTERBOX_DARKNET] = "darknet",
};
enum { MODE_COUNT = sizeof mode_names / sizeof mode_names[0] };

static int clamp_side(double side, int max)
{
    if (side < 1) return 1;
    return side > max ? max : (int)side;
}

void dt_letterbox_place(dt_letterbox_mode mode, int dst_width, int dst_height, int new_width, int new_height,
                        int *left, int *top)
{
    *left = *top = 0;
    if (mode == DT_LETTERBOX_CENTER) {
        *left = (int)rint((dst_width - new_width) / 2.0 - 0.1);
        *top = (int)rint((dst_height - new_height) / 2.0 - 0.1);
    } else if (mode == DT_LETTERBOX_DARKNET) {
        *left = (dst_width - new_width) / 2;
        *top = (dst_height - new_height) / 2;
    }
}

dt_status dt_letterbox_make(dt_letterbox_mode mode, int no_upscale, int src_width, int src_height,
                            int dst_width, int dst_height, dt_letterbox *out, dt_error *err)
{
    const int sw = src_width, sh = src_height, dw = dst_width, dh = dst_height;
    if (sw < 1 || sh < 1 || dw < 1 || dh < 1 || sw > MAX_SIDE || sh > MAX_SIDE || dw > MAX_SIDE ||
        dh > MAX_SIDE)
        return dt_fail(err, DT_ERR_ARG, "letterbox: %dx%d into %dx%d: sides must be in 1..%d", sw, sh, dw, dh,
                       MAX_SIDE);
    int nw = dw, nh = dh, left = 0, top = 0;
    /* The order of the operands of min() and the division first, as the originals have it: the last bit of r
     * decides how s * r is rounded. */
    double r = fmin((double)dh / sh, (double)dw / sw);
    if (no_upscale) r = fmin(r, 1.0);
    switch (mode) {
    case DT_LETTERBOX_CENTER:
        nw = clamp_side(rint(sw * r), dw);
        nh = clamp_side(rint(sh * r), dh);
        break;
    case DT_LETTERBOX_TOP_LEFT:
        nw = clamp_side(trunc(sw * r), dw);
        nh = clamp_side(trunc(sh * r), dh);
        break;
    case DT_LETTERBOX_STRETCH:
        break;
    case DT_LETTERBOX_DARKNET:
        if ((long long)dw * sh < (long long)dh * sw)
            nh = clamp_side((double)((long long)sh * dw / sw), dh);
        else
            nw = clamp_side((double)((long long)sw * dh / sh), dw);
        break;
    default:
        return dt_fail(err, DT_ERR_ARG, "letterbox: unknown mode %d", (int)mode);
    }
    dt_letterbox_place(mode, dw, dh, nw, nh, &left, &top);
    *out = (dt_letterbox){.src_width = sw,
                          .src_height = sh,
                          .dst_width = dw,
                          .dst_height = dh,
                          .new_width = nw,
                          .new_height = nh,
                          .left = left,
                          .top = top,
                          .right = dw - nw - left,
                          .bottom = dh - nh - top};
    return DT_OK;
}

dt_box dt_letterbox_forward(const dt_letterbox *lb, dt_box box)
{
    double sx = (double)lb->new_width / lb->src_width, sy = (double)lb->new_height / lb->src_height;
    return (dt_box){box.x1 * sx + lb->left, box.y1 * sy + lb->top, box.x2 * sx + lb->left,
                    box.y2 * sy + lb->top};
}

dt_box dt_letterbox_inverse(const dt_letterbox *lb, dt_box box)
{
    double sx = (double)lb->src_width / lb->new_width, sy = (double)lb->src_height / lb->new_height;
    return (dt_box){(box.x1 - lb->left) * sx, (box.y1 - lb->top) * sy, (box.x2 - lb->left) * sx,
                    (box.y2 - lb->top) * sy};
}

const char *dt_letterbox_mode_name(dt_letterbox_mode mode)
{
    return (unsigned)mode < MODE_COUNT ? mode_names[mode] : "?";
}

const char *dt_letterbox_program(dt_letterbox_mode mode)
{
    static const char *const programs[MODE_COUNT] = {
        [DT_LETTERBOX_CENTER] = "ultralytics",
        [DT_LETTERBOX_TOP_LEFT] = "yolox",
        [DT_LETTERBOX_STRETCH] = "stretch",
        [DT_LETTERBOX_DARKNET] = "darknet",
    };
    return (unsigned)mode < MODE_COUNT ? programs[mode] : "?";
}

dt_status dt_letterbox_mode_parse(const char *name, dt_letterbox_mode *mode, dt_error *err)
{
    for (int i = 0; i < MODE_COUNT; i++) {
        if (strcmp(name, mode_names[i]) == 0) {
            *mode = (dt_letterbox_mode)i;
            return DT_OK;
        }
    }
    return dt_fail(err, DT_ERR_ARG, "unknown letterbox mode '%s' (center, top-left, stretch, darknet)", name);
}
