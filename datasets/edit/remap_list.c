/* Maps of class names as they are typed. */
#include <string.h>

#include "core/mem.h"
#include "datasets/edit/remap.h"

enum { MAX_BYTES = 16 << 20 };

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The name between two places, without blanks and quotes around it. New string. */
static char *take_name(const char *from, const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    if (to - from >= 2 && *from == '"' && to[-1] == '"') {
        from++;
        to--;
    }
    return dt_strndup(from, (size_t)(to - from));
}

/* The '=' between the names: behind the quotes if the text begins with one. */
static const char *find_middle(const char *text, const char *end)
{
    while (text < end && is_blank(*text))
        text++;
    const char *from = text, *quote = *text == '"' ? memchr(text + 1, '"', (size_t)(end - text - 1)) : NULL;
    if (quote) from = quote;
    return memchr(from, '=', (size_t)(end - from));
}

static dt_status add(dt_remap_list *list, const char *text, size_t len, dt_error *err)
{
    const char *middle = len ? find_middle(text, text + len) : NULL;
    if (!middle) return dt_fail(err, DT_ERR_ARG, "'%.*s': old=new is expected", (int)len, text);
    dt_remap_pair pair = {take_name(text, middle), take_name(middle + 1, text + len)};
    dt_status st = DT_OK;
    int known = 0;
    if (!pair.from || !pair.to)
        st = dt_fail_memory(err, len, "a map of classes");
    else if (!*pair.from)
        st = dt_fail(err, DT_ERR_ARG, "'%.*s': the old name is missing", (int)len, text);
    for (size_t i = 0; i < list->count && st == DT_OK && !known; i++) {
        if (strcmp(list->items[i].from, pair.from) != 0) continue;
        known = 1;
        if (strcmp(list->items[i].to, pair.to) != 0)
            st = dt_fail(err, DT_ERR_ARG, "'%s' is mapped twice: to '%s' and to '%s'", pair.from,
                         list->items[i].to, pair.to);
    }
    if (st == DT_OK && !known &&
        dt_grow(&list->items, &list->capacity, list->count + 1, sizeof *list->items) != 0)
        st = dt_fail_memory(err, len, "a map of classes");
    if (st == DT_OK && !known) {
        list->items[list->count++] = pair;
    } else {
        dt_free(pair.from);
        dt_free(pair.to);
    }
    return st;
}

dt_status dt_remap_add(dt_remap_list *list, const char *text, dt_error *err)
{
    return add(list, text, strlen(text), err);
}

dt_status dt_remap_read(dt_remap_list *list, const char *path, dt_error *err)
{
    char *text;
    size_t size;
    DT_TRY(dt_file_read(path, MAX_BYTES, &text, &size, err));
    dt_status st = DT_OK;
    int line = 0;
    const char *at = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text, *end = text + size;
    while (at < end && st == DT_OK) {
        const char *stop = memchr(at, '\n', (size_t)(end - at)), *from = at;
        if (!stop) stop = end;
        at = stop + 1;
        line++;
        while (from < stop && is_blank(*from))
            from++;
        if (from == stop || *from == '#') continue;
        st = add(list, from, (size_t)(stop - from), err);
        if (st != DT_OK) dt_error_prefix(err, "%s:%d: ", path, line);
    }
    dt_free(text);
    return st;
}

void dt_remap_free(dt_remap_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        dt_free(list->items[i].from);
        dt_free(list->items[i].to);
    }
    dt_free(list->items);
    *list = (dt_remap_list){0};
}
