/** Arguments of the op sum. */
#ifndef DT_CORE_OPS_SUM_H
#define DT_CORE_OPS_SUM_H

#include "core/ops.h"

typedef struct dt_sum_args {
    uint32_t axes; /* normalised: never 0 unless the rank is 0 */
    int keepdim;
} dt_sum_args;

#endif
