/* What the steps of a pipeline did to a picture, as text or JSON. */
#include "datasets/transforms/transform_impl.h"

static void explain_name(dt_explain *e, const char *name)
{
    if (e->text) dt_str_printf(e->text, "%s%s ", e->has_drawn ? ", " : ": ", name);
    if (e->json) dt_json_key(e->json, name);
    e->has_drawn = 1;
}

void dt_explain_num(dt_explain *e, const char *name, double value)
{
    explain_name(e, name);
    if (e->text) dt_str_printf(e->text, "%.4g", value);
    if (e->json) dt_json_num(e->json, value);
}

void dt_explain_int(dt_explain *e, const char *name, int64_t value)
{
    explain_name(e, name);
    if (e->text) dt_str_printf(e->text, "%lld", (long long)value);
    if (e->json) dt_json_int(e->json, value);
}

void dt_explain_str(dt_explain *e, const char *name, const char *value)
{
    explain_name(e, name);
    if (e->text) dt_str_append(e->text, value);
    if (e->json) dt_json_str(e->json, value);
}

void dt_explain_begin(dt_explain *e, const dt_step *s, int active)
{
    if (!e) return;
    e->has_drawn = 0;
    dt_str text = {0};
    dt_step_text(s, &text);
    const char *step = text.data ? text.data : s->kind->name;
    if (e->text) dt_str_printf(e->text, "%*s%s", 4 * e->depth, "", step);
    if (e->json) {
        dt_json_object(e->json);
        dt_json_key(e->json, "step"), dt_json_str(e->json, step);
        dt_json_key(e->json, "applied"), dt_json_bool(e->json, active);
        dt_json_key(e->json, "drawn");
        dt_json_compact(e->json);
        dt_json_object(e->json);
    }
    if (!active && e->text) dt_str_append(e->text, ": not applied");
    dt_str_free(&text);
}

void dt_explain_drawn_end(dt_explain *e)
{
    if (e && e->text) dt_str_char(e->text, '\n');
    if (e && e->json) dt_json_object_end(e->json);
}

void dt_explain_end(dt_explain *e, const dt_sample *now)
{
    if (!e || !e->json) return;
    dt_json_key(e->json, "width"), dt_json_int(e->json, now->image.width);
    dt_json_key(e->json, "height"), dt_json_int(e->json, now->image.height);
    dt_json_key(e->json, "boxes"), dt_json_int(e->json, (int64_t)now->label_count);
    dt_json_object_end(e->json);
}

void dt_explain_size(dt_explain *e, int width, int height, size_t boxes, const dt_sample *now)
{
    const int same = width == now->image.width && height == now->image.height && boxes == now->label_count;
    if (e && e->text && !same)
        dt_str_printf(e->text, "%*s= %dx%d, %zu box%s\n", 4 * e->depth, "", now->image.width,
                      now->image.height, now->label_count, now->label_count == 1 ? "" : "es");
}

void dt_explain_record(dt_explain *e, int64_t index)
{
    if (!e) return;
    e->depth++;
    if (e->text) dt_str_printf(e->text, "%*srecord %lld:\n", 4 * e->depth - 2, "", (long long)index);
    if (e->json) {
        dt_json_object(e->json);
        dt_json_key(e->json, "record"), dt_json_int(e->json, index);
        dt_json_key(e->json, "steps");
        dt_json_array(e->json);
    }
}

void dt_explain_record_end(dt_explain *e)
{
    if (!e) return;
    e->depth--;
    if (e->json) {
        dt_json_array_end(e->json);
        dt_json_object_end(e->json);
    }
}
