/* conversion.json: what a command did, and the hash of everything that it wrote. */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/str.h"
#include "datasets/check/rules.h"
#include "datasets/target/output_split.h"

const char dt_certificate_tool[] = "dettool ";

/* JSON holds UTF-8 only: of other names the bytes follow as hexadecimal digits. */
static void write_bytes(dt_json *j, const char *key, const char *text)
{
    dt_json_key(j, key);
    dt_json_str(j, text);
    const char *p = text ? text : "";
    for (size_t n; *p && (n = dt_utf8_length(p)) > 0;)
        p += n;
    if (!*p) return;
    dt_str hex = {0};
    char *name = dt_format("%s_bytes", key);
    for (p = text; *p; p++)
        dt_str_printf(&hex, "%02x", (unsigned char)*p);
    if (!name || hex.failed) {
        j->out->failed = 1;
    } else {
        dt_json_key(j, name);
        dt_json_str(j, hex.data);
    }
    dt_str_free(&hex);
    dt_free(name);
}

static void write_finding(dt_json *j, const dt_finding *f)
{
    static const char *const fates[] = {"kept", "changed", "dropped"};
    dt_json_compact(j);
    dt_json_object(j);
    write_bytes(j, "file", f->file);
    if (f->line) {
        dt_json_key(j, "line");
        dt_json_int(j, f->line);
    }
    if (f->object >= 0) {
        dt_json_key(j, "object");
        dt_json_int(j, f->object);
    }
    if (f->object >= 0 || f->fate != DT_FATE_NONE) { /* a picture has a fate, too */
        dt_json_key(j, "fate");
        dt_json_str(j, fates[f->fate]);
    }
    dt_json_key(j, "rule");
    dt_json_str(j, f->rule);
    dt_json_key(j, "severity");
    dt_json_str(j, dt_severity_text(f->severity));
    dt_json_key(j, "message");
    dt_json_str(j, f->message);
    if (f->before) {
        dt_json_key(j, "before");
        dt_json_str(j, f->before);
    }
    if (f->after) {
        dt_json_key(j, "after");
        dt_json_str(j, f->after);
    }
    dt_json_object_end(j);
}

static void write_count(dt_json *j, const char *key, size_t value)
{
    dt_json_key(j, key);
    dt_json_int(j, (int64_t)value);
}

static void write_options(dt_json *j, const dt_target_opts *o)
{
    static const char *const difficult[] = {"drop", "keep", "ignore"},
                             *const images[] = {"link", "copy", "none"},
                             *const layouts[] = {"ultralytics", "darknet"};
    /* `difficult` and `crowd` have the same three choices. */
    dt_json_key(j, "options");
    dt_json_object(j);
    for (size_t i = 0; i < o->note_count; i++) {
        dt_json_key(j, o->notes[i].key);
        dt_json_str(j, o->notes[i].value);
    }
    dt_json_key(j, "class_base");
    dt_json_int(j, o->class_base);
    if (o->format == DT_FORMAT_YOLO) {
        dt_json_key(j, "layout");
        dt_json_str(j, layouts[o->layout]);
    }
    dt_json_key(j, "voc_rule");
    dt_json_str(j, dt_voc_rule_names[o->voc_rule]);
    dt_json_key(j, "difficult");
    dt_json_str(j, difficult[o->difficult]);
    dt_json_key(j, "crowd");
    dt_json_str(j, difficult[o->crowd]);
    dt_json_key(j, "images");
    dt_json_str(j, images[o->images]);
    dt_json_key(j, "invalid");
    dt_json_str(j, o->keep_invalid ? "keep" : "fix");
    dt_json_object_end(j);
}

static void write_evidence(dt_json *j, const dt_voc_evidence *e)
{
    char text[400];
    dt_voc_evidence_text(e, text, sizeof text);
    dt_json_key(j, "coordinate_base");
    dt_json_object(j);
    dt_json_key(j, "found");
    if (e->base >= 0)
        dt_json_int(j, e->base);
    else
        dt_json_null(j);
    dt_json_key(j, "reason");
    dt_json_str(j, text);
    write_count(j, "boxes", e->boxes);
    write_count(j, "touch_0", e->at_zero);
    write_count(j, "touch_1", e->at_one);
    write_count(j, "end_at_side_minus_1", e->at_last);
    write_count(j, "end_at_side", e->at_full);
    write_count(j, "end_beyond_side", e->beyond);
    write_count(j, "with_fractions", e->fractions);
    dt_json_object_end(j);
}

static void write_sources(dt_json *j, const dt_target_opts *o)
{
    dt_json_key(j, "sources");
    dt_json_array(j);
    for (size_t i = 0; i < o->source_count; i++) {
        const dt_set_source *s = &o->sources[i];
        dt_json_object(j);
        write_bytes(j, "path", s->path);
        dt_json_key(j, "format");
        dt_json_str(j, dt_format_names[s->format]);
        write_count(j, "pictures", s->records);
        write_count(j, "objects", s->objects);
        if (s->format == DT_FORMAT_VOC) {
            dt_json_key(j, "voc_rule");
            dt_json_str(j, dt_voc_rule_names[s->voc_rule]);
            write_evidence(j, &s->evidence);
        }
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
}

/* How many objects and pictures each rule changed and dropped. */
static dt_status write_fates(dt_json *j, const dt_findings *findings, dt_error *err)
{
    size_t rules, last = 0;
    const dt_rule *all = dt_rules(&rules);
    size_t(*counts)[3] = dt_calloc(rules, sizeof *counts);
    if (!counts) return dt_fail_memory(err, rules * sizeof *counts, "conversion.json");
    for (size_t i = 0; i < findings->count; i++) {
        const dt_finding *f = &findings->items[i];
        size_t k = last; /* mostly the rule of the finding before */
        if (strcmp(f->rule, all[k].id) != 0)
            for (k = 0; k < rules && strcmp(f->rule, all[k].id) != 0;)
                k++;
        if (k == rules) continue;
        counts[last = k][f->fate]++;
    }
    dt_json_key(j, "fates");
    dt_json_object(j);
    for (size_t i = 0; i < rules; i++) {
        if (!counts[i][DT_FATE_CHANGED] && !counts[i][DT_FATE_DROPPED]) continue;
        dt_json_key(j, all[i].id);
        dt_json_compact(j);
        dt_json_object(j);
        write_count(j, "changed", counts[i][DT_FATE_CHANGED]);
        write_count(j, "dropped", counts[i][DT_FATE_DROPPED]);
        dt_json_object_end(j);
    }
    dt_json_object_end(j);
    dt_free(counts);
    return DT_OK;
}

static void write_counts(dt_json *j, const dt_target_report *r)
{
    dt_json_key(j, "counts");
    dt_json_object(j);
    write_count(j, "images", r->images);
    write_count(j, "backgrounds", r->backgrounds);
    write_count(j, "annotations_skipped", r->skipped);
    write_count(j, "boxes_kept", r->boxes.kept);
    write_count(j, "boxes_clipped", r->boxes.clipped);
    write_count(j, "boxes_dropped", r->boxes.dropped + r->reader_dropped);
    write_count(j, "boxes_difficult_left_out", r->boxes.difficult);
    write_count(j, "boxes_crowd_left_out", r->boxes.crowd);
    write_count(j, "boxes_ignored", r->boxes.ignored);
    write_count(j, "boxes_invalid_kept", r->boxes.left);
    write_count(j, "masks_kept", r->masks_kept);
    write_count(j, "masks_lost", r->masks_lost);
    dt_json_key(j, "not_held"); /* objects with something that the target cannot hold, by kind */
    dt_json_object(j);
    for (int i = 0; i < DT_FIELDS; i++)
        if (r->boxes.lost[i]) write_count(j, dt_field_names[i], r->boxes.lost[i]);
    dt_json_object_end(j);
    dt_json_object_end(j);
}

/* What is written piece by piece, since it may list a million objects. */
typedef struct certificate {
    dt_str text;
    dt_json json;
    dt_output_stream stream;
    dt_error *err;
} certificate;

static dt_status write_head(certificate *c, const dt_target_opts *opts, const dt_dataset *set,
                            const dt_target_report *report)
{
    dt_json *j = &c->json;
    dt_json_object(j);
    dt_json_key(j, "tool");
    char *tool = dt_format("%s%s", dt_certificate_tool, opts->tool);
    if (!tool) return dt_fail_memory(c->err, strlen(opts->tool), "conversion.json");
    dt_json_str(j, tool);
    dt_free(tool);
    dt_json_key(j, "version");
    dt_json_str(j, DT_VERSION);
    if (opts->command) write_bytes(j, "command", opts->command);
    dt_json_key(j, "to");
    dt_json_str(j, opts->kind ? opts->kind : dt_format_names[opts->format]);
    write_sources(j, opts);
    write_options(j, opts);
    dt_json_key(j, "class_base");
    dt_json_int(j, opts->class_base);
    dt_json_key(j, "names");
    dt_json_array(j);
    for (size_t i = 0; i < set->class_count; i++)
        dt_json_str(j, set->classes[i]);
    dt_json_array_end(j);
    write_counts(j, report);
    return write_fates(j, &report->findings, c->err);
}

/* Those about objects, or those about files and the set. */
static dt_status write_findings(certificate *c, const dt_findings *findings, int objects)
{
    dt_json_key(&c->json, objects ? "objects" : "findings");
    dt_json_array(&c->json);
    for (size_t i = 0; i < findings->count; i++) {
        if ((findings->items[i].object >= 0) != objects) continue;
        write_finding(&c->json, &findings->items[i]);
        DT_TRY(dt_stream_flush(&c->stream, &c->text, DT_STREAM_PIECE, c->err));
    }
    dt_json_array_end(&c->json);
    return DT_OK;
}

static dt_status write_files(certificate *c, const dt_output_list *files)
{
    dt_json *j = &c->json;
    dt_json_key(j, "folders");
    dt_json_array(j);
    for (size_t i = 0; i < files->folders.count; i++) {
        dt_json_compact(j);
        dt_json_object(j);
        write_bytes(j, "path", files->folders.items[i]);
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
    dt_json_key(j, "files");
    dt_json_array(j);
    for (size_t i = 0; i < files->count; i++) {
        dt_json_compact(j);
        dt_json_object(j);
        write_bytes(j, "path", files->items[i].path);
        if (files->items[i].link) {
            write_bytes(j, "link", files->items[i].link);
        } else {
            dt_json_key(j, "sha256");
            dt_json_str(j, files->items[i].sha256);
        }
        dt_json_object_end(j);
        DT_TRY(dt_stream_flush(&c->stream, &c->text, DT_STREAM_PIECE, c->err));
    }
    dt_json_array_end(j);
    return DT_OK;
}

dt_status dt_certificate_write(const dt_target_opts *opts, const dt_dataset *set,
                               const dt_target_report *report, const char *root, dt_output_list *files,
                               dt_error *err)
{
    certificate c = {.err = err};
    DT_TRY(dt_stream_open(&c.stream, root, "conversion.json", err));
    c.json = dt_json_begin(&c.text, 1);
    dt_status st = write_head(&c, opts, set, report);
    if (st == DT_OK) st = write_findings(&c, &report->findings, 1);
    if (st == DT_OK) st = write_findings(&c, &report->findings, 0);
    if (st == DT_OK) st = write_files(&c, files);
    if (st == DT_OK) {
        dt_json_object_end(&c.json);
        dt_str_char(&c.text, '\n');
        st = dt_stream_flush(&c.stream, &c.text, 1, err);
    }
    if (st == DT_OK) st = dt_stream_close(&c.stream, files, err);
    dt_stream_abort(&c.stream);
    dt_str_free(&c.text);
    return st;
}
