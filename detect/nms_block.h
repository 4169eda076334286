/** What the implementations of NMS share: the threshold, and the inner loop, compiled once for every
 * instruction set. */
#ifndef DT_DETECT_NMS_BLOCK_H
#define DT_DETECT_NMS_BLOCK_H

#include <math.h>
#include <stdint.h>

/** Kept boxes of one class as five arrays. */
typedef struct dt_nms_kept {
    float *x1, *y1, *x2, *y2, *area;
    int64_t count;
} dt_nms_kept;

typedef struct dt_nms_candidate {
    float x1, y1, x2, y2, area;
} dt_nms_candidate;

/** The largest float that is not above the threshold. */
static inline float nms_threshold(double threshold)
{
    float f = (float)threshold;
    return (double)f > threshold ? nextafterf(f, -INFINITY) : f;
}

/** 1 if any kept box suppresses the candidate at IoU > threshold. */
int dt_nms_suppressed_base(const dt_nms_kept *k, const dt_nms_candidate *c, float threshold);
int dt_nms_suppressed_avx2(const dt_nms_kept *k, const dt_nms_candidate *c, float threshold);

/* The order of operations is a contract: see nms.h. Blocks let the loop run in vector registers without a
 * branch and still stop at the first block with a hit. Boxes kept late are near in score, not in place, so
 * they are visited from the front, where the strong boxes stand that suppress most. */
static inline int nms_suppressed(const dt_nms_kept *k, const dt_nms_candidate *c, float threshold)
{
    enum { BLOCK = 32 };
    for (int64_t begin = 0; begin < k->count; begin += BLOCK) {
        int64_t end = begin + BLOCK < k->count ? begin + BLOCK : k->count;
        const float *kx1 = k->x1, *ky1 = k->y1, *kx2 = k->x2, *ky2 = k->y2, *ka = k->area;
        float cx1 = c->x1, cy1 = c->y1, cx2 = c->x2, cy2 = c->y2, ca = c->area;
        int hit = 0;
        for (int64_t i = begin; i < end; i++) {
            float left = kx1[i] < cx1 ? cx1 : kx1[i];
            float top = ky1[i] < cy1 ? cy1 : ky1[i];
            float right = cx2 < kx2[i] ? cx2 : kx2[i];
            float bottom = cy2 < ky2[i] ? cy2 : ky2[i];
            float w = right - left, h = bottom - top;
            w = 0.0f < w ? w : 0.0f;
            h = 0.0f < h ? h : 0.0f;
            float inter = w * h;
            hit |= inter / ((ka[i] + ca) - inter) > threshold;
        }
        if (hit) return 1;
    }
    return 0;
}

#endif
