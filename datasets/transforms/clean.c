#include "datasets/transforms/clean.h"

#include <math.h>
#include <string.h>

const char dt_box_rule_names[] = "ultralytics|yolox|darknet|torchvision";

dt_status dt_box_rule_parse(const char *name, dt_box_rule *rule, dt_error *err)
{
    static const struct {
        const char *name;
        dt_box_rule rule;
    } rules[] = {
        {"ultralytics", {.min_side = 2, .min_area_ratio = .1, .max_aspect = 100}},
        {"yolox", {.min_side = 1, .max_aspect = INFINITY}},
        {"darknet", {.min_side = 1, .inclusive = 1, .max_aspect = INFINITY}},
        {"torchvision", {.min_side = 1, .inclusive = 1, .min_area = 1, .max_aspect = INFINITY}},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (strcmp(name, rules[i].name) != 0) continue;
        *rule = rules[i].rule;
        return DT_OK;
    }
    return dt_fail(err, DT_ERR_ARG, "rule for boxes '%s' is none of %s", name, dt_box_rule_names);
}

int dt_box_rule_keep(const dt_box_rule *r, dt_box box, double whole_area)
{
    double w = box.x2 - box.x1, h = box.y2 - box.y1, shorter = fmin(w, h);
    if (!(shorter > r->min_side || (r->inclusive && shorter >= r->min_side))) return 0;
    if (!(shorter > 0 && w * h >= r->min_area)) return 0;
    return w * h > r->min_area_ratio * whole_area && fmax(w / h, h / w) < r->max_aspect;
}

size_t dt_sample_clean(dt_sample *sample, const dt_box_rule *rule)
{
    size_t kept = 0, before = sample->label_count;
    for (size_t i = 0; i < before; i++) {
        dt_label label = sample->labels[i];
        const double whole = dt_box_area(label.box);
        dt_box_clip(&label.box, sample->image.width, sample->image.height);
        if (dt_box_rule_keep(rule, label.box, whole)) sample->labels[kept++] = label;
    }
    sample->label_count = kept;
    return before - kept;
}
