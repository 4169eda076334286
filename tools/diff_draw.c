/* Pictures with what is other about their objects. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/strmap.h"
#include "datasets/edit/edit.h"
#include "datasets/image/draw.h"
#include "datasets/target/fit.h"
#include "datasets/target/target.h"
#include "tools/diff_report.h"

static const dt_rgb REMOVED = {220, 20, 30}, ADDED = {0, 170, 60}, BEFORE = {240, 140, 0},
                    AFTER = {20, 90, 230}, RELABELLED = {160, 40, 200}, ATTRIBUTES = {240, 220, 40},
                    SAME = {150, 150, 150};

/* The differences [first, first + count) of one picture. */
typedef struct sheet {
    size_t first, count;
    const char *target;
    int drawn;
} sheet;

typedef struct draw_job {
    const dt_diff_run *run;
    sheet *sheets;
    dt_error *errors; /* one a worker */
} draw_job;

/* What one picture gets. */
typedef struct canvas {
    const dt_diff_run *run;
    dt_image image;
    dt_draw_item *items;
    char (*texts)[96];
    int count;
} canvas;

static int is_of_object(const dt_diff_entry *e)
{
    return e->kind >= DT_DIFF_OBJECT_REMOVED;
}

/* The box in pixels of the picture that is drawn on: that of the other set may have another size. */
static dt_box place(const canvas *c, int side, size_t record, size_t object)
{
    const dt_dataset *set = &c->run->sets[side];
    const dt_record *r = &set->records[record];
    dt_box b = dt_dataset_box(set, &set->objects[object], 1, 1);
    double w = r->real_width ? r->real_width : r->width, h = r->real_height ? r->real_height : r->height;
    double sx = w > 0 ? c->image.width / w : 1, sy = h > 0 ? c->image.height / h : 1;
    return (dt_box){b.x1 * sx, b.y1 * sy, b.x2 * sx, b.y2 * sy};
}

static char *add_item(canvas *c, dt_box box, dt_rgb color, double rank)
{
    char *text = c->texts[c->count];
    c->items[c->count++] = (dt_draw_item){.box = box, .color = color, .text = text, .rank = rank};
    return text;
}

static const char *class_name(const canvas *c, int side, size_t object)
{
    const dt_dataset *set = &c->run->sets[side];
    return set->classes[set->objects[object].cls];
}

static void list_fields(unsigned fields, char out[60])
{
    size_t at = 0;
    *out = '\0';
    for (int i = 0; i < DT_FIELDS; i++)
        if (fields >> i & 1 && at < 40)
            at += (size_t)snprintf(out + at, 60 - at, "%s%s", at ? ", " : "", dt_field_names[i]);
}

static void add_entry(canvas *c, const dt_diff_entry *e)
{
    if (e->kind == DT_DIFF_OBJECT_REMOVED) {
        snprintf(add_item(c, place(c, 0, e->a, e->object_a), REMOVED, 3), 96, "- %.90s",
                 class_name(c, 0, e->object_a));
        return;
    }
    dt_box after = place(c, 1, e->b, e->object_b);
    const char *name = class_name(c, 1, e->object_b);
    if (e->kind == DT_DIFF_OBJECT_ADDED) {
        snprintf(add_item(c, after, ADDED, 3), 96, "+ %.90s", name);
        return;
    }
    int moved = e->what & DT_DIFF_MOVED, relabelled = e->what & DT_DIFF_RELABELLED;
    if (moved) add_item(c, place(c, 0, e->a, e->object_a), BEFORE, 1);
    char *text = add_item(c, after, relabelled ? RELABELLED : moved ? AFTER : ATTRIBUTES, 2);
    if (relabelled) {
        snprintf(text, 96, "%.40s -> %.40s", class_name(c, 0, e->object_a), name);
    } else if (moved) {
        snprintf(text, 96, "%.60s moved, IoU %.2f", name, e->iou);
    } else {
        char fields[60];
        list_fields(e->fields, fields);
        snprintf(text, 96, "%.30s: %s", name, fields);
    }
}

/* Objects of the second set that are no difference. */
static void add_equal(canvas *c, const dt_diff_entry *entries, size_t count)
{
    size_t record = entries[0].b;
    const dt_record *r = &c->run->sets[1].records[record];
    for (size_t k = r->first; k < r->first + r->count; k++) {
        int differs = 0;
        for (size_t i = 0; i < count && !differs; i++)
            differs = entries[i].object_b == k;
        if (!differs) dt_draw_rect(&c->image, place(c, 1, record, k), 1, SAME);
    }
}

/* The second set's picture, or the first's if that cannot be read. */
static dt_status load(canvas *c, const dt_diff_entry *e, dt_error *err)
{
    for (int side = 1; side >= 0; side--) {
        const dt_record *r = &c->run->sets[side].records[side ? e->b : e->a];
        dt_error problem = {0};
        int complaints;
        if (!r->image || r->unreadable) continue;
        dt_status st = dt_image_load(r->image, NULL, &c->image, &complaints, &problem);
        if (st == DT_ERR_MEMORY) return dt_fail(err, st, "%s", problem.text);
        if (st == DT_OK) return DT_OK;
    }
    return DT_OK;
}

static dt_status draw_sheet(const dt_diff_run *run, sheet *s, dt_error *err)
{
    const dt_diff_entry *entries = run->diff.items + s->first;
    canvas c = {.run = run};
    DT_TRY(load(&c, entries, err));
    if (!c.image.data) return DT_OK;
    c.items = dt_calloc(2 * s->count, sizeof *c.items);
    c.texts = dt_calloc(2 * s->count, sizeof *c.texts);
    dt_status st = c.items && c.texts ? DT_OK : dt_fail_memory(err, 2 * s->count * sizeof *c.items, "boxes");
    if (st == DT_OK) {
        add_equal(&c, entries, s->count);
        for (size_t i = 0; i < s->count; i++)
            add_entry(&c, &entries[i]);
        st = dt_draw_items(&c.image, c.items, c.count, err);
    }
    if (st == DT_OK) st = dt_image_save(s->target, &c.image, 90, err);
    s->drawn = st == DT_OK;
    dt_free(c.items);
    dt_free(c.texts);
    dt_image_free(&c.image);
    return st;
}

static void draw_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    draw_job *job = arg;
    for (int64_t i = begin; i < end && job->errors[worker].status == DT_OK; i++)
        draw_sheet(job->run, &job->sheets[i], &job->errors[worker]);
}

/* ---- files ---- */

static size_t list_sheets(const dt_diff *d, sheet *sheets, size_t limit)
{
    size_t n = 0;
    for (size_t i = 0; i < d->count; i++) {
        if (!is_of_object(&d->items[i])) continue;
        int again = n && sheets[n - 1].first + sheets[n - 1].count == i &&
                    d->items[i].a == d->items[i - 1].a && d->items[i].b == d->items[i - 1].b;
        if (again)
            sheets[n - 1].count++;
        else if (!limit || n < limit)
            sheets[n++] = (sheet){.first = i, .count = 1};
        else
            break;
    }
    return n;
}

/* Split names come from file names: no path that leads elsewhere is built from one. */
static int is_plain(const char *split)
{
    return *split && !strchr(split, '/') && strcmp(split, ".") != 0 && strcmp(split, "..") != 0;
}

static dt_status name_sheets(const dt_diff_run *run, const char *dir, sheet *sheets, size_t count,
                             dt_arena *texts, dt_error *err)
{
    dt_strmap taken = {0};
    dt_status st = DT_OK;
    for (size_t i = 0; i < count && st == DT_OK; i++) {
        size_t record = run->diff.items[sheets[i].first].b;
        const char *split = dt_diff_split(&run->sets[1], record);
        char *stem = dt_path_stem(dt_edit_name(&run->sets[1].records[record]));
        int fresh = 0;
        for (int turn = 1; stem && fresh == 0; turn++) {
            char number[16] = "";
            if (turn > 1) snprintf(number, sizeof number, "_%d", turn);
            char *path = dt_format("%s/%s/%s%s.jpg", dir, is_plain(split) ? split : "other", stem, number);
            sheets[i].target = path ? dt_arena_text(texts, path) : NULL;
            fresh = sheets[i].target ? dt_strmap_add(&taken, sheets[i].target, 1) : -1;
            dt_free(path);
        }
        if (!stem || fresh < 0) st = dt_fail_memory(err, strlen(dir), "a path");
        dt_free(stem);
        char *folder = st == DT_OK ? dt_path_dir(sheets[i].target) : NULL;
        if (st == DT_OK) st = folder ? dt_mkdirs(folder, err) : dt_fail_memory(err, strlen(dir), "a path");
        dt_free(folder);
    }
    dt_strmap_free(&taken);
    return st;
}

static dt_status draw_all(draw_job *job, const char *dir, size_t limit, dt_pool *pool, size_t *written,
                          dt_error *err)
{
    int threads = pool ? dt_pool_threads(pool) : 1;
    dt_arena texts = {0};
    size_t count = list_sheets(&job->run->diff, job->sheets, limit);
    dt_status st = name_sheets(job->run, dir, job->sheets, count, &texts, err);
    if (st == DT_OK) dt_parallel(pool, (int64_t)count, 1, draw_chunk, job);
    for (int i = 0; i < threads && st == DT_OK; i++)
        if (job->errors[i].status != DT_OK)
            st = dt_fail(err, job->errors[i].status, "%s", job->errors[i].text);
    for (size_t i = 0; i < count; i++)
        *written += (size_t)job->sheets[i].drawn;
    dt_arena_free(&texts);
    return st;
}

dt_status dt_diff_draw(const dt_diff_run *run, const char *dir, size_t limit, dt_pool *pool, size_t *written,
                       dt_error *err)
{
    int threads = pool ? dt_pool_threads(pool) : 1;
    draw_job job = {.run = run,
                    .sheets = dt_calloc(run->diff.count, sizeof *job.sheets),
                    .errors = dt_calloc((size_t)threads, sizeof *job.errors)};
    *written = 0;
    dt_status st = job.sheets && job.errors
                       ? dt_mkdirs(dir, err)
                       : dt_fail_memory(err, run->diff.count * sizeof *job.sheets, "pictures");
    if (st == DT_OK) st = draw_all(&job, dir, limit, pool, written, err);
    dt_free(job.sheets);
    dt_free(job.errors);
    return st;
}
