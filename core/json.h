/** JSON writer: appends to a dt_str, puts the commas and escapes itself. Numbers print as the shortest text
 *  that reads back the same; NaN and infinities become null. Reading of small documents is cJSON's work. */
#ifndef DT_CORE_JSON_H
#define DT_CORE_JSON_H

#include <stdint.h>

#include "core/str.h"

typedef struct dt_json {
    dt_str *out;
    int indent; /* blanks a level; 0: all on one line */
    int depth;
    int first;        /* nothing written yet at this level */
    int inline_depth; /* > 0: containers at or below this depth stay on one line */
    int after_key;
} dt_json;

dt_json dt_json_begin(dt_str *out, int indent);
void dt_json_object(dt_json *j);
void dt_json_object_end(dt_json *j);
void dt_json_array(dt_json *j);
void dt_json_array_end(dt_json *j);
void dt_json_key(dt_json *j, const char *key);
void dt_json_str(dt_json *j, const char *text); /* NULL writes null; bytes that are not UTF-8 become U+FFFD */
void dt_json_num(dt_json *j, double value);
void dt_json_f32(dt_json *j, float value); /* shortest text that reads back as the same float */
void dt_json_int(dt_json *j, int64_t value);
void dt_json_bool(dt_json *j, int value);
void dt_json_null(dt_json *j);
void dt_json_raw(dt_json *j, const char *text, size_t len); /* a value that is JSON already */

/** From here to the end of the container that is opened next, all stays on one line. */
void dt_json_compact(dt_json *j);

#endif
