/* From a VOC folder to records: annotations of all splits, read in parallel. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "datasets/image/image.h"
#include "datasets/voc/voc.h"
#include "datasets/voc/voc_layout.h"

enum { GRAIN = 64, MAX_XML_BYTES = 64 << 20 };

const char *const dt_voc_classes[20] = {"aeroplane",   "bicycle", "bird",  "boat",      "bottle",
                                        "bus",         "car",     "cat",   "chair",     "cow",
                                        "diningtable", "dog",     "horse", "motorbike", "person",
                                        "pottedplant", "sheep",   "sofa",  "train",     "tvmonitor"};

typedef struct part {
    dt_dataset set;
    dt_findings findings;
    dt_error err;
} part;

typedef struct read_job {
    const dt_voc_year *year;
    const dt_names *ids;
    part *parts; /* one a chunk: the result does not depend on threads */
} read_job;

static dt_status say(part *p, dt_severity severity, const char *rule, const char *file, const char *fmt, ...)
    DT_PRINTF(5, 6);
static dt_status say(part *p, dt_severity severity, const char *rule, const char *file, const char *fmt, ...)
{
    char message[DT_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return dt_findings_add(&p->findings,
                           &(dt_finding){.severity = severity, .rule = rule, .file = file, .object = -1},
                           &p->err, "%s", message);
}

/* The image of the annotation's own stem; else the one that <filename> names. */
static dt_status find_image(part *p, const dt_voc_year *y, const char *id, const dt_voc_file *info,
                            dt_record *record)
{
    int64_t at = dt_strmap_get(&y->image_by_stem, id, -1);
    const char *name = at >= 0 ? y->image_names.items[at] : NULL, *wrong = NULL;
    if (info->filename && *info->filename) {
        const char *stated = dt_path_base(info->filename), *ext = dt_path_extension(stated);
        int64_t other = dt_strmap_get_n(&y->image_by_stem, stated, (size_t)(ext - stated), -1);
        if (!dt_voc_is_safe_name(info->filename))
            DT_TRY(say(p, DT_WARNING, "filename-unsafe", record->label,
                       "<filename> '%.200s' leads out of the folder: not used", info->filename));
        else if (!name && other >= 0)
            name = y->image_names.items[other];
        if (name && strncmp(stated, name, (size_t)(ext - stated)) != 0) wrong = stated;
    }
    if (!name)
        return say(p, DT_PROBLEM, "image-missing", record->label, "%s/%s.*: no JPEG or PNG file", y->images,
                   id);
    if (wrong)
        DT_TRY(say(p, DT_NOTE, "filename-differs", record->label, "<filename> is '%.200s'; %s is taken",
                   wrong, name));
    char *path = dt_path_join(y->images, name);
    record->image = path ? dt_arena_text(&p->set.texts, path) : NULL;
    dt_free(path);
    return record->image ? DT_OK : dt_fail_memory(&p->err, strlen(name), "a path");
}

/* What has no field of its own in the record; filename only where it is not the picture's name. */
static dt_status keep_rest(part *p, const dt_voc_file *info, dt_record *record)
{
    const char *name = info->filename;
    if (name && record->image && strcmp(dt_path_base(record->image), name) == 0) name = NULL;
    record->origin = DT_ORIGIN_VOC;
    if (!name && !info->attributes && !info->other && !info->size_other) return DT_OK;
    dt_record_extra *extra = dt_arena_take(&p->set.texts, sizeof *extra);
    if (!extra) return dt_fail_memory(&p->err, sizeof *extra, "annotations");
    *extra = (dt_record_extra){.filename = name,
                               .attributes = info->attributes,
                               .other = info->other,
                               .size_other = info->size_other};
    record->extra = extra;
    return DT_OK;
}

/* The parser's "FILE:LINE: what" as a finding of that file and line. */
static dt_status say_malformed(part *p, const char *path, const char *text)
{
    size_t n = strlen(path);
    char *end = NULL;
    long line = strncmp(text, path, n) == 0 && text[n] == ':' ? strtol(text + n + 1, &end, 10) : 0;
    return dt_findings_add(&p->findings,
                           &(dt_finding){.severity = DT_PROBLEM,
                                         .fate = DT_FATE_DROPPED,
                                         .rule = "xml-malformed",
                                         .file = path,
                                         .line = line,
                                         .object = -1},
                           &p->err, "%s", end ? end + strspn(end, ": ") : text);
}

static dt_status read_annotation(part *p, const dt_voc_year *y, const char *id, const char *path)
{
    dt_error problem = {0};
    dt_voc_file info;
    dt_record *record;
    char *text;
    size_t size;
    dt_status st = dt_file_read(path, MAX_XML_BYTES, &text, &size, &problem);
    if (st == DT_ERR_MEMORY) return dt_fail(&p->err, st, "%s", problem.text);
    if (st == DT_ERR_NOT_FOUND)
        return say(p, DT_PROBLEM, "label-missing", path, "the split lists %s, but there is no such file", id);
    if (st != DT_OK) return say(p, DT_PROBLEM, "label-unreadable", path, "%s", problem.text);
    st = dt_dataset_add_record(&p->set, NULL, path, &record, &p->err);
    if (st == DT_OK) {
        st = dt_voc_parse(text, size, path, &p->set, &info, &p->findings, &problem);
        if (st == DT_ERR_FORMAT) {
            p->set.record_count--;
            st = say_malformed(p, path, problem.text);
        } else if (st != DT_OK) {
            dt_fail(&p->err, st, "%s", problem.text);
        } else {
            record->width = info.width;
            record->height = info.height;
            st = find_image(p, y, id, &info, record);
            if (st == DT_OK) st = keep_rest(p, &info, record);
            if (st == DT_OK) st = dt_voc_mask_give(&y->masks, id, &info, &p->set, &p->err);
        }
    }
    dt_free(text);
    return st;
}

static void read_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    read_job *job = arg;
    part *p = &job->parts[begin / GRAIN];
    (void)worker;
    for (int64_t i = begin; i < end && p->err.status == DT_OK; i++) {
        const char *id = job->ids->items[i];
        int64_t at = dt_strmap_get(&job->year->xml_by_stem, id, -1);
        char *path = at >= 0 ? dt_path_join(job->year->annotations, job->year->xml_names.items[at])
                             : dt_format("%s/%s.xml", job->year->annotations, id);
        if (!path)
            dt_fail_memory(&p->err, strlen(id), "a path");
        else
            read_annotation(p, job->year, id, path);
        dt_free(path);
    }
}

static dt_status read_ids(const dt_voc_year *year, const dt_names *ids, dt_pool *pool, dt_dataset *set,
                          dt_findings *findings, dt_error *err)
{
    size_t count = (ids->count + GRAIN - 1) / GRAIN;
    read_job job = {year, ids, dt_calloc(count, sizeof *job.parts)};
    if (!job.parts) return dt_fail_memory(err, count * sizeof *job.parts, "annotations");
    dt_parallel(pool, (int64_t)ids->count, GRAIN, read_chunk, &job);
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

/* train, val, test first, the others by name. */
static int split_rank(const char *name)
{
    return strcmp(name, "train") == 0 ? 0 : strcmp(name, "val") == 0 ? 1 : strcmp(name, "test") == 0 ? 2 : 3;
}

static int compare_splits(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    int order = split_rank(x) - split_rank(y);
    return order ? order : strcmp(x, y);
}

static dt_status read_splits(const dt_voc_layout *layout, dt_pool *pool, dt_dataset *set,
                             dt_findings *findings, dt_error *err)
{
    dt_names names = {0};
    dt_status st = DT_OK;
    for (size_t y = 0; y < layout->year_count && st == DT_OK; y++)
        for (size_t i = 0; i < layout->years[y].split_names.count && st == DT_OK; i++) {
            const char *name = layout->years[y].split_names.items[i];
            size_t k = 0;
            while (k < names.count && strcmp(names.items[k], name) != 0)
                k++;
            if (k == names.count) st = dt_names_add(&names, name, err);
        }
    if (names.count) qsort(names.items, names.count, sizeof *names.items, compare_splits);
    for (size_t s = 0; s < names.count && st == DT_OK; s++) {
        st = dt_dataset_add_split(set, names.items[s], err);
        for (size_t y = 0; y < layout->year_count && st == DT_OK; y++)
            for (size_t i = 0; i < layout->years[y].split_names.count && st == DT_OK; i++)
                if (strcmp(layout->years[y].split_names.items[i], names.items[s]) == 0)
                    st =
                        read_ids(&layout->years[y], &layout->years[y].split_ids[i], pool, set, findings, err);
        if (st == DT_OK && set->splits[set->split_count - 1].count == 0)
            st = dt_findings_add(findings,
                                 &(dt_finding){.severity = DT_WARNING, .rule = "split-empty", .object = -1},
                                 err, "the split '%s' has no readable annotation", names.items[s]);
    }
    dt_names_free(&names);
    return st;
}

/* Images that no annotation uses, and images that stand in two splits. */
static dt_status check_images(const dt_voc_layout *layout, const dt_dataset *set, dt_findings *findings,
                              dt_error *err)
{
    dt_strmap used = {0};
    dt_status st = DT_OK;
    for (size_t s = 0; s < set->split_count && st == DT_OK; s++)
        for (size_t i = 0; i < set->splits[s].count && st == DT_OK; i++) {
            const dt_record *r = &set->records[set->splits[s].first + i];
            if (!r->image) continue;
            int64_t before = dt_strmap_get(&used, r->image, -1);
            if (before >= 0)
                st = dt_findings_add(
                    findings,
                    &(dt_finding){
                        .severity = DT_WARNING, .rule = "image-twice", .file = r->image, .object = -1},
                    err, "is the picture of %s, too", set->records[before].label);
            else if (dt_strmap_add(&used, r->image, (int64_t)(set->splits[s].first + i)) < 0)
                st = dt_fail_memory(err, used.count, "a map of images");
        }
    for (size_t y = 0; y < layout->year_count && st == DT_OK; y++) {
        const dt_voc_year *year = &layout->years[y];
        for (size_t i = 0; i < year->image_names.count && st == DT_OK; i++) {
            const char *name = year->image_names.items[i];
            size_t len = (size_t)(dt_path_extension(name) - name);
            if (!dt_image_has_extension(name) || dt_strmap_get_n(&year->xml_by_stem, name, len, -1) >= 0)
                continue;
            char *path = dt_path_join(year->images, name);
            if (!path)
                st = dt_fail_memory(err, strlen(name), "a path");
            else if (dt_strmap_get(&used, path, -1) < 0)
                st = dt_findings_add(
                    findings,
                    &(dt_finding){
                        .severity = DT_WARNING, .rule = "label-missing", .file = path, .object = -1},
                    err, "there is no annotation for this image: left out");
            dt_free(path);
        }
    }
    dt_strmap_free(&used);
    return st;
}

/* VOC's order if all classes are VOC's, else by name: never the order in which they happened to turn up. */
static dt_status order_classes(dt_dataset *set, dt_error *err)
{
    enum { VOC = sizeof dt_voc_classes / sizeof *dt_voc_classes };
    int all_voc = set->class_count > 0;
    for (size_t i = 0; i < set->class_count && all_voc; i++) {
        size_t k = 0;
        while (k < VOC && strcmp(dt_voc_classes[k], set->classes[i]) != 0)
            k++;
        all_voc = k < VOC;
    }
    return dt_dataset_order_classes(set, dt_voc_classes, all_voc ? VOC : 0, err);
}

dt_status dt_voc_read(const char *path, const dt_voc_read_opts *opts, dt_dataset *set, dt_findings *findings,
                      dt_error *err)
{
    static const dt_voc_read_opts defaults = {0};
    dt_voc_layout layout;
    *set = (dt_dataset){0};
    if (!opts) opts = &defaults;
    DT_TRY(dt_voc_find_layout(path, &layout, findings, err));
    set->frame = DT_FRAME_PIXELS;
    set->min_shift = opts->rule == DT_VOC_RAW ? 0 : -1;
    set->max_shift = opts->rule == DT_VOC_MINUS_ONE ? -1 : 0;
    dt_status st = read_splits(&layout, opts->pool, set, findings, err);
    if (st == DT_OK && findings) st = check_images(&layout, set, findings, err);
    for (size_t y = 0; y < layout.year_count && st == DT_OK && findings; y++)
        st = dt_voc_mask_check(&layout.years[y].masks, &layout.years[y].xml_by_stem, findings, err);
    if (st == DT_OK) st = order_classes(set, err);
    dt_voc_layout_free(&layout);
    if (st != DT_OK) dt_dataset_free(set);
    return st;
}

dt_voc_evidence dt_voc_find_base(const dt_dataset *set)
{
    dt_voc_evidence e = {.base = -1};
    for (size_t i = 0; i < set->record_count; i++) {
        const dt_record *r = &set->records[i];
        double w = r->real_width ? r->real_width : r->width, h = r->real_height ? r->real_height : r->height;
        if (w <= 0 || h <= 0) continue;
        for (size_t k = 0; k < r->count; k++) {
            dt_box b = set->objects[r->first + k].box;
            if (!(b.x2 > b.x1 && b.y2 > b.y1)) continue;
            e.boxes++;
            e.at_zero += b.x1 == 0 || b.y1 == 0;
            e.at_one += b.x1 == 1 || b.y1 == 1;
            e.at_last += b.x2 == w - 1 || b.y2 == h - 1;
            e.at_full += b.x2 == w || b.y2 == h;
            e.beyond += b.x2 > w || b.y2 > h;
            e.fractions +=
                b.x1 != floor(b.x1) || b.y1 != floor(b.y1) || b.x2 != floor(b.x2) || b.y2 != floor(b.y2);
        }
    }
    if (e.at_zero)
        e.base = 0; /* a pixel 0 cannot be counted from 1 */
    else if (e.at_one && e.at_full)
        e.base = 1; /* both ends of 1..W are in use and 0 never is */
    return e;
}
