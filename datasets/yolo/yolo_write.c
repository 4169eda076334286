/* Text of label files and data.yaml. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "core/num.h"
#include "datasets/yolo/yolo.h"

/* Shortest text of a value, filled up to `min_decimals`; with min_decimals > 0 never in exponent form. */
static void write_fraction(dt_str *out, double v, int min_decimals)
{
    char text[DT_NUM_MAX];
    int len = dt_format_f64(text, v);
    const char *e = memchr(text, 'e', (size_t)len), *dot = memchr(text, '.', (size_t)len);
    if (min_decimals > 0 && e) {
        /* 1.25e-05: the digits move behind as many zeros as the exponent says. Larger than 1e16 is no
         * fraction. */
        int64_t exponent = 0;
        dt_parse_i64(e + 1, (size_t)(text + len - e - 1), &exponent);
        if (exponent < 0) {
            const char *p = text;
            if (*p == '-') dt_str_char(out, *p++);
            dt_str_append(out, "0.");
            for (int64_t i = -1; i > exponent; i--)
                dt_str_char(out, '0');
            for (; p < e; p++)
                if (*p != '.') dt_str_char(out, *p);
            return;
        }
    }
    dt_str_append_n(out, text, (size_t)len);
    if (e || !isfinite(v)) return;
    int decimals = dot ? (int)(text + len - dot - 1) : 0;
    if (!dot && min_decimals > 0) dt_str_char(out, '.');
    for (; decimals < min_decimals; decimals++)
        dt_str_char(out, '0');
}

void dt_yolo_write_row(dt_str *out, int64_t number, dt_box box, double width, double height, int min_decimals)
{
    const double values[4] = {(box.x1 + box.x2) / 2.0 / width, (box.y1 + box.y2) / 2.0 / height,
                              (box.x2 - box.x1) / width, (box.y2 - box.y1) / height};
    dt_str_printf(out, "%lld", (long long)number);
    for (int i = 0; i < 4; i++) {
        dt_str_char(out, ' ');
        write_fraction(out, values[i], min_decimals);
    }
    dt_str_char(out, '\n');
}

void dt_yolo_write_polygon(dt_str *out, int64_t number, const double *points, size_t count)
{
    dt_str_printf(out, "%lld", (long long)number);
    for (size_t i = 0; i < 2 * count; i++) {
        dt_str_char(out, ' ');
        write_fraction(out, points[i], 6);
    }
    dt_str_char(out, '\n');
}

/* A YAML double-quoted scalar; bytes beyond ASCII stay as they are (UTF-8). */
static void write_quoted(dt_str *out, const char *text)
{
    dt_str_char(out, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            dt_str_printf(out, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7F)
            dt_str_printf(out, "\\x%02x", *p);
        else
            dt_str_char(out, (char)*p);
    }
    dt_str_char(out, '"');
}

static int is_plain(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
    if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z'))) return 0;
    for (const char *p = text; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_' ||
              (*p == '-' && p[1])))
            return 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0) return 0;
    return 1;
}

dt_status dt_yolo_write_config(const dt_dataset *set, int class_base, dt_str *out, dt_error *err)
{
    dt_str_append(out, "path: .\n");
    for (size_t i = 0; i < set->split_count; i++)
        dt_str_printf(out, "%s: images/%s\n", set->splits[i].name, set->splits[i].name);
    /* Readers such as Ultralytics want both keys; a set of one split is used for both. */
    if (set->split_count && !dt_dataset_split(set, "val"))
        dt_str_printf(out, "val: images/%s\n", set->splits[0].name);
    if (set->split_count && !dt_dataset_split(set, "train"))
        dt_str_printf(out, "train: images/%s\n", set->splits[0].name);
    if (class_base) dt_str_printf(out, "class_base: %d\n", class_base);
    dt_str_append(out, "names:\n");
    if (class_base) dt_str_append(out, "  0: background\n");
    for (size_t i = 0; i < set->class_count; i++) {
        dt_str_printf(out, "  %zu: ", i + (size_t)class_base);
        if (is_plain(set->classes[i]))
            dt_str_append(out, set->classes[i]);
        else
            write_quoted(out, set->classes[i]);
        dt_str_char(out, '\n');
    }
    if (set->settings) dt_str_append(out, set->settings);
    return out->failed ? dt_fail_memory(err, out->len, "data.yaml") : DT_OK;
}
