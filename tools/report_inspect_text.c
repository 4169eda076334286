#include <string.h>

#include "core/mem.h"
#include "datasets/check/rules.h"
#include "tools/cli.h"
#include "tools/report_inspect.h"

enum { BAR_WIDTH = 40, NAME_WIDTH = 32 };

dt_status dt_group_findings(const dt_findings *findings, dt_rule_group **groups, size_t *count, dt_error *err)
{
    dt_rule_group *list = NULL;
    size_t n = 0, capacity = 0;
    for (int s = DT_SEVERITIES - 1; s >= 0; s--) {
        size_t from = n;
        for (size_t i = 0; i < findings->count; i++) {
            const dt_finding *f = &findings->items[i];
            size_t k = from;
            if (f->severity != (dt_severity)s) continue;
            while (k < n && strcmp(list[k].rule, f->rule) != 0)
                k++;
            if (k == n) {
                if (dt_grow(&list, &capacity, n + 1, sizeof *list) != 0) {
                    dt_free(list);
                    return dt_fail_memory(err, (n + 1) * sizeof *list, "rules");
                }
                list[n++] = (dt_rule_group){f->rule, f->severity, i, 0};
            }
            list[k].count++;
        }
    }
    *groups = list;
    *count = n;
    return DT_OK;
}

/* Columns that a UTF-8 text takes, all characters counted as one. */
static int columns(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static void print_padded(FILE *out, const char *text, int width)
{
    dt_cli_print_safe(out, text);
    for (int n = columns(text); n < width; n++)
        fputc(' ', out);
}

static void print_bar(FILE *out, size_t value, size_t most)
{
    size_t n = most ? (value * BAR_WIDTH + most - 1) / most : 0;
    while (n--)
        fputc('#', out);
    fputc('\n', out);
}

static double percent(size_t part, size_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static int name_width(const dt_inspection *in)
{
    int width = 5;
    for (size_t c = 0; c < in->stats.class_count; c++) {
        int n = columns(in->set.classes[c]);
        if (n > width) width = n;
    }
    return width < NAME_WIDTH ? width : NAME_WIDTH;
}

static void print_splits(const dt_stats *s, FILE *out)
{
    fprintf(out, "\n%-10s %9s %11s %9s %11s\n", "split", "images", "background", "objects", "per image");
    for (size_t i = 0; i < s->split_count; i++) {
        const dt_split_stats *p = &s->splits[i];
        print_padded(out, p->name, 10);
        fprintf(out, " %9zu %11zu %9zu %11.1f\n", p->images, p->backgrounds, p->objects,
                p->images ? (double)p->objects / (double)p->images : 0);
    }
}

static void print_classes(const dt_inspection *in, FILE *out)
{
    const dt_stats *s = &in->stats;
    int width = name_width(in);
    fprintf(out, "\n%*s %-*s %9s %6s %8s %7s %7s %7s %12s", 5, "class", width, "", "objects", "share",
            "images", "small", "medium", "large", "median side");
    for (size_t i = 0; i < s->split_count && i < 4; i++)
        fprintf(out, " %9.9s", s->splits[i].name);
    fputc('\n', out);
    for (size_t c = 0; c < s->class_count; c++) {
        const dt_class_stats *k = &s->classes[c];
        fprintf(out, "%5zu ", c);
        print_padded(out, in->set.classes[c], width);
        fprintf(out, " %9zu %5.1f%% %8zu %7zu %7zu %7zu %9.0f px", k->objects,
                percent(k->objects, s->objects), k->images, k->by_size[DT_SIZE_SMALL],
                k->by_size[DT_SIZE_MEDIUM], k->by_size[DT_SIZE_LARGE], k->side.median);
        for (size_t i = 0; i < s->split_count && i < 4; i++)
            fprintf(out, " %9zu", s->splits[i].class_objects[c]);
        fputc('\n', out);
    }
    if (s->objects)
        fprintf(out,
                "balance: the most frequent class has %.1f times the objects of the rarest; evenness %.2f\n",
                s->imbalance, s->evenness);
}

static void print_summary(const char *title, const dt_summary *s, int decimals, FILE *out)
{
    fprintf(out, "%-26s %9.*f %9.*f %9.*f %9.*f %9.*f %9.*f\n", title, decimals, s->min, decimals, s->p5,
            decimals, s->median, decimals, s->p95, decimals, s->max, decimals, s->mean);
}

static void print_boxes(const dt_stats *s, FILE *out)
{
    size_t most = 0;
    fprintf(out, "\n%-26s %9s %9s %9s %9s %9s %9s\n", "", "min", "5 %", "median", "95 %", "max", "mean");
    print_summary("box side, px", &s->side, 1, out);
    print_summary("box side / picture's", &s->relative_side, 3, out);
    print_summary("box width / height", &s->aspect, 2, out);
    print_summary("objects an image", &s->per_image, 1, out);
    fprintf(out,
            "\nside = sqrt(area); small under 32^2 pixels %.1f%%, medium under 96^2 %.1f%%, large %.1f%%\n",
            percent(s->by_size[DT_SIZE_SMALL], s->measured), percent(s->by_size[DT_SIZE_MEDIUM], s->measured),
            percent(s->by_size[DT_SIZE_LARGE], s->measured));
    for (int i = 0; i < DT_STATS_SIDE_BINS; i++)
        if (s->side_bins[i] > most) most = s->side_bins[i];
    fprintf(out, "\nbox side / picture's\n");
    for (int i = 0; i < DT_STATS_SIDE_BINS; i++) {
        fprintf(out, "  %.2f-%.2f %9zu ", i / (double)DT_STATS_SIDE_BINS,
                (i + 1) / (double)DT_STATS_SIDE_BINS, s->side_bins[i]);
        print_bar(out, s->side_bins[i], most);
    }
}

static void print_sizes(const dt_stats *s, FILE *out)
{
    enum { SHOWN = 6 };
    fprintf(out, "\nimage sizes (%zu): ", s->size_count);
    for (size_t i = 0; i < s->size_count && i < SHOWN; i++)
        fprintf(out, "%s%d x %d (%zu)", i ? ", " : "", s->sizes[i].width, s->sizes[i].height,
                s->sizes[i].images);
    fprintf(out, "%s\n", s->size_count > SHOWN ? ", ..." : "");
}

static void print_segmentation(const dt_inspection *in, FILE *out)
{
    const dt_mask_stats *m = &in->masks;
    int width = name_width(in) < 10 ? 10 : name_width(in);
    if (!m->images) return;
    fprintf(out, "\nsegmentation: %zu images, %zu class and %zu object files", m->images,
            m->files[DT_MASK_CLASS], m->files[DT_MASK_OBJECT]);
    if (!in->decoded) fprintf(out, " (not decoded)");
    if (in->decoded)
        fprintf(out, "; %zu objects with pixels; void %.1f%%%s", m->instances,
                percent(m->void_pixels, m->pixels),
                m->by_vote && m->instances ? "; class numbers are not VOC's: by the objects they cover" : "");
    if (m->number_count)
        fprintf(out, "\n%6s %-*s %12s %6s %8s %9s", "number", width, "class", "pixels", "share", "images",
                "objects");
    fputc('\n', out);
    for (size_t i = 0; i < m->number_count; i++) {
        const dt_mask_class *k = &m->numbers[i];
        int32_t cls = m->classes[k->number];
        fprintf(out, "%6d ", k->number);
        print_padded(out, k->name ? k->name : "?", width);
        fprintf(out, " %12zu %5.1f%% %8zu", k->pixels, 100 * dt_mask_share(m, k), k->images);
        if (cls >= 0) fprintf(out, " %9zu", m->class_instances[cls]);
        fputc('\n', out);
    }
}

static void print_finding(const dt_finding *f, FILE *out)
{
    fputs("    ", out);
    if (f->file) {
        dt_cli_print_safe(out, f->file);
        if (f->line) fprintf(out, ":%lld", (long long)f->line);
        fputs(": ", out);
    }
    if (f->object >= 0) fprintf(out, "object %lld: ", (long long)f->object);
    dt_cli_print_safe(out, f->message);
    if (f->before) {
        fputs(": ", out);
        dt_cli_print_safe(out, f->before);
    }
    if (f->after) {
        fputs(" -> ", out);
        dt_cli_print_safe(out, f->after);
    }
    fputc('\n', out);
}

static dt_status print_findings(const dt_findings *findings, size_t shown, FILE *out, dt_error *err)
{
    dt_rule_group *groups;
    size_t count;
    DT_TRY(dt_group_findings(findings, &groups, &count, err));
    fputs("problems: ", out);
    for (int k = DT_SEVERITIES - 1; k >= 0; k--)
        fprintf(out, "%zu %s%s%s", findings->by_severity[k], dt_severity_text((dt_severity)k),
                findings->by_severity[k] == 1 ? "" : "s", k ? ", " : "\n");
    for (size_t g = 0; g < count; g++) {
        const dt_rule *rule = dt_rule_find(groups[g].rule);
        size_t done = 0;
        fprintf(out, "\n%-7s %-18s %6zu  %s%s%s\n", dt_severity_text(groups[g].severity), groups[g].rule,
                groups[g].count, rule ? rule->title : "", rule && *rule->advice ? ". " : "",
                rule ? rule->advice : "");
        for (size_t i = groups[g].first; i < findings->count && (!shown || done < shown); i++) {
            const dt_finding *f = &findings->items[i];
            if (f->severity != groups[g].severity || strcmp(f->rule, groups[g].rule) != 0) continue;
            print_finding(f, out);
            done++;
        }
        if (done < groups[g].count) fprintf(out, "    ... and %zu more\n", groups[g].count - done);
    }
    dt_free(groups);
    return DT_OK;
}

dt_status dt_report_inspect_text(const dt_inspection *in, int problems_only, size_t shown, FILE *out,
                                 dt_error *err)
{
    const dt_stats *s = &in->stats;
    dt_cli_print_safe(out, in->path);
    fprintf(out, ": %s, %zu images (%zu without objects), %zu objects of %zu classes\n", in->format->title,
            s->images, s->backgrounds, s->objects, s->class_count);
    if (!problems_only) {
        print_splits(s, out);
        print_classes(in, out);
        if (!in->whole) print_boxes(s, out);
        print_sizes(s, out);
        print_segmentation(in, out);
        fputc('\n', out);
    }
    return print_findings(&in->findings, shown, out, err);
}
