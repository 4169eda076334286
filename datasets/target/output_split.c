#include "datasets/target/output_split.h"

#include <string.h>

#include "core/mem.h"
#include "datasets/image/image.h"

enum { GRAIN = 64 };

/* Too long forms, surrogates and what lies beyond U+10FFFF are no characters. */
size_t dt_output_utf8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    if (p[0] < 0x80) return 1;
    size_t n = p[0] >= 0xC2 && p[0] <= 0xDF   ? 2
               : (p[0] & 0xF0) == 0xE0        ? 3
               : p[0] >= 0xF0 && p[0] <= 0xF4 ? 4
                                              : 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    if (n == 3 && ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] >= 0xA0))) return 0;
    if (n == 4 && ((p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] >= 0x90))) return 0;
    return n;
}

/* Bytes that a list, XML or JSON cannot hold become '_'. */
static void make_text(char *stem)
{
    for (char *p = stem; *p;) {
        size_t n = dt_output_utf8(p);
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
    dt_output_names *names;
    dt_target_report *report;
    dt_strmap taken;
    dt_error *err;
} namer;

static dt_status name_record(namer *n, size_t i, const char *split)
{
    const dt_record *r = &n->set->records[i];
    dt_output_name *out = &n->names->items[i];
    char *own = own_stem(r, n->flags), *stem = own ? dt_strdup(own) : NULL;
    if (stem && n->flags & DT_NAMES_TEXT) make_text(stem);
    const char *chosen = stem ? dt_arena_text(&n->names->texts, stem) : NULL;
    int64_t before;
    for (int turn = 2; chosen && (before = dt_strmap_get(&n->taken, chosen, -1)) >= 0; turn++) {
        if (n->flags & DT_NAMES_FLAT && same_files(r, &n->set->records[before])) {
            *out = (dt_output_name){n->names->items[before].stem, 1};
            break;
        }
        char *other = dt_format("%s_%d", stem, turn);
        chosen = other ? dt_arena_text(&n->names->texts, other) : NULL;
        dt_free(other);
    }
    dt_status st = DT_OK;
    if (!chosen || (!out->stem && dt_strmap_add(&n->taken, chosen, (int64_t)i) < 0))
        st = dt_fail_memory(n->err, n->taken.count, "file names");
    else if (!out->stem)
        out->stem = chosen;
    if (st == DT_OK && strcmp(stem, own) != 0)
        st = dt_findings_add(
            &n->report->findings,
            &(dt_finding){.severity = DT_NOTE, .rule = "name-changed", .file = r->image, .object = -1},
            n->err, "written as %s: the name has bytes that the target's files cannot hold", out->stem);
    else if (st == DT_OK && strcmp(out->stem, own) != 0)
        st = dt_findings_add(&n->report->findings,
                             &(dt_finding){.severity = DT_NOTE,
                                           .rule = "stem-twice",
                                           .file = r->image ? r->image : r->label,
                                           .object = -1},
                             n->err, "written as %s: the name is taken%s%s%s", out->stem,
                             split ? " in the split '" : "", split ? split : "", split ? "'" : "");
    dt_free(own);
    dt_free(stem);
    return st;
}

/* A picture that cannot be decoded is one all the same; a YOLO set has no place for a label without one. */
static int is_written(const dt_target_opts *opts, const dt_record *r)
{
    if (opts->images == DT_IMAGES_NONE || (r->image && !r->unreadable)) return 1;
    return opts->keep_imageless && (opts->format != DT_FORMAT_YOLO || (r->image && dt_is_file(r->image)));
}

dt_status dt_output_names_make(const dt_dataset *set, const dt_target_opts *opts, unsigned flags,
                               dt_output_names *names, dt_target_report *report, dt_error *err)
{
    namer n = {.set = set, .flags = flags, .names = names, .report = report, .err = err};
    *names = (dt_output_names){.items = dt_calloc(set->record_count, sizeof *names->items)};
    if (!names->items) return dt_fail_memory(err, set->record_count * sizeof *names->items, "file names");
    dt_status st = DT_OK;
    for (size_t s = 0; s < set->split_count && st == DT_OK; s++) {
        const dt_split *split = &set->splits[s];
        if (!(flags & DT_NAMES_FLAT)) dt_strmap_free(&n.taken);
        for (size_t i = split->first; i < split->first + split->count && st == DT_OK; i++) {
            const dt_record *r = &set->records[i];
            if (!is_written(opts, r)) {
                report->skipped++;
                continue;
            }
            st = name_record(&n, i, flags & DT_NAMES_FLAT ? NULL : split->name);
            report->images++;
            report->backgrounds += r->count == 0;
        }
    }
    dt_strmap_free(&n.taken);
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
