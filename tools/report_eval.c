#include "tools/report_eval.h"

#include <math.h>
#include <string.h>

#include "core/json.h"
#include "core/num.h"
#include "tools/cli.h"

static void print_summary(const dt_eval_report *r, FILE *out)
{
    static const struct {
        const char *iou, *area;
        int dets;
    } lines[DT_COCO_STATS] = {
        {"0.50:0.95", "all", 100},   {"0.50", "all", 100},         {"0.75", "all", 100},
        {"0.50:0.95", "small", 100}, {"0.50:0.95", "medium", 100}, {"0.50:0.95", "large", 100},
        {"0.50:0.95", "all", 1},     {"0.50:0.95", "all", 10},     {"0.50:0.95", "all", 100},
        {"0.50:0.95", "small", 100}, {"0.50:0.95", "medium", 100}, {"0.50:0.95", "large", 100},
    };
    for (int i = 0; i < DT_COCO_STATS; i++) {
        char number[DT_NUM_MAX];
        int recall = i >= DT_COCO_AR1;
        dt_format_fixed(number, r->stats[i], 3);
        fprintf(out, " %-18s %s @[ IoU=%-9s | area=%6s | maxDets=%3d ] = %s\n",
                recall ? "Average Recall" : "Average Precision", recall ? "(AR)" : "(AP)", lines[i].iou,
                lines[i].area, lines[i].dets, number);
    }
    fputc('\n', out);
}

static const char *fixed(char out[DT_NUM_MAX], double value)
{
    if (isnan(value) || value < 0) return "-";
    dt_format_fixed(out, value, 4);
    return out;
}

static void print_classes(const dt_eval_report *r, FILE *out)
{
    int width = 5, has_ap = !isnan(r->stats[DT_COCO_AP]);
    for (size_t i = 0; i < r->row_count; i++) {
        int len = (int)strlen(r->rows[i].name);
        if (len > width) width = len < 40 ? len : 40;
    }
    fprintf(out, "\n%6s  %-*s %7s%s%s %8s %8s %10s\n", "id", width, "class", has_ap ? "AP" : "",
            has_ap ? " " : "", "   AP50", "objects", "ignored", "detections");
    for (size_t i = 0; i < r->row_count; i++) {
        const dt_eval_row *row = &r->rows[i];
        char ap[DT_NUM_MAX], ap50[DT_NUM_MAX];
        dt_cli_printf_safe(out, "%6lld  %-*s", (long long)row->id, width, row->name);
        fprintf(out, " %7s%s%7s %8lld %8lld %10lld\n", has_ap ? fixed(ap, row->ap) : "", has_ap ? " " : "",
                fixed(ap50, row->ap50), (long long)row->gt_count, (long long)row->gt_ignored,
                (long long)row->dt_count);
    }
}

void dt_report_eval_text(const dt_eval_report *r, int per_class, FILE *out)
{
    if (strcmp(r->rule, "coco") == 0) print_summary(r, out);
    for (int i = 0; i < DT_COCO_STATS; i++) {
        char number[DT_NUM_MAX];
        if (isnan(r->stats[i])) continue;
        dt_format_f64(number, r->stats[i]);
        fprintf(out, "%-6s %s\n", dt_coco_stat_name(i), number);
    }
    if (per_class) print_classes(r, out);
}

void dt_report_eval_json(const dt_eval_report *r, dt_str *out)
{
    dt_json j = dt_json_begin(out, 2);
    dt_json_object(&j);
    dt_json_key(&j, "rule");
    dt_json_str(&j, r->rule);
    dt_json_key(&j, "images");
    dt_json_int(&j, r->image_count);
    for (int i = 0; i < DT_COCO_STATS; i++) {
        dt_json_key(&j, dt_coco_stat_name(i));
        dt_json_num(&j, r->stats[i]);
    }
    dt_json_key(&j, "per_class");
    dt_json_array(&j);
    for (size_t i = 0; i < r->row_count; i++) {
        const dt_eval_row *row = &r->rows[i];
        dt_json_compact(&j);
        dt_json_object(&j);
        dt_json_key(&j, "id");
        dt_json_int(&j, row->id);
        dt_json_key(&j, "name");
        dt_json_str(&j, row->name);
        dt_json_key(&j, "AP");
        dt_json_num(&j, row->ap);
        dt_json_key(&j, "AP50");
        dt_json_num(&j, row->ap50);
        dt_json_key(&j, "gt");
        dt_json_int(&j, row->gt_count);
        dt_json_key(&j, "gt_ignored");
        dt_json_int(&j, row->gt_ignored);
        dt_json_key(&j, "dt");
        dt_json_int(&j, row->dt_count);
        dt_json_object_end(&j);
    }
    dt_json_array_end(&j);
    dt_json_object_end(&j);
    dt_str_char(out, '\n');
}
