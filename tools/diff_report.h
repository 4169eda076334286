/** What `dettool diff` prints and draws. */
#ifndef DT_TOOLS_DIFF_REPORT_H
#define DT_TOOLS_DIFF_REPORT_H

#include <stdio.h>

#include "core/str.h"
#include "datasets/edit/diff.h"

/** Two sets and what is other about them. */
typedef struct dt_diff_run {
    dt_dataset sets[2];
    dt_set_source sources[2];
    dt_findings findings[2];
    dt_diff diff;
} dt_diff_run;

/** The object, record and box (pixels, continuous) of an entry in the first (side 0) or second set; NULL: it
 * has none. */
const dt_object *dt_diff_object(const dt_diff_run *run, const dt_diff_entry *entry, int side);
const dt_record *dt_diff_record(const dt_diff_run *run, const dt_diff_entry *entry, int side);
dt_box dt_diff_box(const dt_diff_run *run, const dt_diff_entry *entry, int side);

/** Name of the split that a record lies in; "" if in none. */
const char *dt_diff_split(const dt_dataset *set, size_t record);

/** A line a difference, at most `limit` of them (0: all), and the summary. */
dt_status dt_diff_print(const dt_diff_run *run, size_t limit, FILE *out, dt_error *err);

/** One JSON document; at most `limit` differences (0: all). */
void dt_diff_json(const dt_diff_run *run, size_t limit, dt_str *out);

/** "640x480 -> 320x240", "difficult 0 -> 1, area 12 -> 14", "[..] -> [..] (IoU 0.9)": what stood in the first
 *  set and what stands in the second, as far as the kind has it. */
void dt_diff_describe(const dt_diff_run *run, const dt_diff_entry *entry, dt_str *out);

/** Writes DIR/<split>/<name>.jpg, pictures (at most `limit`, 0: all) with differing objects: removed red,
 *  added green, moved orange (first set) and blue (second), relabelled purple, other attributes yellow,
 *  unchanged thin gray. */
dt_status dt_diff_draw(const dt_diff_run *run, const char *dir, size_t limit, dt_pool *pool, size_t *written,
                       dt_error *err);

#endif
