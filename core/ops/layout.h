/** Helpers that the layout ops share. */
#ifndef DT_CORE_OPS_LAYOUT_H
#define DT_CORE_OPS_LAYOUT_H

#include "core/ops.h"

/** axis + rank if negative; -1 if out of range. */
static inline int dt_axis(int axis, int rank)
{
    if (axis < 0) axis += rank;
    return axis >= 0 && axis < rank ? axis : -1;
}

#endif
