/** Helpers that the layout ops share. */
#ifndef DT_CORE_OPS_LAYOUT_H
#define DT_CORE_OPS_LAYOUT_H

#include "core/ops.h"

typedef struct dt_concat_args {
    int axis;
} dt_concat_args;

/** axis + rank if negative; -1 if out of range. */
static inline int dt_axis(int axis, int rank)
{
    if (axis < 0) axis += rank;
    return axis >= 0 && axis < rank ? axis : -1;
}

/** Arguments of slice_grad: zeros of `shape` with the operand at begin, begin + step, ... of the axis. */
typedef struct dt_slice_grad_args {
    int axis;
    int64_t begin, step;
    dt_shape shape;
} dt_slice_grad_args;

#endif
