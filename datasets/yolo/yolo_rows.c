#include "datasets/yolo/yolo_rows.h"

#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "datasets/coco/polygon.h"
#include "datasets/yolo/yolo.h"

enum { MAX_LABEL_BYTES = 64 << 20, POLYGON_COLUMNS = 7 };

void dt_yolo_source_close(dt_yolo_source *s)
{
    dt_free(s->text);
    dt_free(s->lines);
    *s = (dt_yolo_source){0};
}

dt_status dt_yolo_source_open(dt_yolo_source *s, const char *path, dt_error *err)
{
    *s = (dt_yolo_source){.path = path};
    DT_TRY(dt_file_read(path, MAX_LABEL_BYTES, &s->text, &s->size, err));
    const char *at = s->text, *end = s->text + s->size;
    if (s->size >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0) at += 3;
    while (at < end) {
        if (dt_grow(&s->lines, &s->capacity, s->count + 1, sizeof *s->lines) != 0) {
            dt_yolo_source_close(s);
            return dt_fail_memory(err, s->size, path);
        }
        s->lines[s->count++] = at;
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        at = stop ? stop + 1 : end;
    }
    return DT_OK;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

const char *dt_yolo_source_line(const dt_yolo_source *s, int32_t line, size_t *len)
{
    if (line < 1 || (size_t)line > s->count) return NULL;
    const char *from = s->lines[line - 1],
               *end = (size_t)line < s->count ? s->lines[line] : s->text + s->size;
    while (end > from && (end[-1] == '\n' || is_blank(end[-1])))
        end--;
    while (from < end && is_blank(*from))
        from++;
    *len = (size_t)(end - from);
    return from;
}

/* The columns behind the class, as numbers. New array; at most one a two bytes. */
static double *read_numbers(const char *from, const char *to, size_t *count)
{
    double *values = dt_realloc_array(NULL, (size_t)(to - from) / 2 + 1, sizeof *values);
    *count = 0;
    while (values && from < to) {
        size_t n = dt_parse_f64(from, (size_t)(to - from), &values[*count]);
        if (!n) break;
        ++*count;
        for (from += n; from < to && is_blank(*from);)
            from++;
    }
    return values;
}

static dt_status clip_row(const char *from, const char *to, int64_t number, dt_str *out, int *done,
                          dt_error *err)
{
    size_t count, room;
    double *points = read_numbers(from, to, &count), *cut = NULL;
    dt_status st = DT_OK;
    *done = 0;
    if (!points) {
        st = dt_fail_memory(err, (size_t)(to - from), "a polygon");
    } else if (count + 1 >= POLYGON_COLUMNS) {
        room = dt_polygon_room(count / 2);
        cut = dt_realloc_array(NULL, 4 * room, sizeof *cut);
        size_t n = cut ? dt_polygon_clip(points, count / 2, 1, 1, cut, cut + 2 * room) : 0;
        if (!cut) st = dt_fail_memory(err, room, "a polygon");
        if (n >= 3 && dt_polygon_area(cut, n) > 0) {
            dt_yolo_write_polygon(out, number, cut, n);
            *done = 1;
        }
    }
    dt_free(points);
    dt_free(cut);
    return st;
}

dt_status dt_yolo_source_row(const dt_yolo_source *s, int32_t line, int64_t number, int clip, dt_str *out,
                             int *done, dt_error *err)
{
    size_t len = 0;
    const char *from = dt_yolo_source_line(s, line, &len), *end = from ? from + len : NULL;
    *done = 0;
    if (!from) return dt_fail(err, DT_ERR_IO, "%s: line %d is not there any more", s->path, line);
    while (from < end && !is_blank(*from)) /* the class */
        from++;
    while (from < end && is_blank(*from))
        from++;
    if (clip) return clip_row(from, end, number, out, done, err);
    dt_str_printf(out, "%lld ", (long long)number);
    dt_str_append_n(out, from, (size_t)(end - from));
    dt_str_char(out, '\n');
    *done = 1;
    return DT_OK;
}
