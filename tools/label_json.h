/** A box with its label, as JSON. */
#ifndef DT_TOOLS_LABEL_JSON_H
#define DT_TOOLS_LABEL_JSON_H

#include "core/json.h"
#include "datasets/sample.h"

/** An object on one line: class, its name, corners in pixels, whether it is ignored, the object's number in its file. */
void dt_label_json(const dt_label *label, const char *name, dt_json *json);

#endif
