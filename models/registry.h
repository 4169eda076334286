/** Models by name. */
#ifndef DT_MODELS_REGISTRY_H
#define DT_MODELS_REGISTRY_H

#include "core/module.h"

typedef enum dt_task { DT_TASK_CLASSIFY, DT_TASK_DETECT } dt_task;

typedef struct dt_model_entry {
    const char *name;
    dt_task task;
    /** A network for so many classes. Classifiers: x (N,3,H,W) -> (N, classes) through dt_forward; detectors:
     * the network of a dt_detector. */
    dt_module *(*make)(dt_ctx *ctx, dt_module *parent, const char *name, int classes);
    const char *description;
    int imgsz; /* side of the input that it is trained at unless the user says otherwise */
    int min_side, max_side, side_step; /* sides that it takes: min, min + step, ... max */
} dt_model_entry;

/** All models; *count of them. */
const dt_model_entry *dt_models(int *count);

/** The model of this name and task. Unknown: NULL and DT_ERR_NOT_FOUND with the nearest name and the list; of
 * the other task: DT_ERR_ARG. */
const dt_model_entry *dt_model_find(const char *name, dt_task task, dt_error *err);
/** The same for either task. */
const dt_model_entry *dt_model_find_any(const char *name, dt_error *err);

/** DT_ERR_ARG saying which sides the model takes unless `side` is one of them. */
dt_status dt_model_check_side(const dt_model_entry *model, int64_t side, dt_error *err);

#endif
