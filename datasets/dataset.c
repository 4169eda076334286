#include "datasets/dataset.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

void dt_dataset_free(dt_dataset *set)
{
    dt_free(set->classes);
    dt_free(set->splits);
    dt_free(set->records);
    dt_free(set->objects);
    dt_free(set->categories);
    dt_free(set->members);
    dt_strmap_free(&set->class_index);
    dt_arena_free(&set->texts);
    *set = (dt_dataset){0};
}

dt_status dt_dataset_class(dt_dataset *set, const char *name, size_t len, int32_t *cls, dt_error *err)
{
    int64_t known = dt_strmap_get_n(&set->class_index, name, len, -1);
    if (known >= 0) {
        *cls = (int32_t)known;
        return DT_OK;
    }
    const char *copy = NULL;
    if (set->class_count >= INT32_MAX) return dt_fail(err, DT_ERR_FORMAT, "more than %d classes", INT32_MAX);
    if (dt_grow(&set->classes, &set->class_capacity, set->class_count + 1, sizeof *set->classes) != 0 ||
        !(copy = dt_arena_text_n(&set->texts, name, len)) ||
        dt_strmap_add(&set->class_index, copy, (int64_t)set->class_count) < 0)
        return dt_fail_memory(err, len + 1, "a class name");
    *cls = (int32_t)set->class_count;
    set->classes[set->class_count++] = copy;
    return DT_OK;
}

dt_status dt_dataset_add_category(dt_dataset *set, const dt_category *category, dt_error *err)
{
    dt_category next = *category;
    next.name = dt_arena_text(&set->texts, category->name);
    next.label = dt_arena_text(&set->texts, category->label);
    if (!next.name || !next.label ||
        dt_grow(&set->categories, &set->category_capacity, set->category_count + 1, sizeof next) != 0)
        return dt_fail_memory(err, sizeof next, "categories");
    set->categories[set->category_count++] = next;
    return DT_OK;
}

dt_status dt_dataset_add_member(dt_dataset *set, const dt_member *member, dt_error *err)
{
    dt_member next = *member;
    next.label = dt_arena_text(&set->texts, member->label);
    next.key = dt_arena_text(&set->texts, member->key);
    if (!next.label || !next.key ||
        dt_grow(&set->members, &set->member_capacity, set->member_count + 1, sizeof next) != 0)
        return dt_fail_memory(err, sizeof next, "members of a COCO file");
    set->members[set->member_count++] = next;
    return DT_OK;
}

const dt_category *dt_dataset_category(const dt_dataset *set, const char *name)
{
    for (size_t i = 0; i < set->category_count; i++)
        if (strcmp(set->categories[i].name, name) == 0) return &set->categories[i];
    return NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

dt_status dt_dataset_map_classes(dt_dataset *set, const int32_t *map, const char *const *names, size_t count,
                                 dt_error *err)
{
    dt_dataset next = {0};
    int32_t cls;
    dt_status st = DT_OK;
    for (size_t i = 0; i < count && st == DT_OK; i++)
        st = dt_dataset_class(&next, names[i], strlen(names[i]), &cls, err);
    if (st != DT_OK) {
        dt_dataset_free(&next);
        return st;
    }
    for (size_t i = 0; i < set->object_count; i++)
        set->objects[i].cls = map[set->objects[i].cls];
    dt_free(set->classes);
    dt_strmap_free(&set->class_index);
    set->classes = next.classes;
    set->class_count = next.class_count;
    set->class_capacity = next.class_capacity;
    set->class_index = next.class_index;
    dt_arena_adopt(&set->texts, &next.texts);
    return DT_OK;
}

dt_status dt_dataset_order_classes(dt_dataset *set, const char *const *names, size_t count, dt_error *err)
{
    const size_t all = count + set->class_count;
    int32_t *map = dt_calloc(set->class_count, sizeof *map);
    const char **order = dt_calloc(all, sizeof *order);
    dt_strmap places = {0};
    dt_status st = map && order ? DT_OK : dt_fail_memory(err, all * sizeof *order, "class names");
    if (st == DT_OK) {
        if (count) memcpy(order, names, count * sizeof *order);
        if (set->class_count) memcpy(order + count, set->classes, set->class_count * sizeof *order);
        qsort(order + count, set->class_count, sizeof *order, compare_names);
    }
    size_t kept = 0;
    for (size_t i = 0; i < all && st == DT_OK; i++) {
        if (dt_strmap_get(&places, order[i], -1) >= 0) continue;
        if (dt_strmap_add(&places, order[i], (int64_t)kept) < 0)
            st = dt_fail_memory(err, sizeof *order, "a class name");
        else
            order[kept++] = order[i];
    }
    for (size_t i = 0; i < set->class_count && st == DT_OK; i++)
        map[i] = (int32_t)dt_strmap_get(&places, set->classes[i], -1);
    if (st == DT_OK) st = dt_dataset_map_classes(set, map, order, kept, err);
    dt_strmap_free(&places);
    dt_free(map);
    dt_free(order);
    return st;
}

dt_status dt_dataset_add_split(dt_dataset *set, const char *name, dt_error *err)
{
    const char *copy = dt_arena_text(&set->texts, name);
    if (!copy || dt_grow(&set->splits, &set->split_capacity, set->split_count + 1, sizeof *set->splits) != 0)
        return dt_fail_memory(err, strlen(name) + 1, "a split");
    set->splits[set->split_count++] = (dt_split){.name = copy, .first = set->record_count};
    return DT_OK;
}

static const char *keep(dt_dataset *set, const char *text, int *failed)
{
    const char *copy = text ? dt_arena_text(&set->texts, text) : NULL;
    if (text && !copy) *failed = 1;
    return copy;
}

dt_status dt_dataset_add_record(dt_dataset *set, const char *image, const char *label, dt_record **record,
                                dt_error *err)
{
    int failed = 0;
    dt_record next = {.first = set->object_count};
    next.image = keep(set, image, &failed);
    next.label = keep(set, label, &failed);
    if (failed || dt_grow(&set->records, &set->record_capacity, set->record_count + 1, sizeof next) != 0)
        return dt_fail_memory(err, (set->record_count + 1) * sizeof next, "records");
    set->records[set->record_count] = next;
    if (record) *record = &set->records[set->record_count];
    set->record_count++;
    if (set->split_count) set->splits[set->split_count - 1].count++;
    return DT_OK;
}

dt_status dt_dataset_add_object(dt_dataset *set, const dt_object *object, dt_error *err)
{
    if (!set->record_count) return dt_fail(err, DT_ERR_STATE, "an object without a record");
    if (dt_grow(&set->objects, &set->object_capacity, set->object_count + 1, sizeof *object) != 0)
        return dt_fail_memory(err, (set->object_count + 1) * sizeof *object, "objects");
    set->objects[set->object_count++] = *object;
    set->records[set->record_count - 1].count++;
    return DT_OK;
}

dt_status dt_dataset_append(dt_dataset *set, dt_dataset *from, dt_error *err)
{
    int32_t *map = NULL;
    if (from->class_count) {
        map = dt_calloc(from->class_count, sizeof *map);
        if (!map) return dt_fail_memory(err, from->class_count * sizeof *map, "class numbers");
        for (size_t i = 0; i < from->class_count; i++) {
            dt_status st = dt_dataset_class(set, from->classes[i], strlen(from->classes[i]), &map[i], err);
            if (st != DT_OK) {
                dt_free(map);
                return st;
            }
        }
    }
    size_t records = set->record_count + from->record_count, objects = set->object_count + from->object_count;
    size_t categories = set->category_count + from->category_count,
           members = set->member_count + from->member_count;
    if (dt_grow(&set->categories, &set->category_capacity, categories, sizeof *set->categories) != 0 ||
        dt_grow(&set->members, &set->member_capacity, members, sizeof *set->members) != 0 ||
        dt_grow(&set->records, &set->record_capacity, records, sizeof *set->records) != 0 ||
        dt_grow(&set->objects, &set->object_capacity, objects, sizeof *set->objects) != 0) {
        dt_free(map);
        return dt_fail_memory(err, objects * sizeof *set->objects, "objects");
    }
    for (size_t i = 0; i < from->record_count; i++) {
        dt_record *to = &set->records[set->record_count + i];
        *to = from->records[i];
        to->first += set->object_count;
    }
    for (size_t i = 0; i < from->object_count; i++) {
        dt_object *to = &set->objects[set->object_count + i];
        *to = from->objects[i];
        if (map) to->cls = map[to->cls];
    }
    if (set->split_count) set->splits[set->split_count - 1].count += from->record_count;
    for (size_t i = 0; i < from->category_count; i++)
        set->categories[set->category_count + i] = from->categories[i];
    for (size_t i = 0; i < from->member_count; i++)
        set->members[set->member_count + i] = from->members[i];
    set->category_count = categories;
    set->member_count = members;
    set->record_count = records;
    set->object_count = objects;
    dt_arena_adopt(&set->texts, &from->texts);
    dt_free(map);
    dt_dataset_free(from);
    return DT_OK;
}

const dt_split *dt_dataset_split(const dt_dataset *set, const char *name)
{
    for (size_t i = 0; i < set->split_count; i++)
        if (strcmp(set->splits[i].name, name) == 0) return &set->splits[i];
    return NULL;
}

dt_box dt_dataset_box(const dt_dataset *set, const dt_object *object, double width, double height)
{
    dt_box b = object->box;
    if (set->frame == DT_FRAME_FRACTIONS)
        return (dt_box){b.x1 * width, b.y1 * height, b.x2 * width, b.y2 * height};
    return (dt_box){b.x1 + set->min_shift, b.y1 + set->min_shift, b.x2 + set->max_shift,
                    b.y2 + set->max_shift};
}

double dt_pixel_tidy(double v)
{
    double near = nearbyint(v * 1e6) / 1e6;
    return fabs(near - v) <= 1e-9 ? near : v;
}

void dt_dataset_to_pixels(dt_dataset *set)
{
    if (set->frame != DT_FRAME_FRACTIONS) return;
    for (size_t i = 0; i < set->record_count; i++) {
        const dt_record *r = &set->records[i];
        double w = r->real_width ? r->real_width : r->width, h = r->real_height ? r->real_height : r->height;
        if (w <= 0 || h <= 0) continue;
        for (size_t k = 0; k < r->count; k++) {
            dt_object *o = &set->objects[r->first + k];
            dt_box b = dt_dataset_box(set, o, w, h);
            o->box =
                (dt_box){dt_pixel_tidy(b.x1), dt_pixel_tidy(b.y1), dt_pixel_tidy(b.x2), dt_pixel_tidy(b.y2)};
        }
    }
    set->frame = DT_FRAME_PIXELS;
    set->min_shift = set->max_shift = 0;
}

static dt_box shift_box(dt_box b, double min, double max)
{
    return (dt_box){dt_pixel_tidy(b.x1 + min), dt_pixel_tidy(b.y1 + min), dt_pixel_tidy(b.x2 + max),
                    dt_pixel_tidy(b.y2 + max)};
}

/* A copy of what is beside the object, with its parts moved. */
static const dt_object_extra *shift_parts(dt_dataset *set, const dt_object_extra *e, double min, double max)
{
    dt_object_extra *copy = dt_arena_take(&set->texts, sizeof *copy);
    dt_part *parts = dt_arena_take(&set->texts, e->part_count * sizeof *parts);
    if (!copy || !parts) return NULL;
    *copy = *e;
    copy->parts = parts;
    for (uint32_t i = 0; i < e->part_count; i++) {
        parts[i] = e->parts[i];
        parts[i].box = shift_box(parts[i].box, min, max);
    }
    return copy;
}

dt_status dt_dataset_shift(dt_dataset *set, double min_shift, double max_shift, dt_error *err)
{
    double min = set->min_shift - min_shift, max = set->max_shift - max_shift;
    if (min == 0 && max == 0) return DT_OK;
    for (size_t i = 0; i < set->object_count; i++) {
        dt_object *o = &set->objects[i];
        o->box = shift_box(o->box, min, max);
        if (!o->extra || !o->extra->part_count) continue;
        const dt_object_extra *moved = shift_parts(set, o->extra, min, max);
        if (!moved) return dt_fail_memory(err, o->extra->part_count * sizeof(dt_part), "parts");
        o->extra = moved;
    }
    set->min_shift = min_shift;
    set->max_shift = max_shift;
    return DT_OK;
}

static const dt_object_home *home_of(const dt_object *o)
{
    return o->extra ? o->extra->home : NULL;
}

dt_origin dt_object_origin(const dt_record *r, const dt_object *o)
{
    return (dt_origin)(home_of(o) ? home_of(o)->origin : r->origin);
}

const char *dt_object_label(const dt_record *r, const dt_object *o)
{
    return home_of(o) ? home_of(o)->label : r->label;
}

const char *dt_object_image(const dt_record *r, const dt_object *o)
{
    return home_of(o) ? home_of(o)->image : r->image;
}

dt_status dt_dataset_labels(const dt_dataset *set, size_t record, int width, int height, dt_sample *sample,
                            dt_error *err)
{
    if (record >= set->record_count)
        return dt_fail(err, DT_ERR_ARG, "record %zu of %zu", record, set->record_count);
    const dt_record *r = &set->records[record];
    sample->label_count = 0;
    for (size_t i = 0; i < r->count; i++) {
        const dt_object *object = &set->objects[r->first + i];
        dt_label label = {.box = dt_dataset_box(set, object, width, height),
                          .cls = object->cls,
                          .ignore = object->ignore || object->crowd,
                          .source = (int32_t)i};
        dt_box_clip(&label.box, width, height);
        if (label.box.x2 > label.box.x1 && label.box.y2 > label.box.y1)
            DT_TRY(dt_sample_add_label(sample, label, err));
    }
    return DT_OK;
}
