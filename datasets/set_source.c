#include "datasets/set_source.h"

#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "datasets/coco/coco.h"
#include "datasets/detect_format.h"
#include "datasets/yolo/yolo.h"

const char *const dt_format_names[DT_FORMATS] = {"voc", "yolo", "coco"};
const char *const dt_voc_rule_names[3] = {"exact", "minus-one", "raw"};

int dt_format_of(const char *name)
{
    for (int i = 0; i < DT_FORMATS; i++)
        if (strcmp(dt_format_names[i], name) == 0) return i;
    return -1;
}

void dt_voc_evidence_text(const dt_voc_evidence *e, char *out, size_t size)
{
    const char *verdict = e->base == 1   ? "the files count pixels from 1"
                          : e->base == 0 ? "the files count pixels from 0"
                                         : "nothing tells whether the files count pixels from 0 or 1";
    snprintf(out, size,
             "%s (of %zu boxes %zu touch 0, %zu touch 1, %zu end at the last pixel's number less one, %zu at "
             "the full width or height)",
             verdict, e->boxes, e->at_zero, e->at_one, e->at_last, e->at_full);
}

static dt_status read_voc(const dt_set_source_opts *opts, const char *path, dt_set_source *source,
                          dt_dataset *set, dt_findings *findings, dt_error *err)
{
    (void)source;
    dt_voc_read_opts voc = {.pool = opts->pool, .rule = DT_VOC_EXACT};
    return dt_voc_read(path, &voc, set, findings, err);
}

static dt_status read_coco(const dt_set_source_opts *opts, const char *path, dt_set_source *source,
                           dt_dataset *set, dt_findings *findings, dt_error *err)
{
    (void)source;
    const dt_coco_read_opts coco = {.image_dir = opts->image_dir, .no_images = opts->no_images};
    return dt_coco_read(path, &coco, set, findings, err);
}

/* 1 if two splits are the same entries, as data.yaml has them where there is one set of pictures for both
 * keys. */
static int same_entries(const dt_names *a, const dt_names *b)
{
    if (!a->count || a->count != b->count) return 0;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0) return 0;
    return 1;
}

/* The splits of data.yaml, each picture once: of train and val with the same entries the one that the folder
 * is named after is taken, or train. */
static dt_status read_yolo(const dt_set_source_opts *opts, const char *path, dt_set_source *source,
                           dt_dataset *set, dt_findings *findings, dt_error *err)
{
    dt_yolo_config config;
    dt_yolo_read_opts yolo = {
        .pool = opts->pool, .as_is = opts->as_is, .numbers_from_1 = opts->numbers_from_1};
    DT_TRY(dt_yolo_config_read(path, &config, err));
    source->layout = config.darknet ? DT_LAYOUT_DARKNET : DT_LAYOUT_ULTRALYTICS;
    source->class_base = config.class_base;
    const dt_names *train = &config.entries[DT_YOLO_TRAIN], *val = &config.entries[DT_YOLO_VAL];
    for (int s = 0; s < DT_YOLO_SPLITS; s++)
        if (config.entries[s].count) yolo.splits |= 1u << s;
    dt_status st = DT_OK;
    if (same_entries(train, val)) {
        int keep = strcmp(dt_path_base(val->items[0]), "val") == 0 ? DT_YOLO_VAL : DT_YOLO_TRAIN;
        yolo.splits &= ~(1u << (keep == DT_YOLO_VAL ? DT_YOLO_TRAIN : DT_YOLO_VAL));
        st = dt_findings_add(
            findings, &(dt_finding){.severity = DT_NOTE, .rule = "split-same", .file = path, .object = -1},
            err, "train and val are the same pictures: read once, as %s", dt_yolo_split_names[keep]);
    }
    dt_yolo_config_free(&config);
    if (st == DT_OK) st = dt_yolo_read(path, &yolo, set, findings, err);
    source->numbers_from_1 = yolo.numbers_from_1;
    return st;
}

/* Numbers that look as if they counted from 1 are read so in a second turn, where that is wanted. */
static dt_status read_yolo_numbers(const dt_set_source_opts *opts, const char *path, dt_set_source *source,
                                   dt_dataset *set, dt_findings *findings, dt_error *err)
{
    dt_findings turn = {0};
    dt_set_source_opts again = *opts;
    if (opts->numbers_from_1 != DT_NUMBERS_AUTO) return read_yolo(opts, path, source, set, findings, err);
    again.numbers_from_1 = 0;
    dt_status st = read_yolo(&again, path, source, set, &turn, err);
    if (st == DT_OK && dt_findings_count_rule(&turn, "class-base")) {
        dt_findings_free(&turn);
        dt_dataset_free(set);
        again.numbers_from_1 = 1;
        st = read_yolo(&again, path, source, set, &turn, err);
    }
    if (st == DT_OK) st = dt_findings_append(findings, &turn, err);
    dt_findings_free(&turn);
    return st;
}

typedef dt_status (*reader)(const dt_set_source_opts *opts, const char *path, dt_set_source *source,
                            dt_dataset *set, dt_findings *findings, dt_error *err);

static const reader readers[DT_FORMATS] = {
    [DT_FORMAT_VOC] = read_voc, [DT_FORMAT_YOLO] = read_yolo_numbers, [DT_FORMAT_COCO] = read_coco};

/* Settles the coordinate rule; warns where the one that was asked for does not fit what the files show. */
static dt_status settle_rule(const dt_set_source_opts *opts, dt_set_source *source, dt_dataset *set,
                             dt_findings *findings, dt_error *err)
{
    const dt_voc_evidence *e = &source->evidence;
    char text[400];
    source->evidence = dt_voc_find_base(set);
    source->voc_rule = opts->voc_rule != DT_VOC_RULE_AUTO ? (dt_voc_rule)opts->voc_rule
                       : e->base == 0                     ? DT_VOC_RAW
                                                          : DT_VOC_EXACT;
    set->min_shift = source->voc_rule == DT_VOC_RAW ? 0 : -1;
    set->max_shift = source->voc_rule == DT_VOC_MINUS_ONE ? -1 : 0;
    int wrong =
        (e->base == 0 && source->voc_rule != DT_VOC_RAW) || (e->base == 1 && source->voc_rule == DT_VOC_RAW);
    dt_voc_evidence_text(e, text, sizeof text);
    return dt_findings_add(findings,
                           &(dt_finding){.severity = wrong ? DT_WARNING : DT_NOTE,
                                         .rule = "coordinate-base",
                                         .file = source->path,
                                         .object = -1},
                           err, "%s%s", text,
                           !wrong ? ""
                           : e->base == 0
                               ? "; with this rule the boxes move by a pixel: --voc-rule raw does not"
                               : "; with this rule the boxes keep VOC's offset of a pixel: --voc-rule exact "
                                 "takes it out");
}

/* A format that was asked for is read even where nothing looks like it: its reader says best what is missing. */
static dt_status find_format(const dt_set_source_opts *opts, dt_set_source *source, char **path,
                             dt_error *err)
{
    const dt_set_format *format;
    int asked = opts->format ? dt_format_of(opts->format) : -1;
    if (asked >= 0) {
        source->format = (dt_convert_format)asked;
        *path = dt_strdup(opts->path);
        return *path ? DT_OK : dt_fail_memory(err, strlen(opts->path), "a path");
    }
    DT_TRY(dt_set_format_detect(opts->path, opts->format, &format, path, err));
    source->format = (dt_convert_format)dt_format_of(format->name);
    return DT_OK;
}

static dt_status read_set(const dt_set_source_opts *opts, dt_set_source *source, dt_dataset *set,
                          dt_findings *findings, dt_error *err)
{
    char *path = NULL;
    size_t dropped = dt_findings_count_fate(findings, DT_FATE_DROPPED),
           malformed = dt_findings_count_rule(findings, "xml-malformed");
    DT_TRY(find_format(opts, source, &path, err));
    dt_status st = readers[source->format](opts, path, source, set, findings, err);
    dt_free(path);
    DT_TRY(st);
    source->skipped = dt_findings_count_rule(findings, "xml-malformed") - malformed;
    source->dropped = dt_findings_count_fate(findings, DT_FATE_DROPPED) - dropped - source->skipped;
    source->records = set->record_count;
    source->objects = set->object_count;
    DT_TRY(dt_dataset_probe(set, opts->pool, findings, err));
    dt_dataset_to_pixels(set);
    return source->format == DT_FORMAT_VOC ? settle_rule(opts, source, set, findings, err) : DT_OK;
}

dt_status dt_set_source_open(const dt_set_source_opts *opts, dt_set_source *source, dt_dataset *set,
                             dt_findings *findings, dt_error *err)
{
    *source = (dt_set_source){.path = opts->path, .evidence.base = -1};
    *set = (dt_dataset){0};
    dt_status st = read_set(opts, source, set, findings, err);
    if (st != DT_OK) dt_dataset_free(set);
    return st;
}
