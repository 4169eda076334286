#include "datasets/edit/diff.h"

#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "datasets/edit/diff_parts.h"
#include "datasets/edit/edit.h"
#include "datasets/edit/regroup.h"

dt_status dt_diff_add(dt_differ *d, const dt_diff_entry *entry)
{
    dt_diff *out = d->diff;
    if (dt_grow(&out->items, &out->capacity, out->count + 1, sizeof *out->items) != 0)
        return dt_fail_memory(d->err, (out->count + 1) * sizeof *out->items, "differences");
    out->items[out->count++] = *entry;
    out->kinds[entry->kind]++;
    out->moved += (entry->what & DT_DIFF_MOVED) != 0;
    out->relabelled += (entry->what & DT_DIFF_RELABELLED) != 0;
    out->attributes += (entry->what & DT_DIFF_ATTRIBUTES) != 0;
    return DT_OK;
}

/* ---- classes ---- */

/* VOC files name no class that has no object. */
static int lists_unused(const dt_differ *d)
{
    return d->opts->formats[0] != DT_FORMAT_VOC && d->opts->formats[1] != DT_FORMAT_VOC;
}

/* Adds the classes of `side` that the other set lacks. */
static dt_status say_classes(dt_differ *d, int side)
{
    const dt_dataset *set = d->sets[side], *other = d->sets[!side];
    uint8_t *used = dt_calloc(set->class_count, 1);
    dt_status st = used ? DT_OK : dt_fail_memory(d->err, set->class_count, "classes");
    for (size_t i = 0; i < set->object_count && st == DT_OK; i++)
        used[set->objects[i].cls] = 1;
    for (size_t c = 0; c < set->class_count && st == DT_OK; c++) {
        if (dt_strmap_get(&other->class_index, set->classes[c], -1) >= 0) continue;
        if (used[c] || lists_unused(d))
            st = dt_diff_add(d, &(dt_diff_entry){.kind = side ? DT_DIFF_CLASS_ADDED : DT_DIFF_CLASS_REMOVED,
                                                 .a = side ? SIZE_MAX : c,
                                                 .b = side ? c : SIZE_MAX,
                                                 .object_a = SIZE_MAX,
                                                 .object_b = SIZE_MAX});
    }
    dt_free(used);
    return st;
}

static dt_status match_classes(dt_differ *d)
{
    const dt_dataset *a = d->sets[0], *b = d->sets[1];
    d->classes = dt_calloc(b->class_count, sizeof *d->classes);
    if (!d->classes) return dt_fail_memory(d->err, b->class_count * sizeof *d->classes, "classes");
    for (size_t c = 0; c < b->class_count; c++)
        d->classes[c] = (int32_t)dt_strmap_get(&a->class_index, b->classes[c], (int64_t)(a->class_count + c));
    DT_TRY(say_classes(d, 0));
    return say_classes(d, 1);
}

/* ---- pictures ---- */

/* Annotated sizes where both have one, and the pictures' own where both are known. */
static int same_size(const dt_record *a, const dt_record *b)
{
    int annotated = a->width && b->width, real = a->real_width && b->real_width;
    if (annotated && (a->width != b->width || a->height != b->height)) return 0;
    if (real && (a->real_width != b->real_width || a->real_height != b->real_height)) return 0;
    double wa = dt_diff_width(a), wb = dt_diff_width(b);
    return annotated || real || wa == 0 || wb == 0 || (wa == wb && dt_diff_height(a) == dt_diff_height(b));
}

static int same_stem(const dt_record *a, const dt_record *b)
{
    const char *p = dt_path_base(dt_edit_name(a)), *q = dt_path_base(dt_edit_name(b));
    size_t n = (size_t)(dt_path_extension(p) - p), m = (size_t)(dt_path_extension(q) - q);
    return n == m && memcmp(p, q, n) == 0;
}

static dt_status say_picture(dt_differ *d, const dt_diff_pair *pair, dt_diff_kind kind)
{
    return dt_diff_add(
        d, &(dt_diff_entry){
               .kind = kind, .a = pair->a, .b = pair->b, .object_a = SIZE_MAX, .object_b = SIZE_MAX});
}

static dt_status compare_pair(dt_differ *d, const dt_diff_pair *pair)
{
    if (pair->a == SIZE_MAX || pair->b == SIZE_MAX) {
        int side = pair->a == SIZE_MAX;
        d->diff->lone[side] += d->sets[side]->records[side ? pair->b : pair->a].count;
        return say_picture(d, pair, side ? DT_DIFF_IMAGE_ADDED : DT_DIFF_IMAGE_REMOVED);
    }
    const dt_record *a = &d->sets[0]->records[pair->a], *b = &d->sets[1]->records[pair->b];
    int32_t s = d->split_of[0][pair->a], t = d->split_of[1][pair->b];
    d->diff->pairs++;
    if (!same_stem(a, b)) DT_TRY(say_picture(d, pair, DT_DIFF_IMAGE_NAME));
    if (s >= 0 && t >= 0 && strcmp(d->sets[0]->splits[s].name, d->sets[1]->splits[t].name) != 0)
        DT_TRY(say_picture(d, pair, DT_DIFF_IMAGE_SPLIT));
    if (!same_size(a, b)) DT_TRY(say_picture(d, pair, DT_DIFF_IMAGE_SIZE));
    return dt_diff_objects(d, pair);
}

static dt_status compare(dt_differ *d)
{
    dt_diff_pair *pairs = NULL;
    size_t count = 0;
    for (int side = 0; side < 2; side++) {
        if (d->sets[side]->frame != DT_FRAME_PIXELS)
            return dt_fail(d->err, DT_ERR_ARG, "boxes in pixels are expected");
        d->diff->units[side] = dt_diff_unit(d->sets[side], d->opts->formats[side]);
        DT_TRY(dt_dataset_split_of(d->sets[side], &d->split_of[side], d->err));
    }
    DT_TRY(match_classes(d));
    DT_TRY(dt_diff_match_pictures(d, &pairs, &count));
    dt_status st = DT_OK;
    for (size_t i = 0; i < count && st == DT_OK; i++)
        st = compare_pair(d, &pairs[i]);
    dt_free(pairs);
    return st;
}

dt_status dt_diff_sets(const dt_dataset *a, const dt_dataset *b, const dt_diff_opts *opts, dt_diff *diff,
                       dt_error *err)
{
    dt_differ d = {.sets = {a, b}, .opts = opts, .texts = {{.fd = -1}, {.fd = -1}}, .diff = diff, .err = err};
    *diff = (dt_diff){0};
    dt_status st = compare(&d);
    for (int side = 0; side < 2; side++) {
        dt_coco_texts_close(&d.texts[side]);
        dt_free(d.split_of[side]);
    }
    dt_free(d.classes);
    if (st != DT_OK) dt_diff_free(diff);
    return st;
}

void dt_diff_free(dt_diff *diff)
{
    dt_free(diff->items);
    *diff = (dt_diff){0};
}
