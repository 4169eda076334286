/** A network in evaluation for a while: its modules' modes and the recording of gradients come back as they
 *  were. For models/ only. */
#ifndef DT_MODELS_EVAL_MODE_H
#define DT_MODELS_EVAL_MODE_H

#include "core/module.h"

typedef struct dt_eval_mode {
    unsigned char *modes;
    size_t count, capacity;
    int grad;
} dt_eval_mode;

/** On failure nothing has changed and there is nothing to end. */
dt_status dt_eval_mode_begin(dt_ctx *ctx, dt_module *net, dt_eval_mode *mode);
void dt_eval_mode_end(dt_ctx *ctx, dt_module *net, dt_eval_mode *mode);

#endif
