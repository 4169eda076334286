/** Findings: what a reader or a check has to say about a data set, one entry each, instead of stopping at the
 * first.
 *
 * Rules (ids are stable; `fate` says what became of the object):
 *   image-missing image-unreadable image-unsupported image-twice label-missing label-unreadable label-orphan
 *   label-beside labels-none stem-twice size-missing size-mismatch exif-orientation filename-differs
 *   filename-unsafe split-empty split-skipped split-missing xml-malformed object-incomplete object-twice
 *   label-columns label-number class-range class-unknown class-base box-inverted box-empty box-outside
 *   box-not-normalised difficult coordinate-base
 *   crowd fields-lost image-unknown category-unknown category-twice category-ids split-same name-changed
 *   image-truncated image-near split-leak object-near object-conflict box-small class-unused class-similar
 *   mask-missing mask-single mask-orphan mask-unreadable mask-format mask-palette mask-size mask-differs
 *   mask-class-range mask-class mask-box mask-unboxed mask-empty mask-lost
 *   class-untrained class-untested filtered left-out group-none group-large image-joined
 *   object-joined cropped class-mapped id-changed
 *   path-base config-missing folder-skipped
 *
 * datasets/check/rules.h has a line of text for each.
 */
#ifndef DT_DATASETS_FINDINGS_H
#define DT_DATASETS_FINDINGS_H

#include <stdint.h>

#include "core/arena.h"
#include "core/status.h"

typedef enum dt_severity { DT_NOTE, DT_WARNING, DT_PROBLEM } dt_severity;
enum { DT_SEVERITIES = 3 };
const char *dt_severity_text(dt_severity severity); /* "note", "warning", "error" */

typedef enum dt_fate { DT_FATE_NONE, DT_FATE_CHANGED, DT_FATE_DROPPED } dt_fate;

typedef struct dt_finding {
    dt_severity severity;
    dt_fate fate;     /* of the object, where it is about one */
    const char *rule; /* static text, one of the ids above */
    const char *file; /* NULL: about the set as a whole */
    int64_t line;     /* from 1; 0: the file as a whole */
    int64_t object;   /* index in the file, from 0 (COCO: the annotation's id); -1: none */
    const char *message;
    const char *before, *after; /* values of the object, or NULL */
    const char *other;          /* a second file that it is about, or NULL */
} dt_finding;

/** Zero-initialised means empty. Owns all texts but the rule ids. */
typedef struct dt_findings {
    dt_finding *items;
    size_t count, capacity;
    size_t by_severity[DT_SEVERITIES];
    dt_arena texts;
} dt_findings;

/** Adds a copy of *finding with a message made from the format (finding->message is not looked at).
 * A message that begins with the finding's own file and ": " is kept without.
 * `findings` may be NULL: nothing is kept. Fails only when memory is out. */
dt_status dt_findings_add(dt_findings *findings, const dt_finding *finding, dt_error *err, const char *fmt,
                          ...) DT_PRINTF(4, 5);

/** Moves the entries of `from` behind those of `findings`. */
dt_status dt_findings_append(dt_findings *findings, dt_findings *from, dt_error *err);

/** Number of entries with this rule, and with this fate. */
size_t dt_findings_count_rule(const dt_findings *findings, const char *rule);
size_t dt_findings_count_fate(const dt_findings *findings, dt_fate fate);

void dt_findings_free(dt_findings *findings);

#endif
