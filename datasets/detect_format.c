#include "datasets/detect_format.h"

#include <string.h>
#include <strings.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/str.h"
#include "datasets/classes/class_set.h"
#include "datasets/coco/coco.h"
#include "datasets/voc/voc.h"
#include "datasets/yolo/yolo.h"

static int has_extension(const char *path, const char *extension)
{
    return strcasecmp(dt_path_extension(path), extension) == 0;
}

static dt_status keep(char *found, char **source, dt_error *err)
{
    if (!found) return dt_fail_memory(err, 1, "a path");
    *source = found;
    return DT_OK;
}

/* ---- YOLO ---- */

static dt_status read_yolo(const char *source, dt_pool *pool, dt_dataset *set, dt_findings *findings,
                           dt_error *err)
{
    return dt_yolo_read(source, &(dt_yolo_read_opts){.pool = pool}, set, findings, err);
}

/* ---- COCO ---- */

/* Names in a folder; none where it cannot be listed. */
static dt_status list(const char *folder, dt_names *names, dt_error *err)
{
    dt_error unreadable = {0};
    *names = (dt_names){0};
    if (!dt_is_dir(folder)) return DT_OK;
    dt_status st = dt_dir_list(folder, names, &unreadable);
    return st == DT_ERR_MEMORY ? dt_fail_memory(err, strlen(folder), "a folder") : DT_OK;
}

static dt_status look_for(const char *folder, const char *pattern, int *found, dt_error *err)
{
    dt_names names;
    DT_TRY(list(folder, &names, err));
    for (size_t i = 0; i < names.count && !*found; i++)
        *found = dt_glob_match(pattern, names.items[i]);
    dt_names_free(&names);
    return DT_OK;
}

/* _annotations.coco.json in a folder of this one, as exports of Roboflow have it. */
static dt_status look_for_exports(const char *path, int *found, dt_error *err)
{
    static const char *const folders[] = {"train", "valid", "val", "test"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders && !*found; i++) {
        char *file = dt_format("%s/%s/_annotations.coco.json", path, folders[i]);
        if (!file) return dt_fail_memory(err, strlen(path), "a path");
        *found = dt_is_file(file);
        dt_free(file);
    }
    return DT_OK;
}

static dt_status find_coco(const char *path, char **source, dt_error *err)
{
    if (dt_is_file(path)) return has_extension(path, ".json") ? keep(dt_strdup(path), source, err) : DT_OK;
    char *annotations = dt_path_join(path, "annotations");
    if (!annotations) return dt_fail_memory(err, strlen(path), "a path");
    int found = 0;
    dt_status st = look_for(annotations, "instances_*.json", &found, err);
    dt_free(annotations);
    DT_TRY(st);
    if (!found) DT_TRY(look_for(path, "instances_*.json", &found, err));
    if (!found) DT_TRY(look_for_exports(path, &found, err));
    return found ? keep(dt_strdup(path), source, err) : DT_OK;
}

/* Where no picture is found, that is for the checks to say. */
static dt_status read_coco(const char *source, dt_pool *pool, dt_dataset *set, dt_findings *findings,
                           dt_error *err)
{
    (void)pool;
    return dt_coco_read(source, &(dt_coco_read_opts){.no_images = 1}, set, findings, err);
}

/* ---- VOC ---- */

/* An annotation folder with XML files in it, or XML files themselves. */
static dt_status look_for_year(const char *path, int *found, dt_error *err)
{
    dt_names names;
    dt_status st = list(path, &names, err);
    for (size_t i = 0; i < names.count && !*found && st == DT_OK; i++) {
        *found = has_extension(names.items[i], ".xml");
        if (*found || strcasecmp(names.items[i], "Annotations") != 0) continue;
        char *folder = dt_path_join(path, names.items[i]);
        st = folder ? look_for(folder, "*.[xX][mM][lL]", found, err)
                    : dt_fail_memory(err, strlen(path), "a path");
        dt_free(folder);
    }
    dt_names_free(&names);
    return st;
}

static dt_status look_for_years_below(const char *path, int *found, dt_error *err)
{
    dt_names names;
    dt_status st = list(path, &names, err);
    for (size_t i = 0; i < names.count && !*found && st == DT_OK; i++) {
        char *folder = dt_path_join(path, names.items[i]);
        st = folder ? look_for_year(folder, found, err) : dt_fail_memory(err, strlen(path), "a path");
        dt_free(folder);
    }
    dt_names_free(&names);
    return st;
}

static dt_status find_voc(const char *path, char **source, dt_error *err)
{
    int found = 0;
    DT_TRY(look_for_year(path, &found, err));
    if (!found) DT_TRY(look_for_years_below(path, &found, err));
    if (!found) {
        char *kit = dt_path_join(path, "VOCdevkit");
        if (!kit) return dt_fail_memory(err, strlen(path), "a path");
        dt_status st = look_for_years_below(kit, &found, err);
        dt_free(kit);
        DT_TRY(st);
    }
    return found ? keep(dt_strdup(path), source, err) : DT_OK;
}

/* Says so where the files count from 0, which the rule that is used here does not expect. */
static dt_status check_base(const char *source, const dt_dataset *set, dt_findings *findings, dt_error *err)
{
    dt_voc_evidence e = dt_voc_find_base(set);
    if (e.base != 0) return DT_OK;
    return dt_findings_add(
        findings,
        &(dt_finding){.severity = DT_WARNING, .rule = "coordinate-base", .file = source, .object = -1}, err,
        "the files count pixels from 0 (of %zu boxes %zu touch 0, %zu touch 1), not from 1 as VOC does: "
        "boxes "
        "are shown a pixel to the upper left; convert with --voc-rule raw",
        e.boxes, e.at_zero, e.at_one);
}

static dt_status read_voc(const char *source, dt_pool *pool, dt_dataset *set, dt_findings *findings,
                          dt_error *err)
{
    dt_voc_read_opts opts = {.pool = pool, .rule = DT_VOC_EXACT};
    DT_TRY(dt_voc_read(source, &opts, set, findings, err));
    dt_status st = check_base(source, set, findings, err);
    if (st != DT_OK) dt_dataset_free(set);
    return st;
}

/* ---- the table ---- */

static const dt_set_format formats[] = {
    {"yolo", "YOLO", dt_yolo_find, read_yolo},
    {"coco", "COCO JSON", find_coco, read_coco},
    {"voc", "PASCAL VOC", find_voc, read_voc},
};
enum { FORMATS = sizeof formats / sizeof *formats };

const dt_set_format *dt_set_formats(size_t *count)
{
    *count = FORMATS;
    return formats;
}

dt_status dt_set_format_detect(const char *path, const char *name, const dt_set_format **format,
                               char **source, dt_error *err)
{
    if (name && strcmp(name, "auto") == 0) name = NULL;
    int known = !name;
    *format = NULL;
    *source = NULL;
    if (!dt_is_file(path) && !dt_is_dir(path))
        return dt_fail(err, DT_ERR_NOT_FOUND, "%s: no such file or folder", path);
    for (int i = 0; i < FORMATS && !*source; i++) {
        if (name && strcmp(name, formats[i].name) != 0) continue;
        known = 1;
        DT_TRY(formats[i].find(path, source, err));
        if (*source) *format = &formats[i];
    }
    if (!known) return dt_fail(err, DT_ERR_ARG, "the format '%s' is not known: yolo, coco, voc", name);
    if (!*source && dt_class_is_folder(path))
        return dt_fail(err, DT_ERR_NOT_FOUND,
                       "%s: no data set with boxes: its folders hold pictures by class", path);
    if (!*source)
        return dt_fail(err, DT_ERR_NOT_FOUND,
                       "%s: no data set found%s%s: looked for data.yaml, obj.data or classes.txt with labels "
                       "(YOLO), annotations/instances_*.json (COCO) and Annotations/*.xml (VOC)",
                       path, name ? " as " : "", name ? name : "");
    return DT_OK;
}

dt_status dt_dataset_read(const char *path, const char *name, dt_pool *pool, dt_dataset *set,
                          const dt_set_format **format, dt_findings *findings, dt_error *err)
{
    const dt_set_format *found;
    char *source;
    *set = (dt_dataset){0};
    DT_TRY(dt_set_format_detect(path, name, &found, &source, err));
    if (format) *format = found;
    dt_status st = found->read(source, pool, set, findings, err);
    dt_free(source);
    return st;
}
