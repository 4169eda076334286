/* From settings to records: where the labels of the images lie, and all label files in parallel. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "datasets/yolo/yolo_config.h"

enum { MAX_LABEL_BYTES = 64 << 20, GRAIN = 64 };

static int has_suffix(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    return n >= m && strcasecmp(text + n - m, suffix) == 0;
}

typedef struct part {
    dt_dataset set;
    dt_findings findings;
    dt_error err;
} part;

typedef struct read_job {
    const dt_yolo_config *config;
    const dt_names *images;
    const dt_yolo_read_opts *opts;
    part *parts; /* one a chunk: the result does not depend on threads */
} read_job;

/* Reads one label file into the last record. *found says whether it was there. */
static dt_status read_label(const read_job *job, part *p, const char *path, int ignore, int *found)
{
    dt_error problem = {0};
    char *text;
    size_t size;
    dt_status st = dt_file_read(path, MAX_LABEL_BYTES, &text, &size, &problem);
    *found = st != DT_ERR_NOT_FOUND;
    if (st == DT_ERR_NOT_FOUND) return DT_OK;
    if (st == DT_ERR_MEMORY) return dt_fail(&p->err, st, "%s", problem.text);
    if (st != DT_OK)
        return dt_findings_add(
            &p->findings,
            &(dt_finding){.severity = DT_PROBLEM, .rule = "label-unreadable", .file = path, .object = -1},
            &p->err, "%s", problem.text);
    const dt_yolo_rows rows = {.file = path,
                               .class_count = job->config->names.count,
                               .class_base = job->opts->numbers_from_1 ? 1 : job->config->class_base,
                               .ignore = ignore,
                               .as_is = job->opts->as_is};
    st = dt_yolo_parse(text, size, &rows, &p->set, &p->findings, &p->err);
    dt_free(text);
    return st;
}

static dt_status read_record(const read_job *job, part *p, const char *image)
{
    char *label = dt_yolo_label_path(image, "labels"), *ignored = dt_yolo_label_path(image, "ignore");
    char *beside = dt_format("%.*s.txt", (int)(dt_path_extension(image) - image), image);
    dt_record *record;
    int found = 0, found_ignored;
    dt_status st = label && ignored && beside ? dt_dataset_add_record(&p->set, image, label, &record, &p->err)
                                              : dt_fail_memory(&p->err, strlen(image), "a path");
    if (st == DT_OK) record->origin = DT_ORIGIN_YOLO;
    if (st == DT_OK) st = read_label(job, p, label, 0, &found);
    if (st == DT_OK && !found && strcmp(label, beside) != 0) {
        st = read_label(job, p, beside, 0, &found);
        if (st == DT_OK && found) {
            record->label = dt_arena_text(&p->set.texts, beside);
            st = !record->label
                     ? dt_fail_memory(&p->err, strlen(beside), "a path")
                     : dt_findings_add(
                           &p->findings,
                           &(dt_finding){
                               .severity = DT_NOTE, .rule = "label-beside", .file = beside, .object = -1},
                           &p->err, "the label lies beside the image, not at %s", label);
        }
    }
    if (st == DT_OK && !found) {
        record->label = NULL;
        st = dt_findings_add(
            &p->findings,
            &(dt_finding){.severity = DT_NOTE, .rule = "label-missing", .file = image, .object = -1}, &p->err,
            "no label file (%s): a background image", label);
    }
    if (st == DT_OK && strcmp(ignored, label) != 0) st = read_label(job, p, ignored, 1, &found_ignored);
    dt_free(label);
    dt_free(ignored);
    dt_free(beside);
    return st;
}

static void read_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    read_job *job = arg;
    part *p = &job->parts[begin / GRAIN];
    (void)worker;
    for (int64_t i = begin; i < end && p->err.status == DT_OK; i++)
        if (read_record(job, p, job->images->items[i]) != DT_OK) return;
}

static dt_status read_records(const dt_yolo_config *config, const dt_names *images,
                              const dt_yolo_read_opts *opts, dt_dataset *set, dt_findings *findings,
                              dt_error *err)
{
    size_t count = (images->count + GRAIN - 1) / GRAIN;
    read_job job = {config, images, opts, dt_calloc(count, sizeof *job.parts)};
    if (!job.parts) return dt_fail_memory(err, count * sizeof *job.parts, "label files");
    dt_parallel(opts->pool, (int64_t)images->count, GRAIN, read_chunk, &job);
    dt_status st = DT_OK;
    for (size_t i = 0; i < count; i++) {
        part *p = &job.parts[i];
        if (st == DT_OK && p->err.status != DT_OK) st = dt_fail(err, p->err.status, "%s", p->err.text);
        if (st == DT_OK) st = dt_dataset_append(set, &p->set, err);
        if (st == DT_OK && findings) st = dt_findings_append(findings, &p->findings, err);
        dt_dataset_free(&p->set);
        dt_findings_free(&p->findings);
    }
    dt_free(job.parts);
    return st;
}

static dt_status say(dt_findings *findings, dt_severity severity, const char *rule, const char *file,
                     dt_error *err, const char *fmt, ...) DT_PRINTF(6, 7);
static dt_status say(dt_findings *findings, dt_severity severity, const char *rule, const char *file,
                     dt_error *err, const char *fmt, ...)
{
    char message[DT_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return dt_findings_add(findings,
                           &(dt_finding){.severity = severity, .rule = rule, .file = file, .object = -1}, err,
                           "%s", message);
}

/* Images that are listed twice, two images with one label file. *labelled counts those that have one. */
static dt_status check_records(const dt_dataset *set, size_t *labelled, dt_findings *findings, dt_error *err)
{
    const dt_split *split = &set->splits[set->split_count - 1];
    dt_strmap images = {0}, labels = {0};
    dt_status st = DT_OK;
    for (size_t i = 0; i < split->count && st == DT_OK; i++) {
        const dt_record *r = &set->records[split->first + i];
        int fresh = dt_strmap_add(&images, r->image, (int64_t)i);
        if (fresh < 0) st = dt_fail_memory(err, images.count, "a map of images");
        if (fresh == 0)
            st =
                say(findings, DT_WARNING, "image-twice", r->image, err, "the image is listed more than once");
        if (r->label) ++*labelled;
        if (fresh != 1 || !r->label || st != DT_OK) continue;
        int64_t first = dt_strmap_get(&labels, r->label, -1);
        if (first >= 0)
            st = say(findings, DT_WARNING, "stem-twice", r->image, err, "shares the label file %s with %s",
                     r->label, set->records[split->first + (size_t)first].image);
        else if (dt_strmap_add(&labels, r->label, (int64_t)i) < 0)
            st = dt_fail_memory(err, labels.count, "a map of labels");
    }
    dt_strmap_free(&images);
    dt_strmap_free(&labels);
    return st;
}

/* What only the whole split shows: the last one of the set. */
static dt_status check_split(const dt_yolo_config *config, const dt_dataset *set, dt_findings *findings,
                             dt_error *err)
{
    const dt_split *split = &set->splits[set->split_count - 1];
    size_t labelled = 0;
    if (split->count == 0)
        return say(findings, DT_PROBLEM, "split-empty", config->file, err,
                   "%s: no JPEG or PNG file was found", split->name);
    DT_TRY(check_records(set, &labelled, findings, err));
    if (labelled) return DT_OK;
    char *label = dt_yolo_label_path(set->records[split->first].image, "labels");
    dt_status st = label ? say(findings, DT_PROBLEM, "labels-none", config->file, err,
                               "%s: none of %zu images has a label file; looked for %s and beside the image",
                               split->name, split->count, label)
                         : dt_fail_memory(err, 1, "a path");
    dt_free(label);
    return st;
}

/* Text files that are no labels: the class list, and the lists of the splits where they lie beside pictures. */
static int is_list(const dt_yolo_config *config, const char *name)
{
    if (strcmp(name, "classes.txt") == 0) return 1;
    for (int s = 0; s < DT_YOLO_SPLITS; s++)
        for (size_t i = 0; i < config->entries[s].count; i++)
            if (strcmp(dt_path_base(config->entries[s].items[i]), name) == 0) return 1;
    return 0;
}

static dt_status find_orphans(const dt_yolo_config *config, dt_findings *findings, const dt_names *images,
                              dt_error *err)
{
    dt_strmap known = {0}, folders = {0};
    dt_arena texts = {0};
    dt_names dirs = {0};
    dt_status st = DT_OK;
    for (size_t i = 0; i < images->count && st == DT_OK; i++) {
        char *label = dt_yolo_label_path(images->items[i], "labels"),
             *dir = label ? dt_path_dir(label) : NULL;
        const char *kept = label ? dt_arena_text(&texts, label) : NULL;
        if (!dir || !kept || dt_strmap_add(&known, kept, 1) < 0) {
            st = dt_fail_memory(err, known.count, "a map of labels");
        } else if (dt_strmap_get(&folders, dir, -1) < 0) {
            const char *folder = dt_arena_text(&texts, dir);
            if (!folder || dt_strmap_add(&folders, folder, 1) < 0)
                st = dt_fail_memory(err, strlen(dir), "a path");
            else
                st = dt_names_add(&dirs, dir, err);
        }
        dt_free(label);
        dt_free(dir);
    }
    for (size_t d = 0; d < dirs.count && st == DT_OK; d++) {
        dt_names files;
        dt_status listed = dt_dir_list(dirs.items[d], &files, err);
        if (listed == DT_ERR_MEMORY) st = listed;
        if (listed != DT_OK) continue; /* no label folder: nothing lies there */
        for (size_t i = 0; i < files.count && st == DT_OK; i++) {
            if (!has_suffix(files.items[i], ".txt") || is_list(config, files.items[i])) continue;
            char *path = dt_path_join(dirs.items[d], files.items[i]);
            if (!path)
                st = dt_fail_memory(err, 1, "a path");
            else if (dt_strmap_get(&known, path, -1) < 0)
                st = dt_findings_add(
                    findings,
                    &(dt_finding){.severity = DT_WARNING, .rule = "label-orphan", .file = path, .object = -1},
                    err, "no split has an image for this label file");
            dt_free(path);
        }
        dt_names_free(&files);
    }
    dt_names_free(&dirs);
    dt_strmap_free(&known);
    dt_strmap_free(&folders);
    dt_arena_free(&texts);
    return st;
}

/* Numbers from 1 to N instead of 0 to N-1 leave class 0 empty and make the last one out of range. */
static dt_status check_base(const dt_yolo_config *config, const dt_dataset *set, dt_findings *findings,
                            dt_error *err)
{
    if (!findings || config->class_base != 0 || !dt_findings_count_rule(findings, "class-range"))
        return DT_OK;
    for (size_t i = 0; i < set->object_count; i++)
        if (set->objects[i].cls == 0) return DT_OK;
    return dt_findings_add(
        findings,
        &(dt_finding){.severity = DT_PROBLEM, .rule = "class-base", .file = config->file, .object = -1}, err,
        "no object has class 0 and some have %zu of 0..%zu: are the numbers 1-based?", config->names.count,
        config->names.count - 1);
}

static dt_status missing_split(const dt_yolo_config *config, int split, dt_error *err)
{
    const char *name = dt_yolo_split_names[split], *best = NULL;
    const char *wanted = config->darknet && split == DT_YOLO_VAL ? "valid" : name;
    int distance = 3;
    for (size_t i = 0; i < config->other_keys.count; i++) {
        int d = dt_edit_distance(config->other_keys.items[i], wanted);
        if (d < distance) {
            distance = d;
            best = config->other_keys.items[i];
        }
    }
    if (best)
        return dt_fail(err, DT_ERR_NOT_FOUND,
                       "%s: there is no split '%s' (the key '%s' is not known: did you mean '%s'?)",
                       config->file, name, best, wanted);
    return dt_fail(err, DT_ERR_NOT_FOUND, "%s: there is no split '%s'", config->file, name);
}

static dt_status read_config(const dt_yolo_config *config, const dt_yolo_read_opts *opts, dt_dataset *set,
                             dt_findings *findings, dt_names *all, dt_error *err)
{
    set->frame = DT_FRAME_FRACTIONS;
    set->class_base = config->class_base;
    if (config->other_lines.len && !(set->settings = dt_arena_text(&set->texts, config->other_lines.data)))
        return dt_fail_memory(err, config->other_lines.len, "data.yaml");
    for (size_t i = 0; i < config->names.count; i++) {
        int32_t cls;
        DT_TRY(dt_dataset_class(set, config->names.items[i], strlen(config->names.items[i]), &cls, err));
        if ((size_t)cls != i)
            return dt_fail(err, DT_ERR_FORMAT, "%s: the class name '%s' stands twice", config->file,
                           config->names.items[i]);
    }
    size_t entries = 0;
    for (int s = 0; s < DT_YOLO_SPLITS; s++)
        entries += config->entries[s].count;
    if (!entries && !opts->splits)
        return dt_fail(err, DT_ERR_NOT_FOUND, "%s: there is no split: train, %s and test are missing",
                       config->file, config->darknet ? "valid" : "val");
    for (int s = 0; s < DT_YOLO_SPLITS; s++) {
        int wanted = opts->splits ? opts->splits >> s & 1 : config->entries[s].count > 0;
        if (wanted && !config->entries[s].count) return missing_split(config, s, err);
        if (!wanted && (opts->no_orphans || !findings)) continue;
        dt_names images = {0};
        /* Splits that nobody asked for are only listed, so that their labels are not taken for orphans. */
        dt_status st = dt_yolo_list_images(config, s, !wanted, wanted ? findings : NULL, &images, err);
        if (st == DT_OK && wanted) st = dt_dataset_add_split(set, dt_yolo_split_names[s], err);
        if (st == DT_OK && wanted) st = read_records(config, &images, opts, set, findings, err);
        if (st == DT_OK && wanted) st = check_split(config, set, findings, err);
        for (size_t i = 0; i < images.count && st == DT_OK && findings && !opts->no_orphans; i++)
            st = dt_names_add(all, images.items[i], err);
        dt_names_free(&images);
        DT_TRY(st);
    }
    if (!opts->numbers_from_1) DT_TRY(check_base(config, set, findings, err));
    return findings && !opts->no_orphans ? find_orphans(config, findings, all, err) : DT_OK;
}

dt_status dt_yolo_read(const char *path, const dt_yolo_read_opts *opts, dt_dataset *set,
                       dt_findings *findings, dt_error *err)
{
    static const dt_yolo_read_opts defaults = {0};
    dt_yolo_config config;
    dt_names all = {0};
    *set = (dt_dataset){0};
    DT_TRY(dt_yolo_config_read(path, &config, err));
    dt_status st = findings ? dt_findings_append(findings, &config.notes, err) : DT_OK;
    if (st == DT_OK) st = read_config(&config, opts ? opts : &defaults, set, findings, &all, err);
    dt_names_free(&all);
    dt_yolo_config_free(&config);
    if (st != DT_OK) dt_dataset_free(set);
    return st;
}
