/* The segmentation on the page. */
#include <stdio.h>

#include "tools/html_text.h"
#include "tools/report_inspect_page.h"

static void put_row(dt_page *page, const dt_mask_class *k, size_t most)
{
    dt_str *out = page->out;
    const dt_mask_stats *m = &page->in->masks;
    int32_t cls = m->classes[k->number];
    char text[32];
    snprintf(text, sizeof text, "number %d", k->number);
    dt_page_class_head(out, cls, k->name ? k->name : text, most ? (double)k->pixels / (double)most : 0);
    dt_str_printf(out, "<td>%d</td>", k->number);
    dt_page_cell(out, k->pixels);
    dt_str_append(out, "<td>");
    dt_page_number(out, 100 * dt_mask_share(m, k), 1);
    dt_str_append(out, "&nbsp;%</td>");
    dt_page_cell(out, k->images);
    if (cls >= 0)
        dt_page_cell(out, m->class_instances[cls]);
    else
        dt_str_append(out, "<td></td>");
    dt_str_append(out, "</tr>\n");
}

static void put_table(dt_page *page)
{
    dt_str *out = page->out;
    const dt_mask_stats *m = &page->in->masks;
    size_t most = 0;
    for (size_t i = 0; i < m->number_count; i++)
        if (m->numbers[i].number != DT_MASK_BACKGROUND && m->numbers[i].pixels > most)
            most = m->numbers[i].pixels;
    dt_str_append(out,
                  "<div class=\"wide\" role=\"region\" aria-label=\"Table of segmentation\" tabindex=\"0\">"
                  "<table class=\"full\">\n<thead><tr><th scope=\"col\">class</th><td class=\"meter\"></td>"
                  "<th scope=\"col\">number</th><th scope=\"col\">pixels</th><th scope=\"col\">share</th>"
                  "<th scope=\"col\">images</th><th scope=\"col\">objects</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < m->number_count; i++) {
        const dt_mask_class *k = &m->numbers[i];
        put_row(page, k, k->number == DT_MASK_BACKGROUND ? 0 : most);
    }
    dt_str_append(out, "</tbody></table></div>\n");
}

static void put_summary(dt_page *page)
{
    dt_str *out = page->out;
    const dt_mask_stats *m = &page->in->masks;
    dt_str_append(out, "<p>");
    dt_html_count(out, m->images);
    dt_str_append(out, m->images == 1 ? " image has" : " images have");
    dt_str_append(out, " segmentation files: ");
    dt_html_count(out, m->files[DT_MASK_CLASS]);
    dt_str_append(out, " with classes, ");
    dt_html_count(out, m->files[DT_MASK_OBJECT]);
    dt_str_append(out, " with objects");
    if (page->in->decoded) {
        dt_str_append(out, "; ");
        dt_html_count(out, m->instances);
        dt_str_append(out, " objects have pixels");
    }
    dt_str_append(out, ".</p>\n");
    if (m->pixels) {
        dt_str_append(out, "<p>Shares are of all pixels but the border (void), which takes ");
        dt_page_number(out, 100 * (double)m->void_pixels / (double)m->pixels, 1);
        dt_str_append(out, "&nbsp;%.</p>\n");
    }
    if (m->by_vote && m->instances)
        dt_str_append(
            out, "<p>Class numbers are not VOC's: each has the class of most objects that it covers.</p>\n");
}

void dt_page_masks(dt_page *page)
{
    dt_str *out = page->out;
    if (!page->in->masks.images) return;
    dt_str_append(out, "<section id=\"segmentation\">\n<h2>Segmentation</h2>\n");
    put_summary(page);
    if (page->in->masks.number_count) put_table(page);
    if (page->mask_pictures < page->mask_pictures_end) {
        dt_str_append(out,
                      "<p>Colours: the class of each object; white: border.</p>\n<div class=\"pictures\">\n");
        for (size_t i = page->mask_pictures; i < page->mask_pictures_end; i++)
            dt_page_picture(page, &page->pictures[i], "segmentation");
        dt_str_append(out, "</div>\n");
    }
    dt_str_append(out, "</section>\n");
}
