#include "datasets/convert.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/coco.h"
#include "datasets/stage.h"
#include "datasets/yolo.h"

const char *const dt_format_names[DT_FORMATS] = {"voc", "yolo", "coco"};

void dt_convert_report_free(dt_convert_report *report)
{
    dt_findings_free(&report->findings);
    *report = (dt_convert_report){0};
}

dt_status dt_class_list_read(const char *path, dt_names *names, dt_error *err)
{
    enum { MAX_BYTES = 16 << 20 };
    char *text;
    size_t size;
    dt_strmap seen = {0};
    *names = (dt_names){0};
    DT_TRY(dt_file_read(path, MAX_BYTES, &text, &size, err));
    dt_status st = DT_OK;
    int line = 0;
    char *at = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text, *end = text + size;
    while (at < end && st == DT_OK) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        char *from = at, *to = stop;
        while (from < to && strchr(" \t\r", *from))
            from++;
        while (to > from && strchr(" \t\r", to[-1]))
            to--;
        *to = '\0';
        at = stop + 1;
        line++;
        if (from == to) continue;
        int fresh = dt_strmap_add(&seen, from, line);
        if (fresh < 0)
            st = dt_fail_memory(err, seen.count, "class names");
        else if (!fresh)
            st = dt_fail(err, DT_ERR_FORMAT, "%s:%d: the class '%s' stands in line %lld already", path, line,
                         from, (long long)dt_strmap_get(&seen, from, 0));
        else
            st = dt_names_add(names, from, err);
    }
    if (st == DT_OK && !names->count)
        st = dt_fail(err, DT_ERR_FORMAT, "%s: there is no class name in it", path);
    dt_strmap_free(&seen);
    dt_free(text);
    if (st != DT_OK) dt_names_free(names);
    return st;
}

void dt_voc_evidence_text(const dt_voc_evidence *e, char *out, size_t size)
{
    const char *verdict = e->base == 1   ? "the files count pixels from 1"
                          : e->base == 0 ? "the files count pixels from 0"
                                         : "nothing tells whether the files count pixels from 0 or 1";
    snprintf(out, size,
             "%s (of %zu boxes %zu touch 0, %zu touch 1, %zu end at the last pixel's number less one, %zu at "
             "the full "
             "width or height)",
             verdict, e->boxes, e->at_zero, e->at_one, e->at_last, e->at_full);
}

static dt_status read_voc(const dt_convert_opts *opts, dt_pool *pool, dt_dataset *set, dt_findings *findings,
                          dt_error *err)
{
    dt_voc_read_opts voc = {.pool = pool, .rule = opts->voc_rule};
    return dt_voc_read(opts->source, &voc, set, findings, err);
}

static dt_status read_coco(const dt_convert_opts *opts, dt_pool *pool, dt_dataset *set, dt_findings *findings,
                           dt_error *err)
{
    const dt_coco_read_opts coco = {.image_dir = opts->image_dir,
                                    .no_images = opts->images == DT_IMAGES_NONE};
    (void)pool;
    return dt_coco_read(opts->source, &coco, set, findings, err);
}

/* 1 if two splits are the same entries, as data.yaml has them where there is one set of pictures for both keys. */
static int same_entries(const dt_names *a, const dt_names *b)
{
    if (!a->count || a->count != b->count) return 0;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0) return 0;
    return 1;
}

/* The splits of data.yaml, each picture once: of train and val with the same entries the one that the folder is named
 * after is taken, or train. */
static dt_status read_yolo(const dt_convert_opts *opts, dt_pool *pool, dt_dataset *set, dt_findings *findings,
                           dt_error *err)
{
    dt_yolo_config config;
    dt_yolo_read_opts yolo = {.pool = pool};
    DT_TRY(dt_yolo_config_read(opts->source, &config, err));
    const dt_names *train = &config.entries[DT_YOLO_TRAIN], *val = &config.entries[DT_YOLO_VAL];
    for (int s = 0; s < DT_YOLO_SPLITS; s++)
        if (config.entries[s].count) yolo.splits |= 1u << s;
    dt_status st = DT_OK;
    if (same_entries(train, val)) {
        int keep = strcmp(dt_path_base(val->items[0]), "val") == 0 ? DT_YOLO_VAL : DT_YOLO_TRAIN;
        yolo.splits &= ~(1u << (keep == DT_YOLO_VAL ? DT_YOLO_TRAIN : DT_YOLO_VAL));
        st = dt_findings_add(
            findings,
            &(dt_finding){.severity = DT_NOTE, .rule = "split-same", .file = opts->source, .object = -1}, err,
            "train and val are the same pictures: read once, as %s", dt_yolo_split_names[keep]);
    }
    dt_yolo_config_free(&config);
    return st == DT_OK ? dt_yolo_read(opts->source, &yolo, set, findings, err) : st;
}

typedef dt_status (*reader)(const dt_convert_opts *opts, dt_pool *pool, dt_dataset *set,
                            dt_findings *findings, dt_error *err);
typedef dt_status (*writer)(const dt_dataset *set, const dt_convert_opts *opts, const char *root,
                            dt_pool *pool, dt_output_list *files, dt_convert_report *report, dt_error *err);

static const reader readers[DT_FORMATS] = {
    [DT_FORMAT_VOC] = read_voc, [DT_FORMAT_YOLO] = read_yolo, [DT_FORMAT_COCO] = read_coco};
static const writer writers[DT_FORMATS] = {
    [DT_FORMAT_VOC] = dt_voc_write, [DT_FORMAT_YOLO] = dt_yolo_write, [DT_FORMAT_COCO] = dt_coco_write};

/* What the formats cannot hold. An object to be ignored is a difficult one in VOC. */
static const unsigned lost_fields[DT_FORMATS] = {
    [DT_FORMAT_VOC] = 1u << DT_FIELD_SEGMENTATION | 1u << DT_FIELD_AREA | 1u << DT_FIELD_CROWD,
    [DT_FORMAT_YOLO] = ((1u << DT_FIELDS) - 1) & ~(1u << DT_FIELD_IGNORE),
    [DT_FORMAT_COCO] =
        1u << DT_FIELD_POSE | 1u << DT_FIELD_TRUNCATED | 1u << DT_FIELD_OCCLUDED | 1u << DT_FIELD_PARTS,
};

/* Warns where the coordinate rule does not fit what the files show. */
static dt_status check_rule(const dt_convert_opts *opts, const dt_voc_evidence *e, dt_findings *findings,
                            dt_error *err)
{
    char text[400];
    int wrong =
        (e->base == 0 && opts->voc_rule != DT_VOC_RAW) || (e->base == 1 && opts->voc_rule == DT_VOC_RAW);
    dt_voc_evidence_text(e, text, sizeof text);
    return dt_findings_add(findings,
                           &(dt_finding){.severity = wrong ? DT_WARNING : DT_NOTE,
                                         .rule = "coordinate-base",
                                         .file = opts->source,
                                         .object = -1},
                           err, "%s%s", text,
                           !wrong ? ""
                           : e->base == 0
                               ? "; with this rule the boxes move by a pixel: --voc-rule raw does not"
                               : "; with this rule the boxes keep VOC's offset of a pixel: --voc-rule exact "
                                 "takes it out");
}

static dt_status prepare(const dt_convert_opts *opts, dt_pool *pool, dt_dataset *set,
                         dt_convert_report *report, dt_error *err)
{
    dt_findings *findings = &report->findings;
    DT_TRY(readers[opts->from](opts, pool, set, findings, err));
    report->reader_dropped =
        dt_findings_count_fate(findings, DT_FATE_DROPPED) - dt_findings_count_rule(findings, "xml-malformed");
    DT_TRY(dt_dataset_probe(set, pool, findings, err));
    dt_dataset_to_pixels(set);
    if (opts->from == DT_FORMAT_VOC) {
        report->evidence = dt_voc_find_base(set);
        DT_TRY(check_rule(opts, &report->evidence, findings, err));
    }
    size_t class_count = set->class_count;
    if (opts->classes_file) {
        dt_names names;
        DT_TRY(dt_class_list_read(opts->classes_file, &names, err));
        dt_status st = dt_dataset_order_classes(set, (const char *const *)names.items, names.count, err);
        class_count = names.count;
        dt_names_free(&names);
        DT_TRY(st);
    }
    const dt_fit_opts fit = {.difficult = opts->difficult,
                             .crowd = opts->crowd,
                             .lost = lost_fields[opts->to],
                             .keep_invalid = opts->keep_invalid,
                             .class_count = class_count,
                             .need_images = opts->images != DT_IMAGES_NONE};
    DT_TRY(dt_dataset_fit(set, &fit, &report->boxes, findings, err));
    set->class_count = class_count;
    report->classes = class_count;
    report->splits = set->split_count;
    report->skipped = dt_findings_count_rule(findings, "xml-malformed");
    return DT_OK;
}

static dt_status write_target(const dt_convert_opts *opts, dt_pool *pool, const dt_dataset *set,
                              dt_convert_report *report, dt_error *err)
{
    dt_stage stage;
    dt_output_list files = {0};
    dt_str certificate = {0};
    int replace;
    DT_TRY(dt_certificate_check(opts->target, &replace, err));
    DT_TRY(dt_stage_begin(&stage, opts->target, replace, err));
    dt_status st = writers[opts->to](set, opts, stage.path, pool, &files, report, err);
    if (st == DT_OK) st = dt_certificate_write(opts, set, report, &files, &certificate, err);
    if (st == DT_OK)
        st = dt_output_write(&files, stage.path, "conversion.json", certificate.data, certificate.len, err);
    if (st == DT_OK)
        st = dt_stage_commit(&stage, err);
    else
        dt_stage_abort(&stage);
    dt_str_free(&certificate);
    dt_output_free(&files);
    return st;
}

int dt_convert_is_pair(dt_convert_format from, dt_convert_format to)
{
    return from != to || from == DT_FORMAT_YOLO;
}

dt_status dt_convert(const dt_convert_opts *opts, dt_convert_report *report, dt_error *err)
{
    dt_pool *pool = NULL;
    dt_dataset set = {0};
    int replace;
    *report = (dt_convert_report){0};
    if (opts->from >= DT_FORMATS || opts->to >= DT_FORMATS || !dt_convert_is_pair(opts->from, opts->to))
        return dt_fail(err, DT_ERR_UNSUPPORTED, "this pair of formats is not converted");
    /* A target in the way is said before the work, not after it. */
    DT_TRY(dt_certificate_check(opts->target, &replace, err));
    DT_TRY(dt_pool_create(opts->jobs, &pool, err));
    dt_status st = prepare(opts, pool, &set, report, err);
    if (st == DT_OK) st = write_target(opts, pool, &set, report, err);
    dt_dataset_free(&set);
    dt_pool_destroy(pool);
    return st;
}
