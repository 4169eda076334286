#include "tools/svg_chart.h"

#include "core/num.h"
#include "tools/html_text.h"

/* The drawing is scaled to the page, so these are proportions: text of 13 stays legible on a phone. */
enum { WIDTH = 360, HEIGHT = 210, LEFT = 52, RIGHT = 8, TOP = 10, BOTTOM = 44 };

static void put_num(dt_str *out, double value)
{
    char text[DT_NUM_MAX];
    dt_format_fixed(text, value, 1);
    dt_str_append(out, text);
}

/* The smallest of 1, 2, 5 x 10^k that is at least a half of the value: two steps reach over it. */
static size_t step_for(size_t most)
{
    static const size_t factors[] = {1, 2, 5};
    for (size_t ten = 1;; ten *= 10)
        for (int i = 0; i < 3; i++)
            if (2 * factors[i] * ten >= most || ten > (size_t)1 << 58) return factors[i] * ten;
}

static void put_grid(dt_str *out, size_t step)
{
    for (int i = 0; i <= 2; i++) {
        double y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - i / 2.0);
        dt_str_printf(out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"", LEFT, WIDTH - RIGHT);
        put_num(out, y);
        dt_str_append(out, "\" y2=\"");
        put_num(out, y);
        dt_str_printf(out, "\"/><text class=\"label\" text-anchor=\"end\" x=\"%d\" y=\"", LEFT - 6);
        put_num(out, y + 4);
        dt_str_append(out, "\">");
        dt_html_count(out, step * (size_t)i);
        dt_str_append(out, "</text>");
    }
}

static void put_table(dt_str *out, const dt_svg_bars *b)
{
    dt_str_append(out, "<details><summary>Numbers</summary><table><thead><tr><th scope=\"col\">");
    dt_html_text(out, b->x_title);
    dt_str_append(out, "</th><th scope=\"col\">count</th></tr></thead><tbody>");
    for (int i = 0; i < b->count; i++) {
        dt_str_append(out, "<tr><th scope=\"row\">");
        dt_html_text(out, b->labels[i]);
        dt_str_append(out, "</th><td>");
        dt_html_count(out, b->counts[i]);
        dt_str_append(out, "</td></tr>");
    }
    dt_str_append(out, "</tbody></table></details>");
}

static void begin_figure(dt_str *out, const char *title, int width, int height)
{
    dt_str_append(out, "<figure class=\"chart\"><figcaption>");
    dt_html_text(out, title);
    dt_str_printf(out, "</figcaption><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", width, height);
    dt_html_text(out, title);
    dt_str_append(out, "\">");
}

void dt_svg_bar_chart(dt_str *out, const dt_svg_bars *b)
{
    size_t most = 0;
    for (int i = 0; i < b->count; i++)
        if (b->counts[i] > most) most = b->counts[i];
    size_t step = step_for(most ? most : 1);
    double slot = (double)(WIDTH - LEFT - RIGHT) / (b->count ? b->count : 1);
    begin_figure(out, b->title, WIDTH, HEIGHT);
    put_grid(out, step);
    for (int i = 0; i < b->count; i++) {
        double height = (HEIGHT - TOP - BOTTOM) * (double)b->counts[i] / (2.0 * (double)step);
        if (b->counts[i] && height < 1) height = 1;
        dt_str_append(out, "<rect class=\"bar\" x=\"");
        put_num(out, LEFT + slot * i + slot * 0.1);
        dt_str_append(out, "\" y=\"");
        put_num(out, HEIGHT - BOTTOM - height);
        dt_str_append(out, "\" width=\"");
        put_num(out, slot * 0.8);
        dt_str_append(out, "\" height=\"");
        put_num(out, height);
        dt_str_append(out, "\"><title>");
        dt_html_text(out, b->labels[i]);
        dt_str_append(out, ": ");
        dt_html_count(out, b->counts[i]);
        dt_str_append(out, "</title></rect>");
        if (i % b->label_every) continue;
        dt_str_append(out, "<text class=\"label\" text-anchor=\"middle\" x=\"");
        put_num(out, LEFT + slot * (i + 0.5));
        dt_str_printf(out, "\" y=\"%d\">", HEIGHT - BOTTOM + 17);
        dt_html_text(out, b->labels[i]);
        dt_str_append(out, "</text>");
    }
    dt_str_printf(out, "<text class=\"label\" text-anchor=\"middle\" x=\"%d\" y=\"%d\">",
                  (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6);
    dt_html_text(out, b->x_title);
    dt_str_append(out, "</text></svg>");
    put_table(out, b);
    dt_str_append(out, "</figure>\n");
}

void dt_svg_heat_map(dt_str *out, const char *title, const size_t *counts, int side)
{
    enum { CELL = 12 };
    size_t most = 0;
    for (int i = 0; i < side * side; i++)
        if (counts[i] > most) most = counts[i];
    begin_figure(out, title, side * CELL, side * CELL);
    dt_str_printf(out, "<rect class=\"frame\" width=\"%d\" height=\"%d\"/>", side * CELL, side * CELL);
    for (int i = 0; i < side * side; i++) {
        if (!counts[i]) continue;
        dt_str_printf(out,
                      "<rect class=\"cell\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill-opacity=\"",
                      i % side * CELL, i / side * CELL, CELL, CELL);
        char opacity[DT_NUM_MAX];
        dt_format_fixed(opacity, 0.08 + 0.92 * (double)counts[i] / (double)most, 2);
        dt_str_append(out, opacity);
        dt_str_append(out, "\"><title>");
        dt_html_count(out, counts[i]);
        dt_str_append(out, "</title></rect>");
    }
    dt_str_append(out, "</svg></figure>\n");
}
