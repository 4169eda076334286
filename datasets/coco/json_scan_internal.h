/** What the parts of the JSON reader share. */
#ifndef DT_DATASETS_JSON_SCAN_INTERNAL_H
#define DT_DATASETS_JSON_SCAN_INTERNAL_H

#include "datasets/coco/json_scan.h"

/** Makes at least `need` bytes stand behind pos if the file has them. Returns the number that do. Pointers
 * into the window are void afterwards. */
size_t dt_scan_fill(dt_scan *s, size_t need);

/** "WANTED is expected, found '...'"; at the end of the file it asks whether that is truncated. */
dt_status dt_scan_unexpected(dt_scan *s, const char *wanted);

/** Takes true, false or null. */
dt_status dt_scan_word(dt_scan *s, const char *word);

/* The next character that is not blank; 0 at the end of the text. */
static inline int dt_scan_next(dt_scan *s)
{
    for (;;) {
        while (*s->pos == ' ' || *s->pos == '\n' || *s->pos == '\r' || *s->pos == '\t')
            s->pos++;
        if (*s->pos != '\0') return (unsigned char)*s->pos;
        if (s->pos < s->end) {
            dt_scan_fail(s, DT_ERR_FORMAT, "a NUL byte");
            return 0;
        }
        if (dt_scan_fill(s, 1) == 0) return 0;
    }
}

#endif
