/* conversion.json: what a conversion did, and the proof that its output is untouched. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/sha256.h"
#include "datasets/convert.h"
#include "datasets/output_split.h"

const char dt_certificate_tool[] = "dettool convert";
enum { MAX_CERTIFICATE_BYTES = 1 << 30, MAX_DEPTH = 16 };

/* JSON holds UTF-8 only: of other names the bytes follow as hexadecimal digits. */
static void write_bytes(dt_json *j, const char *key, const char *text)
{
    dt_json_key(j, key);
    dt_json_str(j, text);
    const char *p = text;
    for (size_t n; *p && (n = dt_output_utf8(p)) > 0;)
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

const char *dt_certificate_text(const cJSON *item, const char *key, dt_arena *texts)
{
    char name[32];
    snprintf(name, sizeof name, "%s_bytes", key);
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(item, key),
                *hex = cJSON_GetObjectItemCaseSensitive(item, name);
    if (!cJSON_IsString(hex)) return cJSON_IsString(text) ? text->valuestring : NULL;
    size_t len = strlen(hex->valuestring) / 2;
    char *out = dt_arena_text_n(texts, hex->valuestring, len);
    for (size_t i = 0; i < len && out; i++) {
        unsigned byte = 0;
        for (int k = 0; k < 2; k++) {
            char c = hex->valuestring[2 * i + (size_t)k];
            if (c >= '0' && c <= '9')
                byte = byte * 16 + (unsigned)(c - '0');
            else if (c >= 'a' && c <= 'f')
                byte = byte * 16 + (unsigned)(c - 'a') + 10;
            else
                return NULL;
        }
        out[i] = (char)byte;
    }
    return out;
}

static void write_finding(dt_json *j, const dt_finding *f)
{
    static const char *const fates[] = {"kept", "changed", "dropped"};
    dt_json_compact(j);
    dt_json_object(j);
    dt_json_key(j, "file");
    dt_json_str(j, f->file);
    if (f->line) {
        dt_json_key(j, "line");
        dt_json_int(j, f->line);
    }
    if (f->object >= 0) {
        dt_json_key(j, "object");
        dt_json_int(j, f->object);
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

static void write_options(dt_json *j, const dt_convert_opts *o)
{
    static const char *const rules[] = {"exact", "minus-one", "raw"},
                             *const difficult[] = {"drop", "keep", "ignore"},
                             *const images[] = {"link", "copy", "none"};
    /* `difficult` and `crowd` have the same three choices. */
    dt_json_key(j, "options");
    dt_json_object(j);
    dt_json_key(j, "classes");
    dt_json_str(j, o->classes_file);
    dt_json_key(j, "class_base");
    dt_json_int(j, o->class_base);
    dt_json_key(j, "voc_rule");
    dt_json_str(j, rules[o->voc_rule]);
    dt_json_key(j, "difficult");
    dt_json_str(j, difficult[o->difficult]);
    dt_json_key(j, "crowd");
    dt_json_str(j, difficult[o->crowd]);
    dt_json_key(j, "images");
    dt_json_str(j, images[o->images]);
    if (o->image_dir) {
        dt_json_key(j, "image_dir");
        dt_json_str(j, o->image_dir);
    }
    if (o->to == DT_FORMAT_YOLO) {
        dt_json_key(j, "layout");
        dt_json_str(j, o->layout == DT_LAYOUT_DARKNET ? "darknet" : "ultralytics");
    }
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

static void write_counts(dt_json *j, const dt_convert_report *r)
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
    dt_json_key(j, "not_held"); /* objects with something that the target cannot hold, by kind */
    dt_json_object(j);
    for (int i = 0; i < DT_FIELDS; i++)
        if (r->boxes.lost[i]) write_count(j, dt_field_names[i], r->boxes.lost[i]);
    dt_json_object_end(j);
    dt_json_object_end(j);
}

dt_status dt_certificate_write(const dt_convert_opts *opts, const dt_dataset *set,
                               const dt_convert_report *report, const dt_output_list *files, dt_str *out,
                               dt_error *err)
{
    dt_json j = dt_json_begin(out, 1);
    dt_json_object(&j);
    dt_json_key(&j, "tool");
    dt_json_str(&j, dt_certificate_tool);
    dt_json_key(&j, "version");
    dt_json_str(&j, DT_VERSION);
    dt_json_key(&j, "from");
    dt_json_str(&j, dt_format_names[opts->from]);
    dt_json_key(&j, "to");
    dt_json_str(&j, dt_format_names[opts->to]);
    dt_json_key(&j, "source");
    dt_json_str(&j, opts->source);
    write_options(&j, opts);
    if (opts->from == DT_FORMAT_VOC) write_evidence(&j, &report->evidence);
    dt_json_key(&j, "class_base");
    dt_json_int(&j, opts->class_base);
    dt_json_key(&j, "names");
    dt_json_array(&j);
    for (size_t i = 0; i < set->class_count; i++)
        dt_json_str(&j, set->classes[i]);
    dt_json_array_end(&j);
    write_counts(&j, report);
    /* First the fate of objects, then what is about files and the set. */
    for (int objects = 1; objects >= 0; objects--) {
        dt_json_key(&j, objects ? "objects" : "findings");
        dt_json_array(&j);
        for (size_t i = 0; i < report->findings.count; i++)
            if ((report->findings.items[i].object >= 0) == objects)
                write_finding(&j, &report->findings.items[i]);
        dt_json_array_end(&j);
    }
    dt_json_key(&j, "folders");
    dt_json_array(&j);
    for (size_t i = 0; i < files->folders.count; i++) {
        dt_json_compact(&j);
        dt_json_object(&j);
        write_bytes(&j, "path", files->folders.items[i]);
        dt_json_object_end(&j);
    }
    dt_json_array_end(&j);
    dt_json_key(&j, "files");
    dt_json_array(&j);
    for (size_t i = 0; i < files->count; i++) {
        dt_json_compact(&j);
        dt_json_object(&j);
        write_bytes(&j, "path", files->items[i].path);
        if (files->items[i].link) {
            write_bytes(&j, "link", files->items[i].link);
        } else {
            dt_json_key(&j, "sha256");
            dt_json_str(&j, files->items[i].sha256);
        }
        dt_json_object_end(&j);
    }
    dt_json_array_end(&j);
    dt_json_object_end(&j);
    dt_str_char(out, '\n');
    return out->failed ? dt_fail_memory(err, out->len, "conversion.json") : DT_OK;
}

typedef struct checker {
    const char *target;
    dt_strmap known; /* relative path -> index in files */
    const cJSON **files;
    dt_arena *texts;
    dt_error *err;
} checker;

static dt_status in_the_way(const checker *c, const char *path, const char *what)
{
    return dt_fail(c->err, DT_ERR_STATE,
                   "%s: is not empty and %s/%s %s: choose another destination or remove it", c->target,
                   c->target, path, what);
}

static dt_status check_file(const checker *c, const char *full, const char *path, mode_t mode)
{
    int64_t at = dt_strmap_get(&c->known, path, -1);
    if (at < 0) return in_the_way(c, path, "was not written by the earlier conversion");
    const char *link = dt_certificate_text(c->files[at], "link", c->texts);
    const cJSON *sha = cJSON_GetObjectItemCaseSensitive(c->files[at], "sha256");
    if (S_ISLNK(mode)) {
        char target[4096];
        ssize_t n = readlink(full, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        if (link && strcmp(link, target) == 0) return DT_OK;
        return in_the_way(c, path, "was changed since the earlier conversion");
    }
    char *data, text[DT_SHA256_TEXT];
    size_t size;
    dt_sha256 hash;
    DT_TRY(dt_file_read(full, MAX_CERTIFICATE_BYTES, &data, &size, c->err));
    dt_sha256_begin(&hash);
    dt_sha256_add(&hash, data, size);
    dt_sha256_end(&hash, text);
    dt_free(data);
    if (cJSON_IsString(sha) && strcmp(sha->valuestring, text) == 0) return DT_OK;
    return in_the_way(c, path, "was changed since the earlier conversion");
}

static dt_status check_folder(const checker *c, const char *relative, int depth)
{
    dt_names names;
    char *folder = dt_path_join(c->target, relative);
    dt_status st = folder ? dt_dir_list(folder, &names, c->err) : dt_fail_memory(c->err, 1, "a path");
    dt_free(folder);
    DT_TRY(st);
    for (size_t i = 0; i < names.count && st == DT_OK; i++) {
        struct stat info;
        char *path = *relative ? dt_path_join(relative, names.items[i]) : dt_strdup(names.items[i]);
        char *full = path ? dt_path_join(c->target, path) : NULL;
        if (!full)
            st = dt_fail_memory(c->err, 1, "a path");
        else if (strcmp(path, "conversion.json") == 0)
            st = DT_OK;
        else if (lstat(full, &info) != 0)
            st = dt_fail(c->err, DT_ERR_IO, "%s: %s", full, strerror(errno));
        else if (S_ISDIR(info.st_mode) && depth < MAX_DEPTH)
            st = check_folder(c, path, depth + 1);
        else
            st = check_file(c, full, path, info.st_mode);
        dt_free(path);
        dt_free(full);
    }
    dt_names_free(&names);
    return st;
}

static dt_status check_against(checker *c, const cJSON *root)
{
    const cJSON *tool = cJSON_GetObjectItemCaseSensitive(root, "tool");
    const cJSON *files = cJSON_GetObjectItemCaseSensitive(root, "files"), *item;
    size_t count = 0;
    if (!cJSON_IsString(tool) || strcmp(tool->valuestring, dt_certificate_tool) != 0 || !cJSON_IsArray(files))
        return in_the_way(c, "conversion.json", "is not of a conversion");
    c->files = dt_calloc((size_t)cJSON_GetArraySize(files), sizeof *c->files);
    if (!c->files) return dt_fail_memory(c->err, 1, "a list of files");
    cJSON_ArrayForEach(item, files)
    {
        const char *path = dt_certificate_text(item, "path", c->texts);
        c->files[count] = item;
        if (path && dt_strmap_add(&c->known, path, (int64_t)count) < 0)
            return dt_fail_memory(c->err, count, "a list of files");
        count++;
    }
    return check_folder(c, "", 0);
}

dt_status dt_certificate_check(const char *target, int *replace, dt_error *err)
{
    dt_names names;
    dt_arena texts = {0};
    checker c = {.target = target, .texts = &texts, .err = err};
    *replace = 0;
    if (!dt_is_dir(target)) return DT_OK;
    DT_TRY(dt_dir_list(target, &names, err));
    size_t count = names.count;
    int partial = count == 1 && strcmp(names.items[0], ".dettool-partial") == 0;
    char *first = count ? dt_strdup(names.items[0]) : NULL;
    dt_names_free(&names);
    if (count == 0 || partial) {
        dt_free(first);
        return DT_OK;
    }
    char *path = dt_path_join(target, "conversion.json"), *text = NULL;
    size_t size;
    dt_status st = path && first ? DT_OK : dt_fail_memory(err, strlen(target), "a path");
    if (st == DT_OK && !dt_is_file(path)) st = in_the_way(&c, first, "is in it");
    if (st == DT_OK) st = dt_file_read(path, MAX_CERTIFICATE_BYTES, &text, &size, err);
    cJSON *root = st == DT_OK ? cJSON_ParseWithLength(text, size) : NULL;
    if (st == DT_OK)
        st = root ? check_against(&c, root) : in_the_way(&c, "conversion.json", "cannot be read");
    if (st == DT_OK) *replace = 1;
    cJSON_Delete(root);
    dt_strmap_free(&c.known);
    dt_arena_free(&texts);
    dt_free(c.files);
    dt_free(first);
    dt_free(path);
    dt_free(text);
    return st;
}
