/** Compose: a chain of transforms of picture and boxes, from text.
 *
 *      resize(256, filter=bicubic-aa) random-crop(224, padding=4) hflip(0.5) color-jitter(0.4, 0.4) normalize(0.5; 0.5)
 *
 * Steps are separated by blanks or line ends; '#' begins a comment. Values go to the options in their order, or by name; an option
 * that takes several ends at a ';', at the next name, or when it has all it takes. Names and meaning are torchvision's where it has
 * the step; sizes are height, width.
 *
 * What is random is a pure function of the stream that is passed and of the step's place in the chain: a step that is appended moves
 * no draw of the others. A sample without labels is an image alone. */
#ifndef DT_DATASETS_TRANSFORMS_TRANSFORM_H
#define DT_DATASETS_TRANSFORMS_TRANSFORM_H

#include "core/rng.h"
#include "core/str.h"
#include "datasets/sample.h"

enum { DT_TRANSFORM_STEPS = 32, DT_STEP_VALUES = 24, DT_STEP_OPTIONS = 8 };

typedef struct dt_step_kind dt_step_kind; /* step.h */

typedef struct dt_step {
    const dt_step_kind *kind;
    double values[DT_STEP_VALUES];
    uint8_t count[DT_STEP_OPTIONS]; /* values that each option has */
} dt_step;

/** A plain value: copy it, keep it, nothing to free. */
typedef struct dt_transforms {
    dt_step steps[DT_TRANSFORM_STEPS];
    int count;
    int recipe; /* the first step is `recipe`: the loader's own augmentation comes before the others */
    float mean[3], std[3]; /* of normalize; else 0 and 1 */
} dt_transforms;

/** DT_ERR_ARG names the step, its place and what is wrong. */
dt_status dt_transforms_parse(const char *text, dt_transforms *transforms, dt_error *err);

/** The text that gives the same chain, values that are the defaults left out. */
void dt_transforms_text(const dt_transforms *transforms, dt_str *text);

const char *dt_step_name(const dt_step *step);

/** Size of the results where it does not depend on the picture's; else 0. */
void dt_transforms_size(const dt_transforms *transforms, int *width, int *height);

/** All steps but `recipe` and normalize. *out (zero-initialised or used before) is not src. `said` (may be NULL) gets a line a step
 *  with what was drawn. Errors name the step. */
dt_status dt_transforms_apply(const dt_transforms *transforms, const dt_sample *src, const dt_rng *rng,
                              dt_sample *out, dt_str *said, dt_error *err);

#endif
