#include "datasets/target/output_split.h"

#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "datasets/image/image.h"

enum { GRAIN = 64 };

/* Bytes that a list, XML or JSON cannot hold become '_'. */
static void make_text(char *stem)
{
    for (char *p = stem; *p;) {
        size_t n = dt_utf8_length(p);
        if (n == 0 || (n == 1 && (*p < 0x20 || *p == 0x7F))) *p = '_';
        p += n ? n : 1;
    }
    /* Readers of lists cut blanks at the ends of a line. */
    size_t len = strlen(stem);
    if (len && *stem == ' ') *stem = '_';
    if (len && stem[len - 1] == ' ') stem[len - 1] = '_';
}

static char *own_stem(const dt_record *r, unsigned flags)
{
    if (flags & DT_NAMES_NESTED && r->origin == DT_ORIGIN_COCO)
        return dt_strndup(r->name, (size_t)(dt_path_extension(r->name) - r->name));
    const char *from = r->name ? r->name : r->label ? r->label : r->image;
    char *stem = dt_path_stem(from ? from : "");
    if (!stem || *stem) return stem;
    dt_free(stem);
    return dt_strdup("_");
}

static int same_files(const dt_record *a, const dt_record *b)
{
    return a->image && b->image && strcmp(a->image, b->image) == 0 &&
           (a->label == b->label || (a->label && b->label && strcmp(a->label, b->label) == 0));
}

typedef struct namer {
    const dt_dataset *set;
    unsigned flags;
    int32_t sources; /* sets that the records come from */
    dt_output_names *names;
    dt_target_report *report;
    dt_strmap taken;    /* name -> record */
    dt_strmap folded;   /* of several sources: name in lower case -> source */
    dt_strmap reserved; /* of several sources: names in lower case that a record has before any is changed */
    dt_error *err;
} namer;

static void fold(char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z') *text = (char)(*text + 'a' - 'A');
}

/* The name in lower case, in the arena of the names. */
static const char *fold_copy(namer *n, const char *name)
{
    char *copy = dt_arena_text(&n->names->texts, name);
    if (copy) fold(copy);
    return copy;
}

static char *wanted_stem(const dt_record *r, unsigned flags)
{
    char *stem = own_stem(r, flags);
    if (stem && flags & DT_NAMES_TEXT) make_text(stem);
    return stem;
}

/* Where sets come together: their own names, so that no new name is one of them. */
static dt_status reserve_names(namer *n)
{
    for (size_t i = 0; i < n->set->record_count && n->sources > 1; i++) {
        char *stem = wanted_stem(&n->set->records[i], n->flags);
        const char *key = stem ? fold_copy(n, stem) : NULL;
        dt_free(stem);
        if (!key || dt_strmap_add(&n->reserved, key, 1) < 0)
            return dt_fail_memory(n->err, n->reserved.count, "file names");
    }
    return DT_OK;
}

/* 1 if a file of this name is there, for some file systems also in another case: that matters between sets,
 * not within one;
 * -1 out of memory. */
static int is_taken(namer *n, const char *name, const dt_record *r, int is_new)
{
    if (dt_strmap_get(&n->taken, name, -1) >= 0) return 1;
    if (n->sources < 2) return 0;
    const char *key = fold_copy(n, name);
    if (!key) return -1;
    int64_t source = dt_strmap_get(&n->folded, key, -1);
    return (source >= 0 && source != r->source) || (is_new && dt_strmap_get(&n->reserved, key, 0));
}

static dt_status take_name(namer *n, const char *name, size_t record)
{
    const char *key = n->sources > 1 ? fold_copy(n, name) : NULL;
    if (dt_strmap_add(&n->taken, name, (int64_t)record) < 0 ||
        (n->sources > 1 && (!key || dt_strmap_add(&n->folded, key, n->set->records[record].source) < 0)))
        return dt_fail_memory(n->err, n->taken.count, "file names");
    return DT_OK;
}

/* The stem itself or, if it is taken, "<stem>_2", "<stem>_3", ... */
static dt_status choose_name(namer *n, const char *stem, size_t i, dt_output_name *out)
{
    const dt_record *r = &n->set->records[i];
    const char *chosen = dt_arena_text(&n->names->texts, stem);
    int taken = 0;
    for (int turn = 2; chosen && (taken = is_taken(n, chosen, r, turn > 2)) > 0; turn++) {
        int64_t before = dt_strmap_get(&n->taken, chosen, -1);
        if (n->flags & DT_NAMES_FLAT && before >= 0 && same_files(r, &n->set->records[before])) {
            *out = (dt_output_name){n->names->items[before].stem, 1};
            return DT_OK;
        }
        char *other = dt_format("%s_%d", stem, turn);
        chosen = other ? dt_arena_text(&n->names->texts, other) : NULL;
        dt_free(other);
    }
    if (!chosen || taken < 0) return dt_fail_memory(n->err, n->taken.count, "file names");
    out->stem = chosen;
    return take_name(n, chosen, i);
}

static dt_status say_renamed(namer *n, const dt_record *r, const char *own, const char *stem,
                             const char *chosen, const char *split)
{
    const char *file = r->image ? r->image : r->label;
    if (strcmp(stem, own) != 0)
        return dt_findings_add(
            &n->report->findings,
            &(dt_finding){.severity = DT_NOTE, .rule = "name-changed", .file = r->image, .object = -1},
            n->err, "written as %s: the name has bytes that the target's files cannot hold", chosen);
    if (strcmp(chosen, own) == 0) return DT_OK;
    return dt_findings_add(
        &n->report->findings,
        &(dt_finding){.severity = DT_NOTE, .rule = "stem-twice", .file = file, .object = -1}, n->err,
        "written as %s: the name is taken%s%s%s", chosen, split ? " in the split '" : "", split ? split : "",
        split ? "'" : "");
}

static dt_status name_record(namer *n, size_t i, const char *split)
{
    const dt_record *r = &n->set->records[i];
    char *own = own_stem(r, n->flags), *stem = wanted_stem(r, n->flags);
    dt_status st = own && stem ? choose_name(n, stem, i, &n->names->items[i])
                               : dt_fail_memory(n->err, n->taken.count, "file names");
    if (st == DT_OK) st = say_renamed(n, r, own, stem, n->names->items[i].stem, split);
    dt_free(own);
    dt_free(stem);
    return st;
}

unsigned dt_output_name_flags(const dt_target_opts *opts)
{
    if (opts->format == DT_FORMAT_VOC) return DT_NAMES_FLAT | DT_NAMES_TEXT;
    if (opts->format == DT_FORMAT_COCO) return DT_NAMES_TEXT | DT_NAMES_NESTED;
    return opts->layout == DT_LAYOUT_DARKNET ? DT_NAMES_TEXT : 0;
}

/* A picture that cannot be decoded is one all the same; a YOLO set has no place for a label without one. */
static int is_written(const dt_target_opts *opts, const dt_record *r)
{
    if (opts->images == DT_IMAGES_NONE || (r->image && !r->unreadable)) return 1;
    return opts->keep_imageless && (opts->format != DT_FORMAT_YOLO || (r->image && dt_is_file(r->image)));
}

/* Names the records of a split that come from this source. */
static dt_status name_split(namer *n, const dt_target_opts *opts, const dt_split *split, int32_t source)
{
    for (size_t i = split->first; i < split->first + split->count; i++) {
        const dt_record *r = &n->set->records[i];
        if (r->source != source) continue;
        if (!is_written(opts, r)) {
            n->report->skipped++;
            continue;
        }
        DT_TRY(name_record(n, i, n->flags & DT_NAMES_FLAT ? NULL : split->name));
        n->report->images++;
        n->report->backgrounds += r->count == 0;
    }
    return DT_OK;
}

/* An earlier source keeps its names. */
static dt_status name_all(namer *n, const dt_target_opts *opts)
{
    const dt_dataset *set = n->set;
    int flat = n->flags & DT_NAMES_FLAT;
    size_t groups = flat ? 1 : set->split_count, each = flat ? set->split_count : 1;
    DT_TRY(reserve_names(n));
    for (size_t g = 0; g < groups; g++) {
        dt_strmap_free(&n->taken);
        dt_strmap_free(&n->folded);
        for (int32_t source = 0; source < n->sources; source++)
            for (size_t s = g; s < g + each; s++)
                DT_TRY(name_split(n, opts, &set->splits[s], source));
    }
    return DT_OK;
}

dt_status dt_output_names_make(const dt_dataset *set, const dt_target_opts *opts, unsigned flags,
                               dt_output_names *names, dt_target_report *report, dt_error *err)
{
    namer n = {.set = set, .flags = flags, .sources = 1, .names = names, .report = report, .err = err};
    *names = (dt_output_names){.items = dt_calloc(set->record_count, sizeof *names->items)};
    if (!names->items) return dt_fail_memory(err, set->record_count * sizeof *names->items, "file names");
    for (size_t i = 0; i < set->record_count; i++)
        if (set->records[i].source >= n.sources) n.sources = set->records[i].source + 1;
    dt_status st = name_all(&n, opts);
    dt_strmap_free(&n.taken);
    dt_strmap_free(&n.folded);
    dt_strmap_free(&n.reserved);
    if (st != DT_OK) dt_output_names_free(names);
    return st;
}

void dt_output_names_free(dt_output_names *names)
{
    dt_free(names->items);
    dt_arena_free(&names->texts);
    *names = (dt_output_names){0};
}

typedef struct each {
    const dt_output_job *job;
    const dt_split *split;
    dt_output_record fn;
    dt_output_list *files; /* one a chunk */
    dt_error *errors;
} each;

static void put_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    each *e = arg;
    int64_t chunk = begin / GRAIN;
    (void)worker;
    for (int64_t i = begin; i < end && e->errors[chunk].status == DT_OK; i++) {
        size_t record = e->split->first + (size_t)i;
        if (e->job->names[record].stem) e->fn(e->job, &e->files[chunk], record, &e->errors[chunk]);
    }
}

dt_status dt_output_each(const dt_output_job *job, const dt_split *split, dt_output_record fn, dt_pool *pool,
                         dt_output_list *files, dt_error *err)
{
    size_t chunks = (split->count + GRAIN - 1) / GRAIN;
    each e = {.job = job, .split = split, .fn = fn};
    e.files = dt_calloc(chunks, sizeof *e.files);
    e.errors = dt_calloc(chunks, sizeof *e.errors);
    dt_status st = DT_OK;
    if (!e.files || !e.errors)
        st = dt_fail_memory(err, chunks * sizeof *e.files, "lists of files");
    else
        dt_parallel(pool, (int64_t)split->count, GRAIN, put_chunk, &e);
    for (size_t i = 0; i < chunks && e.files && e.errors; i++) {
        if (st == DT_OK && e.errors[i].status != DT_OK)
            st = dt_fail(err, e.errors[i].status, "%s", e.errors[i].text);
        if (st == DT_OK) st = dt_output_append(files, &e.files[i], err);
        dt_output_free(&e.files[i]);
    }
    dt_free(e.files);
    dt_free(e.errors);
    return st;
}

const char *dt_output_extension(const dt_target_opts *opts, const dt_record *record)
{
    if (opts->format == DT_FORMAT_COCO && record->origin == DT_ORIGIN_COCO)
        return dt_path_extension(record->name);
    const char *from = record->image ? record->image : record->name;
    return from && dt_image_has_extension(from) ? dt_path_extension(from) : ".jpg";
}

dt_status dt_output_picture(const dt_output_job *job, dt_output_list *files, size_t record,
                            const char *folder, dt_error *err)
{
    const dt_record *r = &job->set->records[record];
    if (!r->image || job->opts->images == DT_IMAGES_NONE || (r->unreadable && !dt_is_file(r->image)))
        return DT_OK;
    char *path = dt_format("%s/%s%s", folder, job->names[record].stem, dt_output_extension(job->opts, r));
    if (!path) return dt_fail_memory(err, strlen(folder), "a path");
    dt_status st = job->opts->images == DT_IMAGES_COPY
                       ? dt_output_copy(files, job->root, path, r->image, err)
                       : dt_output_link(files, job->root, path, r->image, job->here, err);
    dt_free(path);
    return st;
}
