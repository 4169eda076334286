/* The masks of a set: whether objects and pixels agree. */
#include "datasets/check/masks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "datasets/check/masks_internal.h"
#include "datasets/voc/voc.h"

enum { GRAIN = 4 };

static const double STRAY = 0.01; /* share of an object's pixels that may have another class */

typedef struct mask_check {
    const dt_dataset *set;
    dt_mask_stats *stats;
    dt_findings *findings;
    dt_error *err;
    size_t *records; /* those with masks */
    size_t count;
    dt_mask_look *looks;         /* one each */
    dt_findings *chunk_findings; /* one a chunk */
    dt_error *chunk_errors;
} mask_check;

void dt_mask_stats_free(dt_mask_stats *stats)
{
    dt_free(stats->class_instances);
    dt_free(stats->numbers);
    *stats = (dt_mask_stats){0};
}

double dt_mask_share(const dt_mask_stats *stats, const dt_mask_class *number)
{
    size_t all = stats->pixels - stats->void_pixels;
    return all ? (double)number->pixels / (double)all : 0;
}

static void look_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    mask_check *c = arg;
    int64_t chunk = begin / GRAIN;
    (void)worker;
    for (int64_t i = begin; i < end && c->chunk_errors[chunk].status == DT_OK; i++)
        dt_mask_look_at(&c->set->records[c->records[i]], &c->looks[i], &c->chunk_findings[chunk],
                        &c->chunk_errors[chunk]);
}

static dt_status look_at_all(mask_check *c, dt_pool *pool)
{
    size_t chunks = (c->count + GRAIN - 1) / GRAIN;
    c->looks = dt_calloc(c->count, sizeof *c->looks);
    c->chunk_findings = dt_calloc(chunks, sizeof *c->chunk_findings);
    c->chunk_errors = dt_calloc(chunks, sizeof *c->chunk_errors);
    if (!c->looks || !c->chunk_findings || !c->chunk_errors)
        return dt_fail_memory(c->err, c->count * sizeof *c->looks, "masks");
    dt_parallel(pool, (int64_t)c->count, GRAIN, look_chunk, c);
    dt_status st = DT_OK;
    for (size_t i = 0; i < chunks; i++) {
        if (st == DT_OK && c->chunk_errors[i].status != DT_OK)
            st = dt_fail(c->err, c->chunk_errors[i].status, "%s", c->chunk_errors[i].text);
        if (st == DT_OK && c->findings) st = dt_findings_append(c->findings, &c->chunk_findings[i], c->err);
        dt_findings_free(&c->chunk_findings[i]);
    }
    return st;
}

/* ---- words ---- */

/* "number 3 (cat)" */
static void print_number(const mask_check *c, int number, char *out, size_t size)
{
    int32_t cls = c->stats->classes[number];
    const char *name = cls >= 0 ? c->set->classes[cls] : NULL;
    if (!name && !c->stats->by_vote && number >= 1 && number <= 20) name = dt_voc_classes[number - 1];
    if (name)
        snprintf(out, size, "number %d (%.100s)", number, name);
    else
        snprintf(out, size, "number %d", number);
}

/* 1 if the list of classes ends before this number. */
static int is_beyond(const mask_check *c, int number)
{
    if (!c->stats->by_vote) return number > 20;
    return c->stats->classes[number] < 0 && (size_t)number > c->set->class_count;
}

static dt_status check_range(const mask_check *c, const dt_record *r, const dt_mask_look *look)
{
    for (size_t i = 0; i < look->count_count; i++) {
        const dt_mask_count *n = &look->counts[i];
        if (n->number == DT_MASK_BACKGROUND || !is_beyond(c, n->number)) continue;
        DT_TRY(dt_findings_add(c->findings,
                               &(dt_finding){.severity = DT_PROBLEM,
                                             .rule = "mask-class-range",
                                             .file = r->masks->files[DT_MASK_CLASS],
                                             .object = -1},
                               c->err, "%zu pixels have class number %d, which no class has", n->pixels,
                               n->number));
    }
    return DT_OK;
}

/* ---- objects against pixels ---- */

/* Adds a finding about an object, or about a file where there is no object. */
static dt_status say(const mask_check *c, const dt_record *r, const dt_object *object, dt_severity severity,
                     const char *rule, const char *fmt, ...) DT_PRINTF(6, 7);
static dt_status say(const mask_check *c, const dt_record *r, const dt_object *object, dt_severity severity,
                     const char *rule, const char *fmt, ...)
{
    char message[400];
    const char *file = r->masks->files[DT_MASK_OBJECT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (!object)
        return dt_findings_add(
            c->findings,
            &(dt_finding){.severity = severity, .rule = rule, .file = file, .object = -1, .other = r->label},
            c->err, "%s", message);
    return dt_findings_add(c->findings,
                           &(dt_finding){.severity = severity,
                                         .rule = rule,
                                         .file = r->label,
                                         .line = object->line,
                                         .object = object->index,
                                         .other = file},
                           c->err, "%s: %s, in %s", c->set->classes[object->cls], message,
                           file ? dt_path_base(file) : "");
}

static dt_status check_class(const mask_check *c, const dt_record *r, const dt_object *o,
                             const dt_mask_instance *m)
{
    char name[140];
    if (m->cls < 0) return DT_OK;
    print_number(c, m->cls, name, sizeof name);
    if (c->stats->classes[m->cls] != o->cls)
        return say(c, r, o, DT_PROBLEM, "mask-class", "its pixels have class %s", name);
    if (m->rest < 0 || (double)m->other <= STRAY * (double)m->pixels) return DT_OK;
    print_number(c, m->rest, name, sizeof name);
    return say(c, r, o, DT_WARNING, "mask-class", "%zu of its %zu pixels have another class, most of them %s",
               m->other, m->pixels, name);
}

static dt_status check_box(const mask_check *c, const dt_record *r, const dt_object *o,
                           const dt_mask_instance *m)
{
    dt_box b = dt_dataset_box(c->set, o, r->real_width ? r->real_width : r->width,
                              r->real_height ? r->real_height : r->height);
    dt_box pixels = {m->x1, m->y1, m->x2, m->y2};
    if (!(b.x2 > b.x1 && b.y2 > b.y1)) return DT_OK; /* said elsewhere */
    double dx = fmax(fabs(b.x1 - pixels.x1), fabs(b.x2 - pixels.x2));
    double dy = fmax(fabs(b.y1 - pixels.y1), fabs(b.y2 - pixels.y2));
    double allow_x = fmax(DT_MASK_BOX_PIXELS, DT_MASK_BOX_PERCENT / 100.0 * (m->x2 - m->x1));
    double allow_y = fmax(DT_MASK_BOX_PIXELS, DT_MASK_BOX_PERCENT / 100.0 * (m->y2 - m->y1));
    if (dx <= allow_x && dy <= allow_y) return DT_OK;
    return say(c, r, o, DT_WARNING, "mask-box",
               "its pixels lie in %d %d %d %d, up to %.4g pixels off the box %.6g %.6g %.6g %.6g (IoU %.3f)",
               m->x1, m->y1, m->x2, m->y2, fmax(dx, dy), b.x1, b.y1, b.x2, b.y2, dt_box_iou(pixels, b));
}

static dt_status check_instance(const mask_check *c, const dt_record *r, const dt_mask_instance *m)
{
    const dt_object *o = dt_mask_object(c->set, r, m->number);
    if (!o && (size_t)m->number <= r->masks->stated) return DT_OK; /* the reader has said why */
    if (!o)
        return say(c, r, NULL, DT_WARNING, "mask-unboxed",
                   "object number %d has %zu pixels, but the annotation has %zu object%s", m->number,
                   m->pixels, r->masks->stated, r->masks->stated == 1 ? "" : "s");
    c->stats->instances++;
    c->stats->class_instances[o->cls]++;
    DT_TRY(check_class(c, r, o, m));
    return check_box(c, r, o, m);
}

static dt_status check_empty(const mask_check *c, const dt_record *r, const dt_mask_look *look)
{
    for (size_t i = 0; i < r->count; i++) {
        const dt_object *o = &c->set->objects[r->first + i];
        size_t k = 0;
        while (k < look->instance_count && look->instances[k].number != o->index + 1)
            k++;
        /* VOC leaves out what was too difficult to draw; numbers end at 254. */
        if (k == look->instance_count && o->index + 1 < DT_MASK_VOID)
            DT_TRY(say(c, r, o, o->difficult == 1 ? DT_NOTE : DT_WARNING, "mask-empty", "it has no pixels"));
    }
    return DT_OK;
}

static dt_status check_records(const mask_check *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const dt_record *r = &c->set->records[c->records[i]];
        const dt_mask_look *look = &c->looks[i];
        DT_TRY(check_range(c, r, look));
        if (!look->read[DT_MASK_OBJECT]) continue;
        for (size_t k = 0; k < look->instance_count; k++)
            DT_TRY(check_instance(c, r, &look->instances[k]));
        DT_TRY(check_empty(c, r, look));
    }
    return DT_OK;
}

/* ---- statistics ---- */

static dt_status count_pixels(mask_check *c)
{
    dt_mask_stats *s = c->stats;
    dt_mask_class numbers[DT_MASK_NUMBERS] = {{0}};
    for (size_t i = 0; i < c->count; i++) {
        const dt_mask_look *look = &c->looks[i];
        for (int k = 0; k < DT_MASKS; k++)
            s->read[k] += (size_t)look->read[k];
        s->void_pixels += look->void_pixels;
        s->pixels += look->void_pixels;
        for (size_t k = 0; k < look->count_count; k++) {
            s->pixels += look->counts[k].pixels;
            numbers[look->counts[k].number].pixels += look->counts[k].pixels;
            numbers[look->counts[k].number].images++;
        }
    }
    s->numbers = dt_calloc(DT_MASK_NUMBERS, sizeof *s->numbers);
    if (!s->numbers) return dt_fail_memory(c->err, sizeof numbers, "masks");
    for (int i = 0; i < DT_MASK_NUMBERS; i++) {
        if (!numbers[i].images) continue;
        dt_mask_class *to = &s->numbers[s->number_count++];
        *to = numbers[i];
        to->number = i;
        to->name = i == DT_MASK_BACKGROUND  ? "background"
                   : s->classes[i] >= 0     ? c->set->classes[s->classes[i]]
                   : !s->by_vote && i <= 20 ? dt_voc_classes[i - 1]
                                            : NULL;
    }
    return DT_OK;
}

static dt_status check_all(mask_check *c, const dt_check_opts *opts)
{
    dt_mask_stats *s = c->stats;
    for (int i = 0; i < DT_MASK_NUMBERS; i++)
        s->classes[i] = -1;
    s->class_count = c->set->class_count;
    s->class_instances = dt_calloc(s->class_count, sizeof *s->class_instances);
    c->records = dt_calloc(c->set->record_count, sizeof *c->records);
    if (!s->class_instances || !c->records)
        return dt_fail_memory(c->err, c->set->record_count * sizeof *c->records, "masks");
    for (size_t i = 0; i < c->set->record_count; i++) {
        const dt_masks *m = c->set->records[i].masks;
        if (!m) continue;
        c->records[c->count++] = i;
        for (int k = 0; k < DT_MASKS; k++)
            s->files[k] += m->files[k] != NULL;
    }
    s->images = c->count;
    if (!c->count || opts->no_decode) return DT_OK;
    DT_TRY(look_at_all(c, opts->pool));
    DT_TRY(dt_mask_settle_numbers(c->set, c->records, c->looks, c->count, s, c->err));
    DT_TRY(check_records(c));
    return count_pixels(c);
}

dt_status dt_check_masks(const dt_dataset *set, const dt_check_opts *opts, dt_mask_stats *stats,
                         dt_findings *findings, dt_error *err)
{
    mask_check c = {.set = set, .stats = stats, .findings = findings, .err = err};
    *stats = (dt_mask_stats){0};
    dt_status st = check_all(&c, opts);
    for (size_t i = 0; i < c.count && c.looks; i++)
        dt_mask_look_free(&c.looks[i]);
    dt_free(c.records);
    dt_free(c.looks);
    dt_free(c.chunk_findings);
    dt_free(c.chunk_errors);
    if (st != DT_OK) dt_mask_stats_free(stats);
    return st;
}
