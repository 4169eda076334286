/** Text and pictures inside an HTML page. */
#ifndef DT_TOOLS_HTML_TEXT_H
#define DT_TOOLS_HTML_TEXT_H

#include "core/str.h"

/** Appends text so that it is only ever text, in content and in quoted attributes: & < > " ' are escaped,
 *  control characters and bytes that are not UTF-8 become U+FFFD. */
void dt_html_text(dt_str *out, const char *text);

/** Appends "data:TYPE;base64,...". */
void dt_html_data_uri(dt_str *out, const char *type, const void *data, size_t size);

/** 1234567 -> "1,234,567". */
void dt_html_count(dt_str *out, size_t value);

#endif
