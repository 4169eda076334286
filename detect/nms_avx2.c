#include "detect/nms_block.h"

int dt_nms_suppressed_avx2(const dt_nms_kept *k, const dt_nms_candidate *c, float threshold)
{
    return nms_suppressed(k, c, threshold);
}
