/** The reports of `dettool inspect` and `dettool check`. */
#ifndef DT_TOOLS_REPORT_INSPECT_H
#define DT_TOOLS_REPORT_INSPECT_H

#include <stdio.h>

#include "core/pool.h"
#include "core/str.h"
#include "datasets/check/masks.h"
#include "datasets/check/stats.h"
#include "datasets/detect_format.h"

/** A set that was read, measured and checked. */
typedef struct dt_inspection {
    const char *path;
    const dt_set_format *format;
    dt_dataset set;
    dt_findings findings;
    dt_stats stats;
    dt_mask_stats masks;
    int decoded; /* the pictures' pixels were looked at */
    int whole;   /* pictures by class: the objects are the pictures, and sizes of boxes say nothing */
} dt_inspection;

/** Findings of one rule and severity, in order of severity (errors first), then of first appearance. */
typedef struct dt_rule_group {
    const char *rule;
    dt_severity severity;
    size_t first, count; /* first: index in the findings */
} dt_rule_group;

/** *groups is freed with dt_free. */
dt_status dt_group_findings(const dt_findings *findings, dt_rule_group **groups, size_t *count,
                            dt_error *err);

/** Tables of counts, sizes and shapes; then the findings, `shown` of each rule (0: all). problems_only: the
 *  latter alone. Bytes of names that would steer a terminal are printed as '?'. */
dt_status dt_report_inspect_text(const dt_inspection *inspection, int problems_only, size_t shown, FILE *out,
                                 dt_error *err);

/** One JSON document:
 *    path, format ("voc", "yolo", "coco"), decoded, images, backgrounds, objects, measured, difficult, crowd
 *    classes      [{id, name, objects, images, small, medium, large, difficult, side: summary, splits: {name: objects}}]
 *    splits       [{name, images, backgrounds, objects}]
 *    balance      {imbalance, evenness}
 *    boxes        {small, medium, large, side, relative_side, aspect: summaries; relative_side_bins: {width, counts};
 *                  aspect_bins: {log2_from, log2_width, counts}; centres: rows of a map, [y][x]}
 *    per_image    {summary, counts: of 0, 1, ... objects; the last of that many or more}
 *    image_sizes  [{width, height, images}]
 *    segmentation null where no picture has any, else {images, class_files, object_files, class_files_read,
 *                  object_files_read, pixels: {all, void}, instances, numbers: "voc" or "vote",
 *                  classes: [{number, name, pixels, share, images}], objects: {class name: objects with pixels}};
 *                  pixels are those of the class files, share is of all but void; number 0 is the background; name:
 *                  null for a number that no class has; "vote": numbers are not VOC's, see datasets/check/masks.h
 *    counts       {error, warning, note}
 *    rules        [{rule, severity, count, title, advice}]
 *    findings     [{severity, rule, fate, file, line, object, message, before, after, other}]
 *  summary = {count, min, p5, median, p95, max, mean}. side: sqrt of the area in pixels. fate: "none", "changed" or
 *  "dropped" by the reader. object: its place in the file, from 0; COCO: the annotation's id. file, line, object, before, after, other, advice: null where there is none. problems_only leaves path,
 *  format, decoded, counts, rules and findings. Keys are only ever added. */
void dt_report_inspect_json(const dt_inspection *inspection, int problems_only, dt_str *out);

/** Writes one self-contained page (no script, nothing loaded) atomically. The pictures are drawn with the
 * pool. */
dt_status dt_report_inspect_html(const dt_inspection *inspection, dt_pool *pool, const char *file,
                                 dt_error *err);

#endif
