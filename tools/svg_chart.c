#include "tools/svg_chart.h"

#include "core/num.h"
#include "tools/html_text.h"

/* The drawing is scaled to the page, so these are proportions: text of 13 stays legible on a phone. */
enum { WIDTH = 360, HEIGHT = 222, LEFT = 60, RIGHT = 20, TOP = 28, BOTTOM = 44, MOST_STEPS = 4 };

static void put_num(dt_str *out, double value)
{
    char text[DT_NUM_MAX];
    dt_format_fixed(text, value, 1);
    dt_str_append(out, text);
}

/* The smallest of 1, 2, 5 x 10^k of which a few reach over the value. */
static size_t step_for(size_t most)
{
    static const size_t factors[] = {1, 2, 5};
    for (size_t ten = 1;; ten *= 10)
        for (int i = 0; i < 3; i++)
            if (MOST_STEPS * factors[i] * ten >= most || ten > (size_t)1 << 56) return factors[i] * ten;
}

static void put_text(dt_str *out, const char *anchor, double x, double y, const char *text)
{
    dt_str_printf(out, "<text class=\"label\" text-anchor=\"%s\" x=\"", anchor);
    put_num(out, x);
    dt_str_append(out, "\" y=\"");
    put_num(out, y);
    dt_str_append(out, "\">");
    dt_html_text(out, text);
    dt_str_append(out, "</text>");
}

static void put_count(dt_str *out, const char *anchor, double x, double y, size_t count)
{
    dt_str text = {0};
    dt_html_count(&text, count);
    if (text.failed) out->failed = 1;
    put_text(out, anchor, x, y, text.data ? text.data : "");
    dt_str_free(&text);
}

static void put_grid(dt_str *out, size_t step, int steps)
{
    for (int i = 0; i <= steps; i++) {
        double y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - i / (double)steps);
        dt_str_printf(out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"", LEFT, WIDTH - RIGHT);
        put_num(out, y);
        dt_str_append(out, "\" y2=\"");
        put_num(out, y);
        dt_str_append(out, "\"/>");
        put_count(out, "end", LEFT - 6, y + 4, step * (size_t)i);
    }
}

static void put_table(dt_str *out, const dt_svg_bars *b)
{
    dt_str_append(out, "<details><summary>Numbers</summary><table><thead><tr><th scope=\"col\">");
    dt_html_text(out, b->x_title);
    dt_str_append(out, "</th><th scope=\"col\">");
    dt_html_text(out, b->y_title);
    dt_str_append(out, "</th></tr></thead><tbody>");
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

static void put_bar(dt_str *out, const dt_svg_bars *b, int i, double slot, double top)
{
    double height = (HEIGHT - TOP - BOTTOM) * (double)b->counts[i] / top;
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
}

void dt_svg_bar_chart(dt_str *out, const dt_svg_bars *b)
{
    size_t most = 1;
    for (int i = 0; i < b->count; i++)
        if (b->counts[i] > most) most = b->counts[i];
    size_t step = step_for(most), steps = (most + step - 1) / step;
    double slot = (double)(WIDTH - LEFT - RIGHT) / (b->count ? b->count : 1);
    begin_figure(out, b->title, WIDTH, HEIGHT);
    put_text(out, "end", LEFT - 6, 12, b->y_title);
    put_grid(out, step, (int)steps);
    for (int i = 0; i < b->count; i++)
        put_bar(out, b, i, slot, (double)(step * steps));
    for (int i = 0; i < b->count + (b->ticks != NULL); i += b->label_every)
        put_text(out, "middle", LEFT + slot * (b->ticks ? i : i + 0.5), HEIGHT - BOTTOM + 17,
                 b->ticks ? b->ticks[i] : b->labels[i]);
    put_text(out, "middle", (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 6, b->x_title);
    dt_str_append(out, "</svg>");
    put_table(out, b);
    dt_str_append(out, "</figure>\n");
}

static void put_cell(dt_str *out, double x, double y, double side, double share, size_t count)
{
    char opacity[DT_NUM_MAX];
    dt_str_append(out, "<rect class=\"cell\" x=\"");
    put_num(out, x);
    dt_str_append(out, "\" y=\"");
    put_num(out, y);
    dt_str_append(out, "\" width=\"");
    put_num(out, side);
    dt_str_append(out, "\" height=\"");
    put_num(out, side);
    dt_format_fixed(opacity, share > 0 ? 0.08 + 0.92 * share : 0, 2);
    dt_str_printf(out, "\" fill-opacity=\"%s\"><title>", opacity);
    dt_html_count(out, count);
    dt_str_append(out, "</title></rect>");
}

/* What the shades stand for. */
static void put_scale(dt_str *out, const char *unit, size_t most, double x, double y)
{
    enum { MOST_SHADES = 5, SIDE = 22 };
    int shades = most < MOST_SHADES ? (int)most + 1 : MOST_SHADES;
    put_text(out, "start", x, y - 8, unit);
    for (int i = 0; i < shades; i++) {
        double share = 1 - i / (double)(shades - 1);
        size_t count = (size_t)((double)most * share + 0.5);
        put_cell(out, x, y + i * SIDE, SIDE, share, count);
        put_count(out, "start", x + SIDE + 8, y + i * SIDE + 16, count);
    }
    dt_str_append(out, "<rect class=\"frame\" x=\"");
    put_num(out, x);
    dt_str_append(out, "\" y=\"");
    put_num(out, y);
    dt_str_printf(out, "\" width=\"%d\" height=\"%d\"/>", SIDE, shades * SIDE);
}

void dt_svg_heat_map(dt_str *out, const char *title, const char *unit, const size_t *counts, int side)
{
    enum { MAP = 176, UP = 12 };
    double cell = MAP / (double)side;
    size_t most = 0;
    for (int i = 0; i < side * side; i++)
        if (counts[i] > most) most = counts[i];
    begin_figure(out, title, WIDTH, HEIGHT);
    for (int i = 0; i < side * side; i++)
        if (counts[i])
            put_cell(out, LEFT + i % side * cell, UP + i / side * cell, cell,
                     (double)counts[i] / (double)most, counts[i]);
    dt_str_printf(out, "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", LEFT, UP, MAP,
                  MAP);
    put_text(out, "end", LEFT - 6, UP + 11, "top");
    put_text(out, "end", LEFT - 6, UP + MAP, "bottom");
    put_text(out, "start", LEFT, UP + MAP + 18, "left");
    put_text(out, "end", LEFT + MAP, UP + MAP + 18, "right");
    if (most) put_scale(out, unit, most, LEFT + MAP + 28, UP + 34);
    dt_str_append(out, "</svg></figure>\n");
}
