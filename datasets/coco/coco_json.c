#include "datasets/coco/coco_json.h"

#include <string.h>

#include "core/mem.h"
#include "datasets/coco/coco_json_internal.h"

/* ---- texts: blocks that never move, so that pointers into them stay ---- */

enum { TEXT_BLOCK = 64 << 10 };

struct dt_coco_text_block {
    dt_coco_text_block *next;
    size_t used, capacity;
    char bytes[];
};

static dt_status keep_text(dt_coco_file *file, dt_scan *s, const char *text, size_t len, const char **out)
{
    dt_coco_text_block *block = file->texts;
    if (!block || block->capacity - block->used < len + 1) {
        size_t capacity = len + 1 > TEXT_BLOCK ? len + 1 : TEXT_BLOCK;
        block = dt_malloc(sizeof *block + capacity);
        if (!block) return s->status = dt_fail_memory(s->err, capacity, "names in a COCO file");
        *block = (dt_coco_text_block){.next = file->texts, .capacity = capacity};
        file->texts = block;
    }
    char *at = block->bytes + block->used;
    memcpy(at, text, len);
    at[len] = '\0';
    block->used += len + 1;
    *out = at;
    return DT_OK;
}

static dt_status read_text(dt_coco_file *file, dt_scan *s, const char **out)
{
    const char *text;
    size_t len;
    DT_TRY(dt_scan_string(s, &text, &len));
    if (memchr(text, '\0', len)) return dt_scan_fail(s, DT_ERR_FORMAT, "a name holds a NUL character");
    return keep_text(file, s, text, len, out);
}

/* ---- pieces ---- */

dt_status coco_read_bbox(dt_scan *s, double box[4])
{
    int n = 0;
    DT_TRY(dt_scan_array(s));
    while (dt_scan_item(s)) {
        double v;
        DT_TRY(dt_scan_f64(s, &v));
        if (n < 4) box[n] = v;
        n++;
    }
    if (s->status == DT_OK && n != 4)
        return dt_scan_fail(s, DT_ERR_FORMAT, "a bbox has %d numbers instead of 4", n);
    return s->status;
}

dt_status coco_need(dt_scan *s, unsigned seen, const char *const *names, int count, const char *what)
{
    for (int i = 0; i < count; i++)
        if (!(seen >> i & 1))
            return dt_scan_fail(s, DT_ERR_FORMAT, "%s without \"%s\" ends here", what, names[i]);
    return DT_OK;
}

dt_status coco_grow(dt_scan *s, void *items, size_t *capacity, size_t count, size_t bytes)
{
    if (dt_grow(items, capacity, count + 1, bytes) == 0) return DT_OK;
    return s->status = dt_fail_memory(s->err, (count + 1) * bytes, "the records of a COCO file");
}

/* Bytes of the value that began at `offset` and has just been read. */
static uint32_t bytes_since(const dt_scan *s, uint64_t offset)
{
    uint64_t bytes = s->base + (uint64_t)(s->pos - s->window) - offset;
    return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

/* ---- records ---- */

static dt_status read_image(dt_coco_file *file, dt_scan *s)
{
    static const char *const needed[] = {"id"};
    DT_TRY(coco_grow(s, &file->images, &file->image_capacity, file->image_count, sizeof *file->images));
    dt_coco_image image = {.file_name = "", .offset = dt_scan_offset(s)};
    unsigned seen = 0;
    const char *key;
    size_t len;
    int64_t v;
    DT_TRY(dt_scan_object(s));
    while (dt_scan_key(s, &key, &len)) {
        if (dt_scan_is(key, len, "id")) {
            seen |= dt_scan_i64(s, &image.id) == DT_OK;
        } else if (dt_scan_is(key, len, "file_name")) {
            DT_TRY(read_text(file, s, &image.file_name));
        } else if (dt_scan_is(key, len, "width") || dt_scan_is(key, len, "height")) {
            int32_t *side = *key == 'w' ? &image.width : &image.height;
            DT_TRY(dt_scan_i64(s, &v));
            if (v < 0 || v > INT32_MAX)
                return dt_scan_fail(s, DT_ERR_FORMAT, "an image side of %lld", (long long)v);
            *side = (int32_t)v;
        } else {
            dt_scan_skip(s);
        }
    }
    DT_TRY(s->status);
    DT_TRY(coco_need(s, seen, needed, 1, "an image"));
    image.bytes = bytes_since(s, image.offset);
    file->images[file->image_count++] = image;
    return DT_OK;
}

static dt_status read_category(dt_coco_file *file, dt_scan *s)
{
    static const char *const needed[] = {"id"};
    DT_TRY(coco_grow(s, &file->categories, &file->category_capacity, file->category_count,
                     sizeof *file->categories));
    dt_coco_category category = {.name = "", .supercategory = "", .offset = dt_scan_offset(s)};
    unsigned seen = 0;
    const char *key;
    size_t len;
    DT_TRY(dt_scan_object(s));
    while (dt_scan_key(s, &key, &len)) {
        if (dt_scan_is(key, len, "id"))
            seen |= dt_scan_i64(s, &category.id) == DT_OK;
        else if (dt_scan_is(key, len, "name"))
            DT_TRY(read_text(file, s, &category.name));
        else if (dt_scan_is(key, len, "supercategory") && dt_scan_peek(s) == DT_SCAN_STRING)
            DT_TRY(read_text(file, s, &category.supercategory));
        else
            dt_scan_skip(s);
    }
    DT_TRY(s->status);
    DT_TRY(coco_need(s, seen, needed, 1, "a category"));
    category.bytes = bytes_since(s, category.offset);
    file->categories[file->category_count++] = category;
    return DT_OK;
}

static dt_status read_segmentation(dt_scan *s, dt_coco_annotation *a)
{
    a->segmentation_offset = dt_scan_offset(s);
    dt_scan_kind kind = dt_scan_peek(s);
    a->segmentation = kind == DT_SCAN_ARRAY    ? DT_COCO_SEG_POLYGONS
                      : kind == DT_SCAN_OBJECT ? DT_COCO_SEG_RLE
                                               : DT_COCO_SEG_NONE;
    DT_TRY(dt_scan_skip(s));
    a->segmentation_bytes = bytes_since(s, a->segmentation_offset);
    return DT_OK;
}

/* COCO's other files have the same three lists. */
static const char *foreign_kind(const char *key, size_t len)
{
    if (dt_scan_is(key, len, "caption")) return "captions";
    if (dt_scan_is(key, len, "segments_info")) return "panoptic segments";
    return NULL;
}

static dt_status read_annotation(dt_coco_file *file, dt_scan *s)
{
    static const char *const needed[] = {"id", "image_id", "category_id", "bbox"};
    DT_TRY(coco_grow(s, &file->annotations, &file->annotation_capacity, file->annotation_count,
                     sizeof *file->annotations));
    dt_coco_annotation a = {.offset = dt_scan_offset(s)};
    const char *foreign = NULL;
    double box[4];
    unsigned seen = 0;
    int flag;
    const char *key;
    size_t len;
    DT_TRY(dt_scan_object(s));
    while (dt_scan_key(s, &key, &len)) {
        if (dt_scan_is(key, len, "id")) {
            seen |= dt_scan_i64(s, &a.id) == DT_OK ? 1 : 0;
        } else if (dt_scan_is(key, len, "image_id")) {
            seen |= dt_scan_i64(s, &a.image_id) == DT_OK ? 2 : 0;
        } else if (dt_scan_is(key, len, "category_id")) {
            seen |= dt_scan_i64(s, &a.category_id) == DT_OK ? 4 : 0;
        } else if (dt_scan_is(key, len, "bbox")) {
            seen |= coco_read_bbox(s, box) == DT_OK ? 8 : 0;
        } else if (dt_scan_is(key, len, "area")) {
            a.has_area = dt_scan_f64(s, &a.area) == DT_OK;
        } else if (dt_scan_is(key, len, "iscrowd")) {
            DT_TRY(dt_scan_bool(s, &flag));
            a.iscrowd = (uint8_t)flag;
            a.has_iscrowd = 1;
        } else if (dt_scan_is(key, len, "difficult") || dt_scan_is(key, len, "ignore")) {
            DT_TRY(dt_scan_bool(s, &flag));
            a.difficult |= (uint8_t)flag;
        } else if (dt_scan_is(key, len, "segmentation")) {
            DT_TRY(read_segmentation(s, &a));
        } else {
            if (!foreign) foreign = foreign_kind(key, len);
            a.other = 1;
            dt_scan_skip(s);
        }
    }
    DT_TRY(s->status);
    if (foreign && seen != 15)
        return dt_scan_fail(s, DT_ERR_FORMAT, "the file holds %s; instances (with boxes) are expected",
                            foreign);
    DT_TRY(coco_need(s, seen, needed, 4, "an annotation"));
    a.x = box[0];
    a.y = box[1];
    a.w = box[2];
    a.h = box[3];
    if (!a.has_area) a.area = a.w * a.h;
    a.bytes = bytes_since(s, a.offset);
    file->annotations[file->annotation_count++] = a;
    return DT_OK;
}

typedef dt_status (*read_record)(dt_coco_file *file, dt_scan *s);

static dt_status read_list(dt_coco_file *file, dt_scan *s, size_t *count, read_record record)
{
    *count = 0; /* a list that stands twice: the last one counts */
    DT_TRY(dt_scan_array(s));
    while (dt_scan_item(s))
        DT_TRY(record(file, s));
    return s->status;
}

static dt_status read_member(dt_coco_file *file, dt_scan *s, const char *key, size_t len)
{
    dt_coco_member member = {0};
    DT_TRY(coco_grow(s, &file->members, &file->member_capacity, file->member_count, sizeof *file->members));
    DT_TRY(keep_text(file, s, key, len, &member.key));
    member.offset = dt_scan_offset(s);
    DT_TRY(dt_scan_skip(s));
    member.bytes = bytes_since(s, member.offset);
    file->members[file->member_count++] = member;
    return DT_OK;
}

static dt_status read_top(dt_coco_file *file, dt_scan *s)
{
    static const char *const needed[] = {"images", "annotations", "categories"};
    unsigned seen = 0;
    const char *key;
    size_t len;
    if (dt_scan_peek(s) == DT_SCAN_ARRAY)
        return dt_scan_fail(s, DT_ERR_FORMAT,
                            "an array; ground truth is an object with images, annotations and categories");
    DT_TRY(dt_scan_object(s));
    while (dt_scan_key(s, &key, &len)) {
        if (dt_scan_is(key, len, "images")) {
            DT_TRY(read_list(file, s, &file->image_count, read_image));
            seen |= 1;
        } else if (dt_scan_is(key, len, "annotations")) {
            DT_TRY(read_list(file, s, &file->annotation_count, read_annotation));
            seen |= 2;
        } else if (dt_scan_is(key, len, "categories")) {
            DT_TRY(read_list(file, s, &file->category_count, read_category));
            seen |= 4;
        } else {
            DT_TRY(read_member(file, s, key, len));
        }
    }
    DT_TRY(dt_scan_end(s));
    return coco_need(s, seen, needed, 3, "a ground truth file");
}

/* ---- ids ---- */

static dt_status id_twice(const char *path, const char *what, int64_t id, uint64_t first, uint64_t second,
                          dt_error *err)
{
    return dt_fail(err, DT_ERR_FORMAT, "%s: %s id %lld is used twice, at byte %llu and at byte %llu", path,
                   what, (long long)id, (unsigned long long)first, (unsigned long long)second);
}

static dt_status index_images(dt_coco_file *f, const char *path, dt_error *err)
{
    DT_TRY(dt_id_map_create(&f->image_by_id, f->image_count, err));
    for (size_t i = 0; i < f->image_count; i++) {
        int64_t old = dt_id_map_add(&f->image_by_id, f->images[i].id, (uint32_t)i);
        if (old >= 0)
            return id_twice(path, "image", f->images[i].id, f->images[old].offset, f->images[i].offset, err);
    }
    return DT_OK;
}

static dt_status index_categories(dt_coco_file *f, const char *path, dt_error *err)
{
    DT_TRY(dt_id_map_create(&f->category_by_id, f->category_count, err));
    for (size_t i = 0; i < f->category_count; i++) {
        int64_t old = dt_id_map_add(&f->category_by_id, f->categories[i].id, (uint32_t)i);
        if (old >= 0)
            return id_twice(path, "category", f->categories[i].id, f->categories[old].offset,
                            f->categories[i].offset, err);
    }
    return DT_OK;
}

static dt_status check_annotation_ids(const dt_coco_file *f, const char *path, dt_error *err)
{
    dt_id_map map;
    DT_TRY(dt_id_map_create(&map, f->annotation_count, err));
    dt_status status = DT_OK;
    for (size_t i = 0; i < f->annotation_count && status == DT_OK; i++) {
        const dt_coco_annotation *a = &f->annotations[i];
        int64_t old = dt_id_map_add(&map, a->id, (uint32_t)i);
        if (old >= 0)
            status = id_twice(path, "annotation", a->id, f->annotations[old].offset, a->offset, err);
    }
    dt_id_map_free(&map);
    return status;
}

dt_status dt_coco_file_read(const char *path, dt_coco_file *file, dt_error *err)
{
    *file = (dt_coco_file){0};
    dt_scan s;
    dt_status status = dt_scan_open(&s, path, err);
    if (status == DT_OK) status = read_top(file, &s);
    dt_scan_close(&s);
    if (status == DT_OK) status = index_images(file, path, err);
    if (status == DT_OK) status = index_categories(file, path, err);
    if (status == DT_OK) status = check_annotation_ids(file, path, err);
    if (status != DT_OK) dt_coco_file_free(file);
    return status;
}

void dt_coco_file_free(dt_coco_file *file)
{
    dt_free(file->images);
    dt_free(file->categories);
    dt_free(file->annotations);
    dt_free(file->members);
    dt_id_map_free(&file->image_by_id);
    dt_id_map_free(&file->category_by_id);
    for (dt_coco_text_block *b = file->texts, *next; b; b = next) {
        next = b->next;
        dt_free(b);
    }
    *file = (dt_coco_file){0};
}
