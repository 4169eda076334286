#include "datasets/check/check.h"

#include <string.h>

#include "core/mem.h"
#include "core/strmap.h"
#include "datasets/check/masks.h"

static dt_status check_masks(const dt_dataset *set, const dt_check_opts *opts, dt_findings *findings,
                             dt_error *err)
{
    dt_mask_stats stats;
    if (opts->masks) return dt_check_masks(set, opts, opts->masks, findings, err);
    DT_TRY(dt_check_masks(set, opts, &stats, findings, err));
    dt_mask_stats_free(&stats);
    return DT_OK;
}

dt_status dt_dataset_check(dt_dataset *set, const dt_check_opts *opts, dt_findings *findings, dt_error *err)
{
    DT_TRY(dt_dataset_probe(set, opts->pool, findings, err));
    DT_TRY(dt_check_unlisted(set, findings, err));
    DT_TRY(dt_check_classes(set, findings, err));
    DT_TRY(dt_check_boxes(set, opts, findings, err));
    if (!opts->no_decode) DT_TRY(dt_check_pictures(set, opts, findings, err));
    return check_masks(set, opts, findings, err);
}

/* Letters in lower case and digits: what is left of a name when people write it differently. */
static char *bare_name(dt_arena *texts, const char *name)
{
    char *bare = dt_arena_text(texts, name), *to = bare;
    for (const char *at = name; bare && *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c >= 'A' && c <= 'Z') c = (unsigned char)(c + 'a' - 'A');
        if (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '#')
            *to++ = (char)c;
    }
    if (bare) *to = '\0';
    return bare;
}

static dt_status find_similar(const dt_dataset *set, dt_findings *findings, dt_error *err)
{
    dt_arena texts = {0};
    dt_strmap seen = {0};
    dt_status st = DT_OK;
    for (size_t c = 0; c < set->class_count && st == DT_OK; c++) {
        const char *bare = bare_name(&texts, set->classes[c]);
        int fresh = bare ? dt_strmap_add(&seen, bare, (int64_t)c) : -1;
        if (fresh < 0) st = dt_fail_memory(err, 1, "class names");
        if (fresh != 0 || !*bare) continue;
        st = dt_findings_add(findings,
                             &(dt_finding){.severity = DT_WARNING, .rule = "class-similar", .object = -1},
                             err, "the classes '%s' and '%s' differ only in case or punctuation",
                             set->classes[dt_strmap_get(&seen, bare, 0)], set->classes[c]);
    }
    dt_strmap_free(&seen);
    dt_arena_free(&texts);
    return st;
}

static dt_status report_class(dt_findings *findings, dt_severity severity, const char *rule, const char *name,
                              const char *what, dt_error *err)
{
    return dt_findings_add(findings, &(dt_finding){.severity = severity, .rule = rule, .object = -1}, err,
                           "the class '%s' %s", name, what);
}

dt_status dt_check_classes(const dt_dataset *set, dt_findings *findings, dt_error *err)
{
    const dt_split *train = dt_dataset_split(set, "train");
    size_t *trained = dt_calloc(set->class_count, sizeof *trained);
    size_t *others = dt_calloc(set->class_count, sizeof *others);
    dt_status st = trained && others ? DT_OK : dt_fail_memory(err, set->class_count * 16, "class counts");
    size_t train_end = train ? train->first + train->count : 0;
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++) {
        const dt_record *r = &set->records[i];
        size_t *to = train && i >= train->first && i < train_end ? trained : others;
        for (size_t o = 0; o < r->count; o++)
            to[set->objects[r->first + o].cls]++;
    }
    int split = train && train->count > 0 && train->count < set->record_count;
    for (size_t c = 0; c < set->class_count && st == DT_OK; c++) {
        const char *name = set->classes[c];
        if (!trained[c] && !others[c])
            st = report_class(findings, DT_WARNING, "class-unused", name, "has no objects", err);
        else if (split && !trained[c])
            st = report_class(findings, DT_WARNING, "class-untrained", name, "has no objects in train", err);
        else if (split && !others[c])
            st = report_class(findings, DT_NOTE, "class-untested", name, "has objects in train only", err);
    }
    dt_free(trained);
    dt_free(others);
    return st == DT_OK ? find_similar(set, findings, err) : st;
}
