/* Pictures that two sets have. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/edit/contents.h"
#include "datasets/edit/merge_parts.h"

typedef struct finder {
    const dt_dataset *set;
    const int32_t *split_of;
    const dt_merge_opts *opts;
    const char **stems; /* one a record: its name without extension */
    int64_t *content;
    int64_t *same;
    dt_strmap
        first; /* content, content and name, content, name and split -> the first record of earlier sources */
    dt_arena texts;
    dt_findings *findings;
    dt_error *err;
} finder;

/* COCO's names have folders; others are told by their files' names alone. */
static dt_status name_records(finder *f)
{
    for (size_t i = 0; i < f->set->record_count; i++) {
        const char *name = dt_edit_name(&f->set->records[i]);
        f->stems[i] = dt_arena_text_n(&f->texts, name, (size_t)(dt_path_extension(name) - name));
        if (!f->stems[i]) return dt_fail_memory(f->err, strlen(name), "names");
    }
    return DT_OK;
}

enum { KEYS = 3 };

/* The narrowest first: of pictures that a set has more than once, the one of the same name and split is
 * meant. */
static const char *make_key(finder *f, size_t i, int which)
{
    char *text = which == 0   ? dt_format("%lld|%d|%s", (long long)f->content[i], f->split_of[i], f->stems[i])
                 : which == 1 ? dt_format("%lld||%s", (long long)f->content[i], f->stems[i])
                              : dt_format("%lld", (long long)f->content[i]);
    const char *key = text ? dt_arena_text(&f->texts, text) : NULL;
    dt_free(text);
    return key;
}

/* Pairs what has the same content, source by source. */
static dt_status pair(finder *f)
{
    int32_t sources = 0;
    dt_strmap_free(&f->first);
    for (size_t i = 0; i < f->set->record_count; i++)
        if (f->set->records[i].source >= sources) sources = f->set->records[i].source + 1;
    for (int32_t s = 0; s < sources; s++)
        for (int turn = 0; turn < 2; turn++) /* all of a source are looked up before any is added */
            for (size_t i = 0; i < f->set->record_count; i++) {
                if (f->set->records[i].source != s || f->content[i] < 0) continue;
                for (int k = 0; k < KEYS && f->same[i] == DT_MERGE_NEW; k++) {
                    const char *key = make_key(f, i, k);
                    if (!key || (turn && dt_strmap_add(&f->first, key, (int64_t)i) < 0))
                        return dt_fail_memory(f->err, f->first.count, "pictures");
                    if (!turn) f->same[i] = dt_strmap_get(&f->first, key, DT_MERGE_NEW);
                }
            }
    return DT_OK;
}

static int32_t width_of(const dt_record *r)
{
    return r->real_width ? r->real_width : r->width;
}

static int32_t height_of(const dt_record *r)
{
    return r->real_height ? r->real_height : r->height;
}

/* Name and size stand for the content. */
static dt_status number_names(finder *f)
{
    dt_strmap numbers = {0};
    dt_status st = DT_OK;
    for (size_t i = 0; i < f->set->record_count && st == DT_OK; i++) {
        const dt_record *r = &f->set->records[i];
        char *text = dt_format("%dx%d|%s", width_of(r), height_of(r), f->stems[i]);
        const char *key = text ? dt_arena_text(&f->texts, text) : NULL;
        if (!key || dt_strmap_add(&numbers, key, (int64_t)i) < 0)
            st = dt_fail_memory(f->err, numbers.count, "names");
        else
            f->content[i] = dt_strmap_get(&numbers, key, (int64_t)i);
        dt_free(text);
    }
    dt_strmap_free(&numbers);
    return st;
}

/* Pictures that are not there cannot be compared with a namesake. */
static dt_status say_unseen(finder *f)
{
    dt_strmap seen = {0};
    size_t unseen = 0, example = 0;
    dt_status st = DT_OK;
    for (size_t i = 0; i < f->set->record_count && st == DT_OK; i++) {
        const dt_record *r = &f->set->records[i];
        int fresh = dt_strmap_add(&seen, f->stems[i], (int64_t)i);
        if (fresh < 0) st = dt_fail_memory(f->err, seen.count, "names");
        if (fresh || f->same[i] != DT_MERGE_NEW) continue;
        const dt_record *other = &f->set->records[dt_strmap_get(&seen, f->stems[i], 0)];
        if (other->source == r->source || (r->image && other->image)) continue;
        if (!unseen++) example = i;
    }
    dt_strmap_free(&seen);
    if (st != DT_OK || !unseen) return st;
    return dt_findings_add(f->findings,
                           &(dt_finding){.severity = DT_WARNING,
                                         .rule = "image-missing",
                                         .file = f->set->records[example].label,
                                         .object = -1},
                           f->err,
                           "%zu pictures, %s the first, have the name of one of an earlier set and cannot be "
                           "compared with it: they "
                           "are kept as different ones (--same-name: as the same)",
                           unseen, dt_edit_name(&f->set->records[example]));
}

static dt_status number_files(finder *f)
{
    size_t n = f->set->record_count;
    const char **paths = dt_calloc(n, sizeof *paths);
    int32_t *sources = dt_calloc(n, sizeof *sources);
    for (size_t i = 0; i < n && paths && sources; i++) {
        paths[i] = f->set->records[i].image;
        sources[i] = f->set->records[i].source;
    }
    dt_status st = paths && sources ? dt_contents_number(paths, sources, n, f->opts->pool, f->content, f->err)
                                    : dt_fail_memory(f->err, n * sizeof *paths, "paths");
    dt_free(paths);
    dt_free(sources);
    return st;
}

static dt_status find_all(finder *f)
{
    DT_TRY(name_records(f));
    if (f->opts->same_name) {
        DT_TRY(number_names(f));
        return pair(f);
    }
    DT_TRY(number_files(f));
    DT_TRY(pair(f));
    uint8_t *known = dt_calloc(f->set->record_count, 1);
    if (!known) return dt_fail_memory(f->err, f->set->record_count, "pictures");
    for (size_t i = 0; i < f->set->record_count; i++)
        known[i] = f->same[i] != DT_MERGE_NEW;
    dt_status st = dt_merge_pixels(f->set, f->stems, known, f->opts->pool, f->content, f->err);
    dt_free(known);
    if (st == DT_OK) st = pair(f);
    return st == DT_OK ? say_unseen(f) : st;
}

dt_status dt_merge_find_same(const dt_dataset *set, const int32_t *split_of, const dt_merge_opts *opts,
                             int64_t *same, dt_findings *findings, dt_error *err)
{
    finder f = {.set = set,
                .split_of = split_of,
                .opts = opts,
                .stems = dt_calloc(set->record_count, sizeof *f.stems),
                .content = dt_calloc(set->record_count, sizeof *f.content),
                .same = same,
                .findings = findings,
                .err = err};
    for (size_t i = 0; i < set->record_count; i++)
        same[i] = DT_MERGE_NEW;
    dt_status st = f.stems && f.content
                       ? find_all(&f)
                       : dt_fail_memory(err, set->record_count * sizeof *f.content, "pictures");
    /* The picture that another is the same as may itself be one of a still earlier set. */
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++)
        while (same[i] != DT_MERGE_NEW && same[same[i]] != DT_MERGE_NEW)
            same[i] = same[same[i]];
    dt_free(f.stems);
    dt_free(f.content);
    dt_strmap_free(&f.first);
    dt_arena_free(&f.texts);
    return st;
}
