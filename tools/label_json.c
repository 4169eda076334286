#include "tools/label_json.h"

void dt_label_json(const dt_label *l, const char *name, dt_json *j)
{
    dt_json_compact(j);
    dt_json_object(j);
    dt_json_key(j, "class"), dt_json_int(j, l->cls);
    dt_json_key(j, "name"), dt_json_str(j, name);
    dt_json_key(j, "x1"), dt_json_num(j, l->box.x1);
    dt_json_key(j, "y1"), dt_json_num(j, l->box.y1);
    dt_json_key(j, "x2"), dt_json_num(j, l->box.x2);
    dt_json_key(j, "y2"), dt_json_num(j, l->box.y2);
    dt_json_key(j, "ignored"), dt_json_bool(j, l->ignore);
    dt_json_key(j, "object"), dt_json_int(j, l->source);
    dt_json_object_end(j);
}
