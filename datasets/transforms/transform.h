/** Pipelines of transforms of pictures and their boxes, from text:
 *
 *   random-resized-crop(224) hflip(0.5) normalize(0.485, 0.456, 0.406; 0.229, 0.224, 0.225)
 *
 *   letterbox(640)                          # steps are separated by blanks or lines; # begins a comment
 *   affine(degrees=10, scale=(0.8, 1.2))    # options by name, several values in brackets
 *   one-of(gaussian-blur(5) | invert(1))    # composition: branches are separated by |
 *
 * Values without a name fill the options in their order; ';' ends the values of an option. Steps and options are
 * those of transforms.def; `dettool augment --list` shows them. '-' and '_' are the same, a step may be called by
 * torchvision's name, too ("RandomHorizontalFlip(p=0.5)").
 *
 * Every step first draws its values and then applies them; the draws are a function of (stream of the place, name of the
 * step, its number among the steps of that name) and of the picture's size and boxes where the step looks at them: a step that
 * is added leaves the draws of the others as they were. */
#ifndef DT_DATASETS_TRANSFORMS_TRANSFORM_H
#define DT_DATASETS_TRANSFORMS_TRANSFORM_H

#include "core/json.h"
#include "core/rng.h"
#include "core/str.h"
#include "datasets/sample.h"

typedef struct dt_transforms dt_transforms;

/** text: steps, or "@FILE" to read them from a file. DT_ERR_ARG naming the step by its number, line (where
 *  there are several) and column, the option and the names that there are. Free with dt_transforms_free (NULL
 *  is fine). */
dt_status dt_transforms_parse(const char *text, dt_transforms **transforms, dt_error *err);
void dt_transforms_free(dt_transforms *transforms);

/** Canonical text on one line: what goes into files. Parsing it gives the same pipeline; values that are
 *  defaults are left out. */
void dt_transforms_text(const dt_transforms *transforms, dt_str *out);

/** 1 with mean and deviation of a last step `normalize`; else 0 with 0 and 1. */
int dt_transforms_normalize(const dt_transforms *transforms, float mean[3], float std[3]);

/** 1 if a step takes in other pictures (mosaic, mixup, ...). */
int dt_transforms_mix(const dt_transforms *transforms);

/** Name of the first step that draws at random; NULL: every picture always comes out the same. */
const char *dt_transforms_random(const dt_transforms *transforms);

/** Size of the pictures that come out; 0 where it depends on what goes in. */
void dt_transforms_size(const dt_transforms *transforms, int *width, int *height);

/** Where a step gets other pictures from. borrow() sets *sample to a record after dt_transforms_prepare; if
 *  *mine is set, too, the record belongs to the caller (dt_sample_free, dt_free), else it is borrowed. */
typedef struct dt_transform_records {
    int64_t count;
    const int64_t *pool; /* the records that steps mix in: `count` of them; NULL: records 0..count - 1 */
    dt_status (*borrow)(void *self, int64_t index, const dt_sample **sample, dt_sample **mine, dt_error *err);
    void *self;
} dt_transform_records;

/** Text and JSON of what was drawn: a line, an object a step. Either may be NULL. json: open an array before,
 *  close it after. */
typedef struct dt_explain {
    dt_str *text;
    dt_json *json;
    int depth;     /* of pictures within pictures; 0 */
    int has_drawn; /* a value of the step was written */
} dt_explain;

/** A place of an epoch. */
typedef struct dt_transform_place {
    dt_rng stream;                       /* of (seed, epoch, sample) */
    const dt_transform_records *records; /* NULL: steps that take in other pictures are left out */
    int mixing;                          /* 0: they are left out, too, as at the end of a training */
    int unprepared;                      /* 1: src is as it was loaded, the leading steps are run, too */
} dt_transform_place;

/** The leading steps that draw nothing, in place: done once for a record that is cached. */
dt_status dt_transforms_prepare(const dt_transforms *transforms, dt_sample *sample, dt_error *err);

/** All other steps (but normalize). src is a record after dt_transforms_prepare (or see unprepared). *out
 *  (zero-initialised or used before: its memory is reused) is not src. explain may be NULL. A step that fails
 *  is named with its number. */
dt_status dt_transforms_apply(const dt_transforms *transforms, const dt_transform_place *place,
                              const dt_sample *src, dt_sample *out, dt_explain *explain, dt_error *err);

/** Names, options, defaults and meaning of all steps, as text. */
void dt_transforms_list(dt_str *out);
/** The same as a JSON array; "default" is text as it is parsed, null where a value must be given. */
void dt_transforms_list_json(dt_json *json);

#endif
