/* Folders and lists of a VOC data set. */
#include "datasets/voc/voc_layout.h"

#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "core/str.h"
#include "datasets/image/image.h"

enum { MAX_LIST_BYTES = 256 << 20 };

int dt_voc_is_safe_name(const char *name)
{
    if (*name == '\0' || *name == '/' || *name == '\\') return 0;
    for (const char *p = name; *p; p++) {
        if (p[0] == '.' && p[1] == '.' && (p == name || p[-1] == '/') && (p[2] == '\0' || p[2] == '/'))
            return 0;
    }
    return 1;
}

static int is_xml(const char *name)
{
    return strcasecmp(dt_path_extension(name), ".xml") == 0;
}

static const char *find_name(const dt_names *names, const char *a, const char *b)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcasecmp(names->items[i], a) == 0 || (b && strcasecmp(names->items[i], b) == 0))
            return names->items[i];
    return NULL;
}

/* Joins base and a folder that is there under one of two names in any case; *path stays NULL if it is not. */
static dt_status find_folder(const char *base, const dt_names *names, const char *a, const char *b,
                             char **path, dt_error *err)
{
    const char *name = find_name(names, a, b);
    if (!name) return DT_OK;
    *path = dt_path_join(base, name);
    if (!*path) return dt_fail_memory(err, strlen(base), "a path");
    if (dt_is_dir(*path)) return DT_OK;
    dt_free(*path);
    *path = NULL;
    return DT_OK;
}

static void year_free(dt_voc_year *y)
{
    for (size_t i = 0; i < y->split_names.count && y->split_ids; i++)
        dt_names_free(&y->split_ids[i]);
    dt_free(y->split_ids);
    dt_names_free(&y->split_names);
    dt_names_free(&y->xml_names);
    dt_names_free(&y->image_names);
    dt_strmap_free(&y->xml_by_stem);
    dt_strmap_free(&y->image_by_stem);
    dt_arena_free(&y->stems);
    dt_voc_mask_files_free(&y->masks);
    dt_free(y->annotations);
    dt_free(y->images);
    dt_free(y->lists);
    *y = (dt_voc_year){0};
}

void dt_voc_layout_free(dt_voc_layout *layout)
{
    for (size_t i = 0; i < layout->year_count; i++)
        year_free(&layout->years[i]);
    dt_free(layout->years);
    *layout = (dt_voc_layout){0};
}

static dt_status index_stems(dt_voc_year *y, const dt_names *names, int (*wanted)(const char *),
                             dt_strmap *map, const char *folder, dt_findings *findings, dt_error *err)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        if (!wanted(name)) continue;
        const char *stem = dt_arena_text_n(&y->stems, name, (size_t)(dt_path_extension(name) - name));
        int fresh = stem ? dt_strmap_add(map, stem, (int64_t)i) : -1;
        if (fresh < 0) return dt_fail_memory(err, strlen(name), "file names");
        if (fresh) continue;
        char *path = dt_path_join(folder, name);
        dt_status st =
            path
                ? dt_findings_add(
                      findings,
                      &(dt_finding){.severity = DT_WARNING, .rule = "stem-twice", .file = path, .object = -1},
                      err, "has the same stem as %s, which is taken",
                      names->items[dt_strmap_get(map, stem, 0)])
                : dt_fail_memory(err, strlen(name), "a path");
        dt_free(path);
        DT_TRY(st);
    }
    return DT_OK;
}

/* Cuts a line of a list to its id: blanks around it go; of two columns whose second is -1, 0 or 1 ("000012
 * -1") the first stays and *has_column says so, unless an annotation of the full name is there. */
static char *cut_line(const dt_voc_year *y, char *text, int *has_column)
{
    size_t n = strlen(text);
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t' || text[n - 1] == '\r'))
        text[--n] = '\0';
    while (*text == ' ' || *text == '\t')
        text++;
    *has_column = 0;
    char *last = strrchr(text, ' '), *tab = strrchr(text, '\t');
    if (tab && (!last || tab > last)) last = tab;
    if (last && (strcmp(last + 1, "-1") == 0 || strcmp(last + 1, "0") == 0 || strcmp(last + 1, "1") == 0) &&
        dt_strmap_get(&y->xml_by_stem, text, -1) < 0) {
        *has_column = 1;
        while (last > text && (last[-1] == ' ' || last[-1] == '\t'))
            last--;
        *last = '\0';
    }
    return text;
}

/* "a.jpg", "a.xml" and "JPEGImages/a.jpg" are accepted for "a" where no annotation has the full name. */
static const char *id_of_line(const dt_voc_year *y, char *text)
{
    if (dt_strmap_get(&y->xml_by_stem, text, -1) >= 0) return text;
    const char *base = dt_path_base(text), *ext = dt_path_extension(text);
    if (!is_xml(text) && !dt_image_has_extension(text)) ext = text + strlen(text);
    size_t len = (size_t)(ext - base);
    if (dt_strmap_get_n(&y->xml_by_stem, base, len, -1) < 0 && *ext == '\0') return text;
    memmove(text, base, len);
    text[len] = '\0';
    return text;
}

static dt_status read_list(dt_voc_year *y, const char *path, dt_names *ids, int *is_class_list,
                           dt_findings *findings, dt_error *err)
{
    char *text;
    size_t size, columns = 0;
    dt_strmap seen = {0};
    dt_arena kept = {0};
    DT_TRY(dt_file_read(path, MAX_LIST_BYTES, &text, &size, err));
    dt_status st = DT_OK;
    int64_t line = 0;
    char *at = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text, *end = text + size;
    while (at < end && st == DT_OK) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        *stop = '\0';
        int has_column;
        char *cut = cut_line(y, at, &has_column);
        dt_finding finding = {.severity = DT_WARNING, .file = path, .line = ++line, .object = -1};
        at = stop + 1;
        if (!*cut) continue;
        columns += (size_t)has_column;
        const char *id = id_of_line(y, cut);
        const char *copy = dt_arena_text(&kept, id);
        int fresh = copy ? dt_strmap_add(&seen, copy, line) : -1;
        if (fresh < 0) {
            st = dt_fail_memory(err, strlen(id), path);
        } else if (!dt_voc_is_safe_name(id)) {
            finding.severity = DT_PROBLEM;
            finding.rule = "filename-unsafe";
            st = dt_findings_add(findings, &finding, err, "'%.200s' leads out of the folder: left out", id);
        } else if (!fresh) {
            finding.rule = "image-twice";
            st = dt_findings_add(findings, &finding, err, "'%.200s' stands in line %lld already", id,
                                 (long long)dt_strmap_get(&seen, id, 0));
        } else {
            st = dt_names_add(ids, id, err);
        }
    }
    *is_class_list = ids->count > 0 && columns == seen.count;
    dt_strmap_free(&seen);
    dt_arena_free(&kept);
    dt_free(text);
    return st;
}

static dt_status add_split(dt_voc_year *y, const char *name, dt_names *ids, dt_error *err)
{
    dt_names *grown = dt_realloc_array(y->split_ids, y->split_names.count + 1, sizeof *grown);
    if (!grown) return dt_fail_memory(err, sizeof *grown, "a split");
    y->split_ids = grown;
    DT_TRY(dt_names_add(&y->split_names, name, err));
    y->split_ids[y->split_names.count - 1] = *ids;
    *ids = (dt_names){0};
    return DT_OK;
}

static int64_t find_split(const dt_voc_year *y, const char *name)
{
    for (size_t i = 0; i < y->split_names.count; i++)
        if (strcmp(y->split_names.items[i], name) == 0) return (int64_t)i;
    return -1;
}

/* trainval repeats train and val: skipped where both are there (ids that only it has are named), else it is
 * train. */
static dt_status settle_trainval(dt_voc_year *y, dt_findings *findings, dt_error *err)
{
    int64_t both = find_split(y, "trainval"), train = find_split(y, "train"), val = find_split(y, "val");
    if (both < 0) return DT_OK;
    dt_finding finding = {.severity = DT_NOTE, .rule = "split-skipped", .file = y->lists, .object = -1};
    if (train < 0) {
        char *name = dt_strdup("train");
        if (!name) return dt_fail_memory(err, 6, "a split");
        dt_free(y->split_names.items[both]);
        y->split_names.items[both] = name;
        return dt_findings_add(findings, &finding, err, "trainval is taken as train: there is no train.txt");
    }
    if (val < 0) {
        DT_TRY(dt_findings_add(findings, &finding, err, "trainval is skipped: train.txt is there"));
    } else {
        dt_strmap known = {0};
        size_t extra = 0;
        dt_status st = DT_OK;
        const int64_t parts[2] = {train, val};
        for (int p = 0; p < 2; p++)
            for (size_t i = 0; i < y->split_ids[parts[p]].count && st == DT_OK; i++)
                if (dt_strmap_add(&known, y->split_ids[parts[p]].items[i], 1) < 0)
                    st = dt_fail_memory(err, known.count, "a split");
        for (size_t i = 0; i < y->split_ids[both].count; i++)
            extra += dt_strmap_get(&known, y->split_ids[both].items[i], 0) == 0;
        dt_strmap_free(&known);
        DT_TRY(st);
        if (extra) finding.severity = DT_WARNING;
        DT_TRY(dt_findings_add(findings, &finding, err, "trainval is skipped: train and val are there%s%zu%s",
                               extra ? "; " : " (", extra ? extra : y->split_ids[both].count,
                               extra ? " of its ids are in neither" : " images)"));
    }
    dt_names_free(&y->split_ids[both]);
    dt_free(y->split_names.items[both]);
    size_t last = y->split_names.count - 1;
    for (size_t i = (size_t)both; i < last; i++) {
        y->split_names.items[i] = y->split_names.items[i + 1];
        y->split_ids[i] = y->split_ids[i + 1];
    }
    y->split_names.count = last;
    return DT_OK;
}

static dt_status read_lists(dt_voc_year *y, dt_findings *findings, dt_error *err)
{
    dt_names files = {0};
    if (y->lists) DT_TRY(dt_dir_list(y->lists, &files, err));
    dt_status st = DT_OK;
    for (size_t i = 0; i < files.count && st == DT_OK; i++) {
        dt_names ids = {0};
        int is_class_list = 0;
        if (strcasecmp(dt_path_extension(files.items[i]), ".txt") != 0) continue;
        char *path = dt_path_join(y->lists, files.items[i]), *stem = dt_path_stem(files.items[i]);
        if (!path || !stem) st = dt_fail_memory(err, strlen(files.items[i]), "a path");
        if (st == DT_OK) st = read_list(y, path, &ids, &is_class_list, findings, err);
        if (st == DT_OK && !is_class_list) st = add_split(y, stem, &ids, err);
        dt_names_free(&ids);
        dt_free(path);
        dt_free(stem);
    }
    dt_names_free(&files);
    DT_TRY(st);
    DT_TRY(settle_trainval(y, findings, err));
    if (y->split_names.count) return DT_OK;
    dt_names ids = {0};
    for (size_t i = 0; i < y->xml_names.count && st == DT_OK; i++) {
        if (!is_xml(y->xml_names.items[i])) continue;
        char *stem = dt_path_stem(y->xml_names.items[i]);
        st = stem ? dt_names_add(&ids, stem, err) : dt_fail_memory(err, 1, "a path");
        dt_free(stem);
    }
    if (st == DT_OK) st = add_split(y, "train", &ids, err);
    dt_names_free(&ids);
    return st;
}

static dt_status find_masks(const char *path, const dt_names *names, const char *image_sets,
                            const dt_names *sets, dt_voc_mask_files *masks, dt_error *err)
{
    for (int k = 0; k < DT_MASKS; k++)
        DT_TRY(find_folder(path, names, dt_voc_mask_folders[k], NULL, &masks->folders[k], err));
    return image_sets ? find_folder(image_sets, sets, "Segmentation", NULL, &masks->lists, err) : DT_OK;
}

/* Fills a year from a folder; *found = 0 if there are no annotations in it. */
static dt_status read_year(const char *path, dt_voc_year *y, int *found, dt_findings *findings, dt_error *err)
{
    dt_names names, sets = {0};
    char *image_sets = NULL;
    *found = 0;
    DT_TRY(dt_dir_list(path, &names, err));
    dt_status st = find_folder(path, &names, "Annotations", NULL, &y->annotations, err);
    if (st == DT_OK) st = find_folder(path, &names, "JPEGImages", "images", &y->images, err);
    if (st == DT_OK) st = find_folder(path, &names, "ImageSets", NULL, &image_sets, err);
    if (st == DT_OK && image_sets) st = dt_dir_list(image_sets, &sets, err);
    if (st == DT_OK && image_sets) st = find_folder(image_sets, &sets, "Main", NULL, &y->lists, err);
    if (st == DT_OK) st = find_masks(path, &names, image_sets, &sets, &y->masks, err);
    for (size_t i = 0; i < names.count && st == DT_OK && !y->annotations; i++)
        if (is_xml(names.items[i]) && !(y->annotations = dt_strdup(path)))
            st = dt_fail_memory(err, strlen(path), "a path");
    if (st == DT_OK && y->annotations && !y->images && !(y->images = dt_strdup(path)))
        st = dt_fail_memory(err, strlen(path), "a path");
    dt_names_free(&names);
    dt_names_free(&sets);
    dt_free(image_sets);
    if (st != DT_OK || !y->annotations) return st;
    *found = 1;
    DT_TRY(dt_dir_list(y->annotations, &y->xml_names, err));
    DT_TRY(dt_dir_list(y->images, &y->image_names, err));
    DT_TRY(index_stems(y, &y->xml_names, is_xml, &y->xml_by_stem, y->annotations, findings, err));
    DT_TRY(
        index_stems(y, &y->image_names, dt_image_has_extension, &y->image_by_stem, y->images, findings, err));
    DT_TRY(dt_voc_mask_index(&y->masks, err));
    return read_lists(y, findings, err);
}

static dt_status add_year(const char *path, dt_voc_layout *layout, dt_findings *findings, dt_error *err)
{
    dt_voc_year *grown = dt_realloc_array(layout->years, layout->year_count + 1, sizeof *grown);
    int found;
    if (!grown) return dt_fail_memory(err, sizeof *grown, "folders");
    layout->years = grown;
    grown[layout->year_count] = (dt_voc_year){0};
    dt_status st = read_year(path, &grown[layout->year_count], &found, findings, err);
    if (st == DT_OK && found)
        layout->year_count++;
    else
        year_free(&grown[layout->year_count]);
    return st;
}

static dt_status add_years_below(const char *path, dt_voc_layout *layout, dt_findings *findings,
                                 dt_error *err)
{
    dt_names names;
    DT_TRY(dt_dir_list(path, &names, err));
    dt_status st = DT_OK;
    for (size_t i = 0; i < names.count && st == DT_OK; i++) {
        char *sub = dt_path_join(path, names.items[i]);
        if (!sub)
            st = dt_fail_memory(err, strlen(path), "a path");
        else if (dt_is_dir(sub))
            st = add_year(sub, layout, findings, err);
        dt_free(sub);
    }
    dt_names_free(&names);
    return st;
}

dt_status dt_voc_find_layout(const char *path, dt_voc_layout *layout, dt_findings *findings, dt_error *err)
{
    *layout = (dt_voc_layout){0};
    dt_status st = add_year(path, layout, findings, err);
    if (st == DT_OK && !layout->year_count) st = add_years_below(path, layout, findings, err);
    if (st == DT_OK && !layout->year_count) {
        char *kit = dt_path_join(path, "VOCdevkit");
        if (!kit) st = dt_fail_memory(err, strlen(path), "a path");
        if (kit && dt_is_dir(kit)) st = add_years_below(kit, layout, findings, err);
        dt_free(kit);
    }
    if (st == DT_OK && !layout->year_count)
        st =
            dt_fail(err, DT_ERR_NOT_FOUND,
                    "%s: no VOC data set: neither it nor a folder in it has Annotations/ or XML files", path);
    if (st != DT_OK) dt_voc_layout_free(layout);
    return st;
}
