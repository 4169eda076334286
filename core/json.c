#include "core/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/num.h"

dt_json dt_json_begin(dt_str *out, int indent)
{
    return (dt_json){.out = out, .indent = indent, .first = 1};
}

static int on_one_line(const dt_json *j)
{
    return j->indent == 0 || (j->inline_depth > 0 && j->depth >= j->inline_depth);
}

static void new_line(dt_json *j)
{
    dt_str_char(j->out, '\n');
    for (int i = 0; i < j->indent * j->depth; i++)
        dt_str_char(j->out, ' ');
}

/* What comes before a value or a key: comma, line break, indent. */
static void separate(dt_json *j)
{
    if (j->after_key) {
        j->after_key = 0;
        return;
    }
    if (!j->first) dt_str_append(j->out, on_one_line(j) && j->indent ? ", " : ",");
    if (j->depth > 0 && !on_one_line(j)) new_line(j);
    j->first = 0;
}

static void open_with(dt_json *j, char c)
{
    separate(j);
    dt_str_char(j->out, c);
    j->depth++;
    j->first = 1;
}

static void close_with(dt_json *j, char c)
{
    int one_line = on_one_line(j);
    j->depth--;
    if (!j->first && !one_line) new_line(j);
    dt_str_char(j->out, c);
    j->first = 0;
    if (j->inline_depth > j->depth) j->inline_depth = 0;
}

void dt_json_object(dt_json *j)
{
    open_with(j, '{');
}

void dt_json_object_end(dt_json *j)
{
    close_with(j, '}');
}

void dt_json_array(dt_json *j)
{
    open_with(j, '[');
}

void dt_json_array_end(dt_json *j)
{
    close_with(j, ']');
}

void dt_json_compact(dt_json *j)
{
    if (j->inline_depth == 0) j->inline_depth = j->depth + 1;
}

static void write_text(dt_str *out, const char *text)
{
    dt_str_char(out, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        size_t n = dt_utf8_length((const char *)p);
        if (n == 0) {
            dt_str_append(out, "\xEF\xBF\xBD");
            p++;
            continue;
        }
        if (n == 1 && (*p == '"' || *p == '\\')) {
            dt_str_char(out, '\\');
            dt_str_char(out, (char)*p);
        } else if (n == 1 && *p == '\n') {
            dt_str_append(out, "\\n");
        } else if (n == 1 && *p == '\t') {
            dt_str_append(out, "\\t");
        } else if (n == 1 && *p == '\r') {
            dt_str_append(out, "\\r");
        } else if (n == 1 && (*p < 0x20 || *p == 0x7F)) {
            dt_str_printf(out, "\\u%04x", *p);
        } else {
            dt_str_append_n(out, (const char *)p, n);
        }
        p += n;
    }
    dt_str_char(out, '"');
}

void dt_json_key(dt_json *j, const char *key)
{
    separate(j);
    write_text(j->out, key);
    dt_str_append(j->out, j->indent ? ": " : ":");
    j->after_key = 1;
}

void dt_json_str(dt_json *j, const char *text)
{
    if (!text) {
        dt_json_null(j);
        return;
    }
    separate(j);
    write_text(j->out, text);
}

void dt_json_num(dt_json *j, double value)
{
    separate(j);
    if (!isfinite(value)) {
        dt_str_append(j->out, "null");
        return;
    }
    char text[DT_NUM_MAX];
    int n = dt_format_f64(text, value);
    if (n > 2 && strcmp(text + n - 2, ".0") == 0) n -= 2;
    dt_str_append_n(j->out, text, (size_t)n);
}

void dt_json_f32(dt_json *j, float value)
{
    char text[DT_NUM_MAX];
    double rounded = value;
    for (int precision = 1; precision < 9 && isfinite(value); precision++) {
        snprintf(text, sizeof text, "%.*e", precision - 1, (double)value);
        for (char *c = text; *c; c++)
            if (*c == ',') *c = '.';
        dt_parse_f64(text, strlen(text), &rounded);
        if ((float)rounded == value) break;
        rounded = value;
    }
    dt_json_num(j, rounded);
}

void dt_json_int(dt_json *j, int64_t value)
{
    separate(j);
    dt_str_printf(j->out, "%lld", (long long)value);
}

void dt_json_bool(dt_json *j, int value)
{
    separate(j);
    dt_str_append(j->out, value ? "true" : "false");
}

void dt_json_null(dt_json *j)
{
    separate(j);
    dt_str_append(j->out, "null");
}

void dt_json_raw(dt_json *j, const char *text, size_t len)
{
    separate(j);
    dt_str_append_n(j->out, text, len);
}
