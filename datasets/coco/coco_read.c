/* From instances files to records. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/coco/coco.h"
#include "datasets/coco/coco_json.h"
#include "datasets/coco/coco_text.h"
#include "datasets/voc/voc_layout.h"

typedef struct coco_reader {
    const dt_coco_source *source;
    const dt_coco_read_opts *opts;
    dt_coco_file file;
    const char *label;  /* path of the file, in the set's texts */
    const char *images; /* folder, with a slash at its end; NULL: not found */
    int32_t *classes;   /* one a category of the file, in the file's order */
    uint32_t *first;    /* annotations of image i are order[first[i]..first[i + 1]) */
    uint32_t *order;    /* in the file's order */
    dt_dataset *set;
    dt_findings *findings;
    dt_error *err;
} coco_reader;

typedef struct by_id {
    int64_t id;
    size_t index;
} by_id;

static int compare_ids(const void *pa, const void *pb)
{
    const by_id *a = pa, *b = pb;
    return (a->id > b->id) - (a->id < b->id);
}

static dt_status say(const coco_reader *r, dt_severity severity, const char *rule, const char *fmt, ...)
    DT_PRINTF(4, 5);
static dt_status say(const coco_reader *r, dt_severity severity, const char *rule, const char *fmt, ...)
{
    char message[DT_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return dt_findings_add(
        r->findings, &(dt_finding){.severity = severity, .rule = rule, .file = r->source->path, .object = -1},
        r->err, "%s", message);
}

/* Classes are the categories by ascending id; of one name there is one class. */
static dt_status add_classes(coco_reader *r)
{
    const dt_coco_file *f = &r->file;
    by_id *sorted = dt_calloc(f->category_count, sizeof *sorted);
    r->classes = dt_calloc(f->category_count, sizeof *r->classes);
    dt_status st = sorted && r->classes ? DT_OK : dt_fail_memory(r->err, f->category_count, "categories");
    for (size_t i = 0; i < f->category_count && st == DT_OK; i++)
        sorted[i] = (by_id){f->categories[i].id, i};
    if (st == DT_OK && f->category_count) qsort(sorted, f->category_count, sizeof *sorted, compare_ids);
    size_t earlier = r->set->class_count; /* of other files */
    int consecutive = 1;
    for (size_t i = 0; i < f->category_count && st == DT_OK; i++) {
        const dt_coco_category *c = &f->categories[sorted[i].index];
        size_t before = r->set->class_count;
        consecutive &= c->id == (int64_t)i + 1;
        char *made = *c->name ? NULL : dt_format("category_%lld", (long long)c->id);
        const char *name = *c->name ? c->name : made;
        st = name ? dt_dataset_class(r->set, name, strlen(name), &r->classes[sorted[i].index], r->err)
                  : dt_fail_memory(r->err, 1, "categories");
        if (st == DT_OK && (r->set->class_count > before || !dt_dataset_category(r->set, name)))
            st = dt_dataset_add_category(r->set, &(dt_category){name, c->id, r->label, c->offset, c->bytes},
                                         r->err);
        if (st == DT_OK && r->set->class_count == before && (size_t)r->classes[sorted[i].index] >= earlier)
            st = say(r, DT_WARNING, "category-twice",
                     "two categories are called '%.200s': they become one class", name);
        dt_free(made);
    }
    if (st == DT_OK && f->category_count && !consecutive)
        st = say(r, DT_NOTE, "category-ids",
                 "the %zu category ids from %lld to %lld are numbered anew, in their order",
                 f->category_count, (long long)sorted[0].id, (long long)sorted[f->category_count - 1].id);
    dt_free(sorted);
    return st;
}

static dt_status drop(const coco_reader *r, size_t index, const char *rule, const char *what, int64_t id)
{
    const dt_coco_annotation *a = &r->file.annotations[index];
    return dt_findings_add(r->findings,
                           &(dt_finding){.severity = DT_PROBLEM,
                                         .fate = DT_FATE_DROPPED,
                                         .rule = rule,
                                         .file = r->source->path,
                                         .object = a->id >= 0 ? a->id : (int64_t)index},
                           r->err, "annotation %lld (byte %llu): %s %lld", (long long)a->id,
                           (unsigned long long)a->offset, what, (long long)id);
}

static int is_usable(const coco_reader *r, const dt_coco_annotation *a, int64_t *image, int64_t *category)
{
    *image = dt_id_map_find(&r->file.image_by_id, a->image_id);
    *category = dt_id_map_find(&r->file.category_by_id, a->category_id);
    return *image >= 0 && *category >= 0 && isfinite(a->x + a->w) && isfinite(a->y + a->h);
}

/* Sorts the annotations by image (counting sort: their order within an image stays). */
static dt_status group_annotations(coco_reader *r)
{
    const dt_coco_file *f = &r->file;
    int64_t image, category;
    if (f->annotation_count >= UINT32_MAX || f->image_count >= UINT32_MAX)
        return dt_fail(r->err, DT_ERR_FORMAT, "%s: too many records", r->source->path);
    r->first = dt_calloc(f->image_count + 2, sizeof *r->first);
    r->order = dt_calloc(f->annotation_count, sizeof *r->order);
    if (!r->first || !r->order)
        return dt_fail_memory(r->err, f->annotation_count * sizeof *r->order, "annotations");
    for (size_t i = 0; i < f->annotation_count; i++) {
        const dt_coco_annotation *a = &f->annotations[i];
        if (is_usable(r, a, &image, &category))
            r->first[image + 2]++;
        else if (image < 0)
            DT_TRY(drop(r, i, "image-unknown", "there is no image of the id", a->image_id));
        else if (category < 0)
            DT_TRY(drop(r, i, "category-unknown", "there is no category of the id", a->category_id));
        else
            DT_TRY(drop(r, i, "label-number", "the bbox is not finite; image", a->image_id));
    }
    for (size_t i = 2; i < f->image_count + 2; i++)
        r->first[i] += r->first[i - 1];
    for (size_t i = 0; i < f->annotation_count; i++)
        if (is_usable(r, &f->annotations[i], &image, &category))
            r->order[r->first[image + 1]++] = (uint32_t)i;
    return DT_OK;
}

static int is_usable_name(const char *name)
{
    size_t n = strlen(name);
    return dt_voc_is_safe_name(name) && name[n - 1] != '/';
}

static dt_status find_images(coco_reader *r)
{
    const dt_coco_file *f = &r->file;
    const char **names = dt_calloc(f->image_count, sizeof *names);
    size_t count = 0;
    char *base = NULL;
    if (!names) return dt_fail_memory(r->err, f->image_count * sizeof *names, "names of images");
    for (size_t i = 0; i < f->image_count; i++)
        if (is_usable_name(f->images[i].file_name)) names[count++] = f->images[i].file_name;
    dt_status st = dt_coco_find_images(r->source, r->opts->image_dir, names, count, &base, r->err);
    if (st == DT_OK && !base && !r->opts->no_images && count)
        st = dt_fail(r->err, DT_ERR_NOT_FOUND, "%s: the pictures (%.200s, ...) were not found %s %s",
                     r->source->path, names[0], r->opts->image_dir ? "in" : "around",
                     r->opts->image_dir ? r->opts->image_dir : r->source->folder);
    if (st == DT_OK && !base && count)
        st = say(r, DT_NOTE, "image-missing",
                 "none of the %zu pictures was found: sizes are those of the file", count);
    char *slash = st == DT_OK && base ? dt_format("%s/", base) : NULL;
    r->images = slash ? dt_arena_text(&r->set->texts, slash) : NULL;
    if (st == DT_OK && base && !r->images) st = dt_fail_memory(r->err, strlen(base), "a path");
    dt_free(slash);
    dt_free(base);
    dt_free(names);
    return st;
}

static dt_status add_image(coco_reader *r, const dt_coco_image *image)
{
    dt_record *record;
    int usable = is_usable_name(image->file_name);
    char *path = usable && r->images ? dt_format("%s%s", r->images, image->file_name) : NULL;
    if (usable && r->images && !path) return dt_fail_memory(r->err, strlen(image->file_name), "a path");
    dt_status st = dt_dataset_add_record(r->set, path, NULL, &record, r->err);
    dt_free(path);
    DT_TRY(st);
    dt_record_extra *extra = dt_arena_take(&r->set->texts, sizeof *extra);
    if (!extra) return dt_fail_memory(r->err, sizeof *extra, "images");
    *extra = (dt_record_extra){.id = image->id, .offset = image->offset, .bytes = image->bytes};
    record->extra = extra;
    record->origin = DT_ORIGIN_COCO;
    record->label = r->label;
    record->width = image->width;
    record->height = image->height;
    if (record->image) {
        record->name = record->image + strlen(r->images);
        return DT_OK;
    }
    char *id = usable ? NULL : dt_format("image_%lld", (long long)image->id);
    record->name = usable || id ? dt_arena_text(&r->set->texts, usable ? image->file_name : id) : NULL;
    dt_free(id);
    if (!record->name) return dt_fail_memory(r->err, strlen(image->file_name), "a name");
    if (usable) return DT_OK;
    return *image->file_name
               ? say(r, DT_PROBLEM, "filename-unsafe",
                     "image %lld: file_name '%.200s' leads out of the folder: not used", (long long)image->id,
                     image->file_name)
               : say(r, DT_PROBLEM, "image-missing", "image %lld has no file_name", (long long)image->id);
}

static dt_status add_annotation(coco_reader *r, const dt_coco_annotation *a)
{
    dt_object_extra *extra = dt_arena_take(&r->set->texts, sizeof *extra);
    if (!extra) return dt_fail_memory(r->err, sizeof *extra, "annotations");
    *extra = (dt_object_extra){
        .id = a->id, .has_id = 1, .has_other = (int8_t)a->other, .offset = a->offset, .bytes = a->bytes};
    /* "[]" is what tools write where there is none. */
    if (a->segmentation != DT_COCO_SEG_NONE && a->segmentation_bytes > 2) {
        extra->segmentation_offset = a->segmentation_offset;
        extra->segmentation_bytes = a->segmentation_bytes;
    }
    int64_t category = dt_id_map_find(&r->file.category_by_id, a->category_id);
    double size = a->w * a->h;
    const dt_object object = {
        .box = {a->x, a->y, dt_pixel_tidy(a->x + a->w), dt_pixel_tidy(a->y + a->h)},
        .area = a->has_area && a->area >= 0 && fabs(a->area - size) > 1e-6 * fabs(size) ? a->area : -1,
        .extra = extra,
        .cls = r->classes[category],
        .difficult = a->difficult ? 1 : DT_FLAG_UNKNOWN,
        .truncated = DT_FLAG_UNKNOWN,
        .occluded = DT_FLAG_UNKNOWN,
        .crowd = (int8_t)(a->iscrowd != 0),
    };
    return dt_dataset_add_object(r->set, &object, r->err);
}

static dt_status add_records(coco_reader *r)
{
    const dt_coco_file *f = &r->file;
    dt_dataset *set = r->set;
    if (dt_grow(&set->objects, &set->object_capacity, set->object_count + f->annotation_count,
                sizeof *set->objects) != 0)
        return dt_fail_memory(r->err, f->annotation_count * sizeof *set->objects, "objects");
    for (size_t i = 0; i < f->image_count; i++) {
        DT_TRY(add_image(r, &f->images[i]));
        for (uint32_t k = r->first[i]; k < r->first[i + 1]; k++)
            DT_TRY(add_annotation(r, &f->annotations[r->order[k]]));
    }
    return DT_OK;
}

static dt_status read_source(coco_reader *r)
{
    DT_TRY(dt_coco_file_read(r->source->path, &r->file, r->err));
    if (!(r->label = dt_arena_text(&r->set->texts, r->source->path)))
        return dt_fail_memory(r->err, strlen(r->source->path), "a path");
    DT_TRY(dt_dataset_add_split(r->set, r->source->split, r->err));
    DT_TRY(add_classes(r));
    DT_TRY(find_images(r));
    DT_TRY(group_annotations(r));
    DT_TRY(add_records(r));
    for (size_t i = 0; i < r->file.member_count; i++) {
        const dt_coco_member *m = &r->file.members[i];
        DT_TRY(dt_dataset_add_member(r->set, &(dt_member){r->label, m->key, m->offset, m->bytes}, r->err));
    }
    return r->file.image_count ? DT_OK : say(r, DT_WARNING, "split-empty", "the file has no images");
}

dt_status dt_coco_read(const char *path, const dt_coco_read_opts *opts, dt_dataset *set,
                       dt_findings *findings, dt_error *err)
{
    static const dt_coco_read_opts defaults = {0};
    dt_coco_sources sources;
    *set = (dt_dataset){.frame = DT_FRAME_PIXELS};
    DT_TRY(dt_coco_find_sources(path, &sources, err));
    dt_status st = DT_OK;
    for (size_t i = 0; i < sources.count && st == DT_OK; i++) {
        coco_reader r = {.source = &sources.items[i],
                         .opts = opts ? opts : &defaults,
                         .set = set,
                         .findings = findings,
                         .err = err};
        st = read_source(&r);
        dt_coco_file_free(&r.file);
        dt_free(r.classes);
        dt_free(r.first);
        dt_free(r.order);
    }
    dt_coco_sources_free(&sources);
    if (st != DT_OK) dt_dataset_free(set);
    return st;
}

dt_status dt_coco_segmentation_read(const dt_record *record, const dt_object *object, dt_str *out,
                                    dt_error *err)
{
    const dt_object_extra *e = object->extra;
    dt_coco_texts texts = {.fd = -1};
    const char *text;
    if (!e || !e->segmentation_bytes) return dt_fail(err, DT_ERR_ARG, "the object has no segmentation");
    dt_status st = dt_coco_text(&texts, dt_object_label(record, object), e->segmentation_offset,
                                e->segmentation_bytes, &text, err);
    if (st == DT_OK) dt_str_append_n(out, text, e->segmentation_bytes);
    dt_coco_texts_close(&texts);
    if (st == DT_OK && out->failed) st = dt_fail_memory(err, e->segmentation_bytes, "a segmentation");
    return st;
}
