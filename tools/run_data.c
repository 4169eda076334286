#include "tools/run_data.h"

#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "tools/cli.h"

enum { FINDINGS_SHOWN = 10 };

static void show_findings(const dt_findings *findings)
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

dt_status dt_run_data_read(const char *file, unsigned splits, int strict, dt_pool *pool, dt_run_data *data,
                           dt_error *err)
{
    *data = (dt_run_data){.file = file};
    dt_status st = dt_yolo_read(file, &(dt_yolo_read_opts){.splits = splits, .pool = pool}, &data->set,
                                &data->findings, err);
    if (st == DT_OK) st = dt_dataset_probe(&data->set, pool, &data->findings, err);
    if (st == DT_OK) {
        show_findings(&data->findings);
        size_t errors = data->findings.by_severity[DT_PROBLEM],
               warnings = data->findings.by_severity[DT_WARNING];
        if (strict && errors + warnings > 0)
            st = dt_fail(err, DT_ERR_FORMAT, "%s: %zu errors and %zu warnings (--strict)", file, errors,
                         warnings);
    }
    if (st != DT_OK) dt_run_data_free(data);
    return st;
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

static dt_status load(void *self, int64_t index, dt_sample *out, dt_error *err)
{
    dt_split_source *source = self;
    const dt_record *record = dt_split_source_record(source, index);
    dt_status st = dt_image_load(record->image, NULL, &out->image, NULL, err);
    if (st == DT_OK)
        return dt_dataset_labels(source->set, source->records[index], out->image.width, out->image.height,
                                 out, err);
    if (!source->tolerant || st == DT_ERR_MEMORY) return st;
    source->bad[index] = 1;
    dt_error_clear(err);
    DT_TRY(dt_image_create(&out->image, 32, 32, 3, err));
    memset(out->image.data, DT_LETTERBOX_FILL, (size_t)out->image.width * (size_t)out->image.height * 3);
    return DT_OK;
}

dt_source dt_split_source_as_source(dt_split_source *source)
{
    return (dt_source){.count = source->count, .load = load, .self = source};
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
        const int64_t sizes[] = {r->real_width, r->real_height, r->orientation, (int64_t)r->count};
        hash = mix(hash, name, strlen(name));
        hash = mix(hash, sizes, sizeof sizes);
        for (size_t k = r->first; k < r->first + r->count; k++) {
            const dt_object *o = &set->objects[k];
            const double values[] = {o->box.x1, o->box.y1,      o->box.x2,
                                     o->box.y2, (double)o->cls, (double)o->ignore};
            hash = mix(hash, values, sizeof values);
        }
    }
    return hash;
}
