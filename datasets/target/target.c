#include "datasets/target/target.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/target/stage.h"

static const dt_target_writer writers[DT_FORMATS] = {
    [DT_FORMAT_VOC] = dt_voc_write, [DT_FORMAT_YOLO] = dt_yolo_write, [DT_FORMAT_COCO] = dt_coco_write};

/* What the formats cannot hold. An object to be ignored is a difficult one in VOC. */
static const unsigned lost_fields[DT_FORMATS] = {
    [DT_FORMAT_VOC] =
        1u << DT_FIELD_SEGMENTATION | 1u << DT_FIELD_AREA | 1u << DT_FIELD_CROWD | 1u << DT_FIELD_OTHER,
    [DT_FORMAT_YOLO] = ((1u << DT_FIELDS) - 1) & ~(1u << DT_FIELD_IGNORE),
    [DT_FORMAT_COCO] = 1u << DT_FIELD_POSE | 1u << DT_FIELD_TRUNCATED | 1u << DT_FIELD_OCCLUDED |
                       1u << DT_FIELD_PARTS | 1u << DT_FIELD_OTHER,
};

static const dt_origin origins[DT_FORMATS] = {
    [DT_FORMAT_VOC] = DT_ORIGIN_VOC, [DT_FORMAT_YOLO] = DT_ORIGIN_YOLO, [DT_FORMAT_COCO] = DT_ORIGIN_COCO};

unsigned dt_format_fields(dt_convert_format format)
{
    return ((1u << DT_FIELDS) - 1) & ~lost_fields[format];
}

void dt_target_report_free(dt_target_report *report)
{
    dt_findings_free(&report->findings);
    *report = (dt_target_report){0};
}

/* The real path of a folder, or of the nearest one above it that exists with what is missing behind it. New
 * string. */
static char *real_path(const char *path)
{
    char buf[PATH_MAX];
    if (realpath(path, buf)) return dt_strdup(buf);
    char *copy = dt_strdup(path);
    size_t n = copy ? strlen(copy) : 0;
    while (n > 1 && copy[n - 1] == '/')
        copy[--n] = '\0';
    char *dir = copy ? dt_path_dir(copy) : NULL, *above = NULL, *out = NULL;
    if (dir && strcmp(dir, copy) != 0) above = real_path(dir);
    if (above) out = dt_path_join(above, dt_path_base(copy));
    dt_free(copy);
    dt_free(dir);
    dt_free(above);
    return out;
}

/* 1 if `inner` is `outer` or lies in it; both are real paths. */
static int lies_in(const char *inner, const char *outer)
{
    size_t n = strlen(outer);
    if (strcmp(outer, "/") == 0) return 1;
    return strncmp(inner, outer, n) == 0 && (inner[n] == '\0' || inner[n] == '/');
}

/* A file such as data.yaml stands for its folder. One with all labels in it does not: a folder beside it is
 * no part of the set. */
static dt_status check_apart(const char *target, const char *source, dt_error *err)
{
    char *from = dt_is_file(source) ? dt_path_dir(source) : dt_strdup(source);
    char *inner = real_path(target), *outer = from ? real_path(from) : NULL;
    int alone = dt_is_file(source) && strcmp(dt_path_extension(source), ".json") == 0;
    dt_status st = DT_OK;
    if (!inner || !outer)
        st = dt_fail_memory(err, strlen(target), "a path");
    else if (lies_in(outer, inner) || (!alone && lies_in(inner, outer)))
        st = dt_fail(err, DT_ERR_STATE, "%s: %s the source %s: choose a destination beside it", target,
                     strcmp(inner, outer) == 0 ? "is"
                     : lies_in(inner, outer)   ? "lies in"
                                               : "holds",
                     source);
    dt_free(from);
    dt_free(inner);
    dt_free(outer);
    return st;
}

dt_status dt_target_check(const char *path, const char *const *sources, size_t source_count, int apart,
                          dt_error *err)
{
    int replace;
    for (size_t i = 0; i < source_count && apart; i++)
        DT_TRY(check_apart(path, sources[i], err));
    return dt_certificate_check(path, &replace, err);
}

/* 1 if all sources have the target's format. */
static int is_same_format(const dt_target_opts *opts)
{
    for (size_t i = 0; i < opts->source_count; i++)
        if (opts->sources[i].format != opts->format) return 0;
    return 1;
}

/* Why the masks of a record cannot go along, or NULL. */
static const char *mask_obstacle(const dt_dataset *set, const dt_target_opts *opts, const dt_record *r)
{
    const dt_masks *m = r->masks;
    if (opts->write || opts->format != DT_FORMAT_VOC) return "the target does not hold segmentation files";
    if (opts->images == DT_IMAGES_NONE) return "segmentation files are left out as pictures are";
    if (!m->count && !m->stated && !r->count) return NULL;
    if (r->count > m->stated) return "objects were added that have no pixels in the segmentation files";
    if (r->count != m->stated || m->count != m->stated)
        return "objects were left out: the numbers of the others in the segmentation files would be wrong";
    for (size_t i = 0; i < r->count; i++) {
        const dt_object *o = &set->objects[r->first + i];
        if (o->index != (int32_t)i)
            return "the order of the objects changed: their numbers in the segmentation files would be wrong";
        if (strcmp(set->classes[o->cls], m->names[i]) != 0)
            return "the class of an object changed: its number in the segmentation files would be wrong";
    }
    return NULL;
}

/* Nothing of a segmentation gets lost unsaid. That another format has none is no surprise. */
static dt_status settle_masks(dt_dataset *set, const dt_target_opts *opts, dt_target_report *report,
                              dt_error *err)
{
    int other = opts->write || opts->format != DT_FORMAT_VOC;
    for (size_t i = 0; i < set->record_count; i++) {
        dt_record *r = &set->records[i];
        const char *obstacle = r->masks ? mask_obstacle(set, opts, r) : NULL;
        if (!r->masks) continue;
        if (!obstacle) {
            report->masks_kept++;
            continue;
        }
        report->masks_lost++;
        r->edited |= DT_EDITED_MASKS;
        DT_TRY(dt_findings_add(&report->findings,
                               &(dt_finding){.severity = other ? DT_NOTE : DT_WARNING,
                                             .fate = DT_FATE_CHANGED,
                                             .rule = "mask-lost",
                                             .file = r->masks->files[r->masks->files[0] ? 0 : 1],
                                             .object = -1},
                               err, "%s", obstacle));
    }
    return DT_OK;
}

dt_status dt_target_fit(dt_dataset *set, const dt_target_opts *opts, dt_target_report *report, dt_error *err)
{
    size_t class_count = opts->class_count ? opts->class_count : set->class_count;
    const dt_fit_opts o = {.difficult = opts->difficult,
                           .crowd = opts->crowd,
                           .lost = lost_fields[opts->format],
                           .keep_invalid = opts->keep_invalid,
                           .keep_unsized = opts->keep_imageless && is_same_format(opts),
                           .origin = origins[opts->format],
                           .class_count = class_count,
                           .need_images = opts->images != DT_IMAGES_NONE && !opts->keep_imageless};
    if (!opts->write) DT_TRY(dt_dataset_fit(set, &o, &report->boxes, &report->findings, err));
    DT_TRY(settle_masks(set, opts, report, err));
    set->class_count = class_count;
    report->classes = class_count;
    report->splits = set->split_count;
    for (size_t i = 0; i < opts->source_count; i++) {
        report->reader_dropped += opts->sources[i].dropped;
        report->skipped += opts->sources[i].skipped;
    }
    return DT_OK;
}

static dt_status put(const dt_dataset *set, const dt_target_opts *opts, const dt_stage *stage,
                     dt_target_report *report, dt_error *err)
{
    dt_output_list files = {0};
    dt_target_writer write = opts->write ? opts->write : writers[opts->format];
    dt_status st = write(set, opts, stage->path, opts->pool, &files, report, err);
    if (st == DT_OK) st = dt_certificate_write(opts, set, report, stage->path, &files, err);
    dt_output_free(&files);
    return st;
}

dt_status dt_target_write(dt_dataset *set, const dt_target_opts *opts, dt_target_report *report,
                          dt_error *err)
{
    dt_stage stage;
    int replace;
    DT_TRY(dt_target_fit(set, opts, report, err));
    DT_TRY(dt_certificate_check(opts->path, &replace, err));
    DT_TRY(dt_stage_begin(&stage, opts->path, replace, err));
    dt_status st = put(set, opts, &stage, report, err);
    if (st == DT_OK) return dt_stage_commit(&stage, err);
    dt_stage_abort(&stage);
    return st;
}
