#include "tools/run_data.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "core/str.h"
#include "datasets/coco/coco.h"
#include "datasets/convert.h"
#include "datasets/detect_format.h"
#include "datasets/yolo/yolo.h"
#include "tools/cli.h"

enum { FINDINGS_SHOWN = 10 };

/* Where names and relative paths were found is said, too: another place may have been meant. */
static void show_places(const dt_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const dt_finding *f = &findings->items[i];
        if (strcmp(f->rule, "path-base") == 0 || strcmp(f->rule, "config-missing") == 0)
            dt_cli_info("%s: %s", f->file, f->message);
    }
}

void dt_run_show_findings(const dt_findings *findings)
{
    size_t serious = findings->by_severity[DT_PROBLEM] + findings->by_severity[DT_WARNING], shown = 0;
    for (size_t i = 0; i < findings->count && shown < FINDINGS_SHOWN; i++) {
        const dt_finding *f = &findings->items[i];
        if (f->severity == DT_NOTE) continue;
        if (f->file && f->line)
            dt_cli_warn("%s:%lld: %s", f->file, (long long)f->line, f->message);
        else if (f->file)
            dt_cli_warn("%s: %s", f->file, f->message);
        else
            dt_cli_warn("%s", f->message);
        shown++;
    }
    if (serious > shown) dt_cli_warn("and %zu more findings in this data set", serious - shown);
}

dt_status dt_run_open_classes(const char *path, const dt_class_opts *opts, int strict, int asks_split,
                              dt_class_set *set, dt_error *err)
{
    dt_findings findings = {0};
    dt_status st = dt_class_set_open(path, opts, set, &findings, err);
    if (st == DT_OK) dt_run_show_findings(&findings);
    const size_t wrong = findings.by_severity[DT_PROBLEM] + findings.by_severity[DT_WARNING];
    dt_findings_free(&findings);
    if (st == DT_OK && strict && wrong)
        st = dt_fail(err, DT_ERR_FORMAT, "%s: %zu findings (--strict)", path, wrong);
    if (st == DT_OK && set->has_splits && asks_split)
        st = dt_fail(err, DT_ERR_ARG,
                     "--val-fraction and --split-seed are for folders without splits; %s has splits", path);
    if (st != DT_OK) dt_class_set_free(set);
    return st;
}

static unsigned yolo_bit(const char *split)
{
    for (int i = 0; split && i < DT_YOLO_SPLITS; i++)
        if (strcmp(split, dt_yolo_split_names[i]) == 0) return 1u << i;
    return 0;
}

static dt_status read_yolo(const char *source, const char *needed, const char *also, dt_pool *pool,
                           dt_run_data *data, dt_error *err)
{
    dt_yolo_config config;
    DT_TRY(dt_yolo_config_read(source, &config, err));
    dt_yolo_read_opts opts = {.splits = yolo_bit(needed), .pool = pool};
    for (int i = 0; i < DT_YOLO_SPLITS; i++)
        if (config.entries[i].count) opts.splits |= yolo_bit(also) & 1u << i;
    dt_yolo_config_free(&config);
    data->numbers_fixed = 1;
    return dt_yolo_read(source, &opts, &data->set, &data->findings, err);
}

static dt_status read_set(const char *path, const char *needed, const char *also, dt_pool *pool,
                          dt_run_data *data, dt_error *err)
{
    const dt_set_format *format;
    char *source;
    DT_TRY(dt_set_format_detect(path, NULL, &format, &source, err));
    dt_status st;
    if (strcmp(format->name, "yolo") == 0)
        st = read_yolo(source, needed, also, pool, data, err);
    else if (strcmp(format->name, "coco") == 0)
        st = dt_coco_read(source, NULL, &data->set, &data->findings, err);
    else
        st = dt_voc_read(source, &(dt_voc_read_opts){.pool = pool}, &data->set, &data->findings, err);
    dt_free(source);
    return st;
}

/* Leaves out the records of all other splits, so that nobody opens their pictures. */
static dt_status keep_splits(const char *path, const char *needed, const char *also, dt_dataset *set,
                             dt_error *err)
{
    dt_str there = {0};
    if (!dt_dataset_split(set, needed)) {
        for (size_t i = 0; i < set->split_count; i++)
            dt_str_printf(&there, "%s%s", i ? ", " : "", set->splits[i].name);
        dt_status st = dt_fail(err, DT_ERR_NOT_FOUND, "%s: there is no split '%s'; there are: %s", path,
                               needed, there.data ? there.data : "none");
        dt_str_free(&there);
        return st;
    }
    size_t splits = 0, records = 0;
    for (size_t i = 0; i < set->split_count; i++) {
        dt_split s = set->splits[i];
        if (strcmp(s.name, needed) != 0 && !(also && strcmp(s.name, also) == 0)) continue;
        memmove(set->records + records, set->records + s.first, s.count * sizeof *set->records);
        s.first = records;
        records += s.count;
        set->splits[splits++] = s;
    }
    set->split_count = splits;
    set->record_count = records;
    return DT_OK;
}

static void mark_ignored(dt_dataset *set)
{
    for (size_t i = 0; i < set->object_count; i++)
        set->objects[i].ignore |= (int8_t)(set->objects[i].difficult == 1 || set->objects[i].crowd);
}

/* A pixel 0 cannot be counted from 1: taking 1 away would move every box. */
static void settle_base(dt_run_data *data)
{
    char text[400];
    if (data->set.frame != DT_FRAME_PIXELS || data->set.min_shift == 0) return;
    dt_voc_evidence e = dt_voc_find_base(&data->set);
    if (e.base != 0) return;
    data->set.min_shift = data->set.max_shift = 0;
    dt_voc_evidence_text(&e, text, sizeof text);
    dt_cli_warn("%s: %s: the boxes are taken as they are", data->file, text);
}

static dt_status refuse_findings(const dt_run_data *data, dt_error *err)
{
    size_t errors = data->findings.by_severity[DT_PROBLEM], warnings = data->findings.by_severity[DT_WARNING];
    if (errors + warnings == 0) return DT_OK;
    return dt_fail(err, DT_ERR_FORMAT, "%s: %zu errors and %zu warnings (--strict)", data->file, errors,
                   warnings);
}

dt_status dt_run_data_read(const char *path, const char *needed, const char *also, int strict, dt_pool *pool,
                           dt_run_data *data, dt_error *err)
{
    *data = (dt_run_data){.file = path};
    dt_status st = read_set(path, needed, also, pool, data, err);
    if (st == DT_OK) st = keep_splits(path, needed, also, &data->set, err);
    if (st == DT_OK) st = dt_dataset_probe(&data->set, pool, &data->findings, err);
    if (st == DT_OK) {
        mark_ignored(&data->set);
        settle_base(data);
        show_places(&data->findings);
        dt_run_show_findings(&data->findings);
        if (strict) st = refuse_findings(data, err);
    }
    if (st != DT_OK) dt_run_data_free(data);
    return st;
}

dt_status dt_run_data_match_classes(dt_run_data *data, const char *const *names, size_t count, dt_error *err)
{
    return data->numbers_fixed ? DT_OK : dt_dataset_order_classes(&data->set, names, count, err);
}

void dt_run_data_free(dt_run_data *data)
{
    dt_dataset_free(&data->set);
    dt_findings_free(&data->findings);
}

dt_status dt_split_source_make(const dt_run_data *data, const char *split, int tolerant,
                               dt_split_source *source, dt_error *err)
{
    *source = (dt_split_source){.set = &data->set, .tolerant = tolerant};
    const dt_split *s = dt_dataset_split(&data->set, split);
    if (!s) return dt_fail(err, DT_ERR_NOT_FOUND, "%s: there is no split '%s'", data->file, split);
    source->records = dt_calloc(s->count, sizeof *source->records);
    source->bad = dt_calloc(s->count, 1);
    if (!source->records || !source->bad) {
        dt_split_source_free(source);
        return dt_fail_memory(err, s->count * sizeof *source->records, "the list of records");
    }
    for (size_t i = s->first; i < s->first + s->count; i++) {
        const dt_record *r = &data->set.records[i];
        if (r->image && r->real_width > 0 && !r->unreadable) source->records[source->count++] = i;
    }
    if (source->count == 0) {
        dt_split_source_free(source);
        return dt_fail(err, DT_ERR_FORMAT, "%s: the split '%s' has no image that can be read", data->file,
                       split);
    }
    return DT_OK;
}

void dt_split_source_free(dt_split_source *source)
{
    dt_free(source->records);
    dt_free(source->bad);
    *source = (dt_split_source){0};
}

const dt_record *dt_split_source_record(const dt_split_source *source, int64_t index)
{
    return &source->set->records[source->records[index]];
}

/* Labels are in pixels of the file; those of a picture that was decoded at a reduced size shrink with it. */
static dt_status add_labels(const dt_split_source *source, int64_t index, dt_sample *out, dt_error *err)
{
    const dt_record *record = dt_split_source_record(source, index);
    int reduced = source->reduce_to && record->real_width > out->image.width;
    int width = reduced ? record->real_width : out->image.width,
        height = reduced ? record->real_height : out->image.height;
    DT_TRY(dt_dataset_labels(source->set, source->records[index], width, height, out, err));
    if (!reduced) return DT_OK;
    out->original_width = width;
    out->original_height = height;
    double sx = (double)out->image.width / width, sy = (double)out->image.height / height;
    for (size_t i = 0; i < out->label_count; i++) {
        dt_box *b = &out->labels[i].box;
        *b = (dt_box){b->x1 * sx, b->y1 * sy, b->x2 * sx, b->y2 * sy};
    }
    return DT_OK;
}

static dt_status load(void *self, int64_t index, dt_sample *out, dt_error *err)
{
    dt_split_source *source = self;
    const dt_record *record = dt_split_source_record(source, index);
    const dt_image_load_opts opts = {.reduce_to = source->reduce_to};
    dt_status st = dt_image_load(record->image, &opts, &out->image, NULL, err);
    if (st == DT_OK) return add_labels(source, index, out, err);
    if (!source->tolerant || st == DT_ERR_MEMORY) return st;
    source->bad[index] = 1;
    dt_error_clear(err);
    DT_TRY(dt_image_create(&out->image, 32, 32, 3, err));
    memset(out->image.data, DT_LETTERBOX_FILL, (size_t)out->image.width * (size_t)out->image.height * 3);
    return DT_OK;
}

static const char *name(void *self, int64_t index, char *out, size_t size)
{
    snprintf(out, size, "%s", dt_split_source_record(self, index)->image);
    return out;
}

dt_source dt_split_source_as_source(dt_split_source *source)
{
    return (dt_source){.count = source->count, .load = load, .self = source, .name = name};
}

static uint64_t mix(uint64_t hash, const void *data, size_t bytes)
{
    uint64_t pair[2] = {hash, dt_hash64(data, bytes)};
    return dt_hash64(pair, sizeof pair);
}

uint64_t dt_split_source_hash(const dt_split_source *source, uint64_t before)
{
    uint64_t hash = before;
    const dt_dataset *set = source->set;
    for (size_t i = 0; i < set->class_count; i++)
        hash = mix(hash, set->classes[i], strlen(set->classes[i]));
    for (int64_t i = 0; i < source->count; i++) {
        const dt_record *r = dt_split_source_record(source, i);
        const char *name = dt_path_base(r->image);
        const int64_t sizes[] = {r->real_width, r->real_height, r->orientation, (int64_t)r->count,
                                 (int64_t)dt_file_mark(r->image)};
        hash = mix(hash, name, strlen(name));
        hash = mix(hash, sizes, sizeof sizes);
        for (size_t k = r->first; k < r->first + r->count; k++) {
            const dt_object *o = &set->objects[k];
            const dt_box box = dt_dataset_box(set, o, 1, 1);
            const double values[] = {box.x1, box.y1, box.x2, box.y2, (double)o->cls, (double)o->ignore};
            hash = mix(hash, values, sizeof values);
        }
    }
    return hash;
}
