/** Steps from a decoded picture to the input of a classifier, as text: "random-resized-crop(224) hflip(0.5)
 *  normalize(0.485, 0.456, 0.406; 0.229, 0.224, 0.225)". Names and meaning are torchvision's:
 *
 *   resize(S)              shorter side to S, the other one in proportion, cut to whole pixels; antialiased bilinear
 *   resize(H, W)           to exactly this
 *   center-crop(S)         S x S; what lies outside the picture is black
 *   random-crop(S, P)      S x S of the picture padded by P black pixels on all sides
 *   random-resized-crop(S) a window of .08 to 1 of the area, 3/4 to 4/3 wide for its height, to S x S
 *   hflip(P), vflip(P)     with probability P
 *   normalize(M, M, M; S, S, S)   (pixel / 255 - M) / S by channel; the last step; without it mean 0, deviation 1 */
#ifndef DT_DATASETS_TRANSFORMS_PICTURE_STEPS_H
#define DT_DATASETS_TRANSFORMS_PICTURE_STEPS_H

#include "core/rng.h"
#include "datasets/sample.h"

typedef enum dt_picture_step_kind {
    DT_STEP_RESIZE,
    DT_STEP_CENTER_CROP,
    DT_STEP_RANDOM_CROP,
    DT_STEP_RANDOM_RESIZED_CROP,
    DT_STEP_HFLIP,
    DT_STEP_VFLIP,
    DT_STEP_NORMALIZE,
} dt_picture_step_kind;

typedef struct dt_picture_step {
    dt_picture_step_kind kind;
    double values[6];
    int count;
} dt_picture_step;

enum { DT_PICTURE_STEPS = 16 };
typedef struct dt_picture_steps {
    dt_picture_step steps[DT_PICTURE_STEPS];
    int count;
    float mean[3], std[3];
} dt_picture_steps;

/** DT_ERR_ARG naming the step that is wrong. */
dt_status dt_picture_steps_parse(const char *text, dt_picture_steps *steps, dt_error *err);

/** Without normalize. *out (zero-initialised or used before) is not src. */
dt_status dt_picture_steps_apply(const dt_picture_steps *steps, const dt_sample *src, dt_rng *rng,
                                 dt_sample *out, dt_error *err);

#endif
