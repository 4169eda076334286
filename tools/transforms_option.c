#include "tools/transforms_option.h"

#include <string.h>

int dt_transforms_option(const dt_command *command, const char *option, const char *text,
                         dt_transforms **transforms)
{
    static const char topic[] = "transforms: "; /* the option's name says as much */
    dt_error err = {0};
    if (dt_transforms_parse(text, transforms, &err) == DT_OK) return -1;
    const int has_topic = strncmp(err.text, topic, sizeof topic - 1) == 0;
    return dt_cli_usage_error(command, "--%s: %s", option, err.text + (has_topic ? sizeof topic - 1 : 0));
}
