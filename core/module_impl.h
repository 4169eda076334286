/** What core/module*.c share. */
#ifndef DT_CORE_MODULE_IMPL_H
#define DT_CORE_MODULE_IMPL_H

#include "core/module.h"

/** Child of this name; -1 if there is none. */
long dt_module_child_index(const dt_module *m, const char *name);

/** DT_OK if a subtree of this root name would fit below m; else an error in the context. */
dt_status dt_module_check_name(dt_ctx *ctx, const dt_module *m, const char *name, const char *what);

#endif
