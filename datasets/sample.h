/** A training sample: one picture with its labels, as it moves through transforms and loader. */
#ifndef DT_DATASETS_SAMPLE_H
#define DT_DATASETS_SAMPLE_H

#include "datasets/image/image.h"
#include "detect/box.h"

/** box: xyxy in pixels of `image` as it is at this step. */
typedef struct dt_label {
    dt_box box;
    int32_t cls;    /* 0-based class */
    int32_t ignore; /* 1: neither positive nor negative (VOC difficult, COCO crowd) */
    int32_t source; /* index of the object in the data set's record; survives every transform */
} dt_label;

typedef struct dt_sample {
    dt_image image;
    dt_label *labels;
    size_t label_count, label_capacity;
    int32_t cls;   /* class of the whole picture, 0-based; -1: none. dt_loader sets it to -1 before load() */
    int64_t index; /* position in the data set */
    int original_width, original_height; /* of the upright file */
} dt_sample;

void dt_sample_free(dt_sample *sample);
/** A deep copy; *copy is overwritten. On failure it holds what dt_sample_free frees. */
dt_status dt_sample_copy(const dt_sample *from, dt_sample *copy, dt_error *err);
/** A deep copy into *out (zero-initialised or used before: its memory is kept if the shape fits). */
dt_status dt_sample_assign(const dt_sample *from, dt_sample *out, dt_error *err);
dt_status dt_sample_add_label(dt_sample *sample, dt_label label, dt_error *err);

/** Makes *out (zero-initialised or used before) the frame for the result of a transform of `like`: an image
 * of this shape whose pixels are not set (its memory is kept if the shape fits), no labels; class, index and
 * original size are those of `like`.
 */
dt_status dt_sample_reshape(dt_sample *out, const dt_sample *like, int width, int height, int channels,
                            dt_error *err);

#endif
