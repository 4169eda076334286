/* The page: chooses the pictures, has them drawn, and puts the sections together. */
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "tools/html_text.h"
#include "tools/report_inspect_page.h"

enum { PICTURES_PER_RULE = 4, PICTURES_FOR_CLASSES = 160, PICTURES_PER_CLASS = 4, PICTURES_OF_MASKS = 8 };

const char *dt_page_short_path(const dt_page *page, const char *path)
{
    size_t n = strlen(page->in->path);
    while (n > 1 && page->in->path[n - 1] == '/')
        n--;
    return strncmp(path, page->in->path, n) == 0 && path[n] == '/' ? path + n + 1 : path;
}

static dt_status add_picture(dt_page *page, int64_t record, const char *file, int32_t cls, int64_t mark,
                             int masks, size_t finding, dt_error *err)
{
    size_t n = page->picture_count;
    if (dt_grow(&page->pictures, &page->picture_capacity, n + 1, sizeof *page->pictures) != 0 ||
        dt_grow(&page->picture_findings, &page->finding_capacity, n + 1, sizeof *page->picture_findings) != 0)
        return dt_fail_memory(err, (n + 1) * sizeof *page->pictures, "pictures");
    page->pictures[n] =
        (dt_small_picture){.record = record, .file = file, .cls = cls, .mark = mark, .masks = masks};
    page->picture_findings[n] = finding;
    page->picture_count++;
    return DT_OK;
}

/* A COCO file is the label of many pictures; findings in it name the picture as well. */
static int is_shared(const char *label)
{
    return strcmp(dt_path_extension(label), ".json") == 0;
}

static dt_status index_files(dt_page *page, dt_error *err)
{
    const dt_dataset *set = &page->in->set;
    for (size_t i = 0; i < set->record_count; i++) {
        const dt_record *r = &set->records[i];
        if ((r->image && dt_strmap_add(&page->by_file, r->image, (int64_t)i) < 0) ||
            (r->label && !is_shared(r->label) && dt_strmap_add(&page->by_file, r->label, (int64_t)i) < 0))
            return dt_fail_memory(err, set->record_count * 16, "a map of files");
        for (int k = 0; k < DT_MASKS && r->masks; k++)
            if (r->masks->files[k] && dt_strmap_add(&page->by_file, r->masks->files[k], (int64_t)i) < 0)
                return dt_fail_memory(err, set->record_count * 16, "a map of files");
    }
    return DT_OK;
}

/* The object that a finding is about: by COCO's id, else by its line, as numbers in the file count those that
 * were dropped, too. */
static int64_t find_mark(const dt_dataset *set, const dt_record *r, const dt_finding *f)
{
    if (f->object < 0 && !f->line) return -1;
    for (size_t i = 0; i < r->count && r->origin == DT_ORIGIN_COCO; i++) {
        const dt_object_extra *e = set->objects[r->first + i].extra;
        if (e && e->has_id && e->id == f->object) return (int64_t)i;
    }
    if (f->object >= 0 && (size_t)f->object < r->count &&
        set->objects[r->first + (size_t)f->object].line == f->line)
        return f->object;
    for (size_t i = 0; i < r->count && f->line; i++)
        if (set->objects[r->first + i].line == f->line) return (int64_t)i;
    return -1;
}

static int is_drawable(const dt_dataset *set, int64_t record)
{
    return record >= 0 && set->records[record].image && set->records[record].real_width > 0;
}

/* A file that is no record's, but can be shown: an image without label, a mask without annotation. */
static int is_picture(const char *file)
{
    dt_image_info info;
    dt_error ignored = {0};
    return dt_image_has_extension(file) && dt_image_probe(file, &info, &ignored) == DT_OK;
}

static dt_status choose_for_group(dt_page *page, const dt_rule_group *group, dt_error *err)
{
    const dt_findings *findings = &page->in->findings;
    const dt_dataset *set = &page->in->set;
    size_t from = page->picture_count;
    int masks = strncmp(group->rule, "mask-", 5) == 0;
    for (size_t i = group->first; i < findings->count && page->picture_count - from < PICTURES_PER_RULE;
         i++) {
        const dt_finding *f = &findings->items[i];
        if (f->severity != group->severity || strcmp(f->rule, group->rule) != 0 || !f->file) continue;
        int64_t record = dt_strmap_get(&page->by_file, f->file, -1);
        int64_t other = f->other ? dt_strmap_get(&page->by_file, f->other, -1) : -1;
        if (record < 0) {
            record = other;
            other = -1;
        }
        if (is_drawable(set, record))
            DT_TRY(add_picture(page, record, set->records[record].image, -1,
                               find_mark(set, &set->records[record], f), masks, i, err));
        else if (record < 0 && is_picture(f->file))
            DT_TRY(add_picture(page, DT_NO_RECORD, f->file, -1, -1, 0, i, err));
        if (is_drawable(set, other) && other != record)
            DT_TRY(add_picture(page, other, set->records[other].image, -1, -1, masks, i, err));
    }
    return DT_OK;
}

/* Evenly spread over the pictures that have the class, in the order of the set. */
static dt_status choose_for_class(dt_page *page, int32_t cls, size_t wanted, dt_error *err)
{
    const dt_dataset *set = &page->in->set;
    size_t with = page->in->stats.classes[cls].images, seen = 0, taken = 0;
    if (wanted > with) wanted = with;
    for (size_t i = 0; i < set->record_count && taken < wanted; i++) {
        const dt_record *r = &set->records[i];
        size_t k = 0;
        while (k < r->count && set->objects[r->first + k].cls != cls)
            k++;
        if (k == r->count) continue;
        if (seen++ < (2 * taken + 1) * with / (2 * wanted) || !is_drawable(set, (int64_t)i)) continue;
        DT_TRY(add_picture(page, (int64_t)i, r->image, cls, -1, 0, 0, err));
        taken++;
    }
    return DT_OK;
}

/* Evenly spread over those that have masks. */
static dt_status choose_for_masks(dt_page *page, dt_error *err)
{
    const dt_dataset *set = &page->in->set;
    size_t with = page->in->masks.images, seen = 0, taken = 0;
    size_t wanted = with < PICTURES_OF_MASKS ? with : PICTURES_OF_MASKS;
    page->mask_pictures = page->picture_count;
    for (size_t i = 0; i < set->record_count && taken < wanted; i++) {
        if (!set->records[i].masks) continue;
        if (seen++ < (2 * taken + 1) * with / (2 * wanted) || !is_drawable(set, (int64_t)i)) continue;
        DT_TRY(add_picture(page, (int64_t)i, set->records[i].image, -1, -1, 1, 0, err));
        taken++;
    }
    page->mask_pictures_end = page->picture_count;
    return DT_OK;
}

static dt_status choose_pictures(dt_page *page, dt_error *err)
{
    size_t classes = page->in->stats.class_count;
    size_t wanted = classes ? PICTURES_FOR_CLASSES / classes : 0;
    if (wanted > PICTURES_PER_CLASS) wanted = PICTURES_PER_CLASS;
    if (wanted < 1) wanted = 1;
    page->group_pictures = dt_calloc(page->group_count + 1, sizeof(size_t));
    page->class_pictures = dt_calloc(classes + 1, sizeof(size_t));
    if (!page->group_pictures || !page->class_pictures)
        return dt_fail_memory(err, (page->group_count + classes) * sizeof(size_t), "pictures");
    for (size_t g = 0; g < page->group_count; g++) {
        page->group_pictures[g] = page->picture_count;
        DT_TRY(choose_for_group(page, &page->groups[g], err));
    }
    page->group_pictures[page->group_count] = page->picture_count;
    for (size_t c = 0; c < classes; c++) {
        page->class_pictures[c] = page->picture_count;
        if (c < PICTURES_FOR_CLASSES) DT_TRY(choose_for_class(page, (int32_t)c, wanted, err));
    }
    page->class_pictures[classes] = page->picture_count;
    return choose_for_masks(page, err);
}

/* No script, and nothing may be loaded: should a name ever get through as markup, it can do nothing. */
static void put_page(dt_page *page)
{
    dt_str *out = page->out;
    dt_str_append(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                       "img-src data:; style-src 'unsafe-inline'\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Inspection of ");
    dt_html_text(out, page->in->path);
    dt_str_append(out, "</title>\n<style>\n");
    dt_str_append(out, dt_page_style);
    dt_str_append(out, "</style>\n</head>\n<body>\n");
    dt_page_overview(page);
    dt_str_append(out, "<main>\n");
    dt_page_problems(page);
    dt_page_classes(page);
    dt_page_boxes(page);
    dt_page_masks(page);
    dt_page_samples(page);
    dt_str_append(out, "</main>\n<footer>Made by dettool " DT_VERSION ".</footer>\n</body>\n</html>\n");
}

dt_status dt_report_inspect_html(const dt_inspection *in, dt_pool *pool, const char *file, dt_error *err)
{
    dt_str out = {0};
    dt_page page = {.in = in, .out = &out};
    dt_status st = dt_group_findings(&in->findings, &page.groups, &page.group_count, err);
    if (st == DT_OK) st = index_files(&page, err);
    if (st == DT_OK) st = choose_pictures(&page, err);
    if (st == DT_OK) st = dt_draw_small_pictures(in, pool, page.pictures, page.picture_count, err);
    if (st == DT_OK) {
        put_page(&page);
        st = out.failed ? dt_fail_memory(err, out.len, "the page")
                        : dt_file_write_atomic(file, out.data, out.len, err);
    }
    for (size_t i = 0; i < page.picture_count; i++)
        dt_str_free(&page.pictures[i].jpeg);
    dt_free(page.pictures);
    dt_free(page.picture_findings);
    dt_free(page.group_pictures);
    dt_free(page.class_pictures);
    dt_free(page.groups);
    dt_strmap_free(&page.by_file);
    dt_str_free(&out);
    return st;
}
