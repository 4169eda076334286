/* The sections of the page. */
#include <math.h>
#include <stdio.h>

#include "core/num.h"
#include "tools/html_text.h"
#include "tools/report_inspect_page.h"
#include "tools/svg_chart.h"

void dt_page_number(dt_str *out, double value, int decimals)
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
    put_tile(out, "objects", s->objects, "");
    put_tile(out, "classes", s->class_count, "");
    put_tile(out, "without objects", s->backgrounds, "");
    dt_str_append(out, "</dl>\n<dl class=\"tiles found\">\n");
    put_tile(out, "errors", f->by_severity[DT_PROBLEM], "error");
    put_tile(out, "warnings", f->by_severity[DT_WARNING], "warning");
    put_tile(out, "notes", f->by_severity[DT_NOTE], "note");
    dt_str_append(out, "</dl>\n<nav aria-label=\"Sections\"><a href=\"#problems\">Problems</a> "
                       "<a href=\"#classes\">Classes</a> <a href=\"#boxes\">");
    dt_str_append(out, page->in->whole ? "Images</a> " : "Boxes</a> ");
    if (page->in->masks.images) dt_str_append(out, "<a href=\"#segmentation\">Segmentation</a> ");
    dt_str_append(out, "<a href=\"#samples\">Samples</a></nav>\n</header>\n");
}

/* ---- classes and splits ---- */

void dt_page_cell(dt_str *out, size_t value)
{
    dt_str_append(out, "<td>");
    dt_html_count(out, value);
    dt_str_append(out, "</td>");
}

void dt_page_class_head(dt_str *out, int32_t cls, const char *name, double length)
{
    dt_rgb color = dt_class_color(cls);
    dt_str_append(out, "<tr><th scope=\"row\">");
    if (cls >= 0)
        dt_str_printf(out, "<span class=\"swatch\" style=\"background:#%02x%02x%02x\"></span>", color.r,
                      color.g, color.b);
    dt_html_text(out, name);
    dt_str_append(out, "</th><td class=\"meter\"><span style=\"width:");
    dt_page_number(out, 100 * length, 1);
    dt_str_append(out, "%\"></span></td>");
}

static void put_class_row(dt_page *page, size_t c, size_t most)
{
    dt_str *out = page->out;
    const dt_stats *s = &page->in->stats;
    const dt_class_stats *k = &s->classes[c];
    dt_page_class_head(out, (int32_t)c, page->in->set.classes[c], share(k->objects, most));
    dt_page_cell(out, k->objects);
    dt_str_append(out, "<td>");
    dt_page_number(out, 100 * share(k->objects, s->objects), 1);
    dt_str_append(out, "&nbsp;%</td>");
    dt_page_cell(out, k->images);
    for (int i = 0; i < DT_SIZES; i++)
        dt_page_cell(out, k->by_size[i]);
    dt_str_append(out, "<td>");
    dt_page_number(out, k->side.median, 0);
    dt_str_append(out, "</td>");
    for (size_t i = 0; i < s->split_count; i++)
        dt_page_cell(out, s->splits[i].class_objects[c]);
    dt_str_append(out, "</tr>\n");
}

/* A table of more rows than this scrolls by itself: what follows must not be miles away. */
enum { TALL = 24 };

static void put_class_table(dt_page *page)
{
    dt_str *out = page->out;
    const dt_stats *s = &page->in->stats;
    size_t most = 0;
    for (size_t c = 0; c < s->class_count; c++)
        if (s->classes[c].objects > most) most = s->classes[c].objects;
    dt_str_append(out, s->class_count > TALL ? "<div class=\"wide tall\"" : "<div class=\"wide\"");
    dt_str_append(
        out, " role=\"region\" aria-label=\"Table of classes\" tabindex=\"0\"><table class=\"full\">\n"
             "<thead><tr><th scope=\"col\">class</th><td class=\"meter\"></td><th scope=\"col\">objects</th>"
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
        dt_page_cell(out, p->images);
        dt_page_cell(out, p->backgrounds);
        dt_page_cell(out, p->objects);
        dt_str_append(out, "<td>");
        dt_page_number(out, share(p->objects, p->images), 1);
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
        dt_page_number(out, s->imbalance, 1);
        dt_str_append(out, " times the objects of the rarest; evenness ");
        dt_page_number(out, s->evenness, 2);
        dt_str_append(out, " (1: all classes alike).</p>\n");
    }
    if (s->class_count > TALL)
        dt_str_printf(out, "<p>The table has %zu rows and scrolls.</p>\n", s->class_count);
    put_class_table(page);
    put_split_table(out, s);
    dt_str_append(out, "</section>\n");
}

/* ---- boxes ---- */

enum { MAX_BINS = 24, LABEL = 32 };
typedef char bin_labels[MAX_BINS + 1][LABEL];

/* ticks: of the edges of the bars, one more than there are; NULL: each bar has its label under it. */
static void put_bars(dt_page *page, const char *title, const char *x_title, const char *y_title,
                     const size_t *counts, int count, const bin_labels texts, const bin_labels ticks,
                     int every)
{
    const char *labels[MAX_BINS], *edges[MAX_BINS + 1];
    for (int i = 0; i < count; i++)
        labels[i] = texts[i];
    for (int i = 0; i <= count && ticks; i++)
        edges[i] = ticks[i];
    dt_svg_bar_chart(page->out, &(dt_svg_bars){title, x_title, y_title, counts, count, labels,
                                               ticks ? edges : NULL, every});
}

static void put_size_row(dt_str *out, const char *name, const dt_summary *s, int decimals)
{
    const double v[] = {s->min, s->p5, s->median, s->p95, s->max, s->mean};
    dt_str_printf(out, "<tr><th scope=\"row\">%s</th>", name);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        dt_str_append(out, "<td>");
        dt_page_number(out, v[i], decimals);
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

static void put_side_chart(dt_page *page)
{
    enum { N = DT_STATS_SIDE_BINS, STEP = 100 / N };
    bin_labels labels, ticks;
    for (int i = 0; i <= N; i++)
        snprintf(ticks[i], LABEL, "%d", i * STEP);
    for (int i = 0; i < N; i++)
        snprintf(labels[i], LABEL, "%d to %d %%", i * STEP, (i + 1) * STEP);
    put_bars(page, "Box side relative to its picture", "% of the picture's side (square roots of areas)",
             "boxes", page->in->stats.side_bins, N, labels, ticks, 4);
}

static void put_aspect_chart(dt_page *page)
{
    enum { N = DT_STATS_ASPECT_BINS };
    bin_labels labels, ticks;
    for (int i = 0; i <= N; i++)
        snprintf(ticks[i], LABEL, i < N / 2 ? "1:%.3g" : "%.3g:1", exp2(fabs(-4 + 0.5 * i)));
    for (int i = 0; i < N; i++)
        snprintf(labels[i], LABEL, "%.12s%s%.12s", i ? ticks[i] : "up", " to ",
                 i < N - 1 ? ticks[i + 1] : "more");
    put_bars(page, "Box shape", "width : height", "boxes", page->in->stats.aspect_bins, N, labels, ticks, 4);
}

static void put_count_chart(dt_page *page)
{
    enum { N = DT_STATS_PER_IMAGE_BINS };
    bin_labels labels;
    for (int i = 0; i < N; i++)
        snprintf(labels[i], LABEL, "%d%s", i, i == N - 1 ? "+" : "");
    put_bars(page, "Objects an image", "objects", "images", page->in->stats.per_image_bins, N, labels, NULL,
             5);
}

void dt_page_boxes(dt_page *page)
{
    dt_str *out = page->out;
    const dt_stats *s = &page->in->stats;
    static const bin_labels sizes = {"small", "medium", "large"};
    dt_str_append(out, page->in->whole ? "<section id=\"boxes\">\n<h2>Images</h2>\n"
                                       : "<section id=\"boxes\">\n<h2>Boxes and images</h2>\n");
    if (!page->in->whole) put_size_table(out, s);
    put_image_sizes(out, s);
    if (page->in->whole) {
        dt_str_append(out, "</section>\n");
        return;
    }
    dt_str_append(out, "<div class=\"charts\">\n");
    put_side_chart(page);
    put_aspect_chart(page);
    put_count_chart(page);
    put_bars(page, "COCO size classes", "area up to 32\xC2\xB2 px, up to 96\xC2\xB2 px, larger", "boxes",
             s->by_size, DT_SIZES, sizes, NULL, 1);
    dt_svg_heat_map(out, "Where box centres lie in the picture", "boxes", &s->heat[0][0], DT_STATS_HEAT_SIDE);
    dt_str_append(out, "</div>\n</section>\n");
}

/* ---- samples ---- */

void dt_page_samples(dt_page *page)
{
    dt_str *out = page->out;
    const dt_stats *s = &page->in->stats;
    size_t most = 0;
    for (size_t c = 0; c < s->class_count; c++)
        if (page->class_pictures[c + 1] - page->class_pictures[c] > most)
            most = page->class_pictures[c + 1] - page->class_pictures[c];
    dt_str_append(out, "<section id=\"samples\">\n<h2>Samples</h2>\n");
    if (!page->in->whole)
        dt_str_append(out, "<p>Thick boxes: the class. Thin ones: other classes, in their colours.</p>\n");
    dt_str_append(out, most > 2 ? "<div>\n" : "<div class=\"few\">\n");
    for (size_t c = 0; c < s->class_count; c++) {
        if (page->class_pictures[c] == page->class_pictures[c + 1]) continue;
        dt_str_append(out, "<div><h3>");
        dt_html_text(out, page->in->set.classes[c]);
        dt_str_append(out, "</h3>\n<div class=\"pictures\">\n");
        for (size_t i = page->class_pictures[c]; i < page->class_pictures[c + 1]; i++)
            dt_page_picture(page, &page->pictures[i], page->in->set.classes[c]);
        dt_str_append(out, "</div></div>\n");
    }
    dt_str_append(out, "</div>\n</section>\n");
}
