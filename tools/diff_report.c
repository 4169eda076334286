#include "tools/diff_report.h"

#include <string.h>

#include "core/mem.h"
#include "core/num.h"
#include "datasets/edit/edit.h"
#include "datasets/target/fit.h"
#include "tools/cli.h"

/* Two decimals are enough for the eye. */
static void put_number(dt_str *out, double v, int decimals)
{
    char text[DT_NUM_MAX];
    int len = v > -1e15 && v < 1e15 ? dt_format_fixed(text, v, decimals) : dt_format_f64(text, v);
    while (len > 1 && memchr(text, '.', (size_t)len) && (text[len - 1] == '0' || text[len - 1] == '.')) {
        int dot = text[len - 1] == '.';
        len--;
        if (dot) break;
    }
    dt_str_append_n(out, text, (size_t)len);
}

const dt_object *dt_diff_object(const dt_diff_run *run, const dt_diff_entry *e, int side)
{
    size_t at = side ? e->object_b : e->object_a;
    return at == SIZE_MAX ? NULL : &run->sets[side].objects[at];
}

const dt_record *dt_diff_record(const dt_diff_run *run, const dt_diff_entry *e, int side)
{
    size_t at = side ? e->b : e->a;
    int is_class = e->kind == DT_DIFF_CLASS_ADDED || e->kind == DT_DIFF_CLASS_REMOVED;
    return at == SIZE_MAX || is_class ? NULL : &run->sets[side].records[at];
}

dt_box dt_diff_box(const dt_diff_run *run, const dt_diff_entry *e, int side)
{
    return dt_dataset_box(&run->sets[side], dt_diff_object(run, e, side), 1,
                          1); /* in pixels: no size is needed */
}

static const char *class_of(const dt_diff_run *run, const dt_object *o, int side)
{
    return run->sets[side].classes[o->cls];
}

const char *dt_diff_split(const dt_dataset *set, size_t record)
{
    for (size_t s = 0; s < set->split_count; s++)
        if (record >= set->splits[s].first && record < set->splits[s].first + set->splits[s].count)
            return set->splits[s].name;
    return "";
}

static void put_box(dt_str *out, dt_box b)
{
    const double v[4] = {b.x1, b.y1, b.x2, b.y2};
    dt_str_char(out, '[');
    for (int i = 0; i < 4; i++) {
        if (i) dt_str_append(out, ", ");
        put_number(out, v[i], 2);
    }
    dt_str_char(out, ']');
}

static void put_size(dt_str *out, const dt_record *r, int annotated)
{
    int w = annotated ? r->width : r->real_width ? r->real_width : r->width;
    int h = annotated ? r->height : r->real_height ? r->real_height : r->height;
    dt_str_printf(out, "%dx%d", w, h);
}

/* ---- attributes ---- */

static int flag_of(const dt_object *o, int field)
{
    switch (field) {
    case DT_FIELD_TRUNCATED:
        return o->truncated == 1;
    case DT_FIELD_OCCLUDED:
        return o->occluded == 1;
    case DT_FIELD_DIFFICULT:
        return o->difficult == 1;
    case DT_FIELD_CROWD:
        return o->crowd;
    default:
        return o->ignore;
    }
}

static double area_of(const dt_object *o)
{
    return o->area >= 0 ? o->area : dt_box_area(o->box);
}

static const char *pose_of(const dt_object *o)
{
    return o->extra && o->extra->pose && *o->extra->pose ? o->extra->pose : "Unspecified";
}

static void put_field(dt_str *out, int field, const dt_object *a, const dt_object *b)
{
    dt_str_append(out, dt_field_names[field]);
    switch (field) {
    case DT_FIELD_POSE:
        dt_str_printf(out, " %s -> %s", pose_of(a), pose_of(b));
        return;
    case DT_FIELD_AREA:
        dt_str_char(out, ' ');
        put_number(out, area_of(a), 2);
        dt_str_append(out, " -> ");
        put_number(out, area_of(b), 2);
        return;
    case DT_FIELD_PARTS:
    case DT_FIELD_SEGMENTATION:
    case DT_FIELD_OTHER:
        dt_str_append(out, " differs");
        return;
    default:
        dt_str_printf(out, " %d -> %d", flag_of(a, field), flag_of(b, field));
    }
}

static void put_fields(dt_str *out, unsigned fields, const dt_object *a, const dt_object *b)
{
    for (int i = 0, n = 0; i < DT_FIELDS; i++) {
        if (!(fields >> i & 1)) continue;
        if (n++) dt_str_append(out, ", ");
        put_field(out, i, a, b);
    }
}

/* ---- a line ---- */

static void describe_changed(const dt_diff_run *run, const dt_diff_entry *e, dt_str *out)
{
    const dt_object *a = dt_diff_object(run, e, 0), *b = dt_diff_object(run, e, 1);
    dt_str_append(out, class_of(run, a, 0));
    if (e->what & DT_DIFF_RELABELLED) dt_str_printf(out, " -> %s", class_of(run, b, 1));
    dt_str_char(out, ' ');
    put_box(out, dt_diff_box(run, e, 0));
    if (e->what & DT_DIFF_MOVED) {
        dt_str_append(out, " -> ");
        put_box(out, dt_diff_box(run, e, 1));
    }
    if (e->what & (DT_DIFF_MOVED | DT_DIFF_RELABELLED)) {
        dt_str_append(out, " (IoU ");
        put_number(out, e->iou, 4);
        dt_str_char(out, ')');
    }
    if (e->what & DT_DIFF_ATTRIBUTES) {
        dt_str_append(out, ": ");
        put_fields(out, e->fields, a, b);
    }
}

void dt_diff_describe(const dt_diff_run *run, const dt_diff_entry *e, dt_str *out)
{
    const dt_record *a = dt_diff_record(run, e, 0), *b = dt_diff_record(run, e, 1);
    int side = e->kind == DT_DIFF_OBJECT_ADDED || e->kind == DT_DIFF_CLASS_ADDED;
    switch (e->kind) {
    case DT_DIFF_CLASS_REMOVED:
    case DT_DIFF_CLASS_ADDED:
        dt_str_append(out, run->sets[side].classes[side ? e->b : e->a]);
        return;
    case DT_DIFF_IMAGE_NAME:
        dt_str_printf(out, "%s -> %s", dt_edit_name(a), dt_edit_name(b));
        return;
    case DT_DIFF_IMAGE_SPLIT:
        dt_str_printf(out, "%s -> %s", dt_diff_split(&run->sets[0], e->a),
                      dt_diff_split(&run->sets[1], e->b));
        return;
    case DT_DIFF_IMAGE_SIZE: {
        int annotated = a->width && b->width && (a->width != b->width || a->height != b->height);
        put_size(out, a, annotated);
        dt_str_append(out, " -> ");
        put_size(out, b, annotated);
        return;
    }
    case DT_DIFF_OBJECT_REMOVED:
    case DT_DIFF_OBJECT_ADDED:
        dt_str_printf(out, "%s ", class_of(run, dt_diff_object(run, e, side), side));
        put_box(out, dt_diff_box(run, e, side));
        return;
    case DT_DIFF_OBJECT_CHANGED:
        describe_changed(run, e, out);
        return;
    default:
        return;
    }
}

static const char *word_of(const dt_diff_entry *e)
{
    switch (e->kind) {
    case DT_DIFF_CLASS_REMOVED:
        return "class only in A: ";
    case DT_DIFF_CLASS_ADDED:
        return "class only in B: ";
    case DT_DIFF_IMAGE_REMOVED:
        return "image only in A";
    case DT_DIFF_IMAGE_ADDED:
        return "image only in B";
    case DT_DIFF_IMAGE_NAME:
        return "image renamed: ";
    case DT_DIFF_IMAGE_SPLIT:
        return "image in another split: ";
    case DT_DIFF_IMAGE_SIZE:
        return "image of another size: ";
    case DT_DIFF_OBJECT_REMOVED:
        return "removed ";
    case DT_DIFF_OBJECT_ADDED:
        return "added ";
    default:
        return e->what & DT_DIFF_RELABELLED
                   ? e->what & DT_DIFF_MOVED ? "relabelled and moved " : "relabelled "
               : e->what & DT_DIFF_MOVED ? "moved "
                                         : "changed ";
    }
}

/* "train/a.jpg: ": where it stands in the first set, or else the second. */
static void put_place(const dt_diff_run *run, const dt_diff_entry *e, dt_str *out)
{
    int side = e->a == SIZE_MAX;
    const dt_record *r = dt_diff_record(run, e, side);
    if (!r) return;
    const char *split = dt_diff_split(&run->sets[side], side ? e->b : e->a);
    dt_str_printf(out, "%s%s%s: ", split, *split ? "/" : "", dt_edit_name(r));
}

static void print_summary(const dt_diff_run *run, FILE *out)
{
    const dt_diff *d = &run->diff;
    const size_t *k = d->kinds;
    if (!d->count) {
        fprintf(out, "equal: %zu images, %zu objects, %zu classes\n", d->pairs, d->equal,
                run->sets[0].class_count);
        return;
    }
    fprintf(
        out,
        "objects: %zu removed, %zu added, %zu moved, %zu relabelled, %zu with other attributes, %zu equal\n",
        k[DT_DIFF_OBJECT_REMOVED], k[DT_DIFF_OBJECT_ADDED], d->moved, d->relabelled, d->attributes, d->equal);
    fprintf(out, "images: %zu only in A (%zu objects), %zu only in B (%zu objects), %zu in another split, ",
            k[DT_DIFF_IMAGE_REMOVED], d->lone[0], k[DT_DIFF_IMAGE_ADDED], d->lone[1], k[DT_DIFF_IMAGE_SPLIT]);
    if (k[DT_DIFF_IMAGE_NAME]) fprintf(out, "%zu renamed, ", k[DT_DIFF_IMAGE_NAME]);
    fprintf(out, "%zu of another size, %zu in both\nclasses: %zu only in A, %zu only in B\n",
            k[DT_DIFF_IMAGE_SIZE], d->pairs, k[DT_DIFF_CLASS_REMOVED], k[DT_DIFF_CLASS_ADDED]);
}

dt_status dt_diff_print(const dt_diff_run *run, size_t limit, FILE *out, dt_error *err)
{
    const dt_diff *d = &run->diff;
    size_t shown = limit && limit < d->count ? limit : d->count;
    dt_str line = {0};
    for (size_t i = 0; i < shown && !line.failed; i++) {
        dt_str_clear(&line);
        put_place(run, &d->items[i], &line);
        dt_str_append(&line, word_of(&d->items[i]));
        dt_diff_describe(run, &d->items[i], &line);
        if (!line.failed) dt_cli_print_safe(out, line.data);
        fputc('\n', out);
    }
    dt_status st = line.failed ? dt_fail_memory(err, line.len, "a line") : DT_OK;
    dt_str_free(&line);
    if (shown < d->count) fprintf(out, "... and %zu more (--limit 0 shows all)\n", d->count - shown);
    print_summary(run, out);
    return st;
}
