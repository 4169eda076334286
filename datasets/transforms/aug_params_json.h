/** What the built-in augmentation drew, as JSON. */
#ifndef DT_DATASETS_TRANSFORMS_AUG_PARAMS_JSON_H
#define DT_DATASETS_TRANSFORMS_AUG_PARAMS_JSON_H

#include "core/json.h"
#include "datasets/transforms/augment.h"

/** Adds the values to the open object: "views" by name (main, mixup, cutmix, paste, where used), flips,
 *  colours, and what the views are put together with. */
void dt_aug_params_values(const dt_aug_params *params, dt_json *json);

/** Adds to the open object the keys "sources" (the records, where they lie) and "augmentation" (an object of
 *  the values). record() adds the keys that say where a record comes from. */
void dt_aug_params_json(const dt_aug_params *params,
                        void (*record)(const void *self, int64_t index, dt_json *json), const void *self,
                        dt_json *json);

/** Name of a view, and 1 if the sample has it. */
const char *dt_aug_view_name(int view);
int dt_aug_view_used(const dt_aug_params *params, int view);

#endif
