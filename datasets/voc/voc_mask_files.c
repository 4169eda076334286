#include "datasets/voc/voc_mask_files.h"

#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "datasets/image/image.h"
#include "datasets/voc/voc_layout.h"

enum { MAX_LIST_BYTES = 256 << 20 };

const char *const dt_voc_mask_folders[DT_MASKS] = {"SegmentationClass", "SegmentationObject"};

void dt_voc_mask_files_free(dt_voc_mask_files *f)
{
    for (int k = 0; k < DT_MASKS; k++) {
        dt_free(f->folders[k]);
        dt_names_free(&f->names[k]);
        dt_strmap_free(&f->by_stem[k]);
    }
    dt_free(f->lists);
    dt_arena_free(&f->stems);
    *f = (dt_voc_mask_files){0};
}

static int is_png(const char *name)
{
    return strcasecmp(dt_path_extension(name), ".png") == 0;
}

/* PNG files first: a JPEG of the same name beside one is but somebody's preview. */
static dt_status index_folder(dt_voc_mask_files *f, int kind, dt_error *err)
{
    const dt_names *names = &f->names[kind];
    for (int turn = 0; turn < 2; turn++)
        for (size_t i = 0; i < names->count; i++) {
            const char *name = names->items[i];
            if (!dt_image_has_extension(name) || is_png(name) == turn) continue;
            const char *stem = dt_arena_text_n(&f->stems, name, (size_t)(dt_path_extension(name) - name));
            if (!stem || dt_strmap_add(&f->by_stem[kind], stem, (int64_t)i) < 0)
                return dt_fail_memory(err, strlen(name), "file names");
        }
    return DT_OK;
}

dt_status dt_voc_mask_index(dt_voc_mask_files *f, dt_error *err)
{
    for (int k = 0; k < DT_MASKS; k++) {
        if (!f->folders[k]) continue;
        DT_TRY(dt_dir_list(f->folders[k], &f->names[k], err));
        DT_TRY(index_folder(f, k, err));
    }
    return DT_OK;
}

static char *path_of(const dt_voc_mask_files *f, int kind, int64_t at)
{
    return dt_path_join(f->folders[kind], f->names[kind].items[at]);
}

dt_status dt_voc_mask_give(const dt_voc_mask_files *f, const char *id, const dt_voc_file *info,
                           dt_dataset *set, dt_error *err)
{
    dt_record *r = &set->records[set->record_count - 1];
    const char *files[DT_MASKS] = {NULL, NULL};
    for (int k = 0; k < DT_MASKS; k++) {
        int64_t at = dt_strmap_get(&f->by_stem[k], id, -1);
        if (at < 0) continue;
        char *path = path_of(f, k, at);
        files[k] = path ? dt_arena_text(&set->texts, path) : NULL;
        dt_free(path);
        if (!files[k]) return dt_fail_memory(err, strlen(id), "a path");
    }
    if (!files[DT_MASK_CLASS] && !files[DT_MASK_OBJECT]) return DT_OK;
    dt_masks *masks = dt_arena_take(&set->texts, sizeof *masks);
    const char **names = dt_arena_take(&set->texts, (r->count + 1) * sizeof *names);
    if (!masks || !names) return dt_fail_memory(err, r->count * sizeof *names, "masks");
    for (size_t i = 0; i < r->count; i++)
        names[i] = set->classes[set->objects[r->first + i].cls];
    *masks =
        (dt_masks){.files = {files[0], files[1]}, .names = names, .count = r->count, .stated = info->objects};
    r->masks = masks;
    return DT_OK;
}

/* ---- findings ---- */

static dt_status check_entry(const dt_voc_mask_files *f, const dt_strmap *annotations, const char *id,
                             const char *list, int64_t line, dt_findings *findings, dt_error *err)
{
    dt_finding finding = {
        .severity = DT_PROBLEM, .rule = "mask-missing", .file = list, .line = line, .object = -1};
    for (int k = 0; k < DT_MASKS; k++)
        if (f->folders[k] && dt_strmap_get(&f->by_stem[k], id, -1) < 0)
            DT_TRY(dt_findings_add(findings, &finding, err,
                                   "the list names %.200s, but %s/%.200s.png is not there", id,
                                   dt_voc_mask_folders[k], id));
    if (dt_strmap_get(annotations, id, -1) >= 0) return DT_OK;
    finding.severity = DT_WARNING;
    return dt_findings_add(findings, &finding, err,
                           "the list names %.200s, which has no annotation: its masks are not compared", id);
}

static dt_status check_list(const dt_voc_mask_files *f, const dt_strmap *annotations, const char *list,
                            dt_findings *findings, dt_error *err)
{
    char *text;
    size_t size;
    DT_TRY(dt_file_read(list, MAX_LIST_BYTES, &text, &size, err));
    dt_status st = DT_OK;
    int64_t line = 0;
    for (char *at = text, *end = text + size; at < end && st == DT_OK;) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        char *to = stop ? stop : end;
        char *id = at + (line == 0 && strncmp(at, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0);
        while (id < to && strchr(" \t", *id))
            id++;
        while (to > id && strchr(" \t\r", to[-1]))
            to--;
        *to = '\0';
        at = stop ? stop + 1 : end;
        line++;
        if (*id) st = check_entry(f, annotations, id, list, line, findings, err);
    }
    dt_free(text);
    return st;
}

static dt_status check_lists(const dt_voc_mask_files *f, const dt_strmap *annotations, dt_findings *findings,
                             dt_error *err)
{
    dt_names names;
    if (!f->lists) return DT_OK;
    if (!f->folders[DT_MASK_CLASS] && !f->folders[DT_MASK_OBJECT])
        return dt_findings_add(
            findings,
            &(dt_finding){.severity = DT_WARNING, .rule = "mask-missing", .file = f->lists, .object = -1},
            err, "lists are there, but neither SegmentationClass/ nor SegmentationObject/");
    DT_TRY(dt_dir_list(f->lists, &names, err));
    dt_status st = DT_OK;
    int halves = 0;
    for (size_t i = 0; i < names.count; i++)
        halves += strcmp(names.items[i], "train.txt") == 0 || strcmp(names.items[i], "val.txt") == 0;
    for (size_t i = 0; i < names.count && st == DT_OK; i++) {
        if (strcasecmp(dt_path_extension(names.items[i]), ".txt") != 0) continue;
        if (halves == 2 && strcmp(names.items[i], "trainval.txt") == 0) continue; /* repeats them */
        char *path = dt_path_join(f->lists, names.items[i]);
        st = path ? check_list(f, annotations, path, findings, err) : dt_fail_memory(err, 1, "a path");
        dt_free(path);
    }
    dt_names_free(&names);
    return st;
}

static dt_status check_file(const dt_voc_mask_files *f, int kind, size_t at, const dt_strmap *annotations,
                            dt_findings *findings, dt_error *err)
{
    const char *name = f->names[kind].items[at];
    size_t len = (size_t)(dt_path_extension(name) - name);
    int other = kind == DT_MASK_CLASS ? DT_MASK_OBJECT : DT_MASK_CLASS;
    int orphan = dt_strmap_get_n(annotations, name, len, -1) < 0;
    int single = f->folders[other] && dt_strmap_get_n(&f->by_stem[other], name, len, -1) < 0;
    if (!dt_image_has_extension(name) || (!orphan && !single)) return DT_OK;
    char *path = path_of(f, kind, (int64_t)at);
    if (!path) return dt_fail_memory(err, strlen(name), "a path");
    dt_finding finding = {.severity = DT_WARNING, .file = path, .object = -1};
    dt_status st = DT_OK;
    if (orphan) {
        finding.rule = "mask-orphan";
        st = dt_findings_add(findings, &finding, err, "there is no annotation of this name");
    }
    if (st == DT_OK && single) {
        finding.rule = "mask-single";
        st = dt_findings_add(findings, &finding, err, "there is no file of this name in %s/",
                             dt_voc_mask_folders[other]);
    }
    dt_free(path);
    return st;
}

dt_status dt_voc_mask_check(const dt_voc_mask_files *f, const dt_strmap *annotations, dt_findings *findings,
                            dt_error *err)
{
    DT_TRY(check_lists(f, annotations, findings, err));
    for (int k = 0; k < DT_MASKS; k++) {
        int other = k == DT_MASK_CLASS ? DT_MASK_OBJECT : DT_MASK_CLASS;
        if (f->names[k].count && !f->folders[other])
            DT_TRY(dt_findings_add(
                findings,
                &(dt_finding){
                    .severity = DT_NOTE, .rule = "mask-single", .file = f->folders[k], .object = -1},
                err, "there is no folder %s: %s", dt_voc_mask_folders[other],
                other == DT_MASK_OBJECT ? "classes are known, objects are not"
                                        : "objects are known, their classes are not"));
        for (size_t i = 0; i < f->names[k].count; i++)
            DT_TRY(check_file(f, k, i, annotations, findings, err));
    }
    return DT_OK;
}
