/* What became of the objects of an edited set: for people, as a diff, as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/check/rules.h"
#include "tools/edit_set.h"

/* Findings of one rule are shown up to this number; all are in conversion.json. */
enum { SHOWN_PER_RULE = 5, MAX_RULES = 64 };

static void show_finding(const dt_finding *f)
{
    char place[64] = "";
    if (f->line && f->object >= 0)
        snprintf(place, sizeof place, ":%lld: object %lld", (long long)f->line, (long long)f->object);
    else if (f->line)
        snprintf(place, sizeof place, ":%lld", (long long)f->line);
    const char *const parts[] = {dt_severity_text(f->severity),
                                 ": ",
                                 f->file,
                                 f->file ? place : NULL,
                                 f->file ? ": " : NULL,
                                 f->message,
                                 f->before ? ": " : NULL,
                                 f->before,
                                 f->after ? " -> " : NULL,
                                 f->after,
                                 " [",
                                 f->rule,
                                 "]"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i]) dt_cli_print_safe(stderr, parts[i]);
    fputc('\n', stderr);
}

/* Notes that tell how the source was understood. */
static int is_said(const char *rule)
{
    return strcmp(rule, "coordinate-base") == 0 || strcmp(rule, "path-base") == 0 ||
           strcmp(rule, "config-missing") == 0;
}

void dt_findings_show(const dt_findings *findings)
{
    struct {
        const char *rule;
        size_t count;
    } seen[MAX_RULES];
    size_t rules = 0;
    for (size_t i = 0; i < findings->count; i++) {
        const dt_finding *f = &findings->items[i];
        size_t k = 0;
        if (f->severity == DT_NOTE && !is_said(f->rule)) continue;
        while (k < rules && strcmp(seen[k].rule, f->rule) != 0)
            k++;
        if (k == rules) {
            if (rules == MAX_RULES) continue;
            seen[rules].rule = f->rule;
            seen[rules++].count = 0;
        }
        if (++seen[k].count <= SHOWN_PER_RULE) show_finding(f);
    }
    for (size_t k = 0; k < rules; k++)
        if (seen[k].count > SHOWN_PER_RULE)
            fprintf(stderr, "%s: ... and %zu more (see conversion.json)\n", seen[k].rule,
                    seen[k].count - SHOWN_PER_RULE);
}

/* ---- changes, file by file ---- */

static int compare_changes(const void *pa, const void *pb)
{
    const dt_finding *a = *(const dt_finding *const *)pa, *b = *(const dt_finding *const *)pb;
    int order = strcmp(a->file ? a->file : "", b->file ? b->file : "");
    if (order) return order;
    if (a->line != b->line) return a->line < b->line ? -1 : 1;
    return (a > b) - (a < b);
}

/* The findings with a fate by file and line, new array; NULL if there is none, or no memory. */
static const dt_finding **sort_changes(const dt_findings *findings, size_t *count)
{
    const dt_finding **list = dt_calloc(findings->count, sizeof *list);
    *count = 0;
    for (size_t i = 0; i < findings->count && list; i++)
        if (findings->items[i].fate != DT_FATE_NONE) list[(*count)++] = &findings->items[i];
    if (*count) qsort(list, *count, sizeof *list, compare_changes);
    return list;
}

static void print_line(const char *lead, const char *text)
{
    fputs(lead, stdout);
    dt_cli_print_safe(stdout, text);
    putchar('\n');
}

void dt_edit_print_diff(const dt_findings *findings)
{
    const char *file = NULL;
    size_t count;
    const dt_finding **changes = sort_changes(findings, &count);
    for (size_t i = 0; i < count; i++) {
        const dt_finding *f = changes[i];
        const char *name = f->file ? f->file : "(the set)";
        if (!file || strcmp(file, name) != 0) {
            print_line("--- ", name);
            print_line("+++ ", name);
        }
        file = name;
        printf("@@ ");
        if (f->line) printf("line %lld", (long long)f->line);
        if (f->object >= 0) printf("%sobject %lld", f->line ? ", " : "", (long long)f->object);
        printf("%s[%s] @@", f->line || f->object >= 0 ? " " : "", f->rule);
        print_line(" ", f->message);
        if (f->before) print_line("-", f->before);
        if (f->after) print_line("+", f->after);
    }
    dt_free(changes);
}

/* Counts of a rule by fate. */
static void count_fates(const dt_findings *findings, const char *rule, size_t *changed, size_t *dropped)
{
    *changed = *dropped = 0;
    for (size_t i = 0; i < findings->count; i++) {
        if (strcmp(findings->items[i].rule, rule) != 0) continue;
        *changed += findings->items[i].fate == DT_FATE_CHANGED;
        *dropped += findings->items[i].fate == DT_FATE_DROPPED;
    }
}

void dt_edit_print_fates(const dt_findings *findings)
{
    size_t count, changed, dropped;
    const dt_rule *rules = dt_rules(&count);
    for (size_t i = 0; i < count; i++) {
        count_fates(findings, rules[i].id, &changed, &dropped);
        if (!changed && !dropped) continue;
        printf("  %-18s", rules[i].id);
        if (changed) printf(" %zu changed%s", changed, dropped ? "," : "");
        if (dropped) printf(" %zu dropped", dropped);
        printf(": %s\n", rules[i].title);
    }
}

void dt_edit_json_fates(dt_json *j, const dt_findings *findings)
{
    size_t count, changed, dropped;
    const dt_rule *rules = dt_rules(&count);
    dt_json_key(j, "fates");
    dt_json_object(j);
    for (size_t i = 0; i < count; i++) {
        count_fates(findings, rules[i].id, &changed, &dropped);
        if (!changed && !dropped) continue;
        dt_json_key(j, rules[i].id);
        dt_json_object(j);
        dt_json_key(j, "changed");
        dt_json_int(j, (int64_t)changed);
        dt_json_key(j, "dropped");
        dt_json_int(j, (int64_t)dropped);
        dt_json_object_end(j);
    }
    dt_json_object_end(j);
}

void dt_edit_json_text(dt_json *j, const char *key, const char *text)
{
    if (!text) return;
    dt_json_key(j, key);
    dt_json_str(j, text);
}

void dt_edit_json_changes(dt_json *j, const dt_findings *findings)
{
    size_t count;
    const dt_finding **changes = sort_changes(findings, &count);
    dt_json_key(j, "changes");
    dt_json_array(j);
    for (size_t i = 0; i < count; i++) {
        const dt_finding *f = changes[i];
        dt_json_object(j);
        dt_edit_json_text(j, "file", f->file);
        if (f->line) {
            dt_json_key(j, "line");
            dt_json_int(j, f->line);
        }
        if (f->object >= 0) {
            dt_json_key(j, "object");
            dt_json_int(j, f->object);
        }
        dt_edit_json_text(j, "fate", f->fate == DT_FATE_DROPPED ? "dropped" : "changed");
        dt_edit_json_text(j, "rule", f->rule);
        dt_edit_json_text(j, "message", f->message);
        dt_edit_json_text(j, "before", f->before);
        dt_edit_json_text(j, "after", f->after);
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
    dt_free(changes);
}
