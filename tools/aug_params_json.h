/** What the built-in augmentation drew, as JSON. */
#ifndef DT_TOOLS_AUG_PARAMS_JSON_H
#define DT_TOOLS_AUG_PARAMS_JSON_H

#include "core/json.h"
#include "datasets/transforms/augment.h"

/** Adds to the open object the keys "sources" (the records, where they lie) and "augmentation" (the values). record() adds
 *  the keys that say where a record comes from. */
void dt_aug_params_json(const dt_aug_params *params,
                        void (*record)(const void *self, int64_t index, dt_json *json), const void *self,
                        dt_json *json);

#endif
