/** A tensor seen as (outer, n, inner) around one axis. */
#ifndef DT_CORE_OPS_REDUCE_H
#define DT_CORE_OPS_REDUCE_H

#include "core/ops/layout.h"

typedef struct dt_axis_view {
    int64_t outer, n, inner;
} dt_axis_view;

static inline dt_axis_view dt_view_axis(const dt_shape *shape, int axis)
{
    dt_axis_view v = {1, shape->dim[axis], 1};
    for (int i = 0; i < axis; i++)
        v.outer *= shape->dim[i];
    for (int i = axis + 1; i < shape->rank; i++)
        v.inner *= shape->dim[i];
    return v;
}

#endif
