/** Options whose value is a chain of transforms. */
#ifndef DT_TOOLS_TRANSFORMS_OPTION_H
#define DT_TOOLS_TRANSFORMS_OPTION_H

#include "datasets/transforms/transform.h"
#include "tools/cli.h"

/** Parses the value of --option. -1 with *transforms (dt_transforms_free), or the exit code of a usage error
 * that was told. */
int dt_transforms_option(const dt_command *command, const char *option, const char *text,
                         dt_transforms **transforms);

#endif
