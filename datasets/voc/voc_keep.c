#include "datasets/voc/voc_keep.h"

static void put_escaped(dt_str *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '&')
            dt_str_append(out, "&amp;");
        else if (c == '<')
            dt_str_append(out, "&lt;");
        else if (c == '>')
            dt_str_append(out, "&gt;");
        else if (c == '\r') /* a parser makes a line end of it */
            dt_str_append(out, "&#13;");
        else
            dt_str_char(out, c);
    }
}

/* In an attribute a parser turns line ends and tabs that are not escaped into blanks. libxml2 gives '&' as
 * "&#38;". */
static void put_value(dt_str *out, const xmlChar *from, const xmlChar *to)
{
    for (const xmlChar *p = from; p < to; p++)
        if (to - p >= 5 && xmlStrncmp(p, (const xmlChar *)"&#38;", 5) == 0) {
            dt_str_append(out, "&amp;");
            p += 4;
        } else if (*p == '"' || *p == '\n' || *p == '\t' || *p == '\r') {
            dt_str_printf(out, "&#%d;", *p);
        } else {
            put_escaped(out, (const char *)p, 1);
        }
}

static void put_name(dt_str *out, const xmlChar *name, const xmlChar *prefix)
{
    if (prefix) dt_str_printf(out, "%s:", (const char *)prefix);
    dt_str_append(out, (const char *)name);
}

void dt_voc_keep_attributes(dt_str *out, const dt_voc_tag *tag)
{
    for (int i = 0; i < tag->namespaces; i++) {
        const xmlChar *prefix = tag->namespace_list[2 * i], *uri = tag->namespace_list[2 * i + 1];
        dt_str_printf(out, " xmlns%s%s=\"", prefix ? ":" : "", prefix ? (const char *)prefix : "");
        put_value(out, uri, uri + xmlStrlen(uri));
        dt_str_char(out, '"');
    }
    for (int i = 0; i < tag->attributes; i++) {
        const xmlChar **a = tag->attribute_list + 5 * i; /* name, prefix, URI, value, its end */
        dt_str_char(out, ' ');
        put_name(out, a[0], a[1]);
        dt_str_append(out, "=\"");
        put_value(out, a[3], a[4]);
        dt_str_char(out, '"');
    }
}

void dt_voc_keep_start(dt_voc_keep *k, dt_str *to, const char *indent, const dt_voc_tag *tag)
{
    if (k->depth++ == 0) {
        k->to = to;
        dt_str_append(to, indent);
    }
    dt_str_char(k->to, '<');
    put_name(k->to, tag->name, tag->prefix);
    dt_voc_keep_attributes(k->to, tag);
    dt_str_char(k->to, '>');
}

void dt_voc_keep_text(dt_voc_keep *k, const char *text, size_t len)
{
    if (k->depth) put_escaped(k->to, text, len);
}

void dt_voc_keep_end(dt_voc_keep *k, const xmlChar *name, const xmlChar *prefix)
{
    if (!k->depth) return;
    dt_str_append(k->to, "</");
    put_name(k->to, name, prefix);
    dt_str_char(k->to, '>');
    if (--k->depth == 0) dt_str_char(k->to, '\n');
}
