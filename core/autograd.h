/** Reverse-mode gradients: ops whose operands require a gradient are recorded on the context's tape;
 *  dt_backward walks it once, newest first, and frees it as it goes. */
#ifndef DT_CORE_AUTOGRAD_H
#define DT_CORE_AUTOGRAD_H

#include "core/ctx.h"

/** Turns recording on or off (on at first); returns what it was. */
int dt_grad_enable(dt_ctx *ctx, int enabled);
int dt_grad_enabled(const dt_ctx *ctx);

/** Asks for the gradient of a leaf (a tensor that no recorded op made). */
dt_status dt_require_grad(dt_ctx *ctx, dt_tensor *t, int require);

/** 1 if a gradient would flow into t now. */
int dt_needs_grad(const dt_ctx *ctx, const dt_tensor *t);

/** Gradients of `loss` (one element; or any shape with `seed` of that shape) with respect to every leaf:
 *  added to leaf->grad. The tape is empty afterwards, also on failure. */
dt_status dt_backward(dt_ctx *ctx, dt_tensor *loss, dt_tensor *seed);

/** Forgets what was recorded. */
void dt_tape_clear(dt_ctx *ctx);

/** The same values, cut off from the tape (a view). */
dt_tensor *dt_detach(dt_ctx *ctx, dt_tensor *t);

/** Releases t->grad. */
void dt_zero_grad(dt_tensor *t);

#endif
