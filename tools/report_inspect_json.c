#include "core/json.h"
#include "core/mem.h"
#include "datasets/check/rules.h"
#include "tools/report_inspect.h"

static void put_int(dt_json *j, const char *key, size_t value)
{
    dt_json_key(j, key);
    dt_json_int(j, (int64_t)value);
}

static void put_num(dt_json *j, const char *key, double value)
{
    dt_json_key(j, key);
    dt_json_num(j, value);
}

static void put_str(dt_json *j, const char *key, const char *text)
{
    dt_json_key(j, key);
    dt_json_str(j, text);
}

static void put_summary(dt_json *j, const char *key, const dt_summary *s)
{
    dt_json_key(j, key);
    dt_json_compact(j);
    dt_json_object(j);
    put_int(j, "count", s->count);
    put_num(j, "min", s->min);
    put_num(j, "p5", s->p5);
    put_num(j, "median", s->median);
    put_num(j, "p95", s->p95);
    put_num(j, "max", s->max);
    put_num(j, "mean", s->mean);
    dt_json_object_end(j);
}

static void put_counts(dt_json *j, const char *key, const size_t *counts, int n)
{
    if (key) dt_json_key(j, key);
    dt_json_compact(j);
    dt_json_array(j);
    for (int i = 0; i < n; i++)
        dt_json_int(j, (int64_t)counts[i]);
    dt_json_array_end(j);
}

static void put_sizes(dt_json *j, const size_t by_size[DT_SIZES])
{
    put_int(j, "small", by_size[DT_SIZE_SMALL]);
    put_int(j, "medium", by_size[DT_SIZE_MEDIUM]);
    put_int(j, "large", by_size[DT_SIZE_LARGE]);
}

static void put_classes(dt_json *j, const dt_inspection *in)
{
    const dt_stats *s = &in->stats;
    dt_json_key(j, "classes");
    dt_json_array(j);
    for (size_t c = 0; c < s->class_count; c++) {
        dt_json_compact(j);
        dt_json_object(j);
        put_int(j, "id", c);
        put_str(j, "name", in->set.classes[c]);
        put_int(j, "objects", s->classes[c].objects);
        put_int(j, "images", s->classes[c].images);
        put_sizes(j, s->classes[c].by_size);
        put_int(j, "difficult", s->classes[c].difficult);
        put_summary(j, "side", &s->classes[c].side);
        dt_json_key(j, "splits");
        dt_json_object(j);
        for (size_t i = 0; i < s->split_count; i++)
            put_int(j, s->splits[i].name, s->splits[i].class_objects[c]);
        dt_json_object_end(j);
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
}

static void put_splits(dt_json *j, const dt_stats *s)
{
    dt_json_key(j, "splits");
    dt_json_array(j);
    for (size_t i = 0; i < s->split_count; i++) {
        dt_json_compact(j);
        dt_json_object(j);
        put_str(j, "name", s->splits[i].name);
        put_int(j, "images", s->splits[i].images);
        put_int(j, "backgrounds", s->splits[i].backgrounds);
        put_int(j, "objects", s->splits[i].objects);
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
}

static void put_boxes(dt_json *j, const dt_stats *s)
{
    dt_json_key(j, "boxes");
    dt_json_object(j);
    put_sizes(j, s->by_size);
    put_summary(j, "side", &s->side);
    put_summary(j, "relative_side", &s->relative_side);
    put_summary(j, "aspect", &s->aspect);
    dt_json_key(j, "relative_side_bins");
    dt_json_object(j);
    put_num(j, "width", 1.0 / DT_STATS_SIDE_BINS);
    put_counts(j, "counts", s->side_bins, DT_STATS_SIDE_BINS);
    dt_json_object_end(j);
    dt_json_key(j, "aspect_bins");
    dt_json_object(j);
    put_num(j, "log2_from", -4);
    put_num(j, "log2_width", 0.5);
    put_counts(j, "counts", s->aspect_bins, DT_STATS_ASPECT_BINS);
    dt_json_object_end(j);
    dt_json_key(j, "centres");
    dt_json_array(j);
    for (int y = 0; y < DT_STATS_HEAT_SIDE; y++)
        put_counts(j, NULL, s->heat[y], DT_STATS_HEAT_SIDE);
    dt_json_array_end(j);
    dt_json_object_end(j);
}

static void put_segmentation(dt_json *j, const dt_inspection *in)
{
    const dt_mask_stats *m = &in->masks;
    dt_json_key(j, "segmentation");
    if (!m->images) {
        dt_json_null(j);
        return;
    }
    dt_json_object(j);
    put_int(j, "images", m->images);
    put_int(j, "class_files", m->files[DT_MASK_CLASS]);
    put_int(j, "object_files", m->files[DT_MASK_OBJECT]);
    put_int(j, "class_files_read", m->read[DT_MASK_CLASS]);
    put_int(j, "object_files_read", m->read[DT_MASK_OBJECT]);
    dt_json_key(j, "pixels");
    dt_json_compact(j);
    dt_json_object(j);
    put_int(j, "all", m->pixels);
    put_int(j, "void", m->void_pixels);
    dt_json_object_end(j);
    put_int(j, "instances", m->instances);
    put_str(j, "numbers", m->by_vote ? "vote" : "voc");
    dt_json_key(j, "classes");
    dt_json_array(j);
    for (size_t i = 0; i < m->number_count; i++) {
        const dt_mask_class *k = &m->numbers[i];
        dt_json_compact(j);
        dt_json_object(j);
        put_int(j, "number", (size_t)k->number);
        put_str(j, "name", k->name);
        put_int(j, "pixels", k->pixels);
        put_num(j, "share", dt_mask_share(m, k));
        put_int(j, "images", k->images);
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
    dt_json_key(j, "objects");
    dt_json_object(j);
    for (size_t c = 0; c < m->class_count; c++)
        if (m->class_instances[c]) put_int(j, in->set.classes[c], m->class_instances[c]);
    dt_json_object_end(j);
    dt_json_object_end(j);
}

static void put_statistics(dt_json *j, const dt_inspection *in)
{
    const dt_stats *s = &in->stats;
    put_int(j, "images", s->images);
    put_int(j, "backgrounds", s->backgrounds);
    put_int(j, "objects", s->objects);
    put_int(j, "measured", s->measured);
    put_int(j, "difficult", s->difficult);
    put_int(j, "crowd", s->crowd);
    put_classes(j, in);
    put_splits(j, s);
    dt_json_key(j, "balance");
    dt_json_compact(j);
    dt_json_object(j);
    put_num(j, "imbalance", s->imbalance);
    put_num(j, "evenness", s->evenness);
    dt_json_object_end(j);
    put_boxes(j, s);
    dt_json_key(j, "per_image");
    dt_json_object(j);
    put_summary(j, "summary", &s->per_image);
    put_counts(j, "counts", s->per_image_bins, DT_STATS_PER_IMAGE_BINS);
    dt_json_object_end(j);
    dt_json_key(j, "image_sizes");
    dt_json_array(j);
    for (size_t i = 0; i < s->size_count; i++) {
        dt_json_compact(j);
        dt_json_object(j);
        dt_json_key(j, "width");
        dt_json_int(j, s->sizes[i].width);
        dt_json_key(j, "height");
        dt_json_int(j, s->sizes[i].height);
        put_int(j, "images", s->sizes[i].images);
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
    put_segmentation(j, in);
}

static void put_rules(dt_json *j, const dt_findings *findings)
{
    dt_rule_group *groups;
    size_t count;
    dt_error err = {0};
    dt_json_key(j, "counts");
    dt_json_compact(j);
    dt_json_object(j);
    for (int s = DT_SEVERITIES - 1; s >= 0; s--)
        put_int(j, dt_severity_text((dt_severity)s), findings->by_severity[s]);
    dt_json_object_end(j);
    dt_json_key(j, "rules");
    dt_json_array(j);
    if (dt_group_findings(findings, &groups, &count, &err) != DT_OK) {
        j->out->failed = 1;
        count = 0;
        groups = NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const dt_rule *rule = dt_rule_find(groups[i].rule);
        dt_json_compact(j);
        dt_json_object(j);
        put_str(j, "rule", groups[i].rule);
        put_str(j, "severity", dt_severity_text(groups[i].severity));
        put_int(j, "count", groups[i].count);
        put_str(j, "title", rule ? rule->title : groups[i].rule);
        put_str(j, "advice", rule && *rule->advice ? rule->advice : NULL);
        dt_json_object_end(j);
    }
    dt_free(groups);
    dt_json_array_end(j);
}

static void put_finding(dt_json *j, const dt_finding *f)
{
    static const char *const fates[] = {"none", "changed", "dropped"};
    dt_json_compact(j);
    dt_json_object(j);
    put_str(j, "severity", dt_severity_text(f->severity));
    put_str(j, "rule", f->rule);
    put_str(j, "fate", fates[f->fate]);
    put_str(j, "file", f->file);
    dt_json_key(j, "line");
    if (f->line > 0)
        dt_json_int(j, f->line);
    else
        dt_json_null(j);
    dt_json_key(j, "object");
    if (f->object >= 0)
        dt_json_int(j, f->object);
    else
        dt_json_null(j);
    put_str(j, "message", f->message);
    put_str(j, "before", f->before);
    put_str(j, "after", f->after);
    put_str(j, "other", f->other);
    dt_json_object_end(j);
}

void dt_report_inspect_json(const dt_inspection *in, int problems_only, dt_str *out)
{
    dt_json j = dt_json_begin(out, 1);
    dt_json_object(&j);
    put_str(&j, "path", in->path);
    put_str(&j, "format", in->format->name);
    dt_json_key(&j, "decoded");
    dt_json_bool(&j, in->decoded);
    if (!problems_only) put_statistics(&j, in);
    put_rules(&j, &in->findings);
    dt_json_key(&j, "findings");
    dt_json_array(&j);
    for (size_t i = 0; i < in->findings.count; i++)
        put_finding(&j, &in->findings.items[i]);
    dt_json_array_end(&j);
    dt_json_object_end(&j);
    dt_str_char(out, '\n');
}
