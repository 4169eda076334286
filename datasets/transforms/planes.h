/** From bytes to network values. */
#ifndef DT_DATASETS_TRANSFORMS_PLANES_H
#define DT_DATASETS_TRANSFORMS_PLANES_H

#include "datasets/image/image.h"

/** Interleaved RGB bytes -> three float planes of width * height: (pixel / divisor - mean[c]) / std[c], each
 * step rounded to float as PyTorch rounds it. */
void dt_image_to_planes(const dt_image *rgb, float divisor, const float mean[3], const float std[3],
                        float *planes);

/** Where a picture lies on a canvas whose other pixels have the value `fill` in all channels. It must lie
 * inside. */
typedef struct dt_canvas {
    int width, height, left, top;
    uint8_t fill;
} dt_canvas;

/** The planes (canvas width * height each) of a picture on a canvas, without the canvas's bytes in between. */
void dt_image_to_planes_on(const dt_image *rgb, const dt_canvas *canvas, float divisor, const float mean[3],
                           const float std[3], float *planes);

/** The steps of dt_image_to_planes without a division a pixel: x / divisor is x times the reciprocal,
 *  corrected by what is left over. Set up by dt_image_to_planes only where that gives the same bits for every
 *  byte. */
typedef struct dt_plane_scale {
    float divisor, mean, std;
    float divisor_inv, std_inv;
} dt_plane_scale;

/** count pixels, a multiple of 16; planes are `stride` values apart. Processors with AVX2 and FMA. Written
 *  past the caches where addresses are multiples of 32 bytes: dt_planes_avx2_done makes it visible to other
 *  threads. */
void dt_planes_avx2(const uint8_t *rgb, size_t count, const dt_plane_scale scale[3], float *planes,
                    size_t stride);
/** count values, a multiple of 8. */
void dt_plane_fill_avx2(float value, size_t count, float *plane);
void dt_planes_avx2_done(void);

#endif
