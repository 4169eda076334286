/** Pictures as a training would see them, drawn with their boxes. */
#ifndef DT_TOOLS_AUGMENT_PICTURES_H
#define DT_TOOLS_AUGMENT_PICTURES_H

#include "core/json.h"
#include "datasets/transforms/transform.h"

typedef struct dt_augment_job {
    const char *data, *split, *out;
    const dt_transforms *
        transforms; /* NULL: what train does: the built-in augmentation; for pictures by class a random resized crop and a flip */
    int64_t count, epoch, seed; /* epoch from 0 */
    int imgsz;                  /* side of those pictures; 0: 640, by class 224 */
} dt_augment_job;

/** Writes job->out/<n>_<stem>.png for the first `count` pictures of the split (over again where there are
 *  fewer, each time in the next epoch) and sheet.png with all of them, and describes them in the open object
 *  of `json`: "transforms" and "pictures". job->out must be absent or empty. */
dt_status dt_augment_pictures(const dt_augment_job *job, dt_json *json, dt_error *err);

#endif
