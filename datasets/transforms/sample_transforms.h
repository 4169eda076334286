/** Letterboxes and flips of a picture with its boxes. */
#ifndef DT_DATASETS_TRANSFORMS_SAMPLE_TRANSFORMS_H
#define DT_DATASETS_TRANSFORMS_SAMPLE_TRANSFORMS_H

#include "datasets/sample.h"
#include "datasets/transforms/resize.h"
#include "detect/letterbox.h"

/** Picture and boxes through a letterbox: *out becomes dst_width x dst_height. Boxes are clipped to the
 * picture; those that have no area left are dropped. */
dt_status dt_sample_letterbox(const dt_sample *src, const dt_letterbox *lb, dt_resize_filter filter,
                              uint8_t fill, dt_sample *out, dt_error *err);

/** The same in place and without the pads: the picture becomes as large as it is within the letterbox, boxes
 *  are those of the letterbox. dt_image_to_planes_on adds the pads. */
dt_status dt_sample_fit(dt_sample *sample, const dt_letterbox *lb, dt_resize_filter filter, dt_error *err);

/** In place. */
void dt_sample_flip_lr(dt_sample *sample);
void dt_sample_flip_ud(dt_sample *sample);

#endif
