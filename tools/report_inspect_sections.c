/* The sections of the page. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/num.h"
#include "datasets/check/rules.h"
#include "tools/html_text.h"
#include "tools/report_inspect_page.h"
#include "tools/svg_chart.h"

enum { LISTED = 100 };

static void put_fixed(dt_str *out, double value, int decimals)
{
    char text[DT_NUM_MAX];
    dt_format_fixed(text, value, decimals);
    dt_str_append(out, text);
}

static double share(size_t part, size_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

/* ---- overview ---- */

static void put_tile(dt_str *out, const char *name, size_t value, const char *kind)
{
    dt_str_printf(out, "<div class=\"tile %s\"><dt>%s</dt><dd>", value ? kind : "", name);
    dt_html_count(out, value);
    dt_str_append(out, "</dd></div>\n");
}

void dt_page_overview(dt_page *page)
{
    dt_str *out = page->out;
    const dt_stats *s = &page->in->stats;
    const dt_findings *f = &page->in->findings;
    dt_str_append(out, "<header>\n<h1>");
    dt_html_text(out, page->in->path);
    dt_str_printf(out, "</h1>\n<p>%s data set%s</p>\n<dl class=\"tiles\">\n", page->in->format->title,
                  page->in->decoded ? "" : ", pictures not decoded");
    put_tile(out, "images", s->images, "");
    put_tile(out, "without objects", s->backgrounds, "");
    put_tile(out, "objects", s->objects, "");
    put_tile(out, "classes", s->class_count, "");
    put_tile(out, "errors", f->by_severity[DT_PROBLEM], "error");
    put_tile(out, "warnings", f->by_severity[DT_WARNING], "warning");
    put_tile(out, "notes", f->by_severity[DT_NOTE], "note");
    dt_str_append(out, "</dl>\n<nav aria-label=\"Sections\"><a href=\"#problems\">Problems</a> "
                       "<a href=\"#classes\">Classes</a> <a href=\"#boxes\">Boxes</a> "
                       "<a href=\"#samples\">Samples</a></nav>\n</header>\n");
}

/* ---- pictures ---- */

static void begin_picture(dt_page *page, const dt_small_picture *p, const char *alt)
{
    dt_str *out = page->out;
    dt_str_append(out, "<figure class=\"picture\">");
    if (p->jpeg.len) {
        dt_str_printf(out, "<img loading=\"lazy\" width=\"%d\" height=\"%d\" alt=\"", p->width, p->height);
        dt_html_text(out, alt);
        dt_str_append(out, "\" src=\"");
        dt_html_data_uri(out, "image/jpeg", p->jpeg.data, p->jpeg.len);
        dt_str_append(out, "\">");
    } else {
        dt_str_append(out, "<p class=\"nothing\">cannot be decoded</p>");
    }
    dt_str_append(out, "<figcaption>");
    dt_html_text(out, dt_page_short_path(page, page->in->set.records[p->record].image));
}

/* ---- problems ---- */

static void put_place(dt_page *page, const dt_finding *f)
{
    dt_str *out = page->out;
    if (f->file) {
        dt_str_append(out, "<span class=\"file\">");
        dt_html_text(out, dt_page_short_path(page, f->file));
        if (f->line) dt_str_printf(out, ":%lld", (long long)f->line);
        dt_str_append(out, "</span> ");
    }
    if (f->object >= 0) dt_str_printf(out, "object %lld: ", (long long)f->object);
}

static void put_finding(dt_page *page, const dt_finding *f)
{
    dt_str *out = page->out;
    dt_str_append(out, "<li>");
    put_place(page, f);
    dt_html_text(out, f->message);
    if (f->before || f->after) {
        dt_str_append(out, " <code>");
        if (f->before) dt_html_text(out, f->before);
        if (f->after) {
            dt_str_append(out, " &rarr; ");
            dt_html_text(out, f->after);
        }
        dt_str_append(out, "</code>");
    }
    dt_str_append(out, "</li>\n");
}

static void put_group(dt_page *page, size_t g)
{
    dt_str *out = page->out;
    const dt_rule_group *group = &page->groups[g];
    const dt_findings *findings = &page->in->findings;
    const dt_rule *rule = dt_rule_find(group->rule);
    const char *severity = dt_severity_text(group->severity);
    dt_str_printf(out, "<details class=\"rule %s\"%s><summary><span class=\"badge\">%s</span> <strong>",
                  severity, group->severity == DT_NOTE ? "" : " open", severity);
    dt_html_text(out, rule ? rule->title : group->rule);
    dt_str_append(out, "</strong> <span class=\"count\">");
    dt_html_count(out, group->count);
    dt_str_append(out, "</span> <code>");
    dt_html_text(out, group->rule);
    dt_str_append(out, "</code></summary>\n");
    if (rule && *rule->advice) {
        dt_str_append(out, "<p>");
        dt_html_text(out, rule->advice);
        dt_str_append(out, "</p>\n");
    }
    if (page->group_pictures[g] < page->group_pictures[g + 1]) {
        dt_str_append(out, "<div class=\"pictures\">\n");
        for (size_t i = page->group_pictures[g]; i < page->group_pictures[g + 1]; i++) {
            begin_picture(page, &page->pictures[i], findings->items[page->picture_findings[i]].message);
            dt_str_append(out, "</figcaption></figure>\n");
        }
        dt_str_append(out, "</div>\n");
    }
    size_t listed = 0;
    dt_str_append(out, "<ul class=\"findings\">\n");
    for (size_t i = group->first; i < findings->count && listed < LISTED; i++) {
        const dt_finding *f = &findings->items[i];
        if (f->severity != group->severity || strcmp(f->rule, group->rule) != 0) continue;
        put_finding(page, f);
        listed++;
    }
    if (listed < group->count) {
        dt_str_append(out, "<li>and ");
        dt_html_count(out, group->count - listed);
        dt_str_append(out, " more: see <code>dettool check --json</code></li>\n");
    }
    dt_str_append(out, "</ul>\n</details>\n");
}

void dt_page_problems(dt_page *page)
{
    dt_str_append(page->out, "<section id=\"problems\">\n<h2>Problems</h2>\n");
    if (!page->group_count) dt_str_append(page->out, "<p>None was found.</p>\n");
    for (size_t g = 0; g < page->group_count; g++)
        put_group(page, g);
    dt_str_append(page->out, "</section>\n");
}

/* ---- classes and splits ---- */

static void put_cell(dt_str *out, size_t value)
{
    dt_str_append(out, "<td>");
    dt_html_count(out, value);
    dt_str_append(out, "</td>");
}

static void put_class_row(dt_page *page, size_t c, size_t most)
{
    dt_str *out = page->out;
    const dt_stats *s = &page->in->stats;
    const dt_class_stats *k = &s->classes[c];
    dt_rgb color = dt_class_color((int)c);
    dt_str_printf(out,
                  "<tr><th scope=\"row\"><span class=\"swatch\" style=\"background:#%02x%02x%02x\"></span>",
                  color.r, color.g, color.b);
    dt_html_text(out, page->in->set.classes[c]);
    dt_str_append(out, "</th><td class=\"meter\"><span style=\"width:");
    put_fixed(out, 100 * share(k->objects, most), 1);
    dt_str_append(out, "%\"></span></td>");
    put_cell(out, k->objects);
    dt_str_append(out, "<td>");
    put_fixed(out, 100 * share(k->objects, s->objects), 1);
    dt_str_append(out, "&nbsp;%</td>");
    put_cell(out, k->images);
    for (int i = 0; i < DT_SIZES; i++)
        put_cell(out, k->by_size[i]);
    dt_str_append(out, "<td>");
    put_fixed(out, k->side.median, 0);
    dt_str_append(out, "</td>");
    for (size_t i = 0; i < s->split_count; i++)
        put_cell(out, s->splits[i].class_objects[c]);
    dt_str_append(out, "</tr>\n");
}

static void put_class_table(dt_page *page)
{
    dt_str *out = page->out;
    const dt_stats *s = &page->in->stats;
    size_t most = 0;
    for (size_t c = 0; c < s->class_count; c++)
        if (s->classes[c].objects > most) most = s->classes[c].objects;
    dt_str_append(out, "<div class=\"wide\" role=\"region\" aria-label=\"Table of classes\" "
                       "tabindex=\"0\"><table class=\"full\">\n"
                       "<thead><tr><th scope=\"col\">class</th><td></td><th scope=\"col\">objects</th>"
                       "<th scope=\"col\">share</th><th scope=\"col\">images</th><th scope=\"col\">small</th>"
                       "<th scope=\"col\">medium</th><th scope=\"col\">large</th>"
                       "<th scope=\"col\">median side, px</th>");
    for (size_t i = 0; i < s->split_count; i++) {
        dt_str_append(out, "<th scope=\"col\">");
        dt_html_text(out, s->splits[i].name);
        dt_str_append(out, "</th>");
    }
    dt_str_append(out, "</tr></thead>\n<tbody>\n");
    for (size_t c = 0; c < s->class_count; c++)
        put_class_row(page, c, most);
    dt_str_append(out, "</tbody></table></div>\n");
}

static void put_split_table(dt_str *out, const dt_stats *s)
{
    dt_str_append(
        out, "<div class=\"wide\" role=\"region\" aria-label=\"Table of splits\" tabindex=\"0\"><table>\n"
             "<thead><tr><th scope=\"col\">split</th><th scope=\"col\">images</th>"
             "<th scope=\"col\">without objects</th><th scope=\"col\">objects</th>"
             "<th scope=\"col\">objects an image</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < s->split_count; i++) {
        const dt_split_stats *p = &s->splits[i];
        dt_str_append(out, "<tr><th scope=\"row\">");
        dt_html_text(out, p->name);
        dt_str_append(out, "</th>");
        put_cell(out, p->images);
        put_cell(out, p->backgrounds);
        put_cell(out, p->objects);
        dt_str_append(out, "<td>");
        put_fixed(out, share(p->objects, p->images), 1);
        dt_str_append(out, "</td></tr>\n");
    }
    dt_str_append(out, "</tbody></table></div>\n");
}

void dt_page_classes(dt_page *page)
{
    dt_str *out = page->out;
    const dt_stats *s = &page->in->stats;
    dt_str_append(out, "<section id=\"classes\">\n<h2>Classes and splits</h2>\n");
    if (s->objects) {
        dt_str_append(out, "<p>The most frequent class has ");
        put_fixed(out, s->imbalance, 1);
        dt_str_append(out, " times the objects of the rarest; evenness ");
        put_fixed(out, s->evenness, 2);
        dt_str_append(out, " (1: all classes alike).</p>\n");
    }
    put_class_table(page);
    put_split_table(out, s);
    dt_str_append(out, "</section>\n");
}

/* ---- boxes ---- */

enum { MAX_BINS = 24, LABEL = 24 };
typedef char bin_labels[MAX_BINS][LABEL];

static void put_bars(dt_page *page, const char *title, const char *x_title, const size_t *counts, int count,
                     const bin_labels texts, int label_every)
{
    const char *labels[MAX_BINS];
    for (int i = 0; i < count; i++)
        labels[i] = texts[i];
    dt_svg_bar_chart(page->out, &(dt_svg_bars){title, x_title, counts, count, labels, label_every});
}

static void put_size_row(dt_str *out, const char *name, const dt_summary *s, int decimals)
{
    const double v[] = {s->min, s->p5, s->median, s->p95, s->max, s->mean};
    dt_str_printf(out, "<tr><th scope=\"row\">%s</th>", name);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        dt_str_append(out, "<td>");
        put_fixed(out, v[i], decimals);
        dt_str_append(out, "</td>");
    }
    dt_str_append(out, "</tr>\n");
}

static void put_size_table(dt_str *out, const dt_stats *s)
{
    dt_str_append(out,
                  "<div class=\"wide\" role=\"region\" aria-label=\"Table of sizes\" tabindex=\"0\"><table>\n"
                  "<thead><tr><td></td><th scope=\"col\">min</th><th scope=\"col\">5&nbsp;%</th>"
                  "<th scope=\"col\">median</th><th scope=\"col\">95&nbsp;%</th><th scope=\"col\">max</th>"
                  "<th scope=\"col\">mean</th></tr></thead>\n<tbody>\n");
    put_size_row(out, "box side, px", &s->side, 1);
    put_size_row(out, "box side / picture's", &s->relative_side, 3);
    put_size_row(out, "width / height", &s->aspect, 2);
    put_size_row(out, "objects an image", &s->per_image, 1);
    dt_str_append(out, "</tbody></table></div>\n");
}

static void put_image_sizes(dt_str *out, const dt_stats *s)
{
    enum { SHOWN = 8 };
    dt_str_append(out, "<p>Image sizes: ");
    for (size_t i = 0; i < s->size_count && i < SHOWN; i++) {
        dt_str_printf(out, "%s%d&nbsp;&times;&nbsp;%d (", i ? ", " : "", s->sizes[i].width,
                      s->sizes[i].height);
        dt_html_count(out, s->sizes[i].images);
        dt_str_char(out, ')');
    }
    if (s->size_count > SHOWN) dt_str_printf(out, " and %zu others", s->size_count - SHOWN);
    dt_str_append(out, s->size_count ? ".</p>\n" : "not known.</p>\n");
}

void dt_page_boxes(dt_page *page)
{
    dt_str *out = page->out;
    const dt_stats *s = &page->in->stats;
    static const char *const sizes[] = {"small", "medium", "large"};
    bin_labels labels;
    dt_str_append(out, "<section id=\"boxes\">\n<h2>Boxes and images</h2>\n");
    put_size_table(out, s);
    put_image_sizes(out, s);
    dt_str_append(out, "<div class=\"charts\">\n");
    for (int i = 0; i < DT_STATS_SIDE_BINS; i++) {
        snprintf(labels[i], LABEL, "%d", i * 100 / DT_STATS_SIDE_BINS);
    }
    put_bars(page, "Box side relative to its picture", "sqrt(box area / picture area), % from", s->side_bins,
             DT_STATS_SIDE_BINS, labels, 4);
    for (int i = 0; i < DT_STATS_ASPECT_BINS; i++)
        snprintf(labels[i], LABEL, i < 8 ? "1:%.3g" : "%.3g:1",
                 i < 8 ? exp2(4 - 0.5 * i) : exp2(-4 + 0.5 * i));
    put_bars(page, "Box shape", "width : height, from", s->aspect_bins, DT_STATS_ASPECT_BINS, labels, 4);
    for (int i = 0; i < DT_STATS_PER_IMAGE_BINS; i++)
        snprintf(labels[i], LABEL, "%d%s", i, i == DT_STATS_PER_IMAGE_BINS - 1 ? "+" : "");
    put_bars(page, "Objects an image", "objects", s->per_image_bins, DT_STATS_PER_IMAGE_BINS, labels, 5);
    for (int i = 0; i < DT_SIZES; i++)
        snprintf(labels[i], LABEL, "%s", sizes[i]);
    put_bars(page, "COCO size classes", "area: to 32\xC2\xB2 px, to 96\xC2\xB2 px, over", s->by_size,
             DT_SIZES, labels, 1);
    dt_svg_heat_map(out, "Where box centres lie in the picture", &s->heat[0][0], DT_STATS_HEAT_SIDE);
    dt_str_append(out, "</div>\n</section>\n");
}

/* ---- samples ---- */

void dt_page_samples(dt_page *page)
{
    dt_str *out = page->out;
    const dt_stats *s = &page->in->stats;
    dt_str_append(out, "<section id=\"samples\">\n<h2>Samples</h2>\n"
                       "<p>Thick boxes: the class. Thin ones: other classes, in their colours.</p>\n");
    for (size_t c = 0; c < s->class_count; c++) {
        if (page->class_pictures[c] == page->class_pictures[c + 1]) continue;
        dt_str_append(out, "<h3>");
        dt_html_text(out, page->in->set.classes[c]);
        dt_str_append(out, "</h3>\n<div class=\"pictures\">\n");
        for (size_t i = page->class_pictures[c]; i < page->class_pictures[c + 1]; i++) {
            begin_picture(page, &page->pictures[i], page->in->set.classes[c]);
            dt_str_append(out, "</figcaption></figure>\n");
        }
        dt_str_append(out, "</div>\n");
    }
    dt_str_append(out, "</section>\n");
}
