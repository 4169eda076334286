/** Pull reader for JSON files of any size: bytes go through a window of a quarter megabyte, nothing is kept
 * but what the caller takes. Values that the caller does not want are passed over at the speed of a byte
 * search.
 *
 * What is read is checked by the grammar of RFC 8259; what is skipped is checked for balanced brackets,
 * closed strings and depth only. NaN and Infinity are refused. A byte order mark is accepted. Nesting is
 * limited to DT_SCAN_MAX_DEPTH without recursion. Every error names file, line and byte offset. Numbers do
 * not depend on the locale.
 *
 *     dt_scan_object(&s);
 *     while (dt_scan_key(&s, &key, &len)) {
 *         if (dt_scan_is(key, len, "id")) dt_scan_i64(&s, &id);
 *         else dt_scan_skip(&s);
 *     }
 *     if (s.status != DT_OK) ...
 *
 * The first error sticks: later calls return it and change nothing, loops end. */
#ifndef DT_DATASETS_JSON_SCAN_H
#define DT_DATASETS_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/status.h"

enum {
    DT_SCAN_MAX_DEPTH = 512,
    DT_SCAN_MAX_NUMBER = 512,      /* characters */
    DT_SCAN_MAX_STRING = 16 << 20, /* bytes of a string that is read */
};

typedef struct dt_scan {
    const char *name;
    dt_error *err;
    dt_status status;
    int fd; /* -1: all of the text is in the window */
    int eof;
    int after_value; /* a comma or a closing bracket comes next */
    char *window;    /* owned; a NUL and some slack stand behind `end` */
    size_t capacity;
    char *pos, *end;
    uint64_t base;  /* file offset of window[0] */
    uint64_t lines; /* line ends in front of window[0] */
    char *text;     /* owned; the last string that had escapes */
    size_t text_capacity;
} dt_scan;

typedef enum dt_scan_kind {
    DT_SCAN_NONE, /* end of the text, or an error */
    DT_SCAN_OBJECT,
    DT_SCAN_ARRAY,
    DT_SCAN_STRING,
    DT_SCAN_NUMBER,
    DT_SCAN_BOOL,
    DT_SCAN_NULL,
} dt_scan_kind;

/** Opens a file. `name` of the messages is the path, which must outlive the scan; errors go to err. */
dt_status dt_scan_open(dt_scan *s, const char *path, dt_error *err);

/** The same from a byte offset on, where a value must begin. Lines are counted from there. */
dt_status dt_scan_open_at(dt_scan *s, const char *path, uint64_t offset, dt_error *err);

/** The same on text in memory (copied). */
dt_status dt_scan_open_text(dt_scan *s, const char *name, const char *text, size_t len, dt_error *err);
void dt_scan_close(dt_scan *s);

/** What the next value is, without taking it. */
dt_scan_kind dt_scan_peek(dt_scan *s);

/** Enters an object or array. */
dt_status dt_scan_object(dt_scan *s);
dt_status dt_scan_array(dt_scan *s);

/** 1: *key (not NUL-terminated; valid until the next call) was read and its value comes next. 0: the object
 * ended, or there was an error. */
int dt_scan_key(dt_scan *s, const char **key, size_t *len);

/** 1: an item comes next. 0: the array ended, or there was an error. */
int dt_scan_item(dt_scan *s);

dt_status dt_scan_f64(dt_scan *s, double *value);
dt_status dt_scan_i64(dt_scan *s, int64_t *value); /* 42.0 and 4.2e1 are 42, 4.5 is an error */
dt_status dt_scan_bool(dt_scan *s, int *value);    /* true, false; numbers: not 0 */
dt_status dt_scan_string(dt_scan *s, const char **text, size_t *len); /* unescaped UTF-8; as a key */
dt_status dt_scan_skip(dt_scan *s);

/** Fails unless only blanks are left. */
dt_status dt_scan_end(dt_scan *s);

/** Byte offset in the file of the next value or token (blanks are passed first). */
uint64_t dt_scan_offset(dt_scan *s);

/** Reports an error at the present place: "FILE: line L, byte B: ...". */
dt_status dt_scan_fail(dt_scan *s, dt_status status, const char *fmt, ...) DT_PRINTF(3, 4);

/** 1 if the key is `name`. Inline, so that the length of a literal is known. */
static inline int dt_scan_is(const char *key, size_t len, const char *name)
{
    return len == strlen(name) && memcmp(key, name, len) == 0;
}

#endif
