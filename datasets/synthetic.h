/** The project's own sample set: flat shapes on textured grounds, made by code, so that a first run needs no
 * download. */
#ifndef DT_DATASETS_SYNTHETIC_H
#define DT_DATASETS_SYNTHETIC_H

#include "datasets/sample.h"

enum { DT_SYNTHETIC_CLASSES = 4 };

/** "disc", "square", "star", "triangle": in byte order, as a reader that sorts names finds them. */
extern const char *const dt_synthetic_class_names[DT_SYNTHETIC_CLASSES];

/** Picture `index` of the set with this seed: 320x240 to 480x360 pixels, two to seven objects. Boxes are in
 * whole pixels and lie inside the picture. A pure function of (seed, index). *out must be zero-initialised.
 */
dt_status dt_synthetic_render(uint64_t seed, int64_t index, dt_sample *out, dt_error *err);

/** Writes `count` pictures in VOC layout: JPEGImages/000001.jpg ..., Annotations/000001.xml ... (1-based
 * inclusive corners), ImageSets/Main/{train,val,test}.txt with 70, 15 and 15 in a hundred. `dir` is made; it
 * must be empty or absent. progress (may be NULL) is called after each picture. */
dt_status dt_synthetic_write_voc(const char *dir, uint64_t seed, int64_t count,
                                 void (*progress)(void *ctx, int64_t done), void *ctx, dt_error *err);

#endif
