/* `dettool diff --json`. */
#include "core/json.h"
#include "datasets/edit/edit.h"
#include "datasets/target/fit.h"
#include "tools/diff_report.h"

static const char *const kinds[DT_DIFF_KINDS] = {
    [DT_DIFF_CLASS_REMOVED] = "class-removed", [DT_DIFF_CLASS_ADDED] = "class-added",
    [DT_DIFF_IMAGE_REMOVED] = "image-removed", [DT_DIFF_IMAGE_ADDED] = "image-added",
    [DT_DIFF_IMAGE_NAME] = "image-renamed",    [DT_DIFF_IMAGE_SPLIT] = "image-split",
    [DT_DIFF_IMAGE_SIZE] = "image-size",       [DT_DIFF_OBJECT_REMOVED] = "object-removed",
    [DT_DIFF_OBJECT_ADDED] = "object-added",   [DT_DIFF_OBJECT_CHANGED] = "object-changed",
};

static void json_text(dt_json *j, const char *key, const char *text)
{
    dt_json_key(j, key);
    dt_json_str(j, text);
}

static void json_count(dt_json *j, const char *key, size_t value)
{
    dt_json_key(j, key);
    dt_json_int(j, (int64_t)value);
}

static void json_set(dt_json *j, const char *key, const dt_diff_run *run, int side)
{
    const dt_set_source *s = &run->sources[side];
    dt_json_key(j, key);
    dt_json_compact(j);
    dt_json_object(j);
    json_text(j, "path", s->path);
    json_text(j, "format", dt_format_names[s->format]);
    json_count(j, "images", run->sets[side].record_count);
    json_count(j, "objects", run->sets[side].object_count);
    json_count(j, "classes", run->sets[side].class_count);
    json_count(j, "errors", run->findings[side].by_severity[DT_PROBLEM]);
    dt_json_key(j, "unit");
    dt_json_num(j, run->diff.units[side]);
    dt_json_object_end(j);
}

/* The object of one set: line and index as findings have them. */
static void json_object(dt_json *j, const char *key, const dt_diff_run *run, const dt_diff_entry *e, int side)
{
    const dt_object *o = dt_diff_object(run, e, side);
    if (!o) return;
    dt_box b = dt_diff_box(run, e, side);
    const double v[4] = {b.x1, b.y1, b.x2, b.y2};
    dt_json_key(j, key);
    dt_json_object(j);
    json_text(j, "class", run->sets[side].classes[o->cls]);
    dt_json_key(j, "box");
    dt_json_array(j);
    for (int i = 0; i < 4; i++)
        dt_json_num(j, dt_pixel_tidy(v[i]));
    dt_json_array_end(j);
    if (o->extra && o->extra->has_id) {
        dt_json_key(j, "id");
        dt_json_int(j, o->extra->id);
    } else {
        json_count(j, "index", (size_t)o->index);
    }
    if (o->line > 0) json_count(j, "line", (size_t)o->line);
    dt_json_object_end(j);
}

static void json_image(dt_json *j, const char *key, const dt_diff_run *run, const dt_diff_entry *e, int side)
{
    const dt_record *r = dt_diff_record(run, e, side);
    if (!r) return;
    dt_json_key(j, key);
    dt_json_object(j);
    json_text(j, "name", dt_edit_name(r));
    json_text(j, "split", dt_diff_split(&run->sets[side], side ? e->b : e->a));
    if (r->label) json_text(j, "label", r->label);
    json_count(j, "width", (size_t)(r->real_width ? r->real_width : r->width));
    json_count(j, "height", (size_t)(r->real_height ? r->real_height : r->height));
    dt_json_object_end(j);
}

static void json_changes(dt_json *j, const dt_diff_entry *e)
{
    static const char *const names[3] = {"moved", "relabelled", "attributes"};
    dt_json_key(j, "changes");
    dt_json_array(j);
    for (int i = 0; i < 3; i++)
        if (e->what >> i & 1) dt_json_str(j, names[i]);
    dt_json_array_end(j);
    dt_json_key(j, "iou");
    dt_json_num(j, e->iou);
    if (!e->fields) return;
    dt_json_key(j, "fields");
    dt_json_array(j);
    for (int i = 0; i < DT_FIELDS; i++)
        if (e->fields >> i & 1) dt_json_str(j, dt_field_names[i]);
    dt_json_array_end(j);
}

static void json_entry(dt_json *j, const dt_diff_run *run, const dt_diff_entry *e)
{
    dt_str text = {0};
    dt_json_compact(j);
    dt_json_object(j);
    json_text(j, "kind", kinds[e->kind]);
    json_image(j, "image_a", run, e, 0);
    json_image(j, "image_b", run, e, 1);
    if (e->kind == DT_DIFF_OBJECT_CHANGED) json_changes(j, e);
    json_object(j, "a", run, e, 0);
    json_object(j, "b", run, e, 1);
    dt_diff_describe(run, e, &text);
    if (text.data) json_text(j, "text", text.data);
    j->out->failed |= text.failed;
    dt_str_free(&text);
    dt_json_object_end(j);
}

void dt_diff_json(const dt_diff_run *run, size_t limit, dt_str *out)
{
    const dt_diff *d = &run->diff;
    size_t shown = limit && limit < d->count ? limit : d->count;
    dt_json j = dt_json_begin(out, 1);
    dt_json_object(&j);
    json_set(&j, "a", run, 0);
    json_set(&j, "b", run, 1);
    dt_json_key(&j, "equal");
    dt_json_bool(&j, d->count == 0);
    dt_json_key(&j, "counts");
    dt_json_object(&j);
    json_count(&j, "images_in_both", d->pairs);
    json_count(&j, "images_only_a", d->kinds[DT_DIFF_IMAGE_REMOVED]);
    json_count(&j, "images_only_b", d->kinds[DT_DIFF_IMAGE_ADDED]);
    json_count(&j, "images_renamed", d->kinds[DT_DIFF_IMAGE_NAME]);
    json_count(&j, "images_other_split", d->kinds[DT_DIFF_IMAGE_SPLIT]);
    json_count(&j, "images_other_size", d->kinds[DT_DIFF_IMAGE_SIZE]);
    json_count(&j, "objects_in_images_only_a", d->lone[0]);
    json_count(&j, "objects_in_images_only_b", d->lone[1]);
    json_count(&j, "objects_equal", d->equal);
    json_count(&j, "objects_removed", d->kinds[DT_DIFF_OBJECT_REMOVED]);
    json_count(&j, "objects_added", d->kinds[DT_DIFF_OBJECT_ADDED]);
    json_count(&j, "objects_moved", d->moved);
    json_count(&j, "objects_relabelled", d->relabelled);
    json_count(&j, "objects_attributes", d->attributes);
    json_count(&j, "classes_only_a", d->kinds[DT_DIFF_CLASS_REMOVED]);
    json_count(&j, "classes_only_b", d->kinds[DT_DIFF_CLASS_ADDED]);
    dt_json_object_end(&j);
    dt_json_key(&j, "differences");
    dt_json_array(&j);
    for (size_t i = 0; i < shown; i++)
        json_entry(&j, run, &d->items[i]);
    dt_json_array_end(&j);
    dt_json_object_end(&j);
    dt_str_char(out, '\n');
}
