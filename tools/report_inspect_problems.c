/* The problems on the page, with their pictures. */
#include <string.h>

#include "datasets/check/rules.h"
#include "tools/html_text.h"
#include "tools/report_inspect_page.h"

enum { LISTED = 100 };

void dt_page_picture(dt_page *page, const dt_small_picture *p, const char *alt)
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
    dt_html_text(out, dt_page_short_path(page, p->file));
    dt_str_append(out, "</figcaption></figure>\n");
}

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

/* Paths in it stand without the set's own folder, as everywhere on the page. */
static void put_message(dt_page *page, const char *message)
{
    size_t n = strlen(page->in->path);
    dt_str text = {0};
    while (n > 1 && page->in->path[n - 1] == '/')
        n--;
    for (const char *at = message; *at;) {
        int own = strncmp(at, page->in->path, n) == 0 && at[n] == '/' && (at == message || at[-1] == ' ');
        if (own) at += n + 1;
        if (!own) dt_str_char(&text, *at++);
    }
    dt_html_text(page->out, text.failed ? message : text.data ? text.data : "");
    dt_str_free(&text);
}

static void put_finding(dt_page *page, const dt_finding *f)
{
    dt_str *out = page->out;
    dt_str_append(out, "<li>");
    put_place(page, f);
    put_message(page, f->message);
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
    dt_str_printf(
        out, "<details id=\"rule-%zu\" class=\"rule %s\"%s><summary><span class=\"badge\">%s</span> <strong>",
        g, severity, group->severity == DT_NOTE ? "" : " open", severity);
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
        for (size_t i = page->group_pictures[g]; i < page->group_pictures[g + 1]; i++)
            dt_page_picture(page, &page->pictures[i], findings->items[page->picture_findings[i]].message);
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

/* Where there are many rules, what they are at a glance. */
static void put_index(dt_page *page)
{
    dt_str *out = page->out;
    if (page->group_count < 3) return;
    dt_str_append(out, "<ul class=\"index\">\n");
    for (size_t g = 0; g < page->group_count; g++) {
        const dt_rule_group *group = &page->groups[g];
        dt_str_printf(out, "<li class=\"%s\"><a href=\"#rule-%zu\">", dt_severity_text(group->severity), g);
        dt_html_text(out, group->rule);
        dt_str_append(out, "</a> ");
        dt_html_count(out, group->count);
        dt_str_append(out, "</li>\n");
    }
    dt_str_append(out, "</ul>\n");
}

void dt_page_problems(dt_page *page)
{
    dt_str_append(page->out, "<section id=\"problems\">\n<h2>Problems</h2>\n");
    if (!page->group_count) dt_str_append(page->out, "<p>None was found.</p>\n");
    put_index(page);
    for (size_t g = 0; g < page->group_count; g++)
        put_group(page, g);
    dt_str_append(page->out, "</section>\n");
}
