/* Pictures in the folders of a COCO set that none of its files lists. The readers of the other formats see
 * them themselves: there the folder is the list. */
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/strmap.h"
#include "datasets/check/check.h"
#include "datasets/image/image.h"

/* More than this share of a folder, and it is another set's, too. */
static const double OWN = 0.5;

typedef struct unlisted {
    dt_strmap listed, folders;
    dt_arena texts;
    dt_findings *findings;
    dt_error *err;
} unlisted;

static dt_status collect(unlisted *u, const dt_dataset *set)
{
    for (size_t i = 0; i < set->record_count; i++) {
        const dt_record *r = &set->records[i];
        if (r->origin != DT_ORIGIN_COCO || !r->image) continue;
        const char *base = dt_path_base(r->image);
        size_t len = base > r->image ? (size_t)(base - r->image) - 1 : 0;
        int known = len && dt_strmap_get_n(&u->folders, r->image, len, -1) >= 0;
        const char *folder = len && !known ? dt_arena_text_n(&u->texts, r->image, len) : NULL;
        if (dt_strmap_add(&u->listed, r->image, 1) < 0 || (len && !known && !folder) ||
            (folder && dt_strmap_add(&u->folders, folder, (int64_t)i) < 0))
            return dt_fail_memory(u->err, u->listed.count, "a map of images");
    }
    return DT_OK;
}

static dt_status report(unlisted *u, const char *folder, const dt_names *extra, size_t pictures)
{
    dt_finding finding = {.severity = DT_WARNING, .rule = "label-missing", .object = -1};
    if ((double)extra->count > OWN * (double)pictures) {
        finding.severity = DT_NOTE;
        finding.file = folder;
        return dt_findings_add(u->findings, &finding, u->err,
                               "%zu of the %zu pictures in this folder are in no file of the set",
                               extra->count, pictures);
    }
    for (size_t i = 0; i < extra->count; i++) {
        finding.file = extra->items[i];
        DT_TRY(
            dt_findings_add(u->findings, &finding, u->err, "no file of the set lists this image: left out"));
    }
    return DT_OK;
}

static dt_status check_folder(unlisted *u, const char *folder)
{
    dt_names names, extra = {0};
    size_t pictures = 0;
    dt_error problem = {0};
    dt_status st = dt_dir_list(folder, &names, &problem);
    if (st == DT_ERR_MEMORY) return dt_fail(u->err, st, "%s", problem.text);
    if (st != DT_OK) return DT_OK; /* its pictures are missing: that is said of each */
    for (size_t i = 0; i < names.count && st == DT_OK; i++) {
        if (!dt_image_has_extension(names.items[i])) continue;
        char *path = dt_path_join(folder, names.items[i]);
        pictures++;
        if (!path)
            st = dt_fail_memory(u->err, strlen(folder), "a path");
        else if (dt_strmap_get(&u->listed, path, 0) == 0)
            st = dt_names_add(&extra, path, u->err);
        dt_free(path);
    }
    if (st == DT_OK) st = report(u, folder, &extra, pictures);
    dt_names_free(&names);
    dt_names_free(&extra);
    return st;
}

dt_status dt_check_unlisted(const dt_dataset *set, dt_findings *findings, dt_error *err)
{
    unlisted u = {.findings = findings, .err = err};
    dt_status st = collect(&u, set);
    /* In the order in which the set has them. */
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++) {
        const dt_record *r = &set->records[i];
        const char *base = r->image ? dt_path_base(r->image) : NULL;
        size_t len = base && base > r->image ? (size_t)(base - r->image) - 1 : 0;
        if (!len || dt_strmap_get_n(&u.folders, r->image, len, -1) != (int64_t)i) continue;
        char *folder = dt_strndup(r->image, len);
        st = folder ? check_folder(&u, folder) : dt_fail_memory(err, len, "a path");
        dt_free(folder);
    }
    dt_strmap_free(&u.listed);
    dt_strmap_free(&u.folders);
    dt_arena_free(&u.texts);
    return st;
}
