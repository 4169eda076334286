/** A CPU backend for tests: every block stands between guard areas and starts out as NaN, and the ops that
 *  ask for a kernel are remembered. */
#ifndef DT_TESTS_OPS_GUARD_H
#define DT_TESTS_OPS_GUARD_H

#include "core/device.h"

/** Puts the guarded backend in place of the device's own. Before the first allocation on it. */
void dt_guard_install(dt_device *cpu);

/** What was found damaged since the last call, or NULL. */
const char *dt_guard_take_report(void);

void dt_guard_forget_ops(void);
int dt_guard_saw_op(const dt_op *op);

#endif
