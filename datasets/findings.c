#include "datasets/findings.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"

const char *dt_severity_text(dt_severity severity)
{
    return severity == DT_NOTE ? "note" : severity == DT_WARNING ? "warning" : "error";
}

static const char *keep(dt_findings *f, const char *text, int *failed)
{
    if (!text) return NULL;
    const char *copy = dt_arena_text(&f->texts, text);
    if (!copy) *failed = 1;
    return copy;
}

/* The message without the file's name in front, which the finding has anyway: errors of readers begin with
 * it. */
static const char *without_file(const char *message, const char *file)
{
    size_t n = file ? strlen(file) : 0;
    return n && strncmp(message, file, n) == 0 && strncmp(message + n, ": ", 2) == 0 ? message + n + 2
                                                                                     : message;
}

dt_status dt_findings_add(dt_findings *f, const dt_finding *finding, dt_error *err, const char *fmt, ...)
{
    char message[DT_ERROR_TEXT_MAX];
    int failed = 0;
    va_list args;
    if (!f) return DT_OK;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (dt_grow(&f->items, &f->capacity, f->count + 1, sizeof *f->items) != 0)
        return dt_fail_memory(err, (f->count + 1) * sizeof *f->items, "findings");
    dt_finding *item = &f->items[f->count];
    const dt_finding *last = f->count ? item - 1 : NULL;
    *item = *finding;
    item->message = keep(f, without_file(message, finding->file), &failed);
    /* A bad file often has many findings in a row: one copy of its name is enough. */
    if (last && last->file && finding->file && strcmp(last->file, finding->file) == 0)
        item->file = last->file;
    else
        item->file = keep(f, finding->file, &failed);
    item->before = keep(f, finding->before, &failed);
    item->after = keep(f, finding->after, &failed);
    item->other = keep(f, finding->other, &failed);
    if (failed) return dt_fail_memory(err, sizeof message, "a finding");
    f->count++;
    f->by_severity[item->severity]++;
    return DT_OK;
}

dt_status dt_findings_append(dt_findings *f, dt_findings *from, dt_error *err)
{
    if (!from->count) return DT_OK;
    if (dt_grow(&f->items, &f->capacity, f->count + from->count, sizeof *f->items) != 0)
        return dt_fail_memory(err, (f->count + from->count) * sizeof *f->items, "findings");
    memcpy(f->items + f->count, from->items, from->count * sizeof *f->items);
    f->count += from->count;
    for (int s = 0; s < DT_SEVERITIES; s++)
        f->by_severity[s] += from->by_severity[s];
    dt_arena_adopt(&f->texts, &from->texts);
    dt_free(from->items);
    *from = (dt_findings){0};
    return DT_OK;
}

size_t dt_findings_count_rule(const dt_findings *f, const char *rule)
{
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++)
        n += strcmp(f->items[i].rule, rule) == 0;
    return n;
}

size_t dt_findings_count_fate(const dt_findings *f, dt_fate fate)
{
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++)
        n += f->items[i].fate == fate;
    return n;
}

void dt_findings_free(dt_findings *f)
{
    dt_arena_free(&f->texts);
    dt_free(f->items);
    *f = (dt_findings){0};
}
