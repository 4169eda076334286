#include "datasets/transforms/resize.h"

static int shrunk(int64_t side, int64_t of, int64_t to)
{
    int64_t v = side * to / of;
    return v < 1 ? 1 : v > INT32_MAX ? INT32_MAX : (int)v;
}

dt_status dt_resize_rule_apply(dt_resize_rule r, int width, int height, int *new_width, int *new_height,
                               dt_error *err)
{
    const int tall = width <= height, shorter = tall ? width : height, longer = tall ? height : width;
    int to_shorter = r.height, to_longer;
    if (width < 1 || height < 1 || r.width < 0 || r.height < 0 || r.max_side < 0 ||
        (!r.height && (r.width || !r.max_side)))
        return dt_fail(err, DT_ERR_ARG, "resize of %dx%d to height %d, width %d, longest side %d", width,
                       height, r.height, r.width, r.max_side);
    if (r.width && r.max_side)
        return dt_fail(err, DT_ERR_ARG, "resize: a longest side (%d) goes with one side, not with %dx%d",
                       r.max_side, r.width, r.height);
    if (r.height && r.max_side && r.max_side <= r.height)
        return dt_fail(err, DT_ERR_ARG, "resize: the longest side (%d) must be above the shorter one (%d)",
                       r.max_side, r.height);
    if (r.width) {
        *new_width = r.width;
        *new_height = r.height;
    } else {
        to_longer = r.height ? shrunk(longer, shorter, r.height) : r.max_side;
        if (!r.height) to_shorter = shrunk(shorter, longer, r.max_side);
        if (r.height && r.max_side && to_longer > r.max_side) {
            to_shorter = shrunk(r.height, to_longer, r.max_side);
            to_longer = r.max_side;
        }
        *new_width = tall ? to_shorter : to_longer;
        *new_height = tall ? to_longer : to_shorter;
    }
    if (*new_width <= DT_IMAGE_MAX_SIDE && *new_height <= DT_IMAGE_MAX_SIDE) return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "resize of %dx%d gives %dx%d: sides are at most %d", width, height,
                   *new_width, *new_height, DT_IMAGE_MAX_SIDE);
}
